"""How much of a value a rule captures: what it says, within what the owner lets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config, read
from hotlog.errors import RuleError
from hotlog.rules.model import entry_of
from hotlog.rules.owner_policy import check_policy
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

APP = """
def handle(v):
    return v  # <kept>
"""
VALUE = {"a": {"b": {"c": {"d": 1}}}, "items": [*range(40)], "text": "x" * 2_000}


def _shown(tmp_path: Path, config: Config, **bounds: Any) -> Any:
    with Probed(tmp_path, APP, config) as app:
        app.apply(hotlog.Rule(at=app.sample.at("kept"), snapshot=True, **bounds))
        app.invoke(lambda: app.module.handle(VALUE))
        [event] = [each for each in app.events if "vars" in each]
        return event["vars"]["v"]


def test_a_rule_that_says_nothing_shows_what_has_room(tmp_path: Path) -> None:
    assert _shown(tmp_path, Config()) == VALUE


def test_a_rule_says_how_much(tmp_path: Path) -> None:
    assert _shown(tmp_path, Config(), depth=2, items=5, chars=600) == {
        "a": {"b": {"@cut": "depth", "@len": 1}},
        "items": [0, 1, 2, 3, 4, {"@cut": "items", "@len": 40}],
        "text": {"@cut": "chars", "@len": 2_000, "@text": "x" * 600},
    }


def test_the_owner_says_how_much_at_most(tmp_path: Path) -> None:
    shown = _shown(tmp_path, Config(max_depth=3, max_items=7, max_chars=700))

    assert shown["a"] == {"b": {"c": {"@cut": "depth", "@len": 1}}}
    assert (len(shown["items"]), len(shown["text"]["@text"])) == (8, 700)


@pytest.mark.parametrize("name", ["depth", "items", "chars"])
def test_a_rule_that_asks_for_more_than_the_owner_allows_is_refused(name: str) -> None:
    config = Config(**{f"max_{name}": 10})  # type: ignore[arg-type]  # one of three
    asks: dict[str, Any] = {name: 10}
    check_policy(hotlog.Rule(at="app.py:1", **asks), config)

    with pytest.raises(RuleError, match=f"HOTLOG_MAX_{name.upper()}") as refused:
        check_policy(hotlog.Rule(at="app.py:1", **{**asks, name: 11}), config)
    assert refused.value.code == "captures-too-much"


@pytest.mark.parametrize(
    "bounds", [{"depth": 51}, {"items": -1}, {"chars": 10**9}, {"depth": True}, {"items": "5"}]
)
def test_bounds_that_make_no_sense_are_refused(bounds: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match=next(iter(bounds))):
        hotlog.Rule(at="app.py:1", **bounds)


def test_they_are_stored_where_they_say_something() -> None:
    assert entry_of(hotlog.Rule(at="app.py:1", id="r")).keys() == {"id", "at"}
    assert entry_of(hotlog.Rule(at="app.py:1", id="r", depth=3, chars=9))["depth"] == 3


def test_settings_of_the_owner() -> None:
    config = read({"HOTLOG_MAX_DEPTH": "5", "HOTLOG_MAX_ITEMS": "no", "HOTLOG_MAX_CHARS": "999999999"})

    assert (config.max_depth, config.max_items, config.max_chars) == (
        5, limits.CAPTURE_MAX_ITEMS, limits.CAPTURE_MAX_CHARS,
    )  # fmt: skip
    assert len(config.problems) == 2
