"""What becomes of rules while one follows them, in one line that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.client.diagnosis.rule_status import KINDS, describe_reached, fold_event
from hotlog.client.events.proofs import is_proven
from hotlog.events import ERROR, INSTALLED, PENDING

if TYPE_CHECKING:
    from hotlog.client.diagnosis.rule_status import Folded
    from hotlog.events import Event


class LiveSummary:
    """The states and counts that were told meanwhile."""

    def __init__(self) -> None:
        self._found: Folded = {}

    def takes(self, event: Event) -> bool:
        """Take a state or counts in; return False for what a person must see as an event: a rule's, or an error."""
        if event.get("hotlog") not in KINDS or not is_proven(event):
            return False
        fold_event(self._found, event)
        return event.get("state") != ERROR

    @property
    def text(self) -> str:
        """Return one line; empty where nothing was told yet: `k3f9 live in 2 environments · reached 58 times`."""
        return " · ".join(
            filter(None, map(self._of_rule, dict.fromkeys(rule for rule, _ in self._found if rule)))
        )

    def _of_rule(self, rule: str) -> str:
        places = [seen for (key, _), seen in self._found.items() if key == rule and not seen.ended]
        live = sum(seen.state == INSTALLED for seen in places)
        if live:
            reached = describe_reached(places)
            where = f"{rule} live in {live} environment{'' if live == 1 else 's'}"
            return f"{where}: {reached}" if reached else where
        return f"{rule} pending" if any(seen.state == PENDING for seen in places) else ""
