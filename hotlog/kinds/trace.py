"""A trace: one call of a function, line by line; what it calls runs at full speed.

The probe at the function's entry picks the call. From there to its end the interpreter tells of each line of that one
frame; with the end everything is taken down, and the function costs what it cost before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.capture.frames import capture_error
from hotlog.capture.snapshot import capture
from hotlog.errors import InstallError
from hotlog.hits.outcomes import HELD, OVER_BUDGET
from hotlog.hits.rule_handler import RuleHandler
from hotlog.interpreter.line_tracer import LineTracer
from hotlog.kinds.line_recorder import LineRecorder

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.evaluate import HitScope
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule

_steps = LineTracer()  # one for the process: there is one tracer, and few tool ids


class TraceHandler(RuleHandler):
    """A rule that follows calls, each on its own.

    Args:
        rule: the rule.
        context: as for every rule.
    """

    listens = True
    looks_at_frame = True

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        self._text: tuple[str, ...] = ()
        self._running: dict[LineRecorder, int] = {}  # each with the number of its event
        super().__init__(rule, context)

    def locate(self, at: str, function: str, text: tuple[str, ...] = ()) -> None:
        """Tell it where its probe is, and how the source reads there."""
        super().locate(at, function, text)
        self._text = text

    def on_end(self) -> None:
        """Emit the calls that outlast the invocation, as far as they were recorded."""
        for recording in list(self._running):
            self._finish(recording, {"cut": "the invocation ended before the call did"})

    def on_close(self) -> None:
        """Stop following all frames."""
        self.on_end()

    def _passed(self, frame: FrameType | None, scope: HitScope, reader: Reader) -> str:  # noqa: ARG002  # no expressions
        number, closed = self._admitted()
        if closed or frame is None:
            return closed
        recording = LineRecorder(
            frame, reader, self._context.clock_ns, _steps.only_end, self._ended, self.on_internal_error
        )
        try:
            _steps.follow(frame, recording)
        except InstallError as fault:
            self._limiter.take_back()
            self._note(fault.code, fault.message)
            return OVER_BUDGET
        self._running[recording] = number
        return HELD

    def _ended(self, recording: LineRecorder, value: object, fault: BaseException | None) -> None:
        reader = self._reader.for_hit()
        if fault is None:
            self._finish(recording, {"return": capture(value, reader, self._in.rpartition(".")[2])})
        else:
            self._finish(recording, {"error": capture_error(fault, reader)})

    def _finish(self, recording: LineRecorder, end: Event) -> None:
        """Emit the recording, once."""
        number = self._running.pop(recording, None)
        if number is None:
            return
        context = self._context
        start_ns = context.clock_ns()
        try:
            _steps.leave(recording)
            outcome = self._send(lambda: self._trace_event(recording, end, number))
        finally:
            context.spent_ns += recording.spent_ns + context.clock_ns() - start_ns
        self.tally.counts[HELD] -= 1
        self.tally.counts[outcome] += 1

    def _trace_event(self, recording: LineRecorder, end: Event, number: int) -> Event:
        scrub = self._reader.redaction.scrub
        source = {
            str(line): scrub(self._text[line - 1].rstrip())[: limits.SOURCE_LINE_MAX_CHARS]
            for line in sorted(recording.line_numbers())
            if line <= len(self._text)
        }
        return {**self._head(), **recording.as_event(), **end, "source": source, "hit": number}
