"""PySnooper: it decorates a function and shows every line of it, with each local that has changed."""

from __future__ import annotations

import os
import re
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.bench.tools.tool import Probe


class PySnooper(Base):
    """No single line and no condition: its log of two locals is the trace of the function that has them."""

    distribution = "PySnooper"
    shown = rb" line +(?:%s) "

    def __init__(self) -> None:
        self._plain: list[tuple[Probe, Callable[..., Any]]] = []
        self._lines = rb""

    def start(self, folder: Path) -> None:
        """Import it."""
        import pysnooper

        self._decorator: Any = pysnooper.snoop(_write, color=False)

    def add(self, probes: Sequence[Probe]) -> None:
        """Decorate the functions."""
        for probe in probes:
            limited = probe.limit is not None or probe.per_second is not None
            if probe.condition or limited or not probe.message:
                raise Unsupported
        for probe in probes:
            module = sys.modules[probe.module]
            plain = getattr(module, probe.function)
            self._plain.append((probe, plain))
            setattr(module, probe.function, self._decorator(plain))
        self._lines = b"|".join(b"%d" % probe.line for probe in probes)

    def remove(self) -> None:
        """Put the plain functions back."""
        while self._plain:
            probe, plain = self._plain.pop()
            setattr(sys.modules[probe.module], probe.function, plain)

    def events(self, output: bytes) -> int:
        """Only the probed lines count, of all that it shows."""
        return len(re.findall(self.shown % self._lines, output))

    def version(self) -> str:
        """Of the distribution."""
        return version(self.distribution)


def _write(text: str) -> None:
    os.write(1, text.encode())


TOOL = PySnooper
