"""Rules kept in this process: for tests, hotlog's own and those of its users."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.stores import Answer, StoreScheme
from hotlog.stores.edit import check_function, edit

if TYPE_CHECKING:
    from hotlog.rules.document import Document
    from hotlog.stores.edit import Change, Keep


class MemoryStore:
    """A store in this process's memory."""

    url = "memory:"

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[str, Answer] = {}

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:  # noqa: ARG002  (nothing to wait for)
        """Return the function's document; see `Store.read`."""
        answer = self._answers.get(check_function(function))
        if answer is None:
            raise StoreError("missing", f"there are no rules for {function!r} in {self.url}")
        return answer

    def update(self, function: str, change: Change, *, keep: Keep | None = None) -> Document:
        """Read, change, write; see `Store.update`."""
        with self._lock:
            answer = self._answers.get(check_function(function))
            now_s = time.time()
            done = edit(answer, change, keep=keep, now_s=now_s)
            if done.changed:
                self._write(function, documents.dumps(done.document), now_s)
            return done.document

    def functions(self) -> list[str]:
        """Return the names of the functions that have a document, sorted."""
        return sorted(self._answers)

    def put(self, function: str, text: str) -> None:
        """Store a text as it is, readable or not: for tests of what comes after."""
        with self._lock:
            self._write(check_function(function), text, time.time())

    def _write(self, function: str, text: str, now_s: float) -> None:
        answer = self._answers.get(function)
        self._answers[function] = Answer(text, answer.version + 1 if answer else 1, now_s)


SCHEME: Final = StoreScheme(lambda _opening: MemoryStore(), url=lambda _rest: MemoryStore.url, is_local=True)
