"""A call: one event for the whole of it, with its arguments at entry, its result or exception, and how long it took.

What ends the call decides what it is worth: the arguments are captured when it begins, before the function can change
them, and wait there for its end. A generator's call lasts from its first step to its last.
"""

from __future__ import annotations

from functools import partial
from sys import _getframe, exception
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.frames import capture_error
from hotlog.capture.snapshot import capture, capture_vars
from hotlog.expressions.evaluate import is_true
from hotlog.expressions.hit_scope import HitScope
from hotlog.hits.outcomes import CONDITION_ERROR, CONDITION_FALSE, OVER_BUDGET, RATE_LIMITED
from hotlog.interpreter.suspension_events import SuspensionEvents
from hotlog.kinds.triggered import TriggeredHandler
from hotlog.probes.probe import CallHooks
from hotlog.probes.running_frames import can_suspend
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.instance_state import names_of
from hotlog.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from hotlog.events import Event
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule

_VARARGS, _VARKEYWORDS = 0x4, 0x8  # inspect.CO_VARARGS, CO_VARKEYWORDS
_NONE_YET: Final = object()


class _Open:
    """A running call: its arguments, its result so far, and its clock.

    Attributes:
        arguments: captured at its entry.
        start_ns: when the function's own work began.
        value: what it is about to return.
        suspended_ns: how long it has waited for others to go on with it; None: nobody tells.
    """

    __slots__ = ("_clock_ns", "_since_ns", "arguments", "start_ns", "suspended_ns", "value")

    def __init__(self, arguments: dict[str, Any], clock_ns: Callable[[], int]) -> None:
        self.arguments = arguments
        self.start_ns = 0
        self.value: object = None
        self.suspended_ns: int | None = None
        self._clock_ns, self._since_ns = clock_ns, 0

    def on_pause(self) -> None:
        """Note when a generator or coroutine hands control back."""
        self._since_ns = self._clock_ns()

    def on_resume(self) -> None:
        """Add the pause that ends now to the call's suspended time."""
        if self._since_ns and self.suspended_ns is not None:
            self.suspended_ns += self._clock_ns() - self._since_ns
            self._since_ns = 0


_pauses = SuspensionEvents()  # one for the process: there are few tool ids


class CallHandler(TriggeredHandler):
    """A rule that reports whole calls of a function.

    Args:
        rule: the rule.
        context: as for every rule.
    """

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        asked = (self._condition, self._counting)
        own = KINDS[rule.kind].specials
        self._asks_at_end = any(part is not None and part.specials & own for part in asked)
        self._open: dict[int, _Open] = {}  # by the frame, which lives as long as the call

    listens = True  # to what it leaves behind

    def on_close(self) -> None:
        """Stop watching the calls that are still open."""
        for begun in list(self._open.values()):
            _pauses.forget(begun)
        self._open.clear()

    def around(self) -> CallHooks:
        """Return the functions that patched code calls when the call begins, returns and fails."""
        hook, told = internal_errors.wrap_hook, self.on_internal_error
        return CallHooks(
            hook(self._failed, told),
            hook(self._entered, told),
            hook(self._kept, told, hands_on=True),
            hook(self._left, told, hands_on=True),
        )

    def _entered(self, frame: FrameType | None = None) -> None:
        """Record that a call begins."""
        if not self._open and self._spent_in is self._context.invocation:
            next(self.tally.spent.left)
            return
        frame = frame or _getframe(2)  # the hook's caller
        self._open.pop(
            id(frame), None
        )  # an exception from outside may have kept an earlier frame from leaving
        self._once(self._begin, frame)
        begun = self._open.get(id(frame))
        if begun is not None:
            begun.start_ns = self._context.clock_ns()

    def _kept(self, value: object) -> None:
        """Record a value about to be returned; a `finally` may still replace it."""
        begun = self._open.get(id(_getframe(2))) if self._open else None
        if begun is not None:
            begun.value = value

    def _left(self, value: object = _NONE_YET, frame: FrameType | None = None) -> None:
        """Record that the call ends with this value, or the one last recorded."""
        if not self._open:
            return
        frame = frame or _getframe(2)
        end_ns = self._context.clock_ns()
        begun = self._open.pop(id(frame), None)
        if begun is not None:
            if value is not _NONE_YET:
                begun.value = value
            self._once(self._end, frame, begun, end_ns, None)

    def _failed(self, fault: BaseException | None = None, frame: FrameType | None = None) -> None:
        """Record that the call ends in an exception."""
        if not self._open:
            return
        frame = frame or _getframe(2)
        end_ns = self._context.clock_ns()
        begun = self._open.pop(id(frame), None)
        if begun is not None:
            self._once(self._end, frame, begun, end_ns, exception() if fault is None else fault)

    def _begin(self, frame: FrameType) -> None:
        self._enter()
        now_ns = self._context.clock_ns()
        closed = self._closed(now_ns) or ("" if self._limiter.has_room(now_ns) else RATE_LIMITED)
        outcome = closed or self._opened(frame)
        if outcome:
            self.tally.counts[outcome] += 1

    def _opened(self, frame: FrameType) -> str:
        """Capture what the call begins with; return the outcome where it ends here, else an empty text."""
        if len(self._open) >= limits.CALL_MAX_OPEN:
            self._note("too-many-calls", f"more than {limits.CALL_MAX_OPEN} calls have begun and not ended")
            return OVER_BUDGET
        context = self._context
        start_ns = context.clock_ns()
        try:
            reader = self._reader.for_hit()
            if self._condition is not None and not self._asks_at_end:
                scope = HitScope({}, frame, context.specials(self.tally.hits))
                if not is_true(self._condition, scope, reader):
                    if next(self.tally.looks, False) and self.operands is not None:
                        self.operands.look(scope, reader)
                    return CONDITION_FALSE
            if self._counting is not None and not self._asks_at_end:
                scope = HitScope({}, frame, context.specials(self.tally.hits))
                if not self._counting.holds(scope, reader):
                    return CONDITION_FALSE
            variables = names_of(frame)
            names = [name for name in _parameters(frame.f_code) if name in variables]
            shown = capture_vars({name: variables[name] for name in names}, reader)
            begun = self._open[id(frame)] = _Open(shown, context.clock_ns)
            if can_suspend(frame.f_code) and _pauses.watch(frame, begun):
                begun.suspended_ns = 0
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return CONDITION_ERROR
        finally:
            context.spent_ns += context.clock_ns() - start_ns
        return ""

    def _end(self, frame: FrameType, begun: _Open, end_ns: int, fault: BaseException | None) -> None:
        if begun.suspended_ns is not None:
            _pauses.forget(begun)
        duration_ms = (end_ns - begun.start_ns) / 1e6
        extra = {
            "return": lambda: self._result(begun, fault),
            "exception": lambda: fault,
            "duration_ms": duration_ms,
        }
        event = partial(self._call_event, frame, begun, duration_ms, fault)
        outcome = self._judged(frame, extra, event, limits.HIT_MAX_MS, is_tested=not self._asks_at_end)
        self.tally.counts[outcome] += 1

    def _result(self, begun: _Open, fault: BaseException | None) -> object:
        """Return the value of `@return`: None where an exception ended the call.

        Raises:
            Redacted: the function's name says that it returns a secret.
        """
        if self._reader.is_secret(self._name, begun.value):
            raise Redacted(self._name)
        return begun.value if fault is None else None

    @property
    def _name(self) -> str:
        return self._in.rpartition(".")[2]

    def _call_event(
        self,
        frame: FrameType,
        begun: _Open,
        duration_ms: float,
        fault: BaseException | None,
        number: int,
        scope: HitScope,
        reader: Reader,
    ) -> Event:
        event = {**self._head(), **self._shown(frame, scope, reader), "args": begun.arguments}
        if fault is None:
            event["return"] = capture(begun.value, reader, self._name)
        else:
            event["error"] = capture_error(fault, reader)
        event["duration_ms"] = round(duration_ms, 3)
        if begun.suspended_ns is not None:
            event["suspended_ms"] = round(begun.suspended_ns / 1e6, 3)
        event["hit"] = number
        return event


def _parameters(code: CodeType) -> tuple[str, ...]:
    """Return the names that a function's arguments are bound to."""
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & _VARARGS) + bool(code.co_flags & _VARKEYWORDS)
    return code.co_varnames[:count]
