"""A rule that somebody waits for: placed for the while that it takes, followed, and taken away again.

A rule that is there already, and asks for the same, is followed and left alone.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.events.proofs import is_proven
from hotlog.errors import RuleError, StoreError
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from hotlog.client.adding.store_rules import StoredRules
    from hotlog.client.answers import FunctionRules
    from hotlog.client.documents.edit import Changed
    from hotlog.client.events.pages import EventPage
    from hotlog.events import Event


class RuleDesk(Protocol):
    """What of `hotlog.Client` is needed here."""

    def rules(self, function: str) -> FunctionRules:
        """See `Client.rules`."""

    def change(self, function: str, add: Sequence[Mapping[str, Any]] = ()) -> StoredRules:
        """See `Client.change`."""

    def remove(self, function: str, rules: Sequence[str] | str) -> Changed:
        """See `Client.remove`."""

    def events(
        self,
        function: str,
        cursor: str = "",
        *,
        since_s: float = 600,
        rules: Sequence[str] = (),
        kinds: Sequence[str] = (),
        follow_s: float = 0,
    ) -> EventPage:
        """See `Client.events`."""


class FollowedRule(NamedTuple):
    """The rule that is followed.

    Attributes:
        rule: the rule.
        is_new: it was placed for this.
    """

    rule: Rule
    is_new: bool


class WatchedRule:
    """Follows one rule.

    Args:
        desk: places it and reads its events.
        function: its name.
        fields: of the rule that is wanted, as for `Client.change`.
        alike: the fields by which a rule that is there already will do.
        clock: monotonic seconds.

    Raises:
        RuleError: it has faults.
        StoreError: as `Client.change`.

    Attributes:
        placed: the rule.
        environments: that have told of it: by each whether it has taken the rule out again.
    """

    def __init__(
        self,
        desk: RuleDesk,
        function: str,
        fields: Mapping[str, Any],
        alike: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk, self._function, self._clock = desk, function, clock
        self._cursor = ""
        self.environments: dict[str, bool] = {}
        self.placed = self._find({name: fields[name] for name in alike}) or self._place(fields)
        self._since_s = _age_s(self.placed.rule) + limits.CLOCK_SKEW_MAX_S
        self._is_removed = False

    def read(self, follow_s: float = 0.0) -> list[Event]:
        """Return the next events of the rule, oldest first, and wait so long for the first.

        Raises:
            RuleError: the function says that it cannot do what the rule asks for.
        """
        found: list[Event] = []
        while True:
            page = self._desk.events(
                self._function,
                self._cursor,
                since_s=self._since_s,
                rules=[self.placed.rule.id],
                follow_s=0.0 if found else follow_s,
            )
            self._cursor = page.cursor
            found += [each for each in page.events if not self._takes(each)]
            if not page.has_more:
                return found

    def remove(self) -> bool:
        """Take the rule away where it was placed for this; return whether it was."""
        if self.placed.is_new and not self._is_removed:
            self._is_removed = True
            try:
                self._desk.remove(self._function, [self.placed.rule.id])
            except StoreError as fault:  # somebody else took it away, or its time is over
                if fault.code not in {"unknown-rule", "missing"}:
                    raise
        return self.placed.is_new

    def read_last(self, most_s: float = desk_limits.LAST_EVENTS_MAX_S) -> list[Event]:
        """Return what environments tell as they take the rule out, which each does at its next invocation."""
        found: list[Event] = []
        until_s = self._clock() + most_s
        while self.placed.is_new and (left_s := until_s - self._clock()) > 0:
            found += self.read(min(left_s, 1.0))
            if self.environments and all(self.environments.values()):
                break
        return found

    def _find(self, fields: Mapping[str, Any]) -> FollowedRule | None:
        wanted = {
            name: value for name, value in fields.items() if name not in {"for_s", "note", "group", "via"}
        }
        now = datetime.now(UTC)
        for rule in self._desk.rules(self._function).rules:
            if not isinstance(rule, Rule) or rule.expired(now) or rule.condition:
                continue
            if all(getattr(rule, name) == value for name, value in wanted.items()):
                return FollowedRule(rule, is_new=False)
        return None

    def _place(self, fields: Mapping[str, Any]) -> FollowedRule:
        return FollowedRule(self._desk.change(self._function, [fields]).rules[0].rule, is_new=True)

    def _takes(self, event: Event) -> bool:
        """Note what an environment says of the rule itself, where it is proven; return whether it was that."""
        if event.get("hotlog") == "status" and is_proven(event):
            env, state = str(event.get("env")), event.get("state")
            self.environments[env] = state == "removed"
            if event.get("code") in {"cannot-monitor", "no-tool-id", "kind-not-allowed"}:
                raise RuleError(str(event["code"]), str(event.get("reason", "")))
        return event.get("hotlog") in {"status", "counts"}


def _age_s(rule: Rule) -> float:
    return max(0.0, time.time() - rule.created.timestamp()) if rule.created is not None else 0.0
