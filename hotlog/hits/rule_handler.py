"""One hit: gates -> capture -> event. It ends in exactly one outcome, counted per rule.

    patched code ── hook(values) ──> RuleHandler: disabled? expired? … condition? rate? ──> event ──> emitter
                                        └── the outcome that the first closed gate names

Cheap gates come first. Nothing that is read here runs code of the application's (capture), and nothing that goes
wrong here reaches it (internal_errors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.capture.frames import capture_stack
from hotlog.capture.snapshot import capture, capture_vars
from hotlog.expressions import grammar as expressions
from hotlog.expressions import template as templates
from hotlog.expressions.evaluate import HitScope, is_true, render
from hotlog.expressions.evaluate import evaluate as value_of
from hotlog.hits.false_operands import FalseOperands
from hotlog.hits.groups import split_off_counting
from hotlog.hits.line_hook import LineHook
from hotlog.hits.outcomes import (
    CONDITION_ERROR,
    CONDITION_FALSE,
    RATE_LIMITED,
    OutcomeCounters,
)
from hotlog.reading.budget import CaptureBounds
from hotlog.reading.instance_state import names_of
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.neighbours import BESIDE
from hotlog.rules.kinds import check_specials

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.compiled.condition_test import CompiledTest
    from hotlog.expressions.fast_message import Message
    from hotlog.hits.compiled_condition import CompiledCondition
    from hotlog.hits.failure import Failure
    from hotlog.hits.groups import CountingPart
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.rules.model import Rule


class RuleHandler(LineHook):
    """A rule in this process: its expressions, its gates, its counts, and the hook that patched code calls.

    A kind of rule is a subclass, `NameHandler` in `hotlog/kinds/NAME.py`. What follows is the whole interface between
    the two; everything else here and in its bases is their own.

    A kind must override one of these, by what triggers its hits:

        _passed     a line is reached, and the condition holds: return the outcome
        around      whole calls: return the hooks for entry, end and exception (`probes.probe.CallHooks`); see
                    `kinds.triggered.TriggeredHandler` for the gates of such a hit
        on_begin, on_error, on_answer, on_end
                    the invocation itself; set `listens`

    It may override:

        listens, looks_at_frame, spends     see the attributes below
        create      to choose another class by the rule
        locate      to keep what it shows of its place; call `super`
        watch       of a rule without target: to begin, and to say what it sees
        on_close    to give back what it holds when the rule goes
        _quick and _send_quickly
                    to make a plain event without a scope and a reader

    It may call and read:

        self.rule, self._context, self._condition, self._own, self._reader, self._at, self._in
                    the rule; what all rules share; its condition; the expressions of its own fields by name; a reader,
                    of which `for_hit()` makes one with a budget; the place and the function of the probe
        _once       around the work of each hook of its own: a hit within a hit is counted, and does nothing
        _enter, _closed
                    at the start of a hit that no line was reached for: count it; the outcome of the first closed gate
        _admitted   for the number of the next event; or the outcome, where limit or rate have no room for it
        _send, _emit
                    to emit an event that is still to be made, or that is made; return the outcome. A number that `_admitted`
                    gave must be sent or taken back
        _head, _said, _shown
                    for the parts of an event that all kinds have in common: what it begins with, message and watches,
                    these with variables and stack
        _note       for a trouble that the status shall tell

    Each hit ends in exactly one outcome of `hits.outcomes`: returned by `_passed`, or counted in `tally.counts`. One that
    is not decided yet is counted as `HELD`, and moved to its outcome later. A hook runs within
    `internal_errors.run_contained`, so that no exception of hotlog's reaches the application.

    Args:
        rule: the rule.
        context: what it shares with the others.

    Raises:
        RuleError: of an expression or the message.

    Attributes:
        expressions: all that it evaluates.
        reads: names that they read.
        operands: what the condition compares, as it was when it was false; None without one.
        listens: whether it is told how an invocation goes.
        looks_at_frame: whether it needs the frame whatever its expressions read.
    """

    listens = False

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        hides = context.redaction.hides
        self._condition = expressions.parse(rule.condition, hides) if rule.condition else None
        self._watches = {name: expressions.parse(text, hides) for name, text in rule.watch.items()}
        self._message = templates.parse(rule.message, hides) if rule.message else None
        self._own = {each.name: expressions.parse(each.text, hides) for each in rule.own_expressions}
        alone = (self._condition, *self._watches.values(), *self._own.values())
        holes = [hole.expression for hole in self._message.holes] if self._message is not None else []
        self.expressions = (*(part for part in alone if part is not None), *holes)
        check_specials(
            rule.kind,
            {name for part in self.expressions for name in part.specials},
            has_target=bool(rule.at),
        )
        self._condition = self._take_off_first(self._condition, hides)
        self._counting: CountingPart | None = None
        if self._condition is not None and self.counts_apart:
            self._condition, self._counting = split_off_counting(self._condition, hides)
        # A function or type that the expression calls may be a variable of the same name there: the frame tells.
        self._calls = frozenset(name for part in self.expressions for name in part.calls)
        self.reads = frozenset(name for part in self.expressions for name in part.names) - self._calls
        self._has_specials = any(part.specials for part in self.expressions)
        wanted = CaptureBounds(
            *(
                own or usual
                for own, usual in zip((rule.depth, rule.items, rule.chars), CaptureBounds(), strict=True)
            )
        )
        bounds = CaptureBounds(*map(min, wanted, context.ceilings))
        self._reader = Reader(
            context.redaction, readable=context.roots.allows, properties=rule.properties, bounds=bounds
        )
        whole = expressions.parse(rule.condition, hides) if rule.condition and self._shared is None else None
        self.tally = OutcomeCounters(has_condition=whole is not None)
        self._around: frozenset[str] | None = None
        self._compiled: CompiledCondition | None = None
        if (
            self._condition is not None and not rule.properties
        ):  # a property is code of the application's: it is called once
            # Cold start: most rules have no condition.
            from hotlog.hits.compiled_condition import CompiledCondition

            self._compiled = CompiledCondition(self._condition, self._reader)
        self.operands = FalseOperands(whole, hides) if whole is not None else None
        self.locate(rule.at, "")

    @classmethod
    def create(cls, rule: Rule, context: InvocationContext) -> RuleHandler:
        """Return the handler of a rule of this kind."""
        return cls(rule, context)

    @property
    def condition(self) -> ast.expr | None:
        """Return the condition, for a backend that can test it in the function itself."""
        return self._condition.tree if self._condition is not None else None

    @property
    def test(self) -> CompiledTest | None:
        """Return the condition as a backend may have it tested where the values are."""
        return self._compiled.test if self._compiled is not None else None

    @property
    def tell(self) -> Callable[[frozenset[str]], None] | None:
        """Return what is told the names around the probe, before a hook is made; None where they say nothing of what is read."""
        return None if BESIDE.isdisjoint(map(str.lower, self.reads)) else self._note_around

    def _note_around(self, around: frozenset[str]) -> None:
        self._around = around

    def locate(self, at: str, function: str, text: tuple[str, ...] = ()) -> None:  # noqa: ARG002  # for a kind that shows it
        """Set where the probe is, as events say it.

        Args:
            at: file and line.
            function: qualified name.
            text: the lines of the file, where its source is there.
        """
        self._at, self._in = at, function

    def watch(self) -> tuple[str, str]:
        """Begin to look at the invocation, of a rule without target; return code and sentence for the status."""
        return "", ""

    def on_begin(self) -> None:
        """Begin an invocation: see `invocation_context.Listener`."""

    def on_error(self, fault: BaseException) -> None:
        """Take the exception that the handler raised."""

    def on_answer(self, answer: object, failure: Failure | None) -> None:
        """Take what the handler returned, and how that says that the invocation has failed."""

    def on_end(self) -> None:
        """End the invocation."""

    def on_close(self) -> None:
        """Release what the rule holds, as it is removed."""

    def _outcome(  # noqa: C901, PLR0911, PLR0912 -- one gate after the other
        self,
        frame: FrameType | None,
        names: tuple[str, ...],
        values: tuple[object, ...],
        quick: Message | None,
    ) -> str:
        """Return the outcome of a hit at the gates, in the order of the docs; emit it behind the last."""
        context = self._context
        start_ns = context.clock_ns()
        # Most often all gates are open, and four looks tell so.
        if (
            start_ns >= self._expiry_ns
            or context.spent_ns > context.open_to_ns
            or self._chooses
            or self.stopped
        ) and (closed := self._closed(start_ns)):
            return closed
        is_false = False
        try:
            if self._first is not None and not self._is_for_this():
                is_false = True
                return CONDITION_FALSE
            if self._condition is not None:
                holds = self._compiled.holds(frame, names, values) if self._compiled is not None else None
                if holds is None:
                    if context.tested_ns > limits.CONDITIONS_MAX_NS and not context.renew_budget(start_ns):
                        return self._pause(limits.CONDITIONS_MAX_MS)
                    is_false = (
                        True  # while it is evaluated: a false result must not spend what a true one needs
                    )
                    reader = self._reader.for_hit()
                    specials = (
                        context.specials(self.tally.hits, self.tally.matched) if self._has_specials else {}
                    )
                    scope = HitScope(dict(zip(names, values, strict=True)), frame, specials)
                    holds = is_true(self._condition, scope, reader)
                if not holds:
                    is_false = True
                    if next(self.tally.looks, False) and self.operands is not None:
                        scope = HitScope(dict(zip(names, values, strict=True)), frame)
                        self.operands.look(scope, self._reader.for_hit())
                    return CONDITION_FALSE
                is_false = False
            if self._counting is not None:
                scope = HitScope(
                    dict(zip(names, values, strict=True)), frame, context.specials(self.tally.hits)
                )
                if is_false := not self._counting.holds(scope, self._reader.for_hit()):
                    return CONDITION_FALSE
            if quick is not None:
                number, closed = self._limiter.admit(start_ns)
                if not closed:
                    return self._send_quickly(number, quick, names, values, frame)
                if closed == RATE_LIMITED and not self._chooses and not self.rule.condition:
                    # Nothing but the clock is looked at until there is room again.
                    self._shut_until_ns = min(self._limiter.next_ns(start_ns), self._expiry_ns)
                return closed
            reader = self._reader.for_hit()
            scope = HitScope(dict(zip(names, values, strict=True)), frame, self._specials_of_match())
            return self._passed(frame, scope, reader)
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return CONDITION_ERROR
        finally:
            if is_false:
                context.tested_ns += context.clock_ns() - start_ns
            else:
                context.spent_ns += context.clock_ns() - start_ns

    def _specials_of_match(self) -> dict[str, object]:
        """Return hotlog's own names, as they are at a hit whose condition held; empty where nothing reads any."""
        return self._context.specials(self.tally.hits, self._matched) if self._has_specials else {}

    @property
    def _matched(self) -> int:
        """Return what `@matched` is in a message."""
        return self.tally.matched + 1 if self._counting is None else self._counting.met

    def _passed(self, frame: FrameType | None, scope: HitScope, reader: Reader) -> str:
        """Return the outcome of a hit that has passed the condition: a kind makes its event here."""
        raise NotImplementedError

    def _send_quickly(
        self,
        number: int,
        quick: Message,
        names: tuple[str, ...],
        values: tuple[object, ...],
        frame: FrameType | None,
    ) -> str:
        """Return the outcome of a hit whose event `quick` makes; for a kind that has one."""
        raise NotImplementedError

    def _head(self) -> Event:
        """Return the fields that each event of the rule begins with."""
        return {
            "hotlog": self.rule.kind,
            "rule": self.rule.id,
            "at": self._at,
            "qualname": self._in,
        }

    def _shown(self, frame: FrameType | None, scope: HitScope, reader: Reader) -> Event:
        """Return the fields of a log event: message and watches, stack and variables."""
        event = self._said(scope, reader)
        shown: Event = {}  # captured first, told last: they may be large
        if self.rule.snapshot and frame is not None:
            shown["vars"] = capture_vars(names_of(frame), reader)
        if self.rule.stack and frame is not None:
            event["stack"] = capture_stack(frame, reader, self.rule.stack, self._context.roots.root)
        return {**event, **shown}

    def _said(self, scope: HitScope, reader: Reader) -> Event:
        """Return the message and the watches as fields of an event."""
        event: Event = {}
        if self._message is not None:
            event["message"] = render(self._message, scope, reader)
        if self._watches:
            event["watch"] = {name: self._capture_watch(name, scope, reader) for name in self._watches}
        return event

    def _capture_watch(self, name: str, scope: HitScope, reader: Reader) -> Any:
        try:
            return capture(value_of(self._watches[name], scope, reader), reader, name)
        except Unavailable as why:
            return {"@unavailable": why.reason}
