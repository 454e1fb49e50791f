"""The engine comes in pieces, and rules go in by and by, where an invocation has no time for all of it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.coldstart import staged_import
from hotlog.config import Config
from tests.support.places import ROOT
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event


PIECE_MAX_MODULES = 8
STEPS_OF_A_MODULE = 6  # its source, the places of two rules, both ways to compile it, and what comes of them
SOURCE = """
def work(n):
    return n + 1  # <return>
"""

# Without time for more, each call brings one piece. What the managed runtime has loaded is there already.
PROGRAM = """
import json, sys, logging, traceback, urllib.parse, http, signal, random
import hotlog.agent.agent
from hotlog.coldstart import staged_import as engine; from hotlog.agent import rule_state as wish

pieces, is_there, first = [], False, sorted(sys.modules)
while not is_there:
    before = set(sys.modules)
    is_there = engine.load(until_s=0.0, compiles=bool(sys.argv[2]))
    pieces.append(sorted(set(sys.modules) - before))
before = set(sys.modules)
agent = hotlog.agent.agent.Agent(sink=print, root=sys.argv[1])
sys.path.insert(0, sys.argv[1])
import app
agent.apply([hotlog.Rule(at="app.py:3", message="n={n}", condition=sys.argv[2])])
later = sorted(name for name in set(sys.modules) - before if name.startswith("hotlog"))
json.dump({"pieces": pieces, "before": first, "states": [each.state for each in agent.status().values()], "later": later}, sys.stderr)
"""


@pytest.mark.process
@pytest.mark.parametrize("condition", ["", "n > 1"])
def test_the_engine_comes_in_small_pieces_and_is_whole(condition: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOURCE)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), condition],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stderr)
    assert said["states"] == ["installed"]
    pieces = (*staged_import.PIECES, *(staged_import.COMPILED if condition else ()))
    for name, modules in zip(pieces, said["pieces"], strict=True):
        assert name in modules or name in said["before"]  # 3.14: `logging` has brought `ast`
        assert len(modules) <= PIECE_MAX_MODULES, name
    assert said["later"] == ["hotlog.sinks.callback"], "a rule that logs a line needs nothing beside it"
    compiled = [
        name for modules in said["pieces"] for name in modules if "compiled" in name or "inline" in name
    ]
    assert bool(compiled) is bool(condition)


@pytest.fixture
def samples(tmp_path: Path) -> Iterator[list[Sample]]:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    made = [Sample(folder, SOURCE) for folder in folders]
    yield made
    for sample in made:
        sample.forget()


def test_without_time_rules_go_in_one_module_after_the_other_and_those_that_are_in_stay(
    samples: list[Sample], tmp_path: Path
) -> None:
    events: list[Event] = []
    rules = [
        hotlog.Rule(
            id=f"r{number}{line}", at=f"{number}/{sample.at('return')}", message="{n}", per_second=None
        )
        for number, sample in enumerate(samples)
        for line in "ab"
    ]
    original = samples[0].module.work.__code__
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.apply(rules[:1])
        agent.set_wanted(rules)
        installed, rounds = [agent.status()], 0
        while any(status.state != "installed" for status in agent.status().values()):
            agent.settle(within_ms=0.0)
            rounds += 1
            assert rounds <= len(rules) + STEPS_OF_A_MODULE * len(samples), "each time something gets done"
            assert samples[0].module.work(1) == 2
            waiting = [status for status in agent.status().values() if status.state != "installed"]
            assert all((status.state, status.code) == ("pending", "out-of-time") for status in waiting)
            installed.append(agent.status())
        live = [{key for key, status in each.items() if status.state == "installed"} for each in installed]
        assert all(before <= after for before, after in itertools.pairwise(live))
        assert (
            len([event for event in events if event["hotlog"] == "log" and event["rule"] == "r0a"]) == rounds
        )
        told = [(event["rule"], event["state"]) for event in events if event["hotlog"] == "status"]
        assert len(told) == len(set(told)), "each change is told once"
        agent.set_wanted(rules[2:])
        agent.settle(within_ms=0.0)
        assert samples[0].module.work.__code__ is original, "what is gone goes at once"


def test_what_waits_for_a_change_goes_out_all_the_same(samples: list[Sample], tmp_path: Path) -> None:
    first, second, _ = samples
    original = second.module.work.__code__
    rules = [
        hotlog.Rule(id="first", at=f"0/{first.at('return')}"),
        hotlog.Rule(id="second", at=f"1/{second.at('return')}"),
        hotlog.Rule(id="third", at=f"1/{second.at('return')}"),
    ]
    with hotlog.Agent(sink=print, root=str(tmp_path), config=Config()) as agent:
        agent.apply(rules[1:2])
        agent.set_wanted(rules)
        while agent.status()["first"].state != "installed":
            agent.settle(within_ms=0.0)
        assert agent.status()["third"].code == "out-of-time"
        assert second.module.work.__code__ is not original
        agent.set_wanted(rules[:1])
        agent.settle(within_ms=0.0)
        assert second.module.work.__code__ is original


@pytest.mark.process
def test_rules_that_go_before_the_engine_is_there_are_forgotten(tmp_path: Path) -> None:
    program = (
        "import sys, hotlog.agent.agent\n"
        "events = []\n"
        "agent = hotlog.agent.agent.Agent(sink=events.append, root='.')\n"
        "agent.set_wanted([hotlog.Rule(id='a', at='app.py:3')])\n"
        "agent.settle(within_ms=0.0)\n"
        "agent.set_wanted([])\n"
        "agent.settle(within_ms=0.0)\n"
        "assert 'hotlog.agent.reconcile' not in sys.modules and agent.status() == {}\n"
        "print([(event['rule'], event['state'], event.get('code')) for event in events])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[('a', 'pending', 'out-of-time'), ('a', 'removed', None)]"
