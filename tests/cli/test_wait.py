"""`hotlog add --wait` and `--tail`: until an environment reports the rule, and no longer than somebody looks."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from hotlog.cli.adding.waiting import wait_until_installed
from hotlog.client.client import Client
from hotlog.client.options import Options
from hotlog.errors import InstallError
from hotlog.rules.model import Rule
from tests.support.cli import settle_in
from tests.support.places import ROOT
from tests.support.proven import as_read, key_of, prove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event

EVENTS = Path(".hotlog/events.jsonl")
RULES = Path(".hotlog/orders.json")


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def charge(items):\n    return sum(items)\n")
    EVENTS.parent.mkdir()


@contextmanager
def adding(*words: str) -> Iterator[subprocess.Popen[str]]:
    """`hotlog add` in a process of its own, with `--json`."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "hotlog.cli",
            "add",
            "orders",
            "app.py:2",
            *words,
            "--id",
            "k3f9",
            "--local",
            "--json",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(stream: IO[str] | None) -> dict[str, Any]:
    assert stream is not None
    found: dict[str, Any] = json.loads(stream.readline())
    return found


def report(rule: dict[str, Any], **fields: object) -> Event:
    """An event of the rule, as the function's environment emits it."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    event = {"hotlog": "status", "v": 2, "rule": rule["id"], "timestamp": at, "function": "orders", **fields}
    if "created" in rule and "definition" not in fields:
        event["created"] = rule["created"]
    with EVENTS.open("a") as file:
        file.write(f"{prove(event, key_of(RULES.read_text()))}\n")
    return as_read(event)


def stored() -> list[dict[str, Any]]:
    return list(json.loads(RULES.read_text())["rules"])


@pytest.mark.process
def test_wait_returns_when_an_environment_has_this_very_rule() -> None:
    with adding("x", "--wait") as process:
        rule = line_of(process.stdout)
        report(rule, state="installed", definition={**rule, "created": "2020-01-01T00:00:00Z"})
        report({"id": "other"}, state="installed")
        report({"id": "k3f9x"}, state="installed")
        pending = report(rule, state="pending", code="not-imported", reason="app is not imported yet")
        installed = report(rule, state="installed", definition=rule, location="app.py:2")
        out, talk = process.communicate(timeout=20)

    assert process.returncode == 0, talk
    assert [json.loads(line) for line in out.splitlines()] == [pending, installed]
    assert stored() == [rule]


@pytest.mark.process
def test_wait_fails_where_an_environment_cannot_install_the_rule_and_says_how_to_remove_it() -> None:
    with adding("x", "--wait") as process:
        rule = line_of(process.stdout)
        report(rule, state="error", code="source-changed", reason="app.py:2 was another line.")
        _, talk = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "orders has not installed the rule: app.py:2 was another line. [source-changed]" in talk
    assert "hotlog rm orders k3f9 --local" in talk
    assert stored() == [rule]


@pytest.mark.process
def test_interrupted_wait_leaves_the_rule_and_says_so() -> None:
    with adding("x", "--wait") as process:
        rule = line_of(process.stdout)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "The rule stays. Remove it with: hotlog rm orders k3f9 --local" in talk
    assert stored() == [rule]


@pytest.mark.process
@pytest.mark.parametrize(
    "ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda sign: sign.name
)
def test_tail_follows_the_rule_and_takes_it_along_however_it_ends(ended_by: signal.Signals) -> None:
    with adding("x", "--tail") as process:
        rule = line_of(process.stdout)
        assert stored() == [rule]
        installed = report(rule, state="installed", definition=rule)
        assert line_of(process.stdout) == installed
        logged = report(rule, hotlog="log", at="app.py:2", message="x")
        assert line_of(process.stdout) == logged
        process.send_signal(ended_by)
        out, talk = process.communicate(timeout=20)

    assert (process.returncode, out) == (0, "")
    assert "removed k3f9  app.py:2" in talk
    assert "Traceback" not in talk
    assert stored() == []


@pytest.mark.process
def test_tail_of_a_rule_that_cannot_be_installed_removes_it_and_fails() -> None:
    with adding("x", "--tail") as process:
        rule = line_of(process.stdout)
        report(rule, state="error", code="no-source", reason="no source.")
        _, talk = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "[no-source]" in talk
    assert stored() == []


def end_of_tail(document: str) -> tuple[int, str]:
    """Follow a rule, write that document meanwhile, and press Ctrl-C; the exit code and the talk."""
    with adding("x", "--tail") as process:
        rule = line_of(process.stdout)
        report(rule, state="installed", definition=rule)
        line_of(process.stdout)
        RULES.write_text(document)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=20)
    return process.returncode, talk


@pytest.mark.process
def test_tail_of_a_rule_that_somebody_else_removed_ends_well() -> None:
    code, talk = end_of_tail('{"v": 1, "rules": []}')
    assert code == 0, talk
    assert stored() == []


@pytest.mark.process
def test_tail_that_cannot_remove_its_rule_says_so() -> None:
    code, talk = end_of_tail("damaged")
    assert code == 1
    assert "[document-damaged]" in talk
    assert "The rule stays. Remove it with: hotlog rm orders k3f9 --local" in talk


def test_wait_says_once_what_may_keep_the_rule_away_and_gives_up_after_minutes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    created = datetime.now(UTC)
    rule = Rule(id="k3f9", at="app.py:2", created=created, expires=created + timedelta(hours=1))
    clock = itertools.count(step=10.0)
    client = Client.with_options(Options("file:.hotlog", flags=("--local",)))

    with pytest.raises(InstallError) as caught:
        wait_until_installed(client, "orders", rule, itertools.repeat(None), now=lambda: next(clock))

    assert caught.value.code == "not-reported"
    assert 300 < next(clock) < 1_000
    assert capsys.readouterr().err.count("What may keep events away") == 1
