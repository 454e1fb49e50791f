"""A log line: message and watches, variables and stack, at the moment a line is reached."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hotlog import __builtins__, events
from hotlog.expressions.evaluate import HitScope
from hotlog.expressions.fast_message import make_message
from hotlog.hits.rule_handler import RuleHandler

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Draft
    from hotlog.expressions.fast_message import Message
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule


class LogHandler(RuleHandler):
    """A rule whose hits are log lines."""

    splits = True

    @classmethod
    def create(cls, rule: Rule, context: InvocationContext) -> RuleHandler:
        """Return the handler of a log rule; of one with a ring that which holds its lines back."""
        if rule.ring:
            from hotlog.kinds.ring import RingHandler  # cold start: it comes with the first such rule

            return RingHandler(rule, context)
        return cls(rule, context)

    def locate(self, at: str, function: str, text: tuple[str, ...] = ()) -> None:
        """Tell it where its probe is: each of its events has the same fields."""
        super().locate(at, function, text)
        _, self._place, _ = events.draft_of(self._head())

    def _passed(self, frame: FrameType | None, scope: HitScope, reader: Reader) -> str:
        """Return the outcome of a hit that has passed the condition; emit if limit and rate allow."""
        number, closed = self._admitted()
        return closed or self._send(partial(self._draft, number, frame, scope, reader))

    def _quick(self, passed: tuple[str, ...]) -> Message | None:
        """Return what makes a plain log line's message from plain values; None for other rules."""
        rule = self.rule
        if self._message is None:
            return None
        if rule.watch or rule.snapshot or rule.stack or rule.properties:  # a property is called once
            return None
        return make_message(self._message, passed, self._reader, self._around)

    def _send_quickly(
        self,
        number: int,
        quick: Message,
        names: tuple[str, ...],
        values: tuple[object, ...],
        frame: FrameType | None,
    ) -> str:
        """Emit a log line that most likely shows plain values."""
        message = quick(values, frame)
        if message is not None:
            said = f',"message":{events.text_of(message)}{self._place}'
            return self._emit((self.rule.kind, said, f',"hit":{number}'))
        scope = HitScope(dict(zip(names, values, strict=True)), frame, self._specials_of_match())
        return self._send(partial(self._draft, number, frame, scope, self._reader.for_hit()))

    def _draft(self, number: int, frame: FrameType | None, scope: HitScope, reader: Reader) -> Draft:
        shown = self._shown(frame, scope, reader)
        said = events.members_of({"message": shown.pop("message")}) if "message" in shown else ""
        return self.rule.kind, f"{said}{self._place}", events.members_of({"hit": number, **shown})
