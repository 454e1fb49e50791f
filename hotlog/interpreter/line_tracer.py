"""How the interpreter tells of each line that one frame runs, and of its end; of other frames nothing is wanted.

`sys.monitoring` (3.12 and later) tells of the lines of one code object, and only while a frame is followed. On 3.11
there is `sys.settrace`, in the thread of the frame. A tracer that is there already is left alone: then nobody is followed.
"""

from __future__ import annotations

import sys
from sys import _getframe, gettrace, settrace
from typing import TYPE_CHECKING, Any, Protocol

from hotlog import __builtins__, internal_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType


class LineListener(Protocol):
    """Receives the lines, pauses and end of one frame."""

    def on_line(self, frame: FrameType, line: int) -> None:
        """Handle a line that is about to run."""

    def on_pause(self) -> None:
        """Handle a generator or coroutine that hands control back for a while."""

    def on_resume(self) -> None:
        """Handle a generator or coroutine that runs again."""

    def on_end(self, frame: FrameType, value: object, fault: BaseException | None) -> None:
        """Handle the end of the frame, with its value or its exception."""


def _tell(tracer: LineTracer, follower: LineListener, report: Callable[..., None], *args: object) -> None:
    """Tell a listener. One that fails is told no more: the frame would be followed for ever."""
    try:
        report(*args)
    except BaseException:
        tracer.leave(follower)
        raise


if sys.version_info >= (3, 12):
    from hotlog.interpreter.sysmon_tool import give_back, set_events, set_local_events, take

    _events = sys.monitoring.events
    _ENDS = _events.PY_RETURN | _events.PY_YIELD | _events.PY_RESUME

    class _Followed:
        """A frame that is followed.

        Attributes:
            code: what it runs.
            follower: who is told.
            line: that was told last.
        """

        __slots__ = ("code", "follower", "line")

        def __init__(self, code: CodeType, follower: LineListener, line: int) -> None:
            self.code, self.follower, self.line = code, follower, line

    class LineTracer:
        """Follows frames; has a tool id only while there is one."""

        def __init__(self) -> None:
            self._tool: int | None = None
            self._followed: dict[int, _Followed] = {}  # by the id of the frame, which lives as long

        def follow(self, frame: FrameType, follower: LineListener) -> None:
            """Report the frame's lines to the listener from the next line on.

            Raises:
                InstallError: `no-tool-id`.
            """
            tool = self._tool if self._tool is not None else self._take()
            self._followed[id(frame)] = _Followed(frame.f_code, follower, frame.f_lineno)
            set_local_events(tool, frame.f_code, _events.LINE | _events.JUMP | _ENDS)

        def only_end(self, frame: FrameType) -> None:
            """Tell no more of its lines, only of its end."""
            if self._tool is not None and self._others(frame.f_code) <= 1:
                set_local_events(self._tool, frame.f_code, _ENDS)

        def leave(self, follower: LineListener) -> None:
            """Stop telling the listener."""
            for key, each in list(self._followed.items()):
                if each.follower is follower:
                    del self._followed[key]
                    if self._tool is not None and not self._others(each.code):
                        set_local_events(self._tool, each.code, 0)
            if not self._followed and self._tool is not None:
                give_back(self._tool, self._callbacks())
                self._tool = None

        def _others(self, code: CodeType) -> int:
            return sum(each.code is code for each in list(self._followed.values()))

        def _take(self) -> int:
            self._tool = take("hotlog-trace", self._callbacks())
            # Of a frame that an exception ends it tells for all code alike, or not at all.
            set_events(self._tool, _events.PY_UNWIND)
            return self._tool

        def _callbacks(self) -> dict[int, Any]:
            return {
                _events.LINE: self._line,
                _events.JUMP: self._on_jump,
                _events.PY_RETURN: self._on_return,
                _events.PY_YIELD: self._on_yield,
                _events.PY_RESUME: self._on_resume,
                _events.PY_UNWIND: self._unwound,
            }

        def _of(self, frame: FrameType) -> LineListener | None:
            found = self._followed.get(id(frame))
            return found.follower if found is not None else None

        def _line(self, _code: CodeType, line: int) -> None:
            frame = _getframe(2)  # what is told of
            found = self._followed.get(id(frame))
            if found is not None:
                found.line = line
                _tell(self, found.follower, found.follower.on_line, frame, line)

        def _on_jump(self, code: CodeType, offset: int, to: int) -> None:
            """Report a jump back within one line as a new start of that line."""
            frame = _getframe(2)  # what is told of
            found = self._followed.get(id(frame))
            if found is not None and to <= offset and _line_at(code, to) == found.line:
                _tell(self, found.follower, found.follower.on_line, frame, found.line)

        def _on_yield(self, _code: CodeType, _offset: int, _value: object) -> None:
            follower = self._of(_getframe(2))  # what is told of
            if follower is not None:
                _tell(self, follower, follower.on_pause)

        def _on_resume(self, _code: CodeType, _offset: int) -> None:
            follower = self._of(_getframe(2))  # what is told of
            if follower is not None:
                _tell(self, follower, follower.on_resume)

        def _on_return(self, _code: CodeType, _offset: int, value: object) -> None:
            self._end(_getframe(2), value, None)  # what is told of

        def _unwound(self, _code: CodeType, _offset: int, fault: BaseException) -> None:
            self._end(_getframe(2), None, fault)  # what is told of

        def _end(self, frame: FrameType, value: object, fault: BaseException | None) -> None:
            follower = self._of(frame)
            if follower is not None:
                self.leave(follower)
                follower.on_end(frame, value, fault)

    def _line_at(code: CodeType, offset: int) -> int | None:
        for start, end, line in code.co_lines():
            if start <= offset < end:
                return line
        return None

else:
    from hotlog.interpreter.other_tracer import make_refusal
    from hotlog.interpreter.raised_in_frame import RaisedInFrame, is_paused, is_returning

    class _Followed:
        """A frame that is followed.

        Attributes:
            follower: who is told.
            raised: what is on its way through the frame.
        """

        __slots__ = ("follower", "raised")

        def __init__(self, follower: LineListener) -> None:
            self.follower, self.raised = follower, RaisedInFrame()

    class LineTracer:
        """Follows frames of the thread that asks for it, while no other tracer runs there."""

        def __init__(self) -> None:
            self._followed: dict[int, _Followed] = {}
            # One object each: what is set is compared with it.
            self._tracer = internal_errors.wrap_hook(self._trace_call, internal_errors.stray)
            self._teller = internal_errors.wrap_hook(self._trace_event, internal_errors.stray)

        def follow(self, frame: FrameType, follower: LineListener) -> None:
            """Report the frame's lines to the listener from the next line on.

            Raises:
                InstallError: `tracer-in-use`.
            """
            if gettrace() not in {None, self._tracer}:
                raise make_refusal(gettrace())
            self._followed[id(frame)] = _Followed(follower)
            frame.f_trace = self._teller
            settrace(self._tracer)

        def only_end(self, frame: FrameType) -> None:
            """Tell no more of its lines, only of its end."""
            frame.f_trace_lines = False

        def leave(self, follower: LineListener) -> None:
            """Stop telling the listener. In another thread the tracer is removed at the next call there."""
            for key in [key for key, each in self._followed.items() if each.follower is follower]:
                del self._followed[key]
            if not self._followed and gettrace() is self._tracer:
                settrace(None)

        def _trace_call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
            """Trace each call and each resumption of a generator; return the tracer of a followed frame."""
            if not self._followed:
                settrace(None)
                return None
            followed = self._followed.get(id(frame))
            if followed is None:
                return None
            _tell(self, followed.follower, followed.follower.on_resume)
            return self._teller

        def _trace_event(self, frame: FrameType, event: str, arg: Any) -> Any:
            followed = self._followed.get(id(frame))
            if followed is None:
                frame.f_trace = None
                frame.f_trace_lines, frame.f_trace_opcodes = True, False
                return None
            follower, raised = followed.follower, followed.raised
            if event == "line":
                _tell(self, follower, follower.on_line, frame, frame.f_lineno)
            elif event == "exception":
                frame.f_trace_opcodes = True  # what handles it may raise it again, and nobody tells of that
                raised.begins(arg[1])
            elif event == "opcode":
                raised.goes_on(frame)
            elif event == "return":
                if is_paused(frame, raised):
                    _tell(self, follower, follower.on_pause)
                else:
                    fault = None if is_returning(frame) else raised.leaving()
                    self.leave(follower)
                    follower.on_end(frame, arg, fault)
            return self._teller
