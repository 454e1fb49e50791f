"""What one thread does, as steps: calls that begin, hand control back, go on and end, and exceptions on their way.

`raised` and `us` are put where they belong only when the recording is told (`telling`). What stands between a call's beginning
and its end are its lines (`lines`).
"""

from __future__ import annotations

from opcode import opmap
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.kinds.recording.lines import CLEARS, Activation, LineTape
from hotlog.kinds.recording.values import release
from hotlog.reading.classes import type_name
from hotlog.reading.instance_state import names_of

if TYPE_CHECKING:
    from types import CodeType, FrameType


_ENDS_OF_LOOPS: Final = {opmap["FOR_ITER"], opmap["SEND"]}
_LEFT_OUT: Final = {"@cut": "time"}


class Tape(LineTape):
    """The steps of one thread: see `LineTape`."""

    def on_start(self, code: CodeType, frame: FrameType) -> None:
        """Take down a call."""
        if self.is_working:
            return
        self.is_working = True
        try:
            plan = self._recorder.plan(code)
            call = Activation(self.calls, plan, monotonic_ns())
            self.calls += 1
            self.slow += 1
            step: dict[str, Any] = {"call": self._recorder.number_of(plan)}
            self._stack.append(call)
            self.steps.append(step)
            if plan.arguments and not self.is_cut:
                if call.number:
                    self._read(call, plan.arguments, frame, step, "args")
                else:
                    self._read_event(call, frame, step)
            self._look()
            self._open(call)
        finally:
            self.is_working = False

    def _read_event(self, call: Activation, frame: FrameType, step: dict[str, Any]) -> None:
        """Read the arguments of the handler: of its event more than of any other value."""
        names, shown = names_of(frame), step.setdefault("args", {})
        for each in call.plan.arguments:
            if each.name in names:
                beside = names if each.is_judged else None
                self.values.take(shown, each.name, names[each.name], beside, limits.RECORD_EVENT_MAX_BYTES)
        if CLEARS:
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
            pending, call.pending = call.pending, None
            inner = call.plan.passes.get(frame.f_lineno)
            if pending is not None and code.co_name[:1] == "<":  # what a comprehension has bound led to it
                self._finish(call, pending, frame, 0)
            elif inner is not None and not self.is_cut:
                self._take_pass(call, inner, frame.f_lineno, frame)
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

    def _end(self, call: Activation, how: str, value: object) -> None:
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
