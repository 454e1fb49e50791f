"""Why an invocation fails: the last exceptions that left the application's own code before it did, with their variables.

    exception crosses ── captured ──> held ── the handler raises, its time runs out, its answer is an error ──> told
                                       └───── the invocation is in order ──> dropped, or told with `caught`

What an invocation's failure is stands in `hotlog/hits/failure.py`, what a crossing is in `hotlog/hits/crossings.py`. Where
nobody tells of crossings (3.11), what the handler raises is told as before, and of an answer the answer alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.frames import capture_error, capture_frames, innermost, place_of, stack_of, traceback_of
from hotlog.capture.snapshot import capture
from hotlog.errors import InstallError
from hotlog.expressions.evaluate import HitScope, is_true, render
from hotlog.expressions.moments import AT_END, Moments, check_moment, split_condition
from hotlog.expressions.template import Hole, Template
from hotlog.hits import failure as failures
from hotlog.hits.failure import Failure, is_left_out
from hotlog.hits.outcomes import CONDITION_ERROR, CONDITION_FALSE, EMITTED, HELD, OVER_BUDGET
from hotlog.kinds.triggered import TriggeredHandler
from hotlog.reading.budget import Unavailable
from hotlog.rules.kinds import SEES_ALL, SEES_ANSWERS

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.capture.frames import At
    from hotlog.events import Event
    from hotlog.expressions.grammar import Expression
    from hotlog.hits.crossings import Comprehensions, Crossing
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule


class _Held:
    """An exception that has crossed, and what is to be told of it.

    Attributes:
        crossing: where it left own code; None: it was captured as the handler raised it.
        event: what is known by now.
        message: the message's parts, some of which are still to be read.
    """

    __slots__ = ("crossing", "event", "message")

    def __init__(self, crossing: Crossing | None, event: Event, message: list[str | Template]) -> None:
        self.crossing, self.event, self.message = crossing, event, message


class FailureHandler(TriggeredHandler):
    """A rule that tells of invocations that fail.

    Raises:
        RuleError: `two-moments`: an expression reads what is gone when the rest of it is known.
    """

    listens = True
    counts_apart = False  # parts of its condition are asked at different moments
    spends = False  # it ends the invocation anyway

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        moments = split_condition(self._condition) if self._condition is not None else Moments(None, None)
        self._early, self._late = moments
        holes = [hole.expression for hole in self._message.holes] if self._message is not None else []
        for each in (*self._watches.values(), *holes):
            check_moment(each)
        self._parts = _parts_of(self._message)
        self._late_watches = {name for name, each in self._watches.items() if each.specials & AT_END}
        self._held: list[_Held] = []
        self._left_out: list[Crossing | None] = []
        self._told: list[
            Crossing | None
        ] = []  # shortly before the time ran out: these may still arrive at the handler
        self._is_armed = False

    def watch(self) -> tuple[str, str]:
        """Begin to look for crossings; return what is seen, for the status."""
        try:
            self._context.crossings.join(self, runs=self._context.is_running)
        except InstallError as why:
            return (
                "" if why.code == "cannot-monitor" else why.code
            ), f"{SEES_ANSWERS} ({why.message.rstrip('.')})"
        return "", SEES_ALL

    def on_begin(self) -> None:
        """Forget what the invocation before has left."""
        self._forget()
        self._is_armed = False

    def on_close(self) -> None:
        """Look for crossings no more."""
        self._held.clear()
        self._context.crossings.leave(self)
        self._context.watchdog.leave(self)

    # --- as an exception crosses ---------------------------------------------------------------------------------------

    def on_crossing(
        self, crossing: Crossing, frame: FrameType, fault: BaseException, comprehensions: Comprehensions
    ) -> None:
        """Hold what is to be told of an exception that has left own code."""
        if self.stopped or self._limiter.left == 0:
            return
        if self._context.spent_ns > limits.INVOCATION_MAX_NS:
            self._enter()
            self.tally.counts[OVER_BUDGET] += 1
            return
        self._arm()
        self._once(self._take, crossing, frame, fault, comprehensions)

    def _take(
        self,
        crossing: Crossing | None,
        frame: FrameType | None,
        fault: BaseException,
        comprehensions: Comprehensions,
    ) -> None:
        self._enter()
        closed = self._closed(self._context.clock_ns())
        if not closed and is_left_out(fault, self.rule.excepted):
            closed = CONDITION_FALSE
        outcome = closed or self._hold(crossing, frame, fault, comprehensions)
        if outcome != HELD:
            self._left_out.append(crossing)
        self.tally.counts[outcome] += 1

    def _hold(
        self,
        crossing: Crossing | None,
        frame: FrameType | None,
        fault: BaseException,
        comprehensions: Comprehensions,
    ) -> str:
        context = self._context
        start_ns = context.clock_ns()
        try:
            reader = self._reader.for_hit(limits.ERROR_MAX_MS * 1_000_000)
            passed = traceback_of(fault)
            inner = innermost(passed, self._reader)
            specials = {**context.specials(self.tally.hits, self.tally.matched), "exception": lambda: fault}
            scope = HitScope({}, inner.frame if inner is not None else None, specials)
            if self._early is not None and not is_true(self._early, scope, reader):
                if self._late is None and next(self.tally.looks, False) and self.operands is not None:
                    self.operands.look(scope, reader)
                return CONDITION_FALSE
            # What called the frame that it left is still there, though it will never see the exception.
            frames = [*passed, *(stack_of(frame.f_back) if frame is not None else ())]
            message = [
                part if part.specials & AT_END else render(part, scope, reader) for part in self._parts
            ]
            event = self._capture(fault, frames, inner, scope, reader, comprehensions)
            self._held.append(_Held(crossing, event, message))
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return CONDITION_ERROR
        finally:
            context.spent_ns += context.clock_ns() - start_ns
        return HELD

    def _capture(
        self,
        fault: BaseException,
        frames: list[At],
        inner: At | None,
        scope: HitScope,
        reader: Reader,
        comprehensions: Comprehensions,
    ) -> Event:
        root = self._context.roots.root
        early = {
            name: self._capture_watch(name, scope, reader)
            for name in self._watches
            if name not in self._late_watches
        }
        return {
            **self._head(),
            **(place_of(inner, reader, root) if inner is not None else {}),
            **({"watch": early} if self._watches else {}),
            "error": capture_error(fault, reader, root, comprehensions),
            "frames": capture_frames(frames, reader, root, limits.ERROR_MAX_FRAMES, comprehensions),
        }

    def _arm(self) -> None:
        """Tell what is held shortly before the time runs out; the first crossing of an invocation asks for it."""
        at_s = 0.0 if self._is_armed else self._context.alarm_s(limits.TIMEOUT_MARGIN_MS)
        self._is_armed = True
        if at_s > 0.0:
            tell = partial(internal_errors.run_contained, self._tell, self.on_internal_error)
            self._context.watchdog.arm(self, at_s, lambda _at_s: tell(Failure(failures.OUT_OF_TIME)))

    # --- at the end of the invocation ----------------------------------------------------------------------------------

    def on_error(self, fault: BaseException) -> None:
        """Tell of the exception that the handler raised, and of those that led to it."""
        crossing = self._context.crossings.find(fault)
        if crossing is not None and any(each is crossing for each in (*self._left_out, *self._told)):
            return
        if crossing is None or not any(each.crossing is crossing for each in self._held):
            # Nobody saw it cross, or there was no time for it: its frames are still there.
            self._once(self._take, crossing, None, fault, {})
        self._tell(Failure(failures.INIT if self._context.is_outside else failures.RAISED))

    def on_answer(self, answer: object, failure: Failure | None) -> None:
        """Tell of what made the answer an error; where nothing is known of that, of the answer alone."""
        if failure is None and self.rule.caught:
            failure = Failure(failures.SUCCEEDED, failures.find_status(answer))
        if failure is None or self._tell(failure, answer) or failure.how == failures.SUCCEEDED:
            return
        if not self._left_out:
            self._once(self._tell_answer, failure, answer)

    def on_end(self) -> None:
        """Drop what is held: the invocation is in order, or all is told."""
        self._forget()
        if self._is_armed:
            self._context.watchdog.disarm(self)

    def _forget(self) -> None:
        self._held.clear()
        self._left_out.clear()
        self._told.clear()

    def _tell(self, failure: Failure, answer: object = None) -> bool:
        """Emit what is held, the latest as far as there is room; return whether anything was held."""
        held, self._held = self._held, []
        self._told += [each.crossing for each in held]
        held = [each for each in held if each.crossing is None or not each.crossing.back_as]
        is_whole = failure.how in {failures.BATCH, failures.SUCCEEDED}
        most = min(len(held) if is_whole else limits.ERRORS_TOLD_MAX, max(self._limiter.left, 1))
        first, counts, is_paid = len(held) - most, self.tally.counts, False
        for number, each in enumerate(held):
            if number >= first:
                told = self._describe(failure, each.crossing, number, len(held))
                outcome = self._finish(each, told, failure, answer, is_paid=is_paid)
                is_paid |= outcome == EMITTED
                counts[HELD] -= 1
                counts[outcome] += 1
        return bool(held)

    def _tell_answer(self, failure: Failure, answer: object) -> None:
        """Emit an answer that is an error, of which no exception is known."""
        self._enter()
        outcome = self._closed(self._context.clock_ns())
        if (
            not outcome
            and self._early is not None
            and (self._early.names or "exception" in self._early.specials)
        ):
            outcome = CONDITION_FALSE  # it asks for an exception
        if not outcome:
            head = {name: value for name, value in self._head().items() if value}
            told = self._describe(failure, None, 0, 0)
            held = _Held(None, head, [*self._parts])
            outcome = self._finish(held, told, failure, answer, condition=self._condition)
        self.tally.counts[outcome] += 1

    def _describe(self, failure: Failure, crossing: Crossing | None, number: int, count: int) -> Event:
        """Return the field of an event that says how the invocation failed, and which of its exceptions this is."""
        told: Event = {"how": failure.how}
        if failure.status is not None:
            told["status"] = failure.status
        if crossing is not None and crossing.into:
            told["into"] = crossing.into
        if failure.how == failures.BATCH and count == len(failure.failed):  # one for each: in their order
            identifier = failure.failed[number]
            item = failures.find_item(self._context.payload, identifier)
            told |= (
                {"id": identifier} if item is None else {"id": identifier, "item": item[0], "items": item[1]}
            )
        elif count > 1:
            told |= {"number": number + 1, "of": count}
        return told

    def _finish(
        self,
        held: _Held,
        told: Event,
        failure: Failure,
        answer: object,
        *,
        is_paid: bool = False,
        condition: Expression | None = None,
    ) -> str:
        """Return the outcome of what is held, now that the answer is known."""
        context = self._context
        start_ns = context.clock_ns()
        condition = condition or self._late
        try:
            reader = self._reader.for_hit(limits.ERROR_MAX_MS * 1_000_000)
            specials = {
                **context.specials(self.tally.hits, self.tally.matched),
                "exception": None,
                "status": failure.status
                if failure.how != failures.SUCCEEDED
                else failures.find_status(answer),
                "response": lambda: answer,  # whatever it is: what is a function would be called
                "duration_ms": (start_ns - context.begun_ns) / 1e6,
            }
            scope = HitScope({}, None, specials)
            if condition is not None and not is_true(condition, scope, reader):
                return CONDITION_FALSE
            number, closed = self._admitted(is_paid=is_paid)
            return closed or self._send(partial(self._event_of, held, told, answer, scope, reader, number))
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return CONDITION_ERROR
        finally:
            context.spent_ns += context.clock_ns() - start_ns

    def _event_of(
        self, held: _Held, told: Event, answer: object, scope: HitScope, reader: Reader, number: int
    ) -> Event:
        event = held.event
        if self._message is not None:
            parts = [part if isinstance(part, str) else render(part, scope, reader) for part in held.message]
            event["message"] = "".join(parts)
        if self._watches:
            known = event.get("watch", {})
            event["watch"] = {
                name: known[name] if name in known else self._capture_watch(name, scope, reader)
                for name in self._watches
            }
        event["failure"] = told
        if "error" not in event:
            event["response"] = capture(answer, reader, "response")
        event["hit"] = number
        return event


def _parts_of(message: Template | None) -> list[Template]:
    """Return the parts of a message as messages of their own, such that each can be read in its turn."""
    if message is None:
        return []
    if not message.specials & AT_END:
        return [message]
    return [
        message._replace(
            text=f"{message.text}\0{number}",
            parts=(part,),
            names=part.expression.names if isinstance(part, Hole) else frozenset(),
            specials=part.expression.specials if isinstance(part, Hole) else frozenset(),
            calls=part.expression.calls if isinstance(part, Hole) else frozenset(),
            holes=(part,) if isinstance(part, Hole) else (),
        )
        for number, part in enumerate(message.parts)
    ]
