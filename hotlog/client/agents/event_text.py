"""An event in few characters: one line for a log line; the failing frames with their variables for an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import limits
from hotlog.client.events.proofs import PROVEN, VERDICTS
from hotlog.client.rule_line import TYPED_LEVEL
from hotlog.client.showing.failure import tell_failure
from hotlog.client.showing.values import format_value
from hotlog.client.words import escape, format_clock, parse_timestamp, shorten_id
from hotlog.events import PROOF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_VALUE_CHARS: Final = 60
_INDENT: Final = "  "
_NAMED: Final = ("watch", "args", "vars")


def describe_event(event: Event, handle: str) -> list[str]:
    """Return the lines that show an event; where something of it is cut off, the last ends in its handle.

    Args:
        event: as the log has it; it may come from anywhere, so no key is taken for granted.
        handle: names it.
    """
    head = f"{_clock(event)} {shorten_id(_text(event, 'request_id'))} {_text(event, 'rule')} {_place(event)}"
    watched = event.get("watch")
    level = _text(watched, TYPED_LEVEL) if isinstance(watched, dict) else ""
    said = [" ".join(filter(None, (level, _text(event, "message")))), _end(event), _rest(event)]
    line = f"{' '.join(head.split())}  {'  '.join(filter(None, said))}".rstrip()
    verdict = _text(event, PROOF)
    if verdict in VERDICTS and verdict != PROVEN:
        line = f"{verdict}: {line}"
    below = [*_values(event), *_frames(event)]
    if not below:
        return [_cut(line, limits.AGENT_LINE_MAX_CHARS, handle)]
    return _fit([_cut(line, limits.AGENT_LINE_MAX_CHARS, ""), *below], limits.AGENT_ERROR_MAX_CHARS, handle)


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
    return " ".join(filter(None, (_text(at, "at"), _text(at, "qualname"))))


def _text(event: Mapping[str, object], key: str) -> str:
    value = event.get(key, "")
    return escape(value if isinstance(value, str) else format_value(value, _VALUE_CHARS))


def _error(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    message = _text(error, "message")
    return f"{_text(error, 'type')}{f': {message}' if message else ''}"


def _end(event: Event) -> str:
    if error := _error(event.get("error")):
        return f"raised {error}"
    return f"-> {format_value(event['return'], _VALUE_CHARS)}" if "return" in event else ""


def _rest(event: Event) -> str:
    took = event.get("duration_ms")
    try:
        return f"in {took:g} ms" if isinstance(took, int | float) else ""
    except OverflowError:  # a line may come from anywhere: this number has hundreds of digits
        return ""


def _pairs(values: object) -> Iterator[str]:
    for name, value in values.items() if isinstance(values, dict) else ():
        yield f"{escape(str(name))} = {format_value(value, _VALUE_CHARS)}"


def _values(event: Event) -> Iterator[str]:
    for key in _NAMED:
        values = event.get(key)
        if key == "watch" and isinstance(values, dict):
            values = {name: value for name, value in values.items() if name != TYPED_LEVEL}
        for pair in _pairs(values):
            yield f"{_INDENT}{pair}"
    yield from _steps(event)


def _steps(event: Event) -> Iterator[str]:
    """Yield the lines of a trace, each with what it bound."""
    lines = event.get("lines")
    for each in lines if isinstance(lines, list) else ():
        if isinstance(each, dict):
            bound = "  ".join(_pairs(each.get("set")))
            yield f"{_INDENT}{_text(each, 'line')}  {bound}".rstrip()


def _frames(event: Event) -> list[str]:
    if "threads" in event:
        event = {"frames": frames_of(event)}
    elif "frames" not in event:
        return []
    return tell_failure(event, limits.AGENT_LINE_MAX_CHARS)


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
