"""A durable function under AWS's own SDK: what is replayed is marked, counted, and not logged again."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.hits.durable_execution import execution_of, is_replaying
from hotlog.rules.model import entry_of
from hotlog.stores.file import FileStore
from tests.emulator.test_handlers import add_third_party
from tests.support.layers import own_layer
from tests.support.markers import line_of
from tests.support.places import TESTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.lambda_runtime import Function, Reply

HANDLERS = TESTS / "support" / "handlers"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:function:1/durable-execution/name/e1"
EXECUTION = {
    "Id": "e1",
    "Type": "EXECUTION",
    "Status": "STARTED",
    "StartTimestamp": 1,
    "ExecutionDetails": {"InputPayload": json.dumps({"name": "ana"})},
}
MARKS = ("before", "between", "after")


def payload(operations: list[dict[str, Any]]) -> dict[str, Any]:
    """What Lambda hands to a durable function."""
    return {
        "DurableExecutionArn": ARN,
        "CheckpointToken": "first",
        "InitialExecutionState": {"Operations": [EXECUTION, *operations], "NextMarker": ""},
    }


def add_rules(store: FileStore) -> None:
    now = datetime.now(UTC)
    places = {mark: f"durable.py:{line_of(HANDLERS / 'durable.py', mark)}" for mark in MARKS}
    places["within"] = f"work.py:{line_of(HANDLERS / 'work.py', 'probe')}"
    rules = [
        hotlog.Rule(id=mark, at=at, message=mark, created=now, expires=now + timedelta(hours=1))
        for mark, at in places.items()
    ]
    entries = tuple(entry_of(rule) for rule in rules)
    store.update("function", lambda document: document._replace(entries=entries))


def done(reply: Reply) -> list[dict[str, Any]]:
    """The operations that the invocation has told the service, each as it was last."""
    lines = [json.loads(line[5:]) for line in reply.lines if line.startswith("done ")]
    return list({operation["Id"]: operation for operation in lines}.values())


def events(reply: Reply, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in reply.lines if line.startswith('{"hotlog"')]
    return [event for event in found if event["hotlog"] == kind]


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_what_is_replayed_is_not_logged_again(function: type[Function], tmp_path: Path) -> None:
    task, opt = tmp_path / "task", own_layer(tmp_path / "opt")
    shutil.copytree(HANDLERS, task)
    add_third_party(opt)
    wrapped = {
        "AWS_LAMBDA_EXEC_WRAPPER": f"{opt}/hotlog-exec",
        "HOTLOG_STORE": f"file:{tmp_path / 'rules'}",
    }
    rules = FileStore(str(tmp_path / "rules"))
    answers = []
    for env in ({}, wrapped):
        add_rules(rules)
        with function(task, "durable.handler", layer=opt, env=env, timeout_s=20) as running:
            first = running.invoke(payload([]))
            history = [{**operation, "Status": "SUCCEEDED"} for operation in done(first)]
            second = running.invoke(payload(history))
            again = running.invoke(payload(history))
            rules.update("function", lambda document: document._replace(entries=()))
            gone = running.invoke(payload([]))
        answers.append([first.payload, second.payload, again.payload])
    assert answers[0] == answers[1]
    assert first.payload == {"Status": "PENDING"}
    assert json.loads(second.payload["Result"])["done"] == {"name": "ana", "length": 3}

    messages = [[event["message"] for event in events(reply, "log")] for reply in (first, second, again)]
    assert messages == [["before", "within", "between"], ["after"], ["after"]]
    fields = [(event["execution"], event.get("replay")) for event in events(first, "log")]
    assert fields == [(ARN, None)] * 3
    assert [(event["execution"], event["replay"]) for event in events(second, "log")] == [(ARN, True)]
    counted = {event["rule"]: (event["emitted"], event.get("replayed")) for event in events(gone, "counts")}
    assert counted["before"] == counted["between"] == (1, 2)
    assert events(gone, "log") == []


@pytest.mark.parametrize(
    ("state", "replays"),
    [
        ({"Operations": [EXECUTION], "NextMarker": ""}, False),
        ({"Operations": [EXECUTION, {"Id": "s"}], "NextMarker": ""}, True),
        ({"Operations": [], "NextMarker": "more"}, True),
        ({}, False),
        (None, False),
        ({"Operations": "many"}, False),
    ],
)
def test_an_execution_is_told_by_the_payload(state: object, replays: bool) -> None:
    found = execution_of({"DurableExecutionArn": ARN, "InitialExecutionState": state})
    assert found == (ARN, replays)


def test_without_the_sdk_nothing_is_a_replay() -> None:
    assert not is_replaying()
