"""Between two invocations a process stands still, and may never wake again: what was logged before is out by then."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.rules.model import entry_of
from tests.support.canned_aws import canned_aws
from tests.support.lambda_runtime import ApiFunction, Reply
from tests.support.places import ROOT
from tests.support.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from tests.support.canned_aws import Answer


GROUP = "/hotlog/snapshots"
SINKS = ("stdout", f"cloudwatch:{GROUP}")
# How long it stands still: the client of the store and that of the logs have a kept connection each.
PAUSES_S = (0.0, pytest.param(30.0, marks=pytest.mark.slow))

APP = """
import os
import hotlog
from hotlog import limits
limits.FLUSH_TIMEOUT_MS = int(os.environ["FLUSH_MS"])  # this machine may be busy
limits.HIT_MAX_MS, limits.INVOCATION_MAX_NS = 5_000, 10_000_000_000  # so may a hit wait

@hotlog.wrap
def handler(event, context):
    name = event
    return name
"""


class Account:
    """Parameter Store and CloudWatch Logs of one account, which may fall silent."""

    def __init__(self, rule: hotlog.Rule) -> None:
        self.text = documents.dumps(Document(entries=(entry_of(rule),)))
        self.put: list[dict[str, Any]] = []
        self.logs_answer = threading.Event()
        self.logs_answer.set()

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        if action == "GetParameter":
            parameter = {"Name": request["Name"], "Value": self.text, "Version": 1, "LastModifiedDate": 1.0}
            return 200, {"Parameter": parameter}
        if not self.logs_answer.wait(0.0):
            self.logs_answer.wait(60)
            return 500, {"__type": "InternalFailure"}
        if action == "PutLogEvents":
            assert request["logGroupName"] == GROUP
            self.put.append(request)
        return 200, {}

    def delivered(self) -> list[str]:
        """What the log group was told."""
        lines = [event["message"] for request in self.put for event in request["logEvents"]]
        return messages(lines)


def messages(lines: list[str]) -> list[str]:
    events = [json.loads(line) for line in lines if line.startswith('{"hotlog"')]
    return [event["message"] for event in events if event["hotlog"] == "log"]


@pytest.fixture
def account() -> Account:
    now = datetime.now(UTC)
    return Account(
        hotlog.Rule(
            id="a",
            at="app.py:11",
            message="{name}",
            limit=None,
            per_second=None,
            created=now,
            expires=now + timedelta(hours=1),
        )
    )


@pytest.fixture
def flush_ms() -> int:
    """How long a delivery may take: this machine may be busy."""
    return 20_000


@pytest.fixture
def running(account: Account, tmp_path: Path, sink: str, flush_ms: int) -> Iterator[Served]:
    task = tmp_path / "task"
    task.mkdir()
    (task / "app.py").write_text(APP)
    with Served(account, task, sink, flush_ms) as served:
        yield served


class Served:
    """A function, and the endpoint it talks to, which can be put up anew."""

    def __init__(self, account: Account, task: Path, sink: str, flush_ms: int) -> None:
        self._account, self._port = account, free_port()
        self._endpoint = ExitStack()
        env = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            "HOTLOG_SINK": sink,
            "FLUSH_MS": str(flush_ms),
            "HOTLOG_REFRESH_TIMEOUT_MS": "5000",  # this machine may be busy
            "PYTHONPATH": str(ROOT),
        }
        self.function = ApiFunction(task, "app.handler", env=env, timeout_s=20)

    def __enter__(self) -> Self:
        self.put_up()
        return self

    def __exit__(self, *_: object) -> None:
        self._account.logs_answer.set()
        self.function.__exit__(None, None, None)
        self._endpoint.close()

    def put_up(self) -> None:
        """Take the endpoint down and put another one up at the same address: its connections are gone."""
        self._endpoint.close()
        self._endpoint.enter_context(canned_aws(self._account.answer, self._port))

    def invoke(self, name: str) -> Reply:
        reply = self.function.invoke(name)
        assert reply.payload == name
        return reply


def told(account: Account, replies: list[Reply], sink: str) -> list[str]:
    """The messages that got where the sink leads; the function's log has them or none."""
    in_log = [message for reply in replies for message in messages(reply.lines)]
    if sink == "stdout":
        assert account.delivered() == []
        return in_log
    assert in_log == []
    return account.delivered()


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("pause_s", PAUSES_S)
def test_a_process_that_stood_still_goes_on_logging(
    running: Served, account: Account, sink: str, pause_s: float
) -> None:
    replies = []
    for name in ("ana", "bob", "carol"):
        replies.append(running.invoke(name))
        assert told(account, replies, sink)[-1] == name, "it is out before the process stands still"
        time.sleep(pause_s)
    assert told(account, replies, sink) == ["ana", "bob", "carol"]


@pytest.mark.parametrize("sink", SINKS)
def test_a_process_that_is_killed_while_it_stands_still_has_lost_nothing(
    running: Served, account: Account, sink: str
) -> None:
    replies = []
    for name in ("ana", "bob", "carol"):
        replies.append(running.invoke(name))
        running.function.kill()
    assert told(account, replies, sink) == ["ana", "bob", "carol"]
    cold = [json.loads(line)["cold_start"] for reply in replies for line in reply.lines if '"log"' in line]
    assert all(cold)


@pytest.mark.parametrize("sink", SINKS)
def test_an_endpoint_that_was_replaced_meanwhile_is_found_again(
    running: Served, account: Account, sink: str
) -> None:
    """Both kept connections are dead when the process is thawed."""
    replies = []
    for name in ("ana", "bob", "carol"):
        replies.append(running.invoke(name))
        running.put_up()
    assert told(account, replies, sink) == ["ana", "bob", "carol"]


@pytest.mark.slow
@pytest.mark.parametrize("sink", SINKS[1:])
@pytest.mark.parametrize("flush_ms", [300])
def test_what_could_not_be_delivered_in_time_is_counted(
    running: Served, account: Account, sink: str, flush_ms: int
) -> None:
    replies = [running.invoke("ana"), running.invoke("bob")]
    account.logs_answer.clear()
    replies += [running.invoke("lost"), running.invoke("lost too")]
    account.logs_answer.set()
    time.sleep(limits.SINK_FIRST_BACKOFF_S + 1)
    replies += [running.invoke("carol")]
    assert told(account, replies, sink) == ["ana", "bob", "carol"]
    notices = [json.loads(line) for reply in replies for line in reply.lines]
    assert [(notice["hotlog"], notice["code"], notice["lost"]) for notice in notices] == [
        ("status", "sink-failed", 1)
    ]
    assert f"no answer within {flush_ms} ms" in notices[0]["reason"]
