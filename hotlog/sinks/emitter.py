"""The way out for events: completes, fits and bounds them, and keeps a sink's faults from everybody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, events, internal_errors, limits
from hotlog.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Draft, Event, Invocation
    from hotlog.sinks import Sink


_NO_EVENT: Event = {}
_MAX_BYTES: Final = limits.EVENT_MAX_BYTES


class Emitter:
    """Hands events to a sink.

    Args:
        sink: takes them.
        level: the level each event carries.
        notices: takes the line of a status event where the sink fails; None: nobody is told. It holds no value of the
            application.
        clock: seconds since the epoch.

    Attributes:
        lost: events that the sink did not take.
        fault: what the sink last said when it took none; empty while it works.
    """

    def __init__(
        self,
        sink: Sink,
        level: str = "INFO",
        *,
        notices: Callable[[str], object] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sink, self._notices, self._clock = sink, notices, clock
        self._lines_only = getattr(sink, "lines_only", False)
        self._level = f',"level":{events.text_of(level)},"timestamp":"'
        self._end = "}"
        # The last second and the last millisecond, and what is written of them. Pairs, for several threads take them.
        self._second, self._ms = (0, ""), (-1, "")
        self._bytes = 0
        self._max_bytes_per_s = limits.EMIT_MAX_BYTES_PER_S
        self._noticed: tuple[str, float] = ("", 0.0)
        self.lost = 0
        self.fault = ""

    def begin(self, invocation: Invocation) -> None:
        """Begin an invocation: events belong to it from now on."""
        fields = events.fields_of(invocation)
        self._end = f",{events.line_of(fields)[1:]}" if fields else "}"

    def emit(self, event: Event | Draft, bounded: bool = True) -> bool:
        """Complete an event with level, time and invocation, and hand it to the sink.

        Args:
            event: what is particular about it, JSON-safe, or a draft of it.
            bounded: whether `limits.EMIT_MAX_BYTES_PER_S` holds for it.

        Returns:
            False where the bound is reached: the event was not emitted.
        """
        line = self._line(event, self._clock())
        if bounded:
            written = self._bytes + len(line)
            if written > self._max_bytes_per_s:
                return False
            self._bytes = written
        # What a sink sees as an event is what is written: it is read back from the line, where a sink wants it.
        complete = _NO_EVENT if self._lines_only else events.event_of(line)
        try:  # `internal_errors.run_contained`, without its call: each event comes by here
            self._sink.emit(complete, line)
        except Exception as fault:
            if not internal_errors.takes(fault, self._refused, _is_of_the_sink):
                raise
        return True

    def flush(self, timeout_ms: int) -> None:
        """Deliver what the sink holds back."""
        internal_errors.run_contained(self._sink.flush, self._refused, timeout_ms, owns=_is_of_the_sink)

    def close(self) -> None:
        """Close the sink."""
        internal_errors.run_contained(self._sink.close, self._refused, owns=_is_of_the_sink)

    def _line(self, event: Event | Draft, now_s: float) -> str:
        ms = int(now_s * 1_000)
        last_ms, stamp = self._ms
        if ms != last_ms:
            stamp = self._begin_ms(ms)
        draft = event if isinstance(event, str) else events.draft_of(event)
        line = f"{draft}{stamp}{self._end}"
        return line if len(line) <= _MAX_BYTES else events.fit_line(line)

    def _begin_ms(self, ms: int) -> str:
        """Return level and time for all events of a millisecond; in a loop there are many."""
        second = ms // 1_000
        last_second, start = self._second
        if second != last_second:
            start = f"{self._level}{events.timestamp(second)}"
            self._second, self._bytes = (second, start), 0
        stamp = f'{start}.{ms % 1_000:03d}Z"'
        self._ms = ms, stamp
        return stamp

    def _refused(self, fault: Exception) -> None:
        code, lost = (fault.code, fault.lost) if isinstance(fault, SinkError) else ("sink-failed", 1)
        self.lost += lost
        self.fault = internal_errors.describe(fault)
        if self._notices is not None:
            internal_errors.run_contained(self._notice, _unheard, self._notices, code, owns=_is_of_the_sink)

    def _notice(self, notices: Callable[[str], object], code: str) -> None:
        """Say that events are lost: when it begins, and from time to time how many there are by now."""
        now_s = self._clock()
        told, at_s = self._noticed
        if code == told and now_s < at_s + limits.COUNTS_EVERY_S:
            return
        self._noticed = code, now_s
        event: Event = {"hotlog": "status", "v": events.VERSION, "rule": "", "state": events.ERROR}
        event |= {"code": code, "reason": self.fault, "lost": self.lost}
        notices(self._line(event, now_s))


def _unheard(_: Exception) -> None:
    """Do nothing where even the notice cannot be written: `Emitter.fault` alone holds the error."""


def _is_of_the_sink(_: Exception) -> bool:
    """Take any exception of a sink for the sink's own, also one of the user's function."""
    return True
