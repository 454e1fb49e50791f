"""An event as lines for a person: when, where, what was said; values below. Nothing in it can steer the terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from hotlog.cli.terminal import escaped
from hotlog.events import line_of

if TYPE_CHECKING:
    from hotlog.events import Event


def shown(event: Event, *, as_json: bool) -> list[str]:
    """The lines that show an event: for a program its JSON, else as `rendered`."""
    return [line_of(event)] if as_json else rendered(event)


def rendered(event: Event) -> list[str]:
    """The lines that show an event.

    Args:
        event: as its sink got it; it may come from anywhere, so no key is taken for granted.
    """
    kind = str(event.get("hotlog"))
    head = f"{click.style(_clock(event), dim=True)}  {click.style(_text(event, 'rule'), fg='cyan')}"
    if kind == "log":
        return [f"{head}  {_place(event)}{_message(event)}", *_values(event), *_stack(event)]
    if kind == "status":
        return [f"{head}  {_status(event)}"]
    rest = {key: value for key, value in event.items() if key not in _COMMON}
    words = " ".join(f"{escaped(key)}={_value(value)}" for key, value in rest.items())
    return [f"{head}  {click.style(escaped(f'{kind} ') + words, dim=True)}"]


_COMMON = frozenset(
    (
        "hotlog",
        "v",
        "rule",
        "timestamp",
        "level",
        "request_id",
        "function",
        "version",
        "env",
        "cold_start",
        "trace_id",
    )
)


def _clock(event: Event) -> str:
    """The time of day of an ISO 8601 time, to the millisecond."""
    return _text(event, "timestamp").partition("T")[2].removesuffix("Z") or "-"


def _text(event: Event, key: str) -> str:
    value = event.get(key, "")
    return escaped(value if isinstance(value, str) else json.dumps(value))


def _place(event: Event) -> str:
    function = _text(event, "in")
    return click.style(_text(event, "at") + (f" {function}()" if function else ""), fg="blue")


def _message(event: Event) -> str:
    message = _text(event, "message")
    return f"  {click.style(message, bold=True)}" if message else ""


def _status(event: Event) -> str:
    state = _text(event, "state")
    colour = {"installed": "green", "error": "red", "pending": "yellow"}.get(state)
    reason = ": ".join(text for key in ("code", "reason") if (text := _text(event, key)))
    return click.style(state, fg=colour) + (f"  {reason}" if reason else "")


def _values(event: Event) -> list[str]:
    lines: list[str] = []
    for key in ("watch", "vars"):
        values = event.get(key)
        if isinstance(values, dict):
            lines += [f"    {escaped(str(name))} = {_value(value)}" for name, value in values.items()]
    return lines


def _stack(event: Event) -> list[str]:
    frames = event.get("stack")
    if not isinstance(frames, list):
        return []
    return [
        f"    {click.style('from', dim=True)} {_place(frame)}" for frame in frames if isinstance(frame, dict)
    ]


def _value(value: object) -> str:
    """A captured value on one line: JSON, with what was cut or redacted in words."""
    if isinstance(value, dict):
        if "@cut" in value:
            length = f" of {value['@len']}" if "@len" in value else ""
            return click.style(escaped(f"… cut ({value['@cut']}{length})"), fg="yellow")
        fields = {key: inner for key, inner in value.items() if key != "@type"}
        inside = ", ".join(f"{escaped(str(key))}: {_value(inner)}" for key, inner in fields.items())
        return f"{escaped(str(value['@type']))}({inside})" if "@type" in value else f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if value == "@redacted":
        return click.style("redacted", fg="yellow")
    return escaped(json.dumps(value, ensure_ascii=False))
