"""Where `hotlog tail` gets events from: the file of a local sink, or the log group of a Lambda function.

Both are polled. A feed yields None each time it has read everything there is, so that its reader may stop there.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final, cast

from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_logs import CloudWatchLogsClient

    from hotlog.events import Event

_FILE_POLL_S: Final = 0.2
_LOGS_POLL_S: Final = 2.0
# CloudWatch Logs may make an event visible later than a younger one: look back this far at each poll.
_LOGS_OVERLAP_MS: Final = 30_000
# JSON lines with the key `hotlog`, whatever its value; checked here again, since not every endpoint filters.
_PATTERN: Final = '{ $.hotlog = "*" }'


def event_in(line: str) -> Event | None:
    """The event in a log line; None where the line is anything else."""
    line = line.strip()
    if not line.startswith("{") or '"hotlog"' not in line:
        return None
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(content, dict) and isinstance(content.get("hotlog"), str):
        return cast("Event", content)
    return None


def drained(feed: Iterator[Event | None]) -> list[Event]:
    """What a feed has at the moment: everything up to its next pause."""
    found: list[Event] = []
    for event in feed:
        if event is None:
            break
        found.append(event)
    return found


def from_file(path: Path, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[Event | None]:
    """The events of a `file:` sink, from its beginning; it need not exist yet, and may be made anew.

    Args:
        path: of the file.
        sleep: called with seconds between two looks at the file.
    """
    position, rest = 0, b""
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < position:
            position, rest = 0, b""
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                data = file.read()
            position += len(data)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                event = event_in(line.decode("utf-8", "replace"))
                if event is not None:
                    yield event
        yield None
        sleep(_FILE_POLL_S)


def from_logs(
    logs: CloudWatchLogsClient,
    group: str,
    since_ms: int,
    *,
    follow: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event | None]:
    """The events in a log group.

    Args:
        logs: boto3's client.
        group: name of the log group.
        since_ms: from when on, milliseconds since the epoch.
        follow: a group that is not there may still come; else that is a fault.
        sleep: called with seconds between two polls.

    Raises:
        StoreError: `missing`, `denied`, `throttled`, `unreachable`, ...
    """
    start, seen = since_ms, dict[str, int]()
    while True:
        newest = start
        try:
            for event_id, at, message in _poll(logs, group, start):
                if event_id in seen:
                    continue
                seen[event_id] = at
                newest = max(newest, at)
                event = event_in(message)
                if event is not None:
                    yield event
        except StoreError as fault:
            if fault.code != "missing" or not follow:
                raise
        yield None
        start = max(since_ms, newest - _LOGS_OVERLAP_MS)
        seen = {event_id: at for event_id, at in seen.items() if at >= start}
        sleep(_LOGS_POLL_S)


def _poll(logs: CloudWatchLogsClient, group: str, start_ms: int) -> Iterator[tuple[str, int, str]]:
    from hotlog.stores.aws import told  # with boto3: a file needs none of it

    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=start_ms, filterPattern=_PATTERN
    )
    with told("logs:FilterLogEvents", group):
        try:
            for page in pages:
                for record in page.get("events", []):
                    yield record.get("eventId", ""), record.get("timestamp", 0), record.get("message", "")
        except logs.exceptions.ResourceNotFoundException as fault:
            raise StoreError(
                "missing", f"there is no log group {group}: the function's first log line makes it."
            ) from fault
