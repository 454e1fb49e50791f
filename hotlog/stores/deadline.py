"""Reads that end by a deadline although what they call knows none.

Each read runs beside the invocation, which waits for it until the deadline and no longer.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors
from hotlog.errors import StoreError
from hotlog.stores.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.stores import Answer


class DeadlineReader:
    """Reads documents in a thread; one read at a time.

    Args:
        ask: reads the document of a name, however long it takes.
        what: how a message calls such a read; `{}` stands for the name.
    """

    def __init__(self, ask: Callable[[str], Answer], what: str) -> None:
        self._ask, self._what = ask, what
        self._name = ""
        self._said: Answer | StoreError | None = None
        self._background = Background(self._run, self._note_failure)

    def read(self, name: str, timeout_ms: int) -> Answer:
        """Return the document, in one attempt.

        Args:
            name: what is asked for.
            timeout_ms: deadline of all of it.

        Raises:
            StoreError: as `Store.read`.
        """
        deadline_s = time.monotonic() + timeout_ms / 1_000
        if self._background.busy:  # a read that nobody waits for any more: the next begins when it is over
            self._background.wait(deadline_s - time.monotonic())
        if not self._background.busy:
            self._name, self._said = name, None
            if self._background.start():
                self._background.wait(deadline_s - time.monotonic())
            else:  # no more threads are allowed here
                self._run()
        said = None if self._background.busy else self._said
        if said is None:
            what = self._what.format(name)
            raise StoreError("unreachable", f"no answer to {what} within {timeout_ms} ms.")
        if isinstance(said, StoreError):
            raise said
        return said

    def _run(self) -> None:
        try:
            self._said = self._ask(self._name)
        except StoreError as fault:
            self._said = fault

    def _note_failure(self, fault: Exception) -> None:
        self._said = StoreError("unreachable", internal_errors.describe(fault))
