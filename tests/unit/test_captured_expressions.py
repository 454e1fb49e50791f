"""What may be asked of a capture: what it says is so, and what was not captured is refused, not guessed."""

from __future__ import annotations

from typing import Any, Final

import pytest

from hotlog.client.captured.evaluate import evaluate_captured
from hotlog.client.captured.held import find_value
from hotlog.errors import RuleError

LINES: Final[Any] = [{"@type": "stock.Line", "sku": "a", "n": 3}, {"@type": "stock.Line", "sku": "b", "n": 4}]
VALUES: Final[dict[str, Any]] = {
    "self": {"@type": "pricing.Cart", "lines": LINES},
    "goods": 5,
    "nothing": None,
    "numbers": [1, 2],
    "pair": {"@type": "tuple", "@items": [1, 2]},
    "day": {"@type": "datetime.date", "@value": "2026-01-01"},
    "known": {"@type": "collections.OrderedDict", "a": 1},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("goods > 3 and self.lines[0].sku == 'a'", True),
        ("[line.n for line in self.lines]", [3, 4]),
        ("sum(line.n for line in self.lines if line.n > 3)", 4),
        ("getattr(self.lines[0], 'n', 5)", 3),
        ("hasattr(self, 'lines')", True),
        ("nothing is None", True),
        ("goods is not None", True),
        ("numbers == numbers", True),
        ("day == day", True),
        ("type(self.lines[0]) == type(self.lines[1])", True),
        ("isinstance(numbers, list)", True),
        ("isinstance(pair, tuple)", True),
        ("isinstance(known, dict)", True),
        ("isinstance(day, int)", False),
    ],
)
def test_what_is_captured_answers(expression: str, value: object) -> None:
    assert evaluate_captured(expression, VALUES) == value


@pytest.mark.parametrize(
    "expression",
    [
        # Whether two are one object, or equal by their own code, nobody knows.
        "self == self",
        "self.lines[0] == self.lines[0]",
        "self.lines[0] in self.lines",
        "self.lines.index(self.lines[0])",
        "self is self",
        "numbers is numbers",
        # It may say by its own code whether it is true, how long it is, what is in it.
        "not self",
        "1 if self else 2",
        "len(self)",
        "self[0]",
        "3 in self",
        "[each for each in self]",
        # It may have more than what was captured, and bases.
        "hasattr(self, 'total')",
        "getattr(self, 'total', 5)",
        "[line.price for line in self.lines]",
        "isinstance(self, dict)",
    ],
)
def test_what_nobody_can_know_of_a_captured_object_is_refused(expression: str) -> None:
    with pytest.raises(RuleError) as refused:
        evaluate_captured(expression, VALUES)
    assert refused.value.code == "not-captured"
    assert "__getattr__" not in refused.value.message


EVENT: Final[Any] = {
    "hotlog": "error",
    "args": {"goods": 1, "first": "of the call"},
    "frames": [{"at": "pricing.py:30", "vars": {"goods": 2, "deep": VALUES}}, {"vars": {"outer": 3}}],
    "vars": {"goods": 5},
    "watch": {"total": 9},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("goods", 5),
        ("first", "of the call"),
        ("deep['self'].lines[1].sku", "b"),
        ("deep['self'].lines[0]", LINES[0]),
        ("total * 2", 18),
        ("len(deep['numbers'])", 2),
    ],
)
def test_a_path_leads_to_one_value_of_an_event(path: str, value: object) -> None:
    assert find_value(EVENT, path) == value


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("good", r"`good` was not captured here. There is goods, first, deep, total\."),
        ("outer", r"`outer` was not captured here. There is goods"),
        ("deep['self'].line", r"no such field was captured. There is lines\."),
        ("deep['self'].lines[7]", r"There is \[0\], \[1\]\."),
        ("deep['self'].lines[0].price", r"There is sku, n\."),
    ],
)
def test_a_path_that_leads_nowhere_says_what_is_there(path: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as refused:
        find_value(EVENT, path)
    assert refused.value.code == "not-captured"


def test_an_event_without_values_says_how_to_get_some() -> None:
    with pytest.raises(RuleError, match="--snapshot"):
        find_value({"hotlog": "log", "message": "x"}, "x")
