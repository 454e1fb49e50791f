"""A page of events and a cursor: any process can go on where another has stopped.

A cursor says for each source up to where it has been read, and which lines of the last minute came already: in CloudWatch
Logs a line may become visible later than a younger one.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.events.event_stream import line_of_file, read_event, require_events_file
from hotlog.client.events.logs import LogWindow, filter_pages, log_groups
from hotlog.client.events.proofs import Proofs
from hotlog.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hotlog.client.account.desk import Desk
    from hotlog.client.events.event_stream import EventFilter
    from hotlog.events import Event

_VERSION = 1
_CURSOR_MAX_BYTES = 1024 * 1024
_DAMAGED = "the cursor is none, or of another version of hotlog: ask without one."


class EventPage(NamedTuple):
    """Events, and where to go on.

    Attributes:
        events: oldest first.
        cursor: for the next page.
        has_more: whether more are there already.
    """

    events: tuple[Event, ...]
    cursor: str
    has_more: bool = False


def read_page(  # noqa: PLR0913  # each narrows what comes
    desk: Desk,
    wanted: EventFilter,
    cursor: str = "",
    most: int = desk_limits.EVENTS_PAGE_MAX,
    follow_s: float = 0.0,
    *,
    lines: int = desk_limits.CURSOR_LINES_MAX,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> EventPage:
    """Return the next events of a function.

    Args:
        desk: names the store; where it is in AWS, the events are in CloudWatch Logs, else next to the rules.
        wanted: which events; with a cursor, its `since` is the cursor's.
        cursor: of the page before; empty: from `wanted.since` on.
        most: so many at most.
        follow_s: wait so long for the first one.
        lines: so many lines at most that the cursor names: it is shorter, and where more came at once one may come twice.
        sleep: called with seconds between two looks.
        clock: monotonic seconds.

    Raises:
        ConfigError: `bad-cursor`, or `bad-store`, where the store keeps no events.
        StoreError: `denied`, ...
    """
    until_s = clock() + follow_s
    state = _load(cursor) if cursor else {"since": int(wanted.since.timestamp() * 1_000)}
    while True:
        page = _read(desk, wanted, state, most, lines)
        left_s = until_s - clock()
        if page.events or left_s <= 0:
            return page
        state = _load(page.cursor)
        sleep(min(left_s, desk_limits.FILE_POLL_S if desk.options.is_local else desk_limits.LOG_POLL_S))


def _read(desk: Desk, wanted: EventFilter, state: dict[str, Any], most: int, lines: int) -> EventPage:
    wanted = wanted.since_ms(state["since"])
    proofs = Proofs(desk.open_store(), wanted.function, state.get("proofs", {}))
    if desk.options.is_local:
        return _from_file(require_events_file(desk), wanted, state, most, proofs, lines)
    return _from_logs(desk, wanted, state, most, proofs, lines)


# --- a file ----------------------------------------------------------------------------------------------------------


def _from_file(  # what is read, and how much of it a cursor says
    path: Path, wanted: EventFilter, state: dict[str, Any], most: int, proofs: Proofs, lines: int
) -> EventPage:
    position = int(state.get("at", 0))
    size = path.stat().st_size if path.exists() else 0
    if size < position:
        position = 0  # the file was replaced
    events: list[Event] = []
    if size > position:
        with path.open("rb") as file:
            file.seek(position)
            for line in file:
                if not line.endswith(b"\n") or len(events) >= most:
                    break
                position += len(line)
                event = read_event(line_of_file(line), proofs)
                if event is not None and wanted.takes(event):
                    events.append(event)
    return EventPage(
        tuple(events),
        _dump({**state, "at": position, "proofs": _latest(proofs.seen, lines)}),
        has_more=len(events) >= most and position < size,
    )


# --- CloudWatch Logs -------------------------------------------------------------------------------------------------


def _from_logs(  # as `_from_file`
    desk: Desk, wanted: EventFilter, state: dict[str, Any], most: int, proofs: Proofs, lines: int
) -> EventPage:
    aws = desk.aws()
    groups = [group.name for group in log_groups(aws, wanted.function)]
    windows = {
        group: LogWindow(state["since"], *state.get("groups", {}).get(group, (0, {}))) for group in groups
    }
    events: list[tuple[int, Event]] = []
    missing: list[StoreError] = []
    has_more = False
    for group, window in windows.items():
        try:
            has_more |= _read_group(desk, group, window, wanted, events, most, proofs)
        except StoreError as fault:
            if fault.code != "missing":
                raise
            missing.append(fault)
    if len(missing) == len(groups):
        raise missing[0]
    events.sort(key=lambda each: each[0])
    kept = {group: [window.start_ms, _latest(window.seen, lines)] for group, window in windows.items()}
    newest_ms = max((at_ms for at_ms, _ in events), default=0)
    proofs.forget(newest_ms)
    state = {**state, "groups": kept, "proofs": _latest(proofs.seen, lines)}
    return EventPage(tuple(event for _, event in events), _dump(state), has_more)


def _read_group(  # what is read, and what is collected
    desk: Desk,
    group: str,
    window: LogWindow,
    wanted: EventFilter,
    events: list[tuple[int, Event]],
    most: int,
    proofs: Proofs,
) -> bool:
    """Add the new events of one group; return whether it has more of them."""
    answered_ms = 0
    for page in filter_pages(desk.aws().client("logs"), group, wanted.pattern, window.start_ms):
        answered_ms = answered_ms or page.answered_ms
        for line in page.lines:
            if len(events) >= most:
                return True
            if not window.is_new(line):
                continue
            event = read_event(line, proofs)
            if event is not None and wanted.takes(event):
                events.append((line.at_ms, event))
                if len(events) >= most:
                    window.complete(line.at_ms)  # lines come in the order of their times
    window.complete(answered_ms)
    return False


def _latest(seen: dict[str, int], most: int) -> dict[str, int]:
    """Return the lines that a cursor names: the last ones, where there are too many."""
    return seen if len(seen) <= most else dict(sorted(seen.items(), key=lambda each: each[1])[-most:])


# --- a cursor --------------------------------------------------------------------------------------------------------


def _dump(state: dict[str, Any]) -> str:
    data = json.dumps({"v": _VERSION, **state}, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")


def _load(cursor: str) -> dict[str, Any]:
    """Return what a cursor says.

    Raises:
        ConfigError: `bad-cursor`.
    """
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        state: Any = json.loads(zlib.decompressobj().decompress(data, _CURSOR_MAX_BYTES))
    except (ValueError, binascii.Error, zlib.error, RecursionError) as fault:
        raise ConfigError("bad-cursor", _DAMAGED) from fault
    groups = state.get("groups", {}) if isinstance(state, dict) else None
    if not isinstance(groups, dict) or state.get("v") != _VERSION or not _is_whole(state.get("since")):
        raise ConfigError("bad-cursor", _DAMAGED)
    for each in groups.values():
        start_ms, seen, *more = each if isinstance(each, list) else [None, None, each]
        if more or not _is_whole(start_ms) or not isinstance(seen, dict):
            raise ConfigError("bad-cursor", _DAMAGED)
    if not _is_whole(state.get("at", 0)) or not isinstance(state.get("proofs", {}), dict):
        raise ConfigError("bad-cursor", _DAMAGED)
    return dict(state)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
