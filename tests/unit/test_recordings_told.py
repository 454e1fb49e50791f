"""Recordings at the desk: put together from their parts, told as a story, walked through; whatever the log holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.agents.event_text import describe_event
from hotlog.client.events.recordings import find_recordings, iter_calls
from hotlog.client.showing.lines import plain_text
from hotlog.client.showing.recording import summarize, tell_recording
from hotlog.client.showing.recording_steps import Stepper
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.client.events.recordings import RecordedInvocation
    from hotlog.events import Event

SHOP = """
PRICES = {"tea": 780, "cup": 650}

def handler(event):
    try:
        return {"statusCode": 201, "total": order(event["lines"])}
    except KeyError as fault:
        return {"statusCode": 404, "missing": str(fault)}

def order(lines):
    total = 0
    for line in lines:
        total += price(line)
    if total > 1000:
        total -= 100
    return total

def price(line):
    quantity = line["quantity"]
    if quantity >= 10:
        return 0
    return PRICES[line["sku"]] * quantity
"""
STORY = """
  handler(event = POST /orders) -> 201
  ├ order(lines = [{'sku': 'tea', 'quantity': 1…) -> 2760
  │ │ total = 0
  │ │ line = {'sku': 'tea', 'quantity': 1}
  │ ├ price -> 780
  │ │ │ quantity = 1
  │ │ │ quantity = 1                    quantity >= 10? on to line 22
  │ │ total 0 -> 780
  │ │ x 3 more, the same way
  │ │ total = 2860                      total > 1000? on to line 15
  │ │ total 2860 -> 2760
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        probed.apply(hotlog.Rule(kind="record", id="w", limit=None, per_second=None))
        yield probed


def record(shop: Probed, *skus: str, **more: Any) -> RecordedInvocation:
    lines = [{"sku": sku, "quantity": 1} for sku in skus]
    event = {"httpMethod": "POST", "path": "/orders", "lines": lines, **more}
    shop.events.clear()
    shop.invoke(partial(shop.module.handler, event), event=event)
    return find_recordings(shop.events)[0]


def tell(recording: RecordedInvocation, most: int | None = None) -> list[str]:
    return [plain_text(line) for line in tell_recording(recording, most)]


def test_a_story_has_a_line_for_what_happened(shop: Probed) -> None:
    recording = record(shop, "tea", "tea", "cup", "cup")
    assert summarize(recording).startswith("POST /orders -> 201 in ")
    module = shop.sample.name
    told = [
        line.partition(f"  {module}.py:")[0].rstrip().replace(f"{module}.", "") for line in tell(recording)
    ]
    assert told == STORY.strip("\n").split("\n")


def test_a_story_tells_where_an_exception_begins_and_no_further(shop: Probed) -> None:
    told = tell(record(shop, "pot"))
    assert "404" in told[0]
    assert [line.split("raised ")[1].split("  ")[0] for line in told if "raised" in line] == [
        "KeyError",
        "KeyError: 'pot'",
    ]


def test_a_long_story_says_how_much_more_there_is(shop: Probed) -> None:
    recording = record(shop, "tea", "tea")
    whole = tell(recording)
    assert tell(recording, 3) == [*whole[:3], f"  … {len(whole) - 3} more: --all"]
    assert tell(recording, len(whole)) == whole


def test_keys_lead_through_a_recording(shop: Probed) -> None:
    stepper = Stepper(record(shop, "tea", "cup"))

    def here() -> str:
        return f"{stepper.steps[stepper.at].call.qualname}:{stepper.steps[stepper.at].line.line}"

    assert here() == "handler:5"
    assert [stepper.move("s"), here()] == [True, "order:11"]
    assert [stepper.move("n"), here()] == [True, "order:12"]
    assert [stepper.move("/total"), here()] == [True, "order:13"]
    assert [stepper.move("s"), here()] == [True, "price:19"]
    assert [stepper.move("u"), here()] == [True, "order:12"]
    assert [stepper.move("g 15"), here()] == [True, "order:15"]
    assert not stepper.move("g 99")
    assert not stepper.move("x")
    screen = "\n".join(plain_text(line) for line in stepper.screen(100))
    assert ">   15  total -= 100" in screen
    assert "total = 1330" in screen
    assert [stepper.move("p"), here()] == [True, "price:19"]


def test_an_agent_reads_a_story(shop: Probed) -> None:
    record(shop, "pot")
    [event] = [each for each in shop.events if each["hotlog"] == "record"]
    told = describe_event(event, "e1.x")
    assert "POST /orders -> 404" in told[0]
    assert told[-1].endswith("[e1.x]")


def test_parts_that_are_missing_are_told(shop: Probed) -> None:
    recording = record(shop, "tea", note="n" * 3_000)
    [event] = [each for each in shop.events if each["hotlog"] == "record"]
    half = len(event["steps"]) // 2
    parts: list[Event] = [
        {**event, "parts": 3, "steps": event["steps"][:half]},
        {
            "hotlog": "record",
            "recording": recording.id,
            "part": 3,
            "parts": 3,
            "steps": event["steps"][half:],
        },
    ]
    [put_together] = find_recordings(reversed(parts))
    assert put_together.missing == 1
    assert put_together.steps == recording.steps
    assert tell(put_together)[-1] == "  … 1 of its parts are not in the log (yet)"
    assert find_recordings(parts[1:]) == []


@pytest.mark.parametrize(
    "steps",
    [
        "no list",
        [None, True, "x", {}, {"line": "x"}, {"call": "x"}, {"call": 99}, {"resume": 7}, {"return": 1}],
        [
            {"call": 0, "args": 7},
            {"line": 3, "set": [], "test": 5, "unset": [1], "raised": "x"},
            {"raise": None},
        ],
        [
            {"thread": 5},
            {"return": {"@same": "nothing"}},
            {"call": 0},
            {"yield": 1},
            {"resume": 0},
            {"resume": -1},
        ],
    ],
)
def test_what_is_no_recording_harms_nobody(steps: object) -> None:
    event = {"hotlog": "record", "recording": "x", "part": 1, "functions": [{"at": 3}, None], "steps": steps}
    for recording in find_recordings([event, {"hotlog": "record"}, {"hotlog": "record", "recording": []}]):
        assert tell(recording) is not None
        assert summarize(recording)
        assert [*Stepper(recording).screen(80)]
        assert len([*iter_calls(recording.calls)]) < 5


def part(number: int, proof: str, *steps: object, parts: int = 3, **more: object) -> Event:
    return {
        "hotlog": "record",
        "recording": "r1",
        "part": number,
        "parts": parts,
        "steps": list(steps),
        **more,
        "proof": proof,
    }


@pytest.mark.parametrize("forged_first", [True, False])
@pytest.mark.parametrize("verdict", ["unproven", "unchecked", "repeated"])
def test_no_other_line_takes_the_place_of_a_proven_part(verdict: str, *, forged_first: bool) -> None:
    true = [part(number, "proven", number, request_id="q1") for number in (1, 2, 3)]
    forged = [part(number, verdict, 90 + number, request_id="q1", kept="failed") for number in (1, 2)]
    told = find_recordings([*forged, *true] if forged_first else [*true, *forged])
    [kept] = [each for each in told if each.event["proof"] == "proven"]
    assert (kept.steps, kept.missing) == ([1, 2, 3], 0)
    assert "kept" not in kept.event
    others = [each.steps for each in told if each is not kept]
    assert others == ([] if verdict == "repeated" else [[91, 92]])


def test_a_part_without_a_proof_fills_no_gap_of_a_proven_recording() -> None:
    told = find_recordings([part(1, "proven", 1), part(2, "unproven", 92), part(3, "proven", 3)])
    assert [(each.steps, each.missing) for each in told] == [([1, 3], 1)]
