"""Words that people type: synonyms by their meaning, times and shares as they are said, a message without a hole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hotlog.cli.root import COMMANDS
from hotlog.cli.shell.synonyms import COMMAND_SYNONYMS
from hotlog.client.adding.check_reads import suggest_holes
from hotlog.client.diagnosis.environment_reports import KINDS
from hotlog.client.words import parse_duration_words
from tests.support.cli import hotlog, settle_in
from tests.support.proven import key_of, prove

APP = "def charge(items):\n    total = sum(items)\n    return total\n\n\ndef handler(event, context):\n    return event\n"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)


def stored(*words: str) -> dict[str, Any]:
    ran = hotlog("add", "orders", "app.py:3", *words, "--local", "--json")
    assert ran.code == 0, ran.err
    return dict(json.loads(ran.out))


def test_every_synonym_leads_to_a_command_and_is_none_itself() -> None:
    assert set(COMMAND_SYNONYMS.values()) <= COMMANDS.keys()
    assert not COMMAND_SYNONYMS.keys() & COMMANDS.keys()


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("remove orders k3f9", "note: remove is called rm here."),
        ("delete orders k3f9", "note: delete is called rm here."),
        ("logs orders --no-follow", "note: logs is called tail here."),
        ("update orders k3f9 --limit 3", "note: update is called edit here."),
        ("list orders", "note: list is called ls here."),
        ("tail orders --follow --no-follow", "note: --follow is what tail does anyway"),
        ("tail orders -f --no-follow", "note: -f is what tail does anyway"),
        ("tail orders -n 10 --no-follow", ""),
        ("tail orders --lines 10 --once", "note: --lines is called --last here."),
        ("edit orders k3f9 --condition total>1", "note: --condition is called --if here."),
        ("edit orders k3f9 --ttl=2h", "note: --ttl is called --for here."),
        ("history --help", ""),
    ],
)
def test_a_word_is_taken_by_its_meaning(words: str, note: str) -> None:
    stored("total={total}", "--id", "k3f9")
    ran = hotlog(*words.split(), "--local")
    assert ran.code == 0, ran.err
    assert note in ran.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--message x", "MESSAGE stands behind TARGET, without an option: hotlog add orders app.py:42"),
        ("--line 42", "the line is part of TARGET: app.py:42"),
        ("--frobnicate", "No such option"),
    ],
)
def test_what_is_no_option_says_what_to_write(words: str, says: str) -> None:
    ran = hotlog("add", "orders", "app.py:3", *words.split(), "--local")
    assert ran.code == 2
    assert says in ran.err


def test_a_word_behind_two_dashes_is_as_it_is() -> None:
    assert hotlog("add", "orders", "app.py:3", "--local", "--json", "--", "--when").code == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("1d", 86_400), ("2days", 172_800), ("2 hours", 7_200),
        ("1h30m", 5_400), ("1 hour 30 minutes", 5_400), ("90 sec", 90), ("15 MIN", 900), ("1w", 604_800),
        ("soon", None), ("", None), ("0", None), ("-1", None), ("1.5h", None), ("2 fortnights", None), ("²h", None), ("9" * 12, None),
    ],
)  # fmt: skip
def test_a_duration_is_read_as_it_is_said(text: str, seconds: int | None) -> None:
    assert parse_duration_words(text) == seconds


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("--sample", "10%"), "sample", 0.1),
        (("--sample", "0.25"), "sample", 0.25),
        (("--rate", "10/m"), "per_second", 10 / 60),
        (("--rate", "30/min"), "per_second", 0.5),
        (("--rate", "2/s"), "per_second", 2.0),
        (("--rate", "36/h"), "per_second", 0.01),
        (("--when", "total > 1"), "if", "total > 1"),
        (("--reason", "why"), "note", "why"),
    ],
)
def test_a_value_is_read_as_it_is_said(words: tuple[str, ...], field: str, value: object) -> None:
    assert stored("x={total}", *words)[field] == value


@pytest.mark.parametrize(
    "words", [("--sample", "110%"), ("--sample", "much"), ("--rate", "10/y"), ("--rate", "/s")]
)
def test_a_value_that_is_none_is_refused(words: tuple[str, ...]) -> None:
    assert hotlog("add", "orders", "app.py:3", "x", *words, "--local").code == 2


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("print(x)", "to log the value, write {x}"),
        ("print(x, y.z)", "write {x} {y.z}"),
        ("logger.info(total)", "write {total}"),
        ("x=%s", "write x={x}"),
        ("total: %d of %(all)s", "write total: {total} of {all}"),
        ('f"{x}"', "write {x}"),
        ("f'total {x}'", "write total {x}"),
        ("${x}", "write {x}"),
        ("got $total", "write {total}"),
        ("here", "the message has no hole"),
        ("{{x}}", "the message has no hole"),
        ("x={x}", ""),
        ("100% of {x}", ""),
        ("", ""),
    ],
)
def test_a_message_without_a_hole_gets_one_note(message: str, says: str) -> None:
    found = suggest_holes(message)
    assert says in found
    assert bool(found) is bool(says)


def test_add_says_it_in_one_line() -> None:
    ran = hotlog("add", "orders", "app.py:3", "total=%s", "--local")
    assert ran.code == 0
    assert [line for line in ran.err.splitlines() if line.startswith("note: %")] == [
        "note: % is printed as it is: to log the value, write total={total}"
    ]


@pytest.mark.parametrize("event", ['{"n": 5}', "[1, 2]", '"text"', ' {"n": 5}'])
def test_a_payload_may_stand_on_the_command_line(event: str) -> None:
    ran = hotlog("invoke", "app.handler", "--event", event, "--local")
    assert (ran.code, json.loads(ran.out)) == (0, json.loads(event))


def test_a_payload_that_is_no_json_is_refused() -> None:
    ran = hotlog("invoke", "app.handler", "--event", "{n: 5}", "--local")
    assert ran.code == 2
    assert "[bad-event]" in ran.err


def test_all_faults_of_a_rule_are_told_at_once() -> None:
    ran = hotlog("add", "orders", "app.py:2", "{itemz} {items.total()}", "--if", "total > 5", "--local")
    assert ran.code == 2
    assert ran.err.splitlines()[0] == "error: 3 faults, nothing stored. [refused-call]"
    assert [line.split()[-1] for line in ran.err.splitlines()[1:]] == [
        "[refused-call]",
        "[unknown-name]",
        "[not-yet-assigned]",
    ]
    assert not Path(".hotlog").exists()


def test_a_loop_variable_has_its_value_in_the_body() -> None:
    Path("loop.py").write_text("def f(items):\n    for item in items:\n        print(item)\n    return 1\n")
    assert "Try line 3" in hotlog("add", "orders", "loop.py:2", "{item}", "--local").err


def test_the_help_of_add_is_short_and_all_of_it_is_there() -> None:
    short, whole = hotlog("add", "--help").out, hotlog("add", "--help-all").out
    assert "--unanchored" not in short
    assert {"--if", "--tail", "--on-error", "--help-all"} <= set(short.split())
    assert {"--unanchored", "--store", "--fields", "--sample"} <= set(whole.split())
    assert len(short.splitlines()) < 45


def test_the_help_of_all_has_groups() -> None:
    shown = hotlog("--help").out.splitlines()
    assert [line for line in shown if line.endswith(":") and not line.startswith(" ")] == [
        "Options:", "Ask:", "Rules:", "Page:", "Set up:", "Agents:", "Editors:", "Here:", "Read:",
    ]  # fmt: skip


# --- tail and status ---------------------------------------------------------------------------------------------------


def log(*events: dict[str, Any]) -> None:
    stored_text = Path(".hotlog/orders.json").read_text()
    created = {entry["id"]: entry["created"] for entry in json.loads(stored_text)["rules"]}
    with Path(".hotlog/events.jsonl").open("a") as file:
        for event in events:
            told = {**event, "created": created[event["rule"]]} if event["hotlog"] in KINDS else event
            file.write(f"{prove(told, key_of(stored_text))}\n")


def test_tail_shows_events_of_live_rules_and_a_verdict_instead_of_silence() -> None:
    stored("total={total}", "--id", "k3f9")
    silent = hotlog("tail", "orders", "--local", "--no-follow")
    assert silent.out == ""
    assert silent.err.strip() == (
        "note: no events in the last 10 min. k3f9: pending: no environment has reported yet."
    )
    old = {"hotlog": "log", "rule": "gone", "message": "old", "timestamp": "2026-01-01T00:00:00Z"}
    log({**old, "timestamp": None}, {"hotlog": "log", "rule": "k3f9", "message": "new"})
    log({"hotlog": "status", "rule": "k3f9", "state": "installed", "env": "a"})
    log({"hotlog": "counts", "rule": "k3f9", "env": "a", "emitted": 1})
    shown = hotlog("tail", "orders", "--local", "--no-follow").out
    assert [line.split()[-1] for line in shown.splitlines()] == ["new"]
    narrow = hotlog("tail", "orders", "--local", "--no-follow", "--request", "zzz").err
    assert narrow.startswith("note: no events of request zzz in the last 10 min. k3f9: live")
    every = hotlog("tail", "orders", "--local", "--no-follow", "--all").out
    assert len(every.splitlines()) == 4
    assert "live in one environment: reached 1 time, emitted 1" in hotlog("status", "orders", "--local").out


def test_tail_shows_the_last_events_alone() -> None:
    stored("total={total}", "--id", "k3f9")
    log(*({"hotlog": "log", "rule": "k3f9", "message": str(n)} for n in range(20)))
    shown = hotlog("tail", "orders", "--local", "--no-follow", "-n", "3").out
    assert [line.split()[-1] for line in shown.splitlines()] == ["17", "18", "19"]


def test_an_error_of_a_rule_is_shown_among_the_events() -> None:
    stored("total={total}", "--id", "k3f9")
    log({"hotlog": "status", "rule": "k3f9", "state": "error", "code": "source-changed", "env": "a"})
    assert "source-changed" in hotlog("tail", "orders", "--local", "--no-follow").out
