"""A short name for an event that any process can find it by: function, moment, rule, number and environment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.events.proofs import is_proven
from hotlog.client.words import parse_timestamp
from hotlog.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.events.pages import EventPage
    from hotlog.events import Event

_VERSION: Final = "e1"
_ENV_CHARS: Final = 4
_HIT_END: Final = 1_000_000_000
_HANDLE: Final = re.compile(
    r"e1\.(?P<function>[A-Za-z0-9_-]{1,64})\.(?P<at_ms>[0-9a-f]{8,12})\.(?P<rule>[A-Za-z0-9_-]{1,64})\.(?P<rest>\d{0,9}\.[0-9a-z]{0,4})"
)


class EventHandle(NamedTuple):
    """What a handle says.

    Attributes:
        function: that the event is of.
        since: when it was emitted.
    """

    function: str
    since: datetime


def make_handle(function: str, event: Event) -> str:
    """Return the handle of an event of a function, which is its plain name."""
    at = parse_timestamp(event.get("timestamp"))
    at_ms = max(round(at.timestamp() * 1_000), 0) if at is not None else 0
    env = re.sub("[^0-9a-z]", "", str(event.get("env", "")))[:_ENV_CHARS]
    hit = event.get("hit")
    number = hit if type(hit) is int and 0 <= hit < _HIT_END else ""
    rule = re.sub("[^A-Za-z0-9_-]", "", str(event.get("rule", "")))[:64] or "-"
    return f"{_VERSION}.{function}.{at_ms:08x}.{rule}.{number}.{env}"


def read_handle(handle: str) -> EventHandle:
    """Return what a handle says.

    Raises:
        ConfigError: `bad-handle`, it is none.
    """
    found = _HANDLE.fullmatch(handle)
    if found is None:
        raise _bad_handle()
    try:
        since = datetime.fromtimestamp(int(found["at_ms"], 16) / 1_000, UTC)
    except ValueError:  # a year that nobody can write
        raise _bad_handle() from None
    return EventHandle(found["function"], since)


def is_handle(name: str) -> bool:
    """Return whether a name is a handle, and not the id of a request."""
    return name.startswith(f"{_VERSION}.")


def seconds_since(handle: str) -> float:
    """Return how far one must look back to find the event of a handle.

    Raises:
        ConfigError: `bad-handle`, it is none.
    """
    return (datetime.now(UTC) - read_handle(handle).since).total_seconds() + 1


def pick_event(function: str, name: str, read: Callable[[str], EventPage]) -> Event:
    """Return the event of a handle; of a request the last one, of an error if there is any. What is proven comes first.

    Args:
        function: its plain name.
        name: a handle, or what all events that are read have in common.
        read: returns the page of a cursor, the first one for an empty text.

    Raises:
        StoreError: `missing`, it is not in the log any more.
    """
    cursor, found = "", None
    for _ in range(desk_limits.EVENT_PAGES_MAX):
        page = read(cursor)
        for event in page.events:
            if not is_handle(name):
                found = event if found is None or _rank(event) >= _rank(found) else found
            elif make_handle(function, event) == name and (found is None or is_proven(event)):
                found = event  # a forged line may have the handle of a true one
        if found is not None and is_handle(name) and is_proven(found):
            break
        if not page.has_more:
            break
        cursor = page.cursor
    if found is None:
        raise StoreError("missing", f"the event {name} is not in the log of {function} any more.")
    return found


def _rank(event: Event) -> tuple[bool, bool]:
    return is_proven(event), "error" in event


def _bad_handle() -> ConfigError:
    return ConfigError("bad-handle", "the event is none that wait_for_events or explain_failure has named.")
