"""One read for all processes of an environment, through a file in its `/tmp`.

Lambda's managed instances run many processes beside each other; each would ask the store the same question. So one
asks, and leaves the answer, good or bad, for the others of the next moment. The file lies in a folder that only this
user can enter, is put in place whole, and is believed only where it is ours, fresh, and about the same parameter. Sharing is
a favour: where anything about it fails, each process reads for itself.
"""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors, limits
from hotlog.config import REFRESH
from hotlog.errors import StoreError
from hotlog.stores import Answer
from hotlog.stores.edit import check_function
from hotlog.stores.lock import hold_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Config
    from hotlog.rules.document import Document
    from hotlog.stores import Store
    from hotlog.stores.edit import Change, Keep

_FOLDER = "/tmp/hotlog-{}"  # noqa: S108  # Lambda's only writable place; see `_is_private`
_OTHERS = 0o077  # what a group and all others may do with a file


def share_reads(store: Store, config: Config) -> tuple[Store, Config]:
    """Return the store as the processes of one environment share it, and the configuration that goes with it.

    With a number of seconds, another's answer may be half as old as that, and is kept for the other half: no rule is later
    than promised. With the other policies it may be `limits.SHARED_MAX_AGE_S` old.
    """
    if config.refresh in REFRESH:
        return SharedStore(store), config
    half_s = float(config.refresh) / 2
    return SharedStore(store, half_s), config._replace(refresh=str(half_s))


class SharedStore:
    """Another store, read through `/tmp`.

    Args:
        store: where the rules are.
        max_age_s: an answer that was asked for no longer ago will do.
        folder: where it is kept; `{}` stands for the user's number.
        wall_clock: seconds since the epoch: the only clock that processes share.
    """

    def __init__(
        self,
        store: Store,
        max_age_s: float = limits.SHARED_MAX_AGE_S,
        *,
        folder: str = _FOLDER,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._max_age_s, self._wall_clock = store, max_age_s, wall_clock
        self._folder = Path(folder.format(os.geteuid()))
        self.url = store.url

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        """Return the function's document; see `Store.read`."""
        patience_ms = limits.FIRST_REFRESH_TIMEOUT_MS if timeout_ms is None else timeout_ms
        give_up_s = time.monotonic() + patience_ms / 1_000
        path = self._folder / f"{check_function(function)}.json"
        try:
            said = self._share(path, function, give_up_s) if self._is_private() else None
        except OSError as fault:
            if internal_errors.is_async_exception(fault):
                raise
            said = None
        if said is None:
            return self._store.read(function, _rest_ms(give_up_s))
        if isinstance(said, StoreError):
            raise said
        return said

    def update(self, function: str, change: Change, *, keep: Keep | None = None) -> Document:
        """Read, change, write; see `Store.update`."""
        return self._store.update(function, change, keep=keep)

    def functions(self) -> list[str]:
        """Return the names of the functions that have a document, sorted."""
        return self._store.functions()

    def _share(self, path: Path, function: str, give_up_s: float) -> Answer | StoreError | None:
        """Return what the store told this or another process; None where another process gets no answer."""
        left = self._read_left(path, function)
        if left is not None:
            return left
        half_s = (give_up_s - time.monotonic()) / 2  # the other half is for a read of one's own
        try:
            with hold_lock(path.with_suffix(".lock"), half_s):
                return self._read_left(path, function) or self._ask(path, function, give_up_s)
        except StoreError:  # `locked`: what the store says is returned, not raised
            return None

    def _is_private(self) -> bool:
        """Return whether the folder exists and only this user can enter it: another's may be a trap."""
        try:
            self._folder.mkdir(mode=0o700)
        except FileExistsError:
            return _is_ours(self._folder.lstat(), stat.S_ISDIR)
        return True

    def _ask(self, path: Path, function: str, give_up_s: float) -> Answer | StoreError:
        """Ask the store, and leave what it said for the others."""
        asked_s = self._wall_clock()
        said: Answer | StoreError
        try:
            said = self._store.read(function, _rest_ms(give_up_s))
        except StoreError as fault:
            said = StoreError(fault.code, fault.message)  # without a traceback and what it holds
        told = [said.code, said.message] if isinstance(said, StoreError) else list(said)
        fresh = path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)  # of a process that died: the lock is ours
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                json.dump({"store": self.url, "function": function, "asked_s": asked_s, "said": told}, file)
            fresh.replace(path)
        except OSError as fault:  # a full disk: the others ask for themselves
            if internal_errors.is_async_exception(fault):
                raise
        return said

    def _read_left(self, path: Path, function: str) -> Answer | StoreError | None:
        """Return the answer that another process just left in the file; None where none is to be trusted."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, encoding="utf-8", errors="surrogateescape") as file:
            if not _is_ours(os.fstat(descriptor), stat.S_ISREG):
                return None
            text = file.read(limits.ANSWER_MAX_BYTES)
        try:
            left = json.loads(text)
            about = left["store"], left["function"]
            age_s = self._wall_clock() - left["asked_s"]
            if about != (self.url, function) or not 0 <= age_s <= self._max_age_s:
                return None
            return _decode(*left["said"])
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            return None  # cut off, of another shape, nested too deep, a number that nobody can hold


def _decode(first: object, second: object, third: object = None) -> Answer | StoreError | None:
    """Return the store's answer or error from its written form; None where the form is unknown."""
    if isinstance(first, str) and isinstance(second, str) and third is None:
        return StoreError(first, second)
    if isinstance(first, str) and isinstance(second, int) and isinstance(third, int | float):
        return Answer(first, int(second), float(third))
    return None


def _is_ours(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    return kind(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def _rest_ms(give_up_s: float) -> int:
    return max(1, int((give_up_s - time.monotonic()) * 1_000))
