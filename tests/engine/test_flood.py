"""What bounds a flood of events, beside each rule's own limits: bytes per second of all rules, and requests picked by their id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import hotlog
from hotlog import limits
from hotlog.addresses import open_sink
from hotlog.config import Config
from hotlog.events import Invocation
from hotlog.sinks.emitter import Emitter
from tests.support.clock import Clock
from tests.support.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.events import Event


NOW = 1_800_000_000.0


def large(rule: str) -> Event:
    return {"hotlog": "log", "v": 2, "rule": rule, "message": "x" * 30_000}


def test_all_rules_together_emit_so_many_bytes_in_a_second_and_no_more() -> None:
    seen: list[Event] = []
    clock = Clock(NOW)
    emitter = Emitter(open_sink(seen.append), clock=clock)
    done = [emitter.emit(large(f"rule-{number % 5}")) for number in range(100)]
    written = sum(len(json.dumps(event, separators=(",", ":"))) for event in seen)
    assert done == [True] * len(seen) + [False] * (100 - len(seen))
    assert 0.95 * limits.EMIT_MAX_BYTES_PER_S < written <= limits.EMIT_MAX_BYTES_PER_S
    clock.now += 0.9
    assert not emitter.emit(large("late"))
    clock.now += 0.1
    assert emitter.emit(large("next second"))


def test_what_is_told_about_rules_is_not_held_back_by_what_they_log() -> None:
    seen: list[Event] = []
    emitter = Emitter(open_sink(seen.append), clock=Clock(NOW))
    while emitter.emit(large("flood")):
        pass
    assert emitter.emit({"hotlog": "status", "v": 2, "rule": "flood", "state": "exhausted"}, bounded=False)
    assert seen[-1]["state"] == "exhausted"


def test_a_retry_of_a_request_is_sampled_like_the_request_in_any_environment(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "def step(n):\n    return n  # <here>\n")
    rule = hotlog.Rule(id="r", at=sample.at("here"), message="x", sample=0.3, limit=None, per_second=None)
    picked: list[set[str]] = []
    for _environment in range(2):
        seen: list[Event] = []
        with hotlog.Agent(sink=seen.append, root=str(tmp_path), config=Config()) as agent:
            agent.apply([rule])
            for number in range(1_000):
                agent.begin(Invocation(f"request-{number}"))
                assert sample.module.step(number) == number
            picked.append({event["request_id"] for event in seen if event["hotlog"] == "log"})
    sample.forget()
    assert picked[0] == picked[1]
    assert 240 < len(picked[0]) < 360
