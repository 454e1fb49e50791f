"""The frames that the threads of this process run, as far as it is safe to look at them.

`sys._current_frames()` shows the threads of all interpreters of the process, and makes a frame object for each. From Python 3.12
on an interpreter may have memory of its own (`InterpreterPoolExecutor` makes such ones): what is made in one and freed in
the other ends the process. So where there is more than one, only the calling thread is looked at. (Fact 17 of the
architecture page.)
"""

from __future__ import annotations

import _thread
import sys
from _thread import get_ident
from sys import _current_frames, _getframe
from types import ModuleType
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from types import FrameType

_MAKERS: Final = ("_interpreters", "_xxsubinterpreters")  # what makes further ones, from 3.13 on and before


def current_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread; of the calling thread that of the caller."""
    frames = _current_frames() if _is_alone() else {}  # documented
    frames[get_ident()] = _getframe(1)
    return frames


def _is_alone() -> bool:
    """Return whether no other interpreter has memory of its own. Only one that has none may start daemon threads."""
    allowed = vars(_thread).get("daemon_threads_allowed")  # since 3.12
    if allowed is None:
        return True
    return bool(allowed()) and not any(map(_has_made_others, _MAKERS))


def _has_made_others(name: str) -> bool:
    """Return whether there are others, where the module that makes them is loaded."""
    module = sys.modules.get(name)
    listed = vars(module).get("list_all") if type(module) is ModuleType else None
    return listed is not None and len(listed()) > 1
