"""Tells when a module has been imported, without importing anything and without leaving a trace.

For as long as somebody waits for a module, a finder stands first in `sys.meta_path`. It finds what the others find. Where
that is a module somebody waits for, a loader of ours steps in: it puts the real loader back before the module's code
runs, so that the code never sees it, runs the module, and tells.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def is_loading(module: ModuleType) -> bool:
    """Whether the module's own code has not run to its end: functions may be missing yet."""
    return bool(getattr(module.__spec__, "_initializing", False))  # importlib's own mark, since 3.3


class ImportWatch:
    """Calls back after each import of a module that is waited for.

    Args:
        is_wanted: asked with the name and the file of a module that is about to be imported.
        on_import: called with the module after its code has run, in the thread that imports; must not raise.
    """

    def __init__(
        self, is_wanted: Callable[[str, str], bool], on_import: Callable[[ModuleType], object]
    ) -> None:
        self._is_wanted, self._on_import = is_wanted, on_import

    def start(self) -> None:
        """Begin to watch."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Leave `sys.meta_path` as if nothing had been there."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find, in their order; see `importlib.abc.MetaPathFinder`."""
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and self._is_wanted(name, spec.origin or ""):
                    telling: Any = _Telling(spec.loader, self._on_import)
                    spec.loader = telling
                return spec
        return None


class _Telling:
    """Stands in for a loader until the module's code runs."""

    def __init__(self, loader: Any, tell: Callable[[ModuleType], object]) -> None:
        self._loader, self._tell = loader, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the real loader does."""
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Step aside, let the real loader run the module, and tell."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._tell(module)
