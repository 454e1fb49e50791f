"""What random programs call: a small deterministic world that keeps its own account of what they did."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator

_FUEL = 120
_LOOKS_MAX = 2_000


class Boom(Exception):  # noqa: N818  # programs are short
    """One kind of fault."""


class Bang(Boom, ValueError):  # noqa: N818  # as above
    """Another, which is also the first and a builtin one."""


class OutOfFuel(BaseException):
    """The program has run long enough; what catches this runs on without calls that do anything."""


class World:
    """Decides what a program's conditions say, bounds its loops, and remembers what it said.

    Args:
        seed: the same decisions for the same seed.

    Attributes:
        said: the account, in order.
    """

    def __init__(self, seed: int) -> None:
        self.said: list[object] = []
        self._rng = Random(seed)  # noqa: S311  # decisions that repeat are what is wanted
        self._fuel = _FUEL

    def names(self) -> dict[str, object]:
        """What a program's globals hold."""
        own = {name: getattr(self, name) for name in _SHOWN}
        return {**own, "Boom": Boom, "Bang": Bang, "shared": 0}

    def refuel(self) -> None:
        """For the next entry."""
        self._fuel = _FUEL

    def _burn(self) -> bool:
        self._fuel -= 1
        if self._fuel < -_LOOKS_MAX:
            raise OutOfFuel
        return self._fuel > 0

    def say(self, value: Any = None, times: int = 1) -> Any:
        if self._burn():
            self.said.append((plain(value), times))
        return value

    def cond(self, *_: object) -> bool:
        return self._burn() and self._rng.random() < 0.55

    def once(self) -> bool:
        return self._burn() and self._rng.random() < 0.5

    def upto(self, count: int) -> range:
        return range(count if self._burn() else 0)

    def some(self, count: int) -> Iterator[int]:
        """A generator that says when it is closed."""
        try:
            yield from self.upto(count)
            return
        finally:
            self.say("some ends")

    async def asome(self, count: int) -> AsyncIterator[int]:
        for number in self.upto(count):
            await _Pause(number % 2)
            yield number

    def upto_end(self, values: Iterable[Any]) -> list[Any]:
        found = []
        for value in values:
            found.append(value)
            if not self._burn():
                break
        return found

    def call(self, function: Callable[..., Any], *args: object) -> Any:
        return function(*args) if self._burn() else 0

    def boom(self, value: Any = None) -> Any:
        if self._burn() and self._rng.random() < 0.12:
            raise self._rng.choice((Boom, Bang, ValueError, KeyError, ZeroDivisionError))(
                "boom", plain(value)
            )
        return value

    def group(self) -> None:
        if self._burn():
            faults: list[Exception] = [
                kind("in a group") for kind in (Boom, Bang, KeyError) if self._rng.random() < 0.4
            ]
            if faults:
                raise ExceptionGroup("several", [*faults, ExceptionGroup("inner", faults[:1])])

    def pause(self, value: int = 1) -> _Pause:
        self._burn()
        return _Pause(value)

    def manager(self, manner: int) -> _Manager:
        return _Manager(self, manner)

    def amanager(self, manner: int) -> _Manager:
        return _Manager(self, manner)

    def same(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Calls through, and does not say what it wraps."""
        return lambda *args, **more: function(*args, **more)  # noqa: PLW0108  # another function is what is wanted


_SHOWN = (
    "say",
    "cond",
    "once",
    "upto",
    "some",
    "asome",
    "upto_end",
    "call",
    "boom",
    "group",
    "pause",
    "manager",
    "amanager",
    "same",
    "wrapped",
)


class _Pause:
    """Gives control back as often as it is told to, as a bare `yield` does in a task of asyncio."""

    def __init__(self, times: object) -> None:
        self._times = times if type(times) is int else 1

    def __await__(self) -> Generator[None, None, object]:
        for _ in range(min(self._times, 3)):
            yield
        return self._times


class _Manager:
    """Manners: 0 does nothing, 1 swallows what is raised, 2 may raise when left, 3 may raise when entered."""

    def __init__(self, world: World, manner: int) -> None:
        self._world, self._manner = world, manner

    def __enter__(self) -> Self:
        self._world.say(("enter", self._manner))
        if self._manner == 3:
            self._world.boom("entering")
        return self

    def __exit__(self, kind: object, fault: object, at: object) -> bool:
        self._world.say(("exit", self._manner, plain(kind)))
        if self._manner == 2:
            self._world.boom("leaving")
        return self._manner == 1 and kind is not GeneratorExit

    async def __aenter__(self) -> Self:
        await _Pause(self._manner % 2)
        return self.__enter__()

    async def __aexit__(self, kind: object, fault: object, at: object) -> bool:
        await _Pause(self._manner % 2)
        return self.__exit__(kind, fault, at)


def plain(value: object, depth: int = 3) -> object:
    """A value as it compares and prints the same in every run: no addresses."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple) and depth:
        return [plain(each, depth - 1) for each in value]
    if isinstance(value, dict) and depth:
        return {str(plain(key)): plain(each, depth - 1) for key, each in value.items()}
    return value.__qualname__ if isinstance(value, type) else type(value).__qualname__
