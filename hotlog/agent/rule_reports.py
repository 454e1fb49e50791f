"""What becomes of each rule, as status and counts events: said once, where it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.agent.rule_state import identity_of
from hotlog.events import ERROR, IMPORTING, RECOVERED, REMOVED, STOPPED, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hotlog.agent.rule_state import ManagedRule
    from hotlog.events import Event
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.rules.document import BadEntry
    from hotlog.rules.model import Rule
    from hotlog.sinks.emitter import Emitter


class RuleReports:
    """The events about the rules of this process, and what was said before.

    Args:
        emitter: takes counts events.
        emit_status: emits a status event: of a rule, or with an empty id of the environment as a whole.
    """

    def __init__(self, emitter: Emitter, emit_status: Callable[..., None]) -> None:
        self._emitter = emitter
        self._emit_status = emit_status
        self._told: dict[str, tuple[str, str, Rule | BadEntry | None]] = {}
        self._bad_told: tuple[tuple[str, str], ...] = ()
        self._paused: set[str] = set()  # told, once each, that they had paused for an invocation
        self._counted: dict[str, Mapping[str, int]] = {}
        self._next_look_s = 0.0
        self._counts_due_s: dict[str, float] = {}
        self._first_counts_s: dict[str, float] = {}

    def renew(self) -> None:
        """Forget what was said: the next reports say it all again."""
        self._told.clear()
        self._bad_told = ()
        self._paused.clear()
        self._counted.clear()
        self._counts_due_s.clear()
        self._first_counts_s.clear()

    def look(
        self, managed_rules: Mapping[str, ManagedRule], context: InvocationContext, now_s: float
    ) -> None:
        """Emit the counts of the rules that were hit, and from time to time those of all rules.

        To look at a hundred rules takes 0.3 ms: too much for an invocation that reached none of them.
        """
        is_due = now_s >= self._next_look_s
        if not (is_due or context.entered):
            return
        context.entered = False
        if is_due:
            self._next_look_s = now_s + limits.COUNTS_LOOK_EVERY_S
        for key, managed in managed_rules.items():
            if not (is_due or managed.was_entered()):
                continue
            if managed.is_paused and key not in self._paused:
                self._paused.add(key)
                self._emit_status(key, managed.current())
            due_s = self._counts_due_s.get(key, now_s)
            if now_s < due_s:
                self._next_look_s = min(self._next_look_s, due_s)
            elif self.tell_counts(key, managed):
                first_s = self._first_counts_s.setdefault(key, now_s)
                # The longer a rule is counted, the less a minute says: bookkeeping stays small beside the events.
                gap_s = min((now_s - first_s) * limits.COUNTS_GAP_SHARE, limits.COUNTS_GAP_MAX_S)
                self._counts_due_s[key] = now_s + max(gap_s, limits.COUNTS_EVERY_S)

    def tell_all(
        self,
        managed_rules: Mapping[str, ManagedRule],
        version: int,
        clock: Callable[[], float],
        until_s: float,
    ) -> bool:
        """Say what became of each rule, where that has changed; whether there was time for all of it.

        Many rules that wait for time are not told: their turn comes soon.
        """
        self._next_look_s = 0.0
        bad = [managed.bad for managed in managed_rules.values() if managed.bad is not None]
        self._tell_bad(bad if len(bad) > 1 else [])
        are_many = sum(managed.waits for managed in managed_rules.values()) > limits.WAITING_TOLD_MAX
        for key, managed in managed_rules.items():
            if (managed.bad is not None and len(bad) > 1) or (managed.waits and are_many):
                continue
            if self._tell(key, managed, version) and clock() >= until_s:
                return False
        for key in [key for key in self._told if key and key not in managed_rules]:
            self._tell_removal(key)
            self._paused.discard(key)
            self._counted.pop(key, None)
            self._counts_due_s.pop(key, None)
            self._first_counts_s.pop(key, None)
        return True

    def _tell_bad(self, bad: Sequence[BadEntry]) -> None:
        """Say in one line which entries of the document stand for no rule, however many there are."""
        news = tuple((each.id, each.fault.code) for each in bad)
        if news == self._bad_told:
            return
        self._bad_told = news
        if not bad:
            self._emit_status("", Status(RECOVERED, "bad-rules"))
            return
        by_code: dict[str, list[BadEntry]] = {}
        for each in bad:
            by_code.setdefault(each.fault.code, []).append(each)
        most = limits.BAD_ENTRIES_NAMED_MAX
        parts = [
            f"{len(found):,} {code} ({', '.join(each.id for each in found[:most])}{', …' * (len(found) > most)}): "
            f"{found[0].fault.message}"
            for code, found in by_code.items()
        ]
        reason = f"{len(bad):,} entries of the document stand for no rule: {' '.join(parts)}"
        self._emit_status("", Status(ERROR, "bad-rules", reason))

    def tell_counts(self, key: str, managed: ManagedRule) -> bool:
        """Emit a counts event where something was counted since the last; whether there was."""
        counts = {name: number for name, number in managed.counts().items() if number}
        if not counts or self._counted.get(key) == counts:
            return False
        self._counted[key] = counts
        event: Event = {"hotlog": "counts", "rule": key, **identity_of(managed.rule), **counts}
        if operands := managed.operands():
            event["operands"] = operands
        self._emitter.emit(event, bounded=False)
        return True

    def _tell(self, key: str, managed: ManagedRule, version: int) -> bool:
        """Emit a status event where the state changed, or the rule was edited; whether there was one."""
        status = managed.current()
        news = (status.state, status.code, managed.rule)
        if status.code == IMPORTING or self._told.get(key) == news:
            return False
        self._told[key] = news
        if status.code == STOPPED:  # told of the environment as a whole
            return False
        self._emit_status(key, status, managed.record(version))
        return True

    def _tell_removal(self, key: str) -> None:
        _, _, rule = self._told.pop(key)
        self._emit_status(key, Status(REMOVED), identity_of(rule))
