"""A request's story: its events in order, and beside them the code of the chosen one with values behind its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.events.recordings import is_further_part
from hotlog.client.showing.failure import FailureText
from hotlog.client.showing.lines import object_in
from hotlog.client.showing.recording import say_cut, summarize, tell_recording
from hotlog.client.showing.summary import summarize_event
from hotlog.client.showing.values import elements_of, fields_of, format_value
from hotlog.client.words import count_of, escape
from hotlog.ui.event_view import Place, places_of, row_of, say_event
from hotlog.ui.html import Html, el
from hotlog.ui.layout import link
from hotlog.ui.player import find_recording, walk_event
from hotlog.ui.story_code import render_code_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.events.recordings import RecordedInvocation
    from hotlog.client.showing.lines import Line
    from hotlog.events import Event
    from hotlog.ui.feed import NumberedEvent
    from hotlog.ui.player import Playback

_SAID_CHARS: Final = 200
_TREE_CHARS: Final = 80
_TREE_DEPTH: Final = 6
_ERROR_WIDTH: Final = 90


class Chosen(NamedTuple):
    """What stands on the right: an event, or one of its frames, or its recording."""

    function: str
    request: str
    event: NumberedEvent
    frame: int
    recording: RecordedInvocation | None
    walk: Playback | None


class Request(NamedTuple):
    """A request in the list."""

    id: str
    events: list[NumberedEvent]


def group_requests(events: Sequence[NumberedEvent]) -> list[Request]:
    """Return the requests, the one with the newest event first; events of none are left out."""
    found: dict[str, list[NumberedEvent]] = {}
    for each in events:
        request = each.event.get("request_id")
        if isinstance(request, str) and request:
            found.setdefault(request, []).append(each)
    return [Request(*each) for each in sorted(found.items(), key=lambda each: -each[1][-1].number)]


def render_story(  # what is known, and what of it is asked for
    function: str,
    code: FunctionCode | None,
    requests: list[Request],
    wanted: str,
    number: int,
    frame: int,
    unread: str = "",
) -> tuple[Html, dict[str, Any]]:
    """Return the screen of a request, and what its player reads.

    Args:
        function: its name.
        code: its files; None: they cannot be read.
        requests: all that are known.
        wanted: id of the request; empty: the newest.
        number: of the chosen event; 0: the first.
        frame: which place of the event.
        unread: why not all events are known; empty: they are.
    """
    chosen = next((each for each in requests if not wanted or each.id == wanted), None)
    if chosen is None:
        said = unread or (
            f"No event of request {wanted} is kept."
            if wanted
            else "No event yet: add a log line, and wait for the next invocation."
        )
        return el(
            "main",
            el("p", said),
            el("p", el("a", "To the code", href=link(function, "code"))),
            class_="empty",
        ), {}
    parts = sorted(chosen.events, key=lambda each: (str(each.event.get("timestamp", "")), each.number))
    events = _without_further_parts(parts)
    event = next((each for each in events if each.number == number), events[0])
    recording = find_recording(event.event, [each.event for each in parts])
    chosen_event = Chosen(function, chosen.id, event, frame, recording, walk_event(event.event, recording))
    screen = el(
        "div",
        el(
            "aside",
            el("h2", "Requests"),
            el("ol", _list_requests(function, requests, chosen.id), class_="requests", tabindex="0"),
            el("h2", f"Request {chosen.id[:8]}", title=chosen.id),
            el("ol", _list_events(function, chosen.id, events, event.number), class_="story", id="story"),
            class_="left",
        ),
        el("main", _detail(code, chosen_event), class_="right", tabindex="0"),
        class_="story-screen",
    )
    walk = chosen_event.walk
    return screen, {
        "steps": walk.steps if walk is not None else [],
        "scopes": walk.scopes if walk is not None else [],
        "request": chosen.id,
        "number": event.number,
    }


def _without_further_parts(events: list[NumberedEvent]) -> list[NumberedEvent]:
    """Return the events that say something of their own; all, where the first part of a recording is not kept any more."""
    return [each for each in events if not is_further_part(each.event)] or events


def _list_requests(function: str, requests: list[Request], chosen: str) -> Iterator[Html]:
    for each in requests[: desk_limits.UI_REQUESTS_SHOWN]:
        events = _without_further_parts(each.events)
        worst = next((one for one in events if "error" in one.event), events[-1])
        row, bad = row_of(worst), "error" in worst.event
        yield el(
            "li",
            el(
                "a",
                el("span", row["clock"], class_="dim"),
                el("span", escape(each.id[:8]), class_="id"),
                el("span", f"{count_of(len(events), 'event')}"),
                el("span", row["text"], class_="text error" if bad else "text dim"),
                href=link(function, "events", each.id),
                aria_current="true" if each.id == chosen else None,
            ),
        )


def _list_events(function: str, request: str, events: list[NumberedEvent], chosen: int) -> Iterator[Html]:
    began_ms = row_of(events[0])["ms"]
    for each in events[: desk_limits.UI_STORY_EVENTS_MAX]:
        row = row_of(each)
        yield el(
            "li",
            el(
                "a",
                el("span", f"{row['file']}:{row['line']}" if row["file"] else "-", class_="place"),
                el("span", row["in"], class_="dim"),
                el("span", f"rule {row['rule']}", class_="dim"),
                el("span", f"+{row['ms'] - began_ms} ms", class_="dim offset"),
                el("span", row["mark"], class_="warn") if row["mark"] else None,
                el("span", row["text"], class_="text error" if row["bad"] else "text"),
                href=f"{link(function, 'events', request)}?e={each.number}",
                aria_current="true" if each.number == chosen else None,
            ),
        )
    if len(events) > desk_limits.UI_STORY_EVENTS_MAX:
        yield el(
            "li",
            f"{len(events) - desk_limits.UI_STORY_EVENTS_MAX} more: hotlog tail {function} --request {request[:8]}",
            class_="dim",
        )


def _detail(code: FunctionCode | None, chosen: Chosen) -> Iterator[Html | None]:
    event, walk = chosen.event.event, chosen.walk
    places = places_of(event)
    place = places[min(chosen.frame, len(places) - 1)]
    is_bad = "error" in event
    begins = summarize(chosen.recording) if chosen.recording is not None else say_event(event, _SAID_CHARS)
    yield el("div", el("h1", begins, class_="error" if is_bad else None), class_="bar")
    if len(places) > 1:
        yield _list_frames(chosen, places, place)
    if walk is None:
        yield render_code_at(chosen.function, code, place)
    else:
        yield _player(walk, chosen.recording)
        parts = {name_part(each): each for each in walk.scopes}
        lines = {each["scope"]: each["line"] for each in reversed(walk.steps)}
        first = name_part(walk.scopes[walk.steps[0]["scope"]])
        for number, scope in enumerate(walk.scopes):
            name = name_part(scope)
            if parts.pop(name, None) is None or number not in lines:
                continue
            at = Place(scope["file"], lines[number], scope["in"], "", ())
            yield render_code_at(chosen.function, code, at, part=name, hidden=name != first)
    if chosen.recording is not None:
        yield el("h2", "The invocation, told")
        yield _told_lines(tell_recording(chosen.recording, None))
    said = summarize_event(event)
    if len(said) > _SAID_CHARS:
        yield el("h2", "All it says")
        yield el("pre", said, class_="said")
    yield from _values(event, place, "Values" if walk is None else "Values at the beginning")


def _list_frames(chosen: Chosen, places: list[Place], place: Place) -> Html:
    here = f"{link(chosen.function, 'events', chosen.request)}?e={chosen.event.number}"
    return el(
        "ol",
        (
            el(
                "li",
                el(
                    "a",
                    el("span", f"{each.file}:{each.line}", class_="place"),
                    " ",
                    each.qualname.rpartition("<locals>.")[2],
                    href=f"{here}&frame={index}",
                    aria_current="true" if each == place else None,
                ),
            )
            for index, each in enumerate(places)
        ),
        class_="frames",
        aria_label="Stack",
    )


def name_part(scope: dict[str, Any]) -> str:
    """Return what the page calls the code of a scope."""
    return f"{scope['file']} {scope['in']}"


def _player(walk: Playback, recording: RecordedInvocation | None) -> Html:
    last = len(walk.steps)
    cut = say_cut(object_in(recording.event, "cut")) if recording is not None else ""
    cut = f"{walk.left_out:,} more steps are told below" if walk.left_out else cut
    return el(
        "div",
        el("button", "←", type="button", id="back", title="Step back (←)", aria_label="Step back"),
        el("input", type="range", id="slider", min=1, max=last, value=1, aria_label="Step"),
        el("button", "→", type="button", id="forth", title="Step on (→)", aria_label="Step on"),
        el("output", f"step 1 of {last}", id="step", for_="slider"),
        el("span", cut, class_="warn") if cut else None,
        class_="player",
    )


def _told_lines(lines: Iterable[Line]) -> Html:
    return el(
        "pre", ([el("span", span.text, class_=f"r-{span.role}") for span in line] + ["\n"] for line in lines)
    )


def _values(event: Event, place: Place, heading: str) -> Iterator[Html]:
    if place.values:
        yield el("h2", heading)
        yield el("div", (_tree(name, value, _TREE_DEPTH) for name, value in place.values), class_="values")
    if "error" in event:
        yield el("h2", "The error, told")
        yield _told_lines(FailureText(event, _ERROR_WIDTH).lines())


def _tree(name: str, value: object, depth: int) -> Html:
    """Return a value that opens: what it holds, name by name."""
    parts = [(f"[{at}]", each) for at, each in enumerate(elements_of(value))] + list(fields_of(value).items())
    label = [el("b", name), " = ", el("span", format_value(value, _TREE_CHARS), class_="value")]
    whole = format_value(value, _TREE_CHARS + 1)
    if not parts or not depth or len(whole) <= _TREE_CHARS // 2:
        return el("div", label, class_="leaf")
    return el("details", el("summary", label), (_tree(key, each, depth - 1) for key, each in parts))
