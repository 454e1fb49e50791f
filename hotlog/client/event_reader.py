"""What comes from a function: its events, page by page or as they come, and recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hotlog.client import desk_limits
from hotlog.client.account.function_name import require_one
from hotlog.client.account.functions import versions_of
from hotlog.client.answers import ids_of_group, read_rules
from hotlog.client.events.event_handle import is_handle, pick_event, seconds_since
from hotlog.client.events.event_stream import EventFilter, moment_before, open_feed
from hotlog.client.events.proofs import is_proven
from hotlog.client.events.recordings import find_recordings
from hotlog.errors import StoreError
from hotlog.rules.kinds import KINDS
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.events.event_stream import Feed
    from hotlog.client.events.pages import EventPage
    from hotlog.client.events.recordings import RecordedInvocation
    from hotlog.events import Event


class EventReader:
    """The part of a `Viewer` that reads the log."""

    desk: Desk

    def events(  # noqa: PLR0913  # each narrows what comes
        self,
        function: str | FunctionName,
        cursor: str = "",
        *,
        since_s: float = 600,
        rule: str = "",
        request: str = "",
        group: str = "",
        rules: Sequence[str] | str = (),
        kinds: Sequence[str] | str = (),
        follow_s: float = 0,
        most: int = desk_limits.EVENTS_PAGE_MAX,
        cursor_lines: int = desk_limits.CURSOR_LINES_MAX,
    ) -> EventPage:
        """Return a page of events, and a cursor with which any process can ask for the next one.

        Args:
            function: a name, an ARN, NAME:ALIAS or NAME:VERSION.
            cursor: of the page before; empty: what came in the last `since_s` seconds.
            since_s: how far to look back without a cursor.
            rule: id of one, or its beginning.
            request: id of one, or its beginning.
            group: only rules of this group.
            rules: only rules with these ids, or this one; with `group` both count.
            kinds: such as `log` or `status`, one or several; empty: all.
            follow_s: wait so long for the first event.
            most: so many at most.
            cursor_lines: so many lines at most that the cursor names; where more came within a minute, one may come twice.

        Example:
            >>> page = client.events("orders", follow_s=20)
            >>> page = client.events("orders", page.cursor, follow_s=20)
        """
        wanted = require_one(self.desk.take(function))
        kinds = [kinds] if isinstance(kinds, str) else kinds
        rules = [rules] if isinstance(rules, str) else rules
        ids = frozenset(rules) | (
            ids_of_group(self.desk.open_store(), wanted.name, group) if group else set()
        )
        since = moment_before(since_s)
        versions = versions_of(self.desk, wanted)
        chosen = EventFilter(wanted.name, since, rule, request, tuple(kinds), versions, ids)
        from hotlog.client.events.pages import read_page  # with compression

        return read_page(self.desk, chosen, cursor, most, follow_s, lines=cursor_lines)

    def find_event(
        self, function: str | FunctionName, name: str, since_s: float = desk_limits.EVENT_LOOK_BACK_S
    ) -> Event:
        """Return one event of a rule.

        Args:
            function: a name, an ARN, NAME:ALIAS or NAME:VERSION.
            name: the handle that `tail` or `wait_for_events` has said; or the id of a request, or its beginning: its last
                event, one of an error if there is any.
            since_s: how far to look back for a request.

        Raises:
            StoreError: `missing`, it is not in the log any more.

        Example:
            >>> client.find_event("orders", "708d8559")["error"]["type"]
            'KeyError'
        """
        wanted = require_one(self.desk.take(function))
        look_back_s = seconds_since(name) if is_handle(name) else since_s
        request = "" if is_handle(name) else name

        def read(cursor: str) -> EventPage:
            return self.events(wanted, cursor, since_s=look_back_s, request=request, kinds=tuple(KINDS))

        return pick_event(wanted.name, name, read)

    def find_value(
        self,
        function: str | FunctionName,
        name: str,
        path: str,
        since_s: float = desk_limits.EVENT_LOOK_BACK_S,
    ) -> object:
        """Return one value that an event holds, in the form that it has there.

        Args:
            function: as for `find_event`.
            name: the same.
            path: such as `event["items"][0].sku`; any expression that a rule may have.
            since_s: as for `find_event`.

        Raises:
            StoreError: `missing`, the event is not in the log any more.
            RuleError: `not-captured`, the event does not hold it.

        Example:
            >>> client.find_value("orders", "708d8559", "line.sku")
            'teapot-1l'
        """
        from hotlog.client.captured.held import (
            find_value,  # with the expression language: who looks needs none of it
        )

        return find_value(self.find_event(function, name, since_s), path)

    def recordings(
        self,
        function: str | FunctionName,
        since_s: float = desk_limits.EVENT_LOOK_BACK_S,
        *,
        rules: Sequence[str] | str = (),
    ) -> list[RecordedInvocation]:
        """Return the recordings in a function's log, the oldest first.

        Args:
            function: a name, an ARN, NAME:ALIAS or NAME:VERSION.
            since_s: how far to look back.
            rules: only of these, by id.

        Example:
            >>> client.recordings("orders")[0].calls[0].qualname
            'handler'
        """
        wanted = require_one(self.desk.take(function))
        found: list[Event] = []
        cursor = ""
        for _ in range(desk_limits.EVENT_PAGES_MAX):
            page = self.events(wanted, cursor, since_s=since_s, rules=rules, kinds=("record",))
            found += page.events
            if not page.has_more:
                break
            cursor = page.cursor
        return find_recordings(found)

    def find_recording(self, function: str | FunctionName, name: str) -> RecordedInvocation:
        """Return one recording: by its id or the id of its request, or the beginning of one.

        Of several the last; a proven one if there is any, of these a bad one if there is any.

        Raises:
            StoreError: `missing`, it is not in the log any more.
        """
        found = [
            each
            for each in self.recordings(function)
            if each.id.startswith(name) or each.request_id.startswith(name)
        ]
        if not found:
            raise StoreError(
                "missing",
                f"no recording {name} is in the log of {require_one(self.desk.take(function)).name}.",
            )
        return max(
            enumerate(found), key=lambda pair: (is_proven(pair[1].event), not pair[1].is_good, pair[0])
        )[1]

    def plan_follow(
        self,
        function: str | FunctionName,
        since_s: float,
        *,
        rule: str = "",
        request: str = "",
        trace: str = "",
        correlation: str = "",
        every: bool = False,
    ) -> EventFilter:
        """Return which events `follow` shall yield: those of the live rules, unless there are none, or all are asked for.

        With `every` nobody asks the store: states and counts are shown as they come.
        """
        wanted = require_one(self.desk.take(function))
        now = datetime.now(UTC)
        since = moment_before(since_s)
        versions = versions_of(self.desk, wanted)
        chosen = EventFilter(
            wanted.name, since, rule, request, versions=versions, trace=trace, correlation=correlation
        )
        if every:
            return chosen
        try:
            found = read_rules(self.desk.open_store(), wanted.name).rules
        except StoreError:  # who may read the log need not be one who may read the rules
            return chosen
        chosen = chosen._replace(stored=tuple(each for each in found if isinstance(each, Rule)))
        if rule or request or trace or correlation or not found:
            return chosen
        return chosen._replace(rules=frozenset(each.id for each in found), live_since=now)

    def follow(self, wanted: EventFilter, *, waits: bool = True) -> Feed:
        """Yield events as they come, by live tail where that works; None each time all there are have been read."""
        return open_feed(self.desk, wanted, follow=waits)
