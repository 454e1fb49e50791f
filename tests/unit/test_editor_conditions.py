"""An editor's condition and hit condition as one: what editors allow, and what would mean something else."""

from __future__ import annotations

import pytest

from hotlog.client.editors.conditions import count_before, join_conditions
from hotlog.errors import RuleError


@pytest.mark.parametrize(
    ("hits", "reached"),
    [
        ("3", [3]),
        (" = 3 ", [3]),
        ("==3", [3]),
        (">3", [4, 5, 6]),
        (">= 3", [3, 4, 5, 6]),
        ("<3", [1, 2]),
        ("<=3", [1, 2, 3]),
        ("% 3", [3, 6]),
    ],
)
def test_a_hit_condition_holds_at_the_hits_that_it_names(hits: str, reached: list[int]) -> None:
    test = compile(join_conditions("", hits).replace("@matched", "before"), "", "eval")
    assert [number for number in range(1, 7) if eval(test, {"before": number - 1})] == reached


@pytest.mark.parametrize("hits", ["0", "%0", "-1", "5.0", "!= 3", "5x", "=", "5,6", "99999999999"])
def test_another_hit_condition_is_refused(hits: str) -> None:
    with pytest.raises(RuleError, match="is no hit condition"):
        join_conditions("x", hits)


@pytest.mark.parametrize("condition", ["a) or (True", "a >", "(a", "a\n> 5"])
def test_a_condition_that_is_none_alone_is_none_beside_a_hit_condition(condition: str) -> None:
    with pytest.raises(RuleError, match="no expression"):
        join_conditions(condition, ">2")


def test_a_condition_may_end_in_a_comment() -> None:
    joined = join_conditions("a > 5 # large", "2")
    assert eval(joined.replace("@matched", "1"), {"a": 6})
    assert joined[count_before("2") :].startswith("a > 5")
    assert join_conditions("a", "") == "a"
