"""What one reads of rules while one follows them: one line for all, and how often each was reached."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hotlog.client.diagnosis.live_summary import LiveSummary
from hotlog.client.events.proofs import PROVEN
from hotlog.events import PROOF
from hotlog.rules.model import Rule


def status(rule: str, env: str, state: str) -> dict[str, Any]:
    return {"hotlog": "status", "rule": rule, "env": env, "state": state, PROOF: PROVEN}


def counts(rule: str, env: str, **outcomes: int) -> dict[str, Any]:
    return {"hotlog": "counts", "rule": rule, "env": env, **outcomes, PROOF: PROVEN}


def summary(*events: dict[str, Any]) -> LiveSummary:
    made = LiveSummary()
    assert all(made.takes(event) for event in events)
    return made


def test_rules_that_belong_together_are_one_line() -> None:
    events = [
        status(rule, env, "installed")
        for rule in ("a", "b")
        for env in ("1", "2")
        if (rule, env) != ("b", "2")
    ]
    assert summary().describe_all(["a", "b"]) == ""
    assert summary(*events).describe_all(["a", "b"]) == "live in 1 of 2 environments"
    assert summary(*events).describe_all(["a"]) == "live in 2 of 2 environments"
    reached = summary(*events, counts("a", "1", emitted=3, condition_false=2), counts("x", "1", emitted=9))
    assert reached.describe_all(["a", "b"]) == "live in 1 of 2 environments · reached 5 times"
    gone = summary(*events, status("a", "2", "removed"))
    assert gone.describe_all(["a", "b"]) == "live in 1 of 1 environment"


@pytest.mark.parametrize(
    ("outcomes", "has_condition", "said"),
    [
        ({}, True, ""),
        ({"emitted": 1}, False, "was reached 1 time"),
        ({"emitted": 1, "condition_false": 16}, True, "was reached 17 times and its condition held once"),
        ({"condition_false": 4}, True, "was reached 4 times and its condition was never true"),
        (
            {"rate_limited": 5, "condition_error": 2},
            True,
            "was reached 7 times and its condition held 5 times",
        ),
        (
            {"condition_false": 1000, "emitted": 1},
            True,
            "was reached 1,001+ times and its condition held once",
        ),
    ],
)
def test_how_often_a_rule_was_reached(outcomes: dict[str, int], has_condition: bool, said: str) -> None:
    made = summary(status("a", "1", "installed"), counts("a", "1", **outcomes))
    assert made.describe_hits("a", has_condition=has_condition) == said


OLD, NEW = "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z"


@pytest.mark.parametrize("knows_rules", [False, True])
def test_what_is_told_of_an_earlier_rule_with_the_same_id_counts_no_more(*, knows_rules: bool) -> None:
    made = LiveSummary()
    if knows_rules:
        made.expect(
            "orders",
            [Rule(id="a", at="app.py:2", message="x", created=datetime(2026, 12, 1, 11, tzinfo=UTC))],
        )
    of_old = {"function": "orders", "created": OLD}
    of_new = {"function": "orders", "created": NEW}
    assert made.takes(status("a", "1", "installed") | of_old)
    assert made.takes(status("a", "2", "installed") | of_old)
    assert made.takes(counts("a", "1", emitted=9) | of_old)
    assert made.text == ("" if knows_rules else "a live in 2 environments: reached 9 times, emitted 9")
    assert made.takes(status("a", "1", "installed") | {"function": "orders", "definition": {"created": NEW}})
    assert made.takes(counts("a", "2", emitted=9) | of_old)
    assert made.takes(status("a", "2", "installed") | {"function": "payments", "created": OLD})
    assert made.takes(counts("a", "1", emitted=1) | of_new)
    assert made.text == "a live in 2 environments: reached 1 time, emitted 1"


def test_a_rule_that_comes_later_with_the_same_id_takes_its_place() -> None:
    made = LiveSummary()
    made.expect(
        "orders", [Rule(id="a", at="app.py:2", message="x", created=datetime(2026, 12, 1, 10, tzinfo=UTC))]
    )
    for env, created in (("1", OLD), ("2", OLD), ("2", NEW)):
        assert made.takes(status("a", env, "installed") | {"function": "orders", "created": created})
    assert made.describe_all(["a"]) == "live in 1 of 1 environment"
