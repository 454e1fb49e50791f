"""How the interpreter tells of all that one invocation runs of the application's own code, in all threads; of other code nothing.

`sys.monitoring` (3.12 and later) finds own code as it starts: of other code each place tells once, and is disabled. Own code
tells of its lines and ends while it is `armed`. Exceptions are told of for all code alike. On 3.11 there is `sys.settrace`, in
the thread of the invocation and in those that begin meanwhile: it tells of each call, so everything costs more.
"""

from __future__ import annotations

import sys
from sys import _getframe, gettrace, settrace
from typing import TYPE_CHECKING, Any, Protocol

from hotlog import __builtins__, internal_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType


class ThreadListener(Protocol):
    """Is told what one thread runs of own code."""

    def on_line(self, code: CodeType, line: int, frame: FrameType) -> None:
        """Handle a line that is about to run."""

    def on_again(self, code: CodeType, line: int, before: int, frame: FrameType) -> bool:
        """Handle a jump back to a line from another, or from itself; return whether jumps of these lines matter."""

    def on_start(self, code: CodeType, frame: FrameType) -> None:
        """Handle a call that begins."""

    def on_resume(self, code: CodeType, frame: FrameType) -> None:
        """Handle a generator or coroutine that goes on."""

    def on_yield(self, code: CodeType, frame: FrameType, value: object) -> None:
        """Handle a generator or coroutine that hands control back."""

    def on_return(self, code: CodeType, frame: FrameType, value: object) -> None:
        """Handle a call that returns."""

    def on_raise(self, code: CodeType, frame: FrameType, fault: BaseException) -> None:
        """Handle an exception that comes to a frame."""

    def on_unwind(self, code: CodeType, frame: FrameType, fault: BaseException) -> None:
        """Handle an exception that ends a frame."""


class OwnCodeListener(Protocol):
    """Knows whose code it is, and who is told of a thread."""

    def is_own(self, frame: FrameType) -> bool:
        """Return whether a frame runs own code; asked once for each code object."""

    def join(self) -> ThreadListener | None:
        """Return who is told of this thread, where a call begins; None: nobody."""

    def find(self) -> ThreadListener | None:
        """Return who is told of this thread by now; None: nobody."""

    def forget_error(self, fault: BaseException) -> None:
        """Forget what was known of an exception's identity: it begins anew."""


if sys.version_info >= (3, 12):
    from hotlog.interpreter.sysmon_tool import (
        give_back,
        register_callback,
        set_events,
        set_local_events,
        take,
    )

    _events = sys.monitoring.events
    _DISABLE = sys.monitoring.DISABLE
    _GLOBAL = _events.PY_START | _events.PY_RESUME | _events.PY_THROW | _events.PY_UNWIND | _events.RAISE
    _ENDS = _events.PY_RETURN | _events.PY_YIELD
    _ALL = _events.LINE | _events.JUMP | _ENDS

    class OwnCodeEvents:
        """Tells one listener; has a tool id from `start` to `stop`.

        Args:
            listener: is told.
            on_fault: told of errors of hotlog's own.
        """

        def __init__(self, listener: OwnCodeListener, on_fault: Callable[[BaseException], object]) -> None:
            self._listener = listener
            self._tool: int | None = None
            self._own: dict[int, CodeType | None] = {}  # by the id of a code object; None: it is not own
            self._kept: list[CodeType] = []  # as long as the ids stand for them
            self._places: dict[int, dict[int, int]] = {}
            self._local = 0  # what own code tells of
            self._callbacks = self._make_callbacks()
            self._contained = {
                kind: internal_errors.wrap_hook(callback, on_fault)
                for kind, callback in self._callbacks.items()
            }

        def start(self) -> None:
            """Begin to look for own code.

            Raises:
                InstallError: `no-tool-id`.
            """
            if self._tool is None:
                self._tool = take("hotlog-record", self._contained, are_contained=True)
                self.rest()
                set_events(self._tool, _GLOBAL)

        def stop(self) -> None:
            """Tell of nothing more."""
            tool, self._tool = self._tool, None
            if tool is not None:
                self._set(tool, 0)
                give_back(tool, self._contained)
            self._own.clear()
            self._kept.clear()
            self._places.clear()

        def arm(self, on_line: Callable[[CodeType, int], object]) -> None:
            """Tell of all that own code does, from now on.

            Args:
                on_line: told of lines, without a frame. It contains its own errors.

            Raises:
                InstallError: `tracer-in-use`, on 3.11.
            """
            if self._tool is None:
                return
            for kind, callback in self._contained.items():
                register_callback(self._tool, kind, callback)
            register_callback(self._tool, _events.LINE, on_line)
            if self._local != _ALL:
                self._set(self._tool, _ALL)

        def tell_all_threads(self) -> None:
            """Tell of the lines of all threads: `OwnCodeListener.on_line`."""
            if self._tool is not None:
                register_callback(self._tool, _events.LINE, self._contained[_events.LINE])

        def only_calls(self) -> None:
            """Tell of calls and their ends, no more of lines."""
            if self._tool is not None and self._local != _ENDS:
                self._set(self._tool, _ENDS)

        def disarm(self) -> None:
            """Tell of nothing until it is armed again."""
            self.rest()
            if self._tool is not None and self._local:
                self._set(self._tool, 0)

        def rest(self) -> None:
            """Tell nobody, though own code stays armed: the next invocation is most likely recorded, too."""
            if self._tool is not None:
                for kind in self._contained:
                    register_callback(self._tool, kind, None)

        def _set(self, tool: int, local: int) -> None:
            self._local = local
            for code in [each for each in self._own.values() if each is not None]:
                set_local_events(tool, code, local)

        def _find(self, code: CodeType, frame: FrameType) -> bool:
            """Return whether code is own, and have it tell of itself if it is."""
            is_own = self._listener.is_own(frame)
            self._kept.append(code)
            self._own[id(code)] = code if is_own else None
            if is_own and self._tool is not None:
                set_local_events(self._tool, code, self._local)
            return is_own

        def _make_callbacks(self) -> dict[int, Callable[..., Any]]:  # noqa: C901 -- one function for each event
            """Return the callbacks. They are called for all code of the process: what most of that needs is written out."""
            own, find, listener, unknown = self._own, self._find, self._listener, object()

            def starts(name: str) -> Callable[..., Any]:
                def callback(code: CodeType, _offset: int) -> Any:
                    found = own.get(id(code), unknown)
                    if found is None:
                        return _DISABLE
                    frame = _getframe(2)  # what is told of
                    if found is unknown and not find(code, frame):
                        return _DISABLE
                    thread = listener.join()
                    return getattr(thread, name)(code, frame) if thread is not None else None

                return callback

            def tells(name: str) -> Callable[..., Any]:
                def callback(code: CodeType, _offset: int, value: object) -> None:
                    thread = listener.find() if own.get(id(code)) is not None else None
                    if thread is not None:
                        getattr(thread, name)(code, _getframe(2), value)

                return callback

            def throws(code: CodeType, _offset: int, _fault: BaseException) -> None:
                thread = listener.join() if own.get(id(code)) is not None else None
                if thread is not None:
                    thread.on_resume(code, _getframe(2))

            def raises(code: CodeType, _offset: int, fault: BaseException) -> None:
                trace = internal_errors.traceback_of(fault)
                if trace is None or trace.tb_next is None:
                    listener.forget_error(fault)
                thread = listener.find() if own.get(id(code)) is not None else None
                if thread is not None:
                    thread.on_raise(code, _getframe(2), fault)

            def lines(code: CodeType, line: int) -> None:
                thread = listener.find()
                if thread is not None:
                    thread.on_line(code, line, _getframe(2))

            def jumps(code: CodeType, offset: int, to: int) -> Any:
                if to > offset:
                    return _DISABLE
                thread = listener.find()
                if thread is None:
                    return None
                line, before = self._line_at(code, to), self._line_at(code, offset)
                return None if thread.on_again(code, line, before, _getframe(2)) else _DISABLE

            return {
                _events.PY_START: starts("on_start"),
                _events.PY_RESUME: starts("on_resume"),
                _events.PY_THROW: throws,
                _events.PY_RETURN: tells("on_return"),
                _events.PY_YIELD: tells("on_yield"),
                _events.RAISE: raises,
                _events.PY_UNWIND: tells("on_unwind"),
                _events.LINE: lines,
                _events.JUMP: jumps,
            }

        def _line_at(self, code: CodeType, offset: int) -> int:
            known = self._places.get(id(code))
            if known is None:
                known = self._places[id(code)] = {
                    at: line or 0 for start, end, line in code.co_lines() for at in range(start, end, 2)
                }
            return known.get(offset, 0)

else:
    import threading
    from opcode import opmap

    from hotlog.interpreter.other_tracer import make_refusal
    from hotlog.interpreter.raised_in_frame import RaisedInFrame, is_paused, is_returning

    _RESUME = opmap["RESUME"]
    _CONTINUES = 3  # the bits of its argument that say where from; 0: from the beginning

    class OwnCodeEvents:
        """Tells one listener of the threads that it is armed in, and of those that begin there, while no other tracer runs.

        Args:
            listener: is told.
            on_fault: told of errors of hotlog's own.
        """

        def __init__(self, listener: OwnCodeListener, on_fault: Callable[[BaseException], object]) -> None:
            self._listener = listener
            self._own: dict[int, CodeType | None] = {}
            self._kept: list[CodeType] = []
            self._raised: dict[int, RaisedInFrame] = {}  # by the id of a frame, which lives as long
            self._is_armed = self._has_lines = False
            # One object each: what is set is compared with it.
            self._tracer = internal_errors.wrap_hook(self._trace_call, on_fault)
            self._teller = internal_errors.wrap_hook(self._trace_event, on_fault)

        def start(self) -> None:
            """Do nothing: own code is found while it is armed."""

        def stop(self) -> None:
            """Tell of nothing more."""
            self.disarm()
            self._own.clear()
            self._kept.clear()

        def arm(self, on_line: Callable[[CodeType, int], object]) -> None:  # noqa: ARG002  # lines come with their frame
            """Tell of all that own code does, from now on.

            Raises:
                InstallError: `tracer-in-use`.
            """
            if gettrace() is not None:
                raise make_refusal(gettrace())
            self._is_armed = self._has_lines = True
            settrace(self._tracer)
            if threading.gettrace() is None:
                threading.settrace(self._tracer)

        def tell_all_threads(self) -> None:
            """Do nothing: each thread has its tracer."""

        def only_calls(self) -> None:
            """Tell of calls and their ends, no more of lines."""
            self._has_lines = False

        def disarm(self) -> None:
            """Tell of nothing until it is armed again. In other threads the tracer stays, and does nothing."""
            self._is_armed = False
            if gettrace() is self._tracer:
                settrace(None)
            if threading.gettrace() is self._tracer:
                threading.settrace(None)
            self._raised.clear()

        rest = disarm

        def _trace_call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
            if not self._is_armed:
                return None
            code = frame.f_code
            found = self._own.get(id(code), self)
            if found is self:
                found = code if self._listener.is_own(frame) else None
                self._kept.append(code)
                self._own[id(code)] = found
            if found is None:
                return None
            thread = self._listener.join()
            if thread is None:
                return None
            self._raised.setdefault(id(frame), RaisedInFrame())
            at, kind = code.co_code[frame.f_lasti + 1], code.co_code[frame.f_lasti]
            if kind == _RESUME and not at & _CONTINUES:
                thread.on_start(code, frame)
            else:
                thread.on_resume(code, frame)
            frame.f_trace_lines = self._has_lines
            return self._teller

        def _trace_event(self, frame: FrameType, event: str, arg: Any) -> Any:
            code, thread = frame.f_code, self._listener.find()
            raised = self._raised.get(id(frame))
            if raised is None or thread is None:  # of an invocation that is over
                frame.f_trace = None
                frame.f_trace_lines, frame.f_trace_opcodes = True, False
                return None
            if event == "line":
                if self._has_lines:
                    thread.on_line(code, frame.f_lineno, frame)
                else:
                    frame.f_trace_lines = False
            elif event == "exception":
                frame.f_trace_opcodes = True  # what handles it may raise it again, and nobody tells of that
                raised.begins(arg[1])
                if arg[2] is None or arg[2].tb_next is None:
                    self._listener.forget_error(arg[1])
                thread.on_raise(code, frame, arg[1])
            elif event == "opcode":
                raised.goes_on(frame)
            elif event == "return":
                self._end(frame, raised, arg, thread)
            return self._teller

        def _end(
            self, frame: FrameType, raised: RaisedInFrame, value: object, thread: ThreadListener
        ) -> None:
            code = frame.f_code
            if is_paused(frame, raised):
                thread.on_yield(code, frame, value)
                return
            del self._raised[id(frame)]
            fault = None if is_returning(frame) else raised.leaving()
            if fault is None:
                thread.on_return(code, frame, value)
            else:
                thread.on_unwind(code, frame, fault)
