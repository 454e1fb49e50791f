"""One writer at a time among the processes of this machine."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import StoreError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAUSE_S = 0.01


@contextmanager
def hold_lock(path: Path, patience_s: float = limits.FILE_LOCK_MAX_S) -> Iterator[None]:
    """Hold the lock that belongs to the file `path`, which stays where it is afterwards.

    Args:
        path: the file.
        patience_s: how long to wait for another process.

    Raises:
        StoreError: `locked`, where another process does not let go of it.
    """
    if sys.platform == "win32":
        with lock_file(path, patience_s):
            yield
    else:
        # The lock belongs to the open file: the system lets go of it when its process dies, however it dies.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _wait_for(path, patience_s, lambda: _flock(descriptor), "stop the hotlog process that holds it")
            yield
        finally:
            os.close(descriptor)


@contextmanager
def lock_file(path: Path, patience_s: float = limits.FILE_LOCK_MAX_S) -> Iterator[None]:
    """Hold a lock where the system has no `flock`: a file that exists while the lock is held.

    Raises:
        StoreError: `locked`, where the file stays: its writer may have died.
    """
    _wait_for(path, patience_s, lambda: _create(path), "if no hotlog process is running, delete that file")
    try:
        yield
    finally:
        path.unlink()


if sys.platform != "win32":

    def _flock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _create(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except (FileExistsError, PermissionError):  # Windows says the second while another process deletes it
        return False
    return True


def _wait_for(path: Path, patience_s: float, attempt: Callable[[], bool], way_out: str) -> None:
    give_up = time.monotonic() + patience_s
    while not attempt():
        if time.monotonic() > give_up:
            raise StoreError(
                "locked", f"another process has been writing for {patience_s:g} s ({path}): {way_out}."
            )
        time.sleep(PAUSE_S)
