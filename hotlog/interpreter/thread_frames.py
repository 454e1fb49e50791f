"""The frames that the threads run now, asked for so that no thread waits for another for ever."""

from __future__ import annotations

import gc
from itertools import chain, islice
from operator import call
from sys import _current_frames
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_AS_IT_WAS: Final[dict[bool, Callable[[], object]]] = {True: gc.enable, False: gc.disable}


def current_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread, by the thread's id.

    While CPython 3.11 lists them it holds a lock of its own, and makes objects. Where that sets off the collector, and
    this a weak reference's callback, another thread may go on, ask for the frames as well, and wait for the lock with
    the interpreter's own in hand: the process stands still for ever. So nothing is collected meanwhile. It is one call
    into C, which keeps the interpreter's lock: no other thread finds the collector off. tests/engine/test_heap.py shows it.
    """
    done: list[Any] = []  # what each step gave; the last step is chosen by what the first gave
    steps = chain((gc.isenabled, gc.disable, _current_frames), map(_AS_IT_WAS.__getitem__, islice(done, 1)))
    done.extend(map(call, steps))
    frames: dict[int, FrameType] = done[2]
    return frames
