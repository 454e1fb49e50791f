"""What stands beside a value hides it in messages, watches and conditions, as it does in snapshots."""

from __future__ import annotations

import importlib
import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import Agent, Rule
from hotlog.config import Config
from hotlog.expressions import template
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.expressions.grammar import parse
from hotlog.reading.budget import Redacted
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction

if TYPE_CHECKING:
    from pathlib import Path

READER = Reader(Redaction(Config()), readable=lambda _: True)
SECRET = "tulip-9xK4"  # noqa: S105 -- made up
INSERT = "INSERT INTO users (email, password) VALUES (%s, %s)"
PARAMETERS = {"sql": INSERT, "params": ["ana@x", SECRET]}


def said(message: str, /, **values: Any) -> str:
    return render(template.parse(message), HitScope(values), READER.for_hit())


@pytest.mark.parametrize(
    ("hole", "values"),
    [
        ("params", PARAMETERS), ("params[1]", PARAMETERS), ("params[-1]", PARAMETERS), ("params[1:]", PARAMETERS), ("params!r", PARAMETERS),
        ("[p for p in params]", PARAMETERS), ("str(params)", PARAMETERS), ("params[1][0]", PARAMETERS), ("max(params)", PARAMETERS),
        ("rows", {"query": "SELECT id, token FROM s", "rows": [(7, SECRET)]}), ("rows[0][1]", {"query": "SELECT id, token FROM s", "rows": [(7, SECRET)]}),
        ("row", {"columns": ["id", "token"], "row": (7, SECRET)}), ("rows[0]", {"sql": INSERT, "rows": [("a", SECRET)]}),
        ("value", {"name": "password", "value": SECRET}), ("value", {"key": "DB_PASSWORD", "value": SECRET}), ("value", {"header": "Authorization", "value": SECRET}),
        ("value[0]", {"name": "password", "value": SECRET}), ("value + 'x'", {"name": "password", "value": SECRET}), ("value.upper()", {"name": "password", "value": SECRET}),
        ("event['params']", {"event": PARAMETERS}), ("event['params'][1]", {"event": PARAMETERS}), ("event.get('params')", {"event": PARAMETERS}),
        ("event['value']", {"event": {"name": "password", "value": SECRET}}), ("event['NewValue']", {"event": {"field": "password", "NewValue": SECRET}}),
        ("[v for v in event.values()]", {"event": PARAMETERS}), ("e.params", {"e": SimpleNamespace(statement=INSERT, params=("ana@x", SECRET))}),
        ("e.params[1]", {"e": SimpleNamespace(statement=INSERT, params=("ana@x", SECRET))}), ("e.value", {"e": SimpleNamespace(name="password", value=SECRET)}),
        ("key['k']", {"key": {"kty": "oct", "k": SECRET}}), ("pair", {"pair": ("password", SECRET)}),
        ("call['ExpressionAttributeValues']", {"call": {"UpdateExpression": "SET #p = :v", "ExpressionAttributeNames": {"#p": "password"}, "ExpressionAttributeValues": {":v": SECRET}}}),
    ],
)  # fmt: skip
def test_a_hole_does_not_show_what_its_neighbours_hide(hole: str, values: dict[str, Any]) -> None:
    text = said(f"{{{hole}}}", **values)
    assert REDACTED in text
    assert not any(piece in text for piece in (SECRET, SECRET[1:], SECRET.upper()))


@pytest.mark.parametrize(
    ("hole", "values", "shown"),
    [
        ("params", PARAMETERS, "['ana@x', @redacted]"), ("params[0]", PARAMETERS, "ana@x"), ("len(params)", PARAMETERS, "2"),
        ("params", {"sql": "SELECT id FROM u WHERE name = %s", "params": [SECRET]}, f"['{SECRET}']"), ("params", {"text": "hello", "params": [SECRET]}, f"['{SECRET}']"),
        ("rows", {"query": "SELECT id, name FROM s", "rows": [[7, SECRET]]}, f"[[7, '{SECRET}']]"), ("rows", {"query": "SELECT password FROM s", "rows": [7, 8]}, "[7, 8]"),
        ("value", {"name": "colour", "value": SECRET}, SECRET), ("value", {"name": "password", "value": None}, "None"), ("value", {"value": SECRET}, SECRET),
        ("event['value']", {"event": {"name": "theme", "value": SECRET}}, SECRET), ("k", {"k": SECRET}, SECRET), ("d['k']", {"d": {"k": SECRET}}, SECRET),
        ("values", {"values": [SECRET]}, f"['{SECRET}']"), ("data", {"data": SECRET, "kind": "ConfigMap"}, SECRET),
    ],
)  # fmt: skip
def test_a_hole_shows_what_they_do_not(hole: str, values: dict[str, Any], shown: str) -> None:
    assert said(f"{{{hole}}}", **values) == shown


@pytest.mark.parametrize(
    "condition", ["value == 'tulip-9xK4'", "value < 'u'", "'x' in value", "value in ['a']"]
)
def test_a_condition_learns_nothing_of_it(condition: str) -> None:
    with pytest.raises(Redacted):
        is_true(parse(condition), HitScope({"name": "password", "value": SECRET}), READER.for_hit())
    with pytest.raises(Redacted):
        evaluate(parse("params[1] == 'a'"), HitScope(PARAMETERS), READER.for_hit())
    assert evaluate(parse("params[0] == 'ana@x'"), HitScope(PARAMETERS), READER.for_hit())


APP = """
def save(sql, params, name, value):
    done = len(sql)
    return done
"""


@pytest.mark.parametrize("backend", ["recompile", "splice", "monitor"])
def test_a_live_rule_looks_at_variables_that_it_does_not_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    path = tmp_path / "shop_orders.py"
    path.write_text(APP)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "shop_orders", raising=False)
    module = importlib.import_module("shop_orders")
    events: list[dict[str, Any]] = []
    rules = [
        Rule(at="shop_orders.py:3", message="{params} {value}"),
        Rule(at="shop_orders.py:3", message="{value}"),
        Rule(at="shop_orders.py:3", watch={"a": "params[1]", "b": "value", "c": "params"}),
        Rule(at="shop_orders.py:3", condition=f"value == '{SECRET}'", message="it is"),
        Rule(at="shop_orders.py:3", condition="value == 'other'", message="it is not"),
    ]
    with Agent(sink=events.append, root=str(tmp_path), config=Config(backend=backend)) as agent:
        agent.apply(rules)
        module.save(INSERT, ["ana@x", SECRET], "password", SECRET)
        module.save("", [], "colour", "red and green")
        agent.apply(rules)
    logs = [event for event in events if event["hotlog"] == "log"]
    assert SECRET not in json.dumps(events).replace(rules[3].condition, "")
    assert [each["message"] for each in logs if "message" in each] == [
        "['ana@x', @redacted] @redacted", "@redacted", "[] red and green", "red and green",
    ]  # fmt: skip
    assert next(each["watch"] for each in logs if "watch" in each) == {
        "a": "@redacted", "b": {"@unavailable": "redacted: value"}, "c": ["ana@x", "@redacted"],
    }  # fmt: skip
