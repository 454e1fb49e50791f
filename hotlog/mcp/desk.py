"""What one server process remembers: which groups are its own, what it has handed out, what a person has allowed it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.agents.proposals import count_waiting
from hotlog.errors import RuleError
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from hotlog.client.client import Client

    Mode = Literal["read", "ask", "auto"]


class Settings(NamedTuple):
    """How a person started the server.

    Attributes:
        mode: `read`: no rule is ever placed; `ask`: a person is asked; `auto`: nobody is, where a pattern matches.
        auto: patterns of functions for `auto`.
        source: root of the code, where there is no AWS.
    """

    mode: Mode = "ask"
    auto: tuple[str, ...] = ()
    source: str = ""


class AgentDesk:
    """One agent's desk. Its tools run in several threads.

    Args:
        client: does all the work.
        settings: how the server was started.

    Attributes:
        client: as given.
        settings: as given.
        placing: held while rules are counted and stored, so that two calls do not both take the last free place.
    """

    def __init__(self, client: Client, settings: Settings) -> None:
        self.client = client
        self.settings = settings
        self.placing = threading.Lock()
        self._lock = threading.Lock()
        self._groups: dict[str, str] = {}
        self._proposals: list[str] = []
        self._handed = 0
        self._granted_until_s: dict[str, float] = {}

    def name_of(self, function: str) -> str:
        """Return the name of one function: of an ARN, of NAME:ALIAS, of NAME:VERSION."""
        return self.client.parse_one(function).name

    def rules_of(self, function: str) -> list[Rule]:
        """Return the rules that are stored for a function, whoever added them."""
        return [rule for rule in self.client.rules(self.name_of(function)).rules if isinstance(rule, Rule)]

    def own(self, group: str, function: str) -> None:
        """Remember that a group of rules is this server's."""
        name = self.name_of(function)
        with self._lock:
            self._groups[group] = name

    def wait_for(self, proposal: str, group: str, function: str) -> None:
        """Remember a proposal: its rules are this server's, once a person has approved them."""
        self.own(group, function)
        with self._lock:
            self._proposals.append(proposal)

    def groups_of(self, function: str) -> list[str]:
        """Return the groups that this server has added to a function."""
        name = self.name_of(function)
        with self._lock:
            return [group for group, each in self._groups.items() if each == name]

    def owns(self, group: str, function: str) -> bool:
        """Return whether a group of rules is this server's."""
        name = self.name_of(function)
        with self._lock:
            return self._groups.get(group) == name

    def own_rules(self, function: str) -> list[Rule]:
        """Return this server's rules of a function, as they are stored now."""
        groups = self.groups_of(function)
        return [rule for rule in self.rules_of(function) if rule.group in groups]

    def require_room(self, count: int) -> None:
        """Refuse rules beyond those that one server may have live.

        Raises:
            RuleError: `too-many-rules`.
        """
        with self._lock:
            functions, proposals = set(self._groups.values()), list(self._proposals)
        now = datetime.now(UTC)
        live = sum(
            not rule.expired(now) for function in functions for rule in self.own_rules(function)
        ) + count_waiting(proposals)
        if live + count > desk_limits.AGENT_RULES_MAX:
            raise RuleError(
                "too-many-rules",
                f"{live} rules of this server are live or wait for a yes, {count} more are asked for, and it may have "
                f"{desk_limits.AGENT_RULES_MAX}: {'remove some first' if live else 'ask for fewer'}.",
            )

    def left_to_hand_out(self) -> int:
        """Return how many events may still be handed out."""
        with self._lock:
            return desk_limits.AGENT_EVENTS_MAX - self._handed

    def hand_out(self, found: int) -> int:
        """Count events as handed out; return how many of them may be, as other calls hand out some at the same time."""
        with self._lock:
            taken = min(found, desk_limits.AGENT_EVENTS_MAX - self._handed)
            self._handed += taken
            return taken

    def grant(self, function: str) -> None:
        """Remember that a person allows further rules of this function for a while."""
        name = self.name_of(function)
        with self._lock:
            self._granted_until_s[name] = time.monotonic() + desk_limits.CONSENT_GRANT_S

    def is_granted(self, function: str) -> bool:
        """Return whether a person's yes to this function still holds."""
        name = self.name_of(function)
        with self._lock:
            return time.monotonic() < self._granted_until_s.get(name, 0.0)
