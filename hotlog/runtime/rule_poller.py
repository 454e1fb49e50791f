"""When to read the store, and what its answer means.

    RulePoller ── read ──> store ──> DocumentRead(document) | None

A read costs a network round trip inside somebody's invocation. So there is one per refresh, with a deadline and no
retry; a fault keeps the last rules, for a while, and makes the reads rarer (`hotlog.runtime.backoff`). Two answers are no faults
but orders: a missing parameter and a denied read are the emergency stop, and all rules go.

No invocation waits twice for a store that does not answer: after the first wait it is read beside the handler, until it
answers.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.config import seconds_of
from hotlog.errors import StoreError
from hotlog.namedtuple import NamedTuple
from hotlog.rules import document as documents
from hotlog.runtime.backoff import ReadSchedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Config
    from hotlog.rules.document import Document
    from hotlog.stores import Store

EMERGENCY_STOP = frozenset({"missing", "denied"})


class DocumentRead(NamedTuple):
    """What a read brought: the document that holds from now on, or nothing new, and how the store is.

    Attributes:
        document: the new document; None: the one there was still holds.
        version: the store's version of it; 0 where there is none.
        fault: why the store could not be read, or its content not; None where all is well.
    """

    document: Document | None
    version: int = 0
    fault: StoreError | None = None


class Elapsed:
    """Seconds that go on while the environment is frozen.

    The monotonic clock may stand still then. The wall clock does not, but it may be set: only a leap ahead counts.

    Args:
        monotonic: seconds that nobody sets.
        wall: seconds since the epoch.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._monotonic, self._wall = monotonic, wall
        self._last = (monotonic(), wall(), 0.0)

    def __call__(self) -> float:
        """Return the seconds since this clock was made."""
        monotonic_before, wall_before, before = self._last
        monotonic, wall = self._monotonic(), self._wall()
        passed, wall_passed = monotonic - monotonic_before, wall - wall_before
        now = before + (wall_passed if wall_passed > passed + 1.0 else passed)
        self._last = (monotonic, wall, now)
        return now


class RulePoller:
    """Reads one function's document by a policy. One read at a time.

    Args:
        store: where from.
        function: whose rules.
        config: the policy and the deadline.
        clock: seconds that go on while the environment is frozen; None: `Elapsed`.
        jitter: a number from 0 to 1, so that environments do not come back together.

    Attributes:
        is_silent: the store has cost an invocation its wait and does not answer: nobody waits for it until it does.
    """

    def __init__(
        self,
        store: Store,
        function: str,
        config: Config,
        *,
        clock: Callable[[], float] | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._store, self._function = store, function
        self._timeout_ms = config.refresh_timeout_ms
        self._background = config.refresh == "background"
        self._auto = config.refresh == "auto"
        every_s = limits.AUTO_REFRESH_S if self._auto else seconds_of(config.refresh) or 0.0
        self._clock = clock or Elapsed()
        self._seen: tuple[int, float] | None = None
        self._unreadable: StoreError | None = None  # what is wrong with the document that was seen last
        self._good_s = self._asked_s = self._clock()
        self._new = True
        self.is_silent = False
        self._answers = self._relapses = 0
        self.pace = ReadSchedule(every_s, self._good_s, jitter, is_one_of_many=self._auto)

    def is_due(self) -> bool:
        """Return whether the policy asks for a read now. To be asked at each invocation."""
        now = self._clock()
        if now - self._asked_s > limits.STALE_MAX_S:
            self._forget()  # what was learnt before such a pause tells nothing about now
        self._asked_s = now
        return now >= self.pace.due_s

    @property
    def waits(self) -> bool:
        """Return whether the invocation waits for the read: not with `background`, once warm."""
        return not self.is_silent and (self._new or not self._background)

    def renew(self) -> None:
        """Begin anew after a restore from a snapshot: the environment gets a random wait of its own."""
        self.is_silent = False
        self._answers = self._relapses = 0
        self._forget()

    def _forget(self) -> None:
        """Make the next read due at once, as in a new environment; a silent store still delays nobody."""
        self._new = True
        self.pace.renew(self._clock())

    def read(self, timeout_ms: int | None = None) -> DocumentRead:
        """Ask the store. Takes no longer than the deadline, and raises nothing for a store that is ill.

        Args:
            timeout_ms: another deadline than the configured one.
        """
        self._new = False
        waited = not self.is_silent
        began = self._clock()
        try:
            answer = self._store.read(self._function, timeout_ms or self._timeout_ms)
        except StoreError as fault:
            if fault.code == "unreachable":
                self._note_silence(waited)
            else:
                self._note_answer(waited)
            return self._fail(fault)
        self._note_answer(waited)
        now = self._clock()
        if now - began > limits.STALE_MAX_S:  # frozen in the middle: this is how it was, long ago
            self._forget()
            return DocumentRead(None)
        self._good_s = now
        self.pace.record_success(now)
        stamp = (answer.version, answer.modified)
        if stamp == self._seen:
            return DocumentRead(None, answer.version, self._unreadable)
        self._seen, self._unreadable = stamp, None
        try:
            document = documents.loads(answer.text)
        except StoreError as fault:  # the last good rules stay: a slip of the pen is no order to stop
            self._unreadable = StoreError(fault.code, fault.message)  # without a traceback and what it holds
            return DocumentRead(None, answer.version, self._unreadable)
        if self._auto:
            self.pace.read_every(document.every_s, now)
        return DocumentRead(document, answer.version)

    def _note_silence(self, waited: bool) -> None:
        self.is_silent, self._answers = True, 0
        self._relapses += waited

    def _note_answer(self, waited: bool) -> None:
        """Count an answer of the store; after enough of them invocations wait for the store again.

        How long an answer took beside the handler tells nothing: the environment may have been frozen meanwhile. After
        the n-th wait in vain it must have answered 2^(n - 1) times.
        """
        if waited:
            self._relapses = 0
            return
        self._answers += 1
        self.is_silent = self._answers < 2 ** (self._relapses - 1)

    def _fail(self, fault: StoreError) -> DocumentRead:
        now = self._clock()
        if fault.code in EMERGENCY_STOP:
            self._seen, self._unreadable = None, None
            self.pace.record_success(now)
            if self._auto:
                self.pace.read_every(limits.AUTO_REFRESH_S, now)
            return DocumentRead(documents.Document(), 0, fault)
        if fault.code == "throttled":
            self.pace.record_throttling(now)
        else:
            self.pace.record_failure(now)
        if now - self._good_s > limits.STALE_MAX_S:
            self._seen = None
            return DocumentRead(documents.Document(), 0, fault)
        return DocumentRead(None, 0, fault)
