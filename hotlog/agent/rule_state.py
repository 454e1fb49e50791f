"""From a rule that is wanted to what became of it; without the engine, which may come later.

rules ── manage_rules ──> ManagedRule ── Reconciler (reconcile.py) ──> its status
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.events import EXPIRED, INSTALLED, PENDING, REMOVED, Status
from hotlog.rules.document import BadEntry
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.events import Event
    from hotlog.hits.rule_handler import RuleHandler
    from hotlog.rules.model import Rule

UNKNOWN_NAME = "unknown-name"
WAITING = Status(
    PENDING,
    "out-of-time",
    f"it goes in at one of the next invocations: installing has {limits.INSTALL_MAX_MS} ms of each",
)


class ManagedRule:
    """One wanted rule, with its handler and its status in this process.

    Args:
        rule: the rule, or why a stored entry is none.
        paused: all rules of the function are switched off.
    """

    def __init__(self, rule: Rule | BadEntry, *, paused: bool) -> None:
        self.rule, self.paused = rule, paused
        self.handler: RuleHandler | None = None
        self.status = WAITING
        self._entered = 0

    def current(self) -> Status:
        """Return the status as it is now: with the hits, and with what stops a probe from emitting."""
        if self.handler is None:
            return self.status
        status = self.status._replace(hits=self.handler.tally.reached)
        code, reason = self.handler.trouble if not self.handler.is_paused else _pause_of(self.handler)
        if not code or status.state != INSTALLED:
            return status
        why = f"{reason}; {status.reason}" if status.code == UNKNOWN_NAME else reason
        return status._replace(code=code, reason=why)

    @property
    def compiles(self) -> bool:
        """Return whether it has an expression that is compiled: a condition, or a hole of its message that is no name."""
        if isinstance(self.rule, BadEntry):
            return False
        holes = self.rule.message.split("{")[1:]
        return bool(self.rule.condition) or not all(hole.partition("}")[0].isidentifier() for hole in holes)

    @property
    def bad(self) -> BadEntry | None:
        """Return why the entry stands for no rule; None where it stands for one."""
        return self.rule if isinstance(self.rule, BadEntry) else None

    @property
    def waits(self) -> bool:
        """Return whether the rule waits only for time to be installed."""
        return self.status is WAITING

    @property
    def is_paused(self) -> bool:
        """Return whether the invocation's budget for hits is spent: the rule emits again in the next."""
        return self.handler is not None and self.handler.is_paused

    @property
    def is_removed(self) -> bool:
        """Return whether its handler was stopped for good: by a removal that a fork or an exception cut short, too."""
        return self.handler is not None and self.handler.stopped == REMOVED

    def extend(self, rule: Rule) -> None:
        """Take the same rule with another expiry."""
        self.rule = rule
        if self.handler is not None:
            self.handler.extend(rule)

    def was_entered(self) -> bool:
        """Return whether a hit went through its gates since this was last asked."""
        before, self._entered = self._entered, self.handler.tally.entered if self.handler is not None else 0
        return self._entered != before

    def counts(self) -> Mapping[str, int]:
        """Return how many hits had each outcome."""
        return self.handler.tally.outcomes if self.handler is not None else {}

    def operands(self) -> Event:
        """Return what the condition compares, as it was last read; empty where the condition was true at some hit."""
        if self.handler is None or self.handler.operands is None or self.handler.tally.was_true:
            return {}
        return self.handler.operands.told()

    def record(self, version: int) -> Mapping[str, Any]:
        """Return the rule and the document's version for its `installed` event; in any other state what tells it from others."""
        if self.status.state != INSTALLED or isinstance(self.rule, BadEntry):
            return identity_of(self.rule)
        return {"definition": entry_of(self.rule), "document": version}


def _pause_of(handler: RuleHandler) -> tuple[str, str]:
    """Return code and sentence for a rule that pauses, with what was skipped since it came."""
    from hotlog.hits.outcomes import OVER_BUDGET  # cold start: the engine is there when a rule pauses

    skipped = handler.tally.outcomes[OVER_BUDGET]
    what = (
        "hits have"
        if handler.paused_after_ms == limits.INVOCATION_MAX_MS
        else "conditions that were false have"
    )
    return (
        "over-budget",
        f"pauses for this invocation: {what} cost it {handler.paused_after_ms:,} ms; skipped so far: {skipped:,} hits",
    )


def identity_of(rule: Rule | BadEntry | None) -> Mapping[str, Any]:
    """Return what tells a rule from an earlier one with the same id: when it was added; empty where that is not known."""
    if rule is None or isinstance(rule, BadEntry) or rule.created is None:
        return {}
    return {"created": entry_of(rule)["created"]}


def _is_extended(managed: ManagedRule, rule: Rule | BadEntry) -> bool:
    """Return whether a rule is the same with another expiry, and has not ended by the one it had."""
    before = managed.rule
    if isinstance(before, BadEntry) or isinstance(rule, BadEntry) or managed.status.state == EXPIRED:
        return False
    has_ended = managed.handler is not None and managed.handler.stopped == EXPIRED
    return not has_ended and before._replace(expires=rule.expires) == rule


def manage_rules(
    rules: Sequence[Rule | BadEntry], known: Mapping[str, ManagedRule], *, paused: bool
) -> dict[str, ManagedRule]:
    """Make a managed rule for each rule; an unchanged one keeps its own, with all it has counted.

    So does one that lives longer now, or shorter, as long as it has not expired: who renews a rule asks for nothing else.
    """
    wanted: dict[str, ManagedRule] = {}
    for rule in rules:
        managed = known.get(rule.id)
        if (
            managed is None
            or managed.paused != paused
            or managed.is_removed
            or not (managed.rule == rule or _is_extended(managed, rule))
        ):
            managed = ManagedRule(rule, paused=paused)
        elif managed.rule != rule and not isinstance(rule, BadEntry):
            managed.extend(rule)
        wanted[rule.id] = managed
    for managed in known.values():
        if wanted.get(managed.rule.id) is not managed and managed.handler is not None:
            managed.handler.stop(REMOVED)  # a frame may run patched code for a while
    return wanted
