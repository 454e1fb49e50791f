"""What the log says of a start, in Lambda's text and JSON forms; only of environments that came after the update."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client import desk_limits
from hotlog.client.account.aws import Aws
from hotlog.client.attaching import start_watch
from hotlog.client.options import Options
from hotlog.errors import StoreError
from tests.support.canned_aws import canned_aws, use
from tests.support.cli import settle_in

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.attaching.start_watch import Start
    from tests.support.canned_aws import Answer

SINCE_S = 1_700_000_000
TOKEN = "k7Jx"  # noqa: S105  # good for nothing
INIT = "INIT_START Runtime Version: python:3.13.v20\tRuntime Version ARN: arn"
REPORT = "REPORT RequestId: 1\tDuration: 2.00 ms\tBilled Duration: 40 ms\tInit Duration: 36.20 ms\t"
WARM = "REPORT RequestId: 1\tDuration: 2.00 ms\tBilled Duration: 40 ms\t"
IMPORT_ERROR = "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'x'"
INIT_ERROR = "INIT_REPORT Init Duration: 80.12 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"
INIT_TIMEOUT = "INIT_REPORT Init Duration: 9999.17 ms\tPhase: init\tStatus: timeout"
STARTED = json.dumps({"hotlog": "started", "attach": TOKEN, "state": "working"})


def platform(kind: str, **record: Any) -> str:
    return json.dumps({"time": "2026-01-01T00:00:00Z", "type": f"platform.{kind}", "record": record})


JSON_INIT = platform("initStart", initializationType="on-demand")


class Log:
    """The function's log; a line is text, stream and seconds after the update."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, float]] = []
        self.refusals: list[Answer] = []

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        assert action == "FilterLogEvents", action
        if self.refusals:
            return self.refusals.pop(0)
        assert request["startTime"] == SINCE_S * 1_000
        events = [
            {"message": text + "\n", "logStreamName": stream, "timestamp": int((SINCE_S + after) * 1_000)}
            for text, stream, after in self.lines
        ]
        return 200, {"events": events}


@pytest.fixture(name="log")
def _log() -> Log:
    return Log()


def watched(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, seconds: float = 0.0
) -> Start | None:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setattr(desk_limits, "VERIFY_WATCH_MAX_S", seconds)
    monkeypatch.setattr(desk_limits, "LOG_POLL_S", 0.02)
    with canned_aws(log.answer) as endpoint:
        use(endpoint, monkeypatch)
        since = datetime.fromtimestamp(SINCE_S, UTC)
        return start_watch.watch(
            Aws(Options("ssm:"), attempts=1), "/aws/lambda/orders", TOKEN, since, tell=lambda _: None
        )


@pytest.mark.parametrize(
    ("lines", "failed"),
    [
        ([INIT, STARTED], ""),
        ([STARTED], ""),
        (
            [INIT, IMPORT_ERROR, INIT_ERROR],
            "Runtime.ImportModuleError: Unable to import module 'app': No module",
        ),
        ([INIT, INIT_ERROR], "Runtime.ExitError"),
        ([INIT, INIT_TIMEOUT], "INIT ended in timeout"),
        (
            [JSON_INIT, platform("initReport", status="error", errorType="Runtime.ExitError")],
            "Runtime.ExitError",
        ),
        ([JSON_INIT, platform("initReport", status="timeout")], "INIT ended in timeout"),
        (
            [
                JSON_INIT,
                json.dumps({"level": "ERROR", "errorType": "KeyError", "errorMessage": "'stage'"}),
                platform("initReport", status="failure", errorType="KeyError"),
            ],
            "KeyError: 'stage'",
        ),
    ],
)
def test_how_a_start_went(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: list[str], failed: str
) -> None:
    log.lines = [(line, "a", 2.0) for line in lines]
    start = watched(log, monkeypatch, tmp_path)
    assert start is not None
    assert start.failed.startswith(failed)
    assert bool(start.failed) is bool(failed)
    assert start.facts == ({} if failed else {"state": "working"})


@pytest.mark.parametrize("report", [REPORT, platform("report", metrics={"initDurationMs": 36.2})])
def test_a_start_without_a_word_of_hotlog_is_seen(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, report: str
) -> None:
    init = INIT if report is REPORT else JSON_INIT
    log.lines = [(init, "a", 2.0), (report, "a", 3.0)]
    start = watched(log, monkeypatch, tmp_path)
    assert start == start_watch.Start({})


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [(INIT, "a", 0.4), (INIT_ERROR, "a", 0.5)],  # within the second that AWS has told: maybe the old one
        [(REPORT, "a", 2.0)],  # started before, its first invocation ends only now
        [(INIT_ERROR, "a", 2.0)],
        [(INIT, "a", 2.0), (REPORT, "b", 2.0)],  # of two streams
        [(INIT, "a", 2.0), (WARM, "a", 3.0), (IMPORT_ERROR, "a", 3.0)],  # the application's own words
        [(STARTED.replace(TOKEN, "other"), "a", 2.0)],  # of an attach before
        [("{" * 3_000, "a", 2.0), ("[]", "a", 2.0), ('{"hotlog": [1]}', "a", 2.0)],
        [(INIT, "a", 2.0), (platform("initReport", status="success"), "a", 2.0)],
    ],
)
def test_what_tells_nothing_about_this_attach(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: list[tuple[str, str, float]]
) -> None:
    log.lines = lines
    assert watched(log, monkeypatch, tmp_path) is None


def test_what_passes_is_waited_for(log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log.refusals = [
        (400, {"__type": "ThrottlingException", "message": "slow down"}),
        (400, {"__type": "ResourceNotFoundException", "message": "no log group yet"}),
    ]
    log.lines = [(STARTED, "a", 2.0)]
    assert watched(log, monkeypatch, tmp_path, seconds=10.0) == start_watch.Start({"state": "working"})


def test_who_may_not_read_the_log_is_told(log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log.refusals = [(400, {"__type": "AccessDeniedException", "message": "no"})]
    with pytest.raises(StoreError) as caught:
        watched(log, monkeypatch, tmp_path)
    assert caught.value.code == "denied"
