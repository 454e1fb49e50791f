"""A module made from a text, probes on its marked lines, and what they saw: what tests of the engine have in common.

A marker is a comment, `# <- a b`: probe this line, and record `a` and `b`.
"""

from __future__ import annotations

import importlib
import itertools
import re
import sys
import weakref
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.interpreter import live_objects
from hotlog.probes.backends import choose_backends
from hotlog.probes.probe import Probe
from hotlog.probes.registry import Registry, WantedProbes
from hotlog.source.statements import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import Self

    from hotlog.probes.registry import Outcome

BACKENDS = tuple(backend.name for backend in choose_backends())
UNBOUND = "unbound"
Hits = list[tuple[object, ...]]
_MARKER = re.compile(r"# <-(?P<names>[ \w]*)")
_numbers = itertools.count()


class Marker(NamedTuple):
    """A marked line, and the names to record there."""

    line: int
    names: tuple[str, ...]


def markers(text: str) -> list[Marker]:
    """The marked lines, in order."""
    found = ((number, _MARKER.search(line)) for number, line in enumerate(text.split("\n"), 1))
    return [Marker(number, tuple(match["names"].split())) for number, match in found if match]


def fresh_name() -> str:
    """A module name that nothing had before."""
    return f"shape_{next(_numbers)}"


def load(folder: Path, text: str, name: str = "") -> ModuleType:
    """Write the text to a file of the folder and import it."""
    name = name or fresh_name()
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def source_of(module: ModuleType) -> Source:
    """The module's source, parsed."""
    file = module.__file__ or ""
    loader: Any = module.__spec__ and module.__spec__.loader
    return Source(loader.get_data(file), file)


def probe(source: Source, marker: Marker, hits: Hits, key: str = "") -> Probe:
    """A probe that appends the values of the marker's names to the hits, after its key if it has one."""

    def make_hook(passed: tuple[str, ...]) -> Callable[..., None]:
        def hook(*values: object, frame: FrameType | None = None) -> None:
            known = dict(zip(passed, values, strict=True))
            variables = (frame or sys._getframe(1)).f_locals
            seen = tuple(
                known[name] if name in known else variables.get(name, UNBOUND) for name in marker.names
            )
            hits.append((key, *seen) if key else seen)

        return hook

    place = source.place(marker.line)
    return Probe(key or f"line {marker.line}", place, frozenset(marker.names), make_hook)


class Probed:
    """Probes in modules, for as long as a `with` block runs; after it, everything must be as it was.

    Args:
        modules: with markers in their source.
        backend: the one to force.

    Attributes:
        hits: what the probes recorded.
        outcomes: what became of them.
    """

    def __init__(self, *modules: ModuleType, backend: str = "") -> None:
        self._modules = modules
        functions = _functions(modules)
        # Weakly: whoever holds a code object makes the search for its functions give up.
        self._originals = _references(_codes(functions))
        self._before = [(function, weakref.ref(function.__code__)) for function in functions]
        self._backend = backend
        self.registry = Registry(choose_backends(backend))
        self.hits: Hits = []
        self.outcomes: dict[str, Outcome] = {}

    def __enter__(self) -> Self:
        wanted = []
        for module in self._modules:
            source = source_of(module)
            found = markers(source.data.decode())
            probes = tuple(probe(source, marker, self.hits) for marker in found)
            wanted.append(self.wanted(module, source, probes))
        self.outcomes = self.registry.set(wanted)
        return self

    def wanted(self, module: ModuleType, source: Source, probes: Sequence[Probe]) -> WantedProbes:
        """The probes of one module, with its source hidden from the backends that are for code without source."""
        return WantedProbes(module, source if self._backend in {"", "recompile"} else None, tuple(probes))

    def __exit__(self, *_: object) -> None:
        self.registry.close()
        for function, code in self._before:
            assert function.__code__ is code(), function
        for function in _functions(self._modules):
            assert self._originals[id(function.__code__)]() is function.__code__, function

    def adopt(self, module: ModuleType) -> None:
        """Take what the module's code is now, after a reload, for original as well."""
        codes = [function.__code__ for function in _functions([module])]
        self._originals |= _references(_codes_in(codes))


def _references(codes: Iterable[CodeType]) -> dict[int, weakref.ref[CodeType]]:
    return {id(code): weakref.ref(code) for code in codes}


def _functions(modules: Iterable[ModuleType]) -> list[FunctionType]:
    names = {id(vars(module)) for module in modules}
    return [each for each in live_objects.iter_functions() if id(each.__globals__) in names]


def _codes(functions: Iterable[FunctionType]) -> list[CodeType]:
    return _codes_in(function.__code__ for function in functions)


def _codes_in(codes: Iterable[CodeType]) -> list[CodeType]:
    found = []
    todo = list(codes)
    while todo:
        code = todo.pop()
        found.append(code)
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found
