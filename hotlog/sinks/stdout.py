"""The stdout sink: the default in Lambda, where each line on descriptor 1 becomes a log event.

It writes to the descriptor, not to `sys.stdout`: that may be redirected, captured or buffered by the application, and
a probe must not appear there. Synchronous, so nothing is lost when the environment is frozen or killed.

Descriptor 1 is a number. An application may close it, as daemons do, and the next file or socket that it opens gets that
number: an event there would damage what is none of hotlog's. So what is written to is what the descriptor stood for when
the sink was opened, by device and inode: asked before each event, which is one more system call. A
descriptor that is exchanged later on purpose (`os.dup2`) cannot be told from one that was reused: events are lost until it is
put back, and the reason goes to descriptor 2, if that is still what it was. In Lambda both end in the function's log.
"""

from __future__ import annotations

from os import fstat
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.errors import SinkError
from hotlog.sinks import SinkScheme
from hotlog.sinks.descriptor import write_line

if TYPE_CHECKING:
    from hotlog.events import Event, Invocation

STDOUT: Final = 1
STDERR: Final = 2


def _identity(descriptor: int) -> tuple[int, ...]:
    """Return inode and device of what a descriptor stands for now.

    Raises:
        OSError: it is closed.
    """
    return fstat(descriptor)[1:3]


def _identity_if_open(descriptor: int) -> tuple[int, ...] | None:
    try:
        return _identity(descriptor)
    except OSError:  # closed: whatever it will be is the application's
        return None


_original = {descriptor: _identity_if_open(descriptor) for descriptor in (STDOUT, STDERR)}


def note_descriptors() -> None:
    """Take what both descriptors stand for now as what events are for."""
    for descriptor in _original:
        _original[descriptor] = _identity_if_open(descriptor)


def to_stdout(line: str) -> None:
    """Write one line.

    Raises:
        SinkError: `stdout-replaced`, and those of `write_line`.
        OSError: descriptor 1 is closed, or does not take it.
    """
    _write(STDOUT, line)


def notice(line: str) -> None:
    """Write one line where a person sees it although stdout fails."""
    try:
        _write(STDOUT, line)
    except (SinkError, OSError):
        _write(STDERR, line)


def _write(descriptor: int, line: str) -> None:
    if fstat(descriptor)[1:3] != _original[descriptor]:
        raise _make_error(descriptor)
    write_line(descriptor, line)


def _make_error(descriptor: int) -> SinkError:
    return SinkError(
        "stdout-replaced",
        f"descriptor {descriptor} is not what it was when the sink was opened: nothing is written to it",
    )


class StdoutSink:
    """Writes each event as one line to descriptor 1.

    Args:
        log_stream: name of the log stream that it ends up in; empty where there is none.
    """

    lines_only = True

    def __init__(self, log_stream: str = "") -> None:
        self._log_stream = log_stream
        note_descriptors()

    def stream_of(self, invocation: Invocation) -> str:  # noqa: ARG002  # one for the life of the environment
        """Return the name of the log stream."""
        return self._log_stream

    def emit(self, event: Event, line: str) -> None:  # noqa: ARG002  # the line is the event
        """Write it, at once.

        Raises:
            SinkError: as `to_stdout`.
            OSError: the same.
        """
        found = fstat(STDOUT)  # `_write`, without the call and the slice: each event comes by here
        if (found[1], found[2]) != _original[STDOUT]:
            raise _make_error(STDOUT)
        write_line(STDOUT, line)

    def flush(self, timeout_ms: int) -> None:
        """Do nothing: each event went out at once."""

    def close(self) -> None:
        """Leave descriptor 1 open: it belongs to the process."""


SCHEME: Final = SinkScheme(lambda opening: StdoutSink(opening.log_stream), own_log=True)
