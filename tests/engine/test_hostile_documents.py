"""A document that is no document, or whose entries are no rules: one fault each, and nothing else stops."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hotlog.errors import StoreError
from hotlog.rules.document import COMPRESSED_MARK, BadEntry, loads, rules
from hotlog.rules.model import Rule, entry_of
from tests.support.rows import each_row

pytestmark = pytest.mark.engine

NOW = datetime.now(UTC)
GOOD = entry_of(Rule(id="good", at="app.py:1", created=NOW, expires=NOW + timedelta(hours=1)))
DEPTHS = [900, 4_000, 100_000]


def packed(text: str) -> str:
    return COMPRESSED_MARK + base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


@pytest.mark.parametrize("form", [str, packed], ids=["plain", "compressed"])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        nested(100_000),
        '{"a":' * 100_000,
        '{"v": 1, "rules": ' + "[" * 100_000,
        '{"v": 1, "x": ' + nested(100_000) + "}",
        '{"v": ' + "9" * 5_000 + "}",
        '{"v": 1, "base": 1e400}',
        '{"v": 1, "rules": [{"limit": NaN}]}',
        '{"v": 1, "rules": [{"per_second": Infinity}]}',
        '{"v": 1, "rules": [{"sample": -1e999}]}',
        '{"v": 1, "rules": {}}',
        '{"v": 1, "rules": [1]}',
        '{"v": 1, "rules": [[]]}',
        '{"v": true}',
        '{"v": 1.0}',
        '{"v": 1, "paused": 1}',
        '"{}"',
        "null",
        "",
    ],
    ids=lambda text: text[:30] if isinstance(text, str) else None,
)
def test_what_is_no_document_is_one_fault(text: str, form: Any) -> None:
    with pytest.raises(StoreError) as caught:
        loads(form(text))
    assert caught.value.code == "document-damaged"
    assert len(caught.value.message) < 500


FIELDS = sorted({*Rule._fields, "if", "in", "unheard_of"} - {"condition", "function"})


@pytest.mark.parametrize("depth", DEPTHS[:2])
@each_row("field", FIELDS)
def test_a_field_that_is_nested_deep_stops_nothing_but_its_rule(field: str, depth: int) -> None:
    entry = {**GOOD, "id": "deep", field: "@deep"}
    text = json.dumps({"v": 1, "rules": [entry, GOOD]}).replace('"@deep"', nested(depth))
    try:
        document = loads(text)
    except StoreError:
        pytest.skip("this Python reads nothing so deep: it is no document")
    found = rules(document)
    assert [each.id for each in found] == ["#1" if field == "id" else "deep", "good"]
    assert isinstance(found[0], BadEntry)
    assert len(found[0].fault.message) < 500
    assert isinstance(found[1], Rule)


WRONG: list[Any] = [None, True, 0, -1, 1.5, 10**4_000, "", "x" * 10_000, [], [[]], {}, {"a": []}, {"": ""}]


@each_row("value", WRONG)
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_the_wrong_type_is_a_rule_or_a_fault_of_it(field: str, value: Any) -> None:
    found = rules(loads(json.dumps({"v": 1, "rules": [{**GOOD, "id": "odd", field: value}, GOOD]})))
    assert len(found) == 2
    assert isinstance(found[1], Rule)
    if isinstance(found[0], BadEntry):
        assert len(found[0].fault.message) < 500
