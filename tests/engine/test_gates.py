"""The gates of a hit, by a clock that the test sets: each hit has one outcome, that of the first gate that is closed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.agent.agent import Agent
from hotlog.config import Config
from hotlog.events import Invocation
from hotlog.hits.invocation_context import InvocationContext
from hotlog.kinds.log import LogHandler
from hotlog.limits import INVOCATION_MAX_MS
from hotlog.rules.model import Rule
from hotlog.source.probeable import CodeRoots
from tests.support.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path


START_S = 1_800_000_000.0


class Gates:
    """A handler that no code is patched for, and its clocks."""

    def __init__(self, **fields: Any) -> None:
        self.now_s = 100.0
        self.emitted: list[Any] = []
        self.faults: list[BaseException] = []
        self.context = InvocationContext(
            Config(),
            CodeRoots("/app", ()),
            self.emit,
            self.faults.append,
            clock_ns=lambda: int(self.now_s * 1e9),
            wall_clock=lambda: START_S + self.now_s,
        )
        self.handler = LogHandler(Rule(at="app.py:1", id="r", message="x={x}", **fields), self.context)
        self.hook = self.handler.hook(("x",))

    def emit(self, event: Any) -> bool:
        self.emitted.append(event)
        return True

    def outcomes(self) -> dict[str, int]:
        return {name: number for name, number in self.handler.tally.outcomes.items() if number}


def test_a_closed_rate_opens_when_there_is_a_token_again() -> None:
    gates = Gates(limit=None, per_second=1.0)
    for _ in range(4):
        gates.hook(1)
    gates.now_s += 0.9
    gates.hook(1)
    assert gates.outcomes() == {"emitted": 1, "rate_limited": 4}
    gates.now_s += 0.2
    gates.hook(1)
    gates.hook(1)
    assert gates.outcomes() == {"emitted": 2, "rate_limited": 5}
    assert gates.handler.tally.hits == 7


def test_a_rule_expires_while_its_rate_is_closed() -> None:
    expires = datetime.fromtimestamp(START_S + 110, UTC)
    gates = Gates(limit=None, per_second=0.001, expires=expires)
    for now_s in (100, 101, 109.5, 110.5, 111):
        gates.now_s = now_s
        gates.hook(1)
    assert gates.outcomes() == {"emitted": 1, "rate_limited": 2, "expired": 2}
    assert gates.handler.stopped == "expired"


def test_a_wall_clock_that_is_set_forward_is_noticed_within_a_second() -> None:
    gates = Gates(limit=None, per_second=None, expires=datetime.fromtimestamp(START_S + 5_000, UTC))
    gates.hook(1)
    gates.context.wall_clock = lambda: START_S + 6_000
    gates.now_s += 1.1
    gates.hook(1)
    assert gates.outcomes() == {"emitted": 1, "expired": 1}


def test_a_spent_budget_comes_before_a_closed_rate() -> None:
    gates = Gates(limit=None, per_second=0.001)
    gates.hook(1)
    gates.hook(1)
    gates.context.spent_ns = INVOCATION_MAX_MS * 1_000_000 + 1
    gates.hook(1)
    assert gates.outcomes() == {"emitted": 1, "rate_limited": 1, "over_budget": 1}


def test_where_the_budget_is_spent_nothing_else_is_looked_at_until_the_next_invocation() -> None:
    """A loop may pass a probe a million times after that."""
    gates = Gates(limit=None, per_second=None, condition="x > 0")
    gates.context.begin(Invocation(request_id="1"))
    gates.hook(1)
    gates.context.spent_ns = INVOCATION_MAX_MS * 1_000_000 + 1
    gates.hook(1)
    looks = 0

    def clock_ns() -> int:
        nonlocal looks
        looks += 1
        return int(gates.now_s * 1e9)

    gates.context.clock_ns = clock_ns
    for _ in range(5):
        gates.hook(1)
    assert looks == 0
    assert gates.handler.is_paused
    assert gates.handler.tally.hits == 7
    assert gates.outcomes() == {"emitted": 1, "over_budget": 6}
    gates.context.begin(Invocation(request_id="2"))
    gates.hook(1)
    gates.hook(0)
    assert gates.outcomes() == {"emitted": 2, "over_budget": 6, "condition_false": 1}


def test_a_rule_that_is_stopped_with_the_budget_spent_is_not_over_budget() -> None:
    gates = Gates(limit=None, per_second=None)
    gates.context.begin(Invocation(request_id="1"))
    gates.context.spent_ns = INVOCATION_MAX_MS * 1_000_000 + 1
    gates.hook(1)
    gates.handler.stop("expired")
    gates.hook(1)
    assert gates.outcomes() == {"over_budget": 1, "expired": 1}


def test_a_replayed_invocation_goes_through_every_gate_though_the_rate_is_closed() -> None:
    gates = Gates(limit=None, per_second=0.001)
    gates.hook(1)
    gates.hook(1)
    gates.context.begin(Invocation(replays=True))
    gates.hook(1)
    assert gates.handler.tally.limited.taken == 0, "none was turned away by the clock alone"
    gates.context.begin(Invocation())
    gates.hook(1)
    assert gates.handler.tally.limited.taken == 1


def test_a_condition_comes_before_a_closed_rate() -> None:
    gates = Gates(limit=None, per_second=0.001, condition="x > 0")
    for x in (1, 1, 0, 1):
        gates.hook(x)
    assert gates.outcomes() == {"emitted": 1, "rate_limited": 2, "condition_false": 1}


def test_the_choice_of_requests_comes_before_a_closed_rate() -> None:
    gates = Gates(limit=None, per_second=0.001, sample=0.5)
    for chance in (0.1, 0.1, 0.9, 0.1):
        gates.context.chance = lambda chance=chance: chance  # type: ignore[method-assign, misc]
        gates.hook(1)
    assert gates.outcomes() == {"emitted": 1, "rate_limited": 2, "not_sampled": 1}


def test_what_stops_a_rule_comes_before_a_closed_rate() -> None:
    gates = Gates(limit=None, per_second=0.001)
    gates.hook(1)
    gates.hook(1)
    gates.handler.stop("removed")
    gates.hook(1)
    assert gates.outcomes() == {"emitted": 1, "rate_limited": 1, "disabled": 1}


def test_an_event_that_found_no_room_takes_nothing_from_the_limit() -> None:
    gates = Gates(limit=2, per_second=None)
    gates.context.emit = lambda _: False
    gates.hook(1)
    gates.context.emit = gates.emit
    for _ in range(3):
        gates.hook(1)
    assert gates.outcomes() == {"rate_limited": 1, "emitted": 2, "exhausted": 1}
    assert [rest for _, _, rest in gates.emitted] == [',"hit":1', ',"hit":2']


@pytest.mark.parametrize("backend", ["recompile", "splice"])
def test_hits_of_an_exhausted_rule_are_counted_until_the_next_safe_point(
    tmp_path: Path, backend: str
) -> None:
    sample = Sample(tmp_path, "def step(x):\n    return x  # <here>\n")
    events: list[dict[str, Any]] = []
    with Agent(events.append, root=str(tmp_path), config=Config(backend=backend)) as agent:
        agent.apply([Rule(at=sample.at("here"), id="r", message="x={x}", limit=1, per_second=None)])
        assert agent.status()["r"].backend == backend
        patched = sample.module.step.__code__
        assert [sample.module.step(x) for x in range(4)] == [0, 1, 2, 3]
        assert agent.status()["r"].hits == 4
        agent.settle()
        assert sample.module.step.__code__ is not patched
        agent.end()
    counts = [event for event in events if event["hotlog"] == "counts"][-1]
    assert (counts["emitted"], counts["exhausted"]) == (1, 3)


def test_in_a_process_without_invocations_the_budget_comes_back() -> None:
    gates = Gates(limit=None, per_second=None)
    gates.context.spent_ns = INVOCATION_MAX_MS * 1_000_000 + 1
    gates.now_s += 0.5
    gates.hook(1)
    paused = [gates.handler.is_paused]
    gates.now_s += 0.6
    gates.hook(1)
    assert [*paused, gates.handler.is_paused] == [True, False]
    assert gates.outcomes() == {"emitted": 1, "over_budget": 1}


def test_in_an_invocation_the_budget_does_not_come_back() -> None:
    gates = Gates(limit=None, per_second=None)
    gates.context.begin(Invocation(request_id="one"))
    gates.context.spent_ns = INVOCATION_MAX_MS * 1_000_000 + 1
    gates.now_s += 60
    gates.hook(1)
    paused = [gates.handler.is_paused]
    gates.context.begin(Invocation(request_id="two"))
    gates.hook(1)
    assert [*paused, gates.handler.is_paused] == [True, False]
    assert gates.outcomes() == {"emitted": 1, "over_budget": 1}


def test_a_call_that_a_hit_of_another_rule_makes_is_no_hit(tmp_path: Path) -> None:
    """Properties are called where a rule may: a probe in one must not be followed from within a hit."""
    sample = Sample(
        tmp_path,
        """
        class Order:
            @property
            def total(self):
                return 7

        def show(order):
            return order  # <show>
        """,
    )
    events: list[dict[str, Any]] = []
    with Agent(events.append, root=str(tmp_path), config=Config(properties=True)) as agent:
        agent.apply(
            [
                Rule(at=sample.at("show"), id="log", message="{order.total}", properties=True),
                Rule(at=f"{sample.name}:Order.total", id="call", kind="call"),
            ]
        )
        assert {status.state for status in agent.status().values()} == {"installed"}
        sample.module.show(sample.module.Order())
        agent.end()
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["7"]
    assert [event for event in events if event["hotlog"] == "call"] == []
    (counts,) = [event for event in events if event["hotlog"] == "counts" and event["rule"] == "call"]
    assert counts["reentrant"] >= 1
