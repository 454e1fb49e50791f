"""Which frames run something else than the functions do now: only these, and what no backend has patched, are monitored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple
from hotlog.probes.running_frames import find_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CodeType

    from hotlog.probes.originals import Originals
    from hotlog.probes.probe import Probe, Unit
    from hotlog.probes.running_frames import Running


class Followed(NamedTuple):
    """A module whose probes have just been set.

    Attributes:
        unit: the module.
        current: from an original code object to the one that functions run now.
        taken: the probes that are in patched code.
        left: the others, each with the original code object it shall fire in.
    """

    unit: Unit
    current: Callable[[CodeType], CodeType]
    taken: Sequence[Probe]
    left: Sequence[tuple[CodeType, Probe]]


def find_stale_frames(modules: Iterable[Followed], originals: Originals) -> dict[int, list[Running]]:
    """Return the frames that run another version of the code than their functions do, by original code."""
    current = {
        id(original): (original, each.current(original))
        for each in modules
        if each.taken or each.left
        for original in each.unit.codes
    }
    if not current:
        return {}
    stale = [original for original, now in current.values() if now is not original]
    stale += [
        made
        for made, original in originals.iter_made()
        if id(original) in current and made is not current[id(original)][1]
    ]
    found: dict[int, list[Running]] = {}
    for frame in find_running(stale):
        found.setdefault(id(originals.of(frame.code)), []).append(frame)
    return found
