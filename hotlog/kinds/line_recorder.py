"""What one call did, line by line: which lines ran, what they changed, how long each took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.snapshot import capture_vars

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hotlog.events import Event
    from hotlog.reading.reader import Reader

_LINE_MAX_NS: Final = limits.TRACE_LINE_MAX_MS * 1_000_000
_MAX_NS: Final = limits.TRACE_MAX_MS * 1_000_000


class LineRecorder:
    """Follows a frame. What it costs itself is no part of the times.

    Args:
        frame: that is followed from its first line on.
        reader: reads the variables.
        clock_ns: monotonic nanoseconds.
        on_full: called once, where no more lines are wanted.
        on_end: called with the recording, the value and the exception.
        broken: told of a fault of hotlog's own.

    Attributes:
        spent_ns: what the recording itself has cost.
    """

    def __init__(
        self,
        frame: FrameType,
        reader: Reader,
        clock_ns: Callable[[], int],
        on_full: Callable[[FrameType], None],
        on_end: Callable[[LineRecorder, object, BaseException | None], None],
        broken: Callable[[BaseException], object],
    ) -> None:
        self._reader, self._clock_ns = reader, clock_ns
        self._on_full, self._on_end, self._broken = on_full, on_end, broken
        self._bytes = reader.budget.output_bytes
        self._values = self._capture_locals(frame)
        self._arguments = dict(self._values)
        self._lines: list[Event] = [{"line": frame.f_lineno}]
        self._cut = ""
        self.spent_ns = 0
        self._duration_ns = self._line_ns = 0
        self._since_ns: int | None = clock_ns()

    def on_line(self, frame: FrameType, line: int) -> None:
        """Record a line that is about to run, and what the line before has changed."""
        internal_errors.run_contained(self._next, self._broken, frame, line)

    def on_pause(self) -> None:
        """Stop the clock while the generator or coroutine is suspended."""
        self._stop_clock()

    def on_resume(self) -> None:
        """Start the clock again."""
        self._since_ns = self._clock_ns()

    def on_end(self, frame: FrameType, value: object, fault: BaseException | None) -> None:
        """Record the end of the call, and what its last line has changed."""
        internal_errors.run_contained(self._finish, self._broken, frame, value, fault)

    def as_event(self) -> Event:
        """Return the recording as fields of an event."""
        self._stop_clock()
        self._lines[-1].setdefault("us", self._line_ns // 1_000)
        cut = [{"@cut": self._cut}] if self._cut else []
        return {
            "args": self._arguments,
            "lines": [*self._lines, *cut],
            "duration_ms": round(self._duration_ns / 1e6, 3),
        }

    def line_numbers(self) -> set[int]:
        """Return the numbers of the lines that ran."""
        return {entry["line"] for entry in self._lines}

    def _finish(self, frame: FrameType, value: object, fault: BaseException | None) -> None:
        self._stop_clock()
        if not self._cut:
            self._note_changes(frame)
        self._on_end(self, value, fault)

    def _next(self, frame: FrameType, line: int) -> None:
        self._stop_clock()
        if self._cut:
            self.on_resume()
            return
        start_ns = self._clock_ns()
        self._note_changes(frame)
        self._line_ns = 0
        self._lines.append({"line": line})
        self.spent_ns += self._clock_ns() - start_ns
        if len(self._lines) >= limits.TRACE_MAX_LINES:
            self._cut = "items"
        elif self._bytes < 0:
            self._cut = "size"
        elif self.spent_ns > _MAX_NS:
            self._cut = "time"
        if self._cut:
            self._on_full(frame)
        self.on_resume()

    def _note_changes(self, frame: FrameType) -> None:
        entry, before = self._lines[-1], self._values
        entry["us"] = self._line_ns // 1_000
        after = self._values = self._capture_locals(frame)
        changed = {
            name: value for name, value in after.items() if name not in before or before[name] != value
        }
        gone = [name for name in before if name not in after]
        if changed:
            entry["set"] = changed
        if gone:
            entry["unset"] = gone
        self._bytes -= 40 + len(str(changed))

    def _capture_locals(self, frame: FrameType) -> dict[str, Any]:
        return capture_vars(frame.f_locals, self._reader.for_hit(_LINE_MAX_NS))

    def _stop_clock(self) -> None:
        if self._since_ns is not None:
            passed_ns = self._clock_ns() - self._since_ns
            self._line_ns += passed_ns
            self._duration_ns += passed_ns
            self._since_ns = None
