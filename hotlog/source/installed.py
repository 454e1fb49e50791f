"""What was installed, and not written for this function: distributions below its root, and packages by their content."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.config import CONTENT_OF_CLOSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def is_named_package(folder: str, above: str) -> bool:
    """Return whether a folder is the package that its name says, not one of the application's own.

    Args:
        folder: the folder.
        above: the one that it lies in.
    """
    if not os.path.isdir(folder):
        return True  # in an archive, say
    content = CONTENT_OF_CLOSED.get(os.path.basename(folder))
    if content is None:
        return not _is_there(above, "__init__")
    return _is_there(folder, content)


def _is_there(folder: str, module: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, module + ending)) for ending in (".py", ".pyc"))


@functools.cache
def find_installed(place: str) -> frozenset[str]:
    """Return the files and folders in a folder that distributions installed, by their own lists."""
    return frozenset(_iter_installed(place))


def _iter_installed(place: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(place))
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(".dist-info"):
            names: Iterable[str] = _first_fields(os.path.join(entry.path, "RECORD"))
        elif entry.name.endswith(".egg-info"):
            names = _names_of_egg(entry.path)
        elif entry.name.endswith(".egg"):
            names = ()
        else:
            continue
        yield os.path.realpath(entry.path)
        for name in {name.split("/")[0] for name in names} - {"", "..", "."}:
            yield os.path.realpath(os.path.join(place, name))


def _names_of_egg(path: str) -> set[str]:
    """Return what an `egg-info` installed; nothing where it stands beside the source that it was made of.

    `pip install -e` leaves one there, with a list of sources, and none of what it installed.
    """
    if not os.path.isdir(path):  # of `distutils`: it says its name alone
        name = os.path.basename(path).split("-")[0]
        return _as_top_level({name, name.lower()})
    installed = _first_fields(os.path.join(path, "installed-files.txt"))
    if installed:
        return {name.removeprefix("../") for name in installed}
    if os.path.isfile(os.path.join(path, "SOURCES.txt")):
        return set()
    return _as_top_level(_first_fields(os.path.join(path, "top_level.txt")))


def _as_top_level(modules: set[str]) -> set[str]:
    return {name + ending for name in modules for ending in ("", ".py", ".pyc")}


def _first_fields(path: str) -> set[str]:
    """Return the first field of each line."""
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            return {line.split(",")[0].strip().strip('"') for line in lines}
    except OSError:
        return set()
