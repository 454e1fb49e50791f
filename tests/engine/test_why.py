"""Why: a bad request beside good ones, from recordings that the function made itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.client.comparing.tell_why import as_json, tell_why
from hotlog.client.comparing.value_profiles import KIND, MEMBER, RANGE, Profile
from hotlog.client.comparing.why import compare
from hotlog.client.events.recordings import find_recordings
from hotlog.client.showing.lines import plain_text
from hotlog.config import Config
from tests.support.incidents.first import FIRST
from tests.support.incidents.incident import Planted
from tests.support.incidents.public import PUBLIC, needs_public
from tests.support.incidents.second import SECOND
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.comparing.why import ComparedRequest
    from hotlog.client.events.recordings import RecordedInvocation
    from hotlog.events import Event
    from tests.support.incidents.incident import Incident

APP = """
import json
import time

def find(articles, sku):
    return articles[sku]

def price(line, rates):
    if line["quantity"] > 9:
        return 9
    return line["quantity"] * rates

def handler(event):
    order = json.loads(event["body"])
    total = 0
    for line in order["lines"]:
        find({"tea": 1, "cup": 2}, line["sku"])
        total += price(line, order.get("rate", 2))
    if total < 0:
        total = 0
    if order.get("waits"):
        time.sleep(order["waits"])
    return {"statusCode": 200, "total": total}
"""


def body(*lines: tuple[str, object], **more: object) -> dict[str, str]:
    import json

    order = {"lines": [{"sku": sku, "quantity": count} for sku, count in lines], **more}
    return {"routeKey": "POST /orders", "body": json.dumps(order)}


GOOD = (
    body(("tea", 1), ("cup", 2)),
    body(("cup", 3)),
    body(("tea", 2), rate=3),
    body(("tea", 4), ("tea", 1), ("cup", 1)),
)


def record(
    tmp_path: Path, bad: dict[str, str], rule: hotlog.Rule, good: tuple[dict[str, str], ...] = GOOD
) -> list[RecordedInvocation]:
    """Return the recordings of good requests and a bad one; the bad one is the first."""
    with Probed(tmp_path, APP) as probed:
        probed.apply(rule)
        for event in (*good, bad):
            probed.invoke(lambda event=event: probed.module.handler(event), event=event)  # type: ignore[misc]
        found = find_recordings(event for event in probed.events if event["hotlog"] == "record")
    return sorted(found, key=lambda each: each.is_good)


FAILED = hotlog.Rule(kind="record", keep="failed")


def explain(recordings: list[RecordedInvocation]) -> tuple[ComparedRequest, list[str]]:
    found = compare(recordings[0], recordings[1:])
    return found, [plain_text(line) for line in tell_why(found, "orders", recordings[0].source)]


def test_the_first_step_that_no_good_one_took_is_told_with_what_led_there(tmp_path: Path) -> None:
    found, lines = explain(record(tmp_path, body(("tea", 1), ("pot", 1)), FAILED))
    assert found.good == 3
    assert found.step is not None
    assert found.step.what == "raised KeyError"
    assert found.step.call.qualname == "find"
    [led] = [each for each in found.led if each.name == "sku"]
    assert led.difference.value == "pot"
    assert led.origin is not None
    assert led.origin.name == "line.sku"
    assert led.origin.event == "body, lines[1].sku"
    text = "\n".join(lines)
    assert lines[0].startswith("Bad: request-, POST /orders raised KeyError: 'pot' in ")
    assert "First step that no good one took:" in text
    assert "raised KeyError" in text
    assert "sku = 'pot'" in text
    assert "good: 'tea', 'cup'" in text
    assert "from @event body, lines[1].sku" in text
    assert lines[-1].startswith("Next: hotlog add orders ")
    assert as_json(found, "orders")["verdict"] == "step"


def test_a_value_of_the_wrong_kind_is_told_before_one_out_of_range(tmp_path: Path) -> None:
    found, lines = explain(record(tmp_path, body(("tea", "2")), FAILED))
    assert found.step is not None
    assert found.step.what == "raised TypeError"
    assert found.led[0].difference.weight == KIND
    assert "a text; good: numbers, 1 to 4" in "\n".join(lines)


def test_where_nothing_failed_the_first_value_that_differs_is_told(tmp_path: Path) -> None:
    rule = hotlog.Rule(kind="record", bad="@response['total'] > 90")
    found, lines = explain(record(tmp_path, body(("tea", 2), rate=50), rule))
    assert found.step is None
    assert any(
        line.startswith("Bad and good took the same steps, with values of the same kinds.") for line in lines
    )
    assert found.places == ()  # three good ones are few to know a range by
    assert found.led[0].difference.weight == RANGE
    assert found.led[0].difference.value == 50


def test_the_same_steps_and_kinds_are_an_answer_with_the_times_that_differ(tmp_path: Path) -> None:
    rule = hotlog.Rule(kind="record", bad="@duration_ms > 400")  # a busy machine makes good ones slow, too
    waits = tuple(body(("tea", 2), waits=each) for each in (0.001, 0.002, 0.003, 0.001))
    found, lines = explain(record(tmp_path, body(("tea", 2), waits=0.5), rule, waits))
    assert [each.at.rpartition(":")[0] for each in found.slow][:1]
    assert found.slow[0].us > 450_000
    assert "took 5" in lines[2], lines  # what may be chance comes behind it
    assert "good: " in lines[2]
    assert found.places == (found.slow[0].at,)
    assert lines[-1] == f"Next: hotlog add orders {found.slow[0].at} --snapshot --limit 20 --tail"


def test_where_nothing_can_be_said_it_says_so(tmp_path: Path) -> None:
    rule = hotlog.Rule(kind="record", bad="@request_id == 'request-5'")
    found, lines = explain(record(tmp_path, GOOD[1], rule))
    assert (found.step, found.led) == (None, ())
    assert lines[2].startswith("Bad and good took the same ")
    assert lines[3].startswith("What the recording cannot see: ")
    alone = compare(found.bad, [])
    assert "No good request is recorded" in "\n".join(
        plain_text(line) for line in tell_why(alone, "orders", found.bad.source)
    )
    assert as_json(alone, "orders")["verdict"] == "nothing-to-compare"


@pytest.mark.parametrize(
    ("good", "bad", "weight"),
    [
        ([1, 2, 3], "2", KIND),
        ([1, 2, 3], None, KIND),
        ([1, 2, 3], 0, KIND),
        ([1, 2, 3], -1, KIND),
        ([1, 2, 3], 9, RANGE),
        ([1, 2, 3], 2, 0),
        (["a", "b", "a", "b"], "c", MEMBER),
        (["a", "b", "c", "d"], "e", 0),
        (["a", "b"], "", KIND),
        ([[1], [1, 2]], [], KIND),
        ([[1, 2], [1, 2, 3]], [5], KIND),
        ([{"a": 1, "b": 2}, {"a": 3}], {"b": 2}, KIND),
        ([{"a": 1}, {"a": 3}], {"a": "x"}, KIND),
        ([{"a": "@redacted"}] * 3, {"a": "x"}, 0),
        ([{"@cut": "time"}] * 3, {"a": "x"}, 0),
        ([True, True, True], False, KIND),
        ([], 1, 0),
    ],
)
def test_kinds_count_before_values(good: list[object], bad: object, weight: int) -> None:
    found = Profile(good).compare(bad)
    assert (found[0].weight if found else 0) == weight


def search(
    incident: Incident, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 1
) -> tuple[str, float]:
    """Return what the last answer begins with, and the share of bad requests whose answer begins with what is to blame.

    Each bad request is compared with the good ones that go along with it alone, as one has it who waits for the first.
    """
    monkeypatch.setenv("ORDERS_DB", str(folder / "orders.db"))
    planted = Planted(incident, folder / "app")
    events: list[Event] = []
    agent = hotlog.Agent(sink=events.append, root=str(planted.folder), config=Config())
    keep = "all" if incident.bad else "failed"
    try:
        agent.apply([hotlog.Rule(kind="record", keep=keep, bad=incident.bad, limit=None, per_second=None)])
        for _ in planted.invoke_all(agent, seed):
            pass
    finally:
        agent.close()
        planted.close()
    recordings = find_recordings(event for event in events if event["hotlog"] == "record")
    answers = []
    for bad in [each for each in recordings if not each.is_good][2:12]:
        good = [each for each in recordings if each.event.get("beside") == bad.id]
        places = set(compare(bad, good).places)
        answers.append((not places.isdisjoint(planted.places()) if incident.guilty else not places, places))
    return str(answers[-1][1]), sum(is_right for is_right, _ in answers) / len(answers)


def test_an_incident_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [incident] = [each for each in FIRST if each.kind == "wrong default"]
    says, share = search(incident, tmp_path, monkeypatch)
    assert share == 1.0, says


@pytest.mark.slow
@pytest.mark.parametrize(
    ("incidents", "least"),
    [
        pytest.param(FIRST, 11, id="first"),
        pytest.param(SECOND, 11, id="second"),
        pytest.param(PUBLIC, 11, id="public", marks=needs_public),
    ],
)
def test_of_fourteen_incidents_eleven_are_explained(
    incidents: tuple[Incident, ...], least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = []
    for number, incident in enumerate(incidents):
        folder = tmp_path / str(number)
        folder.mkdir()
        says, share = search(incident, folder, monkeypatch)
        print(f"{share:.0%} {incident.kind}: {says}")  # noqa: T201  # the figures
        shares.append(share)
    assert sum(share > 0.5 for share in shares) >= least
