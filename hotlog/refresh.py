"""When to read the store, and what its answer means.

    Refresher ── read ──> store ──> Change(document) | None

A read costs a network round trip inside somebody's invocation. So there is one per refresh, with a deadline and no
retry; a fault keeps the last rules, for a while, and backs off. Two answers are no faults but orders: a missing
parameter and a denied read are the emergency stop, and all rules go.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from hotlog import limits
from hotlog.errors import StoreError
from hotlog.rules import document as documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Config
    from hotlog.rules.document import Document
    from hotlog.stores import Store

EMERGENCY_STOP = frozenset({"missing", "denied"})
_FIRST_BACKOFF_S = 1.0


class Change(NamedTuple):
    """What a read brought: the document that holds from now on, or nothing new, and how the store is.

    Attributes:
        document: the new document; None: the one there was still holds.
        version: the store's version of it; 0 where there is none.
        fault: why the store could not be read, or its content not; None where all is well.
    """

    document: Document | None
    version: int = 0
    fault: StoreError | None = None


class Refresher:
    """Reads one function's document by a policy.

    Args:
        store: where from.
        function: whose rules.
        config: the policy and the deadline.
        clock: monotonic seconds.
        jitter: a number from 0 to 1, so that throttled environments do not come back together.
    """

    def __init__(
        self,
        store: Store,
        function: str,
        config: Config,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._store, self._function = store, function
        self._timeout_ms = config.refresh_timeout_ms
        self._every_s = 0.0 if config.refresh in {"each", "background"} else float(config.refresh)
        self._clock = clock
        self._jitter = jitter or (lambda: os.urandom(1)[0] / 255)
        self._seen: tuple[int, float] | None = None
        self._unreadable: StoreError | None = None  # what is wrong with the document that was seen last
        self._good_at = clock()
        self._next_at = clock()
        self._backoff_s = 0.0

    def due(self) -> bool:
        """Whether the policy asks for a read now."""
        return self._clock() >= self._next_at

    def read(self, timeout_ms: int | None = None) -> Change:
        """Ask the store. Takes no longer than the deadline, and raises nothing for a store that is ill.

        Args:
            timeout_ms: another deadline than the configured one.
        """
        try:
            answer = self._store.read(self._function, timeout_ms or self._timeout_ms)
        except StoreError as fault:
            return self._failed(fault)
        now = self._clock()
        self._good_at, self._backoff_s, self._next_at = now, 0.0, now + self._every_s
        stamp = (answer.version, answer.modified)
        if stamp == self._seen:
            return Change(None, answer.version, self._unreadable)
        self._seen, self._unreadable = stamp, None
        try:
            return Change(documents.loads(answer.text), answer.version)
        except StoreError as fault:  # the last good rules stay: a slip of the pen is no order to stop
            self._unreadable = StoreError(fault.code, fault.message)  # without a traceback and what it holds
            return Change(None, answer.version, self._unreadable)

    def _failed(self, fault: StoreError) -> Change:
        now = self._clock()
        if fault.code in EMERGENCY_STOP:
            self._seen, self._unreadable = None, None
            self._backoff_s, self._next_at = 0.0, now + self._every_s
            return Change(documents.Document(), 0, fault)
        self._backoff_s = min(max(_FIRST_BACKOFF_S, self._backoff_s * 2), limits.BACKOFF_MAX_S)
        self._next_at = now + self._backoff_s * (0.5 + self._jitter() / 2)
        if now - self._good_at > limits.STALE_MAX_S:
            self._seen = None
            return Change(documents.Document(), 0, fault)
        return Change(None, 0, fault)
