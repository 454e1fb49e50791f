"""What one hit may still cost, and the word for what it cannot have.

Loops spend the budget as they go, so it holds *during* evaluation and capture.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HIT_MAX_NS: Final = limits.HIT_MAX_MS * 1_000_000
EXPRESSION_MAX_NS: Final = limits.EXPRESSION_MAX_MS * 1_000_000
_FREE_NAMES: Final = 500
_NAMES_PER_STEP: Final = 16  # are looked at in the time of a step


class CaptureBounds(NamedTuple):
    """How much of a value is captured, where the event has room for it.

    Attributes:
        depth: how deep values may lie in each other.
        items: elements of a collection, fields of an object.
        chars: characters of a text.
    """

    depth: int = limits.CAPTURE_DEPTH
    items: int = limits.CAPTURE_ITEMS
    chars: int = limits.CAPTURE_CHARS


class Unavailable(Exception):  # noqa: N818 -- no error: the word of the docs for what cannot be read
    """A value cannot be had without running user code, may not be shown, or would cost too much.

    Raise a fresh instance each time: a kept one would keep the application's objects alive by its traceback.

    Args:
        reason: a short sentence part, shown as `{unavailable: reason}`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAttribute(Unavailable):
    """The value certainly has no attribute of that name."""


class Redacted(Unavailable):
    """The value may not be shown."""

    def __init__(self, what: str = "") -> None:
        super().__init__(f"redacted: {what}" if what else "redacted")


class Budget:
    """What one hit may still cost. Loops spend it as they go, so it holds *during* evaluation and capture.

    The first half of the time is that of the wall clock, which is asked in 40 ns. Once it is over, the thread's own
    clock (400 ns) decides over the second half: a process that is paused meanwhile, as Lambda pauses functions with
    little memory, has not cost what it did not run.

    Args:
        max_ns: time until everything further is unavailable.
        clock: monotonic nanoseconds.
        own_clock: nanoseconds that this thread has run.
    """

    # Defaults of the class: making a budget for each hit then sets two attributes.
    steps = limits.EXPRESSION_MAX_STEPS
    items = limits.EXPRESSION_MAX_BUILT_ITEMS
    chars = limits.EXPRESSION_MAX_BUILT_CHARS
    output_bytes = limits.EVENT_MAX_BYTES * 3 // 4
    clock = staticmethod(time.monotonic_ns)
    own_clock = staticmethod(time.thread_time_ns)
    _own_from_ns = -1

    def __init__(
        self,
        max_ns: float = HIT_MAX_NS,
        clock: Callable[[], int] | None = None,
        own_clock: Callable[[], int] | None = None,
    ) -> None:
        if clock is not None:
            self.clock = clock
        if own_clock is not None:
            self.own_clock = own_clock
        now_ns = self.clock()
        self.deadline_ns = now_ns + max_ns / 2
        self.expression_deadline_ns = now_ns + min(max_ns, EXPRESSION_MAX_NS) / 2
        self._max_ns = max_ns

    @property
    def late(self) -> bool:
        """Return whether the time is over."""
        return self.clock() > self.deadline_ns and self._has_run(self._max_ns / 2)

    def _has_run(self, more_ns: float) -> bool:
        """Return whether the thread itself has run for so long since the wall clock's half was over."""
        now_ns = self.own_clock()
        if self._own_from_ns < 0:
            self._own_from_ns = now_ns
        return now_ns - self._own_from_ns >= more_ns

    def spend(self, steps: int) -> None:
        """Pay for so many steps of a loop."""
        self.steps -= steps
        if self.steps < 0:
            raise Unavailable(f"takes more than {limits.EXPRESSION_MAX_STEPS:,} steps")
        if self.clock() > self.expression_deadline_ns and self._has_run(
            min(self._max_ns, EXPRESSION_MAX_NS) / 2
        ):
            raise Unavailable("took too long")

    def look_through(self, names: int) -> None:
        """Pay for a look at all keys of a namespace; most have so few that it costs nothing."""
        if names > _FREE_NAMES:
            self.spend(names // _NAMES_PER_STEP)

    def build(self, items: int = 0, chars: int = 0) -> None:
        """Pay for a value that is built, before it is."""
        self.items -= items
        self.chars -= chars
        if self.items < 0:
            raise Unavailable(f"would build more than {limits.EXPRESSION_MAX_BUILT_ITEMS:,} items")
        if self.chars < 0:
            raise Unavailable(f"would build more than {limits.EXPRESSION_MAX_BUILT_CHARS:,} characters")
