"""Lines out of log groups of CloudWatch Logs: by live tail where it works, by polling where it does not.

    poll what there is ──> live tail ── ends, fails, or leaves lines out ──> poll ──> …

A live tail is opened before the poll, so that nothing falls between the two; what both bring comes once.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.addresses import find_used_sink
from hotlog.client import desk_limits
from hotlog.client.events.proofs import LogLine
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from botocore.eventstream import EventStream
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import StartLiveTailResponseStreamTypeDef

    from hotlog.client.account.aws import Aws

    Stream = EventStream[StartLiveTailResponseStreamTypeDef]

# Lines of JSON with the key `hotlog`, whatever its value. The reader checks again, since not every endpoint filters.
ANY_EVENT: Final = '{ $.hotlog = "*" }'
_LIVE_PATTERN: Final = "hotlog"  # the word alone: emulators of live tail know no other patterns
_PASSING: Final = ("throttled", "unreachable")  # faults that are over after a while


class Group(NamedTuple):
    """A log group.

    Attributes:
        name: such as `/aws/lambda/orders`.
        arn: for live tail; empty where it is not known: then it is polled.
    """

    name: str
    arn: str = ""


def log_groups(aws: Aws, function: str) -> list[Group]:
    """Return the log groups with a function's events: its sink's, and its own, where the rest goes.

    Raises:
        StoreError: `unknown-function`.
    """
    try:
        deployed = aws.function(function)
    except StoreError as fault:
        if fault.code == "unknown-function":
            raise
        # Who may read logs need not be one who may look at functions.
        return [Group(f"/aws/lambda/{function}")]
    chosen = find_used_sink(deployed.config.sink).log_group
    names = [*([chosen] if chosen else []), deployed.log_group]
    arn, _, _ = deployed.arn.replace(":lambda:", ":logs:", 1).partition(":function:")
    return [Group(name, f"{arn}:log-group:{name}") for name in names]


class LogWindow:
    """From when on to read, and which lines from there on have been read.

    Args:
        since_ms: nothing older matters.
        start_ms: from when on to read; 0: from `since_ms`.
        seen: digests of lines that have been read, with their times.
    """

    def __init__(self, since_ms: int, start_ms: int = 0, seen: Mapping[str, int] | None = None) -> None:
        self.since_ms = since_ms
        self.start_ms = max(start_ms, since_ms)
        self.seen = dict(seen or {})

    def is_new(self, line: LogLine) -> bool:
        """Return whether the line is new, and remember it."""
        digest = _digest(line)
        if digest in self.seen or line.at_ms < self.since_ms:
            return False
        self.seen[digest] = line.at_ms
        return True

    def complete(self, until_ms: int) -> None:
        """Note that all lines visible at `until_ms`, by the clock of AWS, have been seen."""
        start_ms = max(self.start_ms, until_ms - desk_limits.LOG_OVERLAP_MS)
        if start_ms > self.start_ms:
            self.start_ms = start_ms
            self.seen = {digest: at_ms for digest, at_ms in self.seen.items() if at_ms >= start_ms}


def _digest(line: LogLine) -> str:
    import base64  # as below: a file's events need none of it
    import hashlib

    data = f"{line.stream}\0{line.at_ms}\0{line.text}".encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.blake2b(data, digest_size=9).digest()).decode()


def follow_logs(
    logs: CloudWatchLogsClient,
    groups: Sequence[Group],
    since_ms: int,
    *,
    pattern: str = ANY_EVENT,
    follow: bool = True,
    notice: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[LogLine | None]:
    """Yield the lines in log groups that may be events; None each time all there are have been read.

    Args:
        logs: boto3's client.
        groups: the log groups, at least one; one of several may be missing.
        since_ms: from when on, milliseconds since the epoch.
        pattern: CloudWatch's filter pattern of the lines that matter; more may come.
        follow: a group that is not there may still come, AWS may be busy for a while; else these are faults.
        notice: called with a sentence when the way of reading changes.
        sleep: called with seconds between two polls.

    Raises:
        StoreError: `missing`, `denied`, `throttled`, `unreachable`, ...
    """
    window = LogWindow(since_ms)
    arns = [group.arn for group in groups]
    tries_live, pause_s = follow and all(arns), desk_limits.LOG_POLL_S
    while True:
        stream = None
        if tries_live:
            stream, tries_live = _live_stream(logs, arns, notice)
        try:
            yield from _poll(logs, groups, pattern, window)
            pause_s = desk_limits.LOG_POLL_S
        except StoreError as fault:
            if not follow or fault.code not in {"missing", *_PASSING}:
                raise
            if fault.code in _PASSING:
                pause_s = min(2 * pause_s, desk_limits.LOG_POLL_MAX_S)
                notice(f"{fault.message} Next try in {pause_s:.0f} s.")
        yield None
        if stream is None:
            sleep(pause_s)
        elif trouble := (yield from _live(stream, window)):
            tries_live = False
            notice(f"{trouble}: polling instead.")


def _poll(
    logs: CloudWatchLogsClient, groups: Sequence[Group], pattern: str, window: LogWindow
) -> Iterator[LogLine]:
    """Yield the lines of all groups that are new since the last poll.

    Raises:
        StoreError: as `follow_logs`; `missing` where none of the groups is there.
    """
    answered_ms: list[int] = []
    missing: StoreError | None = None
    for group in groups:
        try:
            answered_ms.append((yield from _poll_group(logs, group.name, pattern, window)))
        except StoreError as fault:
            if fault.code != "missing":
                raise
            missing = missing or fault
    if missing is not None and not answered_ms:
        raise missing
    window.complete(min(answered_ms))


def _poll_group(
    logs: CloudWatchLogsClient, group: str, pattern: str, window: LogWindow
) -> Generator[LogLine, None, int]:
    """Yield the lines of one group that are new.

    Returns:
        When AWS answered, milliseconds since the epoch by its own clock.
    """
    answered_ms = 0
    for page in filter_pages(logs, group, pattern, window.start_ms):
        answered_ms = answered_ms or page.answered_ms
        for line in page.lines:
            if window.is_new(line):
                yield line
    return answered_ms


class LogPage(NamedTuple):
    """Lines that one request brought, and when AWS answered, by its own clock in ms; 0 where the answer has no date."""

    lines: tuple[LogLine, ...]
    answered_ms: int


def filter_pages(logs: CloudWatchLogsClient, group: str, pattern: str, start_ms: int) -> Iterator[LogPage]:
    """Yield the lines of one group that a pattern matches, oldest first.

    Raises:
        StoreError: as `follow_logs`.
    """
    from hotlog.stores.ssm.boto import translate_errors  # with boto3: a file needs none of it

    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=start_ms, filterPattern=pattern
    )
    with translate_errors("logs:FilterLogEvents", group):
        try:
            for page in pages:
                lines = tuple(
                    LogLine(each.get("logStreamName", ""), each.get("timestamp", 0), each.get("message", ""))
                    for each in page.get("events", [])
                )
                yield LogPage(lines, _answer_time_ms(page["ResponseMetadata"]["HTTPHeaders"]))
        except logs.exceptions.ResourceNotFoundException as fault:
            raise StoreError(
                "missing", f"there is no log group {group}: the function's first log line makes it."
            ) from fault


def _answer_time_ms(headers: dict[str, str]) -> int:
    """Return when AWS answered, by its own clock, in ms; 0 where the answer has no date."""
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(headers["date"]).timestamp() * 1_000)
    except (KeyError, ValueError):
        return 0


def _live_stream(
    logs: CloudWatchLogsClient, arns: list[str], notice: Callable[[str], None]
) -> tuple[Stream | None, bool]:
    """Return a live tail of the groups, or None; and whether to try for one the next time."""
    from botocore.eventstream import ParserError

    from hotlog.stores.ssm.boto import translate_errors

    try:
        with translate_errors("logs:StartLiveTail", arns[0]):
            try:
                answer = logs.start_live_tail(logGroupIdentifiers=arns, logEventFilterPattern=_LIVE_PATTERN)
            except logs.exceptions.ResourceNotFoundException:
                return None, True  # the group may still come
            return answer["responseStream"], True
    except (StoreError, ParserError) as fault:
        notice(f"No live tail ({str(fault).rstrip('.')}): polling instead.")
        return None, False


def _live(stream: Stream, window: LogWindow) -> Generator[LogLine | None, None, str]:
    """Yield lines as they come, with a None each second, until the session ends or breaks off.

    Returns:
        Why not to open another; empty where another will do.
    """
    from botocore.eventstream import ParserError
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError  # what botocore lets through from a stream

    trouble = "The live tail brings nothing"
    with closing(stream):
        try:
            for part in stream:
                update = part.get("sessionUpdate")
                if update is None:
                    continue
                trouble = ""
                for each in update["sessionResults"]:
                    line = LogLine(each["logStreamName"], each["timestamp"], each["message"])
                    if window.is_new(line):
                        yield line
                    window.complete(line.at_ms)
                yield None
                if update["sessionMetadata"]["sampled"]:
                    return "There are more lines than a live tail brings"
        except (BotoCoreError, ClientError, ParserError, HTTPError, OSError):
            return trouble
    return trouble
