"""What the commands do to a document: pure functions from one to the next.

A store may run a change again when somebody else wrote in between, so nothing here draws an id or reads a clock.
"""

from __future__ import annotations

import difflib
import fnmatch
from typing import TYPE_CHECKING, Any, Final

from hotlog import limits
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.model import entry_of, is_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

STOPPED: Final = "stopped"  # top-level key of a document: `hotlog stop` has paused it, who and when
_SHOWN: Final = 5  # of many names


def renew(
    document: Document, rules: Sequence[Rule], remove: Sequence[str] = (), *, replace: bool = False
) -> Document:
    """Return the document with these rules, and without others.

    Args:
        document: as it is now.
        rules: are added.
        remove: names of rules that go.
        replace: a rule takes the place of the one with its id; else that is refused.

    Raises:
        StoreError: `duplicate-id`, `too-many-rules`; as `find_ids`.
    """
    document = remove_rules(document, remove) if remove else document
    for rule in rules:
        document = replace_rule(document, rule) if replace else add_rule(document, rule)
    return document


def add_rule(document: Document, rule: Rule) -> Document:
    """Return the document with one rule more.

    Raises:
        StoreError: `duplicate-id` or `too-many-rules`.
    """
    if rule.id in list_ids(document):
        raise StoreError(
            "duplicate-id", f"there is a rule {rule.id!r} already: choose another --id, or remove that one."
        )
    if len(document.entries) >= limits.RULES_MAX:
        raise StoreError("too-many-rules", f"there are {limits.RULES_MAX} rules already: remove some first.")
    return document._replace(entries=(*document.entries, entry_of(rule)))


def replace_rule(document: Document, rule: Rule) -> Document:
    """Return the document with that rule, in the place of the one with its id where there is one.

    Raises:
        StoreError: `too-many-rules`.
    """
    keys = list_ids(document)
    if rule.id not in keys:
        return add_rule(document, rule)
    entries = list(document.entries)
    entries[keys.index(rule.id)] = entry_of(rule)
    return document._replace(entries=tuple(entries))


def edit_rule(document: Document, key: str, change: Callable[[Rule], Rule]) -> Document:
    """Return the document with one rule changed.

    Args:
        document: as it is now.
        key: id of the rule.
        change: what to do to it.

    Raises:
        StoreError: `unknown-rule`, where it has gone meanwhile.
        RuleError: it cannot be read, or may not be so.
    """
    for rule in documents.rules(document):
        if rule.id == key:
            if isinstance(rule, documents.BadEntry):
                raise rule.fault
            return replace_rule(document, change(rule))
    raise StoreError("unknown-rule", f"there is no rule {key!r}. {_hint(key, list_ids(document))}")


def extend_rules(document: Document, ids: Collection[str], expires: datetime) -> Document:
    """Return the document with these rules living until then; one that has gone meanwhile stays away."""
    for rule in documents.rules(document):
        if rule.id in ids and not isinstance(rule, documents.BadEntry):
            document = replace_rule(document, rule._replace(expires=expires))
    return document


def remove_rules(document: Document, names: Sequence[str]) -> Document:
    """Return the document without the rules that the names stand for.

    Raises:
        StoreError: as `find_ids`.
    """
    gone = {key for name in names for key in find_ids(document, name)}
    keys = list_ids(document)
    kept = tuple(entry for key, entry in zip(keys, document.entries, strict=True) if key not in gone)
    return document._replace(entries=kept)


def entries_of(document: Document, names: Sequence[str]) -> list[dict[str, object]]:
    """Return what is stored for the rules that the names stand for.

    Raises:
        StoreError: as `find_ids`.
    """
    wanted = {key for name in names for key in find_ids(document, name)}
    return [
        dict(entry) for key, entry in zip(list_ids(document), document.entries, strict=True) if key in wanted
    ]


def remove_group(document: Document, group: str) -> Document:
    """Return the document without the rules of a group, or of all groups that a pattern such as `mcp-*` matches.

    Raises:
        StoreError: `unknown-rule`, where no rule belongs to it.
    """
    kept = tuple(entry for entry in document.entries if not is_of_group(entry, group))
    if len(kept) == len(document.entries):
        raise StoreError("unknown-rule", f"no rule belongs to the group {group!r}.")
    return document._replace(entries=kept)


def is_of_group(entry: Mapping[str, Any], group: str) -> bool:
    """Return whether a stored rule belongs to a group, or to one that a pattern matches. Without a name it belongs to none."""
    name = entry.get("group")
    return isinstance(name, str) and bool(name) and (name == group or fnmatch.fnmatchcase(name, group))


def remove_all(document: Document) -> Document:
    """Return the document without rules and not paused, as if the function never had any."""
    return set_paused(document, paused=False)._replace(entries=())


def set_paused(document: Document, *, paused: bool) -> Document:
    """Return the document with its rules switched off or on. Whoever does so has the last word: the mark of a `hotlog stop` goes."""
    extra = tuple(pair for pair in document.extra if pair[0] != STOPPED)
    return document._replace(paused=paused, extra=extra)


def list_ids(document: Document) -> list[str]:
    """Return each entry's id, or its place in the list where it has none."""
    names = (entry.get("id") for entry in document.entries)
    return [
        name if isinstance(name, str) and is_id(name) else f"#{number}"
        for number, name in enumerate(names, 1)
    ]


def find_ids(document: Document, name: str) -> list[str]:
    """Return the ids that a name stands for: an id, the start of exactly one, or a target with all its rules.

    Raises:
        StoreError: `unknown-rule`, with the ids that come near, or `ambiguous-rule`.
    """
    keys = list_ids(document)
    if name in keys:
        return [name]
    at_target = [
        key for key, entry in zip(keys, document.entries, strict=True) if name and entry.get("at") == name
    ]
    if at_target:
        return at_target
    begun = sorted({key for key in keys if name and key.startswith(name)})
    if len(begun) > 1:
        raise StoreError("ambiguous-rule", f"{name!r} could be {', '.join(begun)}: write more of the id.")
    if not begun:
        raise StoreError("unknown-rule", f"there is no rule {name!r}. {_hint(name, keys)}")
    return begun


def _hint(name: str, keys: Sequence[str]) -> str:
    if not keys:
        return "The function has no rules."
    near = difflib.get_close_matches(name, keys, n=3)
    return f"Did you mean {' or '.join(near)}?" if near else f"There are {_few(keys)}."


def _few(keys: Sequence[str]) -> str:
    return ", ".join(keys[:_SHOWN]) + (f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else "")
