"""Work beside the handler: one thread at a time, gone when its work is done, and never in the way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors

if TYPE_CHECKING:
    from collections.abc import Callable


class Background:
    """Does the same piece of work each time it is started.

    Args:
        work: what to do.
        on_fault: told of a fault of hotlog's in it.
    """

    def __init__(self, work: Callable[[], object], on_fault: Callable[[Exception], object]) -> None:
        self._work, self._on_fault = work, on_fault
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Return whether its thread is at work; never in a forked child, where no thread runs on."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> bool:
        """Begin; False where this process may have no more threads, or this interpreter none that it need not wait for."""
        try:
            thread = threading.Thread(
                target=internal_errors.run_contained,
                args=(self._work, self._on_fault),
                name="hotlog-refresh",
                daemon=True,
            )
            thread.start()
        except RuntimeError:
            return False
        self._thread = thread
        return True

    def wait(self, patience_s: float) -> None:
        """Wait until the work is done, at most that long: work in a frozen environment ends much later."""
        if self._thread is not None:
            self._thread.join(max(0.0, patience_s))
