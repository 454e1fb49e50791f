"""A function's document, out of its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.stores import Answer, Store


def load_documents(store: Store) -> dict[str, Document | StoreError]:
    """Return the document of each function that has one, or why it cannot be read, by the function's name.

    Raises:
        StoreError: the store cannot be listed.
    """
    answers: Callable[[], dict[str, Answer | StoreError]] | None = getattr(store, "answers", None)
    found = {name: _try_read(store, name) for name in store.functions()} if answers is None else answers()
    return {name: _try_load(answer) for name, answer in sorted(found.items())}


def _try_read(store: Store, name: str) -> Answer | StoreError:
    try:
        return store.read(name)
    except StoreError as fault:
        return fault


def _try_load(answer: Answer | StoreError) -> Document | StoreError:
    try:
        return answer if isinstance(answer, StoreError) else documents.loads(answer.text)
    except StoreError as fault:
        return fault


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
