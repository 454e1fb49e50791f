"""What the rules of one process share: the invocation they belong to, its budget, and the way out for events.

Some kinds of rules want to know how an invocation goes, not only that a line was reached: they listen.

    runtime ── begin, error, end ──> InvocationContext ──> each listening rule
"""

from __future__ import annotations

import time
from _thread import _count as count_threads  # all but the main one
from binascii import crc32
from functools import cached_property
from os import urandom
from threading import get_ident
from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__, internal_errors, limits
from hotlog.events import Invocation
from hotlog.hits.groups import Groups
from hotlog.hits.identity import Identities
from hotlog.reading.budget import CaptureBounds
from hotlog.reading.classes import find_loaded
from hotlog.redaction.environment_secrets import EnvironmentSecrets
from hotlog.redaction.redact import Redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hotlog.config import Config
    from hotlog.events import Draft, Event
    from hotlog.hits.crossings import Crossings
    from hotlog.hits.failure import Failure
    from hotlog.hits.watchdog import Watchdog
    from hotlog.source.probeable import CodeRoots


class Listener(Protocol):
    """A rule that is told how an invocation goes."""

    def on_begin(self) -> None:
        """Begin an invocation; called too when the rule is installed while one is about to begin."""

    def on_error(self, fault: BaseException) -> None:
        """Take the exception that the handler raised. Its traceback begins with the handler's own frame."""

    def on_answer(self, answer: object, failure: Failure | None) -> None:
        """Take what the handler returned, and how that says that the invocation has failed; None where it does not."""

    def on_end(self) -> None:
        """End the invocation, whether or not the handler failed."""

    def on_close(self) -> None:
        """Release what the rule holds, as it is removed."""

    def on_internal_error(self, fault: BaseException) -> None:
        """Take an error of hotlog's own that one of the methods above raised."""


class Asked(Protocol):
    """A rule that decides about an invocation once."""

    def decide(self, others: bool) -> None:
        """Decide about the invocation that begins; `others`: a thread or task of an earlier one may run meanwhile."""

    def on_internal_error(self, fault: BaseException) -> None:
        """Take an error of hotlog's own that `decide` raised."""


def _others_may_run() -> bool:
    """Return whether another thread lives, or a task that has not ended."""
    if count_threads():
        return True
    tasks = find_loaded("_asyncio", "_scheduled_tasks") or find_loaded("asyncio.tasks", "_scheduled_tasks")
    return tasks is not None and len(tasks) > 0


class InvocationContext:
    """What the hits of all rules of this process share.

    Args:
        config: settings.
        roots: below which objects may be read freely.
        emit: the way out for events; False where there is no room for one.
        on_fault: told of each fault of hotlog's in a rule. It must not raise.
        clock_ns: monotonic nanoseconds.
        wall_clock: seconds since the epoch.
        identify_with: takes what says which invocation an event belongs to; None: that which runs.

    Attributes:
        ceilings: how much of a value the owner lets any rule capture.
        invocation: the one that hits belong to, without its payload.
        payload: of the invocation that runs; None once it is over, so that no memory is kept for it.
        replays: whether it begins with what an earlier one of the same execution has done.
        spent_ns: what hits have cost this invocation.
        begun_ns: when it began.
        tested_ns: what conditions have cost it that were false when the evaluator decided.
        news: a handler has something to tell: the next safe point looks at it.
        open_to_ns: while no more is spent, all gates that hang on the invocation are open: one comparison for all of them.
        entered: a hit went through the gates since it was last looked at.
        busy: threads that may be within a hit.
        listening: the rules that are told how an invocation goes.
        thread: the one that the invocation runs in.
        groups: what rules of one group decide together.
        asked: the rules whose condition, or the first part of it, is about the invocation alone.
    """

    def __init__(
        self,
        config: Config,
        roots: CodeRoots,
        emit: Callable[[Event | Draft], bool],
        on_fault: Callable[[BaseException], object],
        *,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        wall_clock: Callable[[], float] = time.time,
        identify_with: Callable[[Callable[[str], str] | None], object] | None = None,
    ) -> None:
        self._secrets = EnvironmentSecrets(config)
        self.redaction = Redaction(config._replace(secrets=self._secrets.known))
        self.ceilings = CaptureBounds(config.max_depth, config.max_items, config.max_chars)
        self.roots = roots
        self.emit = emit
        self.on_fault = on_fault
        self.clock_ns, self.wall_clock = clock_ns, wall_clock
        self.invocation = Invocation()
        self.payload: object = None
        self.replays = self._is_over = self._has_crossings = False
        self.spent_ns, self._budget_from_ns = 0, clock_ns()
        self.begun_ns = self._budget_from_ns
        self.tested_ns = 0
        self.news = False
        self.entered = False
        self.open_to_ns = limits.INVOCATION_MAX_NS
        self.busy: set[int] = set()
        self.listening: tuple[Listener, ...] = ()
        self.thread = get_ident()
        self.groups = Groups()
        self.identities, self._identify_with = Identities(roots.allows), identify_with
        self.asked: tuple[Asked, ...] = ()

    @property
    def is_running(self) -> bool:
        """Return whether an invocation has begun and not ended."""
        return bool(self.invocation.request_id) and not self._is_over

    @property
    def is_outside(self) -> bool:
        """Return whether no invocation has begun: in INIT."""
        return not self.invocation.request_id and self.payload is None

    @cached_property
    def crossings(self) -> Crossings:
        """Return the exceptions of the invocation that leave the application's own code."""
        from hotlog.capture.frames import is_own_code  # few rules look at them
        from hotlog.hits.crossings import Crossings

        self._has_crossings = True
        return Crossings(lambda frame: is_own_code(frame, self.roots.allows), self.identities.find_other)

    @cached_property
    def watchdog(self) -> Watchdog:
        """Return the watchdog, which calls rules when the invocation's time is nearly up."""
        from hotlog.hits.watchdog import Watchdog  # few do

        return Watchdog()

    def look_at_environment(self) -> None:
        """Hide what the application has put into its environment since, under the name of a secret."""
        if self._secrets.have_changed():
            self.redaction.set_secrets(self._secrets.known)

    def hide(self, secret: str) -> None:
        """Show this text in no event from now on."""
        self._secrets.add(secret)
        self.redaction.set_secrets(self._secrets.known)

    def begin(self, invocation: Invocation, thread: int = 0) -> None:
        """Begin an invocation in that thread, or this one: hits belong to it, and its budget is whole."""
        self.look_at_environment()
        self.invocation, self.payload = invocation._replace(event=None), invocation.event
        self.replays = invocation.replays
        self._is_over = False
        self.spent_ns, self._budget_from_ns = 0, self.clock_ns()
        self.begun_ns = self._budget_from_ns
        self.tested_ns = 0
        self.open_to_ns = -1 if invocation.replays else limits.INVOCATION_MAX_NS
        self.thread = thread or get_ident()
        self.groups.begin()
        is_several = self.identities.begin(self.invocation, self.thread)
        if self._identify_with is not None:
            self._identify_with(self.identities.identify if is_several else None)
        if self._has_crossings:
            self.crossings.begin()
        self._decide(self.asked)
        for each in self.listening:
            internal_errors.run_contained(each.on_begin, each.on_internal_error)

    def ask_once(self, asked: tuple[Asked, ...]) -> None:
        """Have these rules, and no others, decide about each invocation before its handler runs."""
        before, self.asked = self.asked, asked
        self._decide(each for each in asked if each not in before)

    def _decide(self, asked: Iterable[Asked]) -> None:
        """Have rules decide about the invocation. While something of an earlier one may run, patched code asks at each hit."""
        others = None
        for each in asked:
            if others is None:
                others = _others_may_run()
            internal_errors.run_contained(each.decide, each.on_internal_error, others)

    def renew_budget(self, now_ns: int) -> bool:
        """Return whether the hits' budget was renewed: from time to time without invocations, else never."""
        if self.invocation.request_id or now_ns - self._budget_from_ns < limits.BUDGET_RENEWED_MS * 1_000_000:
            return False
        # Another object: what is paused is paused in this one.
        self.invocation = self.invocation._replace()
        self.spent_ns, self._budget_from_ns = 0, now_ns
        self.tested_ns = 0
        return True

    def listen(self, listeners: tuple[Listener, ...]) -> None:
        """Tell these listeners, and no others, of each invocation from now on."""
        before, self.listening = self.listening, listeners
        for each in before:
            if each not in listeners:
                internal_errors.run_contained(each.on_close, each.on_internal_error)
        for each in listeners:
            if each not in before:
                internal_errors.run_contained(each.on_begin, each.on_internal_error)

    def error(self, fault: BaseException) -> None:
        """Tell every listener that the handler raised an exception."""
        for each in self.listening:
            internal_errors.run_contained(each.on_error, each.on_internal_error, fault)

    def answer(self, answer: object) -> None:
        """Tell every listener what the handler returned."""
        if not self.listening:
            return
        from hotlog.hits.failure import find_failure  # with the first such rule

        failure = find_failure(answer)
        for each in self.listening:
            internal_errors.run_contained(each.on_answer, each.on_internal_error, answer, failure)

    def end(self) -> None:
        """Tell every listener that the invocation is over."""
        self._is_over = True
        for each in self.listening:
            internal_errors.run_contained(each.on_end, each.on_internal_error)
        if self._has_crossings:
            self.crossings.end()
        self.payload = None

    def alarm_s(self, margin_ms: int) -> float:
        """Return when only that much time is left, in monotonic seconds; never before half of it is over.

        Returns:
            0.0 where nobody knows when it ends, or where it has: a rule may come after it.
        """
        deadline_s = self.invocation.deadline
        if deadline_s == 0.0 or self._is_over:
            return 0.0
        now_s = self.clock_ns() / 1e9
        return max(deadline_s - margin_ms / 1_000, (now_s + deadline_s) / 2)

    def chance(self) -> float:
        """Return a number from 0 to 1 that a request's hits and retries share; without a request any.

        The invocations of a durable execution are one request.
        """
        request_id = self.invocation.execution or self.invocation.request_id
        return crc32(request_id.encode() if request_id else urandom(4)) / 2**32

    def picks(self, group: str) -> bool:
        """Return whether the rules of the group look at this invocation."""
        return self.groups.picks(group, self.chance(), keep=bool(self.invocation.request_id))

    def specials(self, hits: int, matched: int = 0) -> dict[str, object]:
        """Return the values of the `@names` at this moment.

        Args:
            hits: of the rule.
            matched: those of them whose condition held.
        """
        invocation = self.identities.find_other() or self.invocation
        return {
            "request_id": invocation.request_id,
            "cold_start": invocation.cold_start,
            "remaining_ms": int(max(0.0, invocation.deadline - self.clock_ns() / 1e9) * 1_000),
            "function": invocation.function,
            "version": invocation.version,
            "hits": hits,
            "matched": matched,
            "tenant": invocation.tenant,
            "correlation_id": invocation.correlation_id,
            "event": self.payload,
        }
