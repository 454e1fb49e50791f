"""Imports hotlog's own modules as they are written, whatever import hooks the application has installed.

A type checker such as beartype or typeguard rewrites each module that is imported after it: its functions then evaluate
their annotations, and check what they are called with. hotlog's annotations name what only mypy imports, and such a check
looks at the application's objects. Tools that measure or mutate code rewrite what they import, too. All of them hang in
`sys.meta_path` or `sys.path_hooks`. So hotlog's `import` statements look into hotlog's own folders themselves, and hand
everything else to the ordinary `__import__`.

Nothing but the search is done in another way: importlib loads the module, under its own locks, so that each thread sees it whole.
The layer needs none of this: its `__import__` does the same (`wrapper/packages/hotlog_start.py`).

`hotlog/__init__.py` loads this module past all hooks. A function that imports modules must itself hold no import of a hook's.
"""

from __future__ import annotations

import builtins
import sys
from _frozen_importlib import _load_unlocked, _ModuleLockManager  # type: ignore[attr-defined]  # not in the stubs
from _frozen_importlib_external import (  # `importlib.machinery`, which is not loaded in each process, has them from there
    BYTECODE_SUFFIXES,
    SOURCE_SUFFIXES,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)

TYPE_CHECKING = False  # not that of `typing`: the application may have a module of that name
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__builtins__ = {**vars(builtins)}  # type: ignore[assignment]  # of all modules of hotlog's; see the package

_import_any = __import__


def import_plainly(
    name: str,
    globals: Mapping[str, object] | None = None,  # noqa: A002  # as `__import__` names them
    locals: Mapping[str, object] | None = None,  # noqa: A002
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """Stand in for `__import__` in hotlog's modules."""
    if level == 0 and (name == "hotlog" or name.startswith("hotlog.")):
        if name not in sys.modules:
            _load(name)
        package = sys.modules.get(name)
        if fromlist and hasattr(package, "__path__"):
            for wanted in fromlist:
                if not hasattr(package, wanted):
                    _load(f"{name}.{wanted}")
    return _import_any(name, globals, locals, fromlist or (), level)


def _load(name: str) -> None:
    """Import a module, and the packages that it lies in, where it is a file in hotlog's folders; else leave it be."""
    package_name, _, last = name.rpartition(".")
    if not package_name:
        return
    if package_name not in sys.modules:
        _load(package_name)
    with _ModuleLockManager(name):
        package = sys.modules.get(package_name)
        spec = _find(name, getattr(package, "__path__", ())) if name not in sys.modules else None
        if spec is not None:
            setattr(package, last, _load_unlocked(spec))


def _find(name: str, folders: Iterable[str]) -> ModuleSpec | None:
    """Return the spec of a module that is a file in one of the folders; None for none."""
    for folder in folders:
        finder = _finders.get(folder)
        if finder is None:
            finder = _finders[folder] = FileFinder(folder, *_LOADERS)
        spec = finder.find_spec(name)
        if spec is not None:
            return spec
    return None


def _make_module(_loader: object, spec: ModuleSpec) -> ModuleType:
    """Return an empty module that has hotlog's builtins from its first statement on."""
    module = type(sys)(spec.name)
    vars(module)["__builtins__"] = __builtins__
    return module


_LOADERS = (
    (type("SourceLoader", (SourceFileLoader,), {"create_module": _make_module}), SOURCE_SUFFIXES),
    (type("BytecodeLoader", (SourcelessFileLoader,), {"create_module": _make_module}), BYTECODE_SUFFIXES),
)
_finders: dict[str, FileFinder] = {}  # each has read its folder
vars(sys.modules[__name__])["__builtins__"]["__import__"] = import_plainly
