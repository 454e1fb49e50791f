"""Which frames run something else than the functions do now: only these, and what no backend has patched, are monitored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple
from hotlog.probes.running_frames import find_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
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

    def iter_made(self) -> Iterator[tuple[CodeType, CodeType]]:
        """Yield each patched code object that somebody still holds, with its original."""


def find_stale_frames(modules: Iterable[Followed], lineage: Lineage) -> dict[int, list[Running]]:
    """Return the frames that run another version of the code than their functions do, by original code."""
    current = {
        id(original): (original, each.stand_in(original))
        for each in modules
        if each.taken or each.left
        for original in each.unit.codes
    }
    if not current:
        return {}
    stale = [original for original, now in current.values() if now is not original]
    stale += [
        made
        for made, original in lineage.iter_made()
        if id(original) in current and made is not current[id(original)][1]
    ]
    found: dict[int, list[Running]] = {}
    for frame in find_running(stale):
        found.setdefault(id(lineage(frame.code)), []).append(frame)
    return found
