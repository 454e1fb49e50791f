"""`hotlog status`: what became of each rule, from the events that environments told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import limits
from hotlog.client.diagnosis.status_sentence import fold_statuses
from hotlog.errors import RuleError
from hotlog.rules.document import BadEntry
from hotlog.rules.model import Rule, entry_of
from tests.support.cli import hotlog, settle_in
from tests.support.proven import key_of, prove

if TYPE_CHECKING:
    from hotlog.events import Event

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
APP = """\
def charge(total):
    twice = total * 2
    return twice


def refund(total):
    return -total


def handler(event, context):
    return charge(event["total"])
"""


def told(kind: str, rule: str, env: str = "e1", *, ago_s: int = 0, **fields: object) -> Event:
    at = NOW - timedelta(seconds=ago_s)
    return {
        "hotlog": kind,
        "v": 2,
        "rule": rule,
        "env": env,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "proof": "proven",
        **fields,
    }


def status(rule: str, state: str, env: str = "e1", **fields: Any) -> Event:
    return told("status", rule, env, state=state, **fields)


def counts(rule: str, env: str = "e1", **fields: Any) -> Event:
    return told("counts", rule, env, **fields)


INSTALLED = status("a", "installed", ago_s=60, location="app.py:2", backend="recompile")

VERDICTS: list[tuple[list[Event], str, str]] = [
    ([], "pending", "pending: no environment has reported yet"),
    ([INSTALLED], "installed", "live in one environment: never reached"),
    (
        [INSTALLED, counts("a", condition_false=1000)],
        "installed",
        "live in one environment: reached 1,000+ times, condition never true",
    ),
    (
        [INSTALLED, counts("a", condition_false=7)],
        "installed",
        "live in one environment: reached 7 times, condition never true",
    ),
    (
        [
            INSTALLED,
            counts("a", condition_false=1000, operands={"last": 20, "values": {"percent": ["10", "0", "5"]}}),
            counts(
                "a",
                "e2",
                condition_false=1,
                operands={"last": 1, "values": {"percent": ["-2.5"], "x": ["'y'"]}},
            ),
        ],
        "installed",
        "live in 2 of 2 environments: reached 1,001+ times, "  # noqa: ISC004
        "condition never true. `percent` was -2.5, 0, 5 or 10; `x` was 'y' in the last 21",
    ),
    (
        [
            INSTALLED,
            counts("a", condition_false=1, operands={"last": "x", "values": {"x": [1, "2"], "y": 3}}),
        ],
        "installed",
        "live in one environment: reached 1 time, condition never true. `x` was 2",
    ),
    (
        [INSTALLED, counts("a", condition_false=1, emitted=1, operands={"last": 1, "values": {"x": ["2"]}})],
        "installed",
        "live in one environment: reached 2 times, emitted 1, condition false 1",
    ),
    (
        [INSTALLED, counts("a", emitted=1)],
        "installed",
        "live in one environment: reached 1 time, emitted 1",
    ),
    (
        [INSTALLED, counts("a", emitted=3, condition_false=1000, rate_limited=2)],
        "installed",
        "live in one environment: reached 1,005+ times, emitted 3, condition false 1,000+, rate limited 2",
    ),
    (
        [INSTALLED, counts("a", condition_error=4)],
        "installed",
        "live in one environment: reached 4 times, nothing emitted, condition error 4",
    ),
    (  # the latest word of an environment counts, whatever the order they come in
        [counts("a", emitted=5), INSTALLED, counts("a", emitted=3, ago_s=30)],
        "installed",
        "live in one environment: reached 5 times, emitted 5",
    ),
    (
        [INSTALLED, status("a", "error", "e2", code="source-changed"), counts("a", emitted=2)],
        "installed",
        "live in 1 of 2 environments, error in 1 of 2 environments: reached 2 times, emitted 2",
    ),
    ([INSTALLED, status("a", "exhausted")], "exhausted", "exhausted in one environment"),
    ([INSTALLED, status("b", "error")], "installed", "live in one environment: never reached"),
    (  # a local invocation has ended: that is no word about the rule
        [INSTALLED, status("a", "removed")],
        "installed",
        "live in one environment: never reached",
    ),
]


@pytest.mark.parametrize(("events", "state", "verdict"), VERDICTS, ids=[verdict for *_, verdict in VERDICTS])
def test_one_sentence_says_what_became_of_a_rule(events: list[Event], state: str, verdict: str) -> None:
    (found,), troubled = fold_statuses([Rule(id="a", at="app.py:2")], events, NOW)

    assert (found.state, found.verdict) == (state, verdict)
    assert troubled == []


@pytest.mark.parametrize(
    ("fields", "held", "said"),
    [
        (
            {},
            41,
            "41 exceptions were caught and made no invocation fail: --caught tells of invocations that succeed",
        ),
        (
            {},
            1,
            "an exception was caught and made no invocation fail: --caught tells of invocations that succeed",
        ),
        ({}, 0, ""),
        ({"caught": True}, 41, ""),
        ({"at": "app:f"}, 41, ""),
    ],
)
def test_exceptions_that_are_not_told_are_counted(fields: dict[str, Any], held: int, said: str) -> None:
    rule = Rule(**{"id": "a", "kind": "error"} | fields)
    ((known,), _) = fold_statuses([rule], [INSTALLED, counts("a", emitted=4, held=held)], NOW)
    assert known.verdict.partition(". ")[2] == said


def test_counts_are_those_since_the_rule_was_edited() -> None:
    now = datetime.now(UTC)
    before = Rule(id="a", at="app.py:2", message="x", created=now, expires=now + timedelta(hours=1))
    after = before._replace(condition="x > 1")
    old = status("a", "installed", ago_s=60, definition=entry_of(before))
    made = entry_of(before)["created"]
    counted = counts("a", ago_s=50, emitted=9, created=made)
    ((known,), _) = fold_statuses([after], [old, counted], now)
    assert known.verdict == "live in one environment, as it was before its last change: never reached"
    edited = status("a", "installed", ago_s=40, definition=entry_of(after))
    ((known,), _) = fold_statuses([after], [old, counted, edited], now)
    assert known.verdict == "live in one environment: never reached"
    ((known,), _) = fold_statuses(
        [after], [old, counted, edited, counts("a", ago_s=30, condition_false=2, created=made)], now
    )
    assert known.verdict == "live in one environment: reached 2 times, condition never true"
    ((known,), _) = fold_statuses([before], [old, counted], now)
    assert known.verdict == "live in one environment: reached 9 times, emitted 9"


def test_a_state_that_is_told_anew_keeps_what_was_counted() -> None:
    now = datetime.now(UTC)
    rule = Rule(id="a", at="app.py:2", condition="x.y", created=now, expires=now + timedelta(hours=1))
    first = status("a", "installed", ago_s=60, definition=entry_of(rule))
    counted = counts("a", ago_s=50, condition_error=2, created=entry_of(rule)["created"])
    again = status("a", "installed", ago_s=40, code="condition-error", definition=entry_of(rule))
    ((known,), _) = fold_statuses([rule], [first, counted, again], now)
    assert known.verdict == "live in one environment: reached 2 times, nothing emitted, condition error 2", (
        "never reached would be false"
    )
    ((known,), _) = fold_statuses([rule], [counted, again], now)  # which was told one invocation later
    assert "reached 2 times" in known.verdict


def test_rules_that_no_environment_needs_to_report_say_why() -> None:
    expired = Rule(id="a", at="app.py:2", created=NOW - timedelta(hours=2), expires=NOW - timedelta(hours=1))
    bad = BadEntry("b", RuleError("unknown-field", "the field 'x' is not known"))

    assert [each.verdict for each in fold_statuses([expired, bad], [], NOW)[0]] == [
        "expired, and no environment ever reported it",
        "error: the field 'x' is not known [unknown-field]",
    ]
    ((paused,), _) = fold_statuses([Rule(id="a", at="app.py:2")], [], NOW, paused=True)
    assert (paused.state, paused.verdict) == ("paused", "paused: no environment installs it")
    ((still_in,), _) = fold_statuses([Rule(id="a", at="app.py:2")], [INSTALLED], NOW, paused=True)
    assert still_in.verdict.startswith(
        "paused: each environment takes it out at its next read; last told: live"
    )
    ((out,), _) = fold_statuses(
        [Rule(id="a", at="app.py:2")], [INSTALLED, status("a", "disabled")], NOW, paused=True
    )
    assert out.verdict == "paused: disabled in one environment"
    told = status("a", "installed", definition={"id": "a", "created": "2026-11-25T10:00:00Z"})
    ((over,), _) = fold_statuses([expired], [told], NOW)
    assert over.state == "expired"
    assert over.verdict.startswith("expired: each environment takes it out at its next read; last told: live")


def test_an_earlier_rule_with_the_same_id_is_another() -> None:
    rule = Rule(id="a", at="app.py:2", created=NOW, expires=NOW + timedelta(hours=1))
    of_the_first = status("a", "installed", definition={"id": "a", "created": "2026-11-25T10:00:00Z"})
    of_this = status("a", "installed", "e2", definition={"id": "a", "created": "2026-11-25T12:00:00Z"})

    ((found,), _) = fold_statuses([rule], [of_the_first, of_this], NOW)

    assert [seen.env for seen in found.environments] == ["e2"]


def test_environments_that_cannot_read_their_rules_are_named_until_they_can() -> None:
    events = [
        status("", "error", "e1", code="denied", reason="AWS denies", ago_s=20),
        status("", "error", "e2", code="denied", ago_s=20),
        status("", "recovered", "e2"),
    ]

    _, troubled = fold_statuses([], events, NOW)

    assert [(seen.env, seen.code, seen.reason) for seen in troubled] == [("e1", "denied", "AWS denies")]


def test_each_trouble_of_an_environment_has_its_own_recovery() -> None:
    events = [
        status("", "error", "e1", code="bad-setting", reason="HOTLOG_REFRESH is foo", ago_s=50),
        status("", "error", "e1", code="unreachable", ago_s=40),
        status("", "error", "e1", code="internal-fault", ago_s=30),
        status("", "recovered", "e1", code="unreachable", ago_s=20),
        status("", "error", "e2", code="bad-setting", ago_s=20),
        status("", "error", "e2", code="denied", ago_s=20),
        status("", "recovered", "e2", ago_s=10),
    ]
    _, troubled = fold_statuses([], events, NOW)
    assert {(seen.env, seen.code) for seen in troubled} == {("e1", "bad-setting"), ("e1", "internal-fault")}


def test_rules_are_not_recovered_where_the_environment_is() -> None:
    rule = Rule(id="a", at="app.py:2")
    events = [
        status("a", "installed", ago_s=40),
        status("", "error", code="too-many-faults", ago_s=30),
        status("", "recovered", code="too-many-faults", ago_s=20),
    ]
    ((found,), troubled) = fold_statuses([rule], events, NOW)
    assert (found.state, troubled) == ("error", [])


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)
    Path("event.json").write_text('{"total": 60}')
    monkeypatch.setattr(limits, "INSTALL_MAX_MS", 60_000)  # there is one invocation, and a busy machine


def add(target: str, *words: str) -> None:
    ran = hotlog("add", "app", target, *words, "--local")
    assert ran.code == 0, ran.err


@pytest.mark.usefixtures("_at_home")
def test_after_an_invocation_each_rule_says_what_it_came_to() -> None:
    add("app.py:3", "twice={twice}", "--id", "hit")
    add("app.py:3", "twice={twice}", "--if", "twice > 1000", "--id", "false")
    add("app.py:7", "never", "--id", "cold")
    assert hotlog("invoke", "app.handler", "--event", "event.json", "--local").code == 0

    ran = hotlog("status", "app", "--local")

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["hit", "false", "cold"]
    assert [line.strip().partition(": ")[2] for line in lines if line.startswith("      live")] == [
        "reached 1 time, emitted 1",
        "reached 1 time, condition never true. `twice` was 120",
        "never reached",
    ]
    assert sum("app.py:3 recompile" in line for line in lines) == 2


@pytest.mark.usefixtures("_at_home")
def test_a_rule_that_was_not_read_yet_is_pending_and_that_is_no_failure() -> None:
    add("app.py:3", "twice={twice}")

    ran = hotlog("status", "app", "--local")

    assert ran.code == 0
    assert "pending: no environment has reported yet" in ran.out
    assert "read at the next invocation: `hotlog invoke" in ran.err
    assert "--local`" in ran.err


@pytest.mark.usefixtures("_at_home")
def test_without_rules_the_note_says_how_to_add_one() -> None:
    add("app.py:3", "twice={twice}")
    assert hotlog("clear", "app", "--local").code == 0

    ran = hotlog("status", "app", "--local")

    assert (ran.code, ran.out) == (0, "")
    assert "app has no rules" in ran.err


@pytest.mark.usefixtures("_at_home")
def test_a_function_that_nobody_knows_has_no_status() -> None:
    add("app.py:3", "twice={twice}")

    ran = hotlog("status", "typo", "--local")

    assert (ran.code, ran.out) == (1, "")
    assert "'typo' has never had rules in file:.hotlog: app. [unknown-function]" in ran.err


@pytest.mark.usefixtures("_at_home")
def test_paused_rules_say_how_to_go_on() -> None:
    add("app.py:3", "twice={twice}")
    assert hotlog("pause", "app", "--local").code == 0

    ran = hotlog("status", "app", "--local")

    assert "paused: no environment installs it" in ran.out
    assert "`hotlog resume app --local`" in ran.err


@pytest.mark.usefixtures("_at_home")
def test_what_environments_say_cannot_steer_the_terminal() -> None:
    add("app.py:3", "twice={twice}", "--id", "a")
    at = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    hostile = {"reason": "\x1b[2J[red]", "location": "\x1b]0;", "env": "\x9b1m", "backend": "\x07"}
    events: list[Event] = [
        {"hotlog": "status", "rule": "a", "state": "err\x1b[31m", "code": "\x1b", **hostile, "timestamp": at},
        {"hotlog": "status", "rule": "", "state": "error", "code": "\x1b", **hostile, "timestamp": at},
        {"hotlog": "counts", "rule": "a", "\x1b[2J": 3, "env": "\x9b1m", "timestamp": at},
        {"hotlog": "counts", "rule": ["a"], "emitted": "3", "env": 7, "timestamp": 7},
        {"hotlog": "status", "rule": "a", "state": "error", "env": "e9", "timestamp": "2126-01-01T00:00:00"},
    ]
    Path(".hotlog/events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))

    ran = hotlog("status", "app", "--local")

    assert ran.code == 0
    assert "[red]" in ran.out
    assert not [char for char in ran.out if char != "\n" and not char.isprintable()]


@pytest.mark.usefixtures("_at_home")
def test_of_many_environments_the_latest_are_shown_and_json_has_all() -> None:
    add("app.py:3", "twice={twice}", "--id", "a")
    stored_at = json.loads(Path(".hotlog/app.json").read_text())["rules"][0]["created"]
    start = datetime.now(UTC) + timedelta(seconds=1)
    events = [
        status("a", "installed", f"env-{number:02}", created=stored_at)
        | {"timestamp": f"{start + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"}
        for number in range(25)
    ]
    stored = Path(".hotlog/app.json").read_text()
    Path(".hotlog/events.jsonl").write_text("".join(f"{prove(event, key_of(stored))}\n" for event in events))

    lines = hotlog("status", "app", "--local").out.splitlines()
    found = json.loads(hotlog("status", "app", "--local", "--json").out)

    assert lines[2].split()[:2] == ["env-24", "installed"]
    assert lines[-1].strip() == "… and 5 more: --json has all"
    (rule,) = found["rules"]
    assert len(rule["environments"]) == 25
    assert rule["verdict"] == "live in 25 of 25 environments: never reached"
