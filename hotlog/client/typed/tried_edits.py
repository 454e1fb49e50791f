"""What was typed, and what became of it: data that each face shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.client import desk_limits
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.typed.find_typed import OtherEdit, TypedLine


class TryOptions(NamedTuple):
    """How typed lines become rules.

    Attributes:
        condition: must hold on top of each; empty: none.
        for_s: how long they live.
        group: ties them together; empty: a new one.
        strict: any other edit, and any line that is not taken, stores nothing.
        unlimited: without bounds on their number and rate.
        properties: may call properties of the application's objects, where the function's owner allows it.
        source: root of the deployed code on this machine; None: what is deployed.
    """

    condition: str = ""
    for_s: int = desk_limits.TRY_DEFAULT_S
    group: str = ""
    strict: bool = False
    unlimited: bool = False
    properties: bool = False
    source: Path | None = None


class TriedLine(NamedTuple):
    """One log line that was typed, and what became of it.

    Attributes:
        at: file and line in the working copy.
        typed: the line.
        checked: the rule that it is; None: it is not taken.
        code: why not, as in `hotlog explain`.
        say: why not, in a sentence with the way out.
        column: where in the line; -1: nowhere in it.
        nth: how many lines above say the same at the same place.
    """

    at: str
    typed: TypedLine
    checked: CheckedRule | None
    code: str = ""
    say: str = ""
    column: int = -1
    nth: int = 0

    @property
    def file(self) -> str:
        """Return its file in the working copy."""
        return self.at.rpartition(":")[0]

    @property
    def key(self) -> tuple[object, ...]:
        """Return what makes two rules the same, whatever their ids and times."""
        if self.checked is None:
            return ()
        rule = self.checked.rule
        watch = tuple(sorted(rule.watch.items()))
        return (
            self.nth,
            rule.at,
            rule.text,
            rule.function,
            rule.after,
            rule.message,
            rule.condition,
            watch,
            rule.snapshot,
            rule.stack,
        )

    def has_expired(self, now: datetime) -> bool:
        """Return whether it was a rule, and its time is over."""
        expires = self.checked.rule.expires if self.checked is not None else None
        return expires is not None and expires <= now

    @property
    def place(self) -> tuple[object, ...]:
        """Return what rules have in common that fire one after the other, in the order of the document."""
        return (self.checked.rule.at, self.checked.rule.after) if self.checked is not None else ()


class UnreadFile(NamedTuple):
    """A file of the working copy that is no Python, or cannot be read; or the deployed one cannot.

    Attributes:
        file: its name.
        code: why, as in `hotlog explain`.
        say: why, in a sentence.
    """

    file: str
    code: str
    say: str


class TriedEdits(NamedTuple):
    """What was typed, and what became of it.

    Attributes:
        function: its name.
        version: that is deployed; empty: not known.
        since: what the working copy was compared with.
        lines: each log line, in the order of the files.
        others: all other edits, each with its file.
        notes: what was taken for what, a sentence each.
        warnings: what may be otherwise than the person thinks.
        group: that ties the rules together.
        unread: files that could not be read; they stop no other file.
    """

    function: str
    version: str
    since: str
    lines: tuple[TriedLine, ...]
    others: tuple[tuple[str, OtherEdit], ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    group: str
    unread: tuple[UnreadFile, ...] = ()

    @property
    def taken(self) -> list[TriedLine]:
        """Return the lines that are rules."""
        return [each for each in self.lines if each.checked is not None]

    @property
    def refused(self) -> list[TriedLine]:
        """Return the lines that are none."""
        return [each for each in self.lines if each.checked is None]

    def without_expired(self, now: datetime) -> TriedEdits:
        """Return the same without the lines whose rules have ended."""
        return self._replace(lines=tuple(line for line in self.lines if not line.has_expired(now)))

    @property
    def hinders(self) -> bool:
        """Return whether anything stands against a strict try: what is refused or unread, or an edit that is not for log lines alone."""
        return bool(self.refused or self.unread) or any(not each.is_helper for _, each in self.others)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as data."""
        return {
            "function": self.function,
            "base": {"version": self.version, "since": self.since},
            "taken": [
                {"typed": each.at, "rule": entry_of(each.checked.rule), "marks": list(each.typed.read.marks)}
                for each in self.lines
                if each.checked is not None
            ],
            "refused": [
                {"typed": each.at, "code": each.code, "column": each.column, "say": each.say, "text": each.typed.text}
                for each in self.refused
            ],
            "other_edits": [
                {"at": f"{name}:{each.line}", "text": each.text, "deployed": each.deployed, "helper": each.is_helper, "gone": each.is_gone}
                for name, each in self.others
            ],
            "unread": [each._asdict() for each in self.unread],
            "group": self.group,
        }  # fmt: skip


def count_changes(before: TriedEdits, after: TriedEdits) -> tuple[int, int]:
    """Return how many rules a save has added, and how many it has removed."""
    old, new = [line.key for line in before.taken], [line.key for line in after.taken]
    return sum(key not in old for key in new), sum(key not in new for key in old)
