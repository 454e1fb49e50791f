"""The stdout sink: the default in Lambda, where each line on descriptor 1 becomes a log event.

It writes to the descriptor, not to `sys.stdout`: that may be redirected, captured or buffered by the application, and
a probe must not appear there. Synchronous, so nothing is lost when the environment is frozen or killed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.sinks.descriptor import write_line

if TYPE_CHECKING:
    from hotlog.events import Event

STDOUT = 1


def to_stdout(line: str) -> None:
    """Write one line."""
    write_line(STDOUT, line)


class StdoutSink:
    """Writes each event as one line to descriptor 1."""

    lines_only = True

    def emit(self, event: Event, line: str) -> None:  # noqa: ARG002  # the line is the event
        """Write it, at once."""
        write_line(STDOUT, line)

    def flush(self, timeout_ms: int) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Descriptor 1 belongs to the process."""
