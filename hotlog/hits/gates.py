"""The gates of a rule in this process: what keeps a hit from becoming an event, whatever the values are.

In the order of their cost: ended, expired, over the invocation's budget, replayed, not chosen. Behind the condition come
limit and rate, which count only what went out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.events import ERROR, EXHAUSTED, EXPIRED
from hotlog.hits.durable_execution import is_replaying
from hotlog.hits.outcomes import (
    EMITTED,
    NOT_SAMPLED,
    OVER_BUDGET,
    RATE_LIMITED,
    REPLAYED,
    OutcomeCounters,
)
from hotlog.hits.rate_limit import Limiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Draft, Event, Invocation
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.rules.model import Rule

_NEVER_NS: Final = sys.maxsize


NO_ROOM: Final = ("recursion-limit", "some hits found no room left on the stack, and emitted nothing")


class Gates:
    """What of a rule decides whether its hits may emit, and keeps count of them.

    Args:
        rule: the rule.
        context: what it shares with the others.

    Attributes:
        tally: how often it was hit, and the outcomes.
        stopped: the state that ended it, or empty: such as `exhausted`.
        trouble: code and sentence of what keeps it from emitting, or ended it; empty where nothing does.
        paused_after_ms: what hits, or conditions, had cost an invocation when it paused.
        counts_apart: whether `@matched` in its condition counts the hits for which the rest of it held.
        spends: whether its hits share the invocation's budget with all others; one that ends it anyway does not.
    """

    counts_apart = True
    spends = True
    tally: OutcomeCounters

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        self.rule = rule
        self._context = context
        self._expires_s = rule.expires.timestamp() if rule.expires is not None else None
        self._limiter = Limiter(rule.limit, rule.per_second, context.clock_ns())
        self._chooses = bool(rule.group) or rule.sample < 1.0  # not every request's hits are emitted
        # Not 0: nothing else need be looked at until then, or in the invocation whose budget is spent.
        self._shut_until_ns = 0
        self._spent_in: Invocation | None = None
        self._expiry_ns = 0 if rule.expires is not None else _NEVER_NS
        self.stopped = ""
        self._paused_in: Invocation | None = None
        self.paused_after_ms = 0
        self.trouble = ("", "")

    def extend(self, rule: Rule) -> None:
        """Take the same rule with another expiry: what it has counted stays."""
        self.rule = rule
        self._expires_s = rule.expires.timestamp() if rule.expires is not None else None
        self._expiry_ns = 0 if rule.expires is not None else _NEVER_NS

    def stop(self, state: str) -> None:
        """Stop emitting; a frame may still run the patched code for a while."""
        self.stopped = state
        self.tally.stop(state)
        self._shut_until_ns, self._spent_in = 0, None
        self._context.news = True

    def _enter(self) -> None:
        """Count a hit that no reached line has counted."""
        self.tally.entered += 1
        self._context.entered = True

    def _closed(self, now_ns: int) -> str:
        """Return the outcome of the first closed gate before the condition; empty where all are open."""
        context = self._context
        if self.stopped:
            return self.tally.stop(self.stopped)
        if now_ns >= self._expiry_ns and self._is_expired(now_ns):
            self.stop(EXPIRED)
            return EXPIRED
        if self.spends and context.spent_ns > limits.INVOCATION_MAX_NS and not context.renew_budget(now_ns):
            return self._pause(limits.INVOCATION_MAX_MS)
        if context.replays and is_replaying():
            return REPLAYED
        if not self._chooses:
            return ""
        rule = self.rule
        picked = context.picks(rule.group) if rule.group else context.chance() < rule.sample
        return "" if picked else NOT_SAMPLED

    def _pause(self, cost_ms: int) -> str:
        """Look at no further hit of this invocation, which hits or conditions have cost so much."""
        invocation = self._context.invocation
        self._paused_in, self.paused_after_ms = invocation, cost_ms
        if invocation.request_id:  # else it may be renewed
            self._shut_until_ns, self._spent_in = 1, invocation
        return OVER_BUDGET

    @property
    def is_paused(self) -> bool:
        """Return whether the invocation's budget for hits is spent: the rule emits again in the next."""
        return self._paused_in is self._context.invocation

    def _is_expired(self, now_ns: int) -> bool:
        """Ask the wall clock, and note when to ask again: in a second at the latest, for it may be set."""
        if self._expires_s is None:
            self._expiry_ns = _NEVER_NS
            return False
        left_s = self._expires_s - self._context.wall_clock()
        self._expiry_ns = now_ns + int(min(left_s, 1.0) * 1e9)
        return left_s <= 0

    def _admitted(self, *, is_paid: bool = False) -> tuple[int, str]:
        """Return the number of this hit's event; or 0 and the outcome, where limit or rate refuse it.

        Args:
            is_paid: it belongs to an event that the rate has let through: the limit alone counts.
        """
        if self.stopped:
            return 0, EXHAUSTED
        return self._limiter.admit(self._context.clock_ns(), is_paid=is_paid)

    def _send(self, make: Callable[[], Event | Draft]) -> str:
        """Make the event and emit it, and book it whatever happens."""
        event = None
        try:
            event = make()
        finally:
            if event is None:
                self._limiter.take_back()
        return self._emit(event)

    def _emit(self, event: Event | Draft) -> str:
        """Emit the event, and book it whatever happens: only one that went out counts towards the limit."""
        done = False
        try:
            done = self._context.emit(event)
        finally:
            if not done:
                self._limiter.take_back()
            elif self._limiter.count_sent():
                self.stop(EXHAUSTED)
        return EMITTED if done else RATE_LIMITED

    def on_internal_error(self, fault: BaseException) -> None:
        """Disarm the probe after a failure of hotlog, and say so in the status."""
        # Where the application's stack is nearly full, that is no fault of the probe's.
        if issubclass(type(fault), RecursionError):
            self.tally.counts[OVER_BUDGET] += 1
            self._note(*NO_ROOM)
            return
        self.trouble = ("internal-fault", internal_errors.describe(fault))
        self.stop(ERROR)
        self._context.on_fault(fault)

    def _note(self, code: str, reason: str) -> None:
        """Keep a trouble for the status, where its code differs from the last."""
        if self.trouble[0] != code:
            self.trouble = (code, reason)
            self._context.news = True
