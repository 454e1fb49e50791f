"""Suspects: the way that separates bad invocations from good ones, counted in the function, ranked at the desk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.client.comparing.suspects import rank_suspects
from hotlog.client.comparing.tell_suspects import tell_suspects
from hotlog.client.showing.lines import plain_text
from hotlog.config import Config
from hotlog.interpreter.quirks import HAS_MONITORING
from tests.support.incidents.first import FIRST
from tests.support.incidents.incident import Planted
from tests.support.incidents.second import SECOND
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.comparing.suspects import Suspects
    from hotlog.events import Event
    from tests.support.incidents.incident import Incident

sees_branches = pytest.mark.skipif(not HAS_MONITORING, reason="3.11 tells of no branch")

APP = """
def first(items):
    for item in items:  # <loop>
        if item["left"] is None:
            return "none"
    return "some"

def leaf(value):
    return value

def many(count):
    total = 0
    for number in range(count):
        total += leaf(number)
    return total

def handler(event):
    if event["bad"]:
        if first([{"left": None, event["customer"]: 1}]) == "none":
            raise KeyError(event["customer"])
    return first([{"left": 1}, {"left": 2}])
"""


def counted(probed: Probed) -> list[Event]:
    return [event for event in probed.events if event["hotlog"] == "suspects"]


def rank(events: list[Event], folder: Path) -> Suspects:
    """Rank them with the texts of the files in a folder."""

    def text_of(file: str, span: tuple[int, int, int, int]) -> str:
        line = (folder / file).read_text().split("\n")[span[0] - 1].encode()
        return line[span[1] : span[3] if span[0] == span[2] else None].decode()

    return rank_suspects(events, text_of)


def find_place(at: str, sort: str, folder: Path) -> str:
    """Return a place as a person reads it: arguments and results stand at the `def`, not at its decorators."""
    file, _, line = at.rpartition(":")
    number = int(line)
    while sort in {"argument", "result"} and not (folder / file).read_text().split("\n")[
        number - 1
    ].lstrip().startswith(("def ", "async def ", "lambda")):
        number += 1
    return f"{file}:{number}"


def search(
    incident: Incident, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 1
) -> tuple[Suspects, bool]:
    """Return the suspects of an incident, and whether the first one is to blame."""
    monkeypatch.setenv("ORDERS_DB", str(folder / "orders.db"))
    planted = Planted(incident, folder / "app")
    events: list[Event] = []
    agent = hotlog.Agent(sink=events.append, root=str(planted.folder), config=Config())
    try:
        agent.apply([hotlog.Rule(kind="suspects", bad=incident.bad)])
        for _ in planted.invoke_all(agent, seed):
            pass
    finally:
        agent.close()
        planted.close()
    found = rank([event for event in events if event["hotlog"] == "suspects"], planted.folder)
    if not found.separating or not incident.guilty:
        return found, not found.separating and not incident.guilty
    way = found.ranked[0].way
    return found, find_place(way.at, way.sort, planted.folder) in planted.places()


@sees_branches
@pytest.mark.parametrize("kind", ["duplicate record", "slow", "wrong default"])
def test_an_incident_is_found(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [incident] = [each for each in FIRST if each.kind == kind]
    found, is_guilty = search(incident, tmp_path, monkeypatch)
    assert is_guilty, found.ranked[:2]


@sees_branches
@pytest.mark.slow
@pytest.mark.parametrize(("incidents", "least"), [(FIRST, 10), (SECOND, 10)], ids=["first", "second"])
def test_of_fourteen_incidents_ten_are_found(
    incidents: tuple[Incident, ...], least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for number, incident in enumerate(incidents):
        folder = tmp_path / str(number)
        folder.mkdir()
        found, is_guilty = search(incident, folder, monkeypatch)
        says = f"{found.ranked[0].way.at} {found.ranked[0].says}" if found.ranked else "nothing"
        told.append((is_guilty, f"{'found ' if is_guilty else 'MISSED'} {incident.kind}: {says}"))
    print(*(line for _, line in told), sep="\n")  # noqa: T201  # the figures
    assert sum(is_guilty for is_guilty, _ in told) >= least


@sees_branches
def test_bad_ones_are_told_from_good_ones_without_a_value(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as probed:
        probed.apply(hotlog.Rule(kind="suspects"))
        for number in range(60):
            event = {"bad": number % 4 == 0, "customer": f"customer-{number}"}
            probed.invoke(lambda event=event: probed.module.handler(event), event=event)  # type: ignore[misc]
        probed.agent.apply([])
        events = counted(probed)
    assert "customer-" not in repr(events)
    assert sum(event["invocations"]["bad"] for event in events) == 15
    found = rank(events, tmp_path)
    assert (found.good, found.bad) == (45, 15)
    best = found.ranked[0]
    assert best.score == 1.0
    assert best.says == 'event["bad"] was true'  # of what one value led to, the place comes first
    assert found.separating[0].follows > 1
    lines = [plain_text(line) for line in tell_suspects(found, "orders", "", every=True)]
    assert lines[0] == "60 invocations, 15 bad (raised, answered 500 and above, or ran out of time)."
    assert any('item["left"] was None' in line for line in lines)
    assert any(line.startswith("Look at it:  hotlog add orders ") for line in lines)


@sees_branches
def test_an_expression_says_what_is_bad(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as probed:
        probed.apply(hotlog.Rule(kind="suspects", bad="@response == 'none'"))
        for number in range(40):
            probed.invoke(lambda number=number: probed.module.first([{"left": number % 2 or None}]))  # type: ignore[misc]
        probed.agent.apply([])
        found = rank(counted(probed), tmp_path)
    assert (found.good, found.bad) == (20, 20)
    assert found.ranked[0].says == 'item["left"] was None'


@sees_branches
def test_too_few_bad_ones_and_none_that_differs_are_answers_too(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as probed:
        probed.apply(hotlog.Rule(kind="suspects", bad="@event > 990"))
        for number in range(40):
            probed.invoke(lambda: probed.module.many(3), event=number + 955)
        probed.agent.apply([])
        few = rank(counted(probed), tmp_path)
        probed.events.clear()
        probed.apply(hotlog.Rule(kind="suspects", bad="@event % 2 == 1"))
        for number in range(40):
            probed.invoke(lambda: probed.module.many(3), event=number)
        probed.agent.apply([])
        alike = rank(counted(probed), tmp_path)
    told = [plain_text(line) for line in tell_suspects(few, "orders", "@event > 990")]
    assert told[1].startswith("4 bad among 40: too few to tell")
    told = [plain_text(line) for line in tell_suspects(alike, "orders", "")]
    assert told[1].startswith("No branch separates the 20 bad from the 20 good"), told


@sees_branches
def test_a_loop_costs_no_event_for_each_pass_and_later_invocations_see_it_again(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as probed:
        probed.apply(hotlog.Rule(kind="suspects"))
        for _ in range(3):
            assert probed.invoke(lambda: probed.module.many(20_000)) == 20_000 * 19_999 // 2
        probed.agent.apply([])
        [event] = counted(probed)
    [function] = [each for each in event["reached"] if each["qualname"] == "many"]
    ways = {way["way"]: way["good"] for way in function["ways"] if "way" in way}
    assert ways["next"] == 3


@sees_branches
def test_nothing_is_left_behind(tmp_path: Path) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    with Probed(tmp_path, APP) as probed:
        before = [monitoring.get_tool(number) for number in range(6)]
        probed.apply(hotlog.Rule(kind="suspects"))
        probed.invoke(lambda: probed.module.many(10))
        assert "hotlog-suspects" in [monitoring.get_tool(number) for number in range(6)]
        probed.agent.apply([])
        assert [monitoring.get_tool(number) for number in range(6)] == before
        for number in range(6):
            if monitoring.get_tool(number) is None:
                monitoring.use_tool_id(number, "looks")
                assert monitoring.get_local_events(number, probed.module.many.__code__) == 0
                monitoring.free_tool_id(number)


@sees_branches
def test_a_minute_is_told_in_parts_that_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SUSPECTS_PART_WAYS", 3)
    with Probed(tmp_path, APP) as probed:
        probed.apply(hotlog.Rule(kind="suspects"))
        probed.invoke(lambda: probed.module.handler({"bad": False}))
        probed.agent.apply([])
        events = counted(probed)
    assert len(events) > 2
    assert [event["invocations"]["good"] for event in events] == [1] + [0] * (len(events) - 1)
    assert all(sum(len(each["ways"]) for each in event["reached"]) <= 3 for event in events)


@pytest.mark.skipif(HAS_MONITORING, reason="branches are told of")
def test_where_no_branch_is_told_of_the_status_says_so(tmp_path: Path) -> None:
    with Probed(tmp_path, APP) as probed:
        probed.agent.apply([hotlog.Rule(id="a", kind="suspects")])
        assert probed.agent.status()["a"].code == "cannot-monitor"
        assert "hotlog why" in probed.agent.status()["a"].reason
