"""A zip as it is deployed, read in place: nothing is unpacked to disk."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from hotlog import limits
from hotlog.client.code.code_trees import may_be_source, too_large
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Which file of a distribution's metadata says what it has installed.
_BETTER: Final = (
    "installed-files.txt",
    "SOURCES.txt",
)  # the latter: it stands beside the source that it was made of
_LISTS: Final = {"RECORD": ".dist-info", "installed-files.txt": ".egg-info", "top_level.txt": ".egg-info"}


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
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as fault:  # damaged, or of a later form
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
            raise too_large(file)
        return data

    def files(self) -> Iterator[str]:
        """See `Tree.files`."""
        installed = self.installed()
        for name in self._entries:
            file = name.removeprefix(self._below)
            if not (name.startswith(self._below) and file.endswith(".py")):
                continue
            if all(map(may_be_source, file.split("/"))) and not is_among(file, installed):
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
        """Return the files and folders that installed distributions brought along, by the list of each.

        A distribution may lie in any folder, such as `vendor/`: the function closes it there too.
        """
        if self._installed is None:
            self._installed = frozenset(self._list_installed())
        return self._installed

    def _list_installed(self) -> Iterator[str]:
        for name in self._entries:
            if not name.startswith(self._below):
                continue
            folder, _, file = name.removeprefix(self._below).rpartition("/")
            above, slash, metadata = folder.rpartition("/")
            ending = _LISTS.get(file, "")
            if not ending or not metadata.endswith(ending):
                continue
            if file == "top_level.txt" and any(self.has(f"{folder}/{other}") for other in _BETTER):
                continue
            yield folder
            listed = (self.read(f"{folder}/{file}") or b"").decode("utf-8", "replace").splitlines()
            tops = {
                line.split(",")[0].strip().strip('"').removeprefix("../").split("/")[0] for line in listed
            }
            for top in tops - {"", ".", ".."}:
                yield f"{above}{slash}{top}"
                if file == "top_level.txt":
                    yield f"{above}{slash}{top}.py"


def is_among(file: str, places: frozenset[str]) -> str:
    """Return which of these files and folders a file is, or lies in; empty where none."""
    parts = file.split("/")
    return next((path for end in range(1, len(parts) + 1) if (path := "/".join(parts[:end])) in places), "")
