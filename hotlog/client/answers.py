"""What is known of functions at a glance, and what is stored for one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.client.documents import changes
from hotlog.client.documents.load import load_document
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.account.desk import Desk
    from hotlog.rules.document import BadEntry
    from hotlog.stores import Store


class FunctionSummary(NamedTuple):
    """A function in a list.

    Attributes:
        name: its name.
        runtime: such as `python3.13`; empty: not known, or a container image.
        attached: whether hotlog's layer starts with it; None: not known.
        rules: how many it has that have not expired.
        paused: all its rules are switched off.
    """

    name: str
    runtime: str = ""
    attached: bool | None = None
    rules: int = 0
    paused: bool = False


class FunctionRules(NamedTuple):
    """What is stored for a function.

    Attributes:
        function: its name.
        paused: all its rules are switched off.
        rules: each rule, or why it cannot be read, in the order of the document.
        entries: the same as they are stored.
    """

    function: str
    paused: bool
    rules: tuple[Rule | BadEntry, ...]
    entries: tuple[Mapping[str, Any], ...]

    def live_at(self, now: datetime) -> int:
        """Return how many rules have not expired."""
        return sum(isinstance(rule, Rule) and not rule.expired(now) for rule in self.rules)


def read_rules(store: Store, function: str) -> FunctionRules:
    """Return what is stored for a function.

    Raises:
        StoreError: it cannot be read.
    """
    document = load_document(store, function)
    return FunctionRules(function, document.paused, tuple(documents.rules(document)), document.entries)


def find_rules(store: Store, function: str, name: str) -> list[tuple[Rule | BadEntry, Mapping[str, Any]]]:
    """Return the stored rules that a name stands for, each with its entry; see `Viewer.find_rules`."""
    document = load_document(store, function)
    wanted = set(changes.find_ids(document, name))
    pairs = zip(documents.rules(document), document.entries, strict=True)
    return [(rule, entry) for rule, entry in pairs if rule.id in wanted]


def ids_of_group(store: Store, function: str, group: str) -> frozenset[str]:
    """Return the ids of a function's rules that belong to a group.

    Raises:
        StoreError: `unknown-rule`, where none does.
    """
    entries = load_document(store, function).entries
    found = frozenset(str(entry.get("id")) for entry in entries if entry.get("group") == group)
    if not found:
        raise StoreError("unknown-rule", f"no rule of {function} belongs to the group {group!r}.")
    return found


def list_functions(desk: Desk, query: str) -> list[FunctionSummary]:
    """Return the functions whose name contains the query: those of the account, and those that have rules."""
    store = desk.open_store()
    with_rules = set(store.functions())
    aws = desk.account()
    found = {name: FunctionSummary(name) for name in with_rules}
    for name, runtime, attached in aws.list_configured() if aws is not None else ():
        found[name] = FunctionSummary(name, runtime, attached)
    now = datetime.now(UTC)
    return [
        _count(store, each, now) if name in with_rules else each
        for name, each in sorted(found.items())
        if query in name
    ]


def _count(store: Store, summary: FunctionSummary, now: datetime) -> FunctionSummary:
    try:
        stored = read_rules(store, summary.name)
    except StoreError:
        return summary  # it cannot be read: `rules` says why
    return summary._replace(rules=stored.live_at(now), paused=stored.paused)
