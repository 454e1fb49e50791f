"""What becomes of rules while one follows them, in one line that changes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from hotlog import limits
from hotlog.client.diagnosis.environment_reports import KINDS, created_of, fold_event
from hotlog.client.diagnosis.status_sentence import describe_reached
from hotlog.client.events.proofs import is_proven
from hotlog.client.words import count_of
from hotlog.events import ERROR, INSTALLED, PENDING
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hotlog.client.diagnosis.environment_reports import Folded, Seen
    from hotlog.events import Event
    from hotlog.rules.model import Rule

_FALSE: Final = "condition_false"
_NOT_HELD: Final = (_FALSE, "condition_error")


class LiveSummary:
    """The states and counts that were told meanwhile."""

    def __init__(self) -> None:
        self._found: Folded = {}
        self._created: dict[tuple[str, str], str] = {}  # of the rule that is meant, by function and id
        self._of: dict[tuple[str, str], str] = {}  # the function, by rule and environment

    def expect(self, function: str, rules: Iterable[Rule]) -> None:
        """Take only what is told of these very rules, not of an earlier one with the same id."""
        for rule in rules:
            self._created[function, rule.id] = str(entry_of(rule).get("created", ""))

    def takes(self, event: Event) -> bool:
        """Take a state or counts in; return False for what a person must see as an event: a rule's, or an error."""
        if event.get("hotlog") not in KINDS or not is_proven(event):
            return False
        if self._is_current(event):
            fold_event(self._found, event)
        return event.get("state") != ERROR

    def _is_current(self, event: Event) -> bool:
        """Return whether an event is of the newest rule with its id, and forget what was told of an earlier one."""
        rule, env, function = (str(event.get(name, "")) for name in ("rule", "env", "function"))
        if not rule:
            return True
        created, newest = created_of(event), self._created.get((function, rule), "")
        if created > newest:
            self._created[function, rule] = created
            for each in [key for key, of in self._of.items() if of == function and key[0] == rule]:
                self._found.pop(each, None)
        self._of[rule, env] = function
        return created >= newest

    @property
    def text(self) -> str:
        """Return one line; empty where nothing was told yet: `k3f9 live in 2 environments · reached 58 times`."""
        return " · ".join(
            filter(None, map(self._of_rule, dict.fromkeys(rule for rule, _ in self._found if rule)))
        )

    def describe_all(self, rules: Collection[str]) -> str:
        """Return one line for rules that belong together; empty where nothing was told of them yet.

        `live in 2 of 2 environments · reached 41 times`: live is where all of them are.
        """
        installed: Counter[str] = Counter()
        hits = 0
        for (key, env), seen in self._found.items():
            if key in rules and not seen.ended:
                installed[env] += seen.state == INSTALLED
                hits += sum(seen.counts.values())
        if not installed:
            return ""
        live = sum(count == len(rules) for count in installed.values())
        where = f"live in {live} of {count_of(len(installed), 'environment')}"
        return f"{where} · reached {count_of(hits, 'time')}" if hits else where

    def describe_hits(self, rule: str, *, has_condition: bool) -> str:
        """Return how often a rule was reached, and how often its condition held, by the last count; empty: nobody counted."""
        total: Counter[str] = Counter()
        for seen in self._places(rule):
            total.update(seen.counts)
        hits = sum(total.values())
        if not hits:
            return ""
        more = "+" if total[_FALSE] >= limits.COUNTED_FALSE_MAX else ""
        reached = f"was reached {hits:,}{more} time{'' if hits == 1 else 's'}"
        held = hits - sum(total[name] for name in _NOT_HELD)
        if not has_condition:
            return reached
        return f"{reached} and its condition {'was never true' if not held else 'held once' if held == 1 else f'held {held:,} times'}"

    def _places(self, rule: str) -> list[Seen]:
        return [seen for (key, _), seen in self._found.items() if key == rule]

    def _of_rule(self, rule: str) -> str:
        places = [seen for seen in self._places(rule) if not seen.ended]
        live = sum(seen.state == INSTALLED for seen in places)
        if live:
            reached = describe_reached(places)
            where = f"{rule} live in {count_of(live, 'environment')}"
            return f"{where}: {reached}" if reached else where
        return f"{rule} pending" if any(seen.state == PENDING for seen in places) else ""
