"""An event as the page shows it: a row below the code; and the places that it leads to, each with its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.events.proofs import PROVEN, VERDICTS
from hotlog.client.events.recordings import find_recordings
from hotlog.client.showing.failure import fold_frames
from hotlog.client.showing.lines import objects_in, text_in
from hotlog.client.showing.recording import summarize
from hotlog.client.showing.summary import iter_pairs, summarize_event
from hotlog.client.showing.values import format_value
from hotlog.client.words import escape, format_clock, parse_timestamp, shorten_id
from hotlog.events import PROOF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.events import Event
    from hotlog.ui.feed import NumberedEvent

_AT: Final = re.compile(r"(?P<file>\S+\.py):(?P<line>\d{1,7})")
_ROW_CHARS: Final = 160
_VALUE_CHARS: Final = 100
_SHORT_CHARS: Final = 30


class Place(NamedTuple):
    """A place in the code, with values.

    Attributes:
        file: relative to the root; empty: not known.
        line: in it; 0: not known.
        qualname: of the function.
        said: what the event says there.
        values: the variables, as captured.
        text: the statement as it read where it ran; empty: not known.
    """

    file: str
    line: int
    qualname: str
    said: str
    values: tuple[tuple[str, Any], ...]
    text: str = ""


def row_of(numbered: NumberedEvent) -> dict[str, Any]:
    """Return an event as a row below the code, as JSON."""
    event = numbered.event
    at = parse_timestamp(event.get("timestamp"))
    place = places_of(event)[0]
    verdict = text_in(event, PROOF)
    return {
        "n": numbered.number,
        "ms": round(at.timestamp() * 1_000) if at is not None else 0,
        "clock": format_clock(at, utc=False, seconds=True) if at is not None else "-",
        "rule": escape(text_in(event, "rule")),
        "request": escape(text_in(event, "request_id")),
        "short": escape(shorten_id(text_in(event, "request_id"))),
        "file": place.file,
        "line": place.line,
        "in": escape(place.qualname.rpartition("<locals>.")[2]),
        "text": say_event(event, _ROW_CHARS),
        "bad": "error" in event,
        "mark": verdict if verdict in VERDICTS and verdict != PROVEN else "",
    }


def say_event(event: Event, most: int) -> str:
    """Return an event in one line: what it says, else its values."""
    recording = next(iter(find_recordings([event])), None)
    said = summarize(recording) if recording is not None else summarize_event(event)
    shown = [f"{escape(name)}={format_value(value, _VALUE_CHARS)}" for name, value in iter_pairs(event)]
    pairs = "  ".join(sorted(shown, key=lambda pair: len(pair) > _SHORT_CHARS))  # what fits first
    steps = len(objects_in(event, "lines"))
    called = escape(text_in(event, "qualname").rpartition("<locals>.")[2]) if "args" in event else ""
    said_all = "vars" in event and "message" in event
    # The values of a trace stand in its lines; what a snapshot says was chosen by a person.
    rest = f"· {steps} lines" if steps else "" if said_all else pairs
    text = "  ".join(filter(None, (f"{called} {said}".strip(), rest)))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def places_of(event: Event) -> list[Place]:
    """Return the places that an event leads to, innermost first; at least one, which may be unknown."""
    said = summarize_event(event)
    threads = objects_in(event, "threads")
    frames = objects_in(event, "frames") or (objects_in(threads[0], "frames") if threads else [])
    if frames:
        found = [
            _place(each.holder, "", tuple(each.variables.items()))
            for each in fold_frames(frames)
            if "at" in each.holder
        ]
        return [found[0]._replace(said=said), *found[1:]] if found else [_place(event, said, ())]
    own = _place(event, said, tuple(iter_pairs(event)))
    stack = [_place(each, "", ()) for each in objects_in(event, "stack")]
    begins = 1 if stack and stack[0][:3] == own[:3] else 0  # it begins with the very place
    return [own, *stack[begins:]]


def parse_at(text: str) -> tuple[str, int] | None:
    """Return file and line of a place such as `app.py:42`; None where it is none."""
    found = _AT.fullmatch(text)
    return (found["file"], int(found["line"])) if found else None


def _place(holder: Mapping[str, Any], said: str, values: tuple[tuple[str, Any], ...]) -> Place:
    file, line = parse_at(text_in(holder, "at")) or ("", 0)
    return Place(file, line, text_in(holder, "qualname"), said, values, text_in(holder, "text"))
