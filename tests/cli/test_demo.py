"""`hotlog demo` does what it tells, on any machine, and fails where it does not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hotlog.cli.commands.demo import STORY, Teller, play
from hotlog.errors import HotlogError
from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# What somebody may have set for their own work; none of it may change the story.
SETTINGS = [
    {},
    {"HOTLOG": "off"},
    {"HOTLOG_STORE": "ssm:/team", "HOTLOG_SINK": "stdout"},
    {"HOTLOG_STORE": "nonsense", "HOTLOG_SINK": "nonsense"},
    {"HOTLOG_REFRESH": "3600"},
    {"HOTLOG_ALLOW": "nothing", "HOTLOG_MAX_FOR": "1s", "HOTLOG_REDACT": "goods"},
    {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_PROFILE": "nobody"},
    {"AWS_LAMBDA_FUNCTION_NAME": "other", "AWS_LAMBDA_LOG_LEVEL": "ERROR"},
    {"NO_COLOR": "1"},
    {"PYTHONIOENCODING": "ascii"},
]


def demo(directory: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it in a fresh process, from `directory`, with its temporary files there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    env = {**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(directory), **variables}
    command = [sys.executable, "-m", "hotlog.cli", "demo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory, env=env)


@pytest.mark.process
@pytest.mark.parametrize("variables", SETTINGS, ids=str)
def test_the_demo_runs_whatever_is_set_and_leaves_nothing(variables: dict[str, str], tmp_path: Path) -> None:
    ran = demo(tmp_path, **variables)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "goods=13392 percent=10 coupon=''" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_demo_tells_the_hunt_in_order() -> None:
    ran = hotlog("demo")

    told = [
        "120.53",
        '"total": 12053',
        "nothing is logged",
        "$ hotlog add orders",
        "log goods={goods}",
        "pricing.py:30 Cart.total  goods=13392",
        "the discount counts twice",
        "$ hotlog rm orders demo --local",
        "removed demo",
        "the original one",
    ]
    places = [ran.out.find(words) for words in told]
    assert ran.code == 0, ran.out + ran.err
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.long
def test_the_demo_as_json_lists_its_checks_and_takes_less_than_ten_seconds() -> None:
    ran = hotlog("demo", "--json")

    content = json.loads(ran.out)
    assert len(content["checks"]) == hotlog("demo").out.count("✓")
    assert content["seconds"] < 10


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        ({"wrong": '"total": 13392'}, "wrong total"),
        ({"clue": "goods=1 percent=1 coupon=''"}, "the values at that line"),
        ({"message": "goods={self.nothing_like_it}"}, "the values at that line"),
        ({"message": "goods={nothing_like_it}"}, None),
        ({"target": "pricing.py:/price -= price/", "message": "price"}, "the values at that line"),
        ({"target": "pricing.py:/raise/"}, None),
        ({"target": "storage.py:/return None/", "message": "none"}, "the log line is there"),
        ({"probed": ("pricing", "shipping")}, "other code than before"),
    ],
    ids=str,
)
def test_the_demo_fails_where_a_step_does_not_do_what_it_says(
    change: dict[str, object], failing: str | None
) -> None:
    with pytest.raises(HotlogError) as caught:
        play(STORY._replace(**change), Teller(silent=True))  # type: ignore[arg-type]  # one table, several fields

    if failing:
        assert caught.value.code == "demo-failed"
        assert failing in caught.value.message


def test_the_demo_has_no_other_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)

    for words in (["--store", "file:x"], ["--region", "eu-west-1"]):
        ran = hotlog("demo", *words)
        assert ran.code == 2
        assert re.match(r"error: the demo keeps its rules", ran.err)
    assert hotlog("demo", "--local").code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_the_demo_tries_a_line_that_is_typed(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--try")
    assert (ran.returncode, ran.stderr) == (0, "")
    told = [
        "Type a log line in the editor",
        "hotlog try orders ../work/pricing.py",
        "goods=13392 percent=10 coupon=''",
        "5 checks held",
    ]
    places = [ran.stdout.index(part) for part in told]
    assert places == sorted(places)
    assert list(tmp_path.iterdir()) == []
