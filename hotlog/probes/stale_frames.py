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
        """The pristine code object that it stands for; itself where it is none of hotlog's."""

    def hooks_in(self, code: CodeType) -> frozenset[object]:
        """The `make_hook` of each probe that is in it, if its place is."""


def find_stale_frames(modules: Iterable[Followed], lineage: Lineage) -> dict[int, list[Running]]:
    """The frames that run neither what functions run now nor, so far, code without probes; by their code's pristine one."""
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
