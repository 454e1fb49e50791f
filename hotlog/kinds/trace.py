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
from hotlog.hits.hit import Point
from hotlog.hits.tally import HELD, OVER_BUDGET
from hotlog.interpreter.steps import Steps
from hotlog.kinds.recording import Recording

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.evaluate import Scope
    from hotlog.hits.session import Session
    from hotlog.reading.read import Reader
    from hotlog.rules.model import Rule

_steps = Steps()  # one for the process: there is one tracer, and few tool ids


class TracePoint(Point):
    """A rule that follows calls, each on its own.

    Args:
        rule: the rule.
        session: as for every rule.
    """

    listens = True
    looks_at_frame = True

    def __init__(self, rule: Rule, session: Session) -> None:
        self._text: tuple[str, ...] = ()
        self._running: dict[Recording, int] = {}  # each with the number of its event
        super().__init__(rule, session)

    def locate(self, at: str, function: str, text: tuple[str, ...] = ()) -> None:
        """Tell it where its probe is, and how the source reads there."""
        super().locate(at, function, text)
        self._text = text

    def on_end(self) -> None:
        """A call that outlasts the invocation is told as far as it came."""
        for recording in list(self._running):
            self._finish(recording, {"cut": "the invocation ended before the call did"})

    def on_close(self) -> None:
        """Nobody is followed any more."""
        self.on_end()

    def _passed(self, frame: FrameType | None, scope: Scope, reader: Reader) -> str:  # noqa: ARG002  # no expressions
        number, closed = self._admitted()
        if closed or frame is None:
            return closed
        recording = Recording(
            frame, reader, self._session.clock_ns, _steps.only_end, self._ended, self.broken
        )
        try:
            _steps.follow(frame, recording)
        except InstallError as fault:
            self._limiter.kept()
            self._note(fault.code, fault.message)
            return OVER_BUDGET
        self._running[recording] = number
        return HELD

    def _ended(self, recording: Recording, value: object, fault: BaseException | None) -> None:
        reader = self._reader.for_hit()
        if fault is None:
            self._finish(recording, {"return": capture(value, reader, self._in.rpartition(".")[2])})
        else:
            self._finish(recording, {"error": capture_error(fault, reader)})

    def _finish(self, recording: Recording, end: Event) -> None:
        """Emit the recording, once."""
        number = self._running.pop(recording, None)
        if number is None:
            return
        _steps.leave(recording)
        self._session.spent_ns += recording.spent_ns
        outcome = self._send(lambda: self._trace_event(recording, end, number))
        self.tally.counts[HELD] -= 1
        self.tally.counts[outcome] += 1

    def _trace_event(self, recording: Recording, end: Event, number: int) -> Event:
        scrub = self._reader.redaction.scrub
        source = {
            str(line): scrub(self._text[line - 1].rstrip())[: limits.SOURCE_LINE_MAX_CHARS]
            for line in sorted(recording.numbers())
            if line <= len(self._text)
        }
        return {**self._head(), **recording.shown(), **end, "source": source, "hit": number}
