"""Traces: one call, line by line, as a plain tracer would have recorded it; then nothing is left of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from tests.support.places import ROOT
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from hotlog.events import Draft, Event


SHOP = '''
import asyncio
import contextlib
import time

def helper(x):
    y = x * 2
    return y

def plain(n):
    """Doc."""
    a = n
    b = a + 1
    return a * b

def loops(n):
    total = 0
    for i in range(n):
        if i % 2:
            continue
        total += i
    else:
        total += 100
    while total > 99: total -= 1
    return total

def branches(n):
    if n > 2:
        kind = "large"
    elif n > 1:
        kind = "medium"
    else:
        kind = "small"
    match n:
        case 1:
            other = "one"
        case _:
            other = "many"
    return kind, other

def handles(n):
    try:
        helper(n)
        return 1 / (n - 3)
    except ZeroDivisionError as fault:
        n = 0
    finally:
        helper(n)
    return n

def fails(n):
    for i in range(2):
        helper(i)
    raise ValueError(
        n,
    )

def several(n):
    result = helper(
        n
        + 1
    ) + helper(
        2
    )
    values = [
        v
        for v in range(n)
        if v
    ]
    with contextlib.suppress(KeyError), contextlib.suppress(ValueError):
        raise KeyError(n)
    assert result; del values
    return lambda: (
        result
    )

def recurses(n):
    if n == 0:
        return 0
    return 1 + recurses(n - 1)

def counts(n):
    for i in range(n):
        got = yield i
    return n

async def awaits(n):
    total = 0
    for i in range(n):
        await asyncio.sleep(0)
        total += i
    async with asyncio.Lock() as lock:
        total += 1
    return total

def first_loop(n):
    while n:
        n -= 1

def one_line(n): return n + 1

def binds(n):
    items = []
    items.append(n)
    n = None
    del n
    password = "hunter2"
    return items

def long(n):
    for i in range(n):
        x = i
    return x

def naps(n):
    before = n
    time.sleep(n)
    return before
'''

TABLE: list[tuple[str, Callable[[Any], object]]] = [
    ("plain", lambda m: m.plain(3)),
    ("loops", lambda m: m.loops(4)),
    ("branches", lambda m: m.branches(1)),
    ("branches", lambda m: m.branches(2)),
    ("branches", lambda m: m.branches(3)),
    ("handles", lambda m: m.handles(3)),
    ("handles", lambda m: m.handles(4)),
    ("fails", lambda m: m.fails(3)),
    ("several", lambda m: m.several(3)() and None),
    ("recurses", lambda m: m.recurses(3)),
    ("counts", lambda m: list(m.counts(3))),
    ("awaits", lambda m: asyncio.run(m.awaits(2))),
    ("first_loop", lambda m: m.first_loop(3)),
    ("one_line", lambda m: m.one_line(3)),
    ("binds", lambda m: m.binds(3)),
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        yield probed


def trace(shop: Probed, function: str, **fields: Any) -> None:
    chosen: dict[str, Any] = {"id": "t", "kind": "trace", "per_second": None} | fields
    shop.apply(hotlog.Rule(at=shop.at(function), **chosen))


def recorded(code: object, call: Callable[[], object]) -> list[int]:
    """The lines of the first frame of that code, by a plain tracer."""
    lines: list[int] = []
    first: list[FrameType] = []

    def step(frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            lines.append(frame.f_lineno)
        return step

    def called(frame: FrameType, _event: str, _arg: object) -> Any:
        if frame.f_code is code and (not first or first[0] is frame):
            first.append(frame)
            return step
        return None

    sys.settrace(called)
    try:
        call()
    except ValueError:
        pass
    finally:
        sys.settrace(None)
    return lines


def is_followed() -> bool:
    """Whether anything of a trace is there."""
    if sys.version_info >= (3, 12):
        return "hotlog-trace" in [sys.monitoring.get_tool(tool) for tool in range(6)]
    else:  # noqa: RET505  # mypy checks the branch of its own version
        return sys.gettrace() is not None


def the_event(shop: Probed) -> Event:
    [event] = shop.said("trace")
    json.dumps(event, allow_nan=False)
    return event


@pytest.mark.parametrize(("function", "call"), TABLE)
@pytest.mark.long
def test_it_is_line_for_line_what_a_plain_tracer_records(
    shop: Probed, function: str, call: Callable[[Any], object]
) -> None:
    code = getattr(shop.module, function).__code__
    expected = recorded(code, lambda: call(shop.module))
    trace(shop, function)
    shop.invoke(lambda: call(shop.module))
    assert [entry["line"] for entry in the_event(shop)["lines"]] == expected
    assert len(expected) > 0


def test_what_each_line_changed(shop: Probed) -> None:
    trace(shop, "binds")
    assert shop.module.binds(3) == [3]
    event = the_event(shop)
    assert event["args"] == {"n": 3}
    assert [
        {name: value for name, value in entry.items() if name not in {"line", "us"}}
        for entry in event["lines"]
    ] == [
        {"set": {"items": []}},
        {"set": {"items": [3]}},
        {"set": {"n": None}},
        {"unset": ["n"]},
        {"set": {"password": "@redacted"}},
        {},
    ]
    assert event["return"] == [3]
    assert (event["rule"], event["qualname"], event["hit"]) == ("t", "binds", 1)
    first = str(event["lines"][0]["line"])
    assert event["source"][first] == "    items = []"


def test_an_exception_ends_it_and_goes_on(shop: Probed) -> None:
    trace(shop, "fails")
    fault = shop.invoke(lambda: shop.module.fails(3))
    assert isinstance(fault, ValueError)
    event = the_event(shop)
    assert event["error"] == {"type": "ValueError", "message": "3"}
    assert "return" not in event


def test_one_call_is_followed_and_then_nothing_is_left(shop: Probed) -> None:
    before = shop.module.plain.__code__
    trace(shop, "plain")
    for _ in range(3):
        shop.invoke(lambda: shop.module.plain(1))
    assert len(shop.said("trace")) == 1
    assert shop.codes("t")[0] == "exhausted"
    assert shop.module.plain.__code__ is before
    assert not is_followed()


def test_more_calls_where_somebody_asks_for_them(shop: Probed) -> None:
    trace(shop, "plain", limit=2)
    for n in range(4):
        shop.module.plain(n)
    assert [event["args"] for event in shop.said("trace")] == [{"n": 0}, {"n": 1}]


def test_what_is_written_of_it_is_part_of_the_budget(shop: Probed) -> None:
    """Else a hot function pays for thousands of traces more than the budget allows."""
    trace(shop, "plain", limit=None, per_second=None)
    shop.invoke(lambda: None)
    before = shop.context.emit

    def slow(event: Event | Draft) -> bool:
        time.sleep(0.02)
        return before(event)

    shop.context.emit = slow
    shop.invoke(lambda: [shop.module.plain(n) for n in range(100)])
    assert shop.context.spent_ns > limits.INVOCATION_MAX_NS
    assert 3 <= len(shop.said("trace")) <= 13


def test_a_condition_picks_the_call(shop: Probed) -> None:
    trace(shop, "plain", condition="n == 7")
    for n in (1, 7, 8):
        shop.module.plain(n)
    assert the_event(shop)["args"] == {"n": 7}


def test_a_long_call_is_cut_and_ends_all_the_same(shop: Probed) -> None:
    trace(shop, "long")
    assert shop.module.long(10_000) == 9_999
    event = the_event(shop)
    assert len(event["lines"]) == limits.TRACE_MAX_LINES + 1
    assert event["lines"][-1]["@cut"] in {"items", "time"}
    assert event["return"] == 9_999
    assert len(json.dumps(event)) <= limits.EVENT_MAX_BYTES


def test_of_several_threads_the_one_call_is_followed(shop: Probed) -> None:
    trace(shop, "loops", limit=3)
    threads = [threading.Thread(target=shop.module.loops, args=(4,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [[entry["line"] for entry in event["lines"]] for event in shop.said("trace")]
    assert len(found) == 3
    assert found[0] == found[1] == found[2]


def test_the_time_of_a_line_is_its_own(shop: Probed) -> None:
    trace(shop, "naps")
    shop.module.naps(0.05)
    event = the_event(shop)
    assert [entry["us"] >= 50_000 for entry in event["lines"]] == [False, True, False]
    assert event["duration_ms"] >= 50


def test_a_call_that_outlasts_the_invocation_is_told_as_far_as_it_came(shop: Probed) -> None:
    trace(shop, "counts")
    generator = shop.module.counts(3)
    shop.invoke(lambda: next(generator))
    event = the_event(shop)
    assert "ended before" in event["cut"]
    assert not is_followed(), "nobody waits for the rest"
    assert list(generator) == [1, 2]
    assert len(shop.said("trace")) == 1
    assert sys.gettrace() is None


def test_a_tracer_that_is_there_is_left_alone(shop: Probed) -> None:
    trace(shop, "plain")

    def other(_frame: FrameType, _event: str, _arg: object) -> None:
        return None

    sys.settrace(other)
    try:
        assert shop.module.plain(1) == 2
        assert sys.gettrace() is other
    finally:
        sys.settrace(None)
    if sys.version_info >= (3, 12):
        assert len(shop.said("trace")) == 1
    else:
        assert shop.codes("t") == ("installed", "tracer-in-use")


def test_it_has_no_message() -> None:
    with pytest.raises(hotlog.RuleError, match="does not belong to a trace rule"):
        hotlog.Rule(at="app:f", kind="trace", message="x")


@pytest.mark.process
def test_the_bench_follows_with_every_tool_that_is_here() -> None:
    from tests.bench.trace import measured

    found = measured("settrace")
    assert found["us_per_line"] > 0
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.trace", "--worker", "hotlog"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout)["us_per_line"] > 0
