"""The callable sink: each event goes to a function of the user's, as a plain dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event


class CallSink:
    """Hands each event to a callable; what that does with it is its own business.

    Args:
        take: called with each event. Whatever it raises is counted against the sink and goes no further.
    """

    def __init__(self, take: Callable[[Event], object]) -> None:
        self._take = take

    def emit(self, event: Event, line: str) -> None:  # noqa: ARG002  # the dict is what was asked for
        """Call the function with a plain dict."""
        self._take(event)

    def flush(self, timeout_ms: int) -> None:
        """Do nothing: each event went out at once."""

    def close(self) -> None:
        """Do nothing: the sink holds nothing."""
