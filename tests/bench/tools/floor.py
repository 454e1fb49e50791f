"""The floor: the line that a developer would have typed, with the standard library's logging."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType

    from tests.bench.tools.tool import Probe


class Floor(Base):
    """Nothing is installed: the typed function is the one that is timed."""

    def start(self, folder: Path) -> None:
        """Log to descriptor 1, the message alone: no format of a logger is cheaper."""
        handler = logging.StreamHandler(open(1, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        logging.getLogger("app").addHandler(handler)
        logging.getLogger("app").setLevel(logging.INFO)

    def add(self, probes: Sequence[Probe]) -> None:
        """It is typed already."""
        if any(probe.limit is not None or probe.per_second is not None for probe in probes):
            raise Unsupported

    def remove(self) -> None:
        """It stays."""

    def function(self, module: ModuleType, name: str) -> Callable[..., Any]:
        """The typed one."""
        found: Callable[..., Any] = getattr(module, f"{name}_typed")
        return found

    def events(self, output: bytes) -> int:
        """A line each, but for those of a formatted stack, which are indented."""
        return len(re.findall(rb"^[\w{]", output, re.MULTILINE))


TOOL = Floor
