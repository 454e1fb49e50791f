"""The quick way to a message shows what the evaluator shows, or leaves it to it."""

from __future__ import annotations

import enum
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hotlog import limits
from hotlog.config import Config
from hotlog.expressions import template
from hotlog.expressions.evaluate import HitScope, render
from hotlog.expressions.fast_message import make_message
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction

REDACTION = Redaction(Config(secrets=("opensesame-77", "123456789012")))
READER = Reader(REDACTION, readable=lambda _: True)
PASSED = ("a", "b")


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError("user code ran")


PLAIN = st.one_of(
    st.integers(), st.floats(), st.booleans(), st.none(), st.text(max_size=300), st.integers(-(2**70), 2**70)
)


def quickly(text: str, *values: Any) -> str | None:
    message = make_message(template.parse(text), PASSED, REDACTION)
    assert message is not None
    return message(values)


def slowly(text: str, *values: Any) -> str:
    return render(template.parse(text), HitScope(dict(zip(PASSED, values, strict=True))), READER.for_hit())


@given(PLAIN, PLAIN)
@example("opensesame-77", 0)
@example("the password=hunter2hunter2", 123456789012)
@example(4111111111111111, "card 4111 1111 1111 1111")
@example("AKIA" + "ABCDEFGHIJKLMNOP", -4111111111111111)
def test_it_says_what_the_evaluator_says(a: object, b: object) -> None:
    text = "a={a} b={b}, {{braces}}"
    quick = quickly(text, a, b)
    assert quick is None or quick == slowly(text, a, b)


@pytest.mark.parametrize("value", [1, -99_999, 10**15, "ok", "a longer text", 1.5, True, None])
def test_plain_values_are_shown_quickly(value: object) -> None:
    assert quickly("{a}", value, 0) == slowly("{a}", value, 0)


@pytest.mark.parametrize(
    "value", [2**64, math.nan, math.inf, Level.LOW, Text("boo"), b"bytes", [1], {}, object(), "x" * 201]
)
def test_all_else_is_left_to_the_evaluator(value: object) -> None:
    assert quickly("{a}", value, 0) is None


@pytest.mark.parametrize("text", ["{a.x}", "{a!r}", "{a:>5}", "{c}", "{@request_id}", "{len(a)}", "{a + b}"])
def test_holes_with_more_than_a_name_that_was_passed_are_no_case_for_it(text: str) -> None:
    assert make_message(template.parse(text), PASSED, REDACTION) is None


def test_secrets_are_redacted() -> None:
    assert quickly("{a} {b}", "x opensesame-77", 123456789012) == "x @redacted @redacted"


def test_a_long_message_is_left_to_the_evaluator_that_cuts_it() -> None:
    text = "{a}" * (limits.MESSAGE_MAX_CHARS // 100)
    assert quickly(text, "word " * 30, 0) is None
