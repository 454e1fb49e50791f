"""Watches a function's log for the next start of an environment: how it went, in Lambda's words and the shim's.

    INIT_START ──> {"hotlog": "started", …} ──> REPORT … Init Duration      hotlog's shim is in
               ──> REPORT … Init Duration                                   it is not, though the function runs
               ──> INIT_REPORT … Status: error | timeout                    the start failed

Every environment writes into a stream of its own. A stream counts only from an INIT_START on that came after the update
was done: environments that were started before it go on for a while and tell nothing about it.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hotlog.client.account.aws import Aws

_CLOCK_MS: Final = 1_000  # AWS says the time of its answers in whole seconds
_REASON: Final = re.compile(r"\[ERROR\]\s+(?P<kind>[\w.]+): (?P<text>.*)")
_INIT_STATUS: Final = re.compile(
    r"INIT_REPORT .*Status: (?P<status>error|timeout)(?:\s+Error Type: (?P<kind>[\w.]+))?"
)
_NO_FACTS: Final[dict[str, Any]] = {}


class Start(NamedTuple):
    """How a start went.

    Attributes:
        facts: what the shim said about it; empty: it said nothing.
        failed: what went wrong; empty where the function has started.
    """

    facts: dict[str, Any]
    failed: str = ""


class _StartLine(NamedTuple):
    """A line of the log."""

    at_ms: int
    stream: str
    text: str


class _StartStream:
    """One environment's log, line by line."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._is_new = False
        self._reason = ""

    def take(self, line: str, *, is_late: bool) -> Start | None:
        """Take the next line; return how the start went, once that is known.

        Args:
            line: of the log.
            is_late: whether it was written when the update was done for certain.
        """
        found = _json_in(line)
        if found.get("hotlog") == "started" and found.get("attach") == self._token:
            return Start({key: value for key, value in found.items() if key not in {"hotlog", "attach"}})
        kind, record = str(found.get("type", "")), found.get("record", _NO_FACTS)
        if line.startswith("INIT_START") or kind == "platform.initStart":
            self._is_new = is_late
        if not self._is_new:
            return None
        self._reason = _reason_in(line, found) or self._reason
        status = _INIT_STATUS.match(line)
        if status:
            return Start({}, self._reason or status["kind"] or f"INIT ended in {status['status']}")
        if kind == "platform.initReport" and record.get("status") not in {"success", None}:
            why = record.get("errorType") or f"INIT ended in {record['status']}"
            return Start({}, self._reason or why)
        if "Init Duration:" in line or "initDurationMs" in record.get("metrics", _NO_FACTS):
            return Start({})
        return None


def watch(
    aws: Aws,
    group: str,
    token: str,
    since: datetime,
    *,
    tell: Callable[[float], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Start | None:
    """Wait for the next start of a function; None where there was none in `desk_limits.VERIFY_WATCH_MAX_S`.

    Args:
        aws: the account.
        group: the function's log group.
        token: of the attach that the start must belong to.
        since: when the update was done, by the clock of AWS.
        tell: called at each look at the log, with the seconds that have passed.
        sleep: waits so many seconds.

    Raises:
        StoreError: `denied`, ...
    """
    began, since_ms = time.monotonic(), int(since.timestamp() * 1_000)
    streams: dict[str, _StartStream] = {}
    seen: set[_StartLine] = set()
    while True:
        for line in _new_lines(aws, group, since_ms, seen):
            stream = streams.setdefault(line.stream, _StartStream(token))
            start = stream.take(line.text, is_late=line.at_ms >= since_ms + _CLOCK_MS)
            if start is not None:
                return start
        passed = time.monotonic() - began
        if passed >= desk_limits.VERIFY_WATCH_MAX_S:
            return None
        tell(passed)
        sleep(desk_limits.LOG_POLL_S)


def _new_lines(aws: Aws, group: str, since_ms: int, seen: set[_StartLine]) -> list[_StartLine]:
    """Return the log lines that have not been seen, in the order in which they were written.

    All lines are read, since no filter finds Lambda's own in both of their forms on every endpoint. That is little: a
    function that logs much starts environments at once after an update, and the first look finds one.
    """
    from hotlog.stores.ssm.boto import translate_errors

    logs = aws.client("logs")
    found: list[_StartLine] = []
    try:
        with translate_errors("logs:FilterLogEvents", group):
            try:
                for page in logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group, startTime=since_ms
                ):
                    for event in page["events"]:
                        line = _StartLine(
                            event["timestamp"], event["logStreamName"], event["message"].rstrip("\n")
                        )
                        if line not in seen:
                            seen.add(line)
                            found.append(line)
            except logs.exceptions.ResourceNotFoundException:
                return []  # the first line of the first environment makes it
    except StoreError as error:
        if error.code not in {"throttled", "unreachable"}:
            raise
    return sorted(found, key=lambda line: line.at_ms)  # stable: as each stream has them


def _json_in(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reason_in(line: str, found: dict[str, Any]) -> str:
    """Return the runtime's error for a failed start, such as `Runtime.ImportModuleError: Unable to …`."""
    if found.get("errorType") and found.get("errorMessage"):
        return f"{found['errorType']}: {found['errorMessage']}"
    match = _REASON.match(line)
    return f"{match['kind']}: {match['text']}" if match else ""
