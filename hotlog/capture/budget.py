"""What one hit may still cost, and the word for what it cannot have.

Loops spend the budget as they go, so it holds *during* evaluation and capture.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from hotlog import limits

if TYPE_CHECKING:
    from collections.abc import Callable

HIT_MAX_NS: Final = limits.HIT_MAX_MS * 1_000_000
EXPRESSION_MAX_NS: Final = limits.EXPRESSION_MAX_MS * 1_000_000


class Unavailable(Exception):  # noqa: N818 -- no error: the word of the docs for what cannot be read
    """A value cannot be had without running user code, may not be shown, or would cost too much.

    Raise a fresh instance each time: a kept one would keep the application's objects alive by its traceback.

    Args:
        reason: a short sentence part, shown as `{unavailable: reason}`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Redacted(Unavailable):
    """The value may not be shown."""

    def __init__(self, what: str = "") -> None:
        super().__init__(f"redacted: {what}" if what else "redacted")


class Budget:
    """What one hit may still cost. Loops spend it as they go, so it holds *during* evaluation and capture.

    Args:
        max_ns: time until everything further is unavailable.
        clock: monotonic nanoseconds.
    """

    # Defaults of the class: making a budget for each hit then sets two attributes.
    steps = limits.EXPRESSION_MAX_STEPS
    items = limits.EXPRESSION_MAX_BUILT_ITEMS
    chars = limits.EXPRESSION_MAX_BUILT_CHARS
    output_bytes = limits.EVENT_MAX_BYTES * 3 // 4
    clock = staticmethod(time.monotonic_ns)

    def __init__(self, max_ns: float = HIT_MAX_NS, clock: Callable[[], int] | None = None) -> None:
        if clock is not None:
            self.clock = clock
        now_ns = self.clock()
        self.deadline_ns = now_ns + max_ns
        self.expression_deadline_ns = now_ns + min(max_ns, EXPRESSION_MAX_NS)

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return self.clock() > self.deadline_ns

    def spend(self, steps: int) -> None:
        """Pay for so many steps of a loop."""
        self.steps -= steps
        if self.steps < 0:
            raise Unavailable(f"takes more than {limits.EXPRESSION_MAX_STEPS:,} steps")
        if self.clock() > self.expression_deadline_ns:
            raise Unavailable("took too long")

    def build(self, items: int = 0, chars: int = 0) -> None:
        """Pay for a value that is built, before it is."""
        self.items -= items
        self.chars -= chars
        if self.items < 0:
            raise Unavailable(f"would build more than {limits.EXPRESSION_MAX_BUILT_ITEMS:,} items")
        if self.chars < 0:
            raise Unavailable(f"would build more than {limits.EXPRESSION_MAX_BUILT_CHARS:,} characters")
