"""A zip as it is deployed, read in place: nothing is unpacked to disk."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING

from hotlog import limits
from hotlog.client.code.code_trees import may_be_source, too_large
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
            raise too_large(file)
        return data

    def files(self) -> Iterator[str]:
        """See `Tree.files`."""
        installed = self.installed()
        for name in self._entries:
            file = name.removeprefix(self._below)
            if not (name.startswith(self._below) and file.endswith(".py")):
                continue
            first, *_ = parts = file.split("/")
            if first not in installed and all(map(may_be_source, parts)):
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
