"""What kinds have in common whose hits are no reached lines: a call that ends, an exception, a time that is nearly up.

They pass the same gates as a log line, and make an event of their own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.expressions.evaluate import HitScope, is_true
from hotlog.hits.outcomes import CONDITION_ERROR, CONDITION_FALSE
from hotlog.hits.rule_handler import RuleHandler
from hotlog.reading.reader import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from hotlog.events import Event
    from hotlog.reading.reader import Reader


class TriggeredHandler(RuleHandler):
    """A rule that a call, an exception or a time-out triggers instead of a reached line."""

    def _considered(
        self,
        frame: FrameType | None,
        extra: Mapping[str, object],
        event: Callable[[int, HitScope, Reader], Event],
        max_ms: int = limits.HIT_MAX_MS,
    ) -> None:
        """Send a hit of a call, error or time-out through the gates, to an event that its kind makes.

        Args:
            frame: where names are looked up.
            extra: what `@names` of the kind mean.
            event: makes the event, from its number.
            max_ms: what it may cost.
        """
        self._enter()
        closed = self._closed(self._context.clock_ns())
        self.tally.counts[closed or self._judged(frame, extra, event, max_ms)] += 1

    def _judged(
        self,
        frame: FrameType | None,
        extra: Mapping[str, object],
        event: Callable[[int, HitScope, Reader], Event],
        max_ms: int,
        *,
        is_tested: bool = False,
    ) -> str:
        """Return such a hit's outcome behind the first gates; `is_tested`: its condition was true."""
        context = self._context
        start_ns = context.clock_ns()
        try:
            reader = self._reader.for_hit(max_ms * 1_000_000)
            specials = {**context.specials(self.tally.hits, self.tally.matched), **extra}
            scope = HitScope({}, frame, specials)
            if self._condition is not None and not is_tested and not is_true(self._condition, scope, reader):
                if next(self.tally.looks, False) and self.operands is not None:
                    self.operands.look(scope, reader)
                return CONDITION_FALSE
            if not is_tested and self._counting is not None and not self._counting.holds(scope, reader):
                return CONDITION_FALSE
            specials["matched"] = self._matched
            number, closed = self._admitted()
            return closed or self._send(partial(event, number, scope, reader))
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return CONDITION_ERROR
        finally:
            context.spent_ns += context.clock_ns() - start_ns
