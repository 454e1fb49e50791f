"""Rules into the documents of their functions: one write for each function, however many rules there are."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hotlog.client.account.identity import find_identity
from hotlog.client.documents import changes
from hotlog.errors import StoreError
from hotlog.rules.model import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.account.desk import Desk
    from hotlog.client.adding.check import CheckedRule
    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

_ID_ATTEMPTS: Final = 20


class DocumentChange(Protocol):
    """How a rule is added to a document, such as `changes.add_rule`."""

    def __call__(self, document: Document, rule: Rule) -> Document:
        """Return the document with the rule in it."""


class StoredRules(NamedTuple):
    """What a write has left.

    Attributes:
        rules: those that were added, each as it is stored.
        removed: entries that were taken away, as they were stored.
        paused: functions whose rules are all switched off.
    """

    rules: tuple[CheckedRule, ...]
    removed: tuple[dict[str, object], ...] = ()
    paused: tuple[str, ...] = ()


def store_rules(
    desk: Desk,
    checked: Sequence[CheckedRule],
    *,
    keep_ids: bool,
    change: DocumentChange = changes.add_rule,
    remove: Sequence[str] = (),
) -> StoredRules:
    """Store rules that have passed all checks, each function's in one write: all of them, or none.

    Args:
        desk: which store.
        checked: the rules, function by function.
        keep_ids: somebody chose the ids; else another is drawn where one is taken.
        change: how a document takes a rule.
        remove: rules that go in the same write, by id, beginning of an id, or target.

    Raises:
        StoreError: the store cannot be read or written, or a chosen id is taken.
    """
    by = find_identity(desk)
    done: list[CheckedRule] = []
    removed: list[dict[str, object]] = []
    paused: list[str] = []
    undo: list[str] = []
    for name, group in itertools.groupby(checked, key=lambda each: each.recipient.name):
        those = list(group)
        rules = [each.rule._replace(by=by) for each in those]
        try:
            rules, document, gone = _stored_in(desk, name, rules, change, keep_ids=keep_ids, remove=remove)
        except StoreError as fault:
            if undo:
                fault.add_note("\n  ".join(("Some are stored already. Take them away again with:", *undo)))
            raise
        paused += [name] if document.paused else []
        removed += gone
        done += [each._replace(rule=rule) for each, rule in zip(those, rules, strict=True)]
        undo.append(desk.options.command("rm", name, *(rule.id for rule in rules)))
    return StoredRules(tuple(done), tuple(removed), tuple(paused))


def _stored_in(  # each is one fact of the write
    desk: Desk,
    function: str,
    rules: list[Rule],
    change: DocumentChange,
    *,
    keep_ids: bool,
    remove: Sequence[str],
) -> tuple[list[Rule], Document, list[dict[str, object]]]:
    """Store the rules of one function in one write: all of them, or none."""
    store = desk.open_store()
    gone: list[dict[str, object]] = []

    def renew(document: Document, rules: list[Rule]) -> Document:
        gone[:] = changes.entries_of(document, remove)
        document = changes.remove_rules(document, remove) if remove else document
        for rule in rules:
            document = change(document, rule=rule)
        return document

    for _ in range(_ID_ATTEMPTS):
        try:
            return rules, store.update(function, functools.partial(renew, rules=rules)), gone
        except StoreError as fault:
            if keep_ids or fault.code != "duplicate-id":
                raise
            rules = [rule._replace(id=new_id()) for rule in rules]
    raise StoreError("duplicate-id", "no free id was found: choose one with --id.")
