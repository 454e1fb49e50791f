"""What an operator or owner may set holds for every kind of rule: each is silent where it shall be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hotlog.events import Event

pytestmark = pytest.mark.engine

APP = """
import time

def shop(item, stuck_s):
    kept = item  # <item>
    time.sleep(stuck_s)
    raise ValueError(kept)
"""
STUCK_S = 0.04

KINDS: dict[str, Callable[[Probed], dict[str, Any]]] = {
    "log": lambda app: {"at": app.sample.at("item")},
    "ring": lambda app: {"at": app.sample.at("item"), "ring": 5},
    "call": lambda app: {"kind": "call", "at": app.at("shop")},
    "trace": lambda app: {"kind": "trace", "at": app.at("shop")},
    "error": lambda _app: {"kind": "error"},
    "error of a function": lambda app: {"kind": "error", "at": app.at("shop")},
    "metric": lambda app: {"kind": "metric", "at": app.sample.at("item"), "metric": "M", "value": "item"},
    "timeout": lambda _app: {"kind": "timeout", "margin_ms": 20},
}


def emitted(app: Probed) -> list[Event]:
    return [event for event in app.events if event["hotlog"] not in {"status", "counts"}]


def rule_of(app: Probed, kind: str, **fields: Any) -> hotlog.Rule:
    return hotlog.Rule(**{"id": "r", "limit": None, "per_second": None} | KINDS[kind](app) | fields)


def invoke(app: Probed, times: int = 1) -> None:
    for number in range(times):
        app.invoke(partial(app.module.shop, number, STUCK_S), timeout_s=STUCK_S, event={})


@pytest.mark.parametrize("kind", KINDS)
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
@pytest.mark.parametrize("kind", KINDS)
def test_what_bounds_a_rule_bounds_each_kind(tmp_path: Path, kind: str, bound: str) -> None:
    fields, expected = BOUNDS[bound]
    with Probed(tmp_path, APP, Config(version="7")) as app:
        app.agent.apply([rule_of(app, kind, **fields)])
        invoke(app, 4)
        app.agent.settle()
        assert len(emitted(app)) == expected
    assert len(emitted(app)) == expected, "not when it is taken out either"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_paused_expires_and_needs_the_owners_leave(tmp_path: Path, kind: str) -> None:
    others = tuple(
        {rule_kind.split(maxsplit=1)[0] for rule_kind in KINDS} - {kind.split(maxsplit=1)[0], "ring"}
    )
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
    if kind == "ring":
        return  # a ring is a log rule
    with Probed(tmp_path, APP, Config(allow=others)) as app:
        app.agent.apply([rule])
        invoke(app)
        assert app.codes("r") == ("error", "kind-not-allowed")
        assert emitted(app) == []
