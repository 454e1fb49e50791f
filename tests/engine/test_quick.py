"""The quick way to a message shows what the evaluator shows, or leaves it to it."""

from __future__ import annotations

import enum
import math
import random
from typing import Any, NamedTuple

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
from tests.bench.rows import MESSAGES, Message
from tests.support.hostile_operands import APP, Caller, hostile_values, plain_value, ran
from tests.support.rows import each_row

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


class Kept:
    """Its fields are what it is given."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class Slots:
    __slots__ = ("password", "x")


class Mixed(Slots, Kept):
    def __init__(self) -> None:
        super().__init__()
        self.x, self.password, self.y = 1, "hunter2", 3


class Computed(Kept):
    @property
    def total(self) -> int:
        raise AssertionError("user code ran")

    def __repr__(self) -> str:
        raise AssertionError("user code ran")


class OddError(Exception):
    pass


class Pair(NamedTuple):
    name: str
    value: object


class Secret(enum.Enum):
    PASSWORD = "hunter2"  # noqa: S105 -- that is the point
    OPEN = 1


class Held(dict[str, int]):
    pass


def _itself() -> Kept:
    made = Kept(x=1)
    made.itself = made  # type: ignore[attr-defined]
    return made


def _kept(name: str, value: object) -> Kept:
    return Kept(**{name: value})


ODD: list[Any] = [
    Kept(x=1, y="two"), _kept("password", "hunter2"), Kept(name="DB_PASSWORD", value="hunter2"), Kept(kind="Secret", data="aGk="), Kept(items=[1]), _itself(),
    _kept("token", "abcdefgh"), Kept(user=Kept(api_key="k"), n=1), Kept(user=Kept(name="ana"), n=1.5), Kept(text="opensesame-77"),
    Kept(args="--password", other="hunter2"), Mixed(), Computed(x=1, total=2), OddError("x", 1), Pair("ana", 3), Pair("DB_PASSWORD", "hunter2"),
    Pair("a", Pair("b", 1)), Secret.PASSWORD, Secret.OPEN, Level.LOW, Held(a=1), ("password", "hunter2"), ("--password", "hunter2"), ("a", "b", 1, None),
    {"password", "x"}, {1, 2}, set(), frozenset({"a"}), (), (1,), ("x" * 70,), ("é",), Kept(**{"odd name": 1}), Kept(_private=1), Kept(sql="select 1", params=(1,)),
    Kept(big=10**15), Kept(card=4111111111111111), Kept(nan=math.nan), [Kept(x=1)], {"a": Kept(x=1)}, Kept(x=Level.LOW, y=Secret.OPEN, z=(1, 2), w={3}),
]  # fmt: skip


@each_row("value", [(each,) for each in ODD])
def test_small_objects_are_shown_as_the_evaluator_shows_them(value: tuple[Any]) -> None:
    quick = quickly("{a}", *value, 0)
    assert quick is None or quick == slowly("{a}", *value, 0)
    assert "hunter2" not in (quick or "")


def test_most_small_objects_are_shown_quickly() -> None:
    shown = [quickly("{a}", value, 0) for value in ODD]
    assert sum(text is not None for text in shown) >= 10
    assert shown[0] == "Kept(x=1, y='two')"


def quickly(text: str, *values: Any) -> str | None:
    return make_message(template.parse(text), PASSED, READER, frozenset(PASSED))(values, None)


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
    "value",
    [
        2**64,
        math.nan,
        math.inf,
        Level.LOW,
        Text("boo"),
        b"bytes",
        [[1]],
        {1: 2},
        object(),
        (1, [2]),
        Kept(password=1),
        Kept(),
        Kept(it=Kept(it=Kept(it=Kept(it=1)))),
        "x" * 7_000,
    ],
)
def test_all_else_is_left_to_the_evaluator(value: object) -> None:
    assert quickly("{a}", value, 0) is None


@each_row("row", MESSAGES)
def test_what_people_write_is_said_quickly(row: Message) -> None:
    values = {"i": 3, "s": 4, **{name: eval(text, dict(vars(APP))) for name, text in row.values.items()}}
    caller: Any = Caller(values)
    names = sorted(values)
    message = make_message(template.parse(row.text), names, READER, frozenset(names))
    expected = render(template.parse(row.text), HitScope(values, caller), READER.for_hit())
    assert [message([values[name] for name in names], caller) for _ in range(2)] == [expected, expected]


TEXTS = [
    "{a.total}",
    "{a['type']}",
    "{a}",
    "{a!r}",
    "{a[0]}",
    "{a.user.name} {b}",
    "{a + b}",
    "{a:.1f}",
    "{len(a)}",
    "{a.get('type', 7)}",
    "{str(a)}",
]


@pytest.mark.long
@each_row("text", TEXTS)
def test_it_says_what_the_evaluator_says_of_any_value(text: str) -> None:
    source = random.Random(text)  # noqa: S311  # not for secrets
    message = make_message(template.parse(text), PASSED, READER, frozenset(PASSED))
    for _ in range(400):
        values = {"a": plain_value(source), "b": plain_value(source)}
        caller: Any = Caller(values)
        quick = message([values["a"], values["b"]], caller)
        slow = render(template.parse(text), HitScope(values, caller), READER.for_hit())
        assert quick is None or quick == slow, values


@each_row("text", TEXTS)
def test_no_code_of_a_hostile_value_runs(text: str) -> None:
    message = make_message(template.parse(text), PASSED, READER, frozenset(PASSED))
    for value in hostile_values():
        caller: Any = Caller({"a": value, "b": 1})
        for _ in range(2):
            ran.clear()
            message([value, 1], caller)
            assert ran == []


def test_secrets_are_redacted() -> None:
    assert quickly("{a} {b}", "x opensesame-77", 123456789012) == "x @redacted @redacted"


def test_a_long_message_is_left_to_the_evaluator_that_cuts_it() -> None:
    text = "{a}" * (limits.MESSAGE_MAX_CHARS // 100)
    assert quickly(text, "word " * 30, 0) is None
