"""Which backends there are, and in which order they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.probes.recompile.backend import Recompile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.probes.probe import Backend, Probe, Steps, Unit


def choose_backends(name: str = "") -> tuple[Backend, ...]:
    """Return the backends to try, first to last.

    Args:
        name: forces one; empty: all.
    """
    every: tuple[Backend, ...] = (
        Recompile(),
        _Later("splice", "hotlog.probes.splice.backend", "Splice"),
        _Later("monitor", "hotlog.probes.monitor.backend", "Monitor"),
    )
    return tuple(backend for backend in every if name in {"", backend.name})


class _Later:
    """A backend that is imported when it is asked: most probes are taken by the first.

    Args:
        name: of the backend.
        module: that has it.
        kind: its class there.
    """

    def __init__(self, name: str, module: str, kind: str) -> None:
        self.name, self._module, self._kind = name, module, kind

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        """See `Backend`."""
        backend: Backend = getattr(__import__(self._module, fromlist=(self._kind,)), self._kind)()
        return backend.patch(unit, probes)
