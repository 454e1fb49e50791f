"""snoop: as PySnooper, with another layout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tests.bench.tools.pysnooper import PySnooper

if TYPE_CHECKING:
    from pathlib import Path


class Snoop(PySnooper):
    """Decorates too."""

    distribution = "snoop"
    shown = rb" (?:%s) \| "

    def start(self, folder: Path) -> None:
        """Import it, without colours."""
        import snoop

        snoop.install(out=_write, color=False)
        self._decorator: Any = snoop.snoop()


def _write(text: str) -> None:
    os.write(1, text.encode())


TOOL = Snoop
