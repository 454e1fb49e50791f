"""Call into C so that the collector does not run meanwhile.

A collection calls weak references' callbacks and finalizers, in which the interpreter may go on with another thread: in
the middle of what looks like one step.
"""

from __future__ import annotations

import gc
from itertools import chain, islice
from operator import call
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

_AS_IT_WAS: Final[dict[bool, Callable[[], object]]] = {True: gc.enable, False: gc.disable}


def call_uncollected(function: Callable[[], Result]) -> Result:
    """Return what a function written in C returns; the collector is as before then, also where it raises.

    All is one call into C, which keeps the interpreter's lock: no other thread finds the collector off.
    """
    done: list[Any] = []  # what each step gave; the last step is chosen by what the first gave
    steps = chain((gc.isenabled, gc.disable, function), map(_AS_IT_WAS.__getitem__, islice(done, 1)))
    try:
        done.extend(map(call, steps))
    except BaseException:
        _AS_IT_WAS[done[0]]()
        raise
    result: Result = done[2]
    return result
