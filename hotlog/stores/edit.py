"""What every store does between its read and its write: open the document, change it, prune it.

A document that cannot be read is never overwritten by accident. Whoever wants it gone passes `keep`, which gets it first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.errors import StoreError
from hotlog.namedtuple import NamedTuple
from hotlog.rules import document as documents
from hotlog.rules.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.stores import Answer

    Change = Callable[[Document], Document]
    Keep = Callable[[Answer], None]

UNREADABLE = frozenset({"document-damaged", "document-newer"})


class Edit(NamedTuple):
    """The document after a change, and whether it has to be written."""

    document: Document
    changed: bool


def check_function(function: str) -> str:
    """Return the name, if a Lambda function can have it: no separator in it can lead out of the store.

    Raises:
        StoreError: `bad-function`.
    """
    if is_function(function):
        return function
    raise StoreError(
        "bad-function",
        f"{function!r} is no function name: write 1 to {limits.FUNCTION_NAME_MAX_CHARS} letters, digits, '-' or '_'.",
    )


def is_function(name: str) -> bool:
    """Return whether a Lambda function can have that name."""
    fits = 0 < len(name) <= limits.FUNCTION_NAME_MAX_CHARS
    return fits and all(char.isascii() and (char.isalnum() or char in "-_") for char in name)


def open_document(answer: Answer | None, keep: Keep | None) -> Document | None:
    """Return the stored document, or an empty one; None where it is unreadable and `keep` took it.

    Raises:
        StoreError: `document-damaged` or `document-newer`, where `keep` is None.
    """
    if answer is None:
        return Document()
    try:
        return documents.loads(answer.text)
    except StoreError as fault:
        if keep is None or fault.code not in UNREADABLE:
            raise
        keep(answer)
        return None


def edit(answer: Answer | None, change: Change, *, keep: Keep | None, now_s: float) -> Edit:
    """Change what a store holds, for stores that are locked meanwhile.

    Args:
        answer: what the store holds; None: nothing.
        change: from the document as it is to the document as it shall be.
        keep: gets a document that cannot be read, which is then replaced; None: refuse.
        now_s: seconds since the epoch; rules that have expired by then are pruned.
    """
    before = open_document(answer, keep)
    after = give_key(change)(before or Document())
    if after == before:
        return Edit(after, changed=False)
    base = answer.version if answer else 0
    return Edit(prune(after, now_s)._replace(base=base), changed=True)


def give_key(change: Change) -> Change:
    """Return the change, which also gives a document that it changes a key for proofs, where it has none.

    The key is drawn here: a change may run several times, and must do the same each time.
    """
    from hotlog.rules.proof import dump_key, load_key, make_key  # readers start without it

    key = dump_key(make_key())

    def change_and_key(document: Document) -> Document:
        after = change(document)
        has_key = load_key(after.key) is not None
        return after if has_key or after == document else after._replace(key=key)

    return change_and_key


def is_later_key(new: object, old: object) -> bool:
    """Return whether a key, as stored, takes the place of another. Of two with one number the first stays."""
    from hotlog.rules.proof import load_key

    fresh, known = load_key(new), load_key(old)
    return fresh is not None and (known is None or fresh.number > known.number)


def prune(document: Document, now_s: float) -> Document:
    """Return the document without the rules that have expired; an entry whose expiry cannot be read stays."""
    return document._replace(
        entries=tuple(entry for entry in document.entries if not _is_expired(entry, now_s)),
    )


def _is_expired(entry: Mapping[str, Any], now_s: float) -> bool:
    from datetime import UTC, datetime  # only writers prune: readers start without it

    text = entry.get("expires")
    if not isinstance(text, str):
        return False
    try:
        expires = datetime.fromisoformat(text)
    except ValueError:
        return False
    aware = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    return aware <= datetime.fromtimestamp(now_s, UTC)
