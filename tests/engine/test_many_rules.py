"""A document of any size costs an invocation what it may, and the log little."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config
from hotlog.probes.backends import choose_backends
from hotlog.rules.document import BadEntry, Document, rules
from hotlog.runtime.wrapper import Runtime, _around
from hotlog.stores.memory import MemoryStore
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event

pytestmark = pytest.mark.engine

STATEMENTS, RULES = 10_000, 300
ONE_FUNCTION = (
    "def work(n):\n" + "".join(f"    x{at} = n + {at}\n" for at in range(STATEMENTS)) + "    return n\n"
)
SLICED = 200
ONE_MODULE = "".join(
    f"def work{at}(n):\n" + "".join(f"    x{line} = n + {line}\n" for line in range(10)) + "    return n\n"
    for at in range(RULES)
)
# Takes longer to compile than a step is: the work on it rests.
LONG = "def work(n):\n    m = n + {}\n    return m\n" + "".join(
    f"    x{at} = n + {at}\n" for at in range(STATEMENTS)
)
# Of the process's own time: the largest step that cannot be divided is the parser's or the compiler's.
STEP_MAX_S = 1.0


@pytest.fixture(params=["function", "module"])
def large(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Sample, list[int]]]:
    is_function = request.param == "function"
    sample = Sample(tmp_path, ONE_FUNCTION if is_function else ONE_MODULE)
    step = STATEMENTS // RULES if is_function else 12
    yield sample, [2 + at * step for at in range(RULES)]
    sample.forget()


def settled(agent: hotlog.Agent, within_ms: float) -> list[float]:
    """Let safe points pass until every rule is in; the seconds of CPU that each took."""
    took_s: list[float] = []
    while not took_s or any(status.code == "out-of-time" for status in agent.status().values()):
        began_s = time.process_time()
        agent.settle(within_ms)
        took_s.append(time.process_time() - began_s)
        assert len(took_s) < 10 * RULES, "each safe point gets something done"
    return took_s


@pytest.mark.long
@pytest.mark.parametrize(
    "within_ms", [0.0, *(pytest.param(each, marks=pytest.mark.slow) for each in (20.0, 200.0))]
)
def test_the_install_limit_holds_within_one_module_and_one_function(
    large: tuple[Sample, list[int]], within_ms: float, tmp_path: Path
) -> None:
    sample, lines = large
    events: list[Event] = []
    originals = {name: work.__code__ for name, work in vars(sample.module).items() if name.startswith("work")}
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.set_wanted(
            [hotlog.Rule(id=f"r{at}", at=f"{sample.file}:{at}", message="{n}", limit=None) for at in lines]
        )
        took_s = settled(agent, within_ms)
        assert len(took_s) > 1
        assert max(took_s) < STEP_MAX_S, took_s
        assert {(status.state, status.backend) for status in agent.status().values()} == {
            ("installed", "recompile")
        }
        agent.settle()
        for name in originals:
            assert vars(sample.module)[name](1) == 1
        told = [event for event in events if event["hotlog"] == "status"]
        assert len(told) == RULES, "each once, and none that only waited"
        assert {event["rule"] for event in events if event["hotlog"] == "log"} == {f"r{at}" for at in lines}
    assert {name: vars(sample.module)[name].__code__ for name in originals} == originals


@pytest.mark.parametrize("backend", ["recompile", "splice", "monitor"])
@pytest.mark.long
def test_however_the_work_is_sliced_the_same_comes_of_it(backend: str, tmp_path: Path) -> None:
    source = "".join(f"def work{at}(n):\n    m = n + {at}\n    return m\n" for at in range(SLICED))
    sample = Sample(tmp_path, source)
    rules_ = [
        hotlog.Rule(id=f"r{at}", at=f"{sample.file}:{3 * at + 3}", message="{m}", limit=None)
        for at in range(SLICED)
    ]
    seen: list[list[tuple[str, str]]] = []
    for within_ms in (0.0, 1.0, float("inf")):
        events: list[Event] = []
        with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config(backend=backend)) as agent:
            agent.set_wanted(rules_)
            settled(agent, within_ms)
            assert {status.backend for status in agent.status().values()} == {backend}
            for at in range(SLICED):
                assert vars(sample.module)[f"work{at}"](1) == at + 1
        seen.append([(event["rule"], event["message"]) for event in events if event["hotlog"] == "log"])
    assert seen[0] == seen[1] == seen[2] == [(f"r{at}", str(at + 1)) for at in range(SLICED)]
    sample.forget()


@pytest.mark.long
def test_what_was_begun_does_not_hold_where_the_function_runs_other_code_meanwhile(tmp_path: Path) -> None:
    """Another tool, or a reload of one function, between two safe points."""
    sample = Sample(tmp_path, LONG.format(1))
    other: dict[str, Any] = {}
    exec(compile(LONG.format(5), sample.module.__file__ or "", "exec"), other)  # noqa: S102
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.set_wanted([hotlog.Rule(id="r", at=f"{sample.file}:3", message="{m}")])
        changed, rounds = False, 0
        while agent.status()["r"].code == "out-of-time":
            agent.settle(within_ms=0.0)
            rounds += 1
            assert rounds < 100
            reconciler = agent._reconciler
            if not changed and reconciler is not None and reconciler._registry._begun:
                sample.module.work.__code__ = other["work"].__code__
                changed = True
        assert changed
        assert agent.status()["r"].backend != "recompile", "the source is not what runs"
        assert sample.module.work(1) == 6
    sample.forget()


@pytest.mark.long
def test_code_that_changes_at_every_safe_point_is_patched_in_the_end(tmp_path: Path) -> None:
    sample = Sample(tmp_path, LONG.format(1))
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.set_wanted([hotlog.Rule(id="r", at=f"{sample.file}:3", message="{m}")])
        for _ in range(200):
            agent.settle(within_ms=0.0)
            if agent.status()["r"].state == "installed":
                break
            sample.module.work.__code__ = sample.module.work.__code__.replace()
        assert agent.status()["r"].state == "installed"
        assert sample.module.work(1) == 2
        assert [event["message"] for event in events if event["hotlog"] == "log"] == ["2"]
    sample.forget()


@pytest.mark.long
@pytest.mark.parametrize("backend", ["splice", "monitor"])
def test_a_function_too_large_to_be_taken_apart_is_refused_at_once(backend: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path, ONE_FUNCTION)
    with hotlog.Agent(sink=print, root=str(tmp_path), config=Config(backend=backend)) as agent:
        agent.set_wanted([hotlog.Rule(id="r", at=f"{sample.file}:9", message="{n}")])
        assert max(settled(agent, 0.0)) < STEP_MAX_S
        assert agent.status()["r"].code == "function-too-large"
        assert sample.module.work(1) == 1
    sample.forget()
    assert [each.name for each in choose_backends(backend)] == [backend]


@pytest.mark.long
def test_lines_that_have_moved_are_followed_in_time(tmp_path: Path) -> None:
    """Each of a thousand rules looks for its text in ten thousand statements, or lists the lines that would do."""
    sample = Sample(tmp_path, ONE_FUNCTION)
    moved = [
        hotlog.Rule(
            id=f"r{at}",
            at=f"{sample.file}:{at + 3}",
            text=f"x{at} = n + {at}",
            function="work",
            message="{n}",
        )
        for at in range(0, 9_000, 20)
    ]
    gone = [hotlog.Rule(id=f"g{at}", at=f"{sample.file}:{90_000 + at}", message="{n}") for at in range(450)]
    sought = [hotlog.Rule(id=f"s{at}", at=f"{sample.file}:/x{at} = n/", message="{n}") for at in range(100)]
    unknown = [
        hotlog.Rule(id=f"u{at}", at=f"{sample.file}:{at + 9}", message="{nowhere}") for at in range(100)
    ]
    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path), config=Config()) as agent:
        agent.set_wanted([*moved, *gone, *sought, *unknown])
        took_s = settled(agent, 200.0)
        assert max(took_s) < STEP_MAX_S, took_s
        assert sum(took_s) < 10 * STEP_MAX_S, took_s
        states = agent.status()
        assert {states[rule.id].state for rule in (*moved, *sought)} == {"installed"}
        assert {states[rule.id].code for rule in gone} == {"line-not-executable"}
        assert {states[rule.id].code for rule in unknown} == {"unknown-name"}
    sample.forget()


# --- documents --------------------------------------------------------------------------------------------------------


def entries(sample: Sample, count: int, **fields: Any) -> tuple[dict[str, Any], ...]:
    now = datetime.now(UTC)
    times = {"created": now, "expires": now + timedelta(hours=1)}
    return tuple(
        {"id": f"r{at}", "at": sample.at("here"), **{key: f"{at_:%Y-%m-%dT%H:%M:%SZ}" for key, at_ in times.items()}, **fields}
        for at in range(count)
    )  # fmt: skip


class Function:
    """A wrapped handler on a store that holds what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.sample = Sample(folder, "def handler(event, context):\n    return event  # <here>\n")
        self.store = MemoryStore()
        self.lines: list[str] = []
        self.events: list[Event] = []
        config = Config(root=str(folder), function="orders")
        self.runtime = Runtime(config, self.store, self._take)
        self.handler = _around(self.sample.module.handler, self.runtime)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self.lines.append(json.dumps(event))

    def write(self, *wanted: dict[str, Any]) -> None:
        self.store.update("orders", lambda document: Document(wanted, document.base))

    def told(self) -> list[Event]:
        return [event for event in self.events if event["hotlog"] == "status"]

    def close(self) -> None:
        self.runtime.close()
        self.sample.forget()


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Function]:
    made = Function(tmp_path)
    yield made
    made.close()


@pytest.mark.long
def test_what_exceeds_a_thousand_rules_is_left_out_and_told_in_one_line(function: Function) -> None:
    function.write(*entries(function.sample, 2_150))
    function.runtime.start()
    assert function.handler(7, None) == 7
    agent = function.runtime._agent
    assert agent is not None
    states = agent.status()
    assert sum(status.state == "installed" for status in states.values()) == limits.RULES_MAX
    assert len(states) == limits.RULES_MAX + 1
    for _ in range(20):  # what there is no time for on a busy machine is told in a later invocation
        if any(event.get("code") == "too-many-rules" for event in function.told()):
            break
        function.handler(7, None)
    (excess,) = [event for event in function.told() if event.get("code") == "too-many-rules"]
    assert "1,150" in excess["reason"]
    assert "1,000" in excess["reason"]
    assert sum(map(len, function.lines)) < 1_000 * limits.RULES_MAX


@pytest.mark.parametrize("count", [2, 100, 2_150])
def test_any_number_of_bad_entries_is_one_line(count: int, function: Function) -> None:
    good = entries(function.sample, 1)
    bad = [
        {**each, "id": f"b{at}", "limit": "many", "x" * at: 1}
        for at, each in enumerate(entries(function.sample, count))
    ]
    function.write(*good, *bad)
    function.runtime.start()
    assert function.handler(7, None) == 7
    summed = [event for event in function.told() if event["state"] == "error"]
    assert [(event["rule"], event["code"]) for event in summed] == [("", "bad-rules")]
    assert "b0" in summed[0]["reason"]
    assert sum(map(len, function.lines)) < 8_000
    assert [event["rule"] for event in function.events if event["hotlog"] == "log"] == ["r0"]
    function.handler(7, None)
    function.write(*good)
    function.handler(7, None)
    after = [(event["rule"], event["state"]) for event in function.told()]
    assert after.count(("", "error")) == 1
    assert after[-1] == ("", "recovered") or ("", "recovered") in after


def test_one_bad_entry_is_told_by_its_name(function: Function) -> None:
    function.write(*entries(function.sample, 1), {"id": "odd", "future": 1})
    function.runtime.start()
    function.handler(7, None)
    assert [(event["rule"], event["code"]) for event in function.told() if event["state"] == "error"] == [
        ("odd", "unknown-field")
    ]


@pytest.mark.parametrize(("most", "bad"), [(None, 0), (5, 1), (4, 1), (6, 0)])
def test_the_desk_sees_all_entries_and_the_function_as_many_as_it_may(
    most: int | None, bad: int, function: Function
) -> None:
    found = rules(Document(entries(function.sample, 6)), most)
    assert len(found) == (6 if most is None else min(most, 6) + bad)
    assert sum(isinstance(each, BadEntry) for each in found) == bad


def test_nothing_is_left_in_the_interpreter() -> None:
    assert sys.gettrace() is None
