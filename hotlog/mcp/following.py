"""`wait_for_events` and `read_value`: what rules log, as it comes; without events the verdict on each rule."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.agents.event_text import describe_event
from hotlog.client.events.event_handle import make_handle, read_handle
from hotlog.client.showing.values import find_part, format_value, list_parts
from hotlog.client.words import count_of
from hotlog.mcp.answer import ToolText, call, refuse_more
from hotlog.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.events import Event
    from hotlog.mcp.desk import AgentDesk
    from hotlog.rules.model import Rule

_COUNT: Final = 3
_SECONDS: Final = 20
_DEPTH: Final = 3
_LOOK_BACK_S: Final = 10  # before the rules were stored: clocks differ
_VARIABLES: Final = ("vars", "args")
_HOLDERS: Final = ("vars", "frames", "args", "watch")
_PART: Final = re.compile(r"\[(?:'([^']*)'|\"([^\"]*)\"|(-?\d{1,9}))\]|([^.\[\]]+)")


def wait_for_events(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return the next events of this server's rules, or of those that are named; where none come, why."""
    function, group = asked["function"], asked.get("group", "")
    seconds = asked.get("seconds", _SECONDS)
    rules = _wait_for_rules(desk, function, group, asked.get("rules", ()), seconds)
    where = desk.client.describe_where()
    unknown = [name for name in asked.get("rules", ()) if all(rule.id != name for rule in rules)]
    if unknown:
        return _unknown_rules(desk, function, group, unknown, where)
    if not rules:
        return _nothing_to_wait_for(desk, function, group, where)
    wanted = min(asked.get("count", _COUNT), desk.left_to_hand_out())
    if not wanted:
        return refuse_more(function)
    cursor = asked.get("cursor", "")
    began_s = time.monotonic()
    events, cursor, has_more = _follow(desk, function, rules, wanted, seconds, cursor)
    took_s = time.monotonic() - began_s
    tail = (f"cursor {cursor}",)
    if not events:
        verdicts = _verdicts(desk, function, rules)
        then = "loosen the condition, or find_places for where these requests go; no traffic, no events"
        if all(": pending" in each for each in verdicts[: len(rules)]):
            again = call("wait_for_events", function=function, group=group)
            then = f"{again} once a request has come: rules go live at the next invocation; no traffic, no events"
        return ToolText(
            f"No events in {seconds} s on {function} ({where}).",
            data=tuple(verdicts),
            tail=tail,
            next=then,
        )
    events = events[: desk.hand_out(len(events))]
    if not events:
        return refuse_more(function)
    name = desk.name_of(function)
    requests = len({str(event.get("request_id")) for event in events})
    lines: list[str] = []
    for event in events:
        lines += describe_event(event, make_handle(name, event))
    named = {"group": group} if group else {}
    more = " More may be there: call again with the cursor." if has_more else ""
    return ToolText(
        f"{count_of(len(events), 'event')} of {count_of(len(rules), 'rule')} in {took_s:.1f} s ({count_of(requests, 'request')}; {where}).{more}",
        data=tuple(lines),
        tail=tail,
        next=f"{call('remove_rules', function=function, **named)} when done",
        more='fewer events (count), or read_value(event="e1…") for one of them',
    )


def _wait_for_rules(
    desk: AgentDesk, function: str, group: str, names: Sequence[str], seconds: float
) -> list[Rule]:
    """Return the rules whose events are asked for; of a proposal wait for them, as a person may be about to say yes."""
    until_s = time.monotonic() + seconds
    pause_s = desk_limits.FILE_POLL_S if desk.client.desk.options.is_local else desk_limits.LOG_POLL_S
    while True:
        rules = _rules_of(desk, function, group, names)
        left_s = until_s - time.monotonic()
        if rules or names or left_s <= 0 or not (group and desk.owns(group, function)):
            return rules
        time.sleep(min(left_s, pause_s))


def _rules_of(desk: AgentDesk, function: str, group: str, names: Sequence[str]) -> list[Rule]:
    stored = desk.rules_of(function)
    if names:
        return [rule for rule in stored if rule.id in names and group in {"", rule.group}]
    groups = {group} if group else set(desk.groups_of(function))
    return [rule for rule in stored if rule.group in groups]


def _unknown_rules(
    desk: AgentDesk, function: str, group: str, unknown: Sequence[str], where: str
) -> ToolText:
    own = [rule.id for rule in desk.own_rules(function)]
    return ToolText(
        f"No rule {', '.join(unknown)}{f' in the group {group}' if group else ''} on {function} ({where}): "
        "no such id, or its time is over.",
        tail=(f"Yours are: {', '.join(own)}." if own else "",),
        next=call("wait_for_events", function=function) if own else "add_rules",
        refused=True,
    )


def _nothing_to_wait_for(desk: AgentDesk, function: str, group: str, where: str) -> ToolText:
    if group and desk.owns(group, function):
        why = f"the rules of {group} are not there: not approved yet, or their time is over"
        return ToolText(
            f"No events on {function} ({where}): {why}.",
            next=f"{call('wait_for_events', function=function, group=group)} once a person has run `hotlog approve {group.removeprefix('mcp-')}`",
        )
    return ToolText(
        f"No events on {function} ({where}): there is no rule {'of the group ' + group if group else 'of yours'}.",
        next=f"{call('find_places', function=function, query='…')}, then add_rules",
    )


def _follow(  # what is read, and how far
    desk: AgentDesk, function: str, rules: Sequence[Rule], wanted: int, seconds: float, cursor: str
) -> tuple[list[Event], str, bool]:
    """Return so many events as soon as they are there, or what came in the time."""
    until_s = time.monotonic() + seconds
    now = datetime.now(UTC)
    since_s = max((now - rule.created).total_seconds() for rule in rules if rule.created) + _LOOK_BACK_S
    found: list[Event] = []
    while True:
        page = desk.client.events(
            function,
            cursor,
            since_s=since_s,
            rules=[rule.id for rule in rules],
            kinds=tuple(KINDS),
            follow_s=max(0.0, until_s - time.monotonic()),
            most=wanted - len(found),
            cursor_lines=desk_limits.AGENT_CURSOR_LINES_MAX,
        )
        found += page.events
        cursor = page.cursor
        if len(found) >= wanted or time.monotonic() >= until_s:
            return found, cursor, page.has_more


def _verdicts(desk: AgentDesk, function: str, rules: Sequence[Rule]) -> list[str]:
    ids = {rule.id for rule in rules}
    status = desk.client.status(function)
    found = [f"{each.rule.id}: {each.verdict}" for each in status.rules if each.rule.id in ids]
    if not status.was_seen:
        found += desk.client.obstacles(function)
    return found


def read_value(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return a part of an event that was cut short: its handle says which event, in any process."""
    handle = read_handle(asked["event"])
    event = desk.client.find_event(handle.function, asked["event"])
    path, depth = asked.get("path", ""), asked.get("depth", _DEPTH)
    names = [
        int(number) if number else name or quoted or double
        for quoted, double, number, name in _PART.findall(path)
    ]
    try:
        value = _lead(event, names)
    except KeyError as missing:
        return ToolText(
            f"The event has no {path}: {missing} leads nowhere.",
            data=(f"at its top: {', '.join(list_parts(event))}", *_inside(event)),
            next=call("read_value", event=asked["event"], path=_first_holder(event)),
            refused=True,
        )
    shown = _lines_of(value, depth)
    return ToolText(
        f"{path or 'the event'} of {handle.function} ({desk.client.describe_where()}).",
        data=tuple(shown),
        more="a longer path, or a smaller depth",
        next=f"{call('read_value', event=asked['event'], path=f'{path}.…' if path else _first_holder(event))} goes deeper",
    )


def _lead(event: Event, names: Sequence[str | int]) -> object:
    """Return what a path leads to; `frames[1].event` is short for `frames[1].vars.event`, `cart` for `vars.cart` or `args.cart`.

    A call has arguments where others have variables: there `vars` leads to these.
    """
    value: object = dict(event)
    for place, name in enumerate(names):
        try:
            value = _step(value, name, is_top=place == 0)
        except KeyError:
            held = _variables_of(value)
            if held is None:
                raise
            value = held if name in _VARIABLES else _step(held, name, is_top=False)
    return value


def _variables_of(value: object) -> object:
    """Return what a part of an event knows by name; None where it knows nothing so."""
    return next((value[key] for key in _VARIABLES if key in value), None) if isinstance(value, dict) else None


def _step(value: object, name: str | int, *, is_top: bool) -> object:
    if is_top and isinstance(value, dict) and name in value:
        return value[str(name)]
    return find_part(value, [name])


def _inside(event: Event) -> list[str]:
    return [
        f"{name}: {', '.join(list_parts(event[name]))}" for name in _HOLDERS if list_parts(event.get(name))
    ]


def _first_holder(event: Event) -> str:
    """Return the part of an event that holds values; empty where none does."""
    return next((name for name in _HOLDERS if list_parts(event.get(name))), "")


def _lines_of(value: object, depth: int) -> list[str]:
    """Return a value on lines of its own, one for each of its parts."""
    parts = list_parts(value)
    if not parts or depth <= 1:
        return [format_value(value, desk_limits.AGENT_RESULT_MAX_CHARS // 2, depth)]
    most = max(desk_limits.AGENT_LINE_MAX_CHARS, desk_limits.AGENT_RESULT_MAX_CHARS // (len(parts) + 1))
    lines = []
    for name in parts:
        step: str | int = int(name[1:-1]) if name.startswith("[") and name[1:-1].isdecimal() else name
        lines.append(f"{name} = {format_value(find_part(value, [step]), most, depth - 1)}")
    return lines
