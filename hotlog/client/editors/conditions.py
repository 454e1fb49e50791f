"""An editor's condition and its hit condition, such as `>5`, as the one condition of a rule."""

from __future__ import annotations

import re
from typing import Final

from hotlog.errors import RuleError
from hotlog.expressions.grammar import hides_nothing, parse

_HIT: Final = re.compile(r"\s*(==?|>=?|<=?|%)?\s*(\d{1,9})\s*")
# What the number of a hit must be; `@matched` is how many came before it.
_HIT_TESTS: Final = {
    "": "@matched == {0} - 1",
    "=": "@matched == {0} - 1",
    "==": "@matched == {0} - 1",
    ">": "@matched >= {0}",
    ">=": "@matched >= {0} - 1",
    "<": "@matched < {0} - 1",
    "<=": "@matched < {0}",
    "%": "@matched % {0} == {0} - 1",
}
_JOINED: Final = " and ("


def join_conditions(condition: str, hits: str) -> str:
    """Return the condition of a rule.

    Args:
        condition: an expression; empty: none.
        hits: the editor's hit condition; empty: none.

    Raises:
        RuleError: `bad-hit-condition`; where there are both, what is wrong with the condition, which must be one alone.
    """
    if not hits or not condition:
        return condition or (test_hits(hits) if hits else "")
    parse(condition.strip(), hides_nothing)  # joined, `a) or (b` would be two
    return f"{test_hits(hits)}{_JOINED}{condition.strip()}\n)"  # it may end in a comment


def count_before(hits: str) -> int:
    """Return how many characters stand before the condition where it is joined with a hit condition."""
    return len(test_hits(hits)) + len(_JOINED) if hits else 0


def test_hits(text: str) -> str:
    """Return the condition that an editor's hit condition stands for.

    Raises:
        RuleError: `bad-hit-condition`.
    """
    found = _HIT.fullmatch(text)
    if found is None or not int(found[2]):
        raise RuleError(
            "bad-hit-condition",
            f"{text!r} is no hit condition: write a number from 1 on, or >5, >=5, <5, <=5, %10.",
        )
    return _HIT_TESTS[found[1] or ""].format(int(found[2]))
