"""Which backends there are, and in which order they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.probes.monitor import Monitor
from hotlog.probes.recompile import Recompile
from hotlog.probes.splice_unit import Splice

if TYPE_CHECKING:
    from hotlog.probes.probe import Backend


def chosen(name: str = "") -> tuple[Backend, ...]:
    """The backends to try, first to last.

    Args:
        name: forces one; empty: all.
    """
    every: tuple[Backend, ...] = (Recompile(), Splice(), Monitor())
    return tuple(backend for backend in every if name in {"", backend.name})
