"""An event in a sentence: its message, how a call ended and how long it took; the same words for every face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog.client.events.recordings import find_recordings
from hotlog.client.rule_line import TYPED_LEVEL
from hotlog.client.showing.recording import summarize
from hotlog.client.showing.values import format_value
from hotlog.client.words import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

VALUES: Final = ("watch", "args", "vars")  # fields of an event that hold values by their names
_VALUE_CHARS: Final = 60


def summarize_event(event: Event) -> str:
    """Return what an event says, without its values; empty where it says nothing.

    Args:
        event: as the log has it; it may come from anywhere, so no key is taken for granted.
    """
    if recorded := [*find_recordings([event])]:
        return escape(summarize(recorded[0]))
    watched = event.get("watch")
    level = text_of(watched, TYPED_LEVEL) if isinstance(watched, dict) else ""
    said = [" ".join(filter(None, (level, text_of(event, "message")))), _end(event), _rest(event)]
    return "  ".join(filter(None, said))


def iter_pairs(event: Event) -> Iterator[tuple[str, Any]]:
    """Yield the values of an event, each with its name; not the level of a typed line, which its summary has."""
    for key in VALUES:
        values = event.get(key)
        for name, value in values.items() if isinstance(values, dict) else ():
            if (key, name) != ("watch", TYPED_LEVEL):
                yield str(name), value


def text_of(event: Mapping[str, object], key: str) -> str:
    """Return a field as text that no terminal obeys; empty where there is none."""
    value = event.get(key, "")
    return escape(value if isinstance(value, str) else format_value(value, _VALUE_CHARS))


def _end(event: Event) -> str:
    if error := _error(event.get("error")):
        return f"raised {error}"
    return f"-> {format_value(event['return'], _VALUE_CHARS)}" if "return" in event else ""


def _error(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    message = text_of(error, "message")
    return f"{text_of(error, 'type')}{f': {message}' if message else ''}"


def _rest(event: Event) -> str:
    took = event.get("duration_ms")
    try:
        return f"in {took:g} ms" if isinstance(took, int | float) else ""
    except OverflowError:  # a line may come from anywhere: this number has hundreds of digits
        return ""
