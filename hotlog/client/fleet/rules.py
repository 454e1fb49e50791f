"""The rules of many functions: listed, paused, cleared, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.client.answers import FunctionRules
from hotlog.client.documents import changes
from hotlog.client.documents.edit import change_document
from hotlog.client.documents.load import load_documents
from hotlog.client.fleet.plan import FleetPlan, plan_rules
from hotlog.client.fleet.run import FAILED, FunctionOutcome
from hotlog.client.fleet.selection import select_functions
from hotlog.errors import StoreError
from hotlog.rules import document as documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.client import Client
    from hotlog.client.documents.edit import Changed
    from hotlog.client.fleet.selection import Selection
    from hotlog.rules.document import Document


def list_rules(client: Client, wanted: Selection | None) -> tuple[list[FunctionRules], list[FunctionOutcome]]:
    """Return the rules of functions that have some, and which documents cannot be read.

    Args:
        client: names the store.
        wanted: which functions; None: all.
    """
    found = load_documents(client.desk.open_store())
    names = sorted(found) if wanted is None else select_functions(client.desk, wanted, found)
    rules, failed = [], []
    for name in names:
        document = found.get(name)
        if isinstance(document, StoreError):
            failed.append(FunctionOutcome(name, FAILED, document.code, document.message))
        elif document is not None and document.entries:
            read = tuple(documents.rules(document))
            rules.append(FunctionRules(name, document.paused, read, document.entries))
    return rules, failed


def plan_pausing(client: Client, wanted: Selection, *, paused: bool) -> FleetPlan:
    """Return what has to be done to switch the rules of functions off, or on again."""

    def needs(document: Document) -> bool:
        return changes.set_paused(document, paused=paused) != document and bool(
            document.entries or not paused
        )

    return plan_rules(client, wanted, lambda name: client.pause(name, paused=paused), needs)


def plan_clearing(client: Client, wanted: Selection) -> FleetPlan:
    """Return what has to be done to remove all rules of functions."""

    def needs(document: Document) -> bool:
        return bool(document.entries or document.paused)

    return plan_rules(client, wanted, client.clear, needs)


def plan_removal(client: Client, wanted: Selection, rules: Sequence[str], group: str) -> FleetPlan:
    """Return what has to be done to remove rules from functions: of each those that it has.

    Args:
        client: names the store.
        wanted: which functions.
        rules: ids, beginnings of ids, or targets.
        group: a name, or a pattern; empty: `rules` says which.
    """

    def there(document: Document) -> set[str]:
        if group:
            pairs = zip(changes.list_ids(document), document.entries, strict=True)
            return {key for key, entry in pairs if changes.is_of_group(entry, group)}
        found: set[str] = set()
        for name in rules:
            try:
                found.update(changes.find_ids(document, name))
            except StoreError as fault:
                if fault.code != "unknown-rule":
                    raise
        return found

    def remove(name: str) -> Changed:
        return change_document(
            client.desk, name, lambda document: changes.remove_rules(document, sorted(there(document)))
        )

    return plan_rules(client, wanted, remove, lambda document: bool(there(document)))
