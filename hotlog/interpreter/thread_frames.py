"""The frames that the threads run now, asked for so that no thread waits for another for ever, and no process ends.

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
from hotlog.interpreter.uncollected import call_uncollected

if TYPE_CHECKING:
    from types import FrameType

_MAKERS: Final = ("_interpreters", "_xxsubinterpreters")  # what makes further ones, from 3.13 on and before


def current_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread, by the thread's id; of the calling thread that of the caller."""
    frames = _list_frames() if _is_alone() else {}
    frames[get_ident()] = _getframe(1)
    return frames


def _list_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread of all interpreters.

    While CPython 3.11 lists them it holds a lock of its own, and makes objects. Where that sets off the collector, and
    this a weak reference's callback, another thread may go on, ask for the frames as well, and wait for the lock with
    the interpreter's own in hand: the process stands still for ever. tests/engine/test_heap.py shows it.
    """
    return call_uncollected(_current_frames)


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
