"""`hotlog invoke` answers as Lambda does: our encoder is held to the runtime's own, value by value, text by text."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from hotlog.local import Environment
from hotlog.local.marshal_response import encode, marshal_response
from tests.support.cli import hotlog, settle_in
from tests.support.rows import each_row

RUNTIMES = ("", "AWS_Lambda_python3.11", *(f"AWS_Lambda_python3.{minor}" for minor in range(12, 15)))


class Point(NamedTuple):
    x: int
    y: Decimal


Old = namedtuple("Old", "name value")  # noqa: PYI024 -- both ways to make one


class Level(IntEnum):
    HIGH = 3


class Color(Enum):
    RED = "red"


class Text(str):
    __slots__ = ()


class Count(int):
    def __repr__(self) -> str:
        return "wrong"


class Share(float):
    def __repr__(self) -> str:
        return "wrong"


@dataclass
class Order:
    id: int


class Duck:
    def _asdict(self) -> dict[str, int]:
        return {"duck": 1}


class Goose:
    def _asdict(self) -> list[int]:
        return [1]


def _circle() -> list[Any]:
    made: list[Any] = [1]
    made.append({"again": made})
    return made


SHARED = [1, 2]
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -7, 2**70, 1.5, 1e300, -0.0, math.nan, math.inf, -math.inf, 0.1 + 0.2,
    "", "tea", "é 日本 \U0001f600", 'quote " back \\ slash / \x00 \x1f \x7f \u2028 \u2029', "\ud800",
    b"bytes \xc3\xa9", {"in": b"\xc3\xa9"}, {"in": b"\xff"}, bytearray(b"x"), {b"key": 1}, {b"\xff": 1},
    Decimal("1.5"), Decimal("1.50"), Decimal("-0"), Decimal("1E+3"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), {"d": [Decimal("0.1")]},
    {Decimal(1): 1}, Point(1, Decimal("2.50")), Old("a", Old("b", None)), [Point(1, Decimal(2))], {"p": Point(3, Decimal(4))}, Point,
    (), (1,), [], {}, [[]], [{}], (1, (2, [3])), {"a": [1, {"b": None}]}, OrderedDict(a=1), deque([1]), {1, 2}, frozenset(), range(3),
    {7: 1, 2.5: 2, True: 3, None: 4, "x": 5}, {math.nan: 1}, {(1, 2): 3}, {Level.HIGH: 1}, {Color.RED: 1}, {Text("k"): Text("v")},
    Level.HIGH, Color.RED, Text("text"), Count(5), Share(2.5), {Count(5): 1, Share(2.5): 2}, Order(1), Duck(), [Duck()], Goose(), object(), len, int,
    1 + 2j, Path("var"), _circle(), [SHARED, SHARED], {"same": SHARED, "again": SHARED}, Exception("no"), memoryview(b"x"),
)  # fmt: skip


def _outcome(encoder: Any, value: object) -> tuple[str, str]:
    try:
        return "answer", encoder(value)
    except Exception as fault:  # noqa: BLE001 -- how it fails is compared
        return type(fault).__name__, getattr(fault, "msg", str(fault))


def _real(value: object) -> Any:
    answer, kind = LambdaMarshaller().marshal_response(value)
    assert isinstance(value, bytes) or kind == "application/json"
    return answer


@pytest.mark.parametrize("runtime", RUNTIMES)
@each_row("place", range(len(VALUES)))
def test_our_encoder_writes_the_text_of_the_runtimes_own(
    runtime: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)
    value = VALUES[place]
    if isinstance(value, bytes):
        assert marshal_response(value) == _real(value) == value
        return
    ours, theirs = _outcome(encode, value), _outcome(_real, value)

    assert _outcome(marshal_response, value)[1] in theirs[1], "where the runtime's own is there, it answers"
    if theirs[0] == "answer":
        assert ours == theirs
    else:
        assert ours[0] != "answer"
        assert theirs[1] == f"Unable to marshal response: {ours[1]}"


def test_without_the_runtime_ours_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "awslambdaric.lambda_runtime_marshaller", None)

    assert (
        marshal_response({"d": Decimal("1.50"), "p": Point(1, Decimal(2))})
        == '{"d": 1.50, "p": {"x": 1, "y": 2}}'
    )


def test_what_is_nested_too_deeply_is_no_answer() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert _outcome(encode, deep)[0] == _outcome(LambdaMarshaller().jsonEncoder.encode, deep)[0]


HANDLERS = """\
from decimal import Decimal
from typing import NamedTuple


class Point(NamedTuple):
    x: int
    y: Decimal


def number(event, context):
    return {"d": Decimal("1.5"), "p": Point(1, Decimal(2)), "b": b"\\xc3\\xa9", "n": float("nan"), "t": "日本"}


def raw(event, context):
    return b"\\xffraw"


def odd(event, context):
    return {"c": {1, 2}}
"""


def test_invoke_answers_as_lambda_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    (tmp_path / "numbers_handler.py").write_text(HANDLERS, encoding="utf-8")

    with Environment("numbers_handler.number", source=tmp_path) as environment:
        payload: Any = environment.invoke({}).payload
        assert str(payload.pop("n")) == "nan"
        assert payload == {"d": 1.5, "p": {"x": 1, "y": 2}, "b": "é", "t": "日本"}
    with Environment("numbers_handler.raw", source=tmp_path) as environment:
        assert environment.invoke({}).payload == "\ufffdraw"
    ran = hotlog("invoke", "numbers_handler.odd")
    assert ran.code == 1
    assert (
        '"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable"' in ran.out
    )
