"""Rules of one group decide together, once per invocation: a request is followed through all of them, or through none.

Of the group's rules the smallest `sample` counts, and every condition that asks only about the invocation: about `@event`
and its like, and no variable. What the handler does to its event meanwhile changes nothing any more.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.expressions.grammar import parse
from hotlog.expressions.syntax import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hotlog.expressions.grammar import Expression, Hides

_OF_INVOCATION: Final = frozenset(
    {"event", "request_id", "function", "version", "cold_start", "tenant", "correlation_id"}
)


def is_of_invocation(condition: Expression) -> bool:
    """Return whether a condition has the same result at every hit of an invocation."""
    return bool(condition.specials) and condition.specials <= _OF_INVOCATION and not condition.names


def split_off_invocation(condition: Expression, hides: Hides) -> tuple[Expression | None, Expression | None]:
    """Return what a condition asks about the invocation before it asks anything else, and the rest; None where there is none of it."""
    tree = condition.tree
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    texts = [source_of(condition.text, part) for part in parts]
    first = 0
    for text in texts:
        part = parse(text, hides)
        if not is_of_invocation(part) or part.calls:  # a function may be a variable where the line is
            break
        first += 1
    of_invocation, rest = (
        " and ".join(f"({text})" for text in some) if some else "" for some in (texts[:first], texts[first:])
    )
    return parse(of_invocation, hides) if of_invocation else None, parse(rest, hides) if rest else None


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
