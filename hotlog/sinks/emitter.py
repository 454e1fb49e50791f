"""The way out for events: completes, fits and bounds them, and keeps a sink's faults from everybody else."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from hotlog import events, guard, limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Draft, Event, Invocation
    from hotlog.sinks import Sink


_NO_EVENT: Event = {}


class Emitter:
    """Hands events to a sink.

    Args:
        sink: takes them.
        level: the level each event carries.
        clock: seconds since the epoch.

    Attributes:
        lost: events that the sink did not take.
        fault: what the sink last said when it took none; empty while it works.
    """

    def __init__(self, sink: Sink, level: str = "INFO", *, clock: Callable[[], float] = time.time) -> None:
        self._sink, self._clock = sink, clock
        self._lines_only = getattr(sink, "lines_only", False)
        self._level = f',"level":{events.text_of(level)},"timestamp":"'
        self._end = 'Z"}'
        self._second, self._timestamp, self._bytes = 0, events.timestamp(0), 0
        self.lost = 0
        self.fault = ""

    def begin(self, invocation: Invocation) -> None:
        """Events belong to this invocation from now on."""
        fields = events.fields_of(invocation)
        self._end = 'Z"' + (f",{events.line_of(fields)[1:]}" if fields else "}")

    def emit(self, event: Event | Draft, *, bounded: bool = True) -> bool:
        """Complete an event with level, time and invocation, and hand it to the sink.

        Args:
            event: what is particular about it, JSON-safe, or a draft of it.
            bounded: whether `limits.EMIT_MAX_BYTES_PER_S` holds for it.

        Returns:
            False where the bound is reached: the event was not emitted.
        """
        now = self._clock()
        second = int(now)
        if second != self._second:
            self._second, self._timestamp, self._bytes = second, events.timestamp(second), 0
        draft = event if isinstance(event, str) else events.draft_of(event)
        line = f"{draft}{self._level}{self._timestamp}.{int((now - second) * 1_000):03d}{self._end}"
        if len(line) > limits.EVENT_MAX_BYTES:
            line = events.fitted(line)
        if bounded:
            if self._bytes + len(line) > limits.EMIT_MAX_BYTES_PER_S:
                return False
            self._bytes += len(line)
        # What a sink sees as an event is what is written: it is read back from the line, where a sink wants it.
        complete = _NO_EVENT if self._lines_only else json.loads(line)
        guard.contained(self._sink.emit, self._refused, complete, line, owns=_is_of_the_sink)
        return True

    def flush(self, timeout_ms: int) -> None:
        """Deliver what the sink holds back."""
        guard.contained(self._sink.flush, self._refused, timeout_ms, owns=_is_of_the_sink)

    def close(self) -> None:
        """Close the sink."""
        guard.contained(self._sink.close, self._refused, owns=_is_of_the_sink)

    def _refused(self, fault: Exception) -> None:
        self.lost += 1
        self.fault = guard.describe(fault)


def _is_of_the_sink(_: Exception) -> bool:
    """A sink may be a function of the user's: whatever it raises is the sink's fault."""
    return True
