"""Rules into the documents of their functions: one write for each function, however many rules there are."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.documents import changes
from hotlog.client.documents.edit import Changed, change_document
from hotlog.client.documents.load import load_document
from hotlog.errors import StoreError
from hotlog.rules.model import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hotlog.client.account.desk import Desk
    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

_ID_ATTEMPTS: Final = 20


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
    replace: bool = False,
    remove: Sequence[str] = (),
) -> StoredRules:
    """Store rules that have passed all checks, each function's in one write: all of them, or none.

    Args:
        desk: which store.
        checked: the rules, function by function.
        keep_ids: somebody chose the ids; else another is drawn where one is taken.
        replace: a rule takes the place of the one with its id.
        remove: rules that go in the same write, by id, beginning of an id, or target.

    Raises:
        StoreError: the store cannot be read or written, or a chosen id is taken.
    """
    by = desk.identity()
    done: list[CheckedRule] = []
    removed: list[dict[str, object]] = []
    paused: list[str] = []
    for name, those in _by_function(checked):
        rules = [each.rule._replace(by=by) for each in those]
        try:
            change = functools.partial(change_document, desk, name, is_auto=_is_auto(those[0]))
            rules, document, gone = _store_in(change, rules, remove, replace=replace, keep_ids=keep_ids)
        except StoreError as fault:
            if done:
                fault.add_note(
                    "\n  ".join(("Some are stored already. Take them away again with:", *_undo(desk, done)))
                )
            raise
        paused += [name] if document.paused else []
        removed += gone
        done += _as_in(document, those, rules)
    return StoredRules(tuple(done), tuple(removed), tuple(paused))


def foresee_rules(
    desk: Desk, checked: Sequence[CheckedRule], *, keep_ids: bool, replace: bool = False
) -> StoredRules:
    """Return what `store_rules` would leave, and write nothing.

    Raises:
        StoreError: as `store_rules`: the store cannot be read, or a chosen id is taken.
    """
    done: list[CheckedRule] = []
    paused: list[str] = []
    for name, those in _by_function(checked):
        document = load_document(desk.open_store(), name)
        rules, _, _ = _store_in(
            functools.partial(_change_alone, name, document),
            [each.rule for each in those],
            (),
            replace=replace,
            keep_ids=keep_ids,
        )
        paused += [name] if document.paused else []
        done += _as_in(document, those, rules)
    return StoredRules(tuple(done), (), tuple(paused))


def _by_function(checked: Sequence[CheckedRule]) -> Iterator[tuple[str, list[CheckedRule]]]:
    for name, group in itertools.groupby(checked, key=lambda each: each.recipient.name):
        yield name, list(group)


def _change_alone(name: str, document: Document, change: Callable[[Document], Document]) -> Changed:
    return Changed(name, document, change(document))


def _as_in(document: Document, checked: Sequence[CheckedRule], rules: Sequence[Rule]) -> list[CheckedRule]:
    """Return the rules as they are stored, with when they go live."""
    return [
        each._replace(rule=rule, live=describe_start_of(document, each.live))
        for each, rule in zip(checked, rules, strict=True)
    ]


def describe_start_of(document: Document, start: str) -> str:
    """Return when a rule of a document goes live: as the function's policy has it, or not before somebody switches its rules on.

    Args:
        document: as it is stored.
        start: by the function's policy.
    """
    return "once the rules of the function, which are paused, are switched on" if document.paused else start


def _undo(desk: Desk, done: Sequence[CheckedRule]) -> Iterator[str]:
    """Yield the commands that take stored rules away again, one for each function."""
    for name, those in itertools.groupby(done, key=lambda each: each.recipient.name):
        yield desk.options.command("rm", name, *(each.rule.id for each in those))


def _is_auto(checked: CheckedRule) -> bool:
    """Return whether the function reads as often as its document says."""
    deployed = checked.recipient.deployed
    return bool(deployed) and deployed[0].config.refresh == "auto"


def _store_in(
    write: Callable[[Callable[[Document], Document]], Changed],
    rules: list[Rule],
    remove: Sequence[str],
    *,
    replace: bool,
    keep_ids: bool,
) -> tuple[list[Rule], Document, list[dict[str, object]]]:
    """Store the rules of one function in one write: all of them, or none."""
    for _ in range(_ID_ATTEMPTS):
        try:
            done = write(functools.partial(changes.renew, rules=rules, remove=remove, replace=replace))
            return rules, done.after, changes.entries_of(done.before, remove) if remove else []
        except StoreError as fault:
            if keep_ids or fault.code != "duplicate-id":
                raise
            rules = [rule._replace(id=new_id()) for rule in rules]
    raise StoreError("duplicate-id", "no free id was found: choose one with --id.")
