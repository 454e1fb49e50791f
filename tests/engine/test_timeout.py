"""Time-outs: shortly before the end, where every thread is stuck; and nothing at all where there was no time-out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.hits.watchdog import NAME, Watchdog
from tests.support.places import ROOT
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event


STUCK_S = 1.2
TIMEOUT_S = 1.2
MARGIN_MS = 1_000  # a busy machine may look that much later

SHOP = """
import asyncio
import ctypes
import socket
import subprocess
import sys
import threading
import time

def busy(stuck_s):
    end = time.monotonic() + stuck_s
    n = 0
    while time.monotonic() < end: n += 1  # <busy>
    return n

def sleep(stuck_s):
    mine = "sleep"
    time.sleep(stuck_s)  # <sleep>

def read(stuck_s):
    mine, theirs = socket.socketpair()
    threading.Timer(stuck_s, theirs.close).start()
    with mine, theirs:
        return mine.recv(1)  # <read>

def lock(stuck_s):
    held = threading.Lock()
    with held:
        threading.Timer(stuck_s, held.release).start()
        held.acquire()  # <lock>

def wait(stuck_s):
    with subprocess.Popen([sys.executable, "-S", "-c", f"import time; time.sleep({stuck_s})"]) as child:
        return child.wait()  # <wait>

async def ask(stuck_s):
    answer = None
    await asyncio.sleep(stuck_s)  # <loop>

async def both(stuck_s):
    other = asyncio.create_task(listen(), name="listener")
    await ask(stuck_s)  # <both>
    other.cancel()

async def listen():
    await asyncio.Event().wait()  # <listen>

def loop(stuck_s):
    asyncio.run(both(stuck_s))

def thread(stuck_s):
    work = threading.Thread(target=sleep, args=(stuck_s,), name="worker")
    work.start()
    work.join()  # <join>

def holds(stuck_s):
    interpreter_stays_locked = ctypes.PyDLL(None)
    interpreter_stays_locked.usleep(int(stuck_s * 1_000_000))
    time.sleep(stuck_s)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        yield probed


def rule(**fields: Any) -> hotlog.Rule:
    chosen: dict[str, Any] = {"id": "t", "kind": "timeout", "margin_ms": MARGIN_MS, "per_second": None}
    return hotlog.Rule(**chosen | fields)


def stuck(shop: Probed, how: str, stuck_s: float = STUCK_S) -> Event:
    shop.invoke(lambda: getattr(shop.module, how)(stuck_s), timeout_s=TIMEOUT_S)
    [event] = shop.said("timeout")
    json.dumps(event, allow_nan=False)
    return event


def watchdogs() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


@pytest.mark.parametrize(
    "how", ["busy", "sleep", "read", "lock", pytest.param("wait", marks=pytest.mark.process), "loop"]
)
@pytest.mark.long
def test_it_says_where_the_invocation_is_stuck(shop: Probed, how: str) -> None:
    shop.apply(rule())
    event = stuck(shop, how)
    assert event["at"] == shop.sample.at(how)
    assert event["qualname"] == {"loop": "ask"}.get(how, how)
    inner = next(frame for frame in event["threads"][0]["frames"] if "vars" in frame)
    assert inner["vars"]["stuck_s"] == STUCK_S
    assert 0 < event["left_ms"] <= MARGIN_MS
    assert (event["request_id"], event["hit"]) == ("request-1", 1)


@pytest.mark.long
def test_every_thread_and_every_task_is_told(shop: Probed) -> None:
    shop.apply(rule(limit=None))
    threads = stuck(shop, "thread")["threads"]
    assert [each["thread"] for each in threads][:2] == ["MainThread", "worker"]
    [worker] = [frame for frame in threads[1]["frames"] if "vars" in frame]
    assert (worker["at"], worker["vars"]) == (shop.sample.at("sleep"), {"stuck_s": STUCK_S, "mine": "sleep"})
    shop.events.clear()
    tasks = [each for each in stuck(shop, "loop")["threads"] if "task" in each]
    shown = [[frame["at"] for frame in each["frames"] if "vars" in frame] for each in tasks]
    assert shown == [[shop.sample.at("loop"), shop.sample.at("both")], [shop.sample.at("listen")]]
    assert tasks[1]["task"] == "listener"


def test_the_thread_is_there_only_while_a_rule_needs_it(shop: Probed) -> None:
    assert watchdogs() == []
    shop.apply(rule())
    assert watchdogs() == [], "nobody knows of a deadline yet"
    shop.invoke(lambda: None)
    assert len(watchdogs()) == 1
    shop.apply()
    assert watchdogs() == []


@pytest.mark.long
def test_what_ends_in_time_says_nothing(shop: Probed) -> None:
    shop.apply(rule())
    shop.invoke(lambda: time.sleep(0.05), timeout_s=TIMEOUT_S)
    time.sleep(TIMEOUT_S)
    assert shop.said("timeout") == []
    assert shop.agent.status()["t"].hits == 0


def test_an_exception_ends_it_in_time_too(shop: Probed) -> None:
    shop.apply(rule())
    shop.invoke(lambda: 1 / 0, timeout_s=0.1)
    time.sleep(0.2)
    assert shop.said("timeout") == []


def just_in_time(shop: Probed, invocations: int) -> None:
    """Invocations that end a moment before the look; what comes too late of itself, on a busy machine, may be told."""
    shop.apply(rule(margin_ms=1, limit=None))
    context = shop.context
    late = set()

    def handler() -> None:
        at_s = context.invocation.deadline - 0.001
        while time.monotonic() < at_s - 0.000_5:
            pass

    for number in range(invocations):
        deadline_s = time.monotonic() + 0.004
        shop.invoke(handler, timeout_s=0.004, request_id=str(number))
        if time.monotonic() >= deadline_s - 0.001:
            late.add(str(number))
    assert {event["request_id"] for event in shop.said("timeout")} <= late
    assert len(late) < invocations, "none ended in time: the machine is too busy to tell"


@pytest.mark.long
def test_invocations_that_end_just_in_time(shop: Probed) -> None:
    just_in_time(shop, 300)


@pytest.mark.slow
def test_ten_thousand_invocations_that_end_just_in_time(shop: Probed) -> None:
    just_in_time(shop, 10_000)


FROZEN = """
import sys, time
import hotlog
from hotlog.config import Config
from hotlog.events import Invocation

events = []
with hotlog.Agent(sink=events.append, root=".", config=Config()) as agent:
    def invoke(deadline_s):
        agent.begin(Invocation(request_id="r", deadline=time.monotonic() + deadline_s))
        agent.settle()
        agent.end()
    agent.apply([hotlog.Rule(kind="timeout", margin_ms=100)])
    invoke(0.3)
    print("frozen", flush=True)
    sys.stdin.readline()
    for _ in range(50):
        invoke(60)
    time.sleep(0.2)
print([event for event in events if event["hotlog"] == "timeout"], flush=True)
"""


@pytest.mark.process
def test_nothing_goes_off_after_a_freeze() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FROZEN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "frozen\n"
        child.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        child.send_signal(signal.SIGCONT)
        said, _ = child.communicate("\n", timeout=30)
    assert said == "[]\n"


@pytest.mark.long
def test_a_look_that_comes_late_says_what_kept_it(shop: Probed) -> None:
    """The call holds it for a time by the clock, however much of the machine the test gets."""
    shop.apply(rule())
    event = stuck(shop, "holds", TIMEOUT_S * 0.75)
    assert event["late_ms"] > limits.TIMEOUT_LATE_MS
    assert "held the interpreter" in event["note"]


@pytest.mark.long
def test_a_condition_reads_the_frame_that_is_stuck(shop: Probed) -> None:
    shop.apply(rule(condition="mine == 'sleep'", message="{stuck_s} s"))
    assert stuck(shop, "sleep")["message"] == f"{STUCK_S} s"
    shop.apply(rule(condition="mine == 'read'"))
    shop.invoke(lambda: shop.module.sleep(STUCK_S), timeout_s=TIMEOUT_S)
    assert len(shop.said("timeout")) == 1


@pytest.mark.long
def test_a_margin_that_leaves_no_time_is_half_of_it(shop: Probed) -> None:
    shop.apply(rule(margin_ms=10_000))
    event = stuck(shop, "sleep")
    assert 0 < event["left_ms"] <= TIMEOUT_S * 500


def test_without_a_deadline_there_is_nothing_to_watch(shop: Probed) -> None:
    from hotlog.events import Invocation

    shop.apply(rule())
    shop.agent.begin(Invocation(request_id="r"))
    assert watchdogs() == []


def test_a_rule_that_comes_when_the_invocation_is_over_does_not_look_at_it(shop: Probed) -> None:
    shop.apply(rule(id="before", margin_ms=1))
    shop.invoke(lambda: None, timeout_s=0.05)
    time.sleep(0.06)
    shop.apply(rule(margin_ms=1))
    time.sleep(0.1)
    assert shop.said("timeout") == []
    assert watchdogs() == []


@pytest.mark.process
def test_a_forked_child_has_a_watchdog_of_its_own(shop: Probed) -> None:
    shop.apply(rule())
    shop.invoke(lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # 3.12 and later: other threads run; none holds a lock here
        child = os.fork()
    if child == 0:
        shop.invoke(lambda: shop.module.sleep(STUCK_S), timeout_s=TIMEOUT_S)
        os._exit(len(shop.said("timeout")))
    _, ended = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(ended) == 1


def test_it_has_no_target() -> None:
    with pytest.raises(hotlog.RuleError) as fault:
        rule(at="app.py:1")
    assert fault.value.code == "bad-target"


def test_an_alarm_goes_off_unless_it_is_disarmed() -> None:
    watchdog, gone_off = Watchdog(), []
    first, second = object(), object()
    at_s = time.monotonic() + 0.05
    watchdog.arm(first, at_s, lambda _: gone_off.append("first"))
    watchdog.arm(second, at_s, lambda _: gone_off.append("second"))
    watchdog.disarm(first)
    deadline_s = time.monotonic() + 5
    while not gone_off and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert gone_off == ["second"]
    watchdog.leave(first)
    assert len(watchdogs()) == 1
    watchdog.leave(second)
    assert watchdogs() == []


def test_an_earlier_alarm_wakes_the_thread() -> None:
    watchdog, gone_off = Watchdog(), threading.Event()
    late, early = object(), object()
    watchdog.arm(late, time.monotonic() + 600, lambda _: None)
    time.sleep(0.05)  # the thread waits for that one now
    watchdog.arm(early, time.monotonic() + 0.01, lambda _: gone_off.set())
    assert gone_off.wait(5)
    watchdog.leave(late)
    watchdog.leave(early)
