"""What waits to be captured, level by level: each value gets an even share of the room that is left in the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.capture.scalars import ScalarCapture
from hotlog.capture.shares import Waiting, size_of

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

_ROOMY_BYTES: Final = 600  # where each value of a level may take so much, none goes short


class EvenShares(ScalarCapture):
    """Captures what waits, the shallow before the deep; `snapshot.Walk` says how one value is filled in.

    Args:
        reader: as `ScalarCapture`.

    Attributes:
        above: ids of the objects that the one at hand is part of, itself included; as many as it is deep.
        floor: the bytes that the one at hand must leave in the event.
        waiting: what is still to be filled in: the empty container, the value, its type, and what it is part of.
    """

    __slots__ = ("above", "floor", "waiting")

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.above: tuple[int, ...] = ()
        self.floor = 0
        self.waiting: list[Waiting] = []

    def fill(self, shown: Any, value: Any, kind: type, above: tuple[int, ...]) -> None:
        """Fill in one value."""
        raise NotImplementedError

    def run(self) -> None:
        """Fill in what waits, level by level, each with an even share of the room."""
        budget = self.budget
        while self.waiting:
            level, self.waiting = self.waiting, []
            rest = len(level)
            if rest > 1 and budget.output_bytes < rest * _ROOMY_BYTES:
                level.sort(key=size_of)  # what is small leaves the rest of its share to the others
            fill = self.fill
            for shown, value, kind, above, paid in level:
                if paid:
                    self._fill_paid(shown, value, kind, above, paid, rest)
                else:
                    left = budget.output_bytes
                    self.floor = left - left // rest
                    fill(shown, value, kind, above)
                rest -= 1

    def _fill_paid(
        self, shown: Any, value: Any, kind: type, above: tuple[int, ...], paid: int, rest: int
    ) -> None:
        """Fill in a value that so many bytes are paid ahead for; what it does not spend its own parts may."""
        self.budget.output_bytes += paid
        left, begun = self.budget.output_bytes, len(self.waiting)
        self.floor = left - max(paid, left // rest)
        self.fill(shown, value, kind, above)
        if (kept := paid - (left - self.budget.output_bytes)) > 0:
            self._pay_ahead(begun, kept)

    def _pay_ahead(self, begun: int, kept: int) -> None:
        """Keep what a value has paid ahead, and not spent, for its own parts among those that wait."""
        parts = self.waiting[begun:]
        for place, (shown, value, kind, above, _) in enumerate(parts, begun):
            self.waiting[place] = (shown, value, kind, above, kept // len(parts))
            self.budget.output_bytes -= kept // len(parts)
