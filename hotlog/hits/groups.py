"""Rules of one group decide together, once per invocation: a request is followed through all of them, or through none.

Of the group's rules the smallest `sample` counts, and every condition that asks only about the invocation: about `@event`
and its like, and no variable. What the handler does to its event meanwhile changes nothing any more.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.expressions.evaluate import HitScope, is_true
from hotlog.expressions.grammar import parse
from hotlog.expressions.syntax import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hotlog.expressions.grammar import Expression, Hides
    from hotlog.reading.reader import Reader

_OF_INVOCATION: Final = frozenset(
    {"event", "request_id", "function", "version", "cold_start", "tenant", "correlation_id"}
)


def is_of_invocation(condition: Expression) -> bool:
    """Return whether a condition has the same result at every hit of an invocation."""
    return bool(condition.specials) and condition.specials <= _OF_INVOCATION and not condition.names


def split_off_invocation(condition: Expression, hides: Hides) -> tuple[Expression | None, Expression | None]:
    """Return what a condition asks about the invocation before it asks anything else, and the rest; None where there is none of it."""
    texts = _list_parts(condition)
    first = 0
    for text in texts:
        part = parse(text, hides)
        if not is_of_invocation(part) or part.calls:  # a function may be a variable where the line is
            break
        first += 1
    return _join_parts(texts[:first], hides), _join_parts(texts[first:], hides)


class CountingPart:
    """What a condition asks about `@matched`: it counts the hits for which all else of the condition holds.

    Args:
        condition: that part.

    Attributes:
        specials: what it reads of hotlog's own names.
        met: how many there were.
    """

    def __init__(self, condition: Expression) -> None:
        self._condition = condition
        self.specials = condition.specials
        self.met = 0

    def holds(self, scope: HitScope, reader: Reader) -> bool:
        """Return whether it holds at one more such hit.

        Raises:
            Unavailable: it is neither.
        """
        before, self.met = self.met, self.met + 1
        specials = {**(scope.specials or {}), "matched": before}
        return is_true(self._condition, HitScope(scope.values, scope.frame, specials), reader)


def split_off_counting(condition: Expression, hides: Hides) -> tuple[Expression | None, CountingPart | None]:
    """Return what a condition asks beside `@matched`, and what it asks with it; None where there is none of it.

    `percent > 10 and @matched % 10 == 9` counts the hits for which `percent > 10` holds, and takes each tenth of them.
    """
    if "matched" not in condition.specials:
        return condition, None
    texts = _list_parts(condition)
    counting = [text for text in texts if "matched" in parse(text, hides).specials]
    asked = _join_parts(counting, hides)
    rest = _join_parts([text for text in texts if text not in counting], hides)
    return rest, CountingPart(asked) if asked is not None else None


def _list_parts(condition: Expression) -> list[str]:
    """Return the texts that `and` joins in a condition."""
    tree = condition.tree
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    return [source_of(condition.text, part) for part in parts]


def _join_parts(texts: Sequence[str], hides: Hides) -> Expression | None:
    return parse(" and ".join(f"({text})" for text in texts), hides) if texts else None


class Groups:
    """The decisions of the running invocation."""

    def __init__(self) -> None:
        self._members: dict[str, list[tuple[float, Callable[[], bool]]]] = {}
        self._decided: dict[str, bool] = {}

    def define(self, members: Iterable[tuple[str, float, Callable[[], bool]]]) -> None:
        """Set the groups that decide from now on.

        Args:
            members: of each rule that has one: the group, the share of requests, and what else it asks.
        """
        self._members = {}
        for group, share, decides in members:
            self._members.setdefault(group, []).append((share, decides))
        self._decided = {}

    def begin(self) -> None:
        """Begin an invocation: no group has decided yet."""
        self._decided = {}

    def picks(self, group: str, chance: float, *, keep: bool) -> bool:
        """Return whether the rules of the group look at this invocation.

        Args:
            group: its name.
            chance: of the request, from 0 to 1.
            keep: it is an invocation: what is decided now holds until its end.
        """
        known = self._decided.get(group)
        if known is None:
            members = self._members.get(group, ())
            known = all(chance < share and decides() for share, decides in members)
            if keep:
                self._decided[group] = known
        return known
