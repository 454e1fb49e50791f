"""Recordings of whole invocations: which are kept, what goes along, where they end; and that nobody notices."""

from __future__ import annotations

import gc
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.events.recordings import find_recordings, iter_calls
from hotlog.config import Config
from hotlog.interpreter.quirks import HAS_MONITORING
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.client.events.recordings import RecordedInvocation

APP = """
import asyncio
import sys
import threading
import time
import weakref

def handler(event):
    return ROUTES[event["route"]](event)

def price(event):
    total = 0
    for each in event["prices"]:
        total += each
    if total > 100:
        raise ValueError(total)
    return {"statusCode": event.get("status", 200), "total": total}

def slow(event):
    time.sleep(event["s"])
    return 1

def spin(event):
    for each in range(event["n"]):
        last = each
    return last

def calls(event):
    for each in range(event["n"]):
        called(each)
    return event["n"]

def called(n):
    return n

def threads(event):
    made = [threading.Thread(target=work, args=(n,), name=f"worker-{n}") for n in range(3)]
    for each in made:
        each.start()
    for each in made:
        each.join()
    return "done"

def work(n):
    total = 0
    for each in range(n + 2):
        total += each
        time.sleep(0.001)
    return total

def tasks(event):
    async def one(n):
        await asyncio.sleep(0.002 * (3 - n))
        found = n * 10
        return found

    async def every():
        return await asyncio.gather(*(one(n) for n in range(3)))

    return asyncio.run(every())

def deep(event):
    return sink(event["n"])

def sink(n):
    if n == 0:
        return 0
    below = sink(n - 1)
    return below + 1

class Watched:
    pass

def lifetimes(event):
    seen = []
    thing = Watched()
    look = weakref.ref(thing, lambda _: seen.append("gone"))
    thing = None
    seen.append("after")
    other = Watched()
    again = weakref.ref(other)
    del other
    seen.append(again() is None)
    held = locals()
    x = 1
    seen.append("x" in held)
    return seen

def secrets(event):
    password = event["password"]
    text = f"password={password}"
    header = {"authorization": "Bearer " + password}
    return len(text)

class Hostile:
    def __eq__(self, other):
        raise SystemExit("asked")
    __hash__ = __bool__ = __len__ = __repr__ = __iter__ = __getattr__ = __eq__

def hostile(event):
    it = Hostile()
    d = {"it": it}
    if it is not None:
        d["again"] = it
    return 3

ROUTES = {name: value for name, value in globals().items() if callable(value)}
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, APP) as probed:
        yield probed


def invoke(app: Probed, route: str, timeout_s: float = 3.0, **event: Any) -> object:
    return app.invoke(
        partial(app.module.handler, {"route": route, **event}), event=event, timeout_s=timeout_s
    )


def record(app: Probed, **fields: Any) -> None:
    app.apply(hotlog.Rule(**{"kind": "record", "id": "w", "limit": None, "per_second": None, **fields}))


def recordings(app: Probed) -> list[RecordedInvocation]:
    return find_recordings(app.events)


def told(app: Probed) -> list[str]:
    return [each.event["kept"] for each in recordings(app)]


def test_one_invocation_is_recorded_unless_more_are_asked_for(app: Probed) -> None:
    app.apply(hotlog.Rule(kind="record", id="w"))
    for _ in range(3):
        invoke(app, "price", prices=[1])
    assert told(app) == ["all"]
    app.agent.settle()
    assert app.agent.status()["w"].state == "exhausted"
    assert is_free()


def is_free() -> bool:
    """Whether nothing of a recorder is left."""
    if sys.version_info >= (3, 12):
        return all(sys.monitoring.get_tool(tool) is None for tool in (3, 4, 5))
    else:  # noqa: RET505  # a type checker knows the version alone
        return sys.gettrace() is None and threading.gettrace() is None


def test_failed_ones_alone_are_told_with_good_ones_of_the_same_way(app: Probed) -> None:
    record(app, keep="failed")
    for n in range(5):
        invoke(app, "price", prices=[n])
        invoke(app, "spin", n=2)
    assert told(app) == []
    invoke(app, "price", prices=[60, 50])
    found = recordings(app)
    assert [each.event["kept"] for each in found] == ["failed", "good", "good", "good"]
    bad, *good = found
    assert {each.event["beside"] for each in good} == {bad.id}
    assert bad.event["counted"] == {"good": 10, "bad": 1}
    assert bad.event["failure"] == {"how": "raised"}
    [root] = bad.calls
    assert [call.qualname for call in iter_calls([root])] == ["handler", "price"]
    assert root.end == "raise"
    assert bad.errors == [{"type": "ValueError", "message": "110"}]
    ways = [[call.qualname for call in iter_calls(each.calls)] for each in good]
    assert ways == [["handler", "price"]] * 3
    assert [each.calls[0].lines[0].calls[0].value["total"] for each in good] == [4, 3, 2]
    assert bad.source(bad.calls[0].file, bad.calls[0].lines[0].line).startswith("return ROUTES")


def test_slow_ones_are_told(app: Probed) -> None:
    record(app, keep="slow>400ms")  # a busy machine makes the first one slow, too
    invoke(app, "slow", s=0.001)
    invoke(app, "slow", s=0.5)
    assert told(app)[0] == "slow"
    bad = recordings(app)[0]
    line = bad.calls[0].lines[0].calls[0].lines[0]
    assert line.us >= 500_000


def test_an_expression_says_what_is_bad(app: Probed) -> None:
    record(app, bad="@status == 404 and @event['prices'][0] == 7")
    invoke(app, "price", prices=[7], status=200)
    invoke(app, "price", prices=[8], status=404)
    assert told(app) == []
    invoke(app, "price", prices=[7], status=404)
    assert told(app) == ["bad", "good", "good"]


def test_both_will_do(app: Probed) -> None:
    record(app, keep="failed", bad="@status == 404")
    invoke(app, "price", prices=[7], status=404)
    invoke(app, "price", prices=[700])
    assert [each for each in told(app) if each != "good"] == ["bad", "failed"]


def test_an_expression_that_cannot_be_evaluated_is_told_in_the_status(app: Probed) -> None:
    record(app, bad="@response.nobody == 1")
    invoke(app, "price", prices=[7])
    app.agent.settle()
    assert told(app) == []
    assert app.agent.status()["w"].code == "condition-error"


def test_what_a_rule_does_not_pick_is_not_looked_at(app: Probed) -> None:
    record(app, condition="@event['n'] == 2")
    for n in range(4):
        invoke(app, "spin", n=n + 1)
    assert [each.calls[0].lines[0].calls[0].value for each in recordings(app)] == [1]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"condition": "total > 1"}, "unknown-name"),
        ({"bad": "total > 1"}, "unknown-name"),
        ({"condition": "@status == 1"}, "unknown-special"),
    ],
)
def test_a_recording_reads_no_variable(app: Probed, fields: dict[str, Any], code: str) -> None:
    app.agent.apply([hotlog.Rule(kind="record", id="w", **fields)])
    assert app.agent.status()["w"].code == code


@pytest.mark.parametrize("keep", ["", "slow", "slow>", "slow>5", "slow>x ms", "never"])
def test_what_is_kept_must_make_sense(keep: str) -> None:
    with pytest.raises(hotlog.HotlogError, match="must be failed"):
        hotlog.Rule(kind="record", keep=keep)


def test_an_owner_can_forbid_recordings(tmp_path: Path) -> None:
    with Probed(tmp_path, APP, Config(allow=("log",))) as app:
        app.agent.apply([hotlog.Rule(kind="record", id="w")])
        assert app.agent.status()["w"].code == "kind-not-allowed"


def test_a_long_one_is_cut_and_says_where(app: Probed) -> None:
    record(app)
    assert invoke(app, "spin", n=100_000) == 99_999
    [recording] = recordings(app)
    assert recording.event["cut"]["why"] in {"steps", "time", "size"}
    assert recording.event["parts"] > 1
    assert not recording.missing
    assert 500 < len(recording.steps) <= 20_100
    assert sum(len(str(each)) for each in recording.steps) < 300_000
    [root] = recording.calls
    assert root.end == "return"


def test_calls_are_told_behind_a_cut_and_not_for_ever(app: Probed) -> None:
    record(app)
    assert invoke(app, "calls", n=50_000) == 50_000
    [recording] = recordings(app)
    assert recording.event["size"]["calls"] < 20_000
    assert invoke(app, "calls", n=3) == 3
    assert recordings(app)[-1].event["size"] == {"steps": 12, "calls": 5, "files": 1}


def test_threads_keep_apart(app: Probed) -> None:
    record(app)
    assert invoke(app, "threads") == "done"
    [recording] = recordings(app)
    by_thread = {call.thread: call for call in recording.calls}
    assert sorted(by_thread) == ["", "worker-0", "worker-1", "worker-2"]
    for n in range(3):
        call = by_thread[f"worker-{n}"]
        assert (call.qualname, call.value) == ("work", sum(range(n + 2)))
        assert [line.set["each"] for line in call.lines if "each" in line.set] == list(range(n + 2))


def test_tasks_keep_apart(app: Probed) -> None:
    record(app)
    assert invoke(app, "tasks") == [0, 10, 20]
    [recording] = recordings(app)
    ones = [call for call in iter_calls(recording.calls) if call.qualname == "tasks.<locals>.one"]
    assert [(call.args["n"], call.value) for call in ones] == [(0, 0), (1, 10), (2, 20)]


def test_recursion_has_its_calls(app: Probed) -> None:
    record(app)
    assert invoke(app, "deep", n=50) == 50
    calls = [call for call in iter_calls(recordings(app)[0].calls) if call.qualname == "sink"]
    assert [call.value for call in calls] == list(range(50, -1, -1))


def test_a_stack_that_is_full_is_the_applications(app: Probed) -> None:
    record(app)
    assert type(invoke(app, "deep", n=100_000)) is RecursionError
    if HAS_MONITORING:  # a tracer of 3.11 that has no room is removed by the interpreter
        assert recordings(app)[0].errors[0]["type"] == "RecursionError"
    assert app.agent.status()["w"].state == "installed"
    assert invoke(app, "deep", n=5) == 5
    assert len(recordings(app)) == 2


@pytest.mark.skipif(not HAS_MONITORING, reason="a tracer of 3.11 keeps variables alive")
def test_nothing_lives_longer(app: Probed) -> None:
    plain: Any = invoke(app, "lifetimes")
    assert plain[:3] == ["gone", "after", True]
    record(app)
    assert invoke(app, "lifetimes") == plain


def test_no_code_of_the_application_is_asked(app: Probed) -> None:
    record(app)
    assert invoke(app, "hostile") == 3
    assert [call.qualname for call in iter_calls(recordings(app)[0].calls)] == ["handler", "hostile"]


def test_what_is_secret_is_hidden(app: Probed) -> None:
    record(app)
    invoke(app, "secrets", password="hunter22-abc")  # noqa: S106  # of nobody
    assert "hunter22" not in repr(app.events)
    [recording] = recordings(app)
    shown = [line.set for line in recording.calls[0].lines[0].calls[0].lines]
    assert shown[0] == {"password": "@redacted"}


def test_what_was_kept_before_a_secret_came_is_not_told(app: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    record(app, keep="failed")
    invoke(app, "price", prices=[1], note="zebra-zebra-zebra")
    monkeypatch.setenv("APP_SECRET", "zebra-zebra-zebra")
    invoke(app, "price", prices=[1000])
    assert told(app) == ["failed"]
    assert "zebra" not in repr(app.events)


def test_a_time_out_leaves_its_recording(app: Probed) -> None:
    record(app, keep="failed")
    invoke(app, "slow", s=0.6, timeout_s=0.7)  # half of it is over before the margin is
    [recording] = recordings(app)
    assert recording.event["failure"] == {"how": "out-of-time"}
    assert recording.event["cut"]["why"] == "time-out"
    calls = [*iter_calls(recording.calls)]
    assert [(call.qualname, call.end) for call in calls] == [("handler", ""), ("slow", "")]
    assert is_free() or HAS_MONITORING
    invoke(app, "price", prices=[1000])
    assert told(app) == ["failed", "failed"]


def test_it_goes_with_its_rule(app: Probed) -> None:
    for keep in ("all", "failed"):
        record(app, keep=keep)
        invoke(app, "price", prices=[1])
        app.apply()
        assert is_free()
        assert threading.active_count() == 1
        count = len(app.events)
        invoke(app, "price", prices=[1])
        assert len(app.events) == count


def test_it_stands_beside_other_rules(app: Probed) -> None:
    app.apply(
        hotlog.Rule(kind="record", id="w", limit=None, per_second=None),
        hotlog.Rule(kind="call", id="c", at=app.at("price"), per_second=None),
        hotlog.Rule(kind="trace", id="t", at=app.at("spin"), per_second=None),
        hotlog.Rule(kind="error", id="e", per_second=None),
    )
    invoke(app, "price", prices=[1])
    invoke(app, "spin", n=2)
    invoke(app, "price", prices=[1000])
    kinds = [event["hotlog"] for event in app.events if event["hotlog"] not in {"status", "counts"}]
    missing = {"trace"} if not HAS_MONITORING else set()  # there is one tracer
    assert {"record", "call", "error", "trace"} - missing <= set(kinds)
    assert len(recordings(app)) == 3


def test_another_tool_keeps_what_it_has(app: Probed) -> None:
    lines: list[int] = []

    def tracer(frame: Any, event: str, _arg: Any) -> Any:
        if frame.f_code.co_filename == app.module.__file__ and event == "line":
            lines.append(frame.f_lineno)
        return tracer

    record(app)
    sys.settrace(tracer)
    try:
        invoke(app, "price", prices=[1])
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(None)
    assert lines
    if HAS_MONITORING:
        assert len(recordings(app)) == 1
    else:
        app.agent.settle()
        assert app.agent.status()["w"].code == "tracer-in-use"
    invoke(app, "price", prices=[1])
    app.agent.settle()
    assert app.agent.status()["w"].code != "tracer-in-use"


def test_beside_another_recorder_each_tells_what_it_has_seen_or_why_not(app: Probed) -> None:
    app.apply(
        *(hotlog.Rule(id=name, kind="record", keep="all", limit=None, per_second=None) for name in "vw")
    )
    invoke(app, "price", prices=[1])
    app.agent.settle()
    assert all(event["steps"] for event in app.events if event["hotlog"] == "record")
    code, reason = app.agent.status()["w"].code, app.agent.status()["w"].reason
    assert HAS_MONITORING or (code, reason.partition(" follows")[0]) == ("tracer-in-use", "another rule")
    assert len(recordings(app)) == (2 if HAS_MONITORING else 1)


def test_memory_stays(app: Probed) -> None:
    record(app, keep="failed")
    for _ in range(30):
        invoke(app, "price", prices=[1] * 20)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(60):
        invoke(app, "price", prices=[1] * 20)
    gc.collect()
    assert len(gc.get_objects()) - before < 300


def test_the_last_invocation_of_an_idle_environment_holds_no_payload(app: Probed) -> None:
    record(app, keep="failed")
    before = time.monotonic()
    invoke(app, "price", prices=[1])
    assert time.monotonic() - before < 3
    assert app.context.payload is None
