"""How far apart the reads of one environment are: what the policy says, and more where the store has had enough.

The quota of Parameter Store is one for the whole account and Region: the application's own reads wait in the same
queue, and an environment sees nothing of the others but that a read of its own is throttled. So each goes by that alone:

* a throttled read makes the interval eight times as long, up to 300 s; the first makes it 1 s, or what the policy says;
* a read that is served makes it 0.4 % shorter.

In balance, shorter and longer cancel out where about one read in 500 is throttled (0.004 / ln 8), *however many environments share
the quota*: the fleet settles just below it, and leaves the application's reads alone. `python -m tests.fleet` shows
it for thousands of environments with this code.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGER = 8.0
_SHORTER = 0.996
_FORGOTTEN_S = 0.01  # no environment is invoked more often
_OUTAGE_LONGER = 2.0


class ReadSchedule:
    """Says when the next read is due.

    Args:
        every_s: what the policy says: seconds between reads, 0 for each invocation.
        now: monotonic seconds.
        jitter: a number from 0 to 1: environments that started together shall not come back together.
        is_one_of_many: whether a first throttled read means that thousands started together, as with the policy `auto`: then they
            come back over the whole of `limits.BACKOFF_MAX_S`.

    Attributes:
        due_s: when the next read is due.
    """

    def __init__(
        self,
        every_s: float,
        now: float,
        jitter: Callable[[], float] | None = None,
        *,
        is_one_of_many: bool = False,
    ) -> None:
        self._every_s = every_s
        self._is_one_of_many = is_one_of_many
        self._jitter = jitter or _random
        self._throttled_s = 0.0  # interval that throttling has taught
        self._outage_s = 0.0  # interval while the store fails otherwise
        self._spread = False
        self.due_s = now

    def record_success(self, now: float) -> None:
        """Shorten the wait between reads, since the store has answered."""
        self._outage_s = 0.0
        self._throttled_s *= _SHORTER
        if self._throttled_s < _FORGOTTEN_S:
            self._throttled_s = 0.0
        self._wait(now)

    def read_every(self, every_s: float, now: float) -> None:
        """Follow another policy from now on: who made it has counted all environments, and what this one has learnt is void."""
        self._throttled_s = 0.0
        self._spread = self._spread and every_s == self._every_s  # those that learn of it together part again
        self._every_s = every_s
        self._wait(now)

    def record_throttling(self, now: float) -> None:
        """Lengthen the wait between reads, since the store's quota is used up."""
        longer = self._throttled_s * _LONGER or self._first_wait_s()
        self._throttled_s = min(longer, limits.BACKOFF_MAX_S)
        self._wait(now)

    def record_failure(self, now: float) -> None:
        """Lengthen the wait between reads, since the store is down; a good answer ends it at once."""
        longer = max(limits.BACKOFF_FIRST_S, self._outage_s * _OUTAGE_LONGER)
        self._outage_s = min(longer, limits.BACKOFF_MAX_S)
        self._wait(now)

    def renew(self, now: float) -> None:
        """Forget everything: this is a new environment, or as good as one."""
        self._throttled_s = self._outage_s = 0.0
        self._spread = False
        self.due_s = now

    def _first_wait_s(self) -> float:
        if self._is_one_of_many:
            return limits.BACKOFF_MAX_S
        return max(limits.BACKOFF_FIRST_S, self._every_s)

    def _wait(self, now: float) -> None:
        chance = self._jitter()
        # The first interval spreads environments that started together; then they stay apart.
        every_s = self._every_s * (0.9 + chance / 10 if self._spread else chance)
        is_spread = self._spread or not self._is_one_of_many
        backoff_s = max(self._throttled_s, self._outage_s) * (0.5 + chance / 2 if is_spread else chance)
        self._spread = True
        self.due_s = now + max(every_s, backoff_s)


def _random() -> float:
    return int.from_bytes(os.urandom(2), "big") / 65_535
