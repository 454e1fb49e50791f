"""Parts that events have in common, as lines for a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog import limits
from hotlog.cli.shell.terminal import wants_utc
from hotlog.cli.showing.values import flat, tree
from hotlog.client.events.event_handle import make_handle
from hotlog.client.events.proofs import PROVEN, VERDICTS
from hotlog.client.showing.failure import headline
from hotlog.client.words import escape, format_clock, parse_timestamp, shorten_id
from hotlog.events import PLACE, PROOF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hotlog.client.showing.lines import Line
    from hotlog.events import Event

    Renderer = Callable[[Event, int], Iterator[str]]


INDENT: Final = "    "
STYLES: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "code": {},
    "dim": {"dim": True},
    "place": {"fg": "blue"},
    "mark": {"fg": "yellow"},
    "value": {"bold": True},
    "error": {"fg": "red"},
}


def text(event: Mapping[str, object], key: str) -> str:
    """Return a field as text for the terminal; empty where there is none."""
    value = event.get(key, "")
    return escape(value if isinstance(value, str) else json.dumps(value))


def format_head(event: Event, *parts: str) -> str:
    """Return an event's first line: time (with the date if not today), rule, request, other parts."""
    at = parse_timestamp(event.get("timestamp"))
    clock = format_clock(at, utc=wants_utc(), seconds=True) if at is not None else ""
    rule = text(event, "rule") or "environment"
    request = shorten_id(text(event, "request_id"))
    mark = format_verdict(event)
    begin = [click.style(clock or "-", dim=True), click.style(rule, fg="cyan")]
    return "  ".join(
        [*begin, *([click.style(request, dim=True)] if request else []), *filter(None, (mark, *parts))]
    )


def format_verdict(event: Event) -> str:
    """Return the verdict on an event; empty where it is proven."""
    verdict = text(event, PROOF)
    return click.style(verdict, fg="yellow") if verdict in VERDICTS and verdict != PROVEN else ""


def format_place(at: Mapping[str, object]) -> str:
    """Return where an event or a frame is: file, line, function."""
    place, function = (text(at, key) for key in PLACE)
    return click.style(place + (f" {function}" if function else ""), fg="blue")


def format_message(event: Event) -> str:
    """Return the message of a rule; empty where there is none."""
    return click.style(text(event, "message"), bold=True) if event.get("message") else ""


def format_error(error: Event) -> str:
    """Return type and message of an exception: of the message the first line."""
    return "".join(click.style(escape(words), **STYLES[role]) for role, words in headline(error))


def paint(lines: Iterable[Line]) -> Iterator[str]:
    """Yield lines in the colours of a terminal."""
    for line in lines:
        yield "".join(
            click.style(span.text, **STYLES[span.role]) if STYLES[span.role] else span.text for span in line
        ).rstrip()


def read_all(event: Event) -> str:
    """Return the command that shows all of an event; empty where the event does not say what it is of."""
    function = text(event, "function")
    return f"hotlog show {function} --event {make_handle(function, event)}{name_store()}" if function else ""


def name_store() -> str:
    """Return the option that leads a command to the rules of the one that runs, with a blank before it; empty where none does."""
    context = click.get_current_context(silent=True)
    given = context.params if context is not None else {}
    where = " --local" if given.get("local") else f" --store {given['store']}" if given.get("store") else ""
    return escape(where)


def format_end(event: Event) -> str:
    """Return what a call ended with: result or exception."""
    if "error" in event:
        return click.style("raised ", fg="red") + format_error(object_in(event, "error"))
    return f"-> {flat(event['return'])}" if "return" in event else ""


def format_duration(event: Event) -> str:
    """Return how long a call took; empty where that is not known."""
    return click.style(f"in {flat(event['duration_ms'])} ms", dim=True) if "duration_ms" in event else ""


def object_in(event: Event, key: str) -> dict[str, Any]:
    """Return the object in a field; an empty one where there is something else."""
    found = event.get(key)
    return found if isinstance(found, dict) else {}


def list_in(event: Event, key: str) -> list[dict[str, Any]]:
    """Return the objects of the list in a field."""
    found = event.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def values(event: Event, width: int, *keys: str) -> Iterator[str]:
    """Yield the lines that show the values in these fields, each by its name."""
    for key in keys:
        found = event.get(key)
        if isinstance(found, dict):
            for name, value in found.items():
                yield from tree(escape(str(name)), value, width, INDENT)


def fits(line: str, more: str, width: int) -> Iterator[str]:
    """Yield a line with more text beside it; the text goes below where both do not fit."""
    if len(click.unstyle(line)) + len(click.unstyle(more)) <= width:
        yield f"{line}  {more}".rstrip()
    else:
        yield line.rstrip()
        yield f"{INDENT * 4}{more}"


def stack(event: Event) -> Iterator[str]:
    """Yield the call stack, innermost frame first."""
    frames = event.get("stack")
    for frame in frames if isinstance(frames, list) else ():
        if isinstance(frame, dict):
            yield f"{INDENT}{click.style('from', dim=True)} {format_place(frame)}"


def format_outcomes(counts: Mapping[str, object]) -> str:
    """Return the counts of a rule in words. A `+` marks false conditions past the limit of counting."""
    shown: list[str] = []
    for name, number in counts.items():
        more = "+" if name == "condition_false" and _is_past_counting(number) else ""
        shown.append(f"{escape(name.replace('_', ' '))} {flat(number)}{more}")
    return ", ".join(shown)


def _is_past_counting(number: object) -> bool:
    return isinstance(number, int) and number >= limits.COUNTED_FALSE_MAX
