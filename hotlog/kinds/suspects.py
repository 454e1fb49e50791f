"""Suspects: which ways through the code good and bad invocations take, and the kinds of values on them; counted, once a minute.

    branches, calls, exceptions ──> seen in this invocation ── good or bad? ──> counts ── a minute is over ──> event

No value leaves the function. The desk compares: `client/comparing/suspects.py`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.frames import is_own_code
from hotlog.errors import InstallError
from hotlog.events import timestamp
from hotlog.expressions.evaluate import HitScope, is_true
from hotlog.hits import failure as failures
from hotlog.hits.failure import Failure
from hotlog.hits.outcomes import EMITTED, HELD
from hotlog.interpreter.branches import name_way, span_of
from hotlog.interpreter.way_events import WayEvents
from hotlog.kinds.triggered import TriggeredHandler
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import inherits, type_name
from hotlog.reading.instance_state import names_of
from hotlog.reading.value_kinds import is_plain, kind_of, kinds_in
from hotlog.rules.kinds import SEES_WAYS

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from hotlog.events import Event
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.interpreter.way_events import Key
    from hotlog.rules.model import Rule

_EVERY_NS: Final = limits.SUSPECTS_EVERY_S * 1_000_000_000
_KINDS_MAX_NS: Final = limits.SUSPECTS_KINDS_MAX_MS * 1_000_000
_ENDS: Final = (StopIteration, StopAsyncIteration, GeneratorExit)
RESULT: Final = "return"  # no argument is called so


class _Counts:
    """How many good and bad invocations came by a way, and when: the sum of its places in the order of the bad ones."""

    __slots__ = ("bad", "good", "order")

    def __init__(self) -> None:
        self.good = self.bad = self.order = 0


class SuspectsHandler(TriggeredHandler):
    """A rule that counts the ways of good and bad invocations.

    Args:
        rule: with `bad`, or without: then an invocation that fails is bad.
        context: as for every rule.
    """

    listens = True
    spends = False  # what it costs is bounded by itself

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        allows = context.roots.allows
        self._events = WayEvents(self, lambda frame: is_own_code(frame, allows))
        self._counts: dict[Key, _Counts] = {}
        self._invocations = {"good": 0, "bad": 0}
        self._since_ns, self._since_s = context.clock_ns(), context.wall_clock()
        self._failure: Failure | None = None
        self._answer: object = None
        self._looks = False
        self._kinds_ns = 0

    def watch(self) -> tuple[str, str]:
        """Begin to see ways; return what is seen, for the status."""
        try:
            self._events.start()
        except InstallError as why:
            return why.code, why.message
        return "", SEES_WAYS

    # --- in an invocation ----------------------------------------------------------------------------------------------

    def on_begin(self) -> None:
        """Begin to count for this invocation."""
        self._failure, self._answer, self._kinds_ns = None, None, 0
        self._looks = self._context.is_running and not self._closed(self._context.clock_ns())
        self._events.begin()
        at_s = self._context.alarm_s(limits.TIMEOUT_MARGIN_MS) if self._looks else 0.0
        if at_s > 0.0:
            tell = partial(internal_errors.run_contained, self._run_out, self.on_internal_error)
            self._context.watchdog.arm(self, at_s, lambda _at_s: tell())

    def on_call(self, code: CodeType, frame: FrameType) -> None:
        """Note the kinds of a call's arguments."""
        if not self._looks or self._kinds_ns > _KINDS_MAX_NS:
            return
        start_ns = self._context.clock_ns()
        values = names_of(frame)
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        for name in code.co_varnames[:count]:
            if name in values and name[:1] != "." and not self._context.redaction.hides(name):
                self._note_kinds(code, name, values[name])
        self._kinds_ns += self._context.clock_ns() - start_ns

    def on_result(self, code: CodeType, value: object) -> None:
        """Note the kind of what a call returns."""
        if not self._looks or self._kinds_ns > _KINDS_MAX_NS:
            return
        start_ns = self._context.clock_ns()
        self._note_kinds(code, RESULT, value)
        self._kinds_ns += self._context.clock_ns() - start_ns

    def _note_kinds(self, code: CodeType, name: str, value: object) -> None:
        seen, number = self._events.seen, id(code)
        if is_plain(value):
            seen.setdefault((number, name, kind_of(value)), 1)
            return
        for path, kind in kinds_in(name, value, self._shows, self._context.roots.allows):
            seen.setdefault((number, path, kind), 1)

    def _shows(self, name: str) -> bool:
        """Return whether a field or key may be named: own code names it, so that it is no value; and it is no secret's."""
        return name in self._events.words and not self._context.redaction.hides(name)

    def name_of(self, fault: BaseException) -> str:
        """Return the name of an exception's class; empty for one that ends a loop or a generator."""
        cls = type(fault)
        return "" if any(inherits(cls, each) for each in _ENDS) else type_name(cls)

    def on_error(self, fault: BaseException) -> None:  # noqa: ARG002  # that there is one says it
        """Note that the handler raised an exception."""
        self._failure = Failure(failures.RAISED)

    def on_answer(self, answer: object, failure: Failure | None) -> None:
        """Note what the handler returned."""
        self._failure, self._answer = failure, answer

    def on_end(self) -> None:
        """Count the invocation as good or bad; tell what is counted where a minute is over."""
        self._context.watchdog.disarm(self)
        self._count()
        if self._context.clock_ns() - self._since_ns >= _EVERY_NS:
            self._tell()

    def on_close(self) -> None:
        """Tell what is counted, and see no more, as the rule is removed."""
        self._tell()
        self._events.stop()
        self._context.watchdog.leave(self)

    def _run_out(self) -> None:
        """Count an invocation whose time is nearly up, and tell it: Lambda ends the process."""
        self._failure = Failure(failures.OUT_OF_TIME)
        self._count()
        self._tell()

    # --- at its end ----------------------------------------------------------------------------------------------------

    def _count(self) -> None:
        if not self._looks:
            return
        self._looks = False
        self._enter()
        verdict = self._is_bad()
        self._answer = None
        if verdict is None:
            return
        self.tally.counts[HELD] += 1
        name = "bad" if verdict else "good"
        self._invocations[name] += 1
        counts, seen = self._counts, self._events.seen
        for order, key in enumerate(list(seen)):
            found = counts.get(key)
            if found is None:
                if len(counts) >= limits.SUSPECTS_MAX_WAYS:
                    continue
                found = counts[key] = _Counts()
            if verdict:
                found.bad += 1
                found.order += order
            else:
                found.good += 1

    def _is_bad(self) -> bool | None:
        """Return whether the invocation is bad; None where that cannot be decided."""
        bad = self._own.get("bad")
        if bad is None:
            return self._failure is not None
        answer, context = self._answer, self._context
        specials = {
            **context.specials(self.tally.hits, self.tally.matched),
            "status": failures.find_status(answer),
            "response": lambda: answer,
            "duration_ms": (context.clock_ns() - context.begun_ns) / 1e6,
        }
        try:
            return is_true(
                bad, HitScope({}, None, specials), self._reader.for_hit(limits.ERROR_MAX_MS * 1_000_000)
            )
        except Unavailable as why:
            self._note("condition-error", f"--bad cannot be evaluated: {why.reason}")
            return None

    def _tell(self) -> None:
        """Emit what was counted since the last event, in as many as it takes: also as the rule is taken out."""
        counts, self._counts = self._counts, {}
        invocations, self._invocations = self._invocations, {"good": 0, "bad": 0}
        since_s, self._since_s = self._since_s, self._context.wall_clock()
        self._since_ns = self._context.clock_ns()
        outcomes, held = self.tally.counts, sum(invocations.values())
        if not held:
            return
        ways: dict[int, list[Event]] = {}
        for key, found in counts.items():
            ways.setdefault(key[0], []).append(self._way_of(key, found))
        parts = _split([(self._events.codes[number], each) for number, each in ways.items()])
        for part in parts or [[]]:
            self._send(partial(self._event_of, since_s, invocations, part))
            invocations = {"good": 0, "bad": 0}
        outcomes[HELD] -= held
        outcomes[EMITTED] += held

    def _event_of(
        self, since_s: float, invocations: dict[str, int], part: list[tuple[CodeType, list[Event]]]
    ) -> Event:
        relative = self._context.roots.relative
        return {
            **self._head(),
            "since": f"{timestamp(int(since_s))}Z",
            "invocations": invocations,
            "reached": [
                {
                    "at": f"{relative(code.co_filename)}:{code.co_firstlineno}",
                    "qualname": code.co_qualname,
                    "ways": ways,
                }
                for code, ways in part
            ],
        }

    def _way_of(self, key: Key, found: _Counts) -> Event:
        """Return a way as the event tells it."""
        number, name, what = key
        code, told = self._events.codes[number], {"good": found.good, "bad": found.bad}
        if found.bad:
            told["order"] = found.order // found.bad
        if type(name) is str:
            if name.startswith(RESULT):
                return {"result": name.removeprefix(RESULT).lstrip("."), "kind": what, **told}
            return {"argument": name, "kind": what, **told}
        span = span_of(code, name)
        place: Event = {"line": span[0], "span": span} if span is not None else {}
        if type(what) is str:
            sort, _, raised = what.partition(" ")
            return {**place, sort: raised, **told}
        return {**place, "way": name_way(code, name, what), **told}


def _split(ways: list[tuple[CodeType, list[Event]]]) -> list[list[tuple[CodeType, list[Event]]]]:
    """Divide the ways of functions into parts, each as large as an event may be."""
    parts: list[list[tuple[CodeType, list[Event]]]] = []
    room = 0
    for code, each in ways:
        for first in range(0, len(each), limits.SUSPECTS_PART_WAYS):
            some = each[first : first + limits.SUSPECTS_PART_WAYS]
            if len(some) > room:
                parts.append([])
                room = limits.SUSPECTS_PART_WAYS
            parts[-1].append((code, some))
            room -= len(some)
    return parts
