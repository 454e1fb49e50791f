"""An event in few characters: one line for a log line; the failing frames with their variables for an error."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.events.proofs import PROVEN, VERDICTS
from hotlog.client.events.recordings import find_recordings
from hotlog.client.showing.failure import tell_failure
from hotlog.client.showing.lines import plain_text
from hotlog.client.showing.recording import tell_recording
from hotlog.client.showing.summary import iter_pairs, summarize_event, text_of
from hotlog.client.showing.values import format_value
from hotlog.client.words import escape, format_clock, parse_timestamp, shorten_id
from hotlog.events import PROOF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_VALUE_CHARS: Final = 60
_INDENT: Final = "  "


def describe_event(event: Event, handle: str) -> list[str]:
    """Return the lines that show an event; where something of it is cut off, the last ends in its handle.

    Args:
        event: as the log has it; it may come from anywhere, so no key is taken for granted.
        handle: names it.
    """
    head = (
        f"{_clock(event)} {shorten_id(text_of(event, 'request_id'))} {text_of(event, 'rule')} {_place(event)}"
    )
    line = f"{' '.join(head.split())}  {summarize_event(event)}".rstrip()
    verdict = text_of(event, PROOF)
    if verdict in VERDICTS and verdict != PROVEN:
        line = f"{verdict}: {line}"
    below = [*_values(event), *_frames(event)]
    if not below:
        return [_cut(line, desk_limits.AGENT_LINE_MAX_CHARS, handle)]
    return _fit(
        [_cut(line, desk_limits.AGENT_LINE_MAX_CHARS, ""), *below], desk_limits.AGENT_ERROR_MAX_CHARS, handle
    )


def _cut(line: str, most: int, handle: str) -> str:
    if len(line) <= most:
        return line
    mark = f"… [{handle}]" if handle else "…"
    return f"{line[: max(most - len(mark), most // 3)]}{mark}"


def _fit(lines: list[str], most: int, handle: str) -> list[str]:
    """Return the first lines that fit, then the handle."""
    taken: list[str] = []
    left = most - len(handle) - 3
    for line in lines:
        if len(line) + 1 > left and taken:
            return [*taken, f"{_INDENT}… [{handle}]"]
        taken.append(line)
        left -= len(line) + 1
    return [*taken, f"{_INDENT}[{handle}]"]


def _clock(event: Event) -> str:
    at = parse_timestamp(event.get("timestamp"))
    return format_clock(at, utc=False, seconds=True) if at is not None else "-"


def _place(at: Mapping[str, object]) -> str:
    return " ".join(filter(None, (text_of(at, "at"), text_of(at, "qualname"))))


def _pair(name: object, value: object) -> str:
    return f"{escape(str(name))} = {format_value(value, _VALUE_CHARS)}"


def _values(event: Event) -> Iterator[str]:
    for name, value in iter_pairs(event):
        yield f"{_INDENT}{_pair(name, value)}"
    yield from _steps(event)


def _steps(event: Event) -> Iterator[str]:
    """Yield the lines of a trace, each with what it bound; of a recording its story."""
    lines = event.get("lines")
    for each in lines if isinstance(lines, list) else ():
        if isinstance(each, dict):
            changed = each.get("set")
            bound = "  ".join(starmap(_pair, changed.items())) if isinstance(changed, dict) else ""
            yield f"{_INDENT}{text_of(each, 'line')}  {bound}".rstrip()
    for recording in find_recordings([event]):
        yield from (plain_text(line) for line in tell_recording(recording))


def _frames(event: Event) -> list[str]:
    if "threads" in event:
        event = {"frames": frames_of(event)}
    elif "frames" not in event:
        return []
    return tell_failure(event, desk_limits.AGENT_LINE_MAX_CHARS)


def frames_of(event: Event) -> list[dict[str, Any]]:
    """Return the frames of an error, innermost first; of a time-out those of its first thread."""
    frames: Any = event.get("frames")
    threads: Any = event.get("threads")
    if (
        not isinstance(frames, list)
        and isinstance(threads, list)
        and threads
        and isinstance(threads[0], dict)
    ):
        frames = threads[0].get("frames")
    return (
        [each for each in frames if isinstance(each, dict) and "at" in each]
        if isinstance(frames, list)
        else []
    )
