"""A sink of one's own: counts the events of each rule.

`HOTLOG_SINK=counting:open_sink` in the function. A callable that takes an event is enough for a sink.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event
    from hotlog.sinks import SinkOpening

counts: Counter[str] = Counter()


def open_sink(opening: SinkOpening) -> Callable[[Event], None]:  # it needs neither Region nor fallback
    """Return what takes the events."""
    return count


def count(event: Event) -> None:
    """Take one event, a plain dict."""
    counts[str(event.get("rule"))] += 1
