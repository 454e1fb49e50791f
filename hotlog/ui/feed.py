"""What a function's log and store say, read once for however many tabs look at it.

A thread reads while somebody looks: new events, the rules, and what became of them. Readers ask by a number that grows with
each event, so that a tab that was cut off goes on where it was.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.diagnosis.environment_reports import KINDS as TOLD
from hotlog.client.diagnosis.status_sentence import fold_statuses
from hotlog.client.events.proofs import REPEATED, UNPROVEN
from hotlog.client.events.recordings import is_further_part
from hotlog.errors import HotlogError, StoreError
from hotlog.events import PROOF
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.answers import FunctionRules
    from hotlog.client.diagnosis.status_sentence import RuleStatus
    from hotlog.client.viewer import Viewer
    from hotlog.events import Event
    from hotlog.rules.document import BadEntry

_PAGE: Final = 1_000
_LINGERS_S: Final = 30.0  # after the last reader is gone: a click loads another page
_FOLD_AGAIN_S: Final = 1  # rules expire without an event


def counts(event: Event) -> bool:
    """Return whether an event counts as one of its rule: a line that somebody may have printed does not, nor a further part."""
    return event.get(PROOF) not in {UNPROVEN, REPEATED} and not is_further_part(event)


class NumberedEvent(NamedTuple):
    """An event of a rule, and its number."""

    number: int
    event: Event


class Known(NamedTuple):
    """What is known at a moment.

    Attributes:
        version: grows with each change.
        statuses: each stored rule, with what became of it.
        paused: all rules are switched off.
        seen: events of each rule, a recording of several parts once.
        last: the last event of each rule.
        trouble: why nothing can be read at the moment; empty: it can.
        is_read: the log has been read to its end once.
    """

    version: int = 0
    statuses: tuple[RuleStatus, ...] = ()
    paused: bool = False
    seen: Mapping[str, int] = MappingProxyType({})
    last: Mapping[str, NumberedEvent] = MappingProxyType({})
    trouble: str = ""
    is_read: bool = False


class FunctionFeed:
    """Follows one function.

    Args:
        client: reads.
        function: as the page names it; with an alias or a version, events of these alone.
    """

    def __init__(self, client: Viewer, function: str) -> None:
        self._client, self._function = client, function
        self._name = client.parse_one(function).name
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._events: deque[NumberedEvent] = deque(maxlen=desk_limits.UI_EVENTS_KEPT)
        self._told: deque[Event] = deque(maxlen=desk_limits.UI_EVENTS_KEPT)
        self._known = Known()
        self._basis: tuple[Any, ...] = ()
        self._folded: tuple[RuleStatus, ...] = ()
        self._begun = self._ended = 0  # looks at the log; one that ends has read all there is
        self._count = 0
        self._cursor = ""
        self._wanted_s = 0.0
        self._thread: threading.Thread | None = None
        self._every_s = desk_limits.FILE_POLL_S if client.desk.options.is_local else desk_limits.UI_POLL_S

    def want(self) -> None:
        """Say that somebody looks; the thread runs for a while from now."""
        with self._lock:
            self._wanted_s = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._follow, name=f"follows {self._name}", daemon=True
                )
                self._thread.start()

    def nudge(self) -> None:
        """Look again at once: something was changed here."""
        self._wake.set()

    def look(self) -> Known:
        """Return what is known; before anything is, read it once."""
        self.want()
        return self._known

    def events_after(self, number: int, most: int) -> tuple[list[NumberedEvent], int]:
        """Return the next events, `most` at most, and how many came before them that are kept no more."""
        with self._lock:
            newer = self._count - number
            kept = min(max(0, newer), len(self._events))
            begin = len(self._events) - kept
            found = list(islice(self._events, begin, begin + most))
        return found, max(0, newer - kept)

    def last_number(self) -> int:
        """Return the number of the newest event."""
        with self._lock:
            return self._count

    def all_events(self) -> list[NumberedEvent]:
        """Return the events that are kept, oldest first."""
        with self._lock:
            return list(self._events)

    def wait_read(self, most_s: float) -> None:
        """Wait until the log has been read to its end, as it is now; or for so long, where it is long."""
        self.want()
        wanted = self._begun + 1
        self.nudge()
        until_s = time.monotonic() + most_s
        while self._ended < wanted and time.monotonic() < until_s:
            time.sleep(desk_limits.UI_TICK_S / 5)

    def _follow(self) -> None:
        while True:
            with self._lock:
                if time.monotonic() - self._wanted_s > _LINGERS_S:
                    self._thread = None
                    return
            self._wake.clear()
            self._begun += 1
            try:
                more = self._read()
            except (HotlogError, OSError) as fault:
                self._learn(trouble=fault.message if isinstance(fault, HotlogError) else str(fault))
                more = False
            if not more:
                self._ended = self._begun
                self._wake.wait(self._every_s)

    def _read(self) -> bool:
        """Take in what is new; return whether there is more already."""
        rules = self._client.rules(self._name)
        try:
            page = self._client.events(
                self._function,
                self._cursor,
                since_s=self._look_back_s(rules.rules),
                most=_PAGE,
                cursor_lines=desk_limits.UI_CURSOR_LINES_MAX,
            )
        except StoreError as fault:
            never_logged = fault.code == "missing"
            self._learn(rules, is_read=never_logged, trouble="" if never_logged else fault.message)
            return False
        self._cursor = page.cursor
        self._learn(rules, page.events, is_read=not page.has_more)
        return page.has_more

    def _look_back_s(self, rules: tuple[Rule | BadEntry, ...]) -> float:
        now = datetime.now(UTC)
        created = [rule.created for rule in rules if isinstance(rule, Rule) and rule.created]
        oldest_s = max(((now - each).total_seconds() for each in created), default=0.0)
        return min(max(oldest_s, desk_limits.EXPIRY_DEFAULT_S), limits.EXPIRY_MAX_S)

    def _learn(
        self,
        rules: FunctionRules | None = None,
        events: tuple[Event, ...] = (),
        *,
        is_read: bool = False,
        trouble: str = "",
    ) -> None:
        known = self._known
        with self._lock:
            seen, last = Counter(known.seen), dict(known.last)
            for event in events:
                if event["hotlog"] in TOLD:
                    self._told.append(event)
                    continue
                self._count += 1
                numbered = NumberedEvent(self._count, event)
                self._events.append(numbered)
                if counts(event):
                    rule = str(event.get("rule", ""))
                    seen[rule] += 1
                    last[rule] = numbered
        statuses, paused = known.statuses, known.paused
        if rules is not None:
            statuses, paused = self._fold(rules), rules.paused
        after = Known(known.version, statuses, paused, seen, last, trouble, known.is_read or is_read)
        if after != known:
            self._known = after._replace(version=known.version + 1)

    def _fold(self, rules: FunctionRules) -> tuple[RuleStatus, ...]:
        """Return what became of each rule; the same as before, where nothing was told since."""
        now = datetime.now(UTC)
        basis = (
            rules,
            len(self._told),
            self._told[-1] if self._told else None,
            int(now.timestamp()) // _FOLD_AGAIN_S,
        )
        if basis != self._basis:
            found, _ = fold_statuses(rules.rules, self._told, now, paused=rules.paused)
            self._basis, self._folded = basis, tuple(found)
        return self._folded
