"""Each kind is a rule like any other: ceilings, pause, expiry, versions, budget and removal hold for it as for a log line."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.hits.watchdog import NAME
from hotlog.rules.kinds import KINDS
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SHOP = """
import time

def handler(n):
    total = charge(n)  # <line>
    time.sleep(0.15)
    return 1 / total

def charge(n):
    return n - 1
"""

RULES: dict[str, dict[str, Any]] = {
    "log": {"at": "LINE", "message": "n={n}"},
    "ring": {"at": "LINE", "message": "n={n}", "ring": 2},
    "call": {"at": "FUNCTION", "kind": "call"},
    "error": {"kind": "error"},
    "error of a function": {"at": "HANDLER", "kind": "error"},
    "timeout": {"kind": "timeout", "margin_ms": 200},
    "trace": {"at": "FUNCTION", "kind": "trace"},
    "record": {"kind": "record"},
    "metric": {"at": "LINE", "kind": "metric", "metric": "N", "value": "n"},
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP, Config(version="7")) as probed:
        yield probed


@pytest.fixture(params=RULES)
def fields(request: pytest.FixtureRequest, shop: Probed) -> dict[str, Any]:
    places = {
        "LINE": shop.sample.at("line"), "FUNCTION": shop.at("charge"), "HANDLER": shop.at("handler"),
    }  # fmt: skip
    chosen = RULES[request.param]
    return {"id": "r", **chosen, **({"at": places[chosen["at"]]} if "at" in chosen else {})}


def told(shop: Probed) -> int:
    """How many events of the rule an invocation brings that is slow, and fails."""
    shop.events.clear()
    shop.invoke(lambda: shop.module.handler(1), timeout_s=0.25)
    return len([event for event in shop.events if event["hotlog"] in KINDS])


def test_every_kind_is_here() -> None:
    once_a_minute = {"suspects"}  # and in `test_suspects.py`
    assert {rule.get("kind", "log") for rule in RULES.values()} == set(KINDS) - once_a_minute


def test_it_emits_and_leaves_nothing_behind(shop: Probed, fields: dict[str, Any]) -> None:
    codes = [shop.module.handler.__code__, shop.module.charge.__code__]
    threads = threading.active_count()
    shop.apply(hotlog.Rule(**fields))
    assert told(shop) == 1
    shop.apply()
    assert told(shop) == 0
    assert [shop.module.handler.__code__, shop.module.charge.__code__] == codes
    assert threading.active_count() == threads
    assert shop.context.listening == ()


def test_while_it_is_paused_it_is_silent(shop: Probed, fields: dict[str, Any]) -> None:
    threads = threading.active_count()
    shop.apply(hotlog.Rule(**fields))
    shop.agent.apply([hotlog.Rule(**fields)], paused=True)
    assert told(shop) == 0
    assert threading.active_count() == threads
    shop.apply(hotlog.Rule(**fields))
    assert told(shop) == 1


def test_when_it_expires_it_is_inert_at_once(shop: Probed, fields: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    shop.apply(hotlog.Rule(**fields, created=now, expires=now + timedelta(hours=1)))
    shop.context.wall_clock = (now + timedelta(hours=2)).timestamp
    # Nobody looks at the wall clock at every hit: at the first one, and then every second.
    assert told(shop) == 0
    assert shop.codes("r")[0] in {"expired", "installed"}


def test_it_is_for_its_share_of_the_environments_only(shop: Probed, fields: dict[str, Any]) -> None:
    shop.agent.apply([hotlog.Rule(**fields, environments=1e-9)])
    assert shop.codes("r") == ("disabled", "not-chosen")
    assert told(shop) == 0
    shop.apply(hotlog.Rule(**fields, environments=1 - 1e-9))
    assert told(shop) == 1


def test_it_is_for_its_versions_only(shop: Probed, fields: dict[str, Any]) -> None:
    shop.agent.apply([hotlog.Rule(**fields, versions=("8",))])
    assert shop.codes("r") == ("disabled", "other-version")
    assert told(shop) == 0
    shop.apply(hotlog.Rule(**fields, versions=("7", "8")))
    assert told(shop) == 1


def test_who_is_not_sampled_says_nothing(shop: Probed, fields: dict[str, Any]) -> None:
    shop.apply(hotlog.Rule(**fields, sample=0.0))
    assert told(shop) == 0


def test_a_condition_decides(shop: Probed, fields: dict[str, Any]) -> None:
    never, always = (
        ("@cold_start", "not @cold_start") if fields.get("kind") == "record" else ("n > 100", "n == 1")
    )
    shop.apply(hotlog.Rule(**fields, condition=never))
    assert told(shop) == 0
    shop.apply(hotlog.Rule(**fields, condition=always))
    assert told(shop) == 1


def test_a_condition_that_cannot_be_evaluated_emits_nothing(shop: Probed, fields: dict[str, Any]) -> None:
    nobody = "@event['nobody']" if fields.get("kind") == "record" else "nobody"
    shop.apply(hotlog.Rule(**fields, condition=f"{nobody} > 1"))
    assert told(shop) == 0
    shop.agent.settle()
    assert shop.codes("r") == ("installed", "condition-error")


def test_its_limit_ends_it(shop: Probed, fields: dict[str, Any]) -> None:
    shop.apply(hotlog.Rule(**fields, limit=1, per_second=None))
    assert (told(shop), told(shop)) == (1, 0)
    assert shop.codes("r")[0] == "exhausted"


def test_the_owner_may_forbid_its_kind(fields: dict[str, Any], shop: Probed) -> None:
    kind = fields.get("kind", "log")
    others = tuple(name for name in KINDS if name != kind)
    with hotlog.Agent(
        sink=shop.events.append, root=str(shop.sample.folder), config=Config(allow=others)
    ) as agent:
        agent.apply([hotlog.Rule(**fields)])
        status = agent.status()["r"]
        assert (status.state, status.code) == ("error", "kind-not-allowed")


class StrangeError(Exception):
    """Nobody of hotlog's raises it."""


@pytest.mark.parametrize("first", ["ring", "timeout"])
def test_what_somebody_else_raises_in_the_watchdogs_thread_ends_one_rule_and_no_more(
    shop: Probed, first: str
) -> None:
    places = {"at": shop.sample.at("line")} if first == "ring" else {}
    rules = [
        hotlog.Rule(id="first", **{**RULES[first], **places}),
        hotlog.Rule(id="later", kind="timeout", margin_ms=110, per_second=None),
        hotlog.Rule(id="log", at=shop.sample.at("line"), message="n={n}", per_second=None),
    ]
    shop.apply(*rules)
    told(shop)
    [watchdog] = [thread for thread in threading.enumerate() if thread.name == NAME]
    clock_ns = shop.context.clock_ns
    raised: list[bool] = []

    def strange_ns() -> int:
        if threading.current_thread() is watchdog and not raised:
            raised.append(True)
            raise StrangeError
        return clock_ns()

    shop.context.clock_ns = strange_ns
    for _ in range(2):
        told(shop)
        assert raised == [True]
        assert {event["rule"] for event in shop.events if event["hotlog"] in KINDS} == {"later", "log"}
    assert shop.codes("first") == ("error", "internal-fault")
    assert "StrangeError" in shop.agent.status()["first"].reason
    assert watchdog.is_alive()
    shop.apply(*rules[1:])
    assert watchdog.is_alive(), "a rule needs it still"
    shop.apply()
    assert not watchdog.is_alive()
