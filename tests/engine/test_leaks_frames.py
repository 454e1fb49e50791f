"""Kinds that look at other people's frames, or hold back what they saw: nothing secret comes out, and nobody's code runs.

A time-out shows threads, tasks and outer frames; a trace shows each line; a ring keeps events for later. The secrets
come in from outside, so that no line of source holds them.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config
from tests.support.probed import Probed
from tests.unit.test_capture import NASTY, armed, ran, tattling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotlog.events import Event


SECRET = "k7QmW2xN9vR4tY8bL3jH6"  # noqa: S105  # made up
OTHER = "plain-as-a-word"  # hidden by name alone
NUMBER = 748213956
CONFIG = Config(secrets=(SECRET, str(NUMBER)))
STUCK_S = 1.5  # in a process with many objects, and beside others, a look takes its time

APP = """
import asyncio
import json
import threading
import time

NAMES = ()

def inner(renamed, stuck_s):
    mine = {"api_key": renamed, "pieces": [renamed, renamed.encode()], renamed: 1}
    time.sleep(stuck_s)  # <inner>
    return renamed

def thread(secret, db_password, number, stuck_s):
    password, user = db_password, "ana"
    held, price = [secret, number], number + 0.0
    other = threading.Thread(target=inner, args=(secret, stuck_s), name="worker " + secret)
    other.start()
    other.join()

async def waits(copied, db_password, stuck_s):
    token, user = db_password, "ana"
    await asyncio.sleep(stuck_s)

def tasks(secret, db_password, number, stuck_s):
    async def both():
        password, copied = db_password, secret
        await asyncio.gather(
            *(asyncio.create_task(waits(secret, db_password, stuck_s), name=name) for name in NAMES)
        )
    asyncio.run(both())

class Login(Exception):
    def __init__(self, user, password):
        super().__init__("password", password)
        self.user, self.password = user, password

def login(given, db_password):
    user = "ana"
    for password in (db_password, db_password + "!"):
        copied = given + "x"
    pair = ("password", password)
    joined = json.dumps({"password": db_password, "given": given})
    try:
        raise ValueError(given)
    except ValueError as fault:
        raise Login(user, db_password) from fault  # <raise>

def get_password(db_password):
    return db_password

def literal(number):
    db_password = "correct-horse"
    return number

def returns(given, db_password):
    user = "ana"
    return {"password": db_password, "innocent": given}

def trace(secret, db_password, number, stuck_s):
    get_password(db_password)
    returns(secret, db_password)
    login(secret, db_password)

def shows(value, stuck_s=0):
    kept = value  # <value>
    time.sleep(stuck_s)  # <stuck>
    return kept

def ends(value, stuck_s=0):
    kept = value
    raise KeyError(kept)  # <ends>

def yields(value):
    for at in range(2):
        kept = [value, at]
        sent = yield kept
    return value

async def awaited(value):
    kept = value
    await asyncio.sleep(0)
    return kept

async def yields_later(value):
    for at in range(2):
        kept = {"at": at, "value": value}
        await asyncio.sleep(0)
        yield kept

def generator(value, stuck_s=0):
    return list(yields(value))

def driven(waiting):
    # A loop of asyncio would print what its tasks return.
    try:
        while True:
            waiting.send(None)
    except StopIteration as end:
        return end.value

def coroutine(value, stuck_s=0):
    return driven(awaited(value))

def async_generator(value, stuck_s=0):
    async def read():
        return [one async for one in yields_later(value)]
    return driven(read())
"""


class Named:
    """What `str` makes of it is a text with methods of its own."""

    def __str__(self) -> str:
        name: str = str.__new__(tattling(str), "listener")
        return name


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, APP, CONFIG) as probed:
        yield probed


def without_end(**fields: Any) -> hotlog.Rule:
    return hotlog.Rule(**{"limit": None, "per_second": None} | fields)


def assert_nothing_leaks(events: list[Event]) -> None:
    text = json.dumps(events, allow_nan=False)
    pieces = [SECRET[at : at + 5] for at in range(len(SECRET) - 4)]
    assert [piece for piece in (*pieces, OTHER, str(NUMBER)) if piece in text] == []
    assert "ana" in text
    for event in events:
        assert len(json.dumps(event, separators=(",", ":"))) <= limits.EVENT_MAX_BYTES


@pytest.mark.parametrize("how", ["thread", "tasks"])
@pytest.mark.long
def test_a_time_out_lets_nothing_out_of_threads_tasks_and_their_names(app: Probed, how: str) -> None:
    app.module.NAMES = (SECRET, "x" * 600_000, Named())
    app.apply(without_end(id="t", kind="timeout", margin_ms=1_200))
    ran.clear()
    app.invoke(lambda: getattr(app.module, how)(SECRET, OTHER, NUMBER, STUCK_S), timeout_s=STUCK_S)
    events = app.said("timeout")
    assert (len(events), ran) == (1, [])
    assert_nothing_leaks(events)
    assert [
        each for each in events[0]["threads"] if len(each.get("task", "")) > limits.STRING_MAX_CHARS + 60
    ] == []
    assert len([each for each in events[0]["threads"] if "task" in each]) == (4 if how == "tasks" else 0)


@pytest.mark.long
def test_of_libraries_only_places_are_shown(app: Probed) -> None:
    app.module.NAMES = ("one",)
    app.apply(without_end(id="t", kind="timeout", margin_ms=1_200))
    app.invoke(lambda: app.module.tasks(SECRET, OTHER, NUMBER, STUCK_S), timeout_s=STUCK_S)
    [event] = app.said("timeout")
    frames = [frame for each in event["threads"] for frame in each["frames"]]
    with_variables = {frame["at"].partition(":")[0] for frame in frames if "vars" in frame}
    assert with_variables == {app.sample.file}
    assert [frame for frame in frames if "vars" not in frame], "the loop waits somewhere in a library"


def test_a_trace_lets_nothing_out_and_stays_in_its_function(app: Probed) -> None:
    names = ("login", "get_password", "returns")
    app.apply(*(without_end(id=name, kind="trace", at=app.at(name)) for name in names))
    app.invoke(lambda: app.module.trace(SECRET, OTHER, NUMBER, 0))
    events = app.said("trace")
    assert {event["rule"] for event in events} == set(names)
    assert_nothing_leaks(events)
    lines = app.sample.source.split("\n")
    for event in events:
        assert {int(line) for line in event["source"]} == {entry["line"] for entry in event["lines"]}
        start = next(number for number, line in enumerate(lines, 1) if f"def {event['rule']}(" in line)
        assert all(start < entry["line"] < start + 12 for entry in event["lines"])


def test_a_trace_does_not_quote_a_secret_of_the_source(app: Probed) -> None:
    app.apply(without_end(id="t", kind="trace", at=app.at("literal")))
    app.invoke(lambda: app.module.literal(1))
    [event] = app.said("trace")
    assert "db_password" in json.dumps(event["source"])
    assert "horse" not in json.dumps(event)


def test_a_ring_lets_nothing_out(app: Probed) -> None:
    message = "{given} {pair} {joined} {user} {copied}"
    app.apply(without_end(id="r", at=app.sample.at("raise"), ring=3, snapshot=True, stack=9, message=message))
    app.invoke(lambda: app.module.trace(SECRET, OTHER, NUMBER, 0))
    events = app.said("log")
    assert len(events) == 1
    assert_nothing_leaks(events)


KINDS: dict[str, Callable[[Probed], dict[str, Any]]] = {
    "timeout": lambda _app: {"kind": "timeout", "margin_ms": 20, "message": "{value}", "watch": {"v": "[value]"}},
    "trace": lambda app: {"kind": "trace", "at": app.at("shows")},
    "trace that fails": lambda app: {"kind": "trace", "at": app.at("ends")},
    "ring": lambda app: {"at": app.sample.at("ends"), "ring": 5, "snapshot": True, "message": "{value}"},
    "error": lambda _app: {"kind": "error", "message": "{@exception} {value}"},
    "error of a function": lambda app: {"kind": "error", "at": app.at("ends"), "message": "{@exception} {kept}"},
    "call": lambda app: {"kind": "call", "at": app.at("shows"), "message": "{@return} {value}", "snapshot": True},
    "call that fails": lambda app: {"kind": "call", "at": app.at("ends"), "message": "{@exception}"},
    "trace, generator": lambda app: {"kind": "trace", "at": app.at("yields")},
    "trace, coroutine": lambda app: {"kind": "trace", "at": app.at("awaited")},
    "trace, async_generator": lambda app: {"kind": "trace", "at": app.at("yields_later")},
    "call, generator": lambda app: {"kind": "call", "at": app.at("yields"), "message": "{@return} {value}"},
    "metric of a value": lambda app: {"kind": "metric", "at": app.sample.at("value"), "metric": "M", "value": "value"},
    "metric of a length": lambda app: {"kind": "metric", "at": app.sample.at("value"), "metric": "M", "value": "len(value) + sum(value)"},
    "metric of a comparison": lambda app: {"kind": "metric", "at": app.sample.at("value"), "metric": "M", "value": "value > 1", "condition": "value is not None and value != 3"},
    "metric": lambda app: {
        "kind": "metric", "at": app.sample.at("value"), "metric": "M", "dimensions": {"d": "value", "t": "type(value)", "l": "[value]"},
    },
}  # fmt: skip


@pytest.mark.in_part(2)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.long
def test_no_kind_runs_anything_of_a_nasty_object(app: Probed, kind: str) -> None:
    app.apply(without_end(id="r", **KINDS[kind](app)))
    fails = "fails" in kind or kind in {"ring", "error", "error of a function"}
    call = getattr(app.module, kind.partition(", ")[2] or ("ends" if fails else "shows"))
    stuck_s = 0.03 if kind == "timeout" else 0
    for name, make in NASTY.items():
        value = make()
        with armed():
            app.invoke(partial(call, value, stuck_s), timeout_s=stuck_s or 3.0)
            assert ran == [], name
    emitted = [event for event in app.events if event["hotlog"] not in {"status", "counts"}]
    assert app.codes("r")[0] == "installed"
    if kind in {"metric of a value", "metric of a length"}:  # of a number with methods of its own the number
        assert app.agent.status()["r"].hits == len(NASTY)
        assert all(type(event["M"]) in {int, float} for event in emitted)
    else:
        assert len(emitted) >= (1 if "metric" in kind else len(NASTY) if ", " in kind else len(NASTY) // 2)
    for event in emitted:
        assert len(json.dumps(event, allow_nan=False, separators=(",", ":"))) <= limits.EVENT_MAX_BYTES
