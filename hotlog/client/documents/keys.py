"""The key of a function, which its events are proven with: only its number is ever told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.rules.proof import dump_key, load_key, make_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.rules.document import Document


def key_number(document: Document) -> int:
    """Return the number of a document's key; 0 where it has none."""
    key = load_key(document.key)
    return key.number if key is not None else 0


def new_key() -> Callable[[Document], Document]:
    """Return the change that gives a document the next key. Its secret is drawn here: a change may run several times."""
    key = make_key()

    def rotate(document: Document) -> Document:
        return document._replace(key=dump_key(key._replace(number=key_number(document) + 1)))

    return rotate
