"""The recordings of this process, one invocation at a time: whose code it is, which thread an event is of, when it is cut.

interpreter ── own code ──> Recorder ── this thread ──> Tape ──> steps
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from _thread import _count as count_threads  # all but the main one
from threading import get_ident
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.capture.error_text import message_of
from hotlog.capture.frames import is_own_code
from hotlog.interpreter.own_code_events import OwnCodeEvents
from hotlog.kinds.recording.sources import Sources
from hotlog.kinds.recording.tape import Tape
from hotlog.kinds.recording.values import Values
from hotlog.reading.classes import type_name
from hotlog.source.live_functions import file_of
from hotlog.source.locate import read_source
from hotlog.source.probeable import is_generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from hotlog.events import Event
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.kinds.recording.lines import LineTape
    from hotlog.kinds.recording.plan import CodePlan
    from hotlog.reading.reader import Reader


def _nobody() -> None:
    """Return no thread: it is none of `threading`."""


class Recording:
    """What is recorded of one invocation, as long as it runs and as long as it is kept.

    Attributes:
        tapes: by thread; that of the invocation comes first.
        functions: what was called, by number.
        errors: what was raised, by number.
        request_id: of the invocation.
        begun_s: when it began, in seconds since the epoch.
        begun_ns: the same, monotonic.
        ended_ns: when it ended; 0: it runs.
        generation: of the redaction when it was recorded: later there may be secrets that it does not hide.
        planned_ns: what it took to decide what is read in its code.
        cut: where and why it was cut; empty: it is whole.
    """

    def __init__(self, request_id: str, begun_s: float, begun_ns: int, generation: int) -> None:
        self.tapes: list[Tape] = []
        self.functions: list[CodePlan] = []
        self.errors: list[Event] = []
        self.request_id, self.begun_s, self.begun_ns = request_id, begun_s, begun_ns
        self.generation, self.ended_ns = generation, 0
        self.planned_ns = 0
        self.cut: Event = {}

    @property
    def way(self) -> tuple[int, ...]:
        """Return what tells the way that it has taken from others: what it called first, by the ids of their code."""
        return tuple(id(plan.code) for plan in self.functions[: limits.RECORD_WAY_FUNCTIONS])

    @property
    def size(self) -> int:
        """Return how many bytes it takes, about."""
        return sum(limits.RECORD_MAX_BYTES - tape.values.room + 10 * len(tape.steps) for tape in self.tapes)

    @property
    def cost_ns(self) -> int:
        """Return what it has cost, about."""
        return self.planned_ns + sum(tape.cost_ns for tape in self.tapes)


class Recorder:
    """Records invocations for one rule.

    Args:
        context: what all rules share.
        reader: reads values for the rule.
        on_fault: told of errors of hotlog's own.
    """

    def __init__(
        self, context: InvocationContext, reader: Reader, on_fault: Callable[[BaseException], object]
    ) -> None:
        self.on_fault = on_fault
        self._context, self._reader = context, reader
        redaction = context.redaction
        self._keys = redaction.keys
        self.sources = Sources(self._read_file, redaction.hides, self._is_judged)
        self._events = OwnCodeEvents(self, on_fault)
        self._plans: dict[int, CodePlan] = {}  # by the id of a code object, which the plan keeps
        self._recording: Recording | None = None
        # By thread, with what returns it as long as it lives; without a tape: of another invocation.
        self._tapes: dict[int, tuple[Callable[[], object], Tape | None]] = {}
        self._function_numbers: dict[int, int] = {}
        self._error_numbers: dict[int, int] = {}

    def start(self) -> None:
        """Begin to look for own code, and read the files of it that are loaded.

        Raises:
            InstallError: `no-tool-id`.
        """
        self._events.start()
        until_ns = time.monotonic_ns() + limits.RECORD_PREPARE_MAX_MS * 1_000_000
        for module in list(sys.modules.values()):
            file = file_of(module)
            if file.endswith(".py") and self._context.roots.allows(file):
                self.sources.load(file)
            if time.monotonic_ns() > until_ns:
                break

    def disarm(self) -> None:
        """Tell of nothing in this thread, where another one has ended the recording."""
        self._events.disarm()

    def stop(self) -> None:
        """Take all down."""
        self._recording = None
        self._tapes = {}
        self._events.stop()
        self._plans.clear()

    def begin(self) -> None:
        """Record the invocation that begins.

        Raises:
            InstallError: `tracer-in-use`.
        """
        context = self._context
        self._recording = Recording(
            context.invocation.request_id,
            context.wall_clock(),
            context.clock_ns(),
            context.redaction.generation,
        )
        self._function_numbers, self._error_numbers = {}, {}
        thread = threading._active.get(context.thread)  # type: ignore[attr-defined]  # noqa: SLF001  # as below
        tape = self._make_tape(context.thread, weakref.ref(thread) if thread is not None else _nobody, "")
        self._events.arm(tape.line)
        if count_threads():  # own code may run elsewhere
            self._events.tell_all_threads()

    def end(self, *, stays: bool) -> Recording | None:
        """End the recording, and return it.

        Args:
            stays: the next invocation is most likely recorded, too.
        """
        recording, self._recording = self._recording, None
        if recording is not None:
            if stays and not recording.cut:
                self._events.rest()
            else:
                self._events.disarm()
            self._tapes = {}
            recording.ended_ns = self._context.clock_ns()
            self._catch_up()
        return recording

    def _catch_up(self) -> None:
        """Parse a file that was too large for that while the invocation ran: what is in it is planned anew."""
        for file in list(self.sources.late)[:1]:
            self.sources.load(file)
            self._plans = {key: plan for key, plan in self._plans.items() if plan.code.co_filename != file}

    # --- own code ------------------------------------------------------------------------------------------------------

    def is_own(self, frame: FrameType) -> bool:
        """Return whether a frame runs code of the application's that somebody wrote into a file."""
        return not is_generated(frame.f_code.co_filename) and is_own_code(frame, self._context.roots.allows)

    def find(self) -> Tape | None:
        """Return the tape of this thread; None where it has none."""
        known = self._tapes.get(get_ident())
        return known[1] if known is not None else None

    def join(self) -> Tape | None:
        """Return the tape of this thread, a new one for one that has just begun; None for one of an earlier invocation."""
        ident = get_ident()
        active: dict[int, Any] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001  # `current_thread` may make one
        thread = active.get(ident)
        known = self._tapes.get(ident)
        if known is not None and known[0]() is thread:
            return known[1]
        if self._recording is None:
            return None
        # A new one, which may have the number of one that has ended.
        owner = weakref.ref(thread) if thread is not None else _nobody
        if self._context.identities.find_other() is not None:
            self._tapes[ident] = owner, None
            return None
        name = getattr(thread, "_name", None)
        self._events.tell_all_threads()
        return self._make_tape(ident, owner, name if type(name) is str else f"thread {ident}")

    def _make_tape(self, ident: int, owner: Callable[[], object], name: str) -> Tape:
        tape = Tape(name, Values(self._reader), self)
        self._tapes[ident] = owner, tape
        if self._recording is not None:
            self._recording.tapes.append(tape)
        return tape

    # --- what a recording numbers --------------------------------------------------------------------------------------

    def plan(self, code: CodeType) -> CodePlan:
        """Return what is read in a code object."""
        plan = self._plans.get(id(code))
        if plan is None:
            start_ns = time.thread_time_ns()
            at = f"{self._context.roots.relative(code.co_filename)}:{code.co_firstlineno}"
            plan = self._plans[id(code)] = self.sources.plan(code, at)
            if self._recording is not None:
                self._recording.planned_ns += time.thread_time_ns() - start_ns
        return plan

    def number_of(self, plan: CodePlan) -> int:
        """Return the number of a function in the recording."""
        number = self._function_numbers.get(id(plan.code))
        if number is None and self._recording is not None:
            number = self._function_numbers[id(plan.code)] = len(self._recording.functions)
            self._recording.functions.append(plan)
        return number or 0

    def number_of_error(self, fault: BaseException) -> int:
        """Return the number of an exception there."""
        recording = self._recording
        if recording is None:
            return 0
        number = self._error_numbers.get(id(fault))
        if number is None:
            recording.errors.append({"type": type_name(type(fault))})
            number = self._error_numbers[id(fault)] = len(recording.errors) - 1
        shown = recording.errors[number]
        if "message" not in shown and number < limits.RECORD_ERRORS_MAX:
            shown["message"] = message_of(
                fault, self._reader.for_hit()
            )  # there may be no room for that on the stack, yet
        return number

    def forget_error(self, fault: BaseException) -> None:
        """Take an exception with this identity for another than before."""
        self._error_numbers.pop(id(fault), None)

    def cut(self, tape: LineTape, why: str) -> None:
        """Take down no more of a recording than its calls; behind so many more, nothing."""
        recording = self._recording
        if recording is None:
            return
        if not recording.cut:
            recording.cut = {"why": why, "after": sum(len(each.steps) for each in recording.tapes)}
            tape.steps.append({"cut": why})
            for each in recording.tapes:
                each.cut()
            self._events.only_calls()
        elif why == "calls":
            self._tapes = {ident: (owner, None) for ident, (owner, _) in self._tapes.items()}
            self._events.disarm()

    # --- sources -------------------------------------------------------------------------------------------------------

    def _is_judged(self, name: str) -> bool:
        key = self._keys(name)
        return bool(key.says or key.is_beside)

    def _read_file(self, path: str) -> bytes:
        wanted = os.path.realpath(path)
        for module in list(sys.modules.values()):
            if file_of(module) in {path, wanted}:
                return read_source(module, path)
        raise OSError(f"no module is loaded from {path}")
