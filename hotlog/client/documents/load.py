"""A function's document, out of its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import Document

if TYPE_CHECKING:
    from hotlog.stores import Store


def load_document(store: Store, function: str) -> Document:
    """Return the function's document; an empty one where it has none.

    Raises:
        StoreError: the store cannot be read, or what it holds is damaged.
    """
    try:
        return documents.loads(store.read(function).text)
    except StoreError as fault:
        if fault.code == "missing":
            return Document()
        raise
