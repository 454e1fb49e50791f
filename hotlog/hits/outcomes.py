"""How often a rule was hit, and what became of each hit.

Patched code counts for itself what it turns away before the hook is called: it steps an iterator, which is one call in C
(20 ns, and no two threads lose a step), and what an iterator has left tells how often it was stepped.
"""

from __future__ import annotations

import sys
from itertools import repeat
from operator import length_hint
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.events import EXHAUSTED, EXPIRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Outcomes, in the order of the gates.
DISABLED: Final = "disabled"
OVER_BUDGET: Final = "over_budget"
NOT_SAMPLED: Final = "not_sampled"
REPLAYED: Final = "replayed"
CONDITION_FALSE: Final = "condition_false"
CONDITION_ERROR: Final = "condition_error"
RATE_LIMITED: Final = "rate_limited"
REENTRANT: Final = "reentrant"
HELD: Final = "held"  # in a ring, and not needed; or a call that is still followed
EMITTED: Final = "emitted"
OUTCOMES: Final = (
    DISABLED,
    EXPIRED,
    EXHAUSTED,
    OVER_BUDGET,
    NOT_SAMPLED,
    REPLAYED,
    CONDITION_FALSE,
    CONDITION_ERROR,
    RATE_LIMITED,
    REENTRANT,
    HELD,
    EMITTED,
)


_BEHIND_CONDITION: Final = (RATE_LIMITED, HELD, EMITTED)

# At which of its counted false results what a condition compares is looked at: True where that is the turn.
LOOKS: Final = (
    (True,) * limits.OPERANDS_LOOKED_FIRST
    + ((*(False,) * (limits.OPERANDS_LOOKED_EVERY - 1), True) * limits.COUNTED_FALSE_MAX)
)[: limits.COUNTED_FALSE_MAX]


class Gate(list[None]):
    """Holds a None until it is shut: patched code looks for it before it calls the hook.

    A list, so that looking runs no Python; hashable and equal to itself alone, because it is a constant of code.
    """

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__

    def __init__(self) -> None:
        super().__init__((None,))

    def shut(self) -> None:
        """Shut the gate: patched code calls the hook no more."""
        self.clear()


class IterCounter:
    """Steps that others take of an iterator, counted.

    Args:
        steps: what there is to take, one after the other; None: so many that nobody comes to the end.

    Attributes:
        left: the iterator.
    """

    __slots__ = ("_most", "left")

    def __init__(self, steps: Sequence[object] | None = None) -> None:
        self.left: Iterator[object] = repeat(None, sys.maxsize) if steps is None else iter(steps)
        self._most = length_hint(self.left)

    @property
    def taken(self) -> int:
        """Return how many steps were taken."""
        return self._most - length_hint(self.left)


class OutcomeCounters:
    """The counts of one rule.

    Args:
        has_condition: its false results may be counted by the patched code, up to `limits.COUNTED_FALSE_MAX`.

    Attributes:
        entered: hits that went through the gates one by one.
        counts: their outcomes.
        limited: those that found the rate closed before anything else was looked at.
        spent: those that found the invocation's budget spent, likewise.
        gate: open until the rule is stopped.
        away: hits that found it shut.
        looks: a step is taken from it at each false result of the condition that the hook has found; true: look closer.
    """

    def __init__(self, *, has_condition: bool) -> None:
        self.entered = 0
        self.counts = dict.fromkeys(OUTCOMES, 0)
        self.limited, self.spent = IterCounter(), IterCounter()
        self.gate = Gate()
        self.away = IterCounter()
        self._false = IterCounter(LOOKS) if has_condition else None
        self.looks = iter(LOOKS)
        self._stopped = DISABLED

    @property
    def hits(self) -> int:
        """Return how many hits entered the hook."""
        return self.entered + self.limited.taken + self.spent.taken

    @property
    def reached(self) -> int:
        """Return how often the line was reached, as far as it is counted."""
        return self.hits + self.away.taken + (self._false.taken if self._false is not None else 0)

    @property
    def false(self) -> Iterator[object] | None:
        """Return the counter that patched code steps at each false condition; None once it is full.

        A step is true where it is the turn to look at what the condition compares.
        """
        return self._false.left if self._false is not None and length_hint(self._false.left) else None

    @property
    def outcomes(self) -> dict[str, int]:
        """Return how many hits had each outcome."""
        found = dict(self.counts)
        found[RATE_LIMITED] += self.limited.taken
        found[OVER_BUDGET] += self.spent.taken
        found[self._stopped] += self.away.taken
        if self._false is not None:
            found[CONDITION_FALSE] += self._false.taken
        return found

    @property
    def matched(self) -> int:
        """Return how many hits the condition has let through."""
        return sum(map(self.counts.__getitem__, (*_BEHIND_CONDITION, EXHAUSTED))) + self.limited.taken

    @property
    def was_true(self) -> bool:
        """Return whether the condition let any hit through."""
        return any(map(self.counts.__getitem__, _BEHIND_CONDITION)) or self.limited.taken > 0

    def stop(self, state: str) -> str:
        """Shut the gate for the state that ended the rule; return the outcome of later hits."""
        if self.gate:
            self._stopped = state if state in self.counts else DISABLED
            self.gate.shut()
        return self._stopped
