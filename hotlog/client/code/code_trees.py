"""Where source can be looked up: any tree of files, and a directory of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A search for near names must not walk somebody's whole disk.
_NEVER_SOURCE: Final = frozenset({"__pycache__", "node_modules", "site-packages"})


def has_blanks(file: str) -> bool:
    """Return whether a path has blanks: a suggestion with such a name could say anything, so it is taken where it is written whole."""
    return file.split() != [file]


class Tree(Protocol):
    """Python files below one root.

    Attributes:
        name: how a sentence calls it, such as `this directory`.
    """

    @property
    def name(self) -> str:
        """Return how an error message calls the tree."""

    def read(self, file: str) -> bytes | None:
        """Return the content of a file, or None where there is none of that name.

        Args:
            file: relative to the root, with `/`.

        Raises:
            LocationError: `source-unreadable`, where it is larger than `limits.SOURCE_MAX_BYTES` or damaged.
        """

    def has(self, file: str) -> bool:
        """Return whether there is a file of that name."""

    def files(self) -> Iterator[str]:
        """Yield the Python files, relative to the root; none that is hidden, generated or installed."""


class Directory(NamedTuple):
    """A directory of this machine.

    Attributes:
        path: of its root.
    """

    path: Path

    @property
    def name(self) -> str:
        """Return `this directory`, or its path."""
        return "this directory" if self.path == Path() else self.path.as_posix()

    def read(self, file: str) -> bytes | None:
        """See `Tree.read`."""
        path = self.path / file
        if not self.has(file):
            return None
        if path.stat().st_size > limits.SOURCE_MAX_BYTES:
            raise too_large(file)
        return path.read_bytes()

    def has(self, file: str) -> bool:
        """See `Tree.has`; a path that leaves the root is of no file of it."""
        inside = not os.path.isabs(file) and ".." not in file.replace("\\", "/").split("/")
        return inside and os.path.isfile(self.path / file)  # False also for what no path can be called

    def files(self) -> Iterator[str]:
        """See `Tree.files`; ends after some thousand files."""
        seen = 0
        for place, directories, files in os.walk(self.path):
            directories[:] = sorted(
                name
                for name in directories
                if may_be_source(name) and not (Path(place) / name / "pyvenv.cfg").exists()
            )
            seen += len(files)
            if seen > desk_limits.SOURCE_MAX_FILES:
                return
            for name in sorted(files):
                if name.endswith(".py"):
                    yield (Path(place) / name).relative_to(self.path).as_posix()


def may_be_source(name: str) -> bool:
    """Return whether a file or folder of that name may hold source of a person's own."""
    return not name.startswith(".") and name not in _NEVER_SOURCE


def too_large(file: str) -> LocationError:
    """Return the error of a file that nobody wrote."""
    return LocationError(
        "source-unreadable", f"{file} has more than {limits.SOURCE_MAX_BYTES:,} bytes: no person wrote that."
    )
