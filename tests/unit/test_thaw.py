"""A function that stands still between two invocations, as Lambda's do, and wakes up in a world that went on without it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.rules.document import Document, dumps
from hotlog.rules.model import entry_of
from tests.conftest import absent
from tests.support.lambda_runtime import ApiFunction, Reply
from tests.support.places import ROOT
from tests.support.rule_server import RuleServer, answering, found, http, silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = """
import hotlog

@hotlog.wrap
def handler(event, context):
    total = event * 2
    return total
"""


def saying(message: str, version: int) -> bytes:
    """A good answer with one rule in it."""
    now = datetime.now(UTC)
    rule = hotlog.Rule(id="r", at="app.py:7", message=message, created=now, expires=now + timedelta(hours=1))
    return http(200, found(dumps(Document(entries=(entry_of(rule),))), version, version * 10.0))


@pytest.fixture
def server() -> Iterator[RuleServer]:
    with RuleServer(answering(saying("old {total}", 1))).running() as running:
        yield running


@pytest.fixture
def task(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "hotlog").symlink_to(ROOT / "hotlog")
    return tmp_path


def function(server: RuleServer, task: Path, **env: str) -> ApiFunction:
    if reason := ApiFunction.missing():
        absent(reason)
    ours = {"AWS_ENDPOINT_URL": server.url, "HOTLOG_REFRESH_TIMEOUT_MS": "1000"}
    return ApiFunction(task, "app.handler", env={**ours, **env})


def events(reply: Reply, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in reply.lines if line.startswith('{"hotlog"')]
    return [event for event in found if event["hotlog"] == kind]


def messages(reply: Reply) -> list[str]:
    return [event["message"] for event in events(reply, "log")]


@pytest.mark.process
@pytest.mark.parametrize("refresh", ["each", "background"])
def test_a_connection_that_was_closed_during_the_freeze_is_no_fault(
    server: RuleServer, task: Path, refresh: str
) -> None:
    with function(server, task, HOTLOG_REFRESH=refresh) as frozen:
        frozen.asleep = server.hang_up
        replies = [frozen.invoke(number) for number in range(1, 6)]
    assert [reply.payload for reply in replies] == [2, 4, 6, 8, 10]
    assert [messages(reply) for reply in replies] == [[f"old {n}"] for n in (2, 4, 6, 8, 10)]
    told = [event["state"] for reply in replies for event in events(reply, "status")]
    assert told == ["installed"]
    assert server.connections == 5, "INIT and the first invocation share one"


@pytest.mark.process
def test_a_rule_that_came_during_the_freeze_is_live_at_once(server: RuleServer, task: Path) -> None:
    def change() -> None:
        server.behaviour = answering(saying("new {total}", 2))

    with function(server, task) as frozen:
        frozen.asleep = change
        assert messages(frozen.invoke(1)) == ["old 2"]
        assert messages(frozen.invoke(2)) == ["new 4"]


@pytest.mark.process
def test_a_read_in_the_background_does_not_cross_the_freeze(server: RuleServer, task: Path) -> None:
    """The handler is done at once: what is read beside it would be cut in two, each time anew, and never come in."""

    def slow(exchange: Any) -> bool:
        exchange.wait(0.1)
        exchange.send(saying("new {total}", 2))
        return True

    def change() -> None:
        server.behaviour = slow

    with function(server, task, HOTLOG_REFRESH="background") as frozen:
        frozen.asleep = change
        assert messages(frozen.invoke(1)) == ["old 2"]
        frozen.invoke(2)
        assert messages(frozen.invoke(3)) == ["new 6"]


@pytest.mark.process
def test_a_function_restored_from_a_snapshot_reads_anew_before_its_first_invocation(
    server: RuleServer, task: Path
) -> None:
    def days_go_by() -> None:
        server.hang_up()
        server.behaviour = answering(saying("new {total}", 2))

    env = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "HOTLOG_REFRESH": "3600"}
    with function(server, task, **env) as restored:
        restored.asleep = days_go_by
        reply = restored.invoke(1)
    assert (reply.payload, messages(reply)) == (2, ["new 2"])
    (logged,) = events(reply, "log")
    assert logged["cold_start"]
    told = events(reply, "status")
    assert [(event["state"], event["env"]) for event in told] == [("installed", logged["env"])]


@pytest.mark.process
def test_a_restore_does_not_wait_for_a_store_that_is_silent(server: RuleServer, task: Path) -> None:
    def days_go_by() -> None:
        server.hang_up()
        server.behaviour = silent

    with function(server, task, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start") as restored:
        restored.asleep = days_go_by
        reply = restored.invoke(1)
    assert (reply.payload, reply.failed) == (2, False)
    assert "unreachable" in [event.get("code") for event in events(reply, "status")]
