"""Runs a program in every way it can be run, and writes down whatever could differ."""

from __future__ import annotations

import asyncio
import gc
import inspect
import re
import sys
import warnings
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.programs.world import Boom, World, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_STEPS_MAX = 30
# Warm code fuses a store and the load after it: a load that fails then names the line of the store. A typed statement
# parts the two, as a probe does.
_FUSES_LOADS = sys.version_info < (3, 13)


class Program(NamedTuple):
    """A loaded program.

    Attributes:
        module: its module.
        world: what it calls.
        entries: names and kinds of its functions.
    """

    module: ModuleType
    world: World
    entries: tuple[tuple[str, str], ...]


def load(source: str, filename: str, seed: int, *, compiled: CodeType | None = None) -> Program:
    """Run the module's body.

    Args:
        source: its text.
        filename: the file it would be.
        seed: for what its world decides.
        compiled: code to run instead of compiling the source.
    """
    module = ModuleType("program")
    module.__file__ = filename
    world = World(seed)
    vars(module).update(world.names())
    exec(compiled or compile_quietly(source, filename), vars(module))  # noqa: S102
    return Program(module, world, tuple(vars(module)["ENTRIES"]))


def compile_quietly(source: Any, filename: str) -> CodeType:
    """Compile, without the compiler's warnings about what random programs do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(source, filename, "exec", dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def record(program: Program) -> list[object]:
    """What the program does: results, output, faults with their lines and columns, signatures."""
    done: list[object] = [_signatures(program.module)]
    with _undisturbed(program.world):
        for name, kind in program.entries:
            for way in _WAYS[kind]:
                program.world.refuel()
                program.world.said.append((name, way.__name__))
                done.append((name, way.__name__, _outcome(lambda: way(vars(program.module)[name]))))  # noqa: B023
                gc.collect(0)
    return [*done, *program.world.said]


@contextmanager
def _undisturbed(world: World) -> Iterator[None]:
    """Cycles are collected between two ways only, and faults that nobody can catch belong to the account."""
    before = sys.unraisablehook

    def unraisable(fault: Any) -> None:
        world.said.append(("unraisable", _fault(fault.exc_value)))

    sys.unraisablehook = unraisable
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
            gc.collect(1)  # what is made above is in the two young generations: nothing else is looked at
    finally:
        gc.enable()
        sys.unraisablehook = before


def _signatures(module: ModuleType) -> list[str]:
    return [
        f"{name}{inspect.signature(value)}"
        for name, value in vars(module).items()
        if type(value) is FunctionType
    ]


def _outcome(call: Callable[[], object]) -> object:
    try:
        return plain(call())
    except BaseException as fault:  # noqa: BLE001  # whatever it is, it is compared
        return _fault(fault)


def _fault(fault: BaseException | None, depth: int = 6) -> object:
    """A fault, and those it came from, with the lines and columns of each frame."""
    if fault is None or not depth:
        return None
    inner = fault.exceptions if isinstance(fault, BaseExceptionGroup) else ()
    return (
        type(fault).__qualname__,
        re.sub(r"0x\w+", "0x", str(fault)[:200]) if not isinstance(fault, RecursionError) else "",
        _frames(fault.__traceback__)[: -1 if isinstance(fault, UnboundLocalError) and _FUSES_LOADS else None],
        _fault(fault.__cause__, depth - 1),
        _fault(fault.__context__, depth - 1),
        fault.__suppress_context__,
        [_fault(each, depth - 1) for each in inner],
    )


def _frames(at: TracebackType | None) -> list[object]:
    found: list[object] = []
    while at is not None:
        code = at.tb_frame.f_code
        if code.co_filename != __file__:
            positions = list(code.co_positions())[at.tb_lasti // 2]
            found.append((code.co_qualname, at.tb_lineno, positions))
        at = at.tb_next
    return found


# --- the ways ------------------------------------------------------------------------------------------------------


def _called(function: Callable[..., Any]) -> object:
    return function()


def _called_with(function: Callable[..., Any]) -> object:
    return function(3)


def _methods(cls: Callable[..., Any]) -> object:
    thing = cls()
    return [
        _outcome(thing.m),
        _outcome(lambda: thing.mproperty),
        _outcome(thing.mstaticmethod),
        _outcome(thing.mclassmethod),
    ]


def _consumed(function: Callable[..., Any]) -> object:
    found = []
    for value in function():
        found.append(plain(value))
        if len(found) == _STEPS_MAX:
            break
    return found


def _closed(function: Callable[..., Any]) -> object:
    generator = function()
    first = next(generator)
    return [plain(first), generator.close()]


def _thrown(function: Callable[..., Any]) -> object:
    generator = function()
    found = [plain(next(generator)), plain(generator.send(7)), plain(generator.throw(Boom("thrown in")))]
    generator.close()
    return found


def _dropped(function: Callable[..., Any]) -> object:
    return plain(next(function()))


def _awaited(function: Callable[..., Any]) -> object:
    return _driven(function(), _STEPS_MAX * 10)


def _cancelled(function: Callable[..., Any]) -> object:
    """Without an event loop: the fault arrives at the second pause."""
    return _driven(function(), 2)


def _closed_early(function: Callable[..., Any]) -> object:
    coroutine = function()
    return [coroutine.send(None), coroutine.close()]


def _driven(coroutine: Any, patience: int) -> object:
    for _ in range(patience):
        try:
            coroutine.send(None)
        except StopIteration as end:
            return plain(end.value)
    try:
        for _ in range(_STEPS_MAX):
            coroutine.throw(asyncio.CancelledError("enough"))
    except StopIteration as end:
        return ["ended when cancelled", plain(end.value)]
    finally:
        coroutine.close()
    return "cannot be cancelled"


def _as_tasks(function: Callable[..., Any]) -> object:
    """With an event loop: one task runs to its end, another is cancelled on its way, both in one group."""

    lost: list[object] = []  # faults of what the loop closes by itself

    async def main() -> object:
        # No future is awaited: on 3.12.1 that alone can make a ring of asyncio's list of free iterators, and the
        # next collection of garbage goes round it for ever.
        tasks = [asyncio.ensure_future(function(2)), asyncio.ensure_future(function())]
        for turn in range(_STEPS_MAX * 10):
            await asyncio.sleep(0)
            if turn == 2:
                tasks[1].cancel()
            if all(task.done() for task in tasks):
                break
        return [_outcome(task.result) for task in tasks]

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _, context: lost.append(_fault(context.get("exception"))))
    try:
        return [loop.run_until_complete(main()), lost]
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _agen_consumed(function: Callable[..., Any]) -> object:
    async def main() -> object:
        found = []
        agen = function()
        async for value in agen:
            found.append(plain(value))
            if len(found) == _STEPS_MAX:
                break
        await agen.aclose()
        return found

    return _driven(main(), _STEPS_MAX * 10)


def _agen_two_steps(function: Callable[..., Any], second: Callable[[Any], Any]) -> object:
    async def main() -> object:
        agen = function()
        found = [plain(await anext(agen)), plain(await second(agen))]
        await agen.aclose()
        return found

    return _driven(main(), _STEPS_MAX * 10)


def _agen_closed(function: Callable[..., Any]) -> object:
    return _agen_two_steps(function, lambda agen: agen.asend(5))


def _agen_thrown(function: Callable[..., Any]) -> object:
    return _agen_two_steps(function, lambda agen: agen.athrow(Boom("thrown in")))


_WAYS: dict[str, tuple[Callable[[Callable[..., Any]], object], ...]] = {
    "plain": (_called, _called_with, _called),
    "gen": (_consumed, _closed, _thrown, _dropped),
    "coro": (_awaited, _cancelled, _closed_early, _as_tasks),
    "agen": (_agen_consumed, _agen_closed, _agen_thrown),
    "class": (_methods,),
}
