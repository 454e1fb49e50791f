"""Where commands get a function's events from: the file of a local sink, or CloudWatch Logs (`hotlog.client.events.logs`).

A feed yields None each time it has read everything there is, so that its reader may stop there, or say that it waits.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from hotlog import limits
from hotlog.addresses import STORES, forms_of, open_store
from hotlog.client import desk_limits
from hotlog.client.events.proofs import LogLine, Proofs
from hotlog.client.words import parse_timestamp
from hotlog.errors import ConfigError
from hotlog.events import PROOF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotlog.client.account.desk import Desk
    from hotlog.events import Event
    from hotlog.rules.model import Rule

    Feed = Iterator[Event | None]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")  # what needs no escape in a filter pattern


def moment_before(seconds: float) -> datetime:
    """Return when it was so many seconds ago; no further back than `limits.DURATION_MAX_S`."""
    return datetime.now(UTC) - timedelta(seconds=min(max(0.0, seconds), limits.DURATION_MAX_S))


class EventFilter(NamedTuple):
    """Which events are asked for.

    Attributes:
        function: name of the function they come from.
        since: from when on.
        rule: the rule's id, or its beginning; empty: of all rules.
        request: id of the invocation, or its beginning; empty: of all.
        trace: id of the trace, or its beginning, as OpenTelemetry or X-Ray writes it; empty: of all.
        correlation: the correlation id; empty: of all.
        kinds: of events, such as `status`; empty: all.
        versions: of the function, such as `12`; empty: all.
        rules: ids; empty: of all rules, unless there is a `live_since`.
        live_since: events of other rules only from then on: these may have been added meanwhile; None: not even then.
        stored: the rules as they are stored, of which states and counts are told.
    """

    function: str
    since: datetime
    rule: str = ""
    request: str = ""
    kinds: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    live_since: datetime | None = None
    trace: str = ""
    correlation: str = ""
    stored: tuple[Rule, ...] = ()

    def since_ms(self, since_ms: int) -> EventFilter:
        """Return the same filter from another moment on, in milliseconds since the epoch."""
        return self._replace(since=datetime.fromtimestamp(since_ms / 1_000, UTC))

    @property
    def pattern(self) -> str:
        """Return CloudWatch's filter pattern for these events: the fewer lines come, the sooner."""
        kinds = " || ".join(f'($.hotlog = "{kind}")' for kind in self.kinds or ("*",))
        begins = (
            ("rule", self.rule),
            ("request_id", self.request),
            ("trace_id", plain_trace(self.trace)),
            ("correlation_id", self.correlation),
        )
        parts = [
            f"({kinds})" if "|" in kinds else kinds,
            *(f'($.{key} = "{text}*")' for key, text in begins if _PLAIN.fullmatch(text)),
        ]
        return f"{{ {' && '.join(parts)} }}"

    def takes(self, event: Event) -> bool:
        """Return whether the filter takes the event; one without a time or a function passes."""
        return (
            event.get("function", self.function) == self.function
            and (not self.kinds or event["hotlog"] in self.kinds)
            and (not self.versions or event.get("version") in self.versions)
            and self._takes_rule(event)
            and str(event.get("rule", "")).startswith(self.rule)
            and str(event.get("request_id", "")).startswith(self.request)
            and str(event.get("trace_id", "")).startswith(plain_trace(self.trace))
            and (not self.correlation or event.get("correlation_id") == self.correlation)
            and (parse_timestamp(event.get("timestamp")) or self.since) >= self.since
        )

    def _takes_rule(self, event: Event) -> bool:
        rule = event.get("rule")
        if not isinstance(rule, str) or not rule or rule in self.rules:
            return True
        if not (self.rules or self.live_since):
            return True
        at = parse_timestamp(event.get("timestamp"))
        return self.live_since is not None and at is not None and at >= self.live_since


def plain_trace(trace: str) -> str:
    """Return a trace id as events have it, of one that X-Ray writes: `1-5759e988-bd86…`, or a header with it."""
    root = trace.rpartition("Root=")[2].partition(";")[0]
    return (root[2:] if root[:2] == "1-" else root).replace("-", "").lower()


def open_feed(desk: Desk, wanted: EventFilter, *, follow: bool) -> Feed:
    """Return the events of a function, from `wanted.since` on.

    Args:
        desk: names the store; where it is in AWS, the events are in CloudWatch Logs, else next to the rules.
        wanted: which of them.
        follow: wait for what is yet to come; else the feed ends when it has yielded what there is.

    Raises:
        ConfigError: `bad-store`, where it keeps no events.
        StoreError: as `hotlog.client.events.logs.follow_logs`, while it is read.
    """
    if desk.options.is_local:
        source = _from_local_sink(desk, wanted.function, follow=follow)
    else:
        source = _from_aws(desk, wanted, follow=follow)
    return _filter(source, wanted, follow=follow)


def _filter(source: Feed, wanted: EventFilter, *, follow: bool) -> Feed:
    for event in source:
        if event is not None and wanted.takes(event):
            yield event
        elif event is None:
            yield None
            if not follow:
                return


def _from_local_sink(desk: Desk, function: str, *, follow: bool) -> Feed:
    path = require_events_file(desk)
    if follow:
        desk.talk.say(f"Following {path}. Ctrl-C ends.")
    return follow_file(path, Proofs(desk.open_store(), function))


def require_events_file(desk: Desk) -> Path:
    """Return the file that a local sink writes.

    Raises:
        ConfigError: `bad-store`, where there is none.
    """
    path = desk.options.events_file
    if path is None:
        raise ConfigError(
            "bad-store", f"{desk.options.url} keeps no events: give --local, or --store {forms_of(STORES)}."
        )
    return path


def _from_aws(desk: Desk, wanted: EventFilter, *, follow: bool) -> Feed:
    # Loaded here, with boto3 behind them: a file needs neither.
    from hotlog.client.events.logs import follow_logs, log_groups

    aws = desk.aws()
    groups = log_groups(aws, wanted.function)
    if follow:
        desk.talk.say(f"Following {' and '.join(group.name for group in groups)}. Ctrl-C ends.")
    since_ms = int(wanted.since.timestamp() * 1_000)
    lines = follow_logs(
        aws.client("logs"), groups, since_ms, pattern=wanted.pattern, follow=follow, notice=desk.talk.say
    )
    proofs = Proofs(desk.open_store(), wanted.function)
    for line in lines:
        event = read_event(line, proofs) if line is not None else None
        if line is None or event is not None:
            yield event


def read_event(line: LogLine, proofs: Proofs) -> Event | None:
    """Return the event in a line, with the verdict on it as `proof`; None where the line is anything else."""
    event = event_in(line.text)
    return None if event is None else {**event, PROOF: proofs.judge(line, event)}


def event_in(line: str) -> Event | None:
    """Return the event in a log line; None where the line is anything else."""
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


def read_local(path: Path, store: str, function: str) -> Feed:
    """Yield the events that the sink of a handler on this machine writes; never wait for more.

    Args:
        path: of the file.
        store: address of the store with the function's rules, whose key its lines are proven with.
        function: name of the function.
    """
    return follow_file(path, Proofs(open_store(store), function), sleep=lambda _: None)


def line_of_file(data: bytes) -> LogLine:
    """Return a line of a file as one of a log: it is in no stream, and nobody knows since when."""
    return LogLine("", 0, data.decode("utf-8", "replace"))


def drain(feed: Feed) -> list[Event]:
    """Return the events that a feed has ready: everything up to its next pause."""
    found: list[Event] = []
    for event in feed:
        if event is None:
            break
        found.append(event)
    return found


def keep_last(feed: Feed, count: int) -> Feed:
    """Yield of the events that a feed has ready the last ones alone, then all that come."""
    ready: deque[Event] = deque(maxlen=count)
    for event in feed:
        if event is None:
            break
        ready.append(event)
    yield from ready
    yield None
    yield from feed


def follow_file(path: Path, proofs: Proofs, *, sleep: Callable[[float], None] = time.sleep) -> Feed:
    """Yield the events of a `file:` sink, from its beginning; the file may come later, and may be replaced.

    Args:
        path: of the file.
        proofs: judges its lines.
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
                event = read_event(line_of_file(line), proofs)
                if event is not None:
                    yield event
        yield None
        sleep(desk_limits.FILE_POLL_S)
