"""Values of the application whose every method counts its runs: no word of the language makes one run."""

from __future__ import annotations

import ast
import collections
import datetime as dt
import decimal
import enum
import fractions
import pathlib
from typing import Any, Final

import pytest

from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.expressions import grammar, template, vocabulary
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.expressions.method_table import METHODS
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction
from tests.engine import operations

pytestmark = pytest.mark.engine

ROOT = str(pathlib.Path(__file__).parent)
RUNS: list[str] = []
ARMED: list[bool] = []

_DUNDERS: Final = sorted(
    {
        name
        for kind in (
            object,
            int,
            float,
            complex,
            str,
            bytes,
            list,
            dict,
            set,
            decimal.Decimal,
            dt.datetime,
            fractions.Fraction,
        )
        for name in dir(kind)
        if name.startswith("__") and callable(getattr(kind, name, None))
    }
    - {
        "__new__",
        "__init_subclass__",
        "__subclasshook__",
        "__class__",
        "__getnewargs__",
        "__init__",
        "__slots__",
    }
    | {
        "__getattr__",
        "__get__",
        "__set__",
        "__delete__",
        "__missing__",
        "__call__",
        "__iter__",
        "__next__",
        "__reversed__",
        "__length_hint__",
        "__contains__",
        "__enter__",
        "__exit__",
        "__await__",
        "__aiter__",
        "__index__",
        "__bytes__",
        "__fspath__",
        "__instancecheck__",
        "__matmul__",
    }
)


def counting(name: str, original: Any) -> Any:
    def run(self: object, *arguments: object, **options: object) -> Any:
        if ARMED:
            RUNS.append(name)
        if original is None:
            raise AttributeError(name)
        return original(self, *arguments, **options)

    return run


def hostile(base: type, *made: Any) -> Any:
    """Make an instance of a class whose every dunder, and every method of the language, counts its runs."""
    names = {name: counting(name, getattr(base, name, None)) for name in {*_DUNDERS, *METHODS}}
    return type(f"Hostile{base.__name__}", (base,), {**names, "__module__": __name__})(*made)


def hostile_member() -> Any:
    """Make a member of an enumeration whose methods count their runs."""

    class Member(enum.Enum):
        ONE = 1

    for name in "__str__ __repr__ __format__ __eq__ __ne__ __hash__ __bool__ __len__ __lt__ __gt__ __add__ __iter__ __getattribute__".split():  # noqa: SIM905 -- words read better as text
        type.__setattr__(Member, name, counting(name, getattr(Member, name, None)))
    return Member.ONE


VALUES: Final[dict[str, Any]] = {
    "plain": hostile(object),
    "text": hostile(str, "abc"),
    "data": hostile(bytes, b"abc"),
    "whole": hostile(int, 5),
    "real": hostile(float, 1.5),
    "values": hostile(list, [1, 2]),
    "pair": hostile(tuple, (1, 2)),
    "mapping": hostile(dict, {"a": 1}),
    "group": hostile(set, {1}),
    "money": hostile(decimal.Decimal, "1.5"),
    "moment": hostile(dt.datetime, 2026, 1, 2),
    "day": hostile(dt.date, 2026, 1, 2),
    "half": hostile(fractions.Fraction, 1, 2),
    "waiting": hostile(collections.deque, [1]),
    "zoned": dt.datetime(2026, 1, 2, tzinfo=hostile(dt.tzinfo)),
    "several": [hostile(object), hostile(str, "b"), hostile(int, 3)],
    "keyed": {hostile(str, "a"): hostile(object)},
    "member": hostile_member(),
}
OPERATIONS = [
    *operations.unary_operations(),
    *operations.binary_operations(),
    *operations.calls_of_two(),
    *operations.calls_of_three(),
]
READER = Reader(Redaction(Config()), readable=lambda path: path.startswith(ROOT))
OTHERS: Final = (1, "abc", b"abc", [1, 2], {"a": 1}, {1})


def run(operation: operations.Operation, values: dict[str, Any]) -> None:
    scope, reader = HitScope(values), READER.for_hit()
    try:
        if operation.how == "message":
            render(template.parse(operation.text), scope, reader)
        elif operation.how == "condition":
            is_true(grammar.parse(operation.text), scope, reader)
        else:
            evaluate(grammar.parse(operation.text), scope, reader)
    except (Unavailable, RuleError):  # at the hit, or before it is stored
        return


@pytest.mark.parametrize("name", VALUES)
def test_no_operation_runs_a_method_of_the_application(name: str) -> None:
    value = VALUES[name]
    found: dict[str, set[str]] = {}
    ARMED.append(True)
    try:
        for operation in OPERATIONS:
            names = {node.id for node in ast.walk(_tree(operation)) if isinstance(node, ast.Name)} & {
                "b",
                "c",
            }
            others = OTHERS if names else (1,)
            for other in others:
                run(operation, {"a": value, "b": other, "c": other})
                if names:
                    run(operation, {"a": other, "b": value, "c": value})
            if RUNS:
                found[operation.text] = set(RUNS)
            RUNS.clear()
    finally:
        ARMED.clear()
    assert not found


def _tree(operation: operations.Operation) -> ast.AST:
    return ast.parse("0") if operation.how == "message" else ast.parse(operation.text, mode="eval")


def test_the_counters_count() -> None:
    RUNS.clear()
    ARMED.append(True)
    try:
        assert len(VALUES["text"]) == 3
        assert VALUES["whole"] + 1 == 6
        assert f"{VALUES['money']:.1f}" == "1.5"
    finally:
        ARMED.clear()
    assert {"__len__", "__add__", "__format__"} <= set(RUNS)


def test_each_word_is_among_the_operations() -> None:
    assert {operation.name for operation in OPERATIONS} >= vocabulary.FUNCTIONS | METHODS
