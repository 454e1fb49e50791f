"""The table of natural expressions: what people write has the value that they mean, or is refused before it is stored."""

from __future__ import annotations

import builtins
import pathlib
from typing import Any

import pytest

from hotlog.config import Config
from hotlog.expressions import grammar, template
from hotlog.expressions.compiled.condition_test import ASK, make_test
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.expressions.fast_message import make_message
from hotlog.expressions.vocabulary import TYPES
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction
from tests.engine.natural import AS_PYTHON, MESSAGES, NO_FORMAT, OWN_WORDS, VALUES
from tests.support.hostile_operands import Caller
from tests.support.rows import each_row

pytestmark = pytest.mark.engine

ROOT = str(pathlib.Path(__file__).parent)
READER = Reader(Redaction(Config()), readable=lambda path: path.startswith(ROOT))
TEXTS = [text.strip() for row in AS_PYTHON.strip().splitlines() for text in row.split(" ; ")]
SPECIALS = {"event": {"body": VALUES["body"]}}


def scope() -> HitScope:
    return HitScope(VALUES, None, SPECIALS)


def value_of(text: str) -> Any:
    return evaluate(grammar.parse(text), scope(), READER.for_hit())


def test_there_are_many_of_them() -> None:
    assert len(TEXTS) > 300
    assert len(set(TEXTS)) == len(TEXTS)


@each_row("text", TEXTS)
def test_a_natural_expression_has_the_value_that_python_gives(text: str) -> None:
    expected = eval(text, dict(VALUES))
    given = value_of(text)
    assert (type(given), repr(given)) == (type(expected), repr(expected)) or given == list(expected)
    assert is_true(grammar.parse(text), scope(), READER.for_hit()) is bool(expected)


@pytest.mark.parametrize(("text", "expected"), OWN_WORDS)
def test_a_word_of_its_own_has_its_value(text: str, expected: object) -> None:
    given = value_of(text)
    assert (type(given), given) == (type(expected), expected)


@each_row(("text", "expected"), MESSAGES)
def test_a_hole_reads_as_a_person_expects(text: str, expected: str) -> None:
    assert render(template.parse(text), scope(), READER.for_hit()) == expected


KEYS = [3, 1.5, None, True, (1, "a"), ("one",), "text", "3", -7, 10**20, b"id", b"\xff'", (b"id", 1)]


@each_row("key", KEYS)
def test_a_key_reads_as_python_writes_it(key: object) -> None:
    held = {key: [{key: 1}]}
    for message in ("{d}", "{d!r}"):
        assert render(template.parse(message), HitScope({"d": held}, None, {}), READER.for_hit()) == repr(
            held
        )


def names_and_calls(part: Any) -> tuple[list[str], list[str]]:
    """The variables that are handed over, and the builtins behind them."""
    return sorted(part.names & VALUES.keys()), sorted(
        part.calls | (part.names & TYPES.keys() - VALUES.keys())
    )


@each_row("text", TEXTS)
def test_its_compiled_form_says_the_same_or_asks(text: str) -> None:
    expression = grammar.parse(text)
    names, calls = names_and_calls(expression)
    test = make_test(expression.tree, names, calls, READER, frozenset(names))
    if test is None:
        return
    called = [TYPES.get(name) or getattr(builtins, name) for name in calls]
    said = test(*(VALUES[name] for name in names), *called, frame=Caller(VALUES))
    assert said is ASK or said is is_true(expression, scope(), READER.for_hit())


@each_row(("text", "expected"), MESSAGES)
def test_its_quick_form_says_the_same_or_nothing(text: str, expected: str) -> None:
    parsed = template.parse(text)
    names, _ = names_and_calls(parsed)
    caller: Any = Caller(VALUES)
    quick = make_message(parsed, names, READER, frozenset(names))
    assert quick([VALUES[name] for name in names], caller) in {None, expected}


@each_row("text", [hole for hole, _ in MESSAGES if ":" in hole and "!j" not in hole])
def test_a_format_gives_what_python_gives(text: str) -> None:
    try:
        expected = eval(f"f{text!r}", dict(VALUES))
    except (TypeError, ValueError):  # of a Fraction before 3.12
        return
    assert render(template.parse(text), scope(), READER.for_hit()) == expected


@pytest.mark.parametrize("text", NO_FORMAT)
def test_a_format_that_means_nothing_is_said_in_words(text: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        eval(f"f{text!r}", dict(VALUES))
    assert "{unavailable: " in render(template.parse(text), scope(), READER.for_hit())


def test_text_that_is_no_json_says_where() -> None:
    with pytest.raises(Unavailable, match="JSON"):
        value_of("json(t)")
    with pytest.raises(Unavailable, match="base64"):
        value_of("base64('a!')")
