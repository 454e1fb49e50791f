"""Changes of a whole document or of one stored rule, each in one write."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.client.documents import changes
from hotlog.client.documents.load import load_document, load_documents
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.client.account.desk import Desk
    from hotlog.rules.model import Rule
    from hotlog.stores import Answer, Store


class Changed(NamedTuple):
    """A document before and after a write.

    Attributes:
        function: whose it is.
        before: as it was.
        after: as it is.
    """

    function: str
    before: Document
    after: Document

    @property
    def removed(self) -> list[dict[str, Any]]:
        """Return the entries that are gone, as they were stored."""
        kept = set(changes.list_ids(self.after))
        pairs = zip(changes.list_ids(self.before), self.before.entries, strict=True)
        return [{**entry, "id": key} for key, entry in pairs if key not in kept]


def change_document(
    desk: Desk,
    function: str,
    change: Callable[[Document], Document],
    keep: Callable[[Answer], None] | None = None,
    *,
    is_auto: bool = False,
) -> Changed:
    """Change a document; return it as it was and as it is. One that says how often to read says it anew.

    Args:
        desk: names the store.
        function: whose it is.
        change: pure.
        keep: takes a document that cannot be read, before an empty one takes its place; None: that is refused.
        is_auto: the function's policy is `auto`, whatever the document says yet.
    """
    before = [Document()]

    def remember(document: Document) -> Document:
        before[0] = document
        after = change(document)
        if after == document or not (is_auto or document.refresh is not None) or desk.refresh is None:
            return after
        return after._replace(refresh=desk.refresh)

    after = desk.open_store().update(function, remember, keep=keep)
    return Changed(function, before[0], after)


def find_group(store: Store, group: str) -> tuple[list[str], dict[str, StoreError]]:
    """Return the functions that have a rule of the group, or of one that a pattern matches; and those that nobody can read.

    Raises:
        StoreError: `unknown-rule`, where all can be read and none has one; the store cannot be listed.
    """
    found: list[str] = []
    failed: dict[str, StoreError] = {}
    for name, document in load_documents(store).items():
        if isinstance(document, StoreError):
            failed[name] = document
        elif any(changes.is_of_group(entry, group) for entry in document.entries):
            found.append(name)
    if not found and not failed:
        raise StoreError("unknown-rule", f"no rule of any function belongs to the group {group!r}.")
    return found, failed


def find_one(store: Store, function: str, name: str) -> Rule:
    """Return the one rule that a name stands for.

    Raises:
        StoreError: `unknown-rule`, `ambiguous-rule`, or the store cannot be read.
        RuleError: what is stored stands for no rule.
    """
    document = load_document(store, function)
    keys = changes.find_ids(document, name)
    if len(keys) > 1:
        raise StoreError("ambiguous-rule", f"{name!r} could be {', '.join(keys)}: name one by its id.")
    rule = next(rule for rule in documents.rules(document) if rule.id == keys[0])
    if isinstance(rule, documents.BadEntry):
        raise rule.fault
    return rule


def write_edit(desk: Desk, function: str, before: Rule, after: Rule) -> Document:
    """Store the fields in which a rule differs now; what others have changed of it meanwhile stays.

    Returns the document as it is now.

    Raises:
        StoreError: `unknown-rule`, where it has gone meanwhile.
        RuleError: it may not be so.
    """
    different: Mapping[str, Any] = {
        name: value for name, value in after._asdict().items() if value != getattr(before, name)
    }
    change = functools.partial(
        changes.edit_rule, key=before.id, change=lambda rule: rule._replace(**different)
    )
    return change_document(desk, function, change).after
