"""Any document with any values: a RuleError or a StoreError at most, and only events that everybody can read."""

from __future__ import annotations

import json
import math
from collections import OrderedDict, namedtuple
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hotlog import limits
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.kinds import KINDS
from tests.fuzz.path import SECRET, check_line, through

patient = settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))


class Text(str):
    __slots__ = ()


def misnamed(text: str) -> object:
    """An object whose class is called anything."""
    made = type("Misnamed", (), {})
    made.__module__ = made.__qualname__ = text
    return made()


anything = st.text(st.characters(codec=None), max_size=30)
objects = st.one_of(
    st.builds(misnamed, anything),
    st.builds(Text, anything),
    st.builds(Exception, anything),
    st.builds(namedtuple("Pair", "name value"), anything, anything),  # noqa: PYI024
    st.builds(lambda text: lambda: text, anything),
    st.decimals(),
    st.datetimes(),
    st.complex_numbers(),
    st.integers(10**90, 10**120),
    st.just("x" * 5_000),
    st.just(f"x{SECRET}y"),
    st.just({"password": "x"}),
    st.just(range(10**9)),
    st.sampled_from([math.nan, math.inf, Decimal("sNaN"), 10**4_000, b"\xff" * 600, "\ud800", object, len]),
)
live = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything | st.binary(max_size=20) | objects,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(anything | st.integers() | st.binary(max_size=4), inner, max_size=4)
        | st.tuples(inner, inner)
        | st.builds(OrderedDict, st.dictionaries(anything, inner, max_size=2))
    ),
    max_leaves=12,
)
variables = st.fixed_dictionaries({}, optional=dict.fromkeys("abcde", live))

names = st.sampled_from("abcdex")
expressions = st.recursive(
    names
    | st.sampled_from(["0", "1", "-2.5", "'x'", "b'x'", "None", "True", "@hits", "@event", "@request_id", "password", "[]", "{}"])
    | anything,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "%", "<", "==", "!=", "in", "and", "or"]), inner),
        st.builds("{}({})".format, st.sampled_from(["len", "str", "sorted", "sum", "max", "any", "list", "dict", "repr", "int"]), inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}.{}".format, inner, st.sampled_from(["value", "name", "args", "items()", "x", "__class__", "upper()"])),
        st.builds("[{} for v in {}]".format, inner, inner),
    ),
    max_leaves=5,
)  # fmt: skip
messages = st.lists(
    anything
    | st.builds("{{{}}}".format, expressions)
    | st.builds("{{{}{}}}".format, names, st.sampled_from(["!r", ":.2f", ":>9", ":d", "!s:x"])),
    max_size=4,
).map("".join)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | anything
    | st.just("x" * 70_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=5,
)
times = st.sampled_from(
    [
        "2026-11-23T11:00:00Z", "2026-11-23T11:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2999-01-01T00:00:00Z", "", "now", "2026-11-23T11:00:00+25:00",
    ]
)  # fmt: skip
targets = st.sampled_from(
    ["app.py:1", "app:f", "a.py:/x/", f"a.py:{'9' * 5_000}", "a.py:٣", "\ud800.py:1", "..:x", "json:dumps", "os.py:1", ""]
)  # fmt: skip
fields: dict[str, st.SearchStrategy[Any]] = {
    "id": st.text("ab1-_", max_size=3) | json_values,
    "at": targets | json_values,
    "kind": st.sampled_from(sorted(KINDS)) | json_values,
    "message": messages | json_values,
    "if": expressions | json_values,
    "watch": st.dictionaries(anything, expressions, max_size=3) | json_values,
    "text": anything,
    "in": anything,
    "snapshot": st.booleans() | json_values,
    "stack": st.integers(0, 25) | json_values,
    "limit": st.none() | st.integers(-1, 10**30) | json_values,
    "per_second": st.none() | st.floats(-1, 1e300) | st.just(10**400) | json_values,
    "sample": st.floats(-1, 2) | json_values,
    "versions": st.lists(anything, max_size=2) | json_values,
    "properties": st.booleans() | json_values,
    "created": times | json_values,
    "expires": times | json_values,
    "note": json_values,
    "metric": st.sampled_from(["Orders", "hit", "", "\ud800"]),
    "value": expressions,
    "dimensions": st.dictionaries(anything, expressions, max_size=2),
    "unit": st.sampled_from(["Count", "Bytes", "x"]),
    "ring": st.integers(-1, 101) | json_values,
}
NOW = datetime.now(UTC)
GOOD = {
    "id": "k3f9", "at": "app.py:1", "created": NOW.isoformat(), "expires": (NOW + timedelta(hours=1)).isoformat(),
}  # fmt: skip
entries = st.fixed_dictionaries({}, optional=fields) | json_values
nearly_good = st.builds(lambda some: {**GOOD, **some}, st.fixed_dictionaries({}, optional=fields))
hittable = st.builds(
    lambda some: {**GOOD, **some},
    st.fixed_dictionaries(
        {}, optional={name: fields[name] for name in ("message", "if", "watch", "snapshot", "stack", "note")}
    ),
)
contents = st.fixed_dictionaries(
    {"v": st.just(1), "rules": st.lists(entries | nearly_good | hittable, max_size=3)},
    optional={"base": st.integers(0, 9) | json_values, "paused": st.booleans(), "later": json_values},
)


@patient
@given(content=contents | json_values, values=variables)
@example(content={"v": 1, "rules": [{**GOOD, "note": "x" * 500_000}]}, values={})
@example(content={"v": 1, "rules": [{**GOOD, "id": "\ud800" * 30_000}]}, values={})
@example(content={"v": 1, "rules": [{**GOOD, "at": f"a.py:{'9' * 5_000}"}]}, values={})
@example(content={"v": 1, "rules": [{**GOOD, "message": "\ud800 {a}"}]}, values={"a": misnamed("\udfff")})
@example(content={"v": 1, "rules": [{**GOOD, "watch": {"\ud800": "a"}}]}, values={"a": 1})
@example(content={"v": 1, "rules": [{**GOOD, "watch": {f"{n}": "a" for n in range(9_000)}}]}, values={"a": 1})
@example(content={"v": 1, "rules": [{**GOOD, "watch": {"x" * 70_000: "a"}}]}, values={"a": 1})
@example(content={"v": 1, "rules": [{**GOOD, "expires": "9999-12-31T23:59:59-14:00", "created": "9999-12-31T00:00:00Z"}]}, values={})  # fmt: skip
@example(content={"v": 1, "rules": [{**GOOD, "per_second": 10**400}]}, values={})
@example(content={"v": 1, "rules": [{**GOOD, "kind": "call"}]}, values={})
@example(
    content={"v": 1, "rules": [{**GOOD, "at": "\ud800.py:1"}, {**GOOD, "id": "2", "at": "\0.py:1"}]},
    values={},
)
@pytest.mark.long
def test_a_document_is_refused_or_its_hits_and_states_are_valid_events(
    content: object, values: dict[str, object]
) -> None:
    try:
        text = json.dumps(content)
    except (RecursionError, ValueError):
        return
    through(text, values)


@patient
@given(rule=hittable, values=variables)
@pytest.mark.long
def test_a_good_rule_is_hit_whatever_the_values_are(rule: dict[str, Any], values: dict[str, object]) -> None:
    events = through(json.dumps({"v": 1, "rules": [rule]}), values)
    assert events is not None
    assert SECRET not in json.dumps([event for event in events if event["hotlog"] == "log"])


@patient
@given(text=st.text(st.characters(codec=None)) | st.binary().map(lambda data: data.decode("latin-1")))
@example(text="hotlog:z:eJwDAAAAAAE=")
@example(text="[" * 100_000)
@example(text='{"v": 1, "rules": [' + '{"id": ' * 50_000)
@example(text=f'{{"v": {"9" * 5_000}}}')
def test_any_text_is_a_document_or_a_store_error(text: str) -> None:
    for whole in (text, documents.COMPRESSED_MARK + text):
        try:
            document = documents.loads(whole)
        except StoreError:
            continue
        through(documents.dumps(document), {})


@pytest.mark.parametrize("size", [1, limits.DOCUMENT_MAX_BYTES])
def test_the_sizes_of_a_document_that_can_be_stored_pass(size: int) -> None:
    rule = {**GOOD, "message": "x" * size}
    events = through(json.dumps({"v": 1, "rules": [rule]}), {})
    assert events is not None
    assert ("log" in {event["hotlog"] for event in events}) is (size <= limits.MESSAGE_MAX_CHARS)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"a": 1}, '{"a":2}'), ({"a": 1}, '{"a":\n1}'), ({"a": "\x9b"}, '{"a":"\x9b"}'), ({"a": "\ud800"}, '{"a":"\\ud800"}'), ({"a": 1}, '{"a":NaN}'),
]  # fmt: skip


@pytest.mark.parametrize(("event", "line"), WRONG)
def test_the_harness_tells_what_it_is_there_to_tell(event: dict[str, Any], line: str) -> None:
    with pytest.raises((AssertionError, UnicodeEncodeError)):
        check_line(event, line)
