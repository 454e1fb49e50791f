"""The way out for events: completes, fits, bounds and proves them, and keeps a sink's faults from everybody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, events, internal_errors, limits
from hotlog.config import LEVELS
from hotlog.errors import SinkError
from hotlog.events import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Draft, Event
    from hotlog.rules.proof import ProofKey, Prover
    from hotlog.sinks import Sink


_NO_EVENT: Event = {}
_SURELY_FITS: Final = events.BEGUN_MAX_BYTES // 4  # characters: none takes more than four bytes


class Emitter:
    """Hands events to a sink.

    Args:
        sink: takes them.
        level: the lowest level that the function's log lets through.
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
        self._stream_of = getattr(sink, "stream_of", _no_stream)
        self._level = level
        self._heads: dict[str, str] = {}  # what events of a kind begin with
        self._identity = ""
        self._identify: Callable[[str], str] | None = None
        self._key: ProofKey | None = None
        self._prover: Prover | None = None
        self._stream = self._stream_of(Invocation())
        # The last second and the last millisecond, and what is written of them. Pairs, for several threads take them.
        self._second, self._ms = (0, ""), (-1, "")
        self._bytes = 0
        self._max_bytes_per_s = limits.EMIT_MAX_BYTES_PER_S
        self._noticed: tuple[str, float] = ("", 0.0)
        self.lost = 0
        self.fault = ""

    def begin(self, invocation: Invocation) -> None:
        """Begin an invocation: events belong to it from now on."""
        self._identity = events.members_of(events.fields_of(invocation))
        stream = self._stream_of(invocation)
        if stream != self._stream:
            self._stream = stream
            self.set_key(self._key)

    def identify_with(self, identify: Callable[[str], str] | None) -> None:
        """Ask this which invocation an event belongs to, given the fields of that which runs; None: to that one."""
        self._identify = identify

    def set_key(self, key: ProofKey | None) -> None:
        """Prove each event from now on with this key; None: with none."""
        self._key, self._prover = key, None
        if key is not None:
            from hotlog.rules.proof import Prover  # cold start: a function without rules has no key

            self._prover = Prover(key, self._stream)

    def emit(self, event: Event | Draft, bounded: bool = True) -> bool:
        """Complete an event with level, time and invocation, and hand it to the sink.

        Args:
            event: its kind, as `hotlog`, and what is particular about it, JSON-safe; or a draft of it.
            bounded: whether `limits.EMIT_MAX_BYTES_PER_S` holds for it.

        Returns:
            False where the bound is reached: the event was not emitted.
        """
        line = self._line(event, self._clock())
        if bounded:
            written = self._bytes + (len(line) if line.isascii() else events.size_of(line))
            if written > self._max_bytes_per_s:
                return False
            self._bytes = written
        # What a sink sees as an event is what is written: it is read back from the line, where a sink wants it.
        complete = _NO_EVENT if self._lines_only else events.event_of(line)
        try:  # `internal_errors.run_contained`, without its call: each event comes by here
            self._sink.emit(complete, line)
        except BaseException as fault:
            if not internal_errors.takes(fault, self._note_refusal):
                raise
        return True

    def flush(self, timeout_ms: int) -> None:
        """Deliver what the sink holds back."""
        internal_errors.run_contained(self._sink.flush, self._note_refusal, timeout_ms)

    def close(self) -> None:
        """Close the sink."""
        internal_errors.run_contained(self._sink.close, self._note_refusal)

    def _line(self, event: Event | Draft, now_s: float) -> str:
        ms = int(now_s * 1_000)
        last_ms, stamp = self._ms
        if ms != last_ms:
            stamp = self._begin_ms(ms)
        kind, front, rest = event if isinstance(event, tuple) else events.draft_of(event)
        try:
            head = self._heads[kind]
        except KeyError:
            head = self._begin_kind(kind)
        identity = self._identity if self._identify is None else self._identify(self._identity)
        begun = f"{head}{stamp}{front}{identity}{rest}"
        if len(begun) >= _SURELY_FITS and events.size_of(begun) >= events.BEGUN_MAX_BYTES:
            begun = events.fit_line(f"{begun}}}")[:-1]
        prover = self._prover
        return f"{begun}}}" if prover is None else prover.prove(begun)

    def _begin_kind(self, kind: str) -> str:
        """Return what all events of a kind begin with."""
        level = self._level
        if kind not in events.FIELDS:  # of a rule
            from hotlog.rules.kinds import KINDS  # with the first rule

            if KINDS[kind].alarms and LEVELS[level] < LEVELS["ERROR"]:
                level = "ERROR"
        names = {"hotlog": kind, "v": events.VERSION, "level": level}
        head = self._heads[kind] = f'{events.line_of(names)[:-1]},"timestamp":"'
        return head

    def _begin_ms(self, ms: int) -> str:
        """Return the time for all events of a millisecond; in a loop there are many."""
        second = ms // 1_000
        last_second, start = self._second
        if second != last_second:
            start = events.timestamp(second)
            self._second, self._bytes = (second, start), 0
        stamp = f'{start}.{ms % 1_000:03d}Z"'
        self._ms = ms, stamp
        return stamp

    def _note_refusal(self, fault: BaseException) -> None:
        code, lost = (fault.code, fault.lost) if isinstance(fault, SinkError) else ("sink-failed", 1)
        self.lost += lost
        self.fault = internal_errors.describe(fault)
        if self._notices is not None:
            internal_errors.run_contained(self._notice, _unheard, self._notices, code)

    def _notice(self, notices: Callable[[str], object], code: str) -> None:
        """Say that events are lost: when it begins, and from time to time how many there are by now."""
        now_s = self._clock()
        told, at_s = self._noticed
        if code == told and now_s < at_s + limits.COUNTS_EVERY_S:
            return
        self._noticed = code, now_s
        event: Event = {"hotlog": "status", "rule": "", "state": events.ERROR}
        event |= {"code": code, "reason": self.fault, "lost": self.lost}
        notices(self._line(event, now_s))


def _no_stream(_: Invocation) -> str:
    return ""


def _unheard(_: BaseException) -> None:
    """Do nothing where even the notice cannot be written: `Emitter.fault` alone holds the error."""
