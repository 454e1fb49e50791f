"""Rules and documents come back as they went in; what cannot be read is told, kept, and harms nothing else."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotlog import limits
from hotlog.client.documents.changes import list_ids, renew
from hotlog.errors import RuleError, StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BY_HAND, COMPRESSED_MARK, BadEntry, Document
from hotlog.rules.kinds import UNITS
from hotlog.rules.model import Rule, entry_of, rule_of
from tests.support.rows import each_row

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "id": "k3f9", "at": "app.py:42", "created": "2026-11-23T11:00:00Z", "expires": "2026-11-23T12:00:00Z",
}  # fmt: skip

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault

# --- strategies ---------------------------------------------------------------------------------------------------

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
targets = st.one_of(
    st.builds("{}.py:{}".format, names, st.integers(1, 99_999)),
    st.builds("{}/{}.py:{}".format, names, names, st.integers(1, 99_999)),
    st.builds("{}.{}:{}.{}".format, names, names, names, names),
    st.builds("{}.py:/{} =/".format, names, names),
)
limit = st.none() | st.integers(1, 10**6)
times = st.integers(946_684_800, 4_102_444_800).map(lambda at_s: datetime.fromtimestamp(at_s, UTC))


NOT_CAPTURED: dict[str, st.SearchStrategy[Any]] = {"snapshot": st.just(value=False), "stack": st.just(0)}
NOT_SHOWN = NOT_CAPTURED | {"message": st.just(""), "watch": st.just({})}
metric_names = st.from_regex(r"[A-Z][A-Za-z]{0,20}", fullmatch=True)
kinds: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"ring": st.integers(1, limits.RING_MAX_EVENTS)}),
    st.just({"kind": "call"}),
    st.fixed_dictionaries({"kind": st.just("error"), "at": targets | st.just(""), **NOT_CAPTURED}),
    st.fixed_dictionaries(
        {"kind": st.just("timeout"), "at": st.just(""), "margin_ms": st.integers(1, 900_000), **NOT_CAPTURED}
    ),
    st.fixed_dictionaries({"kind": st.just("trace"), **NOT_SHOWN}),
    st.fixed_dictionaries(
        {
            "kind": st.just("metric"),
            "metric": metric_names,
            "value": st.text(),
            "unit": st.sampled_from(UNITS),
            "dimensions": st.dictionaries(metric_names.map("d{}".format), st.text(), max_size=3),
            **NOT_SHOWN,
        }
    ),
)


@st.composite
def stored_rules(draw: st.DrawFn) -> Rule:
    created = draw(times)
    chosen: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"at": targets},
            optional={
                "id": st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
                "text": st.text(),
                "unanchored": st.booleans(),
                "message": st.text(),
                "condition": st.text(),
                "watch": st.dictionaries(st.text(), st.text(), max_size=3),
                "snapshot": st.booleans(),
                "stack": st.integers(0, limits.STACK_MAX_FRAMES),
                "limit": limit,
                "per_second": st.none() | st.floats(1e-3, 1e6),
                "sample": st.floats(0, 1),
                "environments": st.floats(1e-6, 1),
                "versions": st.lists(st.text(), max_size=3).map(tuple),
                "group": st.text(),
                "properties": st.booleans(),
                "by": st.text(),
                "note": st.text(),
            },
        )
    )
    chosen |= draw(kinds)
    lives = timedelta(seconds=draw(st.integers(1, limits.EXPIRY_MAX_S)))
    return Rule(created=created, expires=created + lives, **chosen)


# `json` itself tells -0.0 from 0.0 and 1 from 1.0; NaN and the infinities are no JSON.
texts = st.text(st.characters(codec=None))  # lone surrogates too: JSON can write them
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
entries = st.dictionaries(texts, values, max_size=5)
document_values = st.builds(
    Document,
    entries=st.lists(entries, max_size=5).map(tuple),
    base=st.integers(-1, 10**6),
    paused=st.booleans(),
    extra=st.dictionaries(
        texts.filter(lambda name: name not in {"v", "base", "paused", "rules"}), values, max_size=3
    ).map(lambda extra: tuple(extra.items())),
)


# --- rules --------------------------------------------------------------------------------------------------------


@patient
@given(rule=stored_rules())
@pytest.mark.long
def test_a_rule_comes_back_from_its_entry(rule: Rule) -> None:
    assert rule_of(json.loads(json.dumps(entry_of(rule)))) == rule


@patient
@given(rule=stored_rules())
@pytest.mark.long
def test_an_entry_holds_no_default(rule: Rule) -> None:
    entry = entry_of(rule)
    for key in set(entry) - {"id", "at", "created", "expires"}:
        without = {name: value for name, value in entry.items() if name != key}
        if not needs(rule, key):
            assert rule_of(without) != rule, key


def needs(rule: Rule, key: str) -> bool:
    """Whether a rule of that kind is none without this key: it is no default then either."""
    return key in {"kind", "metric"} and rule.kind != "log"


def test_the_stored_form_is_the_one_that_other_tools_read() -> None:
    rule = Rule(
        id="k3f9", at="app.py:42", message="{x}", condition="x > 1", watch={"n": "len(y)"}, versions=("12",),
        limit=None, created=NOON, expires=NOON.astimezone(timezone(timedelta(hours=2))) + timedelta(hours=1),
    )  # fmt: skip
    assert entry_of(rule) == {
        "id": "k3f9", "at": "app.py:42", "message": "{x}", "if": "x > 1", "watch": {"n": "len(y)"},
        "versions": ["12"], "limit": None, "created": "2026-11-23T12:00:00Z", "expires": "2026-11-23T13:00:00Z",
    }  # fmt: skip


@each_row(
    ("change", "code", "says"),
    [
        ({"colour": "red"}, "unknown-field", "colour"),
        ({"condition": "x"}, "unknown-field", "condition"),
        ({"at": "app.py"}, "bad-target", "app.py"),
        ({"at": "app.py:0"}, "bad-target", "app.py:0"),
        ({"at": "../app.py:1"}, "bad-target", "relative"),
        ({"at": "/app.py:1"}, "bad-target", "relative"),
        ({"at": 7}, "bad-field", "'at'"),
        ({"id": "a b"}, "bad-field", "'id'"),
        ({"id": ""}, "bad-field", "'id'"),
        ({"id": ["a"]}, "bad-field", "'id'"),
        ({"kind": "magic"}, "unknown-kind", "magic"),
        ({"kind": ["log"]}, "bad-field", "'kind'"),
        ({"if": 1}, "bad-field", "'if'"),
        ({"watch": {"n": 1}}, "bad-field", "'watch'"),
        ({"watch": ["n"]}, "bad-field", "'watch'"),
        ({"snapshot": 1}, "bad-field", "'snapshot'"),
        ({"snapshot": None}, "bad-field", "'snapshot'"),
        ({"stack": 21}, "bad-field", "'stack'"),
        ({"stack": True}, "bad-field", "'stack'"),
        ({"limit": 0}, "bad-field", "'limit'"),
        ({"limit": 1.5}, "bad-field", "'limit'"),
        ({"per_second": "fast"}, "bad-field", "'per_second'"),
        ({"per_second": 0}, "bad-field", "'per_second'"),
        ({"sample": 2}, "bad-field", "'sample'"),
        ({"environments": 0}, "bad-field", "'environments'"),
        ({"environments": 5}, "bad-field", "'environments'"),
        ({"versions": "12"}, "bad-field", "'versions'"),
        ({"versions": [12]}, "bad-field", "'versions'"),
        ({"created": None}, "no-expiry", "created"),
        ({"expires": None}, "no-expiry", "expires"),
        ({"expires": 7}, "bad-field", "'expires'"),
        ({"expires": "tomorrow"}, "bad-field", "'expires'"),
        ({"expires": "2026-11-30T11:00:01Z"}, "no-expiry", "7 days"),
    ],
)
def test_a_stored_rule_that_makes_no_sense_is_an_error_that_names_the_field(
    change: dict[str, Any], code: str, says: str
) -> None:
    with pytest.raises(RuleError) as caught:
        rule_of({**GOOD, **change})
    assert caught.value.code == code
    assert says in caught.value.message


@pytest.mark.parametrize(
    "expires", ["2026-11-23T11:30:00+00:00", "2026-11-23T11:30:00", "2026-11-23T13:30:00+02:00"]
)
def test_times_may_be_written_in_any_iso_form(expires: str) -> None:
    assert rule_of({**GOOD, "expires": expires}).expires == NOON - timedelta(minutes=30)


@patient
@given(entry=entries)
@pytest.mark.long
def test_no_entry_can_do_more_harm_than_an_error_of_its_rule(entry: dict[str, Any]) -> None:
    for mixed in (
        entry,
        {**entry, **GOOD},
        {**GOOD, **dict.fromkeys(GOOD, next(iter(entry.values()), None))},
    ):
        found = documents.rules(Document(entries=(mixed, {**GOOD, "id": "other"})))
        assert [type(one) for one in found[1:]] == [Rule]
        assert isinstance(found[0], BadEntry | Rule)


@pytest.mark.parametrize(
    "key",
    [*GOOD, "if", "kind", "watch", "limit", "per_second", "sample", "environments", "versions", "stack"],
)
@patient
@given(value=values)
@pytest.mark.long
def test_no_value_of_a_known_key_can_do_more_harm_than_that(key: str, value: object) -> None:
    found = documents.rules(Document(entries=({**GOOD, key: value}, {**GOOD, "id": "other"})))
    assert isinstance(found[0], BadEntry | Rule)
    assert isinstance(found[1], Rule) or value == "other"


# --- documents ----------------------------------------------------------------------------------------------------


@patient
@given(document=document_values, compress=st.booleans())
@pytest.mark.long
def test_a_document_comes_back_with_all_its_keys(document: Document, compress: bool) -> None:
    text = documents.dumps(document, compress=compress)

    assert repr(documents.loads(text)) == repr(document)
    assert "\n" not in text
    assert text.startswith(COMPRESSED_MARK) == compress
    text.encode()


@patient
@given(document=document_values)
@pytest.mark.long
def test_what_is_written_does_not_change_when_it_is_written_again(document: Document) -> None:
    text = documents.dumps(document)
    assert documents.dumps(documents.loads(text)) == text


def test_one_bad_entry_is_told_and_the_others_hold() -> None:
    document = Document(
        entries=(GOOD, {"at": "app.py:1"}, {**GOOD, "id": "new", "future": 1}, GOOD, {"id": 7})
    )

    found = documents.rules(document)

    assert isinstance(found[0], Rule)
    assert [(bad.id, bad.fault.code) for bad in found[1:] if isinstance(bad, BadEntry)] == [
        ("#2", "bad-field"), ("new", "unknown-field"), ("k3f9", "bad-field"), ("#5", "bad-field"),
    ]  # fmt: skip


def test_a_document_that_names_no_base_was_written_by_hand() -> None:
    assert documents.loads('{"v": 1}') == Document(base=BY_HAND)


def outcome(text: str) -> str:
    try:
        documents.loads(text)
    except StoreError as fault:
        return fault.code
    return "a document"


def packed(data: bytes) -> str:
    return COMPRESSED_MARK + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "null", "[]", "7", '"text"', "{}", "{", '{"v": "1"}', '{"v": true}', '{"v": 1.0}', '{"v": 1}}',
        '{"v": 1, "rules": {}}', '{"v": 1, "rules": null}', '{"v": 1, "rules": [1]}', '{"v": 1, "base": "3"}',
        '{"v": 1, "base": null}', '{"v": 1, "paused": 1}', '{"v": 1, "rules": [{"limit": NaN}]}',
        '{"v": 1, "rules": [{"limit": -Infinity}]}', '{"v": 1, "rules": [{"limit": 1e400}]}', '{"v": 1, "x": "\udcff"}', "hello, world", "[" * 100_000,
        '{"v": ' + "9" * 5_000 + "}",
        COMPRESSED_MARK, f"{COMPRESSED_MARK}!!!", f"{COMPRESSED_MARK}é", packed(b"nothing"),
        packed(zlib.compress(b'{"v": 1}')[:-3]), packed(zlib.compress(b'{"v": 1}')) + "AAAA",
        packed(zlib.compress(b"\xff")), packed(zlib.compress(b"{}")), "hotlog:y:AAAA",
        packed(zlib.compress(b'{"v": 1, "x": "' + b" " * limits.DOCUMENT_PLAIN_MAX_BYTES + b'"}')),
    ],
)  # fmt: skip
def test_what_is_no_document_is_damaged(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        documents.loads(text)
    assert caught.value.code == "document-damaged"
    assert len(caught.value.message) < 300


@patient
@given(text=st.text(st.characters(codec=None)) | st.binary().map(packed) | values.map(json.dumps))
def test_any_text_is_a_document_or_a_store_error(text: str) -> None:
    assert outcome(text) in {"a document", "document-damaged", "document-newer"}


@patient
@given(document=document_values, data=st.data())
@pytest.mark.long
def test_a_document_that_is_cut_off_is_damaged(document: Document, data: st.DataObject) -> None:
    text = documents.dumps(document, compress=data.draw(st.booleans()))
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(StoreError) as caught:
        documents.loads(cut)
    assert caught.value.code == "document-damaged"


@pytest.mark.parametrize("text", ['{"v": 2}', '{"v": 999, "rules": "elsewhere", "base": "x"}'])
def test_a_newer_document_is_newer_not_damaged(text: str) -> None:
    for form in (text, packed(zlib.compress(text.encode()))):
        with pytest.raises(StoreError) as caught:
            documents.loads(form)
        assert caught.value.code == "document-newer"


def test_a_compressed_document_takes_no_more_memory_than_it_may() -> None:
    bomb = packed(zlib.compress(b" " * 50_000_000, 9))
    with pytest.raises(StoreError):
        documents.loads(bomb)


def test_ids_are_those_of_the_rules_also_where_an_entry_is_none() -> None:
    entries: tuple[dict[str, Any], ...] = (
        GOOD,
        {**GOOD, "id": "no id"},
        {"id": 7},
        {},
        GOOD,
        {**GOOD, "id": "x9x9", "limit": "bad"},
    )
    document = Document(entries=entries)
    assert list_ids(document) == [rule.id for rule in documents.rules(document)]


def test_hundreds_of_rules_come_and_go_without_reading_each_hundreds_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = [rule_of({**GOOD, "id": f"r{number}"}) for number in range(100)]
    monkeypatch.delattr("hotlog.rules.model.rule_of")  # whoever reads one fails
    whole = renew(Document(entries=()), rules)
    assert renew(whole, [], [rule.id for rule in rules]).entries == ()
