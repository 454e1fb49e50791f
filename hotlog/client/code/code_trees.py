"""Where source can be looked up: a directory of this machine, or a zip as it is deployed, read in place."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hotlog import limits
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A search for near names must not walk somebody's whole disk.
_NEVER_SOURCE: Final = frozenset({"__pycache__", "node_modules", "site-packages"})


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
        if not path.is_file():
            return None
        if path.stat().st_size > limits.SOURCE_MAX_BYTES:
            raise _too_large(file)
        return path.read_bytes()

    def has(self, file: str) -> bool:
        """See `Tree.has`."""
        return (self.path / file).is_file()

    def files(self) -> Iterator[str]:
        """See `Tree.files`; ends after some thousand files."""
        seen = 0
        for place, directories, files in os.walk(self.path):
            directories[:] = sorted(
                name
                for name in directories
                if _may_be_source(name) and not (Path(place) / name / "pyvenv.cfg").exists()
            )
            seen += len(files)
            if seen > limits.SOURCE_MAX_FILES:
                return
            for name in sorted(files):
                if name.endswith(".py"):
                    yield (Path(place) / name).relative_to(self.path).as_posix()


class Zip:
    """A zip archive, such as a function's package.

    Args:
        path: of the archive.
        name: how a sentence calls it.
        below: folder of the archive that is the root, such as `python/`; empty: the archive itself.
    """

    def __init__(self, path: Path, name: str, below: str = "") -> None:
        self.name = name
        self._below = below
        self._installed: frozenset[str] | None = None
        try:
            # It stays open: each opening would read the table of all entries anew. Threads may read at the same time.
            self._archive = zipfile.ZipFile(path)
            self._entries = {entry.filename: entry for entry in self._archive.infolist()}
        except zipfile.BadZipFile as fault:
            raise LocationError(
                "source-unreadable", f"{name} is no zip archive: {fault}. Give its source with --source DIR."
            ) from fault

    def read(self, file: str) -> bytes | None:
        """See `Tree.read`. Nothing is unpacked to disk, and the size an entry claims is not believed."""
        entry = self._entries.get(self._below + file)
        if entry is None:
            return None
        try:
            with self._archive.open(entry) as content:
                data = content.read(limits.SOURCE_MAX_BYTES + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            OSError,
            NotImplementedError,
            RuntimeError,
            EOFError,
        ) as fault:  # damaged, encrypted
            raise LocationError(
                "source-unreadable", f"{file} of {self.name} cannot be read: {fault}."
            ) from fault
        if len(data) > limits.SOURCE_MAX_BYTES:
            raise _too_large(file)
        return data

    def files(self) -> Iterator[str]:
        """See `Tree.files`."""
        installed = self.installed()
        for name in self._entries:
            file = name.removeprefix(self._below)
            if not (name.startswith(self._below) and file.endswith(".py")):
                continue
            first, *_ = parts = file.split("/")
            if first not in installed and all(map(_may_be_source, parts)):
                yield file

    def has(self, file: str) -> bool:
        """See `Tree.has`."""
        return self._below + file in self._entries

    def below(self, folder: str) -> Iterator[str]:
        """Yield every file in a folder such as `hotlog/`, relative to the root."""
        for name in self._entries:
            if name.startswith(self._below + folder) and not name.endswith("/"):
                yield name.removeprefix(self._below)

    def installed(self) -> frozenset[str]:
        """Return the top-level names that installed distributions brought along, from the RECORD of each."""
        if self._installed is not None:
            return self._installed
        found: set[str] = set()
        for name in self._entries:
            first, _, rest = name.removeprefix(self._below).partition("/")
            if rest == "RECORD" and first.endswith(".dist-info"):
                record = (self.read(f"{first}/{rest}") or b"").decode("utf-8", "replace")
                found.add(first)
                found.update(line.split(",")[0].strip('"').split("/")[0] for line in record.splitlines())
        self._installed = frozenset(found - {"", ".", ".."})
        return self._installed


def _may_be_source(name: str) -> bool:
    return not name.startswith(".") and name not in _NEVER_SOURCE


def _too_large(file: str) -> LocationError:
    return LocationError(
        "source-unreadable", f"{file} has more than {limits.SOURCE_MAX_BYTES:,} bytes: no person wrote that."
    )
