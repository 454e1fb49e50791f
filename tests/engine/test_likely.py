"""What tells a false condition at once: right wherever it says no, and silent about all that runs code."""

from __future__ import annotations

import decimal
import enum
import sys
import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlog.config import Config
from hotlog.expressions.compiler import HitScope
from hotlog.expressions.evaluate import is_true
from hotlog.expressions.grammar import parse
from hotlog.expressions.prefilter import make_prefilter
from hotlog.reading.budget import Unavailable
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction

READER = Reader(Redaction(Config()), readable=lambda _: True)

ran: list[str] = []


class Order:
    def __init__(self, total: object, **more: object) -> None:
        self.total = total
        vars(self).update(more)


class Computed:
    @property
    def total(self) -> int:
        ran.append("property")
        return 0


class Asking:
    def __getattribute__(self, name: str) -> Any:
        ran.append("__getattribute__")
        return object.__getattribute__(self, name)


class Lazy:
    def __getattr__(self, name: str) -> int:
        ran.append("__getattr__")
        return 0


class Slotted:
    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0


class Inheriting(Order):
    pass


class OddKey(str):
    __slots__ = ()

    def __hash__(self) -> int:
        return hash("total")

    def __eq__(self, other: object) -> bool:
        ran.append("__eq__")
        return False


class Meta(type):
    def __hash__(cls) -> int:
        ran.append("__hash__")
        return 1


class WithMeta(metaclass=Meta):
    def __init__(self) -> None:
        self.total = 0


class Colour(enum.Enum):
    RED = 1


class Odd(int):
    def __gt__(self, other: object) -> bool:
        ran.append("__gt__")
        return False


def asked(condition: str, value: object) -> bool:
    """What it says in the end: at first it only learns the class, and that of the field."""
    test = make_prefilter(parse(condition).tree, READER)
    assert test is not None
    test.may_hold(value)
    test.may_hold(value)
    return test.may_hold(value)


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("x > 5", 5),
        ("x > 5", 1.5),
        ("5 < x", 4),
        ("x == 'paid'", "open"),
        ("x > 5", decimal.Decimal(4)),
        ("x < -1", 0),
        ("x.total > 100", Order(7)),
        ("100 < x.total", Order(7.5)),
        ("x.total == 'paid'", Order("open")),
        ("x.total > 100", Order(decimal.Decimal(7))),
        ("x.total != 1", Order(1)),
    ],
)
def test_it_says_no_where_the_condition_is_plainly_false(condition: str, value: object) -> None:
    assert asked(condition, value) is False
    assert not is_true(parse(condition), HitScope({"x": value}), READER.for_hit())


@given(
    st.sampled_from(
        ["x > 5", "x >= 5", "x < 5", "x <= 5", "x == 5", "x != 5", "5 < x", "x > 2.5", "x != 'a'"]
    ),
    st.one_of(
        st.integers(), st.floats(), st.text(max_size=3), st.none(), st.decimals(allow_nan=True), st.booleans()
    ),
)
def test_it_never_says_no_where_the_evaluator_says_yes(condition: str, value: object) -> None:
    for subject in (value, Order(value)):
        text = condition if subject is value else condition.replace("x", "x.total")
        if asked(text, subject) is False:
            with suppress(Unavailable):  # a number as of a card is redacted: that is no yes
                assert not is_true(parse(text), HitScope({"x": subject}), READER.for_hit())


@pytest.mark.parametrize(
    "value",
    [
        Computed(), Asking(), Lazy(), Slotted(), Inheriting(0), WithMeta(), Colour.RED, Order(Odd(0)), SimpleNamespace(total=0),
        Order(0, **{OddKey("odd"): 1}), Order(None), Order([0]), Order(True), threading.Thread(), Order, 7, None,
    ],
)  # fmt: skip
def test_whatever_it_does_not_know_may_hold_and_none_of_its_code_runs(value: object) -> None:
    ran.clear()
    assert asked("x.total > 100", value) is True
    assert ran == []


def test_a_class_that_is_given_the_name_later_is_looked_at_anew() -> None:
    class Changing:
        def __init__(self) -> None:
            self.total = 7

    test = make_prefilter(parse("x.total > 100").tree, READER)
    assert test is not None
    value = Changing()
    assert [test.may_hold(value), test.may_hold(value)] == [True, False]
    Changing.total = property(lambda _: 1_000)  # type: ignore[assignment]
    assert [test.may_hold(value), test.may_hold(value)] == [True, True]


def test_an_instance_may_be_given_another_dict() -> None:
    class Names(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            ran.append("__getitem__")
            return 0

    ran.clear()
    value = Order(7)
    value.__dict__ = Names(total=7)
    assert asked("x.total > 100", value) is True
    assert ran == []


@pytest.mark.parametrize(
    "condition",
    ["x", "x > y", "x.a.b > 1", "x > 1 and x < 3", "x in (1,)", "x[0] > 1", "x > 100000", "x.value > 1", "x < 'm'",
     "len(x) > 1", "x is None", "@hits > 1", "x.total > 1 > 0"],
)  # fmt: skip
def test_conditions_of_another_form_are_left_alone(condition: str) -> None:
    assert make_prefilter(parse(condition).tree, READER) is None


def test_threads_with_objects_of_two_classes_disturb_nobody() -> None:
    class Other:
        def __init__(self, total: int) -> None:
            self.total = total

    test = make_prefilter(parse("x.total > 100").tree, READER)
    assert test is not None
    wrong: list[object] = []

    def ask(value: Any, *, holds: bool) -> None:
        wrong.extend(value for _ in range(20_000) if not test.may_hold(value) and holds)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=ask, args=(value,), kwargs={"holds": holds})
            for value, holds in ((Order(7), False), (Other(700), True), (Order(700), True), (Other(7), False))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
