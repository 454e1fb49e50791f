"""The live objects of the process, looked through without disturbing the threads that make them.

`gc.get_objects()` shows tuples that another thread is still filling: `tuple(generator)` appends to one that only it
knows. Whoever holds such a tuple while that thread goes on makes it fail there, with a SystemError in the
application's own code. So no tuple is ever held here when another thread may run: the walk and the choice are one
call into C, which keeps the interpreter's lock from its first object to its last, and nothing in it runs Python code.
tests/engine/test_heap.py shows both.
"""

from __future__ import annotations

import gc
import sys
from itertools import chain, compress, repeat, starmap
from operator import is_
from types import AsyncGeneratorType, CoroutineType, FrameType, FunctionType, GeneratorType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.interpreter.thread_frames import current_frames

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import CodeType

# What has a frame that may be suspended, and the attribute that is it.
FRAME_OF: Final = {GeneratorType: "gi_frame", CoroutineType: "cr_frame", AsyncGeneratorType: "ag_frame"}

_FROZEN_AT_START = (
    1_000  # 3.12 starts with about 375 frozen objects of its own; a process that freezes has more
)


def iter_functions() -> Iterator[FunctionType]:
    """Yield every live function.

    One that the collector has begun to clear has no globals any more, and is none: a thread that runs in the middle of
    that finds it, and a child forked there finds it for ever. `callable` looks at the type alone, and for 300,000
    objects takes half the time that `iter_of_types` does.
    """
    candidates = _reachable() if _is_frozen() else _callables()
    return (each for each in candidates if type(each) is FunctionType and each.__globals__ is not None)


def is_whole(function: FunctionType) -> bool:
    """Return whether a function has the cells that its code wants; where it has not, it takes no other code.

    One that the collector clears has lost them. From 3.13 on an instruction of its own gives them to a new one: what a
    tracer or a callback does right before that finds it without.
    """
    return len(function.__closure__ or ()) == len(function.__code__.co_freevars)


def iter_of_types(*types: type) -> Iterator[Any]:
    """Yield every live object of exactly these types; not for `tuple`."""
    if not _is_frozen():
        return iter(_only(types, _iter_generations()))
    return (each for each in _reachable() if any(type(each) is wanted for wanted in types))


def iter_generators_of(codes: Collection[CodeType]) -> Iterator[Any]:
    """Yield every live generator, coroutine and async generator that runs one of these code objects."""
    wanted = set(map(id, codes))
    for each in _iter_holders(tuple(FRAME_OF), codes):
        frame = getattr(each, FRAME_OF[type(each)])
        if frame is not None and id(frame.f_code) in wanted:
            yield each


def iter_functions_of(codes: Collection[CodeType]) -> Iterator[FunctionType]:
    """Yield every live function that runs one of these code objects."""
    wanted = set(map(id, codes))
    return (each for each in _iter_holders((FunctionType,), codes) if id(each.__code__) in wanted)


def _iter_holders(types: tuple[type, ...], codes: Collection[CodeType]) -> Iterator[Any]:
    """Yield the live objects of these types, those at least that refer to one of these code objects.

    The collector tells who refers to a few objects in 15 ms for a million objects; to look at each object takes 250.
    """
    if not codes:
        return iter(())
    if _is_frozen() or len(codes) > limits.REFERRERS_OF_MAX:
        return iter_of_types(*types)
    return iter(_only(types, starmap(gc.get_referrers, (tuple(codes),))))


def _is_frozen() -> bool:
    return gc.get_freeze_count() > _FROZEN_AT_START


def _iter_generations() -> Iterator[list[Any]]:
    return map(gc.get_objects, (None,))


def _callables() -> list[Any]:
    return list(filter(callable, chain.from_iterable(_iter_generations())))


def _only(types: tuple[type, ...], source: Iterator[list[Any]]) -> list[Any]:
    """Return the objects of these types in the one list that the source makes as it is asked."""
    tracked: list[Any] = []  # filled, looked through twice and emptied again, all while `list` below runs
    # Told apart by `is` and `id`: to hash or compare a type may run code of its metaclass. Of 300,000 objects, those of
    # one type take 12 ms, those of several 24.
    if len(types) == 1:
        chosen: Iterator[bool] = map(is_, map(type, tracked), repeat(types[0]))
    else:
        chosen = map(frozenset(map(id, types)).__contains__, map(id, map(type, tracked)))
    filling = map(tracked.extend, source)
    wanted = compress(tracked, chosen)
    emptying = map(list.clear, (tracked,))
    return [each for each in list(chain(filling, wanted, emptying)) if each is not None]


def _reachable() -> Iterator[Any]:
    """Yield the objects that can be reached from modules, running frames and whatever is tracked.

    After `gc.freeze()` that alone shows what was there before; nothing is ever unfrozen. A tuple that is found on the
    way is finished: an unfinished one hangs on nothing.
    """
    todo: list[Any] = [sys.modules, *current_frames().values(), *_callables()]
    todo += _only((dict, *FRAME_OF), _iter_generations())
    seen = {id(todo)}
    while todo:
        candidate = todo.pop()
        if id(candidate) in seen:
            continue
        seen.add(id(candidate))
        yield candidate
        # By type, never `isinstance`: that may call a `__class__` property of the user's. And of a module only its names:
        # `gc.get_referents(_asyncio)` ties a knot into a free list of that module on 3.12, and its next use never ends.
        if issubclass(type(candidate), ModuleType):
            todo.append(ModuleType.__getattribute__(candidate, "__dict__"))
        elif gc.is_tracked(candidate) or type(candidate) is FrameType:
            todo.extend(gc.get_referents(candidate))
