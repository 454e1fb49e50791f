"""Captured values as an agent reads them: like Python, on one line, bounded, and never steering a terminal."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlog.client.events.event_handle import make_handle, read_handle
from hotlog.client.showing.values import find_part, format_value, list_parts
from hotlog.client.words import escape
from hotlog.errors import ConfigError

READS = [
    (None, "None"),
    (True, "True"),
    (1.5, "1.5"),
    ("a'b", '"a\'b"'),
    ("@redacted", "@redacted"),
    ([1, "x"], "[1, 'x']"),
    ([1, {"@cut": "items", "@len": 1000}], "[1, … (1,000 in all)]"),
    ({"sku": "tea", "n": 2}, "{'sku': 'tea', 'n': 2}"),
    ({"@type": "app.Order", "id": 7}, "Order(id=7)"),
    ({"@type": "app.Color", "@name": "RED", "value": 1}, "Color.RED"),
    ({"@type": "set", "@items": [1, 2]}, "{1, 2}"),
    ({"@type": "ValueError", "@args": ["no"]}, "ValueError('no')"),
    ({"@type": "app.Row", "@unavailable": "a property"}, "<Row: unavailable: a property>"),
    ({"@ref": "app.Order"}, "<↑ Order>"),
    ({"@text": "long", "@cut": "chars", "@len": 9}, "'long'… (9 characters)"),
    ({"@@odd": 1}, "{'@odd': 1}"),
    ({}, "{}"),
    ([], "[]"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text() | st.sampled_from(["@type", "@cut", "@len", "@items", "@args", "@ref", "@text"]), inner
        )
    ),
)


@pytest.mark.parametrize(("value", "text"), READS)
def test_a_value_reads_like_python(value: object, text: str) -> None:
    assert format_value(value, 200) == text


@given(json_values, st.integers(1, 300), st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_whatever_comes_is_one_bounded_printable_line(value: object, most: int, depth: int) -> None:
    text = format_value(value, most, depth)
    assert len(text) <= most
    assert text.isprintable()
    for name in list_parts(value):
        step: str | int = int(name[1:-1]) if name.startswith("[") and name[1:-1].isdecimal() else name
        if isinstance(step, str) or not isinstance(value, dict):
            find_part(value, [step])


def test_a_large_value_takes_no_time_in_proportion() -> None:
    assert len(format_value("x" * 5_000_000, 100)) == 100
    assert len(format_value(["y" * 1_000] * 100_000, 100)) == 100


def test_a_path_leads_through_what_was_captured() -> None:
    value = {"@type": "Cart", "lines": {"@type": "tuple", "@items": [{"@type": "Line", "sku": "tea"}]}}
    assert find_part(value, ["lines", 0, "sku"]) == "tea"
    assert list_parts(value) == ["lines"]
    wrongs: list[list[str | int]] = [["nothing"], ["lines", 1], ["lines", "x"], [0]]
    for wrong in wrongs:
        with pytest.raises(KeyError):
            find_part(value, wrong)


def test_a_handle_says_where_its_event_is() -> None:
    event = {"timestamp": "2026-11-23T11:02:03.123Z", "rule": "k3f9", "hit": 3, "env": "4f1c99"}
    handle = make_handle("orders", event)
    found = read_handle(handle)
    assert (found.function, found.since.isoformat()) == ("orders", "2026-11-23T11:02:03.123000+00:00")
    assert handle.endswith(".k3f9.3.4f1c")
    assert read_handle(make_handle("orders", {})).function == "orders"
    assert read_handle(make_handle("orders", {"rule": "\x1b[2J", "hit": "x", "env": 3, "timestamp": []}))
    for hit in (True, -1, 10**400):
        assert read_handle(make_handle("orders", {**event, "hit": hit}))
    for timestamp in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1969-12-31T00:00:00Z"):
        assert read_handle(make_handle("orders", {**event, "timestamp": timestamp}))
    wrongs = ["", "e1", "e2.orders.0000000a.k3f9.1.", "e1.a b.0000000a.k3f9.1.", handle + "\n"]
    for wrong in (*wrongs, "e1.orders.ffffffffffff.k3f9.1.abcd"):
        with pytest.raises(ConfigError):
            read_handle(wrong)


UNSEEN = re.compile(
    "FILLER|BLANK|VARIATION SELECTOR|LETTER SELECTOR|JOINER|CONJOINER|INHERENT|NULL NOTEHEAD|INVISIBLE"
)
SEEN = re.compile("GAP FILLER|LINE FILLER|SPACE FILLER|BLANK SYMBOL")  # a sign stands there


def test_nothing_hides() -> None:
    assert (
        escape("a\ufe0fb\u200bc\U000e0041\u3164\u2800日本é") == r"a\ufe0fb\u200bc\U000e0041\u3164\u2800日本é"
    )
    printable = "".join(filter(str.isprintable, map(chr, range(0x80, sys.maxunicode + 1))))
    shown = set(escape(printable)).difference(map(chr, range(0x80)))
    names = [unicodedata.name(char, "") for char in shown]
    assert [name for name in names if UNSEEN.search(name) and not SEEN.search(name)] == []
    assert len(printable) - len(shown) < 300, "and what may be seen is"
