"""`hotlog why` and `hotlog suspects`, as a person types them."""

from __future__ import annotations

import json
import shlex
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hotlog.client.comparing.suspects import rank_suspects
from hotlog.client.comparing.tell_suspects import as_json, propose, tell_suspects
from hotlog.client.showing.lines import plain_text
from hotlog.interpreter.quirks import HAS_MONITORING
from tests.support.agents import order
from tests.support.cli import hotlog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.agents import World

pytestmark = pytest.mark.process

TRACEBACK = """\
[ERROR] KeyError: 'quantity'
Traceback (most recent call last):
  File "/var/task/app.py", line {handler}, in handler
    return ROUTES[event["routeKey"]](event)
           ~~~~~~~~~~~~~~~~~~~~~~~~~^^^^^^^
  File "/var/task/app.py", line {line}, in place_order
    lines = [stock.Line(line["sku"], line["quantity"]) for line in order.get("lines", [])]
                                     ~~~~^^^^^^^^^^^^
"""


def line_of(world: World, text: str) -> int:
    lines = (world.folder / "app.py").read_text().split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.fixture
def there(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that lead a command to the rules of the function."""
    monkeypatch.chdir(world.folder)
    return ["--store", world.client.desk.options.url]


def fail_once(world: World) -> None:
    """Three good requests and one that fails."""
    for sku, count in (("tea-assam", 2), ("cup-glass", 1), ("tea-assam", 3)):
        world.invoke(order((sku, count)))
    world.invoke("order-raises")


def test_what_was_recorded_is_explained(world: World, there: list[str]) -> None:
    world.client.change("orders", add=[{"kind": "record", "keep": "failed", "id": "rec"}])
    fail_once(world)
    ran = hotlog("why", "orders", *there)
    assert ran.code == 0, ran.err
    assert "First step that no good one took:" in ran.out
    guilty = line_of(world, "lines = [stock.Line(")
    assert f" >{guilty:>5}  " in ran.out
    assert "has no 'quantity'; good: always there" in ran.out
    assert f"Next: hotlog add orders app.py:{guilty} " in ran.out
    data = json.loads(hotlog("why", "orders", "--json", *there).out)
    assert data["verdict"] == "step"
    assert data["places"] == [f"app.py:{guilty}"]
    same = hotlog("why", "orders", "--request", data["request"][:8], *there)
    assert same.out == ran.out
    beside = hotlog("why", "orders", "--request", data["request"], "--against", data["request"], *there)
    assert "Bad and good took the same " in beside.out
    missing = hotlog("why", "orders", "--request", "nonsense", *there)
    assert (missing.code, "[missing]" in missing.err) == (1, True)
    assert f"recordings of {data['request'][:8]}" in missing.err


def test_of_a_rule_that_keeps_all_what_failed_is_bad_and_never_good(world: World, there: list[str]) -> None:
    world.client.change("orders", add=[{"kind": "record", "limit": 50, "per_second": 100, "id": "rec"}])
    world.invoke("order-raises")
    alone = hotlog("why", "orders", *there)
    assert (alone.code, "No good request is recorded" in alone.out) == (1, True)
    request = json.loads(hotlog("why", "orders", "--json", *there).out)["request"]
    world.invoke("order-raises")
    assert json.loads(hotlog("why", "orders", "--request", request, "--json", *there).out)["good"] == 0
    world.invoke(order(("tea-assam", 2)))
    ran = hotlog("why", "orders", "--request", request, *there)
    assert "Compared with 1 good one" in ran.out
    assert "has no 'quantity'; good: always there" in ran.out
    next_words = ran.out.splitlines()[-1].removeprefix("Next: hotlog ")
    assert there[1] in next_words  # to be copied
    assert hotlog(*shlex.split(next_words.replace("--tail", ""))).code == 0


def test_without_a_recording_it_records_until_one_is_bad_and_takes_the_recorder_away(
    world: World, there: list[str]
) -> None:
    def come() -> None:
        until_s = time.monotonic() + 30
        while not world.rules() and time.monotonic() < until_s:
            time.sleep(0.05)
        for _ in range(2):
            fail_once(world)

    requests = threading.Thread(target=come)
    requests.start()
    ran = hotlog("why", "orders", "--for", "30s", *there)
    requests.join()
    assert ran.code == 0, ran.err
    assert "recording until one is bad" in ran.err
    assert "Removed the recorder." in ran.err
    assert "First step that no good one took:" in ran.out
    assert world.rules() == []


def test_where_no_bad_request_comes_it_says_so(world: World, there: list[str]) -> None:
    ran = hotlog("why", "orders", "--for", "1s", *there)
    assert ran.code == 1
    assert "No bad request came." in ran.err
    assert world.rules() == []


def test_a_traceback_becomes_rules_once_somebody_agrees(world: World, there: list[str]) -> None:
    handler, guilty = line_of(world, "return ROUTES["), line_of(world, "lines = [stock.Line(")
    text = TRACEBACK.format(handler=handler, line=guilty)
    pasted = world.client.read_traceback("orders", text, group="why-1", source=world.folder)
    assert pasted.error == "KeyError: 'quantity'"
    assert [(frame.file, frame.line) for frame in pasted.frames] == [("app.py", guilty), ("app.py", handler)]
    assert [rule["message"] for rule in pasted.rules] == ["order={order!r}", "event={event!r}"]
    assert world.rules() == []
    world.client.change("orders", add=pasted.rules)
    assert {rule.group for rule in world.rules()} == {"why-1"}
    assert all(rule.limit == 20 for rule in world.rules())


@pytest.mark.skipif(HAS_MONITORING, reason="branches are told of")
def test_suspects_on_a_python_that_tells_of_no_branch_names_why(world: World, there: list[str]) -> None:
    requests = threading.Timer(1, world.invoke, [order(("tea-assam", 2))])
    requests.start()
    ran = hotlog("suspects", "orders", "--for", "20s", *there)
    requests.join()
    assert ran.code == 2
    assert ran.out == ""
    assert "hotlog why" in ran.err
    assert "[cannot-monitor]" in ran.err
    assert world.rules() == []


def test_counting_is_left_on_and_read(world: World, there: list[str]) -> None:
    ran = hotlog("suspects", "orders", "--for", "1d", "--detach", *there)
    assert (ran.code, ran.out.strip()) == (0, world.rules()[0].id)
    again = hotlog("suspects", "orders", *there)
    assert "No bad among 0: too few to tell" in again.out
    assert f"Ends it: hotlog rm orders {world.rules()[0].id}" in again.err
    assert len(world.rules()) == 1


def event_of(good: int, bad: int, *ways: dict[str, object]) -> dict[str, object]:
    return {
        "hotlog": "suspects",
        "invocations": {"good": good, "bad": bad},
        "reached": [{"at": "stock.py:50", "qualname": "reserved", "ways": list(ways)}],
    }


RAISED = {"line": 54, "span": [54, 11, 54, 28], "raised": "TypeError", "good": 0, "bad": 11, "order": 9}
TAKEN = {"line": 55, "span": [55, 11, 55, 20], "way": "true", "good": 98, "bad": 11, "order": 3}


def test_counts_of_several_environments_are_one(tmp_path: Path) -> None:
    texts = {54: "line.quantity < 1", 55: "len(lines)"}
    events = [event_of(100, 11, RAISED, TAKEN), event_of(92, 11, RAISED, {**TAKEN, "good": 0})]
    found = rank_suspects(events, lambda _file, span: texts[span[0]])
    assert (found.good, found.bad) == (192, 22)
    lines = [plain_text(line) for line in tell_suspects(found, "orders", "")]
    assert lines[3].split() == [
        "1",
        "1.00",
        "22/22",
        "0/192",
        "stock.py:54",
        "reserved",
        *["line.quantity", "<", "1", "raised", "TypeError"],
    ]
    assert lines[4].split()[:4] == ["2", "0.43", "22/22", "98/192"]
    assert (
        propose(found.ranked[0], "orders")
        == "hotlog add orders stock.py:54 'quantity={line.quantity!r}' --limit 20 --tail"
    )
    assert as_json(found, "orders")["verdict"] == "separated"


def test_events_from_anybody_break_nothing() -> None:
    odd: list[dict[str, object]] = [
        {"hotlog": "suspects"},
        {"hotlog": "suspects", "invocations": {"good": "many", "bad": -1}, "reached": "x"},
        {
            "hotlog": "suspects",
            "invocations": {"good": 20, "bad": 20},
            "reached": [{"ways": [{"span": [1, "2"]}, {}, 7]}],
        },
        event_of(0, 0, {"way": "\x1b[31m", "good": 0, "bad": 20, "order": "first", "span": None}),
    ]
    found = rank_suspects(odd, lambda _file, _span: "")
    assert (found.good, found.bad) == (20, 20)
    assert all("\x1b" not in plain_text(line) for line in tell_suspects(found, "orders", "", every=True))
