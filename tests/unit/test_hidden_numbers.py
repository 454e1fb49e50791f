"""A number that is hidden is hidden whole: with either sign, in each type that has numbers, and no look at it tells of it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, render
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import REDACTED, Redaction

SECRET, CARD = 748213956, 4111111111111111
REDACTION = Redaction(Config(secrets=(str(SECRET),)))

HIDDEN: list[Any] = [
    made(sign * number)
    for number in (SECRET, CARD)
    for sign in (1, -1)
    for made in (int, float, Decimal, Fraction, complex, np.int64, np.float64)
]
# Two numbers apart, and of text what is not hidden: none of these may tell them from each other.
LOOKS = (
    "str(x)", "str(x).startswith('-')", "'-' in str(x)", "str(x)[0]", "len(str(x))", "repr(x)", "str([x])", "str([x]).startswith('[-')",
    "x < 0", "x > 0", "x == 0", "x != 1", "-x", "abs(x)", "x + 1", "x * 0", "round(x)", "int(x)", "float(x)", "bool(x)", "not x",
    "max(x, 0)", "sum([x, 0])", "sorted([x, 0])[0] == 0", "[x][0] < 0", "any([x])", "1 if x else 2", "x in [1]", "x or 1", "f'{x}'",
)  # fmt: skip


def reader() -> Reader:
    return Reader(REDACTION, readable=lambda _: True).for_hit()


@pytest.mark.parametrize("value", HIDDEN, ids=repr)
def test_no_look_at_it_tells_of_it(value: object) -> None:
    for look in LOOKS:
        with pytest.raises(Unavailable):
            evaluate(grammar.parse(look, REDACTION.hides), HitScope({"x": value}), reader())


@pytest.mark.parametrize("value", HIDDEN, ids=repr)
@pytest.mark.parametrize("hole", ["{x}", "{x!r}", "{x:>20}", "{x:+.2f}", "{-x}", "{str(x)}"])
def test_a_message_has_nothing_in_its_place(value: object, hole: str) -> None:
    assert render(template.parse(hole, REDACTION.hides), HitScope({"x": value}), reader()) == REDACTED


@pytest.mark.parametrize("value", HIDDEN, ids=repr)
def test_a_snapshot_has_nothing_in_its_place(value: object) -> None:
    for holder in (value, [value], {"n": value}, (value, 1), {value: 1}):
        shown = json.dumps(capture(holder, reader()))
        assert REDACTED in shown or "<numpy." in shown  # a key
        assert "-" not in shown
        assert not re.search("[0-9]{3}", shown)


def test_what_is_no_secret_keeps_its_sign() -> None:
    for number in (-SECRET - 1, -CARD - 1, -99_999, Fraction(-SECRET, 7 * 11 * 13 * 10**9), Decimal("-0.0")):
        written = render(template.parse("{x}", REDACTION.hides), HitScope({"x": number}), reader())
        assert written.startswith("-")
        assert REDACTED not in written
