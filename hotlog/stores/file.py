"""Rules kept in a directory, for local use: `DIR/<function>.json` holds a function's document as plain JSON.

Readers take no lock: a file is always a whole document, because writers put a finished file in its place. Writers
hold a lock from their read to their write, so a document's version is the one its writer had read, plus one.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.stores import Answer, StoreScheme
from hotlog.stores.edit import check_function, edit, is_function

if TYPE_CHECKING:
    from hotlog.rules.document import Document
    from hotlog.stores.edit import Change, Keep

_SUFFIX = ".json"


class FileStore:
    """A store in a directory, which the first write makes.

    Args:
        directory: where the files lie.
    """

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)
        self.url = _url(directory)

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:  # noqa: ARG002  (a file does not wait)
        """Return the function's document; see `Store.read`."""
        path = self._path(function)
        try:
            with path.open(encoding="utf-8", errors="surrogateescape") as file:
                text = file.read()
                modified = os.fstat(file.fileno()).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError("missing", f"there are no rules for {function!r} in {self.url}.") from None
        except OSError as fault:
            raise _make_error(fault, path) from fault
        return Answer(text, _version(text), modified)

    def update(self, function: str, change: Change, *, keep: Keep | None = None) -> Document:
        """Read, change, write; see `Store.update`."""
        from hotlog.stores.lock import hold_lock  # readers start without it

        path = self._path(function)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with hold_lock(path.with_suffix(".lock")):
                done = edit(self._find(function), change, keep=keep, now_s=time.time())
                if done.changed:
                    _replace(path, _fitting(documents.dumps(done.document)))
        except OSError as fault:
            raise _make_error(fault, path) from fault
        return done.document

    def functions(self) -> list[str]:
        """Return the names of the functions that have a document, sorted."""
        names = [path.stem for path in self._directory.glob(f"*{_SUFFIX}")]
        return sorted(name for name in names if is_function(name))

    def _path(self, function: str) -> Path:
        return self._directory / f"{check_function(function)}{_SUFFIX}"

    def _find(self, function: str) -> Answer | None:
        try:
            return self.read(function)
        except StoreError as fault:
            if fault.code != "missing":
                raise
            return None


def _url(directory: str) -> str:
    return f"file:{directory}"


SCHEME: Final = StoreScheme(
    lambda opening: FileStore(opening.rest), url=_url, is_local=True, directory=lambda directory: directory
)


def _version(text: str) -> int:
    """Return how many writes the file has seen; 0 where its content is unreadable."""
    try:
        return documents.loads(text).base + 1
    except StoreError:
        return 0


def _fitting(text: str) -> bytes:
    data = text.encode()
    if len(data) > limits.DOCUMENT_PLAIN_MAX_BYTES:
        raise StoreError(
            "document-too-large",
            f"the rules take {len(data)} bytes and a document holds {limits.DOCUMENT_PLAIN_MAX_BYTES}: remove some.",
        )
    return data


def _replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file at once: whoever reads, or dies here, finds the old or the new content."""
    for left_over in path.parent.glob(f".{path.name}.*"):
        left_over.unlink()  # its writer died: nobody else writes while we hold the lock
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name == "posix":
        _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Write the directory to disk: the file's new name must survive a power cut too, not only its content."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_error(fault: OSError, path: Path) -> StoreError:
    if isinstance(fault, PermissionError):
        return StoreError("denied", f"{path} may not be used by this user: {fault.strerror}.")
    return StoreError("unreachable", f"{path} cannot be used: {fault.strerror or fault}.")
