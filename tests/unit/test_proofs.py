"""Nothing that only looks like an event of hotlog makes anything succeed: forged lines, keys that change, and what each verdict is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.diagnosis.status_sentence import fold_statuses
from hotlog.client.documents import changes
from hotlog.client.documents.keys import key_number, new_key
from hotlog.client.events.event_stream import read_event
from hotlog.client.events.proofs import PROVEN, REPEATED, UNCHECKED, UNPROVEN, LogLine, Proofs
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.rules.model import Rule
from hotlog.rules.proof import ProofKey, Prover, dump_key, load_key, make_key
from hotlog.stores import Answer, Version
from hotlog.stores.memory import MemoryStore
from tests.support.proven import KEY, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event

STREAM = "2026/11/30/[$LATEST]a1"
OTHER = "2026/11/30/[$LATEST]b2"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1_000)
CREATED = "2026-11-30T11:59:00Z"
RULE = Rule(id="k3f9", at="app.py:2", created=NOW - timedelta(minutes=1))


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def head(kind: str, **fields: object) -> Event:
    return {"hotlog": kind, "v": 2, "level": "INFO", "timestamp": stamp(NOW), "rule": "k3f9", **fields}


EVENTS: list[Event] = [
    head("status", state="installed", env="e1", definition={"id": "k3f9", "created": CREATED}),
    head("status", state="removed", env="e1", created=CREATED),
    head("status", rule="", state="recovered", code="unreachable", env="e1"),
    head("status", state="exhausted", env="e2", created=CREATED),
    head("counts", emitted=3, env="e1", created=CREATED),
    head("counts", condition_false=1_000, env="e2", created=CREATED),
    head("log", message="total=12", at="app.py:2", qualname="charge", hit=1),
    head("log", message="größe=\u2028 \x85 名前 🙂", hit=2, vars={"ä": ["ß", None, 1.5]}),
    head("log", message='","proof":"AAAAAAAAAAAA"}', hit=3),
    head("error", error={"type": "ValueError", "message": "no"}, frames=[]),
    head("metric", latency=[1, 2], _aws={"Timestamp": NOW_MS}),
    head("timeout", threads=[], left_ms=20),
]


def line_of(event: Event, key: ProofKey = KEY, stream: str = STREAM) -> str:
    return Prover(key, stream).prove(json.dumps(event, ensure_ascii=False, separators=(",", ":"))[:-1])


class History(MemoryStore):
    """A store with a history, whose writes a test dates."""

    def __init__(self, *keys: ProofKey | None) -> None:
        super().__init__()
        self.answers = [
            Answer(
                documents.dumps(Document(base=n, key=None if key is None else dump_key(key))),
                n + 1,
                1_000.0 * n,
            )
            for n, key in enumerate(keys)
        ]
        self.fault: StoreError | None = None
        self.history_fault: StoreError | None = None
        self.reads = 0

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        return self.answers[-1]

    def history(self, function: str) -> list[Version]:
        if self.history_fault is not None:
            raise self.history_fault
        return [Version(answer, "") for answer in self.answers]


def judge(text: str, store: Any = None, *, stream: str = STREAM, at_ms: int = NOW_MS) -> str:
    """The verdict on one line, read alone."""
    read = read_event(LogLine(stream, at_ms, text), Proofs(store or History(KEY), "orders"))
    assert read is not None
    return str(read["proof"])


@pytest.mark.parametrize("event", EVENTS, ids=[f"{n} {event['hotlog']}" for n, event in enumerate(EVENTS)])
def test_a_line_of_hotlogs_own_is_proven_as_it_stands_in_the_log(event: Event) -> None:
    line = line_of(event)
    assert judge(line) == PROVEN
    assert judge(f"{line}\n") == PROVEN  # as Lambda sends it
    assert (
        judge(line_of(event, stream=""), stream=STREAM) == PROVEN
    )  # restored from a snapshot: it knows no stream
    assert {**json.loads(line), "proof": ""} == {**event, "proof": ""}


def with_field(line: str, name: str, value: object) -> str:
    event = json.loads(line)
    event[name] = value
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


FORGERIES: dict[str, Callable[[Event], str]] = {
    "no proof": json.dumps,
    "an empty proof": lambda event: json.dumps({**event, "proof": ""}),
    "the verdict for a proof": lambda event: json.dumps({**event, "proof": "proven"}),
    "a wrong proof": lambda event: json.dumps({**event, "proof": "AAAAAAAAAAAA"}, separators=(",", ":")),
    "a wrong key": lambda event: line_of(event, make_key()),
    "the key under another number": lambda event: line_of(event, KEY._replace(number=2)),
    "truncated before the proof": lambda event: line_of(event).rpartition(',"proof"')[0] + "}",
    "a truncated proof": lambda event: line_of(event)[:-3] + '"}',
    "a longer proof": lambda event: line_of(event)[:-2] + 'A"}',
    "another rule": lambda event: with_field(line_of(event), "rule", "m2pp"),
    "another kind": lambda event: with_field(line_of(event), "hotlog", "status2"),
    "another time": lambda event: with_field(line_of(event), "timestamp", stamp(NOW - timedelta(seconds=1))),
    "a field more": lambda event: with_field(line_of(event), "extra", 1),
    "spaces between": lambda event: json.dumps(json.loads(line_of(event))),
    "keys in another order": lambda event: json.dumps(
        dict(sorted(json.loads(line_of(event)).items())), separators=(",", ":")
    ),
    "of another stream": lambda event: line_of(event, stream=OTHER),
    "of a stream whose name goes on in the line": lambda event: line_of(event, stream=f"{STREAM}\n"),
    "of another function": lambda event: line_of(event, ProofKey(1, b"another-function")),
    "nested in a line of a JSON log": lambda event: json.dumps(
        {"hotlog": "log", "level": "INFO", "message": line_of(event)}, separators=(",", ":")
    ),
    "nested, with its proof taken out": lambda event: json.dumps(
        {**event, "message": line_of(event), "proof": json.loads(line_of(event))["proof"]},
        separators=(",", ":"),
    ),
    "glued behind a part of a line": lambda event: (
        f'{{"hotlog":"status","state":"installed","x":{line_of(event)}'
    ),
    "a proven line, and one more key": lambda event: line_of(event)[:-1] + ',"state":"installed"}',
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_line_is_unproven(how: str) -> None:
    forged = [FORGERIES[how](event) for event in EVENTS]
    assert len(forged) >= 10
    for line in forged:
        read = read_event(LogLine(STREAM, NOW_MS, line), Proofs(History(KEY), "orders"))
        assert read is None or read["proof"] == UNPROVEN, line  # None: it is not even JSON


def test_each_way_of_forging_gives_lines_that_are_read_as_events() -> None:
    for how, forge in FORGERIES.items():
        readable = [
            read_event(LogLine(STREAM, NOW_MS, forge(event)), Proofs(History(KEY), "orders"))
            for event in EVENTS
        ]
        assert any(readable) or how == "glued behind a part of a line"


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_line_changes_no_status(how: str) -> None:
    proofs = Proofs(History(KEY), "orders")
    read = [read_event(LogLine(STREAM, NOW_MS, FORGERIES[how](event)), proofs) for event in EVENTS]
    (status,), environments = fold_statuses([RULE], [each for each in read if each is not None], NOW)
    assert status.verdict == "pending: no environment has reported yet"
    assert not environments


def test_the_same_lines_unforged_make_the_status() -> None:
    proofs = Proofs(History(KEY), "orders")
    read = [read_event(LogLine(STREAM, NOW_MS, line_of(event)), proofs) for event in EVENTS]
    (status,), _ = fold_statuses([RULE], [each for each in read if each is not None], NOW)
    assert status.verdict.endswith("reached 1,003+ times, emitted 3, condition false 1,000+")


def test_a_replayed_line_is_repeated_and_counts_once() -> None:
    proofs = Proofs(History(KEY), "orders")
    for event in EVENTS:
        line = line_of(event)
        first, *again = [
            read_event(LogLine(STREAM, NOW_MS + later_ms, line), proofs) for later_ms in (5, 5, 900, 250_000)
        ]
        assert first is not None
        assert first["proof"] == PROVEN
        assert [each and each["proof"] for each in again] == [REPEATED] * 3


@pytest.mark.parametrize("apart_s", [-301, 301, 3_600, 86_400 * 9])
def test_a_line_that_is_replayed_long_after_is_repeated_though_the_first_was_not_read(apart_s: int) -> None:
    for event in EVENTS:
        assert judge(line_of(event), at_ms=NOW_MS + apart_s * 1_000) == REPEATED
        assert judge(line_of(event), at_ms=NOW_MS + 299_000) == PROVEN


def test_a_status_that_is_replayed_after_the_id_was_added_again_is_of_another_rule() -> None:
    proofs = Proofs(History(KEY), "orders")
    again = RULE._replace(
        created=NOW + timedelta(seconds=30)
    )  # within the minutes in which a line may be late
    replayed = [
        read_event(LogLine(STREAM, NOW_MS + 40_000, line_of(event)), proofs)
        for event in EVENTS
        if event["hotlog"] in {"status", "counts"}
    ]
    (status,), _ = fold_statuses([again], [each for each in replayed if each is not None], NOW)
    assert status.verdict == "pending: no environment has reported yet"


def test_troubles_of_an_environment_without_a_key_are_shown_and_recover_with_a_proof_alone() -> None:
    trouble = head("status", rule="", state="error", code="denied", env="e9")
    over = head("status", rule="", state="recovered", code="denied", env="e9")
    proofs = Proofs(History(KEY), "orders")

    def troubled(*lines: str) -> list[str]:
        read = [read_event(LogLine(STREAM, NOW_MS, line), proofs) for line in lines]
        _, environments = fold_statuses([RULE], [each for each in read if each is not None], NOW)
        return [each.code for each in environments]

    assert troubled(json.dumps(trouble)) == ["denied"]
    assert troubled(json.dumps(trouble), json.dumps(over)) == ["denied"]
    assert troubled(line_of({**trouble, "n": 1}), line_of({**over, "n": 1})) == []


# --- keys ------------------------------------------------------------------------------------------------------------


def test_who_may_not_read_the_key_checks_nothing() -> None:
    line = line_of(EVENTS[0])
    for code in ("denied", "missing", "unreachable", "throttled"):
        store = History(KEY)
        store.fault = store.history_fault = StoreError(code, "no")
        assert judge(line, store) == UNCHECKED
        assert judge(json.dumps(EVENTS[0]), store) == UNCHECKED
    assert judge(line, History(None)) == UNCHECKED  # the key is gone


def test_who_may_not_read_the_history_checks_by_the_newest_key() -> None:
    store = History(KEY, KEY._replace(number=2, secret=b"fedcba9876543210"))
    store.history_fault = StoreError("denied", "no")
    assert judge(line_of(EVENTS[0], ProofKey(2, b"fedcba9876543210")), store) == PROVEN
    assert judge(line_of(EVENTS[0]), store) == UNCHECKED  # the key of then may have proven it
    assert judge(json.dumps(EVENTS[0]), store) == UNPROVEN  # no key has
    store = History(KEY)  # the first one: there was no other
    store.history_fault = StoreError("denied", "no")
    assert judge(line_of(EVENTS[0], ProofKey(1, b"fedcba9876543210")), store) == UNPROVEN


def test_lines_of_a_key_that_the_history_holds_no_more_are_unchecked() -> None:
    fresh, gone = ProofKey(9, b"fedcba9876543210"), ProofKey(8, b"0123456789abcdef")
    store = History(fresh, fresh)  # since second 0, as far as anybody knows
    for later_s, verdict in ((-1, UNCHECKED), (limits.STALE_MAX_S + 1, UNPROVEN)):
        at_ms = later_s * 1_000
        event = {**EVENTS[0], "timestamp": stamp(datetime.fromtimestamp(at_ms / 1_000, UTC))}
        assert judge(line_of(event, gone), store, at_ms=at_ms) == verdict


def test_an_exchanged_key_proves_what_was_logged_while_environments_had_it() -> None:
    fresh = ProofKey(2, b"fedcba9876543210")
    store = History(KEY, KEY, fresh)  # versions of 0, 1,000 and 2,000 s
    exchanged_ms = 2_000_000
    for later_s, verdict in ((-1, PROVEN), (60, PROVEN), (limits.STALE_MAX_S + 1, UNPROVEN)):
        at_ms = exchanged_ms + later_s * 1_000
        event = {**EVENTS[0], "timestamp": stamp(datetime.fromtimestamp(at_ms / 1_000, UTC))}
        assert judge(line_of(event), store, at_ms=at_ms) == verdict
        assert judge(line_of(event, fresh), store, at_ms=at_ms) == PROVEN


def test_a_key_that_is_made_while_somebody_follows_is_seen() -> None:
    now_s = [0.0]
    store = History(None)
    proofs = Proofs(store, "orders", clock=lambda: now_s[0])

    def verdict(number: int) -> str:
        return proofs.judge(LogLine(STREAM, NOW_MS, line_of({**EVENTS[0], "n": number})), EVENTS[0])

    assert verdict(1) == UNCHECKED
    store.answers += History(KEY).answers
    assert verdict(2) == UNCHECKED  # asked a moment ago
    now_s[0] += desk_limits.PROOF_KEYS_EVERY_S
    assert verdict(3) == PROVEN
    reads = store.reads
    for number in range(100):
        proofs.judge(LogLine(STREAM, NOW_MS, json.dumps({**EVENTS[0], "n": number})), EVENTS[0])
    assert store.reads == reads  # forged lines cost no calls


def test_a_flood_of_lines_is_remembered_within_bounds() -> None:
    proofs = Proofs(History(KEY), "orders")
    prover = Prover(KEY, STREAM)
    begun = json.dumps(EVENTS[6])[:-1]
    for number in range(desk_limits.PROOFS_REMEMBERED_MAX + 10):
        proofs.judge(LogLine(STREAM, NOW_MS, prover.prove(f'{begun},"n":{number}')), EVENTS[6])
    assert len(proofs.seen) <= desk_limits.PROOFS_REMEMBERED_MAX


def test_the_first_write_makes_the_key_and_no_later_one_changes_it() -> None:
    store = MemoryStore()
    store.update("orders", lambda document: changes.add_rule(document, RULE))
    first = key_of(store.read("orders").text)
    store.update("orders", lambda document: document._replace(paused=True))
    store.update("orders", changes.remove_all)
    assert key_of(store.read("orders").text) == first
    store.update("other", lambda document: changes.add_rule(document, RULE))
    assert key_of(store.read("other").text).secret != first.secret
    before = store.read("orders")
    store.update("orders", lambda document: document)
    assert store.read("orders") == before


def test_rotate_raises_the_number_and_draws_a_new_secret() -> None:
    store = MemoryStore()
    store.update("orders", lambda document: changes.add_rule(document, RULE))
    first = key_of(store.read("orders").text)
    store.update("orders", new_key())
    second = key_of(store.read("orders").text)
    assert (first.number, second.number) == (1, 2)
    assert first.secret != second.secret
    assert key_number(documents.loads(store.read("orders").text)) == 2
    assert documents.loads(store.read("orders").text).entries


@pytest.mark.parametrize(
    "stored",
    [None, 1, "k", [], {}, {"n": 1}, {"n": "1", "k": KEY.text}, {"n": 0, "k": KEY.text}, {"n": True, "k": KEY.text},
     {"n": 1, "k": ""}, {"n": 1, "k": "é" * 22}, {"n": 1, "k": "!" * 22}, {"n": 1, "k": KEY.text[:-2]}, {"n": 1, "k": 7}],
)  # fmt: skip
def test_what_is_no_key_proves_nothing_and_the_next_write_makes_one(stored: Any) -> None:
    assert load_key(stored) is None
    store = MemoryStore()
    store.put("orders", json.dumps({"v": 1, "base": 0, "rules": [], "key": stored}))
    store.update("orders", lambda document: changes.add_rule(document, RULE))
    assert key_of(store.read("orders").text).number == 1


def test_a_key_is_stored_as_its_number_and_22_characters() -> None:
    assert dump_key(KEY) == {"n": 1, "k": "MDEyMzQ1Njc4OWFiY2RlZg"}
    assert load_key(dump_key(KEY)) == KEY
    for _ in range(100):
        key = make_key(7)
        assert load_key(dump_key(key)) == key
        assert len(key.text) == 22
