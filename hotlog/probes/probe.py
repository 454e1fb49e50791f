"""What backends are given and what they answer: the small interface between rules and bytecode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__
from hotlog.errors import InstallError
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    import ast
    from types import CodeType, ModuleType

    from hotlog.expressions.compiled.condition_test import CompiledTest
    from hotlog.source.statements import Location, Source

Hook = Callable[..., object]


class CallHooks(NamedTuple):
    """Hooks around a whole call, for a probe that is no statement but a `try` around the body of a function.

    Each finds the frame of the call by itself, or is handed it as `frame`.

    Attributes:
        raised: called while an exception is on its way out.
        enter: called before the body; None: there is nothing to do.
        keep: called with a value that a `return` is about to give, and gives it back; `leave` follows.
        leave: called last: with the value that is returned, which it gives back; or without one, where `keep` has it, and then
            also after `raised`.
    """

    raised: Hook
    enter: Hook | None = None
    keep: Hook | None = None
    leave: Hook | None = None


class Probe(NamedTuple):
    """A rule that is to be installed into a function.

    Attributes:
        id: the rule's id.
        place: where it fires.
        reads: names its expressions read.
        make_hook: makes the callable that patched code calls at a hit. It is told which of `reads` the code passes
            as positional arguments, in this order; the others the hook reads from the frame that called it, or from
            the one that it is handed as `frame`.
        condition: what must be true for a hit to count; a backend may test it before it calls the hook.
        false: a step is taken from it for each hit that a backend's own test ended; None: they are not counted. Where the
            step is true, a hook of `make_look` is called.
        gate: holds a None until no hit is wanted any more: a backend may look before it calls the hook. Hashable.
        flag: holds a None where the invocation may have hits that count: a backend may look before it tests anything else.
            Hashable.
        tell: told, before `make_hook`, the names that may stand beside those that it reads, where a backend knows them.
        test: the condition as a backend may have it tested before it calls the hook; None where there is none.
        away: a step is taken from it for each hit that found the gate shut.
        around: the hooks of a probe around the whole call; None: there is one, at the place.
        make_look: makes the callable for some of the hits that a backend's own test ended, as `make_hook`.
    """

    id: str
    place: Location
    reads: frozenset[str]
    make_hook: Callable[[tuple[str, ...]], Hook]
    condition: ast.expr | None = None
    false: Iterator[object] | None = None
    gate: Collection[None] | None = None
    away: Iterator[object] | None = None
    test: CompiledTest | None = None
    around: CallHooks | None = None
    make_look: Callable[[tuple[str, ...]], Hook] | None = None
    flag: Collection[None] | None = None
    tell: Callable[[frozenset[str]], None] | None = None


def find_entered(place: Location) -> Location:
    """Return the statement at whose start a probe fires that is put in on the ways into a line.

    Behind a statement is before the one that follows in its block: control comes to both on the same ways.

    Raises:
        InstallError: `after-not-here`: the block ends there, and the ways out of it are not those into another line.
    """
    if not place.after:
        return place
    if place.follower is None:
        raise InstallError(
            "after-not-here",
            f"line {place.line} ends its block: only where the source is what runs can a probe go behind it.",
        )
    return place.follower


class Unit(NamedTuple):
    """One loaded module that probes go into.

    Attributes:
        module: the module.
        source: its parsed source; None where there is none.
        codes: the original code objects that its live functions run or hold, each once.
        has_builtins: whether all of these functions see Python's own builtins.
    """

    module: ModuleType
    source: Source | None
    codes: tuple[CodeType, ...]
    has_builtins: bool = True


class Patch(NamedTuple):
    """What a backend made of one unit.

    Attributes:
        replaced: pairs of an original code object and its patched one. The nested code objects of both
            correspond one to one, in order; the patched one may have further ones, which nothing reaches.
        refused: for each probe that could not be taken, why.
        unreachable: probes whose statement the compiler removes: in, but never hit.
        watched: pairs of an original code object that stays as it is and a probe that fires in it all the same.
    """

    replaced: Sequence[tuple[CodeType, CodeType]] = ()
    refused: dict[str, InstallError] = {}  # noqa: RUF012  # a NamedTuple's default; nobody writes to it
    unreachable: frozenset[str] = frozenset()
    watched: Sequence[tuple[CodeType, Probe]] = ()


Steps = Generator[None, None, Patch]
"""Work that comes to a patch step by step: between two steps it may rest, until the next invocation or for good."""

STEP_PROBES = 50  # that are looked at without a rest


class Backend(Protocol):
    """A way to put probes into code."""

    @property
    def name(self) -> str:
        """Return the backend's name, as in `HOTLOG_BACKEND` and in a status."""

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        """Make code objects with the probes in. Changes nothing that runs; never raises for a single probe."""
