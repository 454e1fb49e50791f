"""The condition that is compiled into the function means what the evaluator means, and runs nobody's code."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlog.config import Config
from hotlog.expressions.compiled.condition_test import CompiledTest
from hotlog.expressions.compiled.plain_fields import PlainFields
from hotlog.expressions.evaluate import is_true
from hotlog.expressions.grammar import parse
from hotlog.expressions.hit_scope import HitScope
from hotlog.limits import CARD_NUMBER_MIN
from hotlog.probes.recompile.inline_condition import inline_condition
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction
from tests.support.inline_function import inline_function

if TYPE_CHECKING:
    from collections.abc import Callable

READER = Reader(Redaction(Config()), readable=lambda _: True)
FIELDS = PlainFields(READER)
TEST = CompiledTest(
    frozenset("xy"),
    frozenset(),
    CARD_NUMBER_MIN,
    lambda text: text != "hidden",
    lambda *_: None,
    READER.redaction.says,
    READER.redaction.shown_texts,
    READER.redaction.keys.plain,
    FIELDS.known,
    FIELDS.quiet,
)


class Touchy:
    """Counts every use that runs its code."""

    touched = 0

    def _touch(self, *_: object) -> bool:
        Touchy.touched += 1
        return True

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _touch
    __hash__ = None  # type: ignore[assignment]


class TouchyInt(int):
    __lt__ = __gt__ = __eq__ = __bool__ = Touchy._touch
    __hash__ = None  # type: ignore[assignment]


class TouchyStr(str):
    __slots__ = ()
    __eq__ = __ne__ = Touchy._touch
    __hash__ = None  # type: ignore[assignment]


VALUES: list[Any] = [
    0, 1, -1, 5, 99_999, 10**30, True, False, None, 0.0, -2.5, 5.0, float("nan"), float("inf"), "", "paid", "open", b"paid",
    [], [1], [9], [0, 9], (), {}, {"a": "paid"}, Touchy(), TouchyInt(5), TouchyStr("paid"),
]  # fmt: skip

INLINED = [
    "x > 5", "x >= 5", "x < 5", "x <= 5", "x == 5", "x != 5", "5 < x", "x > -1", "x > 2.5", "0 < x < 10", "0 <= x <= 5.5",
    "x == 'paid'", "x != 'paid'", "'paid' == x", "x is None", "x is not None", "x is True", "x is False", "x", "not x",
    "x > 100000", "x[0] > 5", "x[1] > 5", "'paid' in x or y in x", "len(x) - 1 == y", "(x or 0) > 5", "(x if y else 7) > 6", "isinstance(x, str)", "isinstance(x, (int, float)) and x > 4",
    "type(x) is str", "x['a'] == 'paid'", "x.get('a', 6) > 5", "x[:2] == 'pa'", "x.upper() == 'PAID'", "'a' in x", "x > 250000.0", "x in (1, 2)", "x not in ('paid', 'open')", "x in {1, 2.5}", "x == y", "x != y", "x > y", "x <= y",
    "x % 3 == 1", "x + y > 5", "x * 2 - y < 0", "x // 2 == 2", "x & 1 == 1", "len(x) > 0", "len(x) == 0 or y", "x > 1 and y > 1", "x > 1 or y == 'open'", "not (x > 1 and y)", "x is None or x > 3", "x == 'paid' and y != 'open' or not y",
]  # fmt: skip

LEFT_TO_THE_EVALUATOR = [
    "x < 'm'",  # an ordering of text would tell a secret, letter by letter
    "x == 4111111111111111",  # numbers as large as secrets
    "x == 'hidden'",  # what is itself a secret
    "x in (1, 'a')",
    "x in (y, 1)",
    "x % y == 0",  # it may fail
    "x % 0 == 0",
    "x[2] > 5",
    "len(x + y) > 5",
    "x * y * x * y * x > 5",
    "x == b'paid'",
    "x > True",
    "x is y",
    "x > y > len",
    "@hits > 5",
    "x > 5 and y[2] > 1",
]


def function_of(text: str) -> Callable[..., bool] | None:
    """The function's own test, without what it asks where its guards do not hold."""
    return inline_function(
        lambda keep: inline_condition(parse(text).tree, frozenset("xy"), keep, TEST), "xy", {}
    )


@functools.cache
def _function_of(text: str) -> Callable[..., bool]:
    test = function_of(text)
    assert test is not None
    return test


def inline(text: str, x: object, y: object) -> bool:
    """What the function's own test says: whether the hook is called."""
    return bool(_function_of(text)(x, y))


def evaluated(text: str, x: object, y: object) -> bool | None:
    """What the evaluator says; None where it cannot say."""
    from hotlog.reading.budget import Unavailable

    try:
        return is_true(parse(text), HitScope({"x": x, "y": y}), READER.for_hit())
    except Unavailable:
        return None


@pytest.mark.parametrize("text", INLINED)
def test_both_mean_the_same_and_touch_nothing(text: str) -> None:
    Touchy.touched = 0
    for x, y in itertools.product(VALUES, repeat=2):
        if inline(text, x, y):
            continue  # the hook decides
        assert evaluated(text, x, y) is False, (text, x, y)
    assert Touchy.touched == 0


@pytest.mark.parametrize("text", INLINED)
def test_what_is_true_reaches_the_hook(text: str) -> None:
    reached = [inline(text, x, y) for x, y in itertools.product(VALUES, repeat=2) if evaluated(text, x, y)]
    assert reached
    assert all(reached)


@pytest.mark.parametrize("text", ["x > 5", "x == 'paid'", "x is None", "0 < x < 10"])
def test_a_false_condition_on_the_likely_type_calls_no_hook(text: str) -> None:
    value = {"x > 5": 1, "x == 'paid'": "open", "x is None": 3, "0 < x < 10": 50}[text]
    assert inline(text, value, None) is False


@pytest.mark.parametrize("text", LEFT_TO_THE_EVALUATOR)
def test_the_rest_is_left_to_the_evaluator(text: str) -> None:
    assert function_of(text) is None


# No card numbers, of either sign: of those the evaluator says nothing, and the function that they are not below 5.
WHOLE = st.integers(-(10**12), 10**12) | st.integers(max_value=-(10**19)) | st.integers(min_value=10**19)
FLOATS = st.floats().filter(lambda value: not 1e12 < abs(value) < 1e19)


@given(
    x=st.one_of(WHOLE, FLOATS, st.text(max_size=5), st.booleans(), st.none()),
    number=st.integers(-99_999, 99_999),
    op=st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
)
@settings(max_examples=300, deadline=None)
@pytest.mark.long
def test_any_number_against_any_value(x: object, number: int, op: str) -> None:
    text = f"x {op} {number}"
    if not inline(text, x, None):
        assert evaluated(text, x, None) is False


NUMBERS = st.integers(-99_999, 99_999) | st.sampled_from([0.0, -2.5, 1.5, 99_998.5])
CONSTANTS_BESIDE = NUMBERS.map(repr)
ORDERED = st.builds(
    "{} {} {}".format,
    st.sampled_from("xy"),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    CONSTANTS_BESIDE,
)
SIMPLE = st.one_of(
    ORDERED,
    st.builds("{} {} {}".format, CONSTANTS_BESIDE, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.sampled_from("xy")),
    st.builds("{} {} {} {} {}".format, CONSTANTS_BESIDE, st.sampled_from(["<", "<=", "!="]), st.sampled_from("xy"), st.sampled_from([">", "<="]), CONSTANTS_BESIDE),
    st.builds("{} {} {!r}".format, st.sampled_from("xy"), st.sampled_from(["==", "!="]), st.text(max_size=3)),
    st.builds("{} {} {}".format, st.sampled_from("xy"), st.sampled_from(["is", "is not"]), st.sampled_from(["None", "True", "False"])),
    st.sampled_from("xy"),
)  # fmt: skip
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=5,
)
PLAIN = st.one_of(
    st.integers(-5, 5), WHOLE, FLOATS, st.booleans(), st.none(), st.text(max_size=3), st.binary(max_size=2), st.just([1]), st.just(()),
)  # fmt: skip


@given(text=CONDITIONS, x=PLAIN, y=PLAIN)
@settings(max_examples=300, deadline=None)
@pytest.mark.long
def test_the_function_the_evaluator_and_python_mean_one_thing(text: str, x: object, y: object) -> None:
    in_function, by_evaluator = inline(text, x, y), evaluated(text, x, y)
    try:
        in_python = bool(eval(text, {"x": x, "y": y}))
    except (
        TypeError
    ):  # such as an ordering of text and a number: the evaluator has no answer, and the hook asks it
        assert (in_function, by_evaluator) == (True, None)
        return
    assert by_evaluator is in_python or by_evaluator is None
    # The function's own test may leave the answer to the evaluator. If it says no, everybody does.
    assert in_function in {True, in_python}
    if by_evaluator is None:
        assert in_function is True
