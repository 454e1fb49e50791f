"""A request's story: its events in order, and beside them the code of the chosen one with values behind its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog import limits
from hotlog.client.showing.failure import FailureText
from hotlog.client.showing.values import elements_of, fields_of, format_value
from hotlog.client.words import escape
from hotlog.errors import LocationError
from hotlog.ui.event_view import Place, places_of, row_of, say_event, steps_of
from hotlog.ui.highlight import highlight
from hotlog.ui.html import Html, el
from hotlog.ui.layout import link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.events import Event
    from hotlog.ui.feed import NumberedEvent

_SAID_CHARS: Final = 200
_BEHIND_CHARS: Final = 70
_TREE_CHARS: Final = 80
_TREE_DEPTH: Final = 6
_AROUND: Final = 12  # lines, where nobody knows the function
_ERROR_WIDTH: Final = 90


class Request(NamedTuple):
    """A request in the list."""

    id: str
    events: list[NumberedEvent]


class CodeLines(NamedTuple):
    """Lines of a file, those of one function where it is known."""

    file: str
    first: int
    last: int
    qualname: str

    @property
    def name(self) -> str:
        """Return the name of the function, without those that it is written in."""
        return self.qualname.rpartition("<locals>.")[2]


def group_requests(events: Sequence[NumberedEvent]) -> list[Request]:
    """Return the requests, the one with the newest event first; events of none are left out."""
    found: dict[str, list[NumberedEvent]] = {}
    for each in events:
        request = each.event.get("request_id")
        if isinstance(request, str) and request:
            found.setdefault(request, []).append(each)
    return [Request(*each) for each in sorted(found.items(), key=lambda each: -each[1][-1].number)]


def render_story(
    function: str, code: FunctionCode | None, requests: list[Request], wanted: str, number: int, frame: int
) -> tuple[Html, dict[str, Any]]:
    """Return the screen of a request, and what its player reads.

    Args:
        function: its name.
        code: its files; None: they cannot be read.
        requests: all that are known.
        wanted: id of the request; empty: the newest.
        number: of the chosen event; 0: the first.
        frame: which place of the event.
    """
    chosen = next((each for each in requests if not wanted or each.id == wanted), None)
    if chosen is None:
        said = (
            f"No event of request {wanted} is kept."
            if wanted
            else "No event yet: add a log line, and wait for the next invocation."
        )
        return el(
            "main",
            el("p", said, class_="empty"),
            el("p", el("a", "To the code", href=link(function, "code"))),
        ), {}
    events = sorted(chosen.events, key=lambda each: (str(each.event.get("timestamp", "")), each.number))
    event = next((each for each in events if each.number == number), events[0])
    places = places_of(event.event)
    place = places[min(frame, len(places) - 1)]
    steps = steps_of(event.event)
    screen = el(
        "div",
        el(
            "aside",
            el("h2", "Requests"),
            el("ol", _list_requests(function, requests, chosen.id), class_="requests"),
            el("h2", f"Request {chosen.id[:8]}", title=chosen.id),
            el("ol", _list_events(function, chosen.id, events, event.number), class_="story", id="story"),
            class_="left",
        ),
        el("main", _detail(function, code, chosen.id, event, places, place, steps), class_="right"),
        class_="story-screen",
    )
    return screen, {"steps": steps, "request": chosen.id, "number": event.number}


def _list_requests(function: str, requests: list[Request], chosen: str) -> Iterator[Html]:
    for each in requests[: limits.UI_REQUESTS_SHOWN]:
        worst = next((one for one in each.events if "error" in one.event), each.events[-1])
        row, bad = row_of(worst), "error" in worst.event
        yield el(
            "li",
            el(
                "a",
                el("span", row["clock"], class_="dim"),
                el("span", escape(each.id[:8]), class_="id"),
                el("span", f"{len(each.events)} event{'' if len(each.events) == 1 else 's'}"),
                el("span", row["text"], class_="text error" if bad else "text dim"),
                href=link(function, "events", each.id),
                aria_current="true" if each.id == chosen else None,
            ),
        )


def _list_events(function: str, request: str, events: list[NumberedEvent], chosen: int) -> Iterator[Html]:
    began_ms = row_of(events[0])["ms"]
    for each in events[: limits.UI_STORY_EVENTS_MAX]:
        row = row_of(each)
        yield el(
            "li",
            el(
                "a",
                el("span", f"{row['file']}:{row['line']}" if row["file"] else "-", class_="place"),
                el("span", row["in"], class_="dim"),
                el("span", row["rule"], class_="id"),
                el("span", f"+{row['ms'] - began_ms} ms", class_="dim offset"),
                el("span", row["mark"], class_="warn") if row["mark"] else None,
                el("span", row["text"], class_="text error" if row["bad"] else "text"),
                href=f"{link(function, 'events', request)}?e={each.number}",
                aria_current="true" if each.number == chosen else None,
            ),
        )
    if len(events) > limits.UI_STORY_EVENTS_MAX:
        yield el(
            "li",
            f"{len(events) - limits.UI_STORY_EVENTS_MAX} more: hotlog tail {function} --request {request[:8]}",
            class_="dim",
        )


def _detail(  # each is one part of it
    function: str,
    code: FunctionCode | None,
    request: str,
    event: NumberedEvent,
    places: list[Place],
    place: Place,
    steps: list[dict[str, Any]],
) -> Iterator[Html | None]:
    here = f"{link(function, 'events', request)}?e={event.number}"
    yield el(
        "div",
        el("h1", say_event(event.event, _SAID_CHARS), class_="error" if "error" in event.event else None),
        class_="bar",
    )
    if len(places) > 1:
        yield el(
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
    if steps:
        yield _player(len(steps) - 1)
    block = _block_of(code, place)
    if code is None or block is None:
        yield el(
            "p",
            f"The code of {place.file or 'this event'} is not among the files of {function}.",
            class_="dim",
        )
    else:
        yield el(
            "div",
            el(
                "a",
                f"{block.file}, {block.name or 'lines'} {block.first}-{block.last}",
                href=f"{link(function, 'code', block.file)}?line={place.line}",
            ),
            _moved(code, place),
            class_="where-code",
        )
        yield el("div", _lines(code, block, place, has_player=bool(steps)), class_="code")
    yield from _values(event.event, place)


def _player(last: int) -> Html:
    return el(
        "div",
        el("button", "←", type="button", id="back", title="Step back (←)", aria_label="Step back"),
        el("input", type="range", id="slider", min=1, max=last, value=1, aria_label="Step"),
        el("button", "→", type="button", id="forth", title="Step on (→)", aria_label="Step on"),
        el("output", f"step 1 of {last}", id="step", for_="slider"),
        class_="player",
    )


def _block_of(code: FunctionCode | None, place: Place) -> CodeLines | None:
    """Return the lines to show; None where the file is not there."""
    if code is None or not place.file:
        return None
    try:
        count = len(code.text(place.file).split("\n"))
        statements = code.statements(place.file)
        innermost = code.statement_at(place.file, place.line)
    except LocationError:
        return None
    qualname = place.qualname
    if innermost is not None and not any(each.qualname == qualname for each in statements):
        qualname = innermost.qualname  # a lambda or a comprehension is part of its statement
    of_function = [each for each in statements if each.qualname == qualname and qualname]
    if not of_function:
        return CodeLines(place.file, max(1, place.line - _AROUND), min(count, place.line + _AROUND), "")
    first, last = min(each.line for each in of_function), max(each.end for each in of_function)
    return CodeLines(place.file, first, last, qualname)


def _moved(code: FunctionCode, place: Place) -> Html | None:
    """Return a note where the line reads otherwise now than it did when it ran."""
    now = code.line(place.file, place.line)
    if not place.text or place.text.split("\n")[0].strip() == now:
        return None
    return el(
        "span",
        f" it read `{place.text.splitlines()[0].strip()}` when this ran: the code was deployed anew since",
        class_="warn",
    )


def _lines(code: FunctionCode, block: CodeLines, place: Place, *, has_player: bool) -> Iterator[Html]:
    behind = {} if has_player else _values_behind(code, block, place)
    marked = highlight(code.text(block.file).split("\n"))
    for number in range(block.first, block.last + 1):
        yield el(
            "div",
            el("span", number, class_="no"),
            el("code", marked[number - 1]),
            el("span", "  ".join(behind.get(number, ())), class_="value"),
            class_="line here" if number == place.line else "line",
            data_line=f"{block.file}:{number}",
        )


def _values_behind(code: FunctionCode, block: CodeLines, place: Place) -> dict[int, list[str]]:
    """Return what stands behind each line: a variable where it last got its value before the place, else at the place."""
    try:
        bound = code.bound_lines(block.file, block.qualname) if place.values else {}
    except LocationError:  # of a lambda, or of code that was deployed anew
        bound = {}
    found: dict[int, list[str]] = {}
    for name, value in place.values:
        lines = [line for line in bound.get(name, ()) if line <= place.line]
        text = f"{escape(name)} = {format_value(value, _BEHIND_CHARS)}"
        found.setdefault(lines[-1] if lines else place.line, []).append(text)
    if place.said:
        found.setdefault(place.line, []).insert(0, place.said)
    return found


def _values(event: Event, place: Place) -> Iterator[Html]:
    if place.values:
        yield el("h2", "Values")
        yield el("div", (_tree(name, value, _TREE_DEPTH) for name, value in place.values), class_="values")
    if "error" in event:
        yield el("h2", "The error, told")
        lines = FailureText(event, _ERROR_WIDTH).lines()
        yield el(
            "pre",
            ([el("span", span.text, class_=f"r-{span.role}") for span in line] + ["\n"] for line in lines),
        )


def _tree(name: str, value: object, depth: int) -> Html:
    """Return a value that opens: what it holds, name by name."""
    parts = [(f"[{at}]", each) for at, each in enumerate(elements_of(value))] + list(fields_of(value).items())
    label = [el("b", name), " = ", el("span", format_value(value, _TREE_CHARS), class_="value")]
    whole = format_value(value, _TREE_CHARS + 1)
    if not parts or not depth or len(whole) <= _TREE_CHARS // 2:
        return el("div", label, class_="leaf")
    return el("details", el("summary", label), (_tree(key, each, depth - 1) for key, each in parts))
