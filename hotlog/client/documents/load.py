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
    answers: Callable[[], dict[str, Answer]] | None = getattr(store, "answers", None)
    if answers is None:
        return {name: _try_load(lambda name=name: store.read(name).text) for name in store.functions()}  # type: ignore[misc]  # mypy cannot infer a default's type
    return {name: _try_load(lambda answer=answer: answer.text) for name, answer in sorted(answers().items())}  # type: ignore[misc]  # as above


def _try_load(text: Callable[[], str]) -> Document | StoreError:
    try:
        return documents.loads(text())
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
