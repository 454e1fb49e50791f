"""A group follows one request through all of its rules, or through none: it decides once per invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SHOP = """
def handler(event):
    first(event)
    event.clear()
    second(event)

def first(event):
    return 1  # <first>

def second(event):
    return 2  # <second>
"""

DEBUG = "@event['debug'] == 1"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        yield probed


def follow(shop: Probed, first: dict[str, Any], second: dict[str, Any]) -> None:
    rules: dict[str, dict[str, Any]] = {"first": first, "second": second}
    shop.apply(
        *(
            hotlog.Rule(
                **{"id": key, "at": shop.sample.at(key), "message": "x", "group": "g", "per_second": None}
                | fields
            )
            for key, fields in rules.items()
        )
    )


def told(shop: Probed, event: dict[str, object], request_id: str = "") -> list[str]:
    shop.events.clear()
    shop.invoke(lambda: shop.module.handler(event), event=event, request_id=request_id)
    return [event["rule"] for event in shop.said("log")]


def test_a_condition_on_the_event_is_that_of_the_whole_group(shop: Probed) -> None:
    follow(shop, {"condition": DEBUG}, {})
    assert told(shop, {"debug": 1}) == ["first", "second"]
    assert told(shop, {"debug": 0}) == []


def test_it_is_decided_once_whatever_becomes_of_the_event(shop: Probed) -> None:
    follow(shop, {"condition": DEBUG}, {"condition": "@event['debug'] > 0"})
    assert told(shop, {"debug": 1}) == ["first", "second"]
    assert shop.codes("second") == ("installed", "")


def test_a_condition_on_variables_stays_with_its_rule(shop: Probed) -> None:
    follow(shop, {"condition": "len(event) > 0"}, {"condition": "len(event) > 0"})
    assert told(shop, {"debug": 1}) == ["first"]


def test_the_smallest_share_is_that_of_the_whole_group(shop: Probed) -> None:
    follow(shop, {"sample": 0.5, "limit": None}, {"limit": None})
    found = [tuple(told(shop, {}, f"request {number}")) for number in range(60)]
    assert set(found) == {(), ("first", "second")}
    assert [tuple(told(shop, {}, f"request {number}")) for number in range(60)] == found, (
        "a retry is picked too"
    )


def test_who_is_not_picked_is_counted_as_not_sampled(shop: Probed) -> None:
    follow(shop, {"condition": DEBUG}, {})
    told(shop, {"debug": 0})
    counts = shop.agent._managed["second"].counts()
    assert {name: count for name, count in counts.items() if count} == {"not_sampled": 1}


def test_an_event_without_the_key_picks_nobody_and_the_status_says_why(shop: Probed) -> None:
    follow(shop, {"condition": DEBUG}, {})
    assert told(shop, {}) == []
    assert shop.codes("first") == ("installed", "condition-error")


def test_a_rule_that_goes_decides_no_more(shop: Probed) -> None:
    follow(shop, {"condition": DEBUG}, {})
    second = hotlog.Rule(id="second", at=shop.sample.at("second"), message="x", group="g", per_second=None)
    shop.apply(second)
    assert told(shop, {"debug": 0}) == ["second"]


def test_groups_do_not_know_each_other(shop: Probed) -> None:
    follow(shop, {"condition": DEBUG}, {"group": "other"})
    assert told(shop, {"debug": 0}) == ["second"]


@pytest.mark.parametrize("change", [{"limit": 1}, {"condition": "@event[", "id": "first"}])
def test_a_rule_that_ends_or_is_wrong_does_not_open_the_group(shop: Probed, change: dict[str, Any]) -> None:
    first: dict[str, Any] = {"id": "first", "at": shop.sample.at("first"), "condition": DEBUG} | change
    second = {"id": "second", "at": shop.sample.at("second"), "per_second": None}
    shop.agent.apply([hotlog.Rule(**{"message": "x", "group": "g"} | fields) for fields in (first, second)])
    told(shop, {"debug": 1})
    told(shop, {"debug": 1})
    assert shop.codes("first")[0] in {"exhausted", "error"}
    assert told(shop, {"debug": 0}) == []
