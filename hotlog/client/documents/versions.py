"""What changed from one version of a function's rules to the next. Pure: documents in, changes out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.documents.changes import STOPPED
from hotlog.client.documents.keys import key_number
from hotlog.client.rule_line import describe_rule
from hotlog.errors import ConfigError, StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import EACH, BadEntry, Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hotlog.rules.model import Rule
    from hotlog.stores import Store, Version

ADDED: Final = "added"
EDITED: Final = "edited"
REMOVED: Final = "removed"
EXPIRED: Final = "expired"
PAUSED: Final = "paused"
RESUMED: Final = "resumed"
ROTATED: Final = "rotated"  # the key that events are proven with
REFRESH: Final = "refresh"  # how often environments read whose policy is `auto`
UNREADABLE: Final = "unreadable"
KEPT: Final = "kept"


class RuleChange(NamedTuple):
    """What one version did.

    Attributes:
        what: one of the words above. `expired`: a rule whose time was over was pruned. `kept`: it was there in the
            oldest version that is still known.
        rule: id of the rule; empty for what concerns all.
        text: the rare rest, for people: what the rule does, or which fields were edited and how.
        entry: the rule as it is stored; as it was, where it is gone.
    """

    what: str
    rule: str = ""
    text: str = ""
    entry: Mapping[str, Any] = {}


class WrittenVersion(NamedTuple):
    """One version, who wrote it when, and what it did.

    Attributes:
        version: its number.
        at: when it was written.
        by: ARN of who wrote it, from Parameter Store itself.
        changes: in the order of the document.
    """

    version: int
    at: datetime
    by: str
    changes: tuple[RuleChange, ...]


def read_history(store: Store, function: str) -> list[WrittenVersion]:
    """Return who changed which rule of a function when; see `Viewer.history`."""
    history: Callable[[str], list[Version]] | None = getattr(store, "history", None)
    if history is None:
        raise ConfigError(
            "no-history", f"{store.url} keeps no history: only rules in Parameter Store have one."
        )
    try:
        return list(list_versions(history(function)))
    except StoreError as fault:
        if fault.code != "missing":
            raise
        return []


def list_versions(versions: Iterable[Version]) -> Iterator[WrittenVersion]:
    """Return each version with what it changed in the one before.

    Args:
        versions: oldest first. Parameter Store keeps a hundred: what the oldest of them did is only known of the first.
    """
    before: Document | None = None
    for version in versions:
        answer = version.answer
        at = datetime.fromtimestamp(answer.modified, UTC)
        try:
            document = documents.loads(answer.text)
        except StoreError as fault:
            yield WrittenVersion(
                answer.version,
                at,
                version.user,
                (RuleChange(UNREADABLE, text=f"{fault.message} [{fault.code}]"),),
            )
            continue
        if before is None and answer.version > 1:
            changes = tuple(
                RuleChange(**change._asdict() | {"what": KEPT})
                for change in _changes(Document(), document, at)
            )
        else:
            changes = tuple(_changes(before or Document(), document, at))
        yield WrittenVersion(answer.version, at, version.user, changes)
        before = document


def _changes(before: Document, after: Document, at: datetime) -> Iterator[RuleChange]:
    old, new = _entries(before), _entries(after)
    for key, (rule, entry) in old.items():
        if key not in new:
            over = not isinstance(rule, BadEntry) and rule.expired(at)
            yield RuleChange(EXPIRED if over else REMOVED, key, _text(rule, entry), entry)
    for key, (rule, entry) in new.items():
        if key not in old:
            yield RuleChange(ADDED, key, _text(rule, entry), entry)
        elif old[key][1] != entry:
            yield RuleChange(EDITED, key, _difference(old[key][1], entry), entry)
    if before.paused != after.paused:
        by_stop = after.paused and any(name == STOPPED for name, _ in after.extra)
        yield RuleChange(PAUSED if after.paused else RESUMED, text="by hotlog stop" if by_stop else "")
    if before.key is not None and key_number(before) != key_number(after):
        yield RuleChange(ROTATED, text=f"key {key_number(after)}")
    if before.entries and before.refresh != after.refresh:
        told = (_describe_refresh(document) for document in (before, after))
        yield RuleChange(REFRESH, text=" → ".join(told))


def _describe_refresh(document: Document) -> str:
    """Return how often environments whose policy is `auto` read, as the document says."""
    said = document.refresh
    return "default" if said is None else str(said) if said == EACH else f"{said} s"


def _entries(document: Document) -> dict[str, tuple[Rule | BadEntry, Mapping[str, Any]]]:
    pairs = zip(documents.rules(document), document.entries, strict=True)
    return {rule.id: (rule, entry) for rule, entry in pairs}


def _text(rule: Rule | BadEntry, entry: Mapping[str, Any]) -> str:
    at = str(entry.get("at", ""))
    if isinstance(rule, BadEntry):
        return f"{at}  {rule.fault.message}"
    asked = f"  via {rule.via} ({rule.group}): {rule.note}" if rule.via else ""
    return f"{at}  {describe_rule(rule)}{asked}"


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return which fields differ, and how; a field left to its default is shown as such."""
    names = sorted({*before, *after}, key=lambda name: list({**before, **after}).index(name))
    return ", ".join(
        f"{name}: {before.get(name, 'default')} → {after.get(name, 'default')}"
        for name in names
        if before.get(name) != after.get(name)
    )
