"""Deployed code and local source, each fetched and parsed once: rules of one file share its syntax tree."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hotlog.client import desk_limits
from hotlog.client.code.code_trees import Directory
from hotlog.client.talk import SILENCE
from hotlog.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from hotlog.client.code.zip_tree import Zip
    from hotlog.client.deployed import Deployed, Package
    from hotlog.client.talk import Talk
    from hotlog.source.statements import Source

_MAY_BE_OTHERS: Final = frozenset({"denied", "refused"})  # codes of a layer that this caller may not see

_Fact = TypeVar("_Fact")


class CodeLibrary:
    """The code that one desk has looked into. What it keeps is known by its digest, so it never grows old.

    Args:
        talk: is told about downloads, and about layers that cannot be searched.
    """

    def __init__(self, talk: Talk = SILENCE) -> None:
        self._talk = talk
        self._fetching, self._parsing = threading.Lock(), threading.Lock()
        self._zips: OrderedDict[tuple[str, str], Zip] = OrderedDict()
        self._sources: OrderedDict[tuple[str, bytes], Source] = OrderedDict()
        self._facts: dict[tuple[str, bytes, Hashable], Any] = {}

    def package_of(self, deployed: Deployed) -> Zip:
        """Return the function's own code.

        Raises:
            StoreError: `needs-source` for a container image, `unreachable`.
            LocationError: `source-unreadable`, it is damaged.
        """
        if deployed.package is None:
            raise StoreError(
                "needs-source",
                f"{deployed.name} is a container image, and AWS gives none of its code back: "
                "name a directory with the same code with --source DIR.",
            )
        return self._open(deployed.package, f"the package of {deployed.name}")

    def includes_hotlog(self, deployed: Deployed) -> bool:
        """Return whether the function's package has hotlog in it; True where that cannot be read."""
        try:
            return self.package_of(deployed).has("hotlog/__init__.py")
        except StoreError:
            return True

    def layers_of(self, deployed: Deployed, find: Callable[[str], Package]) -> Iterator[Zip]:
        """Yield what the function's layers add to `sys.path`, one root after the other, as Python searches.

        A layer may be gone, or somebody else's, and the function runs all the same: that it is not searched is told.

        Args:
            deployed: the function.
            find: from the ARN of a layer to its package.

        Raises:
            StoreError: `throttled`, `unreachable`, ...
            LocationError: `source-unreadable`, one is damaged.
        """
        found: list[Package] = []
        for arn in reversed(deployed.layers):  # later layers lie on top
            try:
                found.append(find(arn))
            except StoreError as fault:
                if fault.code not in _MAY_BE_OTHERS:
                    raise
                self._talk.warn(f"the layer {arn} is not searched: {fault.message}")
        for below in (f"python/lib/{deployed.runtime}/site-packages/", "python/"):
            for package in found:
                yield self.open_layer(package, below)

    def open_layer(self, package: Package, below: str = "") -> Zip:
        """Return the files of a layer, below one of its folders.

        Raises:
            StoreError: `unreachable`.
            LocationError: `source-unreadable`, it is damaged.
        """
        return self._open(package, f"the layer {package.name}", below)

    def directory(self, path: Path | None) -> Directory:
        """Return the source tree below a directory of this machine; None: the current one.

        Raises:
            ConfigError: `bad-source`, where it is none.
        """
        path = path or Path()
        try:
            is_there = path.is_dir()
        except OSError:  # a name that no file system takes
            is_there = False
        if not is_there:
            raise ConfigError("bad-source", f"--source {path} is no directory.")
        return Directory(path)

    def parse(self, data: bytes, file: str) -> Source:
        """Return a file, parsed; the same for the same bytes, as long as it is kept.

        Raises:
            LocationError: `source-unreadable`.
        """
        import hashlib  # a command that parses nothing starts without it

        from hotlog.source.statements import Source

        key = file, hashlib.sha256(data).digest()
        with self._parsing:
            source = self._sources.get(key)
            if source is None:
                source = self._sources[key] = Source(data, file)
                self._forget()
            self._sources.move_to_end(key)
            return source

    def recall(self, data: bytes, file: str, what: Hashable, read: Callable[[Source], _Fact]) -> _Fact:
        """Return what `read` says of a file, parsed: it is small and kept, while syntax trees are large and dropped.

        Args:
            data: of the file.
            file: its name.
            what: is read, the same word for the same answer.
            read: is asked once.

        Raises:
            LocationError: `source-unreadable`.
        """
        import hashlib  # as `parse`

        key = file, hashlib.sha256(data).digest(), what
        with self._parsing:
            if key in self._facts:
                found: _Fact = self._facts[key]
                return found
        found = read(self.parse(data, file))
        with self._parsing:
            if len(self._facts) >= desk_limits.SOURCE_FACTS_MAX:
                self._facts.clear()
            self._facts[key] = found
        return found

    def _forget(self) -> None:
        """Drop the sources that were used the longest ago, where all together are large."""
        size = sum(len(source.data) for source in self._sources.values())
        while size > desk_limits.PARSED_MAX_BYTES and len(self._sources) > 1:
            _, oldest = self._sources.popitem(last=False)
            size -= len(oldest.data)

    def _open(self, package: Package, name: str, below: str = "") -> Zip:
        from hotlog.client.code.packages import fetch  # with urllib: source of this machine needs none of it
        from hotlog.client.code.zip_tree import Zip

        key = package.sha256, below
        with self._fetching:
            found = self._zips.get(key)
            if found is None or found.name != name:
                found = self._zips[key] = Zip(fetch(package, self._talk), name, below)
                while len(self._zips) > desk_limits.PACKAGES_CACHED_MAX:
                    self._zips.popitem(last=False)
            return found
