"""Forged lines in a function's log, of ten kinds and of all kinds of events: no command takes one for true."""

from __future__ import annotations

import json
import operator
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from hotlog.client import desk_limits
from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.rules.proof import dump_key
from tests.support.account import Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog as run
from tests.support.cli import settle_in
from tests.support.deployed import zipped
from tests.support.forged import Forged, Forger
from tests.support.proven import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event
    from tests.support.canned_aws import Answer

STREAM: Final = "2026/11/30/[$LATEST]a1b2"
APP: Final = "def handler(event, context):\n    total = event['n']\n    return total\n"
KINDS: Final = (
    "no proof",
    "a wrong key",
    "truncated",
    "a field changed",
    "replayed verbatim",
    "replayed after the id was added again",
    "of another stream",
    "of another function",
    "nested in the JSON log format",
    "glued behind a part of a line",
)
FORGER: Final = Forger(KEY, STREAM)
MINUTE: Final = timedelta(minutes=1)


def head(kind: str, when: datetime, /, **fields: object) -> Event:
    stamp = f"{when:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    return {"hotlog": kind, "v": 2, "timestamp": stamp, "rule": "k3f9", "env": "e1", **fields}


def bookkeeping(rule: dict[str, Any], at: datetime) -> list[Event]:
    created = rule["created"]
    told = {"location": "app.py:2", "backend": "recompile", "created": created, "function": "orders"}
    return [
        head("status", at, state="installed", definition=rule, **told),
        head("status", at, state="installed", **told),
        head("status", at, state="installed", env="e2", hotlog_version="1.0", **told),
        head("status", at, state="removed", **told),
        head("status", at, state="exhausted", **told),
        head("status", at, state="expired", **told),
        head("status", at, state="pending", code="not-imported", reason="no", **told),
        head("status", at, state="error", code="cannot-monitor", reason="no", **told),
        head("status", at, state="error", code="source-changed", reason="no", definition=rule, **told),
        head("counts", at, emitted=3, created=created),
        head("counts", at, condition_false=1_000, env="e2", created=created),
    ]


def whole(rule: dict[str, Any], at: datetime) -> list[Event]:
    step = ["call", 0, "app.py", 1, "handler", {"event": {"n": 1}}]
    request = {"request_id": "0aae6dc6-0000-4000-8000-000000000000", "function": "orders", "at": "app.py:2"}
    recorded = {"recording": "rec1", "part": 1, "parts": 1, "steps": [step], "kept": "failed"}
    found = [
        *bookkeeping(rule, at),
        head("status", at, rule="", state="recovered", code="unreachable"),
        head("status", at, rule="", state="error", code="denied", reason="no"),
        head("log", at, message="total=12", hit=1, **request),
        head("log", at, message='größe","proof":"AAAAAAAAAAAA"}', hit=2, vars={"a": [{"@cut": []}]}),
        head("error", at, error={"type": "ValueError", "message": "no"}, frames=[], **request),
        head("metric", at, latency=[1, 2], _aws={"Timestamp": 1}),
        head("timeout", at, threads=[], left_ms=20, **request),
        head("trace", at, lines=[], **request),
        head("record", at, **recorded, **request),
        head("suspects", at, invocations={"good": 5, "bad": 5}, sites=[]),
    ]
    return [{**event, "rule": rule["id"]} if event["rule"] else event for event in found]


class Logged(Account):
    """One function, its rules, and a log in which forged lines of one kind stand, or true ones."""

    def __init__(self) -> None:
        super().__init__()
        package = zipped({"app.py": APP})
        self.functions = {"orders": {"$LATEST": package}}
        self.kind = ""
        self.put = 0
        self.forged: dict[str, list[tuple[int, Forged]]] = {}  # by the rule that they tell of

    def rule(self) -> dict[str, Any]:
        rules = documents.loads(self.values["/hotlog/orders"][-1]).entries
        return dict(rules[0])

    def lines(self) -> list[Forged]:
        rule, now = self.rule(), datetime.now(UTC)
        if self.kind == "true":
            return [Forged("true", FORGER.true(event)) for event in whole(rule, now)]
        earlier = {**rule, "created": "2026-01-01T00:00:00Z"}
        found = FORGER.forge(whole(rule, now), bookkeeping(earlier, now - timedelta(seconds=20)))
        return [each for each in found if each.kind == self.kind]

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        if action == "FilterLogEvents":
            self.asked.append(action)
            now_ms = int(time.time() * 1_000)
            rules = documents.loads(self.values["/hotlog/orders"][-1]).entries
            if self.kind and rules:
                name = f"{self.kind} {rules[0]['id']} {rules[0]['created']}"
                self.forged.setdefault(name, [(now_ms + each.later_ms, each) for each in self.lines()])
            everything = sorted(
                (each for lines in self.forged.values() for each in lines), key=operator.itemgetter(0)
            )
            lines = [each for each in everything if each[0] >= request["startTime"]]
            self.put += len(lines)
            return 200, {
                "events": [
                    {
                        "eventId": f"{number}",
                        "logStreamName": STREAM,
                        "timestamp": at_ms,
                        "ingestionTime": at_ms,
                        "message": f"{each.text}\n",
                    }
                    for number, (at_ms, each) in enumerate(lines)
                ]
            }
        if action == "GetParameterHistory":
            versions = [
                {"Name": "p", "Value": value, "Version": number, "LastModifiedDate": 1.0}
                for number, value in enumerate(self.values.get(request["Name"], []), 1)
            ]
            return 200, {"Parameters": versions}
        if action == "StartLiveTail" or (
            action.startswith("GET") and "/functions" not in action and "/code/" not in action
        ):
            return 403, {"__type": "AccessDeniedException", "message": "no"}
        return super().answer(action, request)


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    account = Logged()
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        yield account


def store(aws: Logged) -> None:
    now = datetime.now(UTC)
    times = {
        name: f"{at:%Y-%m-%dT%H:%M:%SZ}"
        for name, at in (("created", now - MINUTE), ("expires", now + 60 * MINUTE))
    }
    entry = {"id": "k3f9", "at": "app.py:2", "message": "x", **times}
    aws.values = {"/hotlog/orders": [documents.dumps(Document(entries=(entry,), key=dump_key(KEY)))]}


def test_each_kind_has_ten_lines_and_more_over_all_kinds_of_events(aws: Logged) -> None:
    store(aws)
    found: dict[str, set[Forged]] = defaultdict(set)
    for aws.kind in KINDS:
        for each in aws.lines():
            found[each.kind].add(each)
    assert found.keys() == set(KINDS)
    assert all(len(lines) >= 10 for lines in found.values())
    assert sum(map(len, found.values())) >= 600


@pytest.mark.parametrize("kind", KINDS)
def test_no_command_takes_a_forged_line_for_true(kind: str, aws: Logged) -> None:
    store(aws)
    silent = run("history", "orders")
    aws.kind = kind
    status = json.loads(run("status", "orders", "--json").out)
    assert aws.put >= 10
    assert [(each["state"], each["verdict"]) for each in status["rules"]] == [
        ("pending", "pending: no environment has reported yet")
    ]
    assert {each["code"] for each in status["environments"]} <= {"denied"}  # shown, and decides nothing
    why = run("why", "orders", "--request", "0aae6dc6")
    assert (why.code, why.out) == (1, "")
    assert "[missing]" in why.err
    doctor = run("doctor", "orders", "--json")
    last = [each for each in json.loads(doctor.out) if each["check"] == "last status"]
    assert last
    decided = [each for each in last if each["state"] == "ok"]
    assert all(
        "none in the last hour" in each["text"] or "of an earlier rule" in each["text"] for each in decided
    )
    tail = run("tail", "orders", "--no-follow", "--all", "--since", "20m", "--json")
    assert tail.code == 0, tail.err
    told = [json.loads(line) for line in tail.out.splitlines()]
    # A line of an earlier rule is hotlog's own, and what it tells is so of its time.
    is_of_earlier = kind == "replayed after the id was added again"
    assert {each["proof"] for each in told} <= ({"proven"} if is_of_earlier else {"unproven", "repeated"})
    read = run("tail", "orders", "--no-follow", "--all", "--since", "20m")
    heads = [line for line in read.out.splitlines() if line[:1].strip()]
    assert is_of_earlier or all("unproven" in line or "repeated" in line for line in heads), read.out
    assert run("history", "orders") == silent


@pytest.mark.parametrize("kind", KINDS)
def test_no_forged_line_ends_a_wait(kind: str, aws: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_limits, "WAIT_MAX_S", 0.2)
    monkeypatch.setattr(desk_limits, "LOG_POLL_S", 0.1)
    aws.values = {"/hotlog/orders": [documents.dumps(Document(key=dump_key(KEY)))]}
    aws.kind = kind
    ran = run("add", "orders", "app.py:2", "x", "--id", "k3f9", "--wait")
    assert ran.code == 1, ran
    assert "[not-proven]" in ran.err or "[not-reported]" in ran.err, ran.err
    assert "The rule stays." in ran.err
    assert aws.put >= 10


@pytest.mark.parametrize("kind", KINDS)
def test_no_forged_count_is_a_suspicion_and_no_forged_state_ends_the_counting(kind: str, aws: Logged) -> None:
    aws.values = {"/hotlog/orders": [documents.dumps(Document(key=dump_key(KEY)))]}
    assert run("suspects", "orders", "--detach").code == 0
    aws.kind = kind
    ran = run("suspects", "orders", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["good"], found["bad"], found["suspects"]) == (0, 0, [])
    assert aws.put >= 10


def test_the_true_lines_make_all_of_them_succeed(aws: Logged) -> None:
    store(aws)
    aws.kind = "true"
    status = json.loads(run("status", "orders", "--json").out)
    assert status["rules"][0]["environments"]
    assert run("why", "orders", "--request", "0aae6dc6").out
    told = [
        json.loads(line) for line in run("tail", "orders", "--no-follow", "--all", "--json").out.splitlines()
    ]
    assert {each["proof"] for each in told} == {"proven"}
    aws.values = {"/hotlog/orders": [documents.dumps(Document(key=dump_key(KEY)))]}
    assert run("add", "orders", "app.py:2", "x", "--id", "k3f9", "--wait").code == 0
    aws.values = {"/hotlog/orders": [documents.dumps(Document(key=dump_key(KEY)))]}
    aws.kind = ""
    assert run("suspects", "orders", "--detach").code == 0
    aws.kind = "true"
    ran = run("suspects", "orders", "--json")
    assert (ran.code, "[cannot-monitor]" in ran.err) == (2, True)
