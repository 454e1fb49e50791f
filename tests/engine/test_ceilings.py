"""What an operator or owner may set holds for every kind of rule: each is silent where it shall be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.rules import kinds
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hotlog.events import Event


APP = """
import time

class Priced:
    asked = 0

    @property
    def total(self):
        Priced.asked += 1
        return 5

def shop(item, stuck_s):
    kept = item  # <item>
    time.sleep(stuck_s)
    raise ValueError(kept)
"""
STUCK_S = 0.04

RULES: dict[str, Callable[[Probed], dict[str, Any]]] = {
    "log": lambda app: {"at": app.sample.at("item")},
    "ring": lambda app: {"at": app.sample.at("item"), "ring": 5},
    "snapshot": lambda app: {"at": app.sample.at("item"), "snapshot": True, "stack": 3},
    "call": lambda app: {"kind": "call", "at": app.at("shop")},
    "trace": lambda app: {"kind": "trace", "at": app.at("shop")},
    "error": lambda _app: {"kind": "error"},
    "error of a function": lambda app: {"kind": "error", "at": app.at("shop")},
    "metric": lambda app: {"kind": "metric", "at": app.sample.at("item"), "metric": "M", "value": "item"},
    "timeout": lambda _app: {"kind": "timeout", "margin_ms": 20},
    "record": lambda _app: {"kind": "record"},
}


def emitted(app: Probed) -> list[Event]:
    return [event for event in app.events if event["hotlog"] not in {"status", "counts"}]


def rule_of(app: Probed, kind: str, **fields: Any) -> hotlog.Rule:
    return hotlog.Rule(**{"id": "r", "limit": None, "per_second": None} | RULES[kind](app) | fields)


def invoke(app: Probed, times: int = 1) -> None:
    for number in range(times):
        app.invoke(partial(app.module.shop, number, STUCK_S), timeout_s=STUCK_S, event={})


@pytest.mark.parametrize("kind", RULES)
def test_each_kind_speaks_once_for_each_invocation(tmp_path: Path, kind: str) -> None:
    with Probed(tmp_path, APP) as app:
        app.apply(rule_of(app, kind))
        invoke(app, 3)
        assert [event["hit"] for event in emitted(app)] == [1, 2, 3]


BOUNDS: dict[str, tuple[dict[str, Any], int]] = {
    "limit": ({"limit": 2}, 2),
    "rate": ({"per_second": 0.001}, 1),
    "sample": ({"sample": 0.0001}, 0),
    "group": ({"group": "g", "sample": 0.0001}, 0),
    "another version": ({"versions": ("8",)}, 0),
}


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("kind", RULES)
def test_what_bounds_a_rule_bounds_each_kind(tmp_path: Path, kind: str, bound: str) -> None:
    fields, expected = BOUNDS[bound]
    with Probed(tmp_path, APP, Config(version="7")) as app:
        app.agent.apply([rule_of(app, kind, **fields)])
        invoke(app, 4)
        app.agent.settle()
        assert len(emitted(app)) == expected
        assert (app.codes("r")[0] == "exhausted") is (bound == "limit")
    assert len(emitted(app)) == expected, "not when it is taken out either"


@pytest.mark.parametrize("kind", RULES)
def test_each_kind_is_paused_expires_and_needs_the_owners_leave(tmp_path: Path, kind: str) -> None:
    now = datetime.now(UTC)
    with Probed(tmp_path, APP) as app:
        rule = rule_of(app, kind)
        app.agent.apply([rule], paused=True)
        invoke(app)
        assert app.codes("r")[0] == "disabled"
        over = rule._replace(created=now - timedelta(hours=2), expires=now - timedelta(hours=1))
        app.agent.apply([over])
        invoke(app)
        assert app.codes("r")[0] == "expired"
        assert emitted(app) == []
    others = tuple(sorted(kinds.KINDS.keys() - {rule.kind}))
    with Probed(tmp_path, APP, Config(allow=others)) as app:
        app.agent.apply([rule])
        invoke(app)
        assert app.codes("r") == ("error", "kind-not-allowed")
        assert emitted(app) == []


@pytest.mark.parametrize("kind", RULES)
def test_each_kind_lives_no_longer_than_the_owner_allows(tmp_path: Path, kind: str) -> None:
    now = datetime.now(UTC)
    with Probed(tmp_path, APP, Config(max_for_s=60)) as app:
        app.agent.apply([rule_of(app, kind, created=now, expires=now + timedelta(seconds=61))])
        invoke(app)
        assert app.codes("r") == ("error", "lives-too-long")
        assert emitted(app) == []
        app.apply(rule_of(app, kind, created=now, expires=now + timedelta(seconds=60)))
        invoke(app)
        assert len(emitted(app)) == 1


@pytest.mark.parametrize("kind", [kind for kind in RULES if kind != "record"])  # which asks for no variable
@pytest.mark.parametrize(("owner", "asks"), [(False, True), (True, False), (True, True)])
def test_each_kind_calls_properties_only_where_owner_and_rule_say_so(
    tmp_path: Path, kind: str, owner: bool, asks: bool
) -> None:
    with Probed(tmp_path, APP, Config(properties=owner)) as app:
        counted = {"value": ""} if kind == "metric" else {}  # what is priced is no number
        app.agent.apply([rule_of(app, kind, condition="item.total == 5", properties=asks, **counted)])
        app.invoke(partial(app.module.shop, app.module.Priced(), STUCK_S), timeout_s=STUCK_S)
        app.agent.settle()
        assert app.module.Priced.asked == len(emitted(app)) == (1 if owner and asks else 0)
        code = {(True, True): "", (True, False): "condition-error", (False, True): "properties-not-allowed"}
        assert app.codes("r")[1] == code[owner, asks]
