"""What a condition compared when it was never true: read safely, redacted, bounded, and at no cost to a false hit."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config
from hotlog.expressions.grammar import parse
from hotlog.expressions.hit_scope import HitScope
from hotlog.hits.false_operands import FalseOperands
from hotlog.hits.outcomes import LOOKS
from hotlog.interpreter.quirks import HAS_MONITORING
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

APP = """
class Touchy:
    def __bool__(self):
        raise AssertionError("touched")

    def __repr__(self):
        raise AssertionError("touched")

def charge(x, y=None):
    done = 1  # here
    return done
"""
LINE = APP.splitlines().index("    done = 1  # here") + 1
BACKENDS = ["recompile", "splice", *(["monitor"] if HAS_MONITORING else [])]


def operands_of(text: str, **values: Any) -> dict[str, list[str]]:
    """The operands of a condition, as one look at these values tells them."""
    redaction = Redaction(Config(secrets=("hunter2hunter2",)))
    found = FalseOperands(parse(text), redaction.hides)
    found.look(HitScope(values), Reader(redaction, readable=lambda _: True))
    told: dict[str, list[str]] = found.told().get("values", {})
    return told


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("x == 'ok'", {"x": "OK"}, {"x": ["'OK'"]}),
        ("x > 10", {"x": 5}, {"x": ["5"]}),
        ("10 < x <= y", {"x": 5, "y": 7}, {"x": ["5"], "y": ["7"]}),
        ("not x", {"x": 1}, {"x": ["1"]}),
        ("x", {"x": None}, {"x": ["None"]}),
        ("x > 1 and (y or x == 3)", {"x": 1, "y": ""}, {"x": ["1"], "y": ["''"]}),
        ("len( x ) > 3", {"x": [1]}, {"len( x )": ["1"]}),
        ("x['n'] == -1", {"x": {"n": 2}}, {"x['n']": ["2"]}),
        ("x in ('a', 'b')", {"x": "c"}, {"x": ["'c'"]}),
        ("x.startswith('tea')", {"x": "cup"}, {"x": ["'cup'"]}),
        ("isinstance(x, int)", {"x": "1"}, {"x": ["'1'"]}),
        ("x == 'é' and y == 1", {"x": "e", "y": 2}, {"x": ["'e'"], "y": ["2"]}),
        ("1 > 2", {}, {}),
        ("any(each > 3 for each in x)", {"x": [1]}, {}),
    ],
)
def test_operands_are_what_is_compared(text: str, values: dict[str, Any], told: dict[str, list[str]]) -> None:
    assert operands_of(text, **values) == told


def test_special_names_are_told_as_they_are_written() -> None:
    redaction = Redaction(Config())
    found = FalseOperands(parse(" @event['é'] == 'x' and @request_id == 'r'"), redaction.hides)
    specials = {"event": {"é": 1}, "request_id": "q"}
    found.look(HitScope({}, None, specials), Reader(redaction, readable=lambda _: True))
    assert found.told()["values"] == {"@event['é']": ["1"], "@request_id": ["'q'"]}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x == 'ok'", {"x": "hunter2hunter2"}),
        (
            "x == 'ok'",
            {"x": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl hunter2hunter2"},
        ),
        ("x['n'] == y", {"x": {"n": {"password": "hunter2hunter2"}}, "y": 1}),
        ("x == y", {"x": {"api_key": "hunter2hunter2"}, "y": ["hunter2hunter2"]}),
        ("len(x) > 99", {"x": "hunter2hunter2"}),
    ],
)
def test_secrets_in_operands_are_hidden(text: str, values: dict[str, Any]) -> None:
    told = operands_of(text, **values)
    assert told
    assert "hunter2" not in json.dumps(told)


def test_what_is_told_is_bounded() -> None:
    redaction = Redaction(Config())
    condition = parse(" and ".join(f"x{n} == 1" for n in range(9)))
    found = FalseOperands(condition, redaction.hides)
    for number in range(500):
        scope = HitScope({f"x{n}": f"{number}{'a' * 500}" for n in range(9)})
        found.look(scope, Reader(redaction, readable=lambda _: True))
    told = found.told()
    assert told["last"] == limits.OPERANDS_LAST
    assert len(told["values"]) == limits.OPERANDS_MAX
    for texts in told["values"].values():
        assert [text[:4] for text in texts] == [f"'{number}" for number in range(495, 500)]
        assert all(len(text) <= limits.OPERAND_MAX_CHARS for text in texts)


@pytest.mark.parametrize("backend", BACKENDS)
def test_counts_tell_the_operands_of_a_condition_that_was_never_true(tmp_path: Path, backend: str) -> None:
    with Probed(tmp_path, APP, Config(backend=backend)) as app:
        app.apply(
            hotlog.Rule(
                id="r", at=f"{app.sample.name}.py:{LINE}", message="{x}", condition="x == 'ok' and y is None"
            )
        )
        for text in ("OK", "Ok", "OK"):
            assert app.invoke(partial(app.module.charge, text)) == 1
        app.invoke(lambda: app.module.charge(app.module.Touchy()))
        [*_, counts] = [event for event in app.events if event["hotlog"] == "counts"]
        app.agent.apply([])
        [*_, last] = [event for event in app.events if event["hotlog"] == "counts"]
    assert counts["operands"]["values"]["x"][0] == "'OK'"
    texts = last["operands"]["values"]["x"]
    assert {"'OK'", "'Ok'"} <= set(texts)
    assert last["operands"]["last"] == last["condition_false"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_told_once_it_was_true(tmp_path: Path, backend: str) -> None:
    with Probed(tmp_path, APP, Config(backend=backend)) as app:
        app.apply(hotlog.Rule(id="r", at=f"{app.sample.name}.py:{LINE}", message="{x}", condition="x > 3"))
        for number in (1, 2, 5):
            app.invoke(partial(app.module.charge, number))
        app.agent.apply([])
        [*_, last] = [event for event in app.events if event["hotlog"] == "counts"]
    assert (last["condition_false"], last["emitted"]) == (2, 1)
    assert "operands" not in last


def test_each_false_result_is_counted_once_and_few_are_looked_at(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as app:
        app.apply(hotlog.Rule(id="r", at=f"{app.sample.name}.py:{LINE}", message="{x}", condition="x > 5000"))
        app.invoke(lambda: [app.module.charge(number) for number in range(700)])
        app.agent.apply([])
        [*_, last] = [event for event in app.events if event["hotlog"] == "counts"]
    assert last["condition_false"] == 700
    turns = [number for number in range(700) if LOOKS[number]][-limits.OPERANDS_LAST :]
    assert last["operands"]["values"] == {"x": [str(turn) for turn in turns[-5:]]}
    assert last["operands"]["last"] == limits.OPERANDS_LAST


def test_few_of_the_counted_results_are_looked_at() -> None:
    assert len(LOOKS) == limits.COUNTED_FALSE_MAX
    assert all(LOOKS[: limits.OPERANDS_LOOKED_FIRST])
    assert sum(LOOKS) == limits.OPERANDS_LOOKED_FIRST + 30


def test_a_call_that_is_never_as_wanted_tells_its_operands(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as app:
        app.apply(hotlog.Rule(id="r", kind="call", at=app.at("charge"), condition="@return > 1"))
        app.invoke(lambda: app.module.charge(7))
        app.agent.apply([])
        [*_, last] = [event for event in app.events if event["hotlog"] == "counts"]
    assert last["operands"] == {"last": 1, "values": {"@return": ["1"]}}
