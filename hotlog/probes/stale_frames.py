"""Which frames run something else than the functions do now: only these, and what no backend has patched, are monitored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple
from hotlog.probes.running_frames import can_suspend, find_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CodeType

    from hotlog.probes.probe import Probe, Unit
    from hotlog.probes.running_frames import Running


class Followed(NamedTuple):
    """A module whose probes have just been set.

    Attributes:
        unit: the module.
        stand_in: from a pristine code object to the one that functions run now.
        taken: the probes that are in stand-ins.
        left: the others, each with the pristine code object it shall fire in.
    """

    unit: Unit
    stand_in: Callable[[CodeType], CodeType]
    taken: Sequence[Probe]
    left: Sequence[tuple[CodeType, Probe]]


class Lineage(Protocol):
    """What is known of code objects that hotlog made."""

    def __call__(self, code: CodeType) -> CodeType:
        """Return the original of a patched code object; the object itself where hotlog did not make it."""

    def hooks_in(self, code: CodeType) -> frozenset[object]:
        """Return the `make_hook` of each probe that is in this code object."""


def find_stale_frames(modules: Iterable[Followed], lineage: Lineage) -> dict[int, list[Running]]:
    """Return the frames that run another version of the code than their functions do, by original code."""
    current: dict[int, CodeType] = {}
    suspends = False
    for each in modules:
        if each.taken or each.left:
            for code in each.unit.codes:
                current[id(code)] = each.stand_in(code)
                suspends |= current[id(code)] is not code and can_suspend(code)

    def is_outdated(code: CodeType) -> bool:
        stand_in = current.get(id(lineage(code)))
        return stand_in is not None and stand_in is not code

    found: dict[int, list[Running]] = {}
    for frame in find_running(is_outdated, suspended=suspends) if current else ():
        found.setdefault(id(lineage(frame.code)), []).append(frame)
    return found
