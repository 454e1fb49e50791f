"""How the interpreter tells that an instruction is about to run, in these code objects and no others.

`sys.monitoring` (3.12 and later) tells it per code object, in all threads, and is told in return which instructions
are of no interest. On 3.11 there is `sys.settrace`: per thread, and one tracer only. Whoever else listens is left
alone: another tool's events are never restarted, and a tracer that is there is called, or hotlog stays out.
"""

from __future__ import annotations

import sys
import threading
from sys import _getframe, gettrace, settrace
from threading import get_ident
from types import CodeType, FrameType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, internal_errors
from hotlog.errors import InstallError
from hotlog.interpreter.quirks import HAS_MONITORING
from hotlog.interpreter.thread_frames import current_frames
from hotlog.namedtuple import NamedTuple
from hotlog.probes.running_frames import iter_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.probes.probe import Hook
    from hotlog.probes.running_frames import Running

    _Tracer = Callable[[FrameType, str, Any], Any]


class Call(NamedTuple):
    """A hook to call before an instruction.

    Attributes:
        hook: called with `frame=`.
        entering: where control must have come from; None: anywhere.
    """

    hook: Hook
    entering: frozenset[int] | None


class Armed:
    """One code object, and what happens at its instructions, which are named by their offsets.

    Args:
        code: the code object. It is held, so that its id stays its own.

    Attributes:
        steps: the instructions that matter, each with the calls that are made there.
        start: the instruction that starts a frame; it is told in another way than those of `steps`.
    """

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.steps: dict[int, tuple[Call, ...]] = {}
        self.start = -1
        self._sources: set[int] = set()
        self._came: dict[
            int, int
        ] = {}  # by the id of a frame: it is looked at only where that frame wrote it

    @property
    def asks_start(self) -> bool:
        """Return whether the start of a frame is one of several ways to a call."""
        return self.start in self._sources

    def add(self, offset: int, call: Call, others: frozenset[int]) -> None:
        """Make a call before an instruction; where `others` lead to it too, find out which way is taken."""
        self.steps[offset] = (*self.steps.get(offset, ()), call)
        if call.entering is not None:
            self._sources |= call.entering | others
            for source in self._sources:
                self.steps.setdefault(source, ())

    def note(self, key: int, offset: int) -> None:
        """Note at which instruction a frame is, where that decides whether a call is made."""
        if offset in self._sources:
            self._came[key] = offset

    def reach(self, offset: int, frame: FrameType) -> bool:
        """Do what is to be done before an instruction runs; False where it is of no interest."""
        calls = self.steps.get(offset)
        if calls is None:
            return False
        key = id(frame)
        if calls:
            came = self._came.pop(key, None)
            for hook, entering in calls:
                if entering is None or came in entering:
                    hook(frame=frame)
        if offset in self._sources:
            self._came[key] = offset
        return True


def reaches(frame: Running) -> bool:
    """Return whether a frame that runs already can be listened to: a tracer is none of other threads'."""
    return HAS_MONITORING or frame.thread in {0, get_ident()}


def deaf_threads() -> int:
    """Return how many running threads cannot be listened to: on 3.11, all but this one."""
    return 0 if HAS_MONITORING else len(current_frames()) - 1  # the only way to them


if sys.version_info >= (3, 12):
    from hotlog.interpreter.sysmon_tool import give_back, set_local_events, take

    _events = sys.monitoring.events
    _DISABLE = sys.monitoring.DISABLE

    class InstructionEvents:
        """Listens with `sys.monitoring`; has a tool id only while something is armed."""

        def __init__(self) -> None:
            self._tool: int | None = None
            self._armed: Mapping[int, Armed] = {}

        def arm(self, wanted: Mapping[int, Armed]) -> None:
            """Listen in exactly these code objects, by their ids.

            Raises:
                InstallError: `no-tool-id`; nothing has changed then.
            """
            if wanted and self._tool is None:
                self._tool = take("hotlog", self._callbacks())
            before, self._armed = self._armed, dict(wanted)  # exchanged first: see `_instruction`
            if self._tool is None:
                return
            for key, armed in before.items():
                if wanted.get(key) is not armed:
                    set_local_events(self._tool, armed.code, 0)
            for key, armed in wanted.items():
                if before.get(key) is not armed:
                    # From nothing to these: so all that had been disabled in the code is enabled again.
                    kinds = _events.INSTRUCTION | (_events.PY_START if armed.asks_start else 0)
                    set_local_events(self._tool, armed.code, kinds)
            if not wanted:
                give_back(self._tool, self._callbacks())
                self._tool = None

        def is_off(self) -> bool:
            """Return False: nobody else can switch off the events of a tool."""
            return False

        def _callbacks(self) -> dict[int, Callable[..., Any]]:
            return {_events.INSTRUCTION: self._instruction, _events.PY_START: self._start}

        def _instruction(self, code: CodeType, offset: int) -> object:
            known = self._armed
            armed = known.get(id(code))
            if armed is not None and armed.reach(offset, _getframe(2)):  # what is told of
                return None
            # What has been armed meanwhile by another thread may want it.
            return _DISABLE if self._armed is known else None

        def _start(self, code: CodeType, offset: int) -> object:
            armed = self._armed.get(id(code))
            if armed is not None:
                armed.note(id(_getframe(2)), offset)  # what is told of
            return None

else:

    class InstructionEvents:
        """Listens with `sys.settrace`, in the thread that arms it and in threads that start later."""

        def __init__(self) -> None:
            self._armed: Mapping[int, Armed] = {}
            self._thread = 0
            self._theirs: Any = None  # the tracer that was there
            self._tracer: _Tracer = self._trace_call  # one object: what is set is compared with it

        def arm(self, wanted: Mapping[int, Armed]) -> None:
            """Listen in exactly these code objects, by their ids.

            Raises:
                InstallError: `tracer-in-use`; nothing has changed then.
            """
            hangs_in = bool(wanted) and gettrace() is not self._tracer
            if hangs_in:
                self._check_chain()
            before, self._armed = self._armed, dict(wanted)
            if hangs_in:
                self._hang_in()
            self._unhook({key: armed for key, armed in before.items() if key not in wanted})
            if wanted:
                self._hook_stack()
            elif before:
                self._leave()

        def is_off(self) -> bool:
            """Return whether another tracer replaced it, or an exception that passed through removed it."""
            return bool(self._armed) and gettrace() is not self._tracer

        def on_instruction(self, frame: FrameType) -> None:
            """Handle an instruction of the frame that is about to run."""
            armed = self._armed.get(id(frame.f_code))
            if armed is not None:
                armed.reach(frame.f_lasti, frame)

        def _check_chain(self) -> None:
            there = gettrace()
            # One that came later may call this one: the two would call each other for ever.
            can_be_called = type(there) in {FunctionType, MethodType} and not self._armed
            if there is not None and not can_be_called:
                raise InstallError(
                    "tracer-in-use", f"another tracer ({type(there).__qualname__}) runs in this thread."
                )

        def _hang_in(self) -> None:
            self._theirs, self._thread = gettrace(), get_ident()
            settrace(self._tracer)
            if threading.gettrace() is None:
                threading.settrace(self._tracer)

        def _leave(self) -> None:
            if threading.gettrace() is self._tracer:
                threading.settrace(None)
            if gettrace() is self._tracer:
                settrace(self._theirs)
                self._theirs = None

        def _hook_stack(self) -> None:
            """Listen to the frames of this thread's stack; a generator tells of itself when it is resumed."""
            frame: FrameType | None = _getframe()  # the way to one's callers
            while frame is not None:
                if id(frame.f_code) in self._armed and type(frame.f_trace) is not _Listener:
                    frame.f_trace = _Listener(self, frame.f_trace)
                    frame.f_trace_opcodes = True
                frame = frame.f_back

        def _unhook(self, gone: Mapping[int, Armed]) -> None:
            """Leave no reference behind in a frame."""
            if not gone:
                return
            for frame, _, _ in iter_frames([armed.code for armed in gone.values()]):
                if type(frame.f_trace) is _Listener:
                    frame.f_trace = frame.f_trace.theirs
                    frame.f_trace_opcodes = False

        def _trace_call(self, frame: FrameType, event: str, arg: Any) -> Any:
            """Trace each call and each resumption of a generator, for the application's tracer too."""
            theirs = None
            if self._theirs is not None and get_ident() == self._thread:
                theirs = self._theirs(frame, event, arg)
            try:
                listener = internal_errors.run_contained(self._listener, internal_errors.stray, frame, theirs)
            except RecursionError:  # no room for that call
                listener = None
            return theirs if listener is None else listener

        def _listener(self, frame: FrameType, theirs: Any) -> _Listener | None:
            """Return who listens in the frame; None where nobody does."""
            armed = self._armed.get(id(frame.f_code))
            if armed is None:
                if not self._armed:  # it was switched off by another thread
                    settrace(self._theirs if get_ident() == self._thread else None)
                return None
            armed.note(id(frame), frame.f_lasti)
            frame.f_trace_opcodes = True
            return _Listener(self, theirs)

    class _Listener:
        """Receives the trace events of one frame, and passes on those for another tracer."""

        def __init__(self, device: InstructionEvents, theirs: _Tracer | None) -> None:
            self._device, self.theirs = device, theirs

        def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
            if event == "opcode":
                try:
                    internal_errors.run_contained(self._device.on_instruction, internal_errors.stray, frame)
                except RecursionError:  # as above
                    return self
            elif self.theirs is not None:
                self.theirs = self.theirs(frame, event, arg) or self.theirs
            return self
