"""One event, one write to a file descriptor: lines of several threads and processes do not mix."""

from __future__ import annotations

import os

from hotlog.errors import SinkError


def write_line(descriptor: int, line: str) -> None:
    """Write the line and a newline.

    A pipe takes up to 4 KB at once (POSIX), more in pieces: then the rest follows until it is out.

    Raises:
        SinkError: `sink-blocked` where a non-blocking descriptor takes no more.
        OSError: the descriptor does not take it.
    """
    data = line.encode("ascii") + b"\n"
    written = 0
    while written < len(data):
        try:
            written += os.write(descriptor, data[written:])
        except BlockingIOError as fault:
            raise SinkError(
                "sink-blocked", "the output takes no more at the moment: the event is lost"
            ) from fault
