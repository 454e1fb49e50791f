"""From a file to the live code in this process: modules, functions and code objects.

Nothing here imports or runs user code, nothing goes by base name alone: a file is matched by its real path, a module
that is not loaded stays unloaded.
"""

from __future__ import annotations

import os
import sys
from _imp import extension_suffixes
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.errors import LocationError
from hotlog.internal_errors import ask
from hotlog.namedtuple import NamedTuple
from hotlog.rules.kinds import KINDS
from hotlog.source.live_functions import file_of, globals_of, spec_of
from hotlog.source.statements import Location, Source

if TYPE_CHECKING:
    from hotlog.rules.model import Rule
    from hotlog.rules.target import Target
    from hotlog.source.probeable import CodeRoots


_COMPILED: Final = tuple(extension_suffixes())  # as Cython and mypyc leave them beside their source


class ResolvedTarget(NamedTuple):
    """A resolved target.

    Attributes:
        module: the loaded module that holds it.
        place: the statement or function entry.
        source: the parsed file, shared by all locations of it.
    """

    module: ModuleType
    place: Location
    source: Source


class Modules:
    """The modules that are loaded at the moment; asks for each file once.

    Args:
        roots: what files are relative to.
    """

    def __init__(self, roots: CodeRoots) -> None:
        self._roots = roots
        self._by_file: dict[str, ModuleType | None] = {}

    def find(self, target: Target) -> ModuleType | None:
        """Return the loaded module that a target names; None where it is not loaded yet."""
        if target.module:
            module = sys.modules.get(target.module)
            return module if issubclass(type(module), ModuleType) else None
        if target.file not in self._by_file:
            self._by_file[target.file] = self._of_file(target.file)
        return self._by_file[target.file]

    def _of_file(self, file: str) -> ModuleType | None:
        wanted = self._roots.path_of(file)
        names = {os.path.basename(wanted), file.rpartition("/")[2]}
        compiled = {os.path.splitext(name)[0] + suffix for name in names for suffix in _COMPILED}
        names |= {name + "c" for name in names}  # a module without source is known by its .pyc
        instead: ModuleType | None = None
        for module in list(sys.modules.values()):
            path = file_of(module)
            name = os.path.basename(path)
            if name in names and os.path.realpath(path).removesuffix("c") == wanted:
                return module
            if name in compiled and os.path.dirname(os.path.realpath(path)) == os.path.dirname(wanted):
                instead = module  # made of the file: it is imported rather than that
        return instead


def source_of(module: ModuleType, roots: CodeRoots) -> Source:
    """Return the module's source, as its loader sees it: from a file or a zip archive.

    Raises:
        LocationError: `not-allowed` for code that may not be probed, `compiled`, `no-source`, `source-unreadable`.
    """
    path = file_of(module)
    if not roots.allows(path):
        raise LocationError("not-allowed", f"No probe may go there: {roots.why_not(path)}.")
    if path.endswith(_COMPILED):
        name = roots.relative(path)
        raise LocationError(
            "compiled",
            f"{name} is compiled: what runs is machine code, which no probe goes into. Deploy the module without {name}.",
        )
    if not path.endswith(".py"):
        raise LocationError("no-source", f"{path or 'The module'} was loaded without source.")
    try:
        return Source(read_source(module, path), roots.relative(path))
    except OSError as fault:
        raise LocationError("no-source", f"{path} cannot be read: {fault}") from fault


def read_source(module: ModuleType, path: str) -> bytes:
    """Return what the module's loader reads of its file, or the file itself.

    Raises:
        OSError: neither can be read.
    """
    spec = spec_of(module)
    loader = (vars(spec).get("loader") if spec is not None else None) or globals_of(module).get("__loader__")
    data = ask(_read_by, loader, path)
    return data if type(data) is bytes else _read(path)


def _read_by(loader: Any, path: str) -> object:
    """Return what the module's loader reads; it may be of anybody's class, and have no such method."""
    return loader.get_data(path)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def place_of(rule: Rule, source: Source) -> Location:
    """Return the location of a rule in this source; a rule of whole calls gets the function's entry.

    Raises:
        LocationError: of `Source.place`, `function`, `search`, `follow` or `behind`.
    """
    place = for_kind(rule.kind, _place_of(rule, source), source)
    return source.behind(place) if rule.after else place


def for_kind(kind: str, place: Location, source: Source) -> Location:
    """Return the location; a rule of whole calls gets the entry of the function that has it.

    Raises:
        LocationError: `ambiguous-function`.
    """
    if KINDS[kind].target == "statement" or place.kind == "entry":
        return place
    note = (
        f"{'an' if kind == 'error' else 'a'} {kind} rule is for the whole function that has line {place.line}"
    )
    return source.function(place.function)._replace(asked=place.asked, note=note)


def _place_of(rule: Rule, source: Source) -> Location:
    """Return the location by function, by text, or by line; a line follows its anchor."""
    target = rule.target
    if target.function:
        return source.function(target.function)
    if target.text:
        return source.search(target.text)
    if rule.text:
        return source.follow(target.line, rule.text, rule.function)
    return source.place(target.line)


def place_without_source(rule: Rule) -> Location:
    """Return the location of a rule in code without source: as written, checked by the running code alone.

    Raises:
        LocationError: `no-source` or `after-not-here`, where only the source could tell.
    """
    target = rule.target
    if rule.after:
        raise LocationError(
            "after-not-here", f"the source of {rule.at} is not there, so nobody can tell what comes after it."
        )
    if target.function:
        return Location(0, 0, "entry", target.function, "", 0)
    if target.line and rule.unanchored and KINDS[rule.kind].target == "statement":
        return Location(target.line, target.line, "statement", "", "", target.line)
    raise LocationError(
        "no-source",
        f"the source of {target.file} is not there, so nobody can tell what line {target.line} is. Name a function "
        f"(module:function), deploy the source too, or mark the rule `unanchored`.",
    )
