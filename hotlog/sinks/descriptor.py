"""One event, one line on a file descriptor, in one piece.

A write of up to 4 KB to a pipe is atomic (POSIX); a longer one is not, once the pipe is full: the threads of this process
take turns. Only another process on the same pipe could still get in between.
"""

from __future__ import annotations

from _thread import RLock
from os import write

from hotlog import __builtins__, limits
from hotlog.errors import SinkError

_turn = RLock()
_writes = 0  # counts, so that who waits for a turn sees whether its owner still writes


def write_line(descriptor: int, line: str) -> None:
    """Write the line and a newline, all of it.

    Raises:
        SinkError: `sink-blocked` where a non-blocking descriptor takes no more.
        OSError: the descriptor does not take it.
    """
    data = f"{line}\n".encode()
    turn = _turn
    if not turn.acquire(False):  # without a timeout, and without a keyword: 0.1 µs instead of 0.4
        turn = _take()
    try:
        written = write(descriptor, data)
        if written < len(data):
            _write(descriptor, data[written:])
    except BlockingIOError as fault:
        raise SinkError(
            "sink-blocked", "the output takes no more at the moment: the event is lost"
        ) from fault
    finally:
        turn.release()


def _take() -> RLock:
    """Take the turn to write; wait for a live owner, and replace the lock of one that a fork has lost."""
    global _turn  # noqa: PLW0603  # one for all descriptors of the process
    turn = _turn
    while True:
        writes = _writes
        if turn.acquire(timeout=limits.SINK_TURN_MAX_MS / 1_000):
            return turn
        if writes == _writes:
            turn = _turn = RLock()


def _write(descriptor: int, data: bytes) -> None:
    """Write what did not go out at once."""
    global _writes  # noqa: PLW0603  # see `_take`
    while data:
        data = data[write(descriptor, data) :]
        _writes += 1
