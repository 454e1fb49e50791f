"""How the interpreter tells that a call begins, ends or fails, in code that stays as it is.

`sys.monitoring` tells of beginnings and returns per code object. Of a call that an exception ends it tells for all code
alike, so exceptions anywhere in the process cost a little while a call is watched. 3.11 has nothing of the kind.
"""

from __future__ import annotations

import sys
from sys import _getframe
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import CodeType
    from typing import Any

    from hotlog.probes.probe import CallHooks

    Watched = Mapping[int, tuple[CodeType, Sequence[CallHooks]]]

if sys.version_info >= (3, 12):
    from hotlog.interpreter.sysmon_tool import give_back, set_events, set_local_events, take

    _events = sys.monitoring.events
    _LOCAL = _events.PY_START | _events.PY_RETURN

    class CallEvents:
        """Has a tool id only while a call is watched."""

        def __init__(self) -> None:
            self._tool: int | None = None
            self._watched: Watched = {}

        def arm(self, wanted: Watched) -> None:
            """Watch the calls of exactly these code objects, by their ids.

            Raises:
                InstallError: `no-tool-id`; nothing has changed then.
            """
            if wanted and self._tool is None:
                self._tool = take("hotlog-calls", self._callbacks())
                set_events(self._tool, _events.PY_UNWIND)
            before, self._watched = self._watched, dict(wanted)
            if self._tool is None:
                return
            for key, (code, _) in before.items():
                if key not in wanted:
                    set_local_events(self._tool, code, 0)
            for code, _ in wanted.values():
                set_local_events(self._tool, code, _LOCAL)
            if not wanted:
                give_back(self._tool, self._callbacks())
                self._tool = None

        def _callbacks(self) -> dict[int, Callable[..., Any]]:
            return {
                _events.PY_START: self._on_start,
                _events.PY_RETURN: self._on_return,
                _events.PY_UNWIND: self._unwound,
            }

        def _on_start(self, code: CodeType, _offset: int) -> None:
            for around in self._of(code):
                if around.enter is not None:
                    around.enter(frame=_getframe(2))  # what is told of

        def _on_return(self, code: CodeType, _offset: int, value: object) -> None:
            for around in self._of(code):
                if around.leave is not None:
                    around.leave(value, frame=_getframe(2))  # what is told of

        def _unwound(self, code: CodeType, _offset: int, fault: BaseException) -> None:
            for around in self._of(code):
                around.raised(fault, frame=_getframe(2))  # what is told of

        def _of(self, code: CodeType) -> Sequence[CallHooks]:
            found = self._watched.get(id(code))
            return found[1] if found is not None else ()

else:

    class CallEvents:
        """Watches nothing."""

        def arm(self, wanted: Watched) -> None:
            """Refuse.

            Raises:
                InstallError: `cannot-monitor`.
            """
            if wanted:
                raise InstallError("cannot-monitor", "Python 3.11 does not tell of single calls.")
