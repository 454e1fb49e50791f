"""After three faults of hotlog's own, of any kind, all probes go until the document changes, told once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import internal_errors
from hotlog.config import Config
from hotlog.rules.document import Document, dumps
from hotlog.runtime.wrapper import Runtime, _around
from hotlog.stores.memory import MemoryStore
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotlog.events import Event

pytestmark = pytest.mark.engine

SOURCE = """
def handler(event, context):
    one = event + 1  # <one>
    two = one + 1  # <two>
    three = two + 1  # <three>
    return three  # <four>
"""
NAMES = ["one", "two", "three", "four"]
CODE = ("", "error", "too-many-faults")


class Environment:
    """A wrapped handler, and hotlog's own parts at hand, to break them."""

    def __init__(self, folder: Path) -> None:
        self.sample = Sample(folder, SOURCE)
        self.original = self.sample.module.handler.__code__
        self.store = MemoryStore()
        self.events: list[Event] = []
        self.runtime = Runtime(Config(root=str(folder)), self.store, self.events.append)
        self.runtime.start()
        self.handler = _around(self.sample.module.handler, self.runtime)

    def write(self, *names: str, **fields: Any) -> None:
        now = datetime.now(UTC)
        times = {"created": now, "expires": now + timedelta(hours=1)}
        rules = [
            {
                "id": name, "at": self.sample.at(name), "message": "{event}", "limit": None, "per_second": None,
                **{key: f"{at:%Y-%m-%dT%H:%M:%SZ}" for key, at in times.items()}, **fields,
            }
            for name in names
        ]  # fmt: skip
        self.store.update("local", lambda document: Document(tuple(rules), document.base))

    def invoke(self, times: int = 1) -> None:
        for _ in range(times):
            assert self.handler(1, None) == 4

    def handler_of(self, name: str) -> Any:
        assert self.runtime._agent is not None
        return self.runtime._agent._managed[name].handler

    def told(self) -> list[tuple[str, str, str]]:
        """Status events that are no plain installation."""
        return [
            (event["rule"], event["state"], event.get("code", ""))
            for event in self.events
            if event["hotlog"] == "status" and event["state"] != "installed"
        ]

    def lines(self) -> list[str]:
        return [event["rule"] for event in self.events if event["hotlog"] == "log"]

    def close(self) -> None:
        self.runtime.close()
        self.sample.forget()


@pytest.fixture
def env(tmp_path: Path) -> Iterator[Environment]:
    made = Environment(tmp_path)
    yield made
    made.close()


def raising(*_: object, **__: object) -> Any:
    raise RuntimeError("a bug")


def owned(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as if its code stood in hotlog."""
    function.__code__ = function.__code__.replace(co_filename=f"{internal_errors._HOME}bugs.py")
    return function


owned(raising)


def break_hits(env: Environment) -> None:
    """Three rules fail, one after the other."""
    for name in ("one", "two", "three"):
        env.handler_of(name)._outcome = raising


def break_one_hook_often(env: Environment) -> None:
    """Threads are in the hook of one rule when it fails."""
    barrier = threading.Barrier(3)

    def wait(*_: object) -> None:
        barrier.wait(10)
        raise RuntimeError("a bug")

    env.handler_of("one")._outcome = owned(wait)
    threads = [threading.Thread(target=env.sample.module.handler, args=(1, None)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


def break_the_store(env: Environment) -> None:
    env.store.read = raising  # type: ignore[method-assign]


def break_the_end(env: Environment) -> None:
    assert env.runtime._agent is not None
    env.runtime._agent.end = raising  # type: ignore[method-assign]


def break_placing(env: Environment) -> None:
    """The next change of the rules cannot be made, and each try fails."""
    assert env.runtime._agent is not None
    reconciler = env.runtime._agent._reconciler
    assert reconciler is not None
    real = reconciler._group

    def grouped(managed_rules: Any) -> Any:
        every = list(managed_rules)
        reconciler._is_cut = True
        return raising() if every else real(iter(every))

    reconciler._group = owned(grouped)  # type: ignore[method-assign]
    reconciler._is_cut = True


@pytest.mark.parametrize(
    "break_it", [break_hits, break_one_hook_often, break_the_store, break_the_end, break_placing]
)
def test_after_three_faults_of_any_kind_all_probes_are_out(
    break_it: Callable[[Environment], None], env: Environment
) -> None:
    env.write(*NAMES)
    env.invoke()
    assert env.sample.module.handler.__code__ is not env.original
    break_it(env)
    for _ in range(6):
        env.invoke()
    assert env.sample.module.handler.__code__ is env.original, "all probes are out"
    assert env.told().count(CODE) == 1
    before = len(env.events)
    env.invoke(10)
    assert env.events[before:] == [], "and nothing is told twice"
    agent = env.runtime._agent
    assert agent is not None
    assert {status.code for status in agent.status().values()} == {"too-many-faults"}
    assert {status.state for status in agent.status().values()} == {"error"}


def test_two_faults_take_out_their_rules_and_no_other(env: Environment) -> None:
    env.write(*NAMES)
    env.invoke()
    for name in ("one", "two"):
        env.handler_of(name)._outcome = raising
    env.events.clear()
    env.invoke(4)
    assert env.told() == [("one", "error", "internal-fault"), ("two", "error", "internal-fault")]
    assert env.lines() == ["three", "four"] * 4


def test_the_third_fault_silences_the_others_within_the_same_call(env: Environment) -> None:
    env.write(*NAMES)
    env.invoke()
    env.events.clear()
    break_hits(env)
    env.invoke()
    assert env.lines() == [], "the fourth rule is behind the third"


def test_other_rules_are_a_new_beginning(env: Environment) -> None:
    env.write(*NAMES)
    env.invoke()
    break_hits(env)
    env.invoke(3)
    env.write("two", "four", message="again {event}")
    env.events.clear()
    env.invoke(2)
    assert env.lines() == ["two", "four"] * 2
    assert env.told() == [
        ("", "recovered", "too-many-faults"),
        ("one", "removed", ""),
        ("three", "removed", ""),
    ]
    env.handler_of("two")._outcome = raising
    env.invoke(2)
    assert env.told()[3:] == [("two", "error", "internal-fault")], "the count began anew"


def test_an_unchanged_rule_of_a_changed_document_is_placed_anew(env: Environment) -> None:
    env.write(*NAMES)
    env.invoke()
    break_hits(env)
    env.invoke(2)
    env.write("four")
    env.events.clear()
    env.invoke()
    assert env.lines() == ["four"]
    installed = [event["rule"] for event in env.events if event.get("state") == "installed"]
    assert installed == ["four"], "it says so again"


def test_faults_between_good_reads_are_told_once_and_counted_all_the_same(env: Environment) -> None:
    env.write("one")
    env.invoke()
    good = env.store.read
    env.events.clear()
    for _ in range(2):
        env.store.read = raising  # type: ignore[method-assign]
        env.invoke()
        env.store.read = good  # type: ignore[method-assign]
        env.invoke()
    assert env.told() == [("", "error", "internal-fault")]
    env.store.read = raising  # type: ignore[method-assign]
    env.invoke()
    assert env.told() == [("", "error", "internal-fault"), CODE]
    assert env.sample.module.handler.__code__ is env.original
    env.store.read = good  # type: ignore[method-assign]
    env.invoke()
    assert env.sample.module.handler.__code__ is env.original, "the document is the same"
    env.write("one", "two")
    env.invoke()
    assert env.told()[2:] == [("", "recovered", "internal-fault"), ("", "recovered", "too-many-faults")]
    assert env.lines()[-2:] == ["one", "two"]


def test_what_the_application_raises_is_no_fault_of_hotlog(env: Environment) -> None:
    env.write(*NAMES, **{"if": "1 / (event - 1) > 0"})
    env.invoke(10)
    assert not [code for _, _, code in env.told() if code in {"internal-fault", "too-many-faults"}]
    assert env.sample.module.handler.__code__ is not env.original


def test_the_desk_knows_of_each_rule_what_is_told_of_all(env: Environment) -> None:
    pytest.importorskip("click")
    from hotlog.client.diagnosis.status_sentence import fold_statuses
    from hotlog.rules.document import loads, rules

    env.write(*NAMES)
    env.invoke()
    break_hits(env)
    env.invoke(2)
    stored = rules(loads(dumps(loads(env.store.read("local").text))))
    known, troubled = fold_statuses(
        stored, [{**event, "proof": "proven"} for event in env.events], datetime.now(UTC)
    )
    assert {each.state for each in known} == {"error"}
    assert {seen.code for each in known for seen in each.environments} == {"too-many-faults"}
    assert [seen.code for seen in troubled] == ["too-many-faults"]
