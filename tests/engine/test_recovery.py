"""Each trouble of an environment has its own recovery: what still goes on is not called recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from collections.abc import Iterator


class Told:
    """An agent, and what it says of its environment."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.agent = hotlog.Agent(sink=self.events.append, config=Config())

    def news(self) -> list[tuple[str, str]]:
        """State and code of the statuses since the last call."""
        found = [(each["state"], each.get("code", "")) for each in self.events if each["rule"] == ""]
        self.events.clear()
        return found


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    yield made
    made.agent.close()


def bad(name: str) -> BadEntry:
    return BadEntry(name, RuleError("unknown-field", "x is none."))


def test_a_bad_setting_never_recovers(told: Told) -> None:
    told.agent.report_setting("bad-setting", "HOTLOG_REFRESH=foo")
    told.agent.report_failure(ValueError("of hotlog's own"))
    assert told.news() == [("error", "bad-setting"), ("error", "internal-fault")]
    told.agent.report_recovery()
    assert told.news() == [], "the store was never ill"
    told.agent.apply([])
    assert told.news() == [("recovered", "internal-fault")]
    told.agent.report("error", "unreachable", "no answer")
    told.agent.report_recovery()
    told.agent.report_recovery()
    assert told.news() == [("error", "unreachable"), ("recovered", "unreachable")]


def test_the_store_recovers_from_all_that_was_told_of_it_and_from_nothing_else(told: Told) -> None:
    told.agent.report_failure(ValueError("of hotlog's own"))
    told.agent.report("error", "unreachable", "no answer")
    told.agent.report("error", "throttled", "too often")
    told.agent.report("error", "unreachable", "no answer")
    assert [code for _, code in told.news()] == ["internal-fault", "unreachable", "throttled", "unreachable"]
    told.agent.report_recovery()
    assert told.news() == [("recovered", "unreachable"), ("recovered", "throttled")]


def test_entries_that_are_no_rules_recover_when_there_are_none(told: Told) -> None:
    told.agent.report("error", "throttled", "too often")
    told.agent.apply([bad("one"), bad("two")], version=1)
    told.agent.report_recovery()
    assert told.news() == [("error", "throttled"), ("error", "bad-rules"), ("recovered", "throttled")]
    told.agent.apply([], version=2)
    assert told.news() == [("recovered", "bad-rules")]


def test_too_many_faults_recover_with_other_rules(told: Told) -> None:
    told.agent.set_wanted([hotlog.Rule(id="r", at="nothing.py:1")], version=1)
    for _ in range(3):
        told.agent.report_failure(ValueError("of hotlog's own"))
    told.agent.settle()
    told.agent.report_recovery()
    assert [code for state, code in told.news() if state == "error"] == ["internal-fault", "too-many-faults"]
    told.agent.apply([], version=2)
    assert told.news() == [("recovered", "internal-fault"), ("recovered", "too-many-faults")]
