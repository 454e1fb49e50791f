"""An editor's breakpoints as rules of one function: what has changed in one write, and what became of each.

    asked ── known already? ── check ──> CheckedRule ── one write ──> Breakpoint ── status events ──> its verdict

A breakpoint that did not change keeps its number, its rule and what that has counted.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.adding.request import lifetime, make_request
from hotlog.client.diagnosis.status_sentence import fold_statuses
from hotlog.client.editors.conditions import count_before, join_conditions
from hotlog.errors import HotlogError, RuleError
from hotlog.events import ERROR, EXHAUSTED, EXPIRED, INSTALLED, PENDING, REMOVED
from hotlog.rules.kinds import DEFAULT
from hotlog.rules.model import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hotlog.client.adding.checked_rule import CheckedRule, Fault
    from hotlog.client.client import Client
    from hotlog.events import Event

_OPTIONS: Final = {"--if": "condition"}


class AskedRule(NamedTuple):
    """What a breakpoint asks for: two of the same content are the same rule.

    Attributes:
        kind: of the rule.
        at: deployed place; empty: the whole invocation.
        message: to log; empty: a capture.
        condition: that must hold.
        hits: the editor's hit condition: `5`, `>5`, `%10`.
        fields: others of the rule, each with its value.
    """

    kind: str
    at: str = ""
    message: str = ""
    condition: str = ""
    hits: str = ""
    fields: tuple[tuple[str, Any], ...] = ()

    @property
    def is_capture(self) -> bool:
        """Return whether its events look stopped, one at a time."""
        return not self.message


class WantedBreakpoint(NamedTuple):
    """A breakpoint as the editor has it now.

    Attributes:
        asked: what it asks for; None: it goes nowhere.
        shown: `source` and `line` of it, for the editor.
        note: what to say of its place.
        refusal: why it goes nowhere.
    """

    asked: AskedRule | None
    shown: Mapping[str, Any]
    note: str = ""
    refusal: str = ""


class Breakpoint:
    """One breakpoint, for as long as the editor has it.

    Args:
        number: that the editor knows it by.
        wanted: as the editor has it.

    Attributes:
        checked: its rule, as it is stored; None: there is none.
        events: what its rule has told of its state.
        waits: a capture of it is shown or waits: it is not armed.
        is_spent: what it captured is dropped, and it is not armed again yet.
        is_gone: somebody else has removed its rule.
        told: as the editor shows it.
    """

    def __init__(self, number: int, wanted: WantedBreakpoint) -> None:
        self.number = number
        self.wanted = wanted
        self.refusal = wanted.refusal
        self.checked: CheckedRule | None = None
        self.events: list[Event] = []
        self.waits = self.is_spent = self.is_gone = False
        self.told: Mapping[str, Any] = {}

    @property
    def rule_id(self) -> str:
        """Return the id of its rule; empty where it has none."""
        return self.checked.rule.id if self.checked is not None else ""

    def describe(self) -> dict[str, Any]:
        """Return the breakpoint as the editor shall show it."""
        is_live, reason, message = self._judge()
        body = {"id": self.number, "verified": is_live, "message": message, **self.wanted.shown}
        return body if is_live else {**body, "reason": reason}

    def _judge(self) -> tuple[bool, str, str]:
        """Return whether it is live, why not, and what to say."""
        note = self.wanted.note.rstrip(".")
        if self.checked is None:
            return False, "failed", self.refusal
        if self.is_gone:
            return False, "failed", "somebody else has removed its rule: remove it and add it again"
        now = datetime.now(UTC)
        status = fold_statuses([self.checked.rule], self.events, now)[0][0]
        is_over = status.state == EXPIRED and self.checked.rule.expired(now)  # else it was renewed since
        is_capture = self.wanted.asked is not None and self.wanted.asked.is_capture
        verdict = status.verdict
        if is_capture and self.is_spent:
            return (
                True,
                "",
                ". ".join(filter(None, (note, "captured: it is armed again as soon as that can be stored"))),
            )
        if is_capture and self.waits and status.state in {PENDING, INSTALLED, EXHAUSTED}:
            return True, "", ". ".join(filter(None, (note, "captured: Continue arms it again")))
        if status.state == INSTALLED and is_capture:
            verdict = f"{verdict}. Captures once, then waits for Continue"
        elif status.state == EXHAUSTED and not is_capture:
            verdict = f"{self.checked.rule.limit} lines logged: limit reached. Remove and add again for more"
        elif is_over:
            verdict = "its time is over: remove it and add it again, or attach again"
        elif status.state == ERROR and status.environments:
            seen = status.environments[0]
            verdict = f"{seen.reason} [{seen.code}]" if seen.reason else verdict
        elif status.state not in {INSTALLED, EXHAUSTED, REMOVED}:
            verdict = f"pending: waits for the next invocation ({self._name_place()})"
        is_live = status.state in {INSTALLED, EXHAUSTED}
        reason = "failed" if status.state == ERROR or is_over else "pending"
        return is_live, reason, ". ".join(filter(None, (note, verdict)))

    def _name_place(self) -> str:
        at = self.checked.rule.at if self.checked is not None else ""
        return f"deployed {at}" if at else "the handler"


class Breakpoints:
    """All breakpoints of one session: rules of one group of one function.

    Args:
        client: stores them.
        function: that the editor is attached to.
        source: root of the deployed code on this machine; None: what is deployed.
        group: of the rules.
        via: the editor's name.
        lease_s: how long a rule lives unless it is renewed.
    """

    def __init__(
        self, client: Client, function: str, source: Path | None, group: str, via: str, lease_s: float
    ) -> None:
        self._client, self._function, self._source = client, function, source
        self._common = {"group": group, "via": via, "for_s": lease_s}
        self._lease_s = lease_s
        self._lease_ends = datetime.now(UTC) + lifetime(lease_s)
        self._numbers = itertools.count(1)
        self._sets: dict[str, list[Breakpoint]] = {}
        self.group = group

    def __iter__(self) -> Iterator[Breakpoint]:
        """Yield all breakpoints."""
        return itertools.chain.from_iterable(self._sets.values())

    def find(self, rule: str) -> Breakpoint | None:
        """Return the breakpoint of a rule."""
        return next((each for each in self if each.rule_id == rule), None)

    def rule_ids(self) -> list[str]:
        """Return the ids of all rules."""
        return [each.rule_id for each in self if each.rule_id]

    def set(self, where: str, wanted: Sequence[WantedBreakpoint]) -> list[Breakpoint]:
        """Make the breakpoints of a file, or of another set, those that the editor has now: one write, or none.

        Args:
            where: the file, or what else the editor sends as a whole.
            wanted: in the editor's order.

        Raises:
            HotlogError: nothing is stored, and all is as it was.
        """
        left = list(self._sets.get(where, ()))
        found: list[Breakpoint] = []
        new: list[Breakpoint] = []
        for each in wanted:
            known = next(
                (old for old in left if old.checked and not old.is_gone and old.wanted.asked == each.asked),
                None,
            )
            if known is None:
                known = Breakpoint(next(self._numbers), each)
                new += [known] if each.asked is not None else []
            else:
                left.remove(known)
            found.append(known)
        checked = self._check(new)
        self._store(
            [pair for pair in checked if pair[1].checked is None],
            [each.rule_id for each in left if each.rule_id],
        )
        for breakpoint_, each in zip(found, wanted, strict=True):
            breakpoint_.wanted = each
        self._sets[where] = found
        return found

    def _check(self, new: Sequence[Breakpoint]) -> list[tuple[CheckedRule, Breakpoint]]:
        """Return what is known of each rule that may be stored; the others are refused, each with its sentences."""
        requests = []
        asking: dict[str, Breakpoint] = {}
        for each in new:
            try:
                while (request := make_request(self._fields(each.wanted.asked))).draft.id in asking:
                    continue  # an id is short: it is drawn again
            except RuleError as fault:
                each.refusal = fault.message
                continue
            requests.append(request)
            asking[request.draft.id] = each
        good: list[tuple[CheckedRule, Breakpoint]] = []
        for checked in self._client.check(self._function, requests, self._source) if requests else ():
            owner = asking[checked.rule.id]
            if checked.faults:
                owner.refusal = " ".join(self._tell_fault(fault, owner) for fault in checked.faults)
            else:
                good.append((checked, owner))
        return good

    def _fields(self, asked: AskedRule | None) -> dict[str, Any]:
        """Return the fields of the rule that a breakpoint asks for.

        Raises:
            RuleError: `bad-hit-condition`.
        """
        if asked is None:
            raise TypeError("a breakpoint that goes nowhere has no rule")
        fields: dict[str, Any] = {"kind": asked.kind, "at": asked.at, **self._common, **dict(asked.fields)}
        fields["condition"] = join_conditions(asked.condition, asked.hits)
        if asked.message:
            return {**fields, "message": asked.message}
        fields["limit"] = 1
        return (
            {**fields, "snapshot": True, "stack": desk_limits.DAP_FRAMES_MAX}
            if asked.kind == DEFAULT
            else fields
        )

    @staticmethod
    def _tell_fault(fault: Fault, owner: Breakpoint) -> str:
        if fault.field in {"", "target"} or fault.error.column is None:  # type: ignore[attr-defined]
            return fault.message
        asked, column = owner.wanted.asked, fault.column + 1
        if fault.field == "--if" and asked is not None and asked.condition:
            column -= count_before(asked.hits)
        return f"{_OPTIONS.get(fault.field, fault.field)}, column {column}: {fault.message}"

    def _store(self, checked: Sequence[tuple[CheckedRule, Breakpoint]], gone: Sequence[str]) -> None:
        """Store and remove rules, all in one write."""
        there = self._still_stored(gone)
        if checked:
            done = self._client.store([each for each, _ in checked], remove=there)
            for stored, (_, owner) in zip(done.rules, checked, strict=True):
                owner.checked, owner.events = stored, []
        elif there:
            self._client.remove(self._client.parse_one(self._function).name, there)

    def _still_stored(self, ids: Sequence[str]) -> list[str]:
        """Return those of some rules that are stored: others may have removed some."""
        if not ids:
            return []
        stored = {rule.id for rule in self._client.rules(self._client.parse_one(self._function).name).rules}
        return [each for each in ids if each in stored]

    def arm(self) -> None:
        """Let what is spent capture once more.

        Raises:
            HotlogError: it cannot be stored now; it stays spent.
        """
        self._store_anew([each for each in self if each.is_spent])

    def _store_anew(self, breakpoints: Sequence[Breakpoint]) -> None:
        """Give each a new rule of the same content in the place of its last one, in one write."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires = now + lifetime(self._lease_s)
        pairs = [
            (
                each.checked._replace(
                    rule=each.checked.rule._replace(id=new_id(), created=now, expires=expires)
                ),
                each,
            )
            for each in breakpoints
            if each.checked is not None and not each.is_gone
        ]
        self._store(pairs, [owner.rule_id for _, owner in pairs])
        for each in breakpoints:
            each.is_spent = False

    def renew(self) -> None:
        """Let all rules live for another lease, in one write; those that wait for Continue, too.

        A rule that nobody has renewed in time comes back, should others have cleared it away: the machine may have slept.
        Of one that was live somebody has removed, that is noted.
        """
        known = {each.rule_id: each for each in self if each.checked is not None and not each.is_gone}
        if not known:
            return
        is_late = self._lease_ends <= datetime.now(UTC)
        there = self._client.extend(self._client.parse_one(self._function).name, [*known], self._lease_s)
        self._lease_ends = datetime.now(UTC) + lifetime(self._lease_s)
        for each in known.values():
            if each.checked is not None:
                rule = each.checked.rule._replace(expires=self._lease_ends)
                each.checked = each.checked._replace(rule=rule)
        gone = [each for rule, each in known.items() if rule not in there and not each.waits]
        if is_late:
            self._store_anew(gone)
        else:
            for each in gone:
                each.is_gone = True

    def take(self, event: Event) -> Breakpoint | None:
        """Take what a rule has told of its state; return its breakpoint."""
        owner = self.find(str(event.get("rule", "")))
        if owner is not None:
            owner.events.append(event)
        return owner

    def list_news(self) -> list[dict[str, Any]]:
        """Return the breakpoints that the editor shall show otherwise than it does."""
        news = []
        for each in self:
            shown = each.describe()
            if each.told and shown != each.told:
                news.append(shown)
            each.told = shown
        return news

    def clear(self) -> None:
        """Remove all rules of the session."""
        if not self.rule_ids():
            return
        try:
            self._client.remove_group(self.group, self._client.parse_one(self._function).name)
        except HotlogError as fault:
            if fault.code != "unknown-rule":  # they have gone already
                raise
