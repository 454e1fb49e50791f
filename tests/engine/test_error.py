"""Errors: the exception that the handler, or a function, ends in, with the variables of every frame it passed."""

from __future__ import annotations

import gc
import json
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import events, limits
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event


SHOP = """
import json
import sys
import time

class Refused(Exception):
    def __init__(self, order, password):
        super().__init__(f"order {order}")
        self.order, self.password = order, password

    def __str__(self):
        raise AssertionError("code of the application's ran")

def handler(event):
    password = "hunter2"
    return place(event["order"])  # <handler>

def place(order):
    kind = type(order).__name__
    return load(order)  # <place>

def load(order):
    if order == 1:
        raise Refused(order, "hunter2")  # <refused>
    if order == 2:
        return json.loads("{")  # <library>
    if order == 3:
        try:
            {}["token"]
        except KeyError as fault:
            raise ValueError("no", order) from fault
    if order == 4:
        try:
            1 / 0
        finally:
            raise OSError(2, "gone", "file.txt")
    if order == 5:
        raise KeyboardInterrupt
    if order == 6:
        return deep(50)
    return order

def pile(n, text):
    a = b = c = list(text)
    return pile(n - 1, text) if n else 1 / 0

def numbers(n=25):
    v0 = v1 = v2 = v3 = v4 = v5 = v6 = v7 = v8 = v9 = "x" * 500
    w0 = w1 = w2 = w3 = w4 = w5 = w6 = w7 = w8 = w9 = "y" * 500
    return numbers(n - 1) if n else 1 / 0

def deep(n):
    mine = n
    return deep(n - 1) if n else 1 / 0
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        yield probed


def rule(**fields: Any) -> hotlog.Rule:
    return hotlog.Rule(**{"id": "e", "kind": "error"} | fields)


def order(shop: Probed, number: int) -> object:
    return shop.invoke(lambda: shop.module.handler({"order": number}))


def the_event(shop: Probed) -> Event:
    [event] = shop.said("error")
    json.dumps(event, allow_nan=False)
    return event


def test_every_frame_of_the_application_shows_its_variables_innermost_first(shop: Probed) -> None:
    shop.apply(rule())
    fault = order(shop, 1)
    assert type(fault) is shop.module.Refused
    event = the_event(shop)
    assert [(frame["at"], frame["qualname"]) for frame in event["frames"]] == [
        (shop.sample.at("refused"), "load"),
        (shop.sample.at("place"), "place"),
        (shop.sample.at("handler"), "handler"),
    ]
    assert [frame["vars"] for frame in event["frames"]] == [
        {"order": 1},
        {"order": 1, "kind": "int"},
        {"event": {"order": 1}, "password": "@redacted"},
    ]
    assert (event["at"], event["qualname"]) == (shop.sample.at("refused"), "load")
    assert event["error"] == {
        "type": f"{shop.sample.name}.Refused",
        "message": "order 1",
        "fields": {"order": 1, "password": "@redacted"},
    }
    assert (event["rule"], event["request_id"], event["hit"]) == ("e", "request-1", 1)


def test_it_comes_once_and_only_when_something_is_raised(shop: Probed) -> None:
    shop.apply(rule())
    assert order(shop, 0) == 0
    assert shop.said("error") == []
    order(shop, 1)
    assert len(shop.said("error")) == 1


def test_of_a_library_only_the_place_is_told_that_raised(shop: Probed) -> None:
    shop.apply(rule())
    order(shop, 2)
    event = the_event(shop)
    assert [frame["qualname"] for frame in event["frames"]][1:] == ["load", "place", "handler"]
    assert "vars" not in event["frames"][0]
    assert event["at"] == shop.sample.at("library")
    assert event["error"]["type"] == "json.decoder.JSONDecodeError"


@pytest.mark.parametrize(
    ("number", "message", "chain"),
    [
        (3, "('no', 3)", [{"how": "cause", "type": "KeyError", "message": "'token'"}]),
        (4, "[Errno 2] gone: 'file.txt'", None),
        (5, "", None),
    ],
)
def test_an_error_tells_what_it_came_from(
    shop: Probed, number: int, message: str, chain: list[Event] | None
) -> None:
    shop.apply(rule())
    order(shop, number)
    error = the_event(shop)["error"]
    assert error["message"] == message
    if chain is not None:
        assert [{key: each[key] for key in ("how", "type", "message")} for each in error["chain"]] == chain


def test_a_cycle_of_causes_ends(shop: Probed) -> None:
    shop.apply(rule())
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    def fails() -> None:
        raise first

    shop.invoke(fails)
    assert [each["message"] for each in the_event(shop)["error"]["chain"]] == ["second"]


def test_the_frames_are_bounded(shop: Probed) -> None:
    shop.apply(rule())
    order(shop, 6)
    frames = the_event(shop)["frames"]
    assert [frame.get("vars") for frame in frames[:2]] == [{"n": 0, "mine": 0}, {"n": 1, "mine": 1}]
    assert frames[limits.ERROR_MAX_FRAMES :] == [{"@cut": "items", "@len": 54}]


def test_a_large_error_is_cut_evenly_and_keeps_all_places(shop: Probed) -> None:
    shop.apply(rule())
    shop.invoke(lambda: shop.module.pile(12, ["x" * 500] * 50))
    event = the_event(shop)
    assert len(json.dumps(event)) <= limits.EVENT_MAX_BYTES
    # The frame of the lambda that called it is not the application's.
    assert [frame["qualname"] for frame in event["frames"]] == ["pile"] * 13
    assert event["frames"][0]["vars"]["n"] == 0
    shown = [len(frame["vars"]["a"]) for frame in event["frames"]]
    assert max(shown) - min(shown) <= 3
    assert min(shown) > 1


CONDITIONS = [
    ("type(@exception).__name__ == 'Refused'", [1]),
    ("order == 3", [3]),
    ("@event['order'] == 2", [2]),
    ("isinstance(@exception, ValueError)", [2, 3]),
]


@pytest.mark.parametrize(("condition", "numbers"), CONDITIONS)
def test_a_condition_reads_the_innermost_frame_and_the_exception(
    shop: Probed, condition: str, numbers: list[int]
) -> None:
    shop.apply(rule(condition=condition, message="order {order}", per_second=None))
    for number in (1, 2, 3):
        shop.invoke(lambda: shop.module.handler({"order": number}), event={"order": number})  # noqa: B023
    assert [event["message"] for event in shop.said("error")] == [f"order {number}" for number in numbers]


def test_nothing_of_the_exception_is_kept(shop: Probed) -> None:
    shop.apply(rule())
    fault = order(shop, 1)
    gone = weakref.ref(fault)
    assert the_event(shop)
    del fault
    gc.collect()
    assert gone() is None


def test_limit_and_rate_hold(shop: Probed) -> None:
    shop.apply(rule(limit=2, per_second=None))
    for _ in range(4):
        order(shop, 1)
    assert len(shop.said("error")) == 2
    assert shop.codes("e")[0] == "exhausted"


def test_an_error_outside_of_the_application_has_frames_without_variables(shop: Probed) -> None:
    shop.apply(rule())

    def fails() -> None:
        raise ValueError("mine")

    shop.invoke(fails)
    [frame] = the_event(shop)["frames"]
    assert frame.keys() == {"at", "qualname"}


def test_whatever_an_event_holds_it_fits_into_a_line(shop: Probed) -> None:
    shop.apply(rule())
    shop.invoke(shop.module.numbers)
    event = the_event(shop)
    assert len(json.dumps(event, separators=(",", ":"))) <= limits.EVENT_MAX_BYTES
    assert len(event["frames"]) == limits.ERROR_MAX_FRAMES + 1


def test_an_event_that_is_too_long_loses_variables_from_the_outermost_frame_on() -> None:
    frames = [{"at": f"app.py:{n}", "qualname": "f", "vars": {"text": "x" * 20_000}} for n in range(5)]
    line = events.fit_line(json.dumps({"hotlog": "error", "frames": frames}))
    assert len(line) <= limits.EVENT_MAX_BYTES
    left = json.loads(line)["frames"]
    assert [frame["at"] for frame in left] == [f"app.py:{n}" for n in range(5)]
    assert [frame["vars"].get("@cut") for frame in left] == [None, None, None, "size", "size"]


def test_a_recursion_that_fails_costs_what_its_levels_cost(shop: Probed) -> None:
    """Each level is a hit of the rule, with as many frames below it: to look at all of them at each takes minutes."""
    shop.apply(rule(at=shop.at("deep")))
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        began = time.process_time()
        shop.invoke(lambda: shop.module.deep(4_000))
        took_s = time.process_time() - began
    finally:
        sys.setrecursionlimit(before)
    assert len(shop.said("error")) >= 1
    assert took_s < 1.0
