"""The live functions of a module: found from the module itself, and proven to be all there are.

A walk over all objects of the process takes 20 ms for 120,000 of them and 100 for a million. It is seldom needed. Each
function holds one reference to its globals, and so does the module: the interpreter's count of the references to that
dict tells how many functions run in it. A search that follows references from the module, through classes, descriptors,
closures and containers, ends as soon as it has found so many. Of 1,220 modules of Django, pandas, FastAPI and what
they import, 85 % are proven so, in 0.2 ms each, and none wrongly.

    1. count the references to the globals of each module that is loaded from the file
    2. follow references from there until all of them are accounted for
    3. count the references to the code of what was found: functions and parents' constants hold it, nobody else. And those
       to its line table, which copies of the code share
    4. count the module specs of the process: an import that is no longer in `sys.modules` left one behind
    5. where something is left over, walk: a function that only a C object or a suspended frame holds is found so alone

A count that is wrong by a reference too many costs a walk. It cannot be wrong by one too few: each function found is
held here, and holds its globals and its code for as long as it is.
"""

from __future__ import annotations

import gc
import sys
import weakref
from _frozen_importlib import ModuleSpec  # as in `importlib.machinery`, which imports more
from collections import Counter
from sys import getrefcount
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
    TracebackType,
)
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.interpreter.live_objects import iter_functions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# What runs: it holds whatever it happens to work on. Modules are left out by `issubclass`.
_NOT_FOLLOWED = frozenset({GeneratorType, CoroutineType, AsyncGeneratorType, FrameType, TracebackType})


def functions_of(modules: Iterable[ModuleType]) -> dict[str, list[FunctionType]]:
    """Return every live function of these modules, by `key_of` the module.

    A function belongs to a module when it runs in the globals of the module, or of any other import of the same file, or
    when it runs the module's code, or a copy of it, in whatever globals.
    """
    asked = list(modules)
    if not asked:
        return {}
    files = {path for module in asked if (path := file_of(module))}
    found: dict[str, list[FunctionType]] = {}
    if not _forgotten_imports.may_exist(files):
        of_file = _modules_by_file(files)
        for module in asked:
            proven = _find_all([module, *of_file.get(file_of(module), ())])
            if proven is not None:
                found[key_of(module)] = proven
    left = [module for module in asked if key_of(module) not in found]
    return {**found, **(walk_for_functions(left) if left else {})}


def walk_for_functions(modules: Iterable[ModuleType]) -> dict[str, list[FunctionType]]:
    """Return the same as `functions_of`, by one walk over all objects of the process."""
    by_globals: dict[int, str] = {}
    by_file: dict[str, str] = {}
    for module in modules:
        by_globals[id(globals_of(module))] = by_file[file_of(module)] = key_of(module)
    found: dict[str, list[FunctionType]] = {key: [] for key in by_globals.values()}
    all_globals: dict[int, dict[str, Any]] = {}
    for function in iter_functions():
        names = function.__globals__
        all_globals[id(names)] = names
        key = by_globals.get(id(names)) or by_file.get(function.__code__.co_filename)
        if key is not None:
            found[key].append(function)
    _forgotten_imports.take(all_globals.values())
    return found


class _ForgottenImports:
    """Imports whose module is no longer in `sys.modules`, although its functions live on.

    Each import makes a `ModuleSpec`, and each of these holds a reference to its class. So the count of references to the class
    grows with a module that was taken out of `sys.modules` and imported anew. Who else refers to the class is
    learnt from a walk, which sees the specs of all functions' modules.
    """

    def __init__(self) -> None:
        self._others: int | None = None  # references to the class that are none of a spec that is known
        self._forgotten: list[tuple[str, weakref.ref[ModuleSpec]]] = []  # with their files

    def may_exist(self, files: set[str]) -> bool:
        """Return whether there is one of these files, or one that no walk has seen; always before the first walk."""
        self._forgotten = [(file, spec) for file, spec in self._forgotten if spec() is not None]
        others = self._count() - len(self._forgotten)
        if self._others is None or others > self._others:
            return True
        self._others = others
        return any(file in files for file, _ in self._forgotten)

    def take(self, all_globals: Iterable[dict[str, Any]]) -> None:
        """Learn from a walk that has seen the globals of all functions."""
        loaded = _specs(globals_of(module) for module in _list_modules())
        self._forgotten = [
            (origin if type(origin := vars(spec).get("origin")) is str else "", weakref.ref(spec))
            for key, spec in _specs(all_globals).items()
            if key not in loaded
        ]
        self._others = self._count() - len(self._forgotten)

    def _count(self) -> int:
        """Return how many references to the class are left when those of the loaded modules' specs are taken off."""
        return getrefcount(ModuleSpec) - len(_specs(globals_of(module) for module in _list_modules()))


_forgotten_imports = _ForgottenImports()


def _specs(all_globals: Iterable[dict[str, Any]]) -> dict[int, ModuleSpec]:
    found = (
        dict.get(names, "__spec__") for names in all_globals
    )  # those of `exec` may be of a class of their own
    return {id(spec): spec for spec in found if type(spec) is ModuleSpec}


def _list_modules() -> list[ModuleType]:
    return [module for module in list(sys.modules.values()) if issubclass(type(module), ModuleType)]


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield the code object and all nested in it, outer first."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def file_of(module: object) -> str:
    """Return the file a module was loaded from; empty where it has none. Calls nothing of the module's."""
    if not issubclass(type(module), ModuleType):  # `cffi` puts objects there that only claim to be modules
        return ""
    path = globals_of(module).get("__file__")
    return path if type(path) is str else ""


def key_of(module: ModuleType) -> str:
    """Return what tells a module from others, and not from an import of it anew: its name and its file.

    Loaders of plugins give the same name to many files. A module may have lost its name, or compute it: it is not asked.
    """
    return f"{_name_of(module)}:{file_of(module) or id(module)}"


def is_loaded(module: ModuleType) -> bool:
    """Return whether `sys.modules` has the module, under its own name or another, and has not imported it anew."""
    there = sys.modules.get(_name_of(module))
    if there is module:
        return True
    is_imported_anew = there is not None and file_of(there) == file_of(module)
    return not is_imported_anew and any(each is module for each in list(sys.modules.values()))


def _name_of(module: ModuleType) -> str:
    name = globals_of(module).get("__name__")
    return name if type(name) is str else ""


def spec_of(module: ModuleType) -> ModuleSpec | None:
    """Return the module's spec; None where it has none, or another object in its place. Calls nothing of the module's."""
    spec = globals_of(module).get("__spec__")
    return spec if type(spec) is ModuleSpec else None


def globals_of(module: Any) -> dict[str, Any]:
    """Return the names of a module. Calls nothing of the module's, whose class may compute its `__dict__`."""
    names: dict[str, Any] = ModuleType.__getattribute__(module, "__dict__")
    return names


def _modules_by_file(files: set[str]) -> dict[str, list[ModuleType]]:
    """Return the modules that are loaded from these files, by file."""
    found: dict[str, list[ModuleType]] = {}
    for module in list(sys.modules.values()):
        path = file_of(module)
        if path in files:
            found.setdefault(path, []).append(module)
    return found


def _find_all(modules: Iterable[ModuleType]) -> list[FunctionType] | None:
    """Return all functions of these modules; None where they cannot be proven to be all."""
    found: list[FunctionType] = []
    for module in {id(each): each for each in modules}.values():
        functions = _search(module, _references_to_globals(module) - _WITHOUT_FUNCTIONS)
        # Counted once more: another thread may have made a function while the search went on.
        if len(functions) != _references_to_globals(module) - _WITHOUT_FUNCTIONS:
            return None
        found += functions
    return found if _is_all_code_accounted_for(found) else None


def _search(module: ModuleType, wanted: int) -> list[FunctionType]:
    """Return the functions of the module that a bounded search finds, nearest first; it ends at so many."""
    names = globals_of(module)
    found: list[FunctionType] = []
    reached: list[Any] = [names]  # holds what it has seen: an id stays its own
    seen = {id(names)}
    for candidate in reached:
        if len(found) >= wanted or len(reached) > limits.SEARCH_MAX_OBJECTS:
            break
        ends: tuple[object, ...] = ()
        if type(candidate) is FunctionType:
            function: Any = candidate  # not every version of Python's stubs knows its `__builtins__`
            if function.__globals__ is names:
                found.append(function)
            ends = (function.__globals__, function.__builtins__)
        for each in gc.get_referents(candidate):
            if (
                id(each) not in seen
                and gc.is_tracked(each)
                and type(each) not in _NOT_FOLLOWED
                and not issubclass(type(each), ModuleType)
                and not any(each is end for end in ends)
            ):
                seen.add(id(each))
                reached.append(each)
    return found


def _references_to_globals(module: ModuleType) -> int:
    return getrefcount(globals_of(module))


_WITHOUT_FUNCTIONS = _references_to_globals(ModuleType("empty"))


def _is_all_code_accounted_for(functions: Sequence[FunctionType]) -> bool:
    """Return whether nobody else holds the code of these functions, or a copy of it.

    The functions hold it, and the constants of the code that it is nested in. A copy that `code.replace` makes is another
    object, but has the same line table; nothing but code holds a line table.
    """
    codes = {id(code): code for function in functions for code in codes_in(function.__code__)}
    tables = {id(code.co_linetable): code.co_linetable for code in codes.values()}
    constants = {id(code.co_consts): code.co_consts for code in codes.values()}  # copies share them too
    holders = Counter(id(function.__code__) for function in functions)
    holders.update(id(code.co_linetable) for code in codes.values())
    holders.update(id(each) for one in constants.values() for each in one if isinstance(each, CodeType))
    held: dict[int, object] = {**codes, **tables}
    del codes, tables
    return all(_references(held, key) == holders[key] + _OF_A_DICT for key in held)


def _references(held: dict[int, object], key: int) -> int:
    return getrefcount(held[key])


_OF_A_DICT = _references({0: object()}, 0)
