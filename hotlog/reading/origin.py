"""Whose objects of a class are: the application's, a library's, or such as hold the credentials of the function."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.config import CREDENTIAL_PACKAGES
from hotlog.reading.classes import is_heap, module_dict, module_of, mro_of, type_name
from hotlog.reading.instance_state import instance_dict, plain_get

if TYPE_CHECKING:
    from collections.abc import Callable

_CREDENTIAL_CLASSES: Final = frozenset({"os._Environ"})

_STDLIB: Final = sys.stdlib_module_names

USER, LIBRARY, CREDENTIALS = "user", "library", "credentials"


def origin_of(cls: type, readable: Callable[[str], bool]) -> str:
    """Return whose code the class is: `USER`, `LIBRARY` or `CREDENTIALS`."""
    for base in mro_of(cls):
        if type_name(base) in _CREDENTIAL_CLASSES or (
            not CREDENTIAL_PACKAGES.isdisjoint(module_of(base).split("."))
            and not _from_readable(
                module_of(base), readable
            )  # a module of the application's, `adapters.boto3`
        ):
            return CREDENTIALS
    if not is_heap(cls):
        return LIBRARY
    module = module_of(cls)
    if module.partition(".")[0] in _STDLIB and not _from_readable(module, readable):
        return LIBRARY
    return USER


def _from_readable(module: str, readable: Callable[[str], bool]) -> bool:
    """Return whether that module is the application's: it may be named like one of the library."""
    live = sys.modules.get(module)
    return type(live) is ModuleType and file_below(live, readable)


def file_below(module: ModuleType, readable: Callable[[str], bool]) -> bool:
    """Return whether the file of the module is one that may be read."""
    names = module_dict(module)
    if type(names) is not dict:
        return False
    file = plain_get(names, "__file__", None)
    if type(file) is str:
        return readable(file)
    # A namespace package has no file, but directories.
    path = plain_get(names, "__path__", None)
    inner = instance_dict(path)
    places = plain_get(inner, "_path", None) if inner is not None else None
    if type(places) is not list or not places:
        return False
    return all(type(place) is str and readable(f"{place}/__init__.py") for place in places)
