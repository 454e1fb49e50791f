"""A recording of whole invocations: every line of the application's own code, what it stores, tests, raises and returns.

    begins ── gates, condition ──> Recorder ── ends ── bad? ──> told, with the last good ones that went the same way
                                                └── good ──> kept in memory, a few of each way

What is bad stands in `keep` and `bad`. A time-out is told by the watchdog, before Lambda ends the process.
"""

from __future__ import annotations

import os
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, events, internal_errors, limits
from hotlog.errors import InstallError
from hotlog.expressions.evaluate import HitScope, is_true
from hotlog.hits import failure as failures
from hotlog.hits.failure import Failure
from hotlog.hits.gates import NO_ROOM
from hotlog.hits.outcomes import CONDITION_ERROR, CONDITION_FALSE, EMITTED, HELD, OVER_BUDGET
from hotlog.hits.rule_handler import RuleHandler
from hotlog.interpreter.quirks import HAS_MONITORING
from hotlog.kinds.recording import telling
from hotlog.kinds.recording.recorder import Recorder
from hotlog.reading.budget import Unavailable
from hotlog.rules.kinds import check_names, read_slow_ms

if TYPE_CHECKING:
    from hotlog.events import Draft, Event
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.kinds.recording.recorder import Recording
    from hotlog.rules.model import Rule

ALL: Final = "all"
GOOD: Final = "good"
_SEES: Final = "it records whole invocations of your own code"
_SEES_SLOWLY: Final = f"{_SEES}; on Python 3.11 they take several times as long"
_NO_ANSWER: Final = object()


class RecordHandler(RuleHandler):
    """A rule that records invocations.

    Args:
        rule: with `keep` and `bad`.
        context: as for every rule.
    """

    listens = True

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        for each in self.expressions:
            names = each.names - each.calls
            check_names(rule.kind, names, each.specials, is_condition=each is self._condition)
        self._recorder = Recorder(context, self._reader, self._take_fault)
        self._is_running = self._is_late = False
        self._failure: Failure | None = None
        self._answer: object = _NO_ANSWER
        self._good: dict[tuple[int, ...], deque[Recording]] = {}
        self._counted = {"good": 0, "bad": 0}
        self._is_sure = not rule.condition and rule.sample >= 1.0 and not rule.group

    def watch(self) -> tuple[str, str]:
        """Begin to look for own code; return what is recorded, for the status."""
        try:
            self._recorder.start()
        except InstallError as why:
            return why.code, why.message
        return "", _SEES if HAS_MONITORING else _SEES_SLOWLY

    def _take_fault(self, fault: BaseException) -> None:
        """End what is recorded after an error of hotlog's own; a stack that is full is none."""
        if issubclass(type(fault), RecursionError):
            self._note(*NO_ROOM)
            return
        self._recorder.end(stays=False)
        self.on_internal_error(fault)

    # --- the invocation ------------------------------------------------------------------------------------------------

    def on_begin(self) -> None:
        """Record the invocation that begins, if the gates are open and the condition holds."""
        self._drop()
        context = self._context
        if context.is_outside or self.stopped:
            return
        self._enter()
        outcome = self._closed(context.clock_ns()) or self._test()
        if not outcome:
            try:
                self._recorder.begin()
            except InstallError as why:
                self._recorder.end(stays=False)  # nothing was recorded: there is nothing to tell
                self._note(why.code, why.message)
                outcome = OVER_BUDGET
        if outcome:
            self.tally.counts[outcome] += 1
            return
        self._is_running = True
        if self.trouble[0] == "tracer-in-use":  # it is gone
            self.trouble = ("", "")
        self.tally.counts[HELD] += 1
        at_s = context.alarm_s(limits.TIMEOUT_MARGIN_MS)
        if at_s > 0.0:
            look = partial(internal_errors.run_contained, self._look, self.on_internal_error)
            context.watchdog.arm(self, at_s, lambda _at_s: look())

    def on_error(self, fault: BaseException) -> None:  # noqa: ARG002  # the recording has it
        """End the recording: the handler raised."""
        self._failure = Failure(failures.RAISED)
        self._finish()

    def on_answer(self, answer: object, failure: Failure | None) -> None:
        """End the recording: the handler returned."""
        self._failure, self._answer = failure, answer
        self._finish()

    def on_end(self) -> None:
        """Let go of what is left."""
        if self._is_late:
            self._recorder.disarm()
        self._drop()

    def on_close(self) -> None:
        """Take all down."""
        self._drop()
        self._good.clear()
        self._recorder.stop()
        self._context.watchdog.leave(self)

    def _drop(self) -> None:
        if self._is_running:
            self._context.watchdog.disarm(self)
            self._is_running = False
        self._recorder.end(stays=False)
        self._failure, self._answer, self._is_late = None, _NO_ANSWER, False

    def _test(self) -> str:
        """Return the outcome of the condition; empty where it holds."""
        if self._condition is None:
            return ""
        try:
            specials = self._context.specials(self.tally.hits, self.tally.matched)
            holds = is_true(self._condition, HitScope({}, None, specials), self._reader.for_hit())
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return CONDITION_ERROR
        return "" if holds else CONDITION_FALSE

    def _look(self) -> None:
        """Tell what there is, shortly before the time of the invocation is up."""
        recording = self._recorder.end(stays=False)
        if recording is None:
            return
        self._is_late = True
        until_s = time.monotonic() + limits.RECORD_STEP_WAIT_MS / 1_000
        while any(tape.is_working for tape in recording.tapes) and time.monotonic() < until_s:
            time.sleep(0.001)
        recording.cut = {"why": "time-out", "after": sum(len(tape.steps) for tape in recording.tapes)}
        self._failure = Failure(failures.OUT_OF_TIME)
        self._decide(recording)

    def _finish(self) -> None:
        """Tell or keep what was recorded, now that it is known how it went."""
        recording = self._recorder.end(stays=self._is_sure and not self.stopped)
        if recording is not None:
            self._decide(recording)

    # --- good or bad ---------------------------------------------------------------------------------------------------

    def _decide(self, recording: Recording) -> None:
        kept = self._judge(recording)
        if kept is None:
            outcome = CONDITION_ERROR
        elif kept == GOOD:
            self._counted["good"] += 1
            self._keep(recording)
            return
        else:
            self._counted["bad"] += kept != ALL
            self._counted["good"] += kept == ALL
            outcome = self._tell(recording, kept)
        self.tally.counts[HELD] -= 1
        self.tally.counts[outcome] += 1

    def _judge(self, recording: Recording) -> str | None:
        """Return why a recording is told, or that it is good; None where nobody can say."""
        rule, failure = self.rule, self._failure
        passed_ms = (recording.ended_ns - recording.begun_ns) / 1e6
        if rule.keep == "failed" and failure is not None:
            return "failed"
        slow_ms = read_slow_ms(rule.keep)
        if slow_ms is not None and passed_ms > slow_ms:
            return "slow"
        bad = self._own.get("bad")
        if bad is None:
            return ALL if rule.keep == ALL else GOOD
        answer = self._answer if self._answer is not _NO_ANSWER else None
        status = failures.find_status(answer) if failure is None else failure.status
        try:
            specials = {
                **self._context.specials(self.tally.hits, self.tally.matched),
                "status": status,
                "response": lambda: answer,  # whatever it is: what is a function would be called
                "duration_ms": passed_ms,
            }
            return "bad" if is_true(bad, HitScope({}, None, specials), self._reader.for_hit()) else GOOD
        except Unavailable as why:
            self._note("condition-error", f"--bad cannot be evaluated: {why.reason}")
            return None

    def _keep(self, recording: Recording) -> None:
        """Keep a good recording: the last ones of each of the last ways."""
        way = recording.way
        same = self._good.pop(way, None) or deque(maxlen=limits.RECORD_GOOD_TOLD)
        same.append(recording)
        self._good[way] = same  # the way that was taken last stands last
        while len(self._good) > 1 and (
            len(self._good) > limits.RECORD_GOOD_WAYS
            or sum(each.size for kept in self._good.values() for each in kept) > limits.RECORD_GOOD_MAX_BYTES
        ):
            del self._good[next(iter(self._good))]

    def _choose(self, bad: Recording) -> list[Recording]:
        """Return the good recordings that went the same way the furthest, of those the latest."""
        wanted = [id(plan.code) for plan in bad.functions]

        def shares(good: Recording) -> tuple[int, int]:
            count = 0
            for ours, theirs in zip(wanted, good.functions, strict=False):
                if ours != id(theirs.code):
                    break
                count += 1
            return count, good.begun_ns

        generation = self._context.redaction.generation
        every = [each for kept in self._good.values() for each in kept if each.generation == generation]
        return sorted(every, key=shares, reverse=True)[: limits.RECORD_GOOD_TOLD]

    # --- telling -------------------------------------------------------------------------------------------------------

    def _tell(self, recording: Recording, kept: str) -> str:
        number, closed = self._admitted()
        if closed:
            return closed
        name = os.urandom(4).hex()
        said: Event = {"recording": name, "kept": kept, "counted": dict(self._counted)}
        if self._failure is not None:
            failure = self._failure
            said["failure"] = {"how": failure.how} | (
                {"status": failure.status} if failure.status is not None else {}
            )
        outcome = self._send_parts(recording, said, number, 2 * limits.RECORD_MAX_BYTES)
        if outcome == EMITTED and kept != ALL:
            for good in self._choose(recording):
                recorded = {
                    "request_id": good.request_id,
                    "timestamp": f"{events.timestamp(int(good.begun_s))}.{int(good.begun_s * 1_000) % 1_000:03d}Z",
                }
                beside: Event = {
                    "recording": os.urandom(4).hex(),
                    "kept": GOOD,
                    "beside": name,
                    "recorded": recorded,
                }
                for part in self._parts(good, beside, number, limits.RECORD_PART_MAX_BYTES):
                    self._context.emit(part)
        return outcome

    def _send_parts(self, recording: Recording, said: Event, number: int, room: int) -> str:
        """Emit a recording, in as many events as it needs; the first decides."""
        first, *others = self._parts(recording, said, number, room)
        outcome = self._emit(first)
        if outcome == EMITTED:
            for part in others:
                self._context.emit(part)
        return outcome

    def _parts(self, recording: Recording, said: Event, number: int, room: int) -> list[Draft]:
        start_ns = self._context.clock_ns()
        for tape in recording.tapes:
            tape.values.settle()
        steps = telling.list_steps(recording)
        scrub = self._reader.redaction.scrub
        sources = self._recorder.sources if said["kept"] != GOOD else None
        shown = {**said, **telling.describe(recording, steps, sources, scrub)}
        texts, count = telling.list_parts(steps, room, len(events.line_of(shown)))
        if count < len(steps):
            shown["cut"] = {"why": "size", "after": count}
        shown["cost_ms"] = round(shown["cost_ms"] + (self._context.clock_ns() - start_ns) / 1e6, 3)
        place: dict[str, Any] = dict(shown["functions"][0]) if shown["functions"] else {}
        drafts = []
        for part, text in enumerate(texts, 1):
            head: Event = {"hotlog": self.rule.kind, "rule": self.rule.id, **place}
            own: Event = {
                "recording": said["recording"],
                "part": part,
                "parts": len(texts),
                "kept": said["kept"],
            }
            kind, front, rest = events.draft_of({**head, **own, **(shown if part == 1 else {})})
            drafts.append((kind, front, f'{rest},"steps":[{text}],"hit":{number}'))
        return drafts
