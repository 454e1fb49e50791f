"""The gate that asks about the invocation alone: decided once for each, before the handler runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.expressions.evaluate import HitScope, is_true
from hotlog.hits.gates import Gates
from hotlog.hits.groups import is_of_invocation, split_off_invocation
from hotlog.hits.outcomes import Gate
from hotlog.reading.budget import Unavailable

if TYPE_CHECKING:
    from hotlog.events import Invocation
    from hotlog.expressions.grammar import Expression, Hides
    from hotlog.reading.reader import Reader


class InvocationGate(Gates):
    """What a rule's condition asks about the invocation: `@event`, `@request_id` and their like.

    Attributes:
        splits: whether it may be decided once: the rule's hits come by `_outcome`.
        flag: empty while the condition is false for the whole invocation; None where it asks nothing about it alone.
    """

    splits = False
    flag: Gate | None
    _reader: Reader

    def _take_off_first(self, condition: Expression | None, hides: Hides) -> Expression | None:
        """Keep what is decided before the handler runs; return the rest. Rules of a group decide together."""
        self._shared: Expression | None = None  # of the whole group
        self._first: Expression | None = None  # of this rule
        if self.rule.group and condition is not None and is_of_invocation(condition):
            self._shared, condition = condition, None
        if condition is not None and self.splits:
            self._first, condition = split_off_invocation(condition, hides)
        self.flag = Gate() if self._first is not None else None
        self._decided: tuple[Invocation | None, bool | str] = (None, True)
        return condition

    def decide(self, others: bool) -> None:
        """Decide what the condition asks about the invocation alone: see `invocation_context.Asked`.

        Where it is false, and nothing else may run, the patched code looks at no hit.
        """
        if self._first is None or self.flag is None:
            return
        invocation = self._context.invocation
        verdict: bool | str
        try:
            verdict = is_true(
                self._first, HitScope({}, None, self._context.specials(0)), self._reader.for_hit()
            )
        except Unavailable as why:
            verdict = why.reason
        self._decided = (invocation, verdict)
        if verdict is False and not others and invocation.request_id:
            self.flag.shut()
        elif not self.flag:
            self.flag.append(None)

    def _is_for_this(self) -> bool:
        """Return what was decided about the invocation.

        Raises:
            Unavailable: it cannot be decided.
        """
        if self._decided[0] is not self._context.invocation:
            self.decide(True)
        verdict = self._decided[1]
        if type(verdict) is str:
            raise Unavailable(verdict)
        return verdict is True

    def is_for_invocation(self) -> bool:
        """Return whether the rule's own condition for the whole invocation admits this one."""
        if self._shared is None:
            return True
        try:
            return is_true(
                self._shared, HitScope({}, None, self._context.specials(0)), self._reader.for_hit()
            )
        except Unavailable as why:
            self._note("condition-error", f"the condition cannot be evaluated: {why.reason}")
            return False
