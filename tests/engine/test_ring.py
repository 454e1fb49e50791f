"""A ring keeps the last hits of an invocation, and emits them only when it fails or comes close to its time-out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SHOP = """
import time

def handler(items, fails=False, stuck_s=0):
    seen = []
    for item in items:
        seen.append(item)  # <item>
    if stuck_s:
        time.sleep(stuck_s)
    if fails:
        raise ValueError(len(seen))
    return len(seen)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        yield probed


def keep(shop: Probed, **fields: Any) -> None:
    chosen: dict[str, Any] = {"id": "r", "message": "item={item}", "ring": 3} | fields
    shop.apply(hotlog.Rule(at=shop.sample.at("item"), **chosen))


def told(shop: Probed) -> list[str]:
    return [event["message"] for event in shop.said("log")]


def test_an_invocation_that_succeeds_says_nothing(shop: Probed) -> None:
    keep(shop)
    assert shop.invoke(lambda: shop.module.handler(range(9))) == 9
    assert told(shop) == []


def test_one_that_fails_tells_the_last_hits_in_order(shop: Probed) -> None:
    keep(shop, snapshot=True)
    shop.invoke(lambda: shop.module.handler(range(9), fails=True))
    assert told(shop) == ["item=6", "item=7", "item=8"]
    first, *_, last = shop.said("log")
    assert first["vars"]["seen"] == list(range(6)), "as it was when the line was hit"
    assert (first["hit"], last["hit"], first["request_id"]) == (1, 3, "request-1")
    # Each is counted up to its own event: a machine that is busy in between makes the later one the longer.
    assert min(first["held_ms"], last["held_ms"]) >= 0


def test_nothing_of_one_invocation_is_told_of_the_next(shop: Probed) -> None:
    keep(shop)
    shop.invoke(lambda: shop.module.handler([1, 2]))
    shop.invoke(lambda: shop.module.handler([3], fails=True))
    shop.invoke(lambda: 1 / 0)
    assert told(shop) == ["item=3"]


def test_one_that_comes_close_to_its_time_out_tells_too(shop: Probed) -> None:
    keep(shop)
    shop.invoke(lambda: shop.module.handler([1, 2], stuck_s=0.4), timeout_s=0.4)
    assert told(shop) == ["item=1", "item=2"]


def test_every_hit_has_one_outcome(shop: Probed) -> None:
    keep(shop, condition="item > 0", limit=4)
    shop.invoke(lambda: shop.module.handler(range(6)))
    shop.invoke(lambda: shop.module.handler(range(6), fails=True))
    shop.invoke(lambda: shop.module.handler(range(3), fails=True))
    assert len(told(shop)) == 4
    managed = shop.agent._managed["r"]
    counts = managed.counts()
    assert {name: count for name, count in counts.items() if count} == {
        "condition_false": 3,
        "held": 7,
        "emitted": 4,
        "exhausted": 1,
    }


def test_the_watchdog_goes_with_the_rule(shop: Probed) -> None:
    before = threading.active_count()
    keep(shop)
    shop.invoke(lambda: shop.module.handler([1]))
    assert threading.active_count() == before + 1
    shop.apply()
    assert threading.active_count() == before


@pytest.mark.parametrize("ring", [-1, limits.RING_MAX_EVENTS + 1, True, 1.5])
def test_a_ring_has_a_size(ring: Any) -> None:
    with pytest.raises(hotlog.RuleError, match="'ring' must be"):
        hotlog.Rule(at="app.py:1", ring=ring)


def test_its_hits_have_no_rate_unless_somebody_sets_one(shop: Probed) -> None:
    rule = hotlog.Rule(at="app.py:1", ring=5)
    assert (rule.limit, rule.per_second) == (limits.LOG_MAX_EVENTS, None)
    keep(shop, per_second=1)
    shop.invoke(lambda: shop.module.handler(range(9), fails=True))
    assert told(shop) == ["item=6"]
