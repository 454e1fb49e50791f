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

from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hotlog.cli.account.aws import Aws

POLL_S: Final = 2.0
WATCH_MAX_S: Final = 300.0
# Lambda's log lines come as text or, where a function logs JSON, as objects. Words to find both forms with.
_PATTERN: Final = '?INIT_START ?INIT_REPORT ?"Init Duration" ?"[ERROR]" ?platform ?hotlog ?Runtime'
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


class _Stream:
    """One environment's log, line by line."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._is_new = False
        self._reason = ""

    def take(self, line: str) -> Start | None:
        """Take the next line; how the start went, once that is known."""
        found = _json_in(line)
        if found.get("hotlog") == "started" and found.get("attach") == self._token:
            return Start({key: value for key, value in found.items() if key not in {"hotlog", "attach"}})
        kind, record = str(found.get("type", "")), found.get("record", _NO_FACTS)
        if line.startswith("INIT_START") or kind == "platform.initStart":
            self._is_new = True
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
    """Wait for the next start of a function; None where there was none in `WATCH_MAX_S`.

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
    began = time.monotonic()
    streams: dict[str, _Stream] = {}
    seen: set[str] = set()
    while True:
        for stream, line in _new_lines(aws, group, int(since.timestamp() * 1_000), seen):
            start = streams.setdefault(stream, _Stream(token)).take(line)
            if start is not None:
                return start
        passed = time.monotonic() - began
        if passed >= WATCH_MAX_S:
            return None
        tell(passed)
        sleep(POLL_S)


def _new_lines(aws: Aws, group: str, since_ms: int, seen: set[str]) -> Iterator[tuple[str, str]]:
    """The lines that have not been seen, in the order in which they were written."""
    from hotlog.stores.aws import told

    logs = aws.client("logs")
    found = []
    try:
        with told("logs:FilterLogEvents", group):
            try:
                pages = logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group, startTime=since_ms, filterPattern=_PATTERN
                )
                for page in pages:
                    found += [event for event in page["events"] if event["eventId"] not in seen]
            except logs.exceptions.ResourceNotFoundException:
                return  # the first line of the first environment makes it
    except StoreError as error:
        if error.code not in {"throttled", "unreachable"}:
            raise
    seen.update(event["eventId"] for event in found)
    for event in sorted(found, key=lambda event: event["timestamp"]):  # stable: as the stream has them
        yield event["logStreamName"], event["message"].rstrip("\n")


def _json_in(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reason_in(line: str, found: dict[str, Any]) -> str:
    """What the runtime says of a start that fails, such as `Runtime.ImportModuleError: Unable to import …`."""
    if found.get("errorType") and found.get("errorMessage"):
        return f"{found['errorType']}: {found['errorMessage']}"
    match = _REASON.match(line)
    return f"{match['kind']}: {match['text']}" if match else ""
