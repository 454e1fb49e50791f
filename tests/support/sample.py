"""A module for one test: written to a directory, imported from there, probed by marker comments."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_NUMBERS = itertools.count()


class Sample:
    """One imported module.

    Args:
        folder: where it is written; the root for targets.
        source: its text; a line is named by a comment such as `# <here>`.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self.name = f"sample_{next(_NUMBERS)}"
        self.folder = folder
        self.file = f"{self.name}.py"
        self.source = textwrap.dedent(source)
        (folder / self.file).write_text(self.source, encoding="utf-8")
        self.load()

    def line(self, marker: str) -> int:
        """The line with the comment `# <marker>`, from 1."""
        lines = [number for number, text in enumerate(self.source.split("\n"), 1) if f"# <{marker}>" in text]
        assert len(lines) == 1, f"{marker} marks {len(lines)} lines"
        return lines[0]

    def at(self, marker: str) -> str:
        """The target of that line."""
        return f"{self.file}:{self.line(marker)}"

    def load(self) -> None:
        """Import it anew."""
        sys.modules.pop(self.name, None)
        self.module = self._imported()

    def _imported(self) -> ModuleType:
        sys.path.insert(0, str(self.folder))
        try:
            importlib.invalidate_caches()
            return importlib.import_module(self.name)
        finally:
            sys.path.remove(str(self.folder))

    def forget(self) -> None:
        """Take the module out of `sys.modules`, for good: no import of it lives on."""
        sys.modules.pop(self.name, None)
        self.module.__spec__ = None
