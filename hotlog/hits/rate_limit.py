"""Limit and rate of one rule: how many events it may still emit, and whether it may emit one now."""

from __future__ import annotations

import sys
from _thread import RLock
from itertools import count
from typing import Final

from hotlog import __builtins__, limits
from hotlog.events import EXHAUSTED
from hotlog.hits.outcomes import RATE_LIMITED

_LOOK_AGAIN_NS: Final = 3_600 * 10**9  # a rate may be so low that no number says when it has room again


class Limiter:
    """A token bucket and a number of events, for hits of several threads.

    Args:
        limit: events until it is exhausted; None: without end.
        per_second: events per second; None: without limit. A burst may have as many as a second's, at least one.
        now_ns: the monotonic clock, in nanoseconds.
    """

    def __init__(self, limit: int | None, per_second: float | None, now_ns: int) -> None:
        self._limit, self._per_second = limit, per_second
        self._burst = max(1.0, per_second or 0.0)
        self._tokens, self._filled_ns = self._burst, now_ns
        self._number = 0  # of the last event that was let through
        self._sent = count(1)  # a step for each event that went out
        self._lock = RLock()

    def admit(self, now_ns: int, *, is_paid: bool = False) -> tuple[int, str]:
        """Return the number of the next event; or 0 and the outcome, where limit or rate refuse it.

        Args:
            now_ns: the monotonic clock.
            is_paid: it belongs to an event that the rate has let through: the limit alone counts.
        """
        lock = self._lock
        if not lock.acquire(False):
            lock = self.acquire_lock()
        try:
            if self._limit is not None and self._number >= self._limit:
                return 0, EXHAUSTED
            if self._per_second is not None and not is_paid:
                earned = (now_ns - self._filled_ns) / 1e9 * self._per_second
                self._tokens = min(self._burst, self._tokens + earned)
                self._filled_ns = now_ns
                if self._tokens < 1.0:
                    return 0, RATE_LIMITED
                self._tokens -= 1.0
            self._number += 1
            return self._number, ""
        finally:
            lock.release()

    @property
    def left(self) -> int:
        """Return how many events the limit still allows."""
        return sys.maxsize if self._limit is None else max(0, self._limit - self._number)

    def has_room(self, now_ns: int) -> bool:
        """Return whether limit and rate have room at the moment; nothing is taken from them."""
        if self._limit is not None and self._number >= self._limit:
            return False
        if self._per_second is None:
            return True
        return self._tokens + (now_ns - self._filled_ns) / 1e9 * self._per_second >= 1.0

    def next_ns(self, now_ns: int) -> int:
        """Return when the rate has room again, by the clock of `now_ns`, at most an hour away."""
        if not self._per_second:
            return now_ns
        return now_ns + int(min((1.0 - self._tokens) / self._per_second * 1e9, _LOOK_AGAIN_NS))

    def count_sent(self) -> bool:
        """Count an emitted event; return whether it was the last that the limit allows."""
        return next(self._sent) == self._limit

    def take_back(self) -> None:
        """Uncount an admitted event that was not emitted: only emitted ones count towards the limit."""
        lock = self.acquire_lock()
        try:
            self._number -= 1
        finally:
            lock.release()

    def acquire_lock(self) -> RLock:
        """Acquire the lock and return it.

        A thread may be interrupted before its `try` (on 3.14 a `with` statement has that gap too) and keep it: it takes
        it again at once. For another thread, and in a forked child, it is replaced. The application never waits for it.
        """
        lock = self._lock
        # First without a timeout, which takes 0.2 µs more by itself; without a keyword, as much again.
        if not lock.acquire(False) and not lock.acquire(timeout=limits.HIT_LOCK_MAX_MS / 1_000):
            lock = self._lock = RLock()
            lock.acquire()
        return lock
