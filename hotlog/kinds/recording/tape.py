"""What one thread does, as steps: lines, calls, what they read and store. The form of steps is that of `docs/events.md`.

    line callback ── nothing to read here ──> append the number                      (most lines: 0.1 µs)
        └── a test, a store, a pending one ──> `Tape.on_line` ──> Values

While something is pending, each event of the thread comes to `Tape`: what a line stores is read as the next one begins.
Three kinds of steps are put where they belong only when the recording is told (`telling`): `raised`, `us`, and lines that turn
out to have stored nothing.
"""

from __future__ import annotations

from opcode import opmap
from sys import _getframe
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final, Protocol

from hotlog import __builtins__, internal_errors, limits
from hotlog.kinds.recording.values import release
from hotlog.reading.classes import type_name
from hotlog.reading.instance_state import names_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from hotlog.kinds.recording.plan import CodePlan, LinePlan
    from hotlog.kinds.recording.values import Values

Step = Any  # a number, or a dict of the form of `docs/events.md`

_LONG_NS: Final = 1_000_000
_ENDS_OF_LOOPS: Final = {opmap["FOR_ITER"], opmap["SEND"]}
_NEVER: Final = frozenset[int]()
_LEFT_OUT: Final = {"@cut": "time"}


class Numbering(Protocol):
    """What a tape asks of the recorder."""

    def plan(self, code: CodeType) -> CodePlan:
        """Return what is read in a code object."""

    def number_of(self, plan: CodePlan) -> int:
        """Return the number of a function in the recording."""

    def number_of_error(self, fault: BaseException) -> int:
        """Return the number of an exception there."""

    def cut(self, tape: Tape, why: str) -> None:
        """Take down no more than calls: there is no room for more."""


class Call:
    """A call that runs, or that is suspended.

    Attributes:
        number: in the order of the thread's calls.
        plan: what is read in its code.
        pending: what is to be read once its line has run.
        step: the step of that line.
        line_ns: when that line began.
        begun_ns: when it began itself.
    """

    __slots__ = ("begun_ns", "line_ns", "number", "pending", "plan", "step")

    def __init__(self, number: int, plan: CodePlan, begun_ns: int) -> None:
        self.number, self.plan, self.begun_ns = number, plan, begun_ns
        self.pending: LinePlan | None = None
        self.step: dict[str, Any] = {}
        self.line_ns = begun_ns


class Tape:
    """The steps of one thread.

    Args:
        thread: its name.
        values: takes values.
        recorder: knows what is read, and numbers what comes again.

    Attributes:
        steps: what it has done.
        is_cut: only calls are taken down.
        is_working: a callback runs: what it may run itself is no part of the recording.
        calls: how many there were.
        slow: how many steps were more than a number.
        line: told of lines while this thread alone runs own code.
    """

    def __init__(self, thread: str, values: Values, recorder: Numbering) -> None:
        self.thread, self.values, self._recorder = thread, values, recorder
        self.steps: list[Step] = []
        self._stack: list[Call] = []
        self._left: dict[int, Call] = {}  # suspended, by the id of the frame
        # The code that runs and the lines where there is more to do than to count it; nobody's while something is pending.
        self._now: list[Any] = [None, _NEVER]
        self.is_cut = self.is_working = False
        self.calls = self.slow = 0
        self.line = self._make_line_callback()

    @property
    def cost_ns(self) -> int:
        """Return what it has cost, about."""
        fast = (len(self.steps) - self.slow) * limits.RECORD_FAST_STEP_NS
        return fast + self.slow * limits.RECORD_SLOW_STEP_NS + self.values.spent_ns

    def cut(self) -> None:
        """Take down nothing more but calls."""
        self.is_cut = True
        self._now[0] = None
        self._now[1] = _NEVER

    def _make_line_callback(self) -> Callable[[CodeType, int], None]:
        """Return the callback for lines. `internal_errors.wrap_hook` is written out: a call takes as long as all of it."""
        now, append, slow = self._now, self.steps.append, self.on_line

        def on_line(code: CodeType, line: int) -> None:
            if code is now[0] and line not in now[1]:
                append(line)
                return
            try:
                slow(code, line, _getframe(1))
            except BaseException as fault:
                if not internal_errors.takes(fault, internal_errors.stray):
                    raise

        return on_line

    # --- events --------------------------------------------------------------------------------------------------------

    def on_line(self, code: CodeType, line: int, frame: FrameType) -> None:
        """Take down a line that is about to run, and what the line before has stored."""
        call = None if self.is_cut else self._enter(code)
        if call is None:
            return
        try:
            pending = call.pending
            if pending is not None:
                if pending.span[0] <= line <= pending.span[1] and line != call.step["line"]:
                    self.steps.append(line)
                    return
                if pending.span[1] > pending.span[0] and line == pending.span[0]:
                    self.steps.append(line)  # it comes back to its beginning, to store
                    return
                self._finish(call, pending, frame, line)
            self._begin_line(call, line, frame)
        finally:
            self.is_working = False

    def _begin_line(self, call: Call, line: int, frame: FrameType) -> None:
        plan = call.plan.lines.get(line)
        if plan is None:
            self.steps.append(line)
        else:
            step: dict[str, Any] = {"line": line}
            self.slow += 1
            self.steps.append(step)
            if plan.tests:
                found: dict[str, Any] = {}
                self.values.read(plan.tests, frame, found)
                if found:
                    step["test"] = found
            if plan.is_pending:
                call.pending, call.step = plan, step
                call.line_ns = monotonic_ns()
        self._look()
        self._open(call)

    def on_again(self, code: CodeType, line: int, before: int, frame: FrameType) -> bool:
        """Take down that a line begins again, by a jump back from its own statement; return whether such jumps matter."""
        call = self._enter(code)
        if call is None:
            return True
        try:
            plan = call.plan
            if line not in plan.loops or before not in plan.loops:
                return False
            pending = call.pending
            inner = plan.passes.get(line)
            if inner is not None:
                self._take_pass(inner, line, frame)
            elif pending is not None and pending.span[0] <= before <= pending.span[1]:
                self._finish(call, pending, frame, line)
                if line == before:
                    self._begin_line(call, line, frame)
            elif line == before:
                self._begin_line(call, line, frame)
            self._look()
        finally:
            self.is_working = False
        return True

    def on_start(self, code: CodeType, frame: FrameType) -> None:
        """Take down a call."""
        if self.is_working:
            return
        self.is_working = True
        try:
            plan = self._recorder.plan(code)
            call = Call(self.calls, plan, monotonic_ns())
            self.calls += 1
            self.slow += 1
            step: dict[str, Any] = {"call": self._recorder.number_of(plan)}
            self._stack.append(call)
            self.steps.append(step)
            if plan.arguments and not self.is_cut:
                shown: dict[str, Any] = {}
                if call.number:
                    self.values.read(plan.arguments, frame, shown)
                else:
                    self._read_event(plan, frame, shown)
                if shown:
                    step["args"] = shown
            self._look()
            self._open(call)
        finally:
            self.is_working = False

    def _read_event(self, plan: CodePlan, frame: FrameType, shown: dict[str, Any]) -> None:
        """Read the arguments of the handler: of its event more than of any other value."""
        names = names_of(frame)
        for each in plan.arguments:
            if each.name in names:
                beside = names if each.is_judged else None
                self.values.take(shown, each.name, names[each.name], beside, limits.RECORD_EVENT_MAX_BYTES)
        release(frame, names)

    def on_resume(self, code: CodeType, frame: FrameType) -> None:
        """Take down that a generator or coroutine goes on."""
        if self.is_working:
            return
        call = self._left.pop(id(frame), None)
        if call is None or call.plan.code is not code:  # it began before the recording
            self.on_start(code, frame)
            return
        self.slow += 1
        self._stack.append(call)
        self.steps.append({"resume": call.number})
        if call.plan.lines and code.co_name[:1] == "<" and call.pending is None:
            self.is_working = True
            try:
                self._begin_line(call, frame.f_lineno, frame)
            finally:
                self.is_working = False
        self._open(call)

    def on_yield(self, code: CodeType, frame: FrameType, value: object) -> None:
        """Take down that a generator or coroutine hands control back. What its line stores is pending until it goes on."""
        call = self._enter(code)
        if call is None:
            return
        try:
            if call.pending is not None and code.co_name[:1] == "<":
                self._finish(call, call.pending, frame, 0)
            self._left[id(frame)] = call
            self._end(call, "yield", value)
        finally:
            self.is_working = False

    def on_return(self, code: CodeType, frame: FrameType, value: object) -> None:
        """Take down that a call returns."""
        call = self._enter(code)
        if call is None:
            return
        try:
            if call.pending is not None:
                self._finish(call, call.pending, frame, 0)
            self._end(call, "return", value)
        finally:
            self.is_working = False

    def on_raise(self, code: CodeType, frame: FrameType, fault: BaseException) -> None:
        """Take down that an exception has come up in the line that runs: it has stored nothing."""
        if issubclass(type(fault), StopIteration) and code.co_code[frame.f_lasti] in _ENDS_OF_LOOPS:
            return  # how a generator with a result ends: nothing has gone wrong
        if not self.is_working and id(frame) in self._left:  # thrown in: on 3.11 nobody tells that it goes on
            self.on_resume(code, frame)
        call = self._enter(code)
        if call is None:
            return
        try:
            call.pending = None
            inner = call.plan.passes.get(frame.f_lineno)
            if inner is not None and not self.is_cut:
                self._take_pass(inner, frame.f_lineno, frame)
            self.slow += 1
            self.steps.append({"raised": self._recorder.number_of_error(fault)})
            self._look()
            self._open(call)
        finally:
            self.is_working = False

    def on_unwind(self, code: CodeType, frame: FrameType, fault: BaseException) -> None:
        """Take down that a call ends in an exception."""
        call = self._enter(code)
        if call is None:
            return
        try:
            self._left.pop(id(frame), None)
            self._stack.pop()
            self.slow += 1
            self.steps.append(self._timed({"raise": self._recorder.number_of_error(fault)}, call.begun_ns))
            self._open(self._stack[-1] if self._stack else None)
        finally:
            self.is_working = False

    # --- parts of them -------------------------------------------------------------------------------------------------

    def _enter(self, code: CodeType) -> Call | None:
        """Begin to work for the call that runs; None where the event is of one that nobody saw begin, or of our own work."""
        if self.is_working:
            return None
        stack = self._stack
        if not stack or stack[-1].plan.code is not code:
            # One whose end nobody told, such as that of a generator that was thrown away, lies above it; or it is not known.
            if not any(each.plan.code is code for each in stack):
                return None
            while stack[-1].plan.code is not code:
                stack.pop()
        self.is_working = True
        return stack[-1]

    def _open(self, call: Call | None) -> None:
        """Let the line callback count the lines of this call, while nothing of it is pending."""
        now = self._now
        if call is None or self.is_cut or call.pending is not None:
            now[0] = None
        else:
            now[1], now[0] = call.plan.busy, call.plan.code

    def _finish(self, call: Call, pending: LinePlan, frame: FrameType, line: int) -> None:
        """Read what a line has stored, now that it has run; `line` comes next, 0: none."""
        call.pending = None
        step = self._timed(call.step, call.line_ns)
        if self.is_cut or (pending.inside is not None and not pending.inside[0] <= line <= pending.inside[1]):
            return
        if pending.stores:
            found: dict[str, Any] = {}
            self.values.read(pending.stores, frame, found)
            if found:
                step["set"] = found
        if pending.late:
            found = {}
            self.values.read(pending.late, frame, found)
            if found:
                step["test"] = found
        if pending.unset:
            step["unset"] = list(pending.unset)

    def _take_pass(self, inner: LinePlan, line: int, frame: FrameType) -> None:
        """Take down what a comprehension that is part of the function has bound and tested."""
        step: dict[str, Any] = {"line": line}
        for name, reads in (("set", inner.stores), ("test", inner.late)):
            found: dict[str, Any] = {}
            if reads:
                self.values.read(reads, frame, found)
            if found:
                step[name] = found
        self.slow += 1
        self.steps.append(step)

    def _end(self, call: Call, how: str, value: object) -> None:
        """Take down that the innermost call hands a value over, and go on with the one that called it."""
        self._stack.pop()
        self.slow += 1
        step: dict[str, Any] = {}
        if self.is_cut:
            step[how] = _LEFT_OUT
        elif not self.values.take(step, how, value):
            step[how] = {"@type": type_name(type(value))}
        self.steps.append(self._timed(step, call.begun_ns) if how == "return" else step)
        self._look()
        self._open(self._stack[-1] if self._stack else None)

    def _timed(self, step: dict[str, Any], since_ns: int) -> dict[str, Any]:
        passed_ns = monotonic_ns() - since_ns
        if passed_ns >= _LONG_NS:
            step["us"] = passed_ns // 1_000
        return step

    def _look(self) -> None:
        """Look whether there is room for more."""
        if self.is_cut:
            if self.calls > limits.RECORD_MAX_STEPS:
                self._recorder.cut(self, "calls")
        elif len(self.steps) >= limits.RECORD_MAX_STEPS:
            self._recorder.cut(self, "steps")
        elif self.values.room <= 0:
            self._recorder.cut(self, "size")
        elif self.cost_ns > limits.RECORD_MAX_MS * 1_000_000:
            self._recorder.cut(self, "time")
