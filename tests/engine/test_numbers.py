"""Numbers at the ends of what JSON and Python can say: a rule is refused, or works as it says."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotlog
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.hits.outcomes import RATE_LIMITED
from hotlog.hits.rate_limit import Limiter
from tests.support.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.events import Event

pytestmark = pytest.mark.engine

SMALLEST = 5e-324
RATES = [SMALLEST, 1e-320, 1e-300, 1e-9, sys.float_info.min, 0.1, 1, 999_999.9, 1_000_000]
WRONG_RATES = [
    0,
    -SMALLEST,
    1e308,
    math.inf,
    -math.inf,
    math.nan,
    10**400,
    10**5_000,
    -(10**5_000),
    True,
    "1",
]
SOURCE = """
def work(n):
    return n + 1  # <return>
"""


def logged(tmp_path: Path, rule: dict[str, Any], hits: int) -> tuple[int, hotlog.Agent]:
    """How many events the rule emits for so many hits, and its agent."""
    sample = Sample(tmp_path, SOURCE)
    events: list[Event] = []
    agent = hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config())
    try:
        agent.apply([hotlog.Rule(at=sample.at("return"), message="n={n}", **rule)])
        for n in range(hits):
            assert sample.module.work(n) == n + 1
        assert [status.state for status in agent.status().values()] == ["installed"]
        assert [status.code for status in agent.status().values()] == [""]
        return len([event for event in events if event["hotlog"] == "log"]), agent
    finally:
        agent.close()
        sample.forget()


@pytest.mark.parametrize("rate", [SMALLEST, 1e-320, 1e-300, sys.float_info.min, 1e-9])
@pytest.mark.parametrize("condition", ["", "n >= 0"])
def test_a_rate_next_to_nothing_lets_one_event_through(rate: float, condition: str, tmp_path: Path) -> None:
    emitted, _ = logged(tmp_path, {"per_second": rate, "limit": None, "condition": condition}, 50)
    assert emitted == 1


@pytest.mark.parametrize("limit", [10**18, 2**63, 10**400, 10**4_000], ids=int.bit_length)
def test_a_limit_beyond_all_machine_words_is_none(limit: int, tmp_path: Path) -> None:
    assert logged(tmp_path, {"per_second": None, "limit": limit}, 20)[0] == 20


@pytest.mark.parametrize("sample", [SMALLEST, 1e-320, 1e-300, 0, 0.0, -0.0])
def test_a_sample_next_to_nothing_lets_nothing_through(sample: float, tmp_path: Path) -> None:
    assert logged(tmp_path, {"per_second": None, "sample": sample}, 20)[0] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("per_second", value) for value in WRONG_RATES),
        *(("limit", value) for value in (0, -1, -(10**5_000), 1.5, 1e308, math.nan, math.inf, True, "9")),
        *(
            ("sample", value)
            for value in (-SMALLEST, 1.0000000000000002, 1e308, math.nan, math.inf, 10**5_000)
        ),
        *(("ring", value) for value in (-1, 10**5_000, 1.0, math.nan)),
        *(("stack", value) for value in (-1, 10**5_000, 1.0, math.nan)),
        *(("margin_ms", value) for value in (0, -1, 900_001, 10**400, 10**5_000, math.inf, math.nan)),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_number_that_makes_no_sense_is_refused_in_a_sentence(name: str, value: Any) -> None:
    fields: dict[str, Any] = {"kind": "timeout"} if name == "margin_ms" else {"at": "app.py:1"}
    with pytest.raises(RuleError) as caught:
        hotlog.Rule(**fields, **{name: value})
    assert caught.value.code == "bad-field"
    assert name in caught.value.message


def test_the_largest_margin_is_taken(tmp_path: Path) -> None:
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.apply([hotlog.Rule(kind="timeout", margin_ms=900_000)])
        assert [(status.state, status.code) for status in agent.status().values()] == [("installed", "")]


@given(
    rate=st.sampled_from(RATES) | st.floats(min_value=SMALLEST, max_value=1_000_000),
    limit=st.none() | st.integers(min_value=1, max_value=10**30),
    steps=st.lists(st.integers(min_value=0, max_value=10**18), max_size=20),
)
def test_the_limiter_holds_its_rate_at_every_rate(rate: float, limit: int | None, steps: list[int]) -> None:
    now_ns = 10**15
    limiter = Limiter(limit, rate, now_ns)
    began_ns, admitted = now_ns, 0
    for step in steps:
        now_ns += step
        number, outcome = limiter.admit(now_ns)
        admitted += bool(number)
        assert (number == 0) == (outcome != "")
        if outcome == RATE_LIMITED:
            assert now_ns <= limiter.next_ns(now_ns) <= now_ns + 3_600 * 10**9
        assert limiter.has_room(now_ns) in {True, False}
    assert admitted <= max(1.0, rate) + (now_ns - began_ns) / 1e9 * rate * 1.000001


def test_a_rule_that_expires_at_the_end_of_time_lives(tmp_path: Path) -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert logged(tmp_path, {"per_second": None, "expires": last}, 3)[0] == 3
