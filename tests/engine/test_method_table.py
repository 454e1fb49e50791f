"""Each method of each plain type is decided once, on every Python."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from typing import Final

import pytest

from hotlog.expressions import vocabulary
from hotlog.expressions.method_table import KEYWORDS, METHODS, PURE, REFUSED, why_not
from hotlog.expressions.safe_builtins import FUNCTIONS
from hotlog.redaction.secret_names import is_redacted

pytestmark = pytest.mark.engine

TYPES: Final[dict[str, type]] = {
    "str": str, "bytes": bytes, "int": int, "float": float, "complex": complex, "list": list, "tuple": tuple, "range": range,
    "dict": dict, "set": set, "frozenset": frozenset, "datetime.date": dt.date, "datetime.datetime": dt.datetime,
    "datetime.time": dt.time, "datetime.timedelta": dt.timedelta, "decimal.Decimal": decimal.Decimal, "uuid.UUID": uuid.UUID,
    "re.Match": re.Match,
}  # fmt: skip


def methods_of(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))}


def test_the_table_has_each_of_these_types() -> None:
    assert PURE.keys() == REFUSED.keys() == TYPES.keys()


@pytest.mark.parametrize("name", TYPES)
def test_each_method_is_allowed_or_refused_and_not_both(name: str) -> None:
    refused = [each for names in REFUSED[name].values() for each in names]
    assert not PURE[name] & set(refused)
    assert len(refused) == len(set(refused))
    assert methods_of(TYPES[name]) <= PURE[name] | set(refused)


@pytest.mark.parametrize("name", TYPES)
def test_what_is_allowed_is_a_method_on_some_python(name: str) -> None:
    newer = {"is_integer"} if name == "int" else set()  # from 3.12 on
    assert PURE[name] - newer <= methods_of(TYPES[name])


def test_a_refused_method_says_what_to_write() -> None:
    for reasons in REFUSED.values():
        for names in reasons.values():
            for name in names - METHODS:
                assert why_not(name)


def test_no_word_is_that_of_a_secret() -> None:
    assert not [name for name in vocabulary.FUNCTIONS | METHODS if is_redacted(name)]


def test_each_function_is_written_once() -> None:
    assert FUNCTIONS.keys() | {"getattr", "hasattr"} == vocabulary.ARITY.keys()
    assert set(KEYWORDS) <= METHODS
