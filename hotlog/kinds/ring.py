"""A log rule that keeps its last hits, and emits them only when the invocation fails or comes close to its time-out.

What led to a failure is told, and what led to nothing costs no event. Values are captured when the line is hit.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors, limits
from hotlog.hits.outcomes import HELD
from hotlog.hits.rule_handler import RuleHandler
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.evaluate import HitScope
    from hotlog.hits.failure import Failure
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule


class _RingEntry(NamedTuple):
    at_ns: int
    event: Event


class RingHandler(RuleHandler):
    """A log rule that keeps its last hits, and emits them if the invocation fails.

    Args:
        rule: with `ring`, the number of hits to keep.
        context: as for every rule.
    """

    listens = True

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        self._ring: deque[_RingEntry] = deque(maxlen=rule.ring)

    def on_begin(self) -> None:
        """Drop the hits of the invocation before, so that no event of this one shows them."""
        self._ring.clear()
        at_s = self._context.alarm_s(limits.TIMEOUT_MARGIN_MS)
        if at_s > 0.0:
            call = partial(
                internal_errors.run_contained,
                self._empty,
                self.on_internal_error,
            )
            self._context.watchdog.arm(self, at_s, lambda _at_s: call())

    def on_error(self, fault: BaseException) -> None:  # noqa: ARG002  # that it failed is all that counts
        """Emit the kept hits, since the invocation failed."""
        self._empty()

    def on_answer(self, answer: object, failure: Failure | None) -> None:  # noqa: ARG002  # that it failed is all that counts
        """Emit the kept hits where the answer says that the invocation failed."""
        if failure is not None:
            self._empty()

    def on_end(self) -> None:
        """Disarm the watchdog, as the invocation succeeded; the next one drops the kept hits."""
        self._context.watchdog.disarm(self)

    def on_close(self) -> None:
        """Drop the kept hits; the watchdog's thread ends with the last rule that needs it."""
        self._ring.clear()
        self._context.watchdog.leave(self)

    def _passed(self, frame: FrameType | None, scope: HitScope, reader: Reader) -> str:
        self._ring.append(_RingEntry(self._context.clock_ns(), self._shown(frame, scope, reader)))
        return HELD

    def _empty(self) -> None:
        """Emit the kept hits, the oldest first; each once, though two threads may do so at a time."""
        counts = self.tally.counts
        while True:
            try:
                held = self._ring.popleft()
            except IndexError:  # to ask first whether there is one would be too early
                return
            number, closed = self._admitted()
            outcome = closed or self._send(partial(self._event_of, held, number))
            counts[HELD] -= 1
            counts[outcome] += 1

    def _event_of(self, held: _RingEntry, number: int) -> Event:
        held_ms = (self._context.clock_ns() - held.at_ns) // 1_000_000
        return {**self._head(), **held.event, "held_ms": held_ms, "hit": number}
