"""What one thread does, as steps: its lines, and what they read and store. The form of steps is that of `docs/events.md`.

    line callback ── nothing to read here ──> append the number                      (most lines: 0.1 µs)
        └── a test, a store, a pending one ──> `LineTape.on_line` ──> Values

While something is pending, each event of the thread comes to the tape: what a line stores is read as the next one begins.
Lines that turn out to have stored nothing are put right only when the recording is told (`telling`).
"""

from __future__ import annotations

from sys import _getframe, getrefcount
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final, Protocol

from hotlog import __builtins__, internal_errors, limits
from hotlog.interpreter.quirks import FRAME_LOCALS_ARE_A_VIEW, HAS_MONITORING
from hotlog.kinds.recording.values import release
from hotlog.reading.instance_state import names_of
from hotlog.reading.secret_check import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from hotlog.kinds.recording.operands import PlannedRead
    from hotlog.kinds.recording.plan import CodePlan, LinePlan
    from hotlog.kinds.recording.values import Values

# A number, a dict of the form of `docs/events.md`, or a list of a line, the one name that it has stored, and the value.
Step = Any

CLEARS: Final = HAS_MONITORING and not FRAME_LOCALS_ARE_A_VIEW
_OPTIMIZED: Final = 1  # of `co_flags`: its variables are in no namespace
_LONG_NS: Final = limits.RECORD_LONG_MS * 1_000_000
_HELD_BY_US: Final = (
    3  # references to a frame's variables: the frame's, that of a call, that of the one that asks
)
_NEVER: Final = frozenset[int]()


class Numbering(Protocol):
    """What a tape asks of the recorder.

    Attributes:
        on_fault: told of errors of hotlog's own.
    """

    on_fault: Callable[[BaseException], object]

    def plan(self, code: CodeType) -> CodePlan:
        """Return what is read in a code object."""

    def number_of(self, plan: CodePlan) -> int:
        """Return the number of a function in the recording."""

    def number_of_error(self, fault: BaseException) -> int:
        """Return the number of an exception there."""

    def cut(self, tape: LineTape, why: str) -> None:
        """Take down no more than calls: there is no room for more."""


class Activation:
    """A call that runs, or that is suspended.

    Attributes:
        number: in the order of the thread's calls.
        plan: what is read in its code.
        code: what it runs.
        lines: by line, what is read there.
        is_function: its variables are in no namespace.
        pending: what is to be read once its line has run.
        step: the step of that line.
        at: where it stands among the steps, if it is no more than a number yet.
        line_ns: when that line began.
        begun_ns: when it began itself.
    """

    __slots__ = (
        "at",
        "begun_ns",
        "code",
        "is_function",
        "line_ns",
        "lines",
        "number",
        "pending",
        "plan",
        "step",
    )

    def __init__(self, number: int, plan: CodePlan, begun_ns: int) -> None:
        self.number, self.plan, self.begun_ns = number, plan, begun_ns
        self.code, self.lines = plan.code, plan.lines
        self.is_function = bool(plan.code.co_flags & _OPTIMIZED)
        self.pending: LinePlan | None = None
        self.step: dict[str, Any] = {}
        self.at = 0
        self.line_ns = begun_ns


class LineTape:
    """The steps of one thread, of which this takes down the lines. A line belongs to a call that `Tape` has seen begin.

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
        self._hold = values.hold
        self.steps: list[Step] = []
        self._stack: list[Activation] = []
        self._left: dict[int, Activation] = {}  # suspended, by the id of the frame
        # The code that runs and the lines where there is more to do than to count it; nobody's while something is pending.
        self._now: list[Any] = [None, _NEVER]
        self.is_cut = self.is_working = False
        self.calls = self.slow = self._calls_max = self._look_at = 0
        self.line = self._make_line_callback()

    @property
    def cost_ns(self) -> int:
        """Return what it has cost, about."""
        fast = (len(self.steps) - self.slow) * limits.RECORD_FAST_STEP_NS
        return fast + self.slow * limits.RECORD_SLOW_STEP_NS + self.values.spent_ns

    def cut(self) -> None:
        """Take down nothing more but calls."""
        self.is_cut = True
        self._calls_max = self.calls + limits.RECORD_MAX_CALLS
        self._now[0] = None
        self._now[1] = _NEVER

    def _make_line_callback(self) -> Callable[[CodeType, int], None]:
        """Return the callback for lines. `internal_errors.wrap_hook` is written out: a call takes as long as all of it."""
        now, append, slow, on_fault = self._now, self.steps.append, self.on_line, self._recorder.on_fault

        def on_line(code: CodeType, line: int) -> None:
            if code is now[0] and line not in now[1]:
                append(line)
                return
            try:
                slow(code, line, _getframe(1))
            except BaseException as fault:
                if not internal_errors.takes(fault, on_fault):
                    raise

        return on_line

    def on_line(self, code: CodeType, line: int, frame: FrameType) -> None:
        """Take down a line that is about to run, and what the line before has stored."""
        if self.is_working or self.is_cut:
            return
        call = self._stack[-1] if self._stack else None
        if call is None or call.code is not code:
            call = self._find(code)
            if call is None:
                return
        self.is_working = True
        try:
            pending = call.pending
            if pending is not None:
                if pending.is_short and call.is_function:  # `_finish`, written out
                    call.pending = None
                    self._read_one(pending, frame, call.at)
                elif pending.is_plain:  # likewise
                    call.pending = None
                    self._read(call, pending.stores, frame, call.step, "set")
                elif pending.first < pending.last and pending.first <= line <= pending.last:
                    call.step = {"line": line}  # within the statement, or back at its beginning, to store
                    self.steps.append(call.step)
                    return
                else:
                    self._finish(call, pending, frame, line)
            plan = call.lines.get(line)
            if plan is not None and plan.is_short and call.is_function:  # `_begin_line`, written out
                steps = self.steps
                self.slow += 1
                call.pending, call.at = plan, len(steps)
                self._now[0] = None
                steps.append(line)
                if call.at >= self._look_at:
                    self._look()
            else:
                self._begin_line(call, line, frame)
        finally:
            self.is_working = False

    def _read_one(self, pending: LinePlan, frame: FrameType, at: int) -> None:
        """Read the one variable that a line has stored, as most lines do: `Values.read`, written out."""
        names, name = frame.f_locals, pending.only
        if name in names:
            value = names[name]
            kind = type(value)
            if kind is int and -SMALL < value < SMALL:
                self.steps[at] = [pending.first, name, value]
            elif kind is str and len(value) <= limits.STRING_MAX_CHARS and value.isascii():
                self.steps[at] = step = [pending.first, name, value]
                self._hold((step, 2, value))
            else:
                place: dict[str, Any] = {}
                if self.values.take(place, name, value):
                    self.steps[at] = {"line": pending.first, "set": place}
        if CLEARS and getrefcount(names) <= _HELD_BY_US:
            names.clear()  # see `values.release`

    def _begin_line(self, call: Activation, line: int, frame: FrameType) -> None:
        plan = call.lines.get(line)
        now, steps = self._now, self.steps
        if plan is None:
            steps.append(line)
            now[1], now[0] = call.plan.busy, call.code
        elif plan.is_short and call.is_function:
            self.slow += 1
            call.pending, call.at = plan, len(steps)
            now[0] = None
            steps.append(line)
        else:
            step: dict[str, Any] = {"line": line}
            self.slow += 1
            steps.append(step)
            if plan.tests:
                self._read(call, plan.tests, frame, step, "test")
            if plan.is_pending:
                call.pending, call.step = plan, step
                now[0] = None
                if plan.is_timed:
                    call.line_ns = monotonic_ns()
            else:
                now[1], now[0] = call.plan.busy, call.code
        if len(steps) >= self._look_at:
            self._look()

    def _read(
        self,
        call: Activation,
        reads: tuple[PlannedRead, ...],
        frame: FrameType,
        step: dict[str, Any],
        key: str,
    ) -> None:
        """Read values of a frame into a step."""
        names = frame.f_locals if call.is_function else names_of(frame)
        self.values.read(reads, frame, names, step, key)
        if CLEARS:
            release(frame, names)

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
                self._take_pass(call, inner, line, frame)
            elif pending is not None and pending.first <= before <= pending.last:
                self._finish(call, pending, frame, line)
                if line == before:
                    self._begin_line(call, line, frame)
            elif line == before:
                self._begin_line(call, line, frame)
            self._look()
        finally:
            self.is_working = False
        return True

    def _enter(self, code: CodeType) -> Activation | None:
        """Begin to work for the call that runs; None where the event is of one that nobody saw begin, or of our own work."""
        if self.is_working:
            return None
        call = self._stack[-1] if self._stack else None
        if call is None or call.code is not code:
            call = self._find(code)
        self.is_working = call is not None
        return call

    def _find(self, code: CodeType) -> Activation | None:
        """Return the call that runs, where those above it have ended untold, as a generator does that is thrown away."""
        stack = self._stack
        if not any(each.code is code for each in stack):
            return None
        while stack[-1].code is not code:
            stack.pop()
        return stack[-1]

    def _open(self, call: Activation | None) -> None:
        """Let the line callback count the lines of this call, while nothing of it is pending."""
        now = self._now
        if call is None or self.is_cut or call.pending is not None:
            now[0] = None
        else:
            now[1], now[0] = call.plan.busy, call.plan.code

    def _finish(self, call: Activation, pending: LinePlan, frame: FrameType, line: int) -> None:
        """Read what a line has stored, now that it has run; `line` comes next, 0: none."""
        call.pending = None
        if pending.is_short and call.is_function:
            if not self.is_cut:
                self._read_one(pending, frame, call.at)
            return
        step = self._timed(call.step, call.line_ns) if pending.is_timed else call.step
        if self.is_cut or (pending.inside is not None and not pending.inside[0] <= line <= pending.inside[1]):
            return
        if pending.stores:
            self._read(call, pending.stores, frame, step, "set")
        if pending.late:
            self._read(call, pending.late, frame, step, "test")
        if pending.unset:
            step["unset"] = list(pending.unset)

    def _take_pass(self, call: Activation, inner: LinePlan, line: int, frame: FrameType) -> None:
        """Take down what a comprehension that is part of the function has bound and tested."""
        step: dict[str, Any] = {"line": line}
        self._read(call, inner.stores, frame, step, "set")
        self._read(call, inner.late, frame, step, "test")
        self.slow += 1
        self.steps.append(step)

    def _timed(self, step: dict[str, Any], since_ns: int) -> dict[str, Any]:
        passed_ns = monotonic_ns() - since_ns
        if passed_ns >= _LONG_NS:
            step["us"] = passed_ns // 1_000
        return step

    def _look(self) -> None:
        """Look whether there is room for more, and say when to look again."""
        self._look_at = min(len(self.steps) + limits.RECORD_LOOK_STEPS, limits.RECORD_MAX_STEPS)
        if self.is_cut:
            if self.calls >= self._calls_max:
                self._recorder.cut(self, "calls")
        elif len(self.steps) >= limits.RECORD_MAX_STEPS:
            self._recorder.cut(self, "steps")
        elif (
            self.values.room
            <= limits.RECORD_LINE_BYTES * len(self.steps) + limits.RECORD_STEP_BYTES * self.slow
        ):
            self._recorder.cut(self, "size")
        elif self.cost_ns > limits.RECORD_MAX_MS * 1_000_000:
            self._recorder.cut(self, "time")
