"""How the interpreter tells that a generator or coroutine hands control back, and that it goes on.

`sys.monitoring` (3.12 and later) tells it per code object; 3.11 does not. One that an exception is thrown into goes on untold.
"""

from __future__ import annotations

import sys
from sys import _getframe
from typing import TYPE_CHECKING, Any, Protocol

from hotlog import __builtins__

if TYPE_CHECKING:
    from types import CodeType, FrameType


class SuspensionListener(Protocol):
    """Receives the pauses of one frame."""

    def on_pause(self) -> None:
        """Handle a generator or coroutine that hands control back."""

    def on_resume(self) -> None:
        """Handle a generator or coroutine that runs again."""


if sys.version_info >= (3, 12):
    from hotlog.errors import InstallError
    from hotlog.interpreter.sysmon_tool import give_back, set_local_events, take

    _events = sys.monitoring.events

    class SuspensionEvents:
        """Watches frames; has a tool id only while there is one."""

        def __init__(self) -> None:
            self._tool: int | None = None
            self._watched: dict[
                int, tuple[CodeType, SuspensionListener]
            ] = {}  # by the id of the frame, which lives as long

        def watch(self, frame: FrameType, pausing: SuspensionListener) -> bool:
            """Report the frame's pauses to the listener from now on; return False where that cannot be."""
            if self._tool is None:
                try:
                    self._tool = take("hotlog-pauses", self._callbacks())
                except InstallError:
                    return False
            code = frame.f_code
            is_new = not self._has(code)
            self._watched[id(frame)] = (code, pausing)
            if is_new:
                set_local_events(self._tool, code, _events.PY_YIELD | _events.PY_RESUME)
            return True

        def forget(self, pausing: SuspensionListener) -> None:
            """Stop telling the listener."""
            for key, (code, each) in list(self._watched.items()):
                if each is pausing:
                    del self._watched[key]
                    if self._tool is not None and not self._has(code):
                        set_local_events(self._tool, code, 0)
            if not self._watched and self._tool is not None:
                give_back(self._tool, self._callbacks())
                self._tool = None

        def _has(self, code: CodeType) -> bool:
            return any(each is code for each, _ in list(self._watched.values()))

        def _callbacks(self) -> dict[int, Any]:
            return {_events.PY_YIELD: self._on_yield, _events.PY_RESUME: self._on_resume}

        def _on_yield(self, _code: CodeType, _offset: int, _value: object) -> None:
            found = self._watched.get(id(_getframe(2)))  # what is told of
            if found is not None:
                found[1].on_pause()

        def _on_resume(self, _code: CodeType, _offset: int) -> None:
            found = self._watched.get(id(_getframe(2)))  # what is told of
            if found is not None:
                found[1].on_resume()

else:

    class SuspensionEvents:
        """Watches nothing."""

        def watch(self, frame: FrameType, pausing: SuspensionListener) -> bool:  # noqa: ARG002  # as above
            """Return False: on this interpreter nobody can report the frame."""
            return False

        def forget(self, pausing: SuspensionListener) -> None:
            """Do nothing: no frame is watched."""
