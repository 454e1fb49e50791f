"""The file sink: appends each event as one line. For local use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.sinks import SinkScheme
from hotlog.sinks.descriptor import write_line

if TYPE_CHECKING:
    from hotlog.events import Event

_OWNER_ONLY = 0o600  # events hold values of the application


class FileSink:
    """Appends to a file; makes it, and its folder, when the first event comes.

    Args:
        path: of the file.
    """

    lines_only = True

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None

    def emit(self, event: Event, line: str) -> None:  # noqa: ARG002  # the line is the event
        """Append it, at once.

        Raises:
            OSError: the file cannot be written.
        """
        if self._descriptor is None:
            os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = os.open(self.path, flags, _OWNER_ONLY)
        write_line(self._descriptor, line)

    def flush(self, timeout_ms: int) -> None:
        """Do nothing: each event went out at once."""

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


SCHEME: Final = SinkScheme(lambda opening: FileSink(opening.rest), file=lambda path: path)
