"""An event as lines for a person: when, which rule, what; values below. Nothing in it can steer the terminal.

Each kind of event has its renderer in `KINDS`; one that is not listed shows its fields.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from hotlog import limits
from hotlog.cli.shell.terminal import escaped
from hotlog.cli.showing.values import flat, tree
from hotlog.events import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hotlog.events import Event

    Renderer = Callable[[Event, int], Iterator[str]]

_PIPE_WIDTH: Final = 100
_INDENT: Final = "    "
_ID_SHOWN_CHARS: Final = 8
_COLOURS: Final = {"installed": "green", "recovered": "green", "error": "red", "pending": "yellow"}


def shown(event: Event, *, as_json: bool) -> list[str]:
    """The lines that show an event: for a program its JSON, else as `rendered`."""
    return [line_of(event)] if as_json else rendered(event)


def rendered(event: Event, width: int | None = None) -> list[str]:
    """The lines that show an event.

    Args:
        event: as its sink got it; it may come from anywhere, so no key is taken for granted.
        width: columns to fit values into; None means those of the terminal.
    """
    from hotlog.cli.showing import calls  # it is made of the parts of this module

    columns = width or shutil.get_terminal_size((_PIPE_WIDTH, 0)).columns
    render = {**KINDS, **calls.KINDS}.get(str(event.get("hotlog")), _unknown)
    return list(render(event, columns))


def text(event: Mapping[str, object], key: str) -> str:
    """A field as text for the terminal; empty where there is none."""
    value = event.get(key, "")
    return escaped(value if isinstance(value, str) else json.dumps(value))


def short(name: str) -> str:
    """The beginning of a long id, enough to tell it from others, and to ask for it."""
    return name[:_ID_SHOWN_CHARS]


def head(event: Event, *parts: str) -> str:
    """The first line: time of day in UTC (with the date where that is another), rule, request, what is particular."""
    day, _, clock = text(event, "timestamp").removesuffix("Z").partition("T")
    if clock and day != f"{datetime.now(UTC):%Y-%m-%d}":
        clock = f"{day} {clock}"
    rule = text(event, "rule") or "environment"
    request = short(text(event, "request_id"))
    begin = [click.style(clock or "-", dim=True), click.style(rule, fg="cyan")]
    return "  ".join([*begin, *([click.style(request, dim=True)] if request else []), *filter(None, parts)])


def place(at: Mapping[str, object]) -> str:
    """Where an event or a frame is: file, line, function."""
    function = text(at, "in")
    return click.style(text(at, "at") + (f" {function}()" if function else ""), fg="blue")


def values(event: Event, width: int, *keys: str) -> Iterator[str]:
    """The values in these fields, each by its name."""
    for key in keys:
        found = event.get(key)
        if isinstance(found, dict):
            for name, value in found.items():
                yield from tree(escaped(str(name)), value, width, _INDENT)


def fits(line: str, more: str, width: int) -> Iterator[str]:
    """A line and what belongs beside it; below it, where both do not fit."""
    if len(click.unstyle(line)) + len(click.unstyle(more)) <= width:
        yield f"{line}  {more}".rstrip()
    else:
        yield line.rstrip()
        yield f"{_INDENT * 4}{more}"


def stack(event: Event) -> Iterator[str]:
    """The call stack, innermost first."""
    frames = event.get("stack")
    for frame in frames if isinstance(frames, list) else ():
        if isinstance(frame, dict):
            yield f"{_INDENT}{click.style('from', dim=True)} {place(frame)}"


def outcomes(counts: Mapping[str, object]) -> str:
    """What was counted, in words. False conditions are counted up to a limit, then no longer."""
    shown: list[str] = []
    for name, number in counts.items():
        more = "+" if name == "condition_false" and _is_past_counting(number) else ""
        shown.append(f"{escaped(name.replace('_', ' '))} {flat(number)}{more}")
    return ", ".join(shown)


def _is_past_counting(number: object) -> bool:
    return isinstance(number, int) and number >= limits.COUNTED_FALSE_MAX


def _log(event: Event, width: int) -> Iterator[str]:
    yield head(
        event, place(event), click.style(text(event, "message"), bold=True) if event.get("message") else ""
    )
    yield from values(event, width, "watch", "vars")
    yield from stack(event)


def _status(event: Event, _width: int) -> Iterator[str]:
    state = text(event, "state")
    reason = ": ".join(part for key in ("code", "reason") if (part := text(event, key)))
    where = " ".join(part for key in ("location", "backend") if (part := text(event, key)))
    yield head(event, click.style(state, fg=_COLOURS.get(state)), where, reason)


def _counts(event: Event, _width: int) -> Iterator[str]:
    yield head(event, click.style(f"counted: {outcomes(_particular(event))}", dim=True))


def _unknown(event: Event, width: int) -> Iterator[str]:
    yield head(event, text(event, "hotlog"), place(event) if "at" in event else "")
    for name, value in _particular(event).items():
        if name not in {"at", "in"}:
            yield from tree(escaped(name), value, width, _INDENT)


KINDS: Final[dict[str, Renderer]] = {"log": _log, "status": _status, "counts": _counts}


def _particular(event: Event) -> Event:
    """The fields that not every event has."""
    return {key: value for key, value in event.items() if key not in _COMMON}


_COMMON: Final = frozenset(
    [
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
    ]
)
