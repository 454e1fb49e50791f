"""Events of whole calls and invocations as lines for a person: calls, errors, time-outs, traces, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.shell.terminal import escape
from hotlog.cli.showing.parts import fits, format_head, format_place, stack, text, values
from hotlog.cli.showing.values import flat, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.cli.showing.parts import Renderer
    from hotlog.events import Event

_INDENT: Final = "    "
_SOURCE_MIN_WIDTH: Final = 24


def _call(event: Event, width: int) -> Iterator[str]:
    end = _how_it_ended(event)
    yield format_head(event, format_place(event), end, _duration(event), _message(event))
    yield from values(event, width, "args", "watch", "vars")
    yield from stack(event)


def _error(event: Event, width: int) -> Iterator[str]:
    error = _object(event, "error")
    yield format_head(event, format_place(event), _exception(error), _message(event))
    yield from values(event, width, "watch")
    fields = error.get("fields")
    if isinstance(fields, dict):
        yield from values({"fields": fields}, width, "fields")
    for each in _list(error, "chain"):
        how = "because of" if each.get("how") == "cause" else "while handling"
        yield f"{_INDENT}{click.style(how, dim=True)} {_exception(each)}"
    yield from _frames(event, width)


def _timeout(event: Event, width: int) -> Iterator[str]:
    left = click.style(f"stuck, {flat(event.get('left_ms'))} ms before the time-out", fg="yellow")
    yield format_head(event, format_place(event), left, _message(event))
    if "late_ms" in event:
        yield f"{_INDENT}{click.style('late', fg='yellow')} by {flat(event['late_ms'])} ms: {text(event, 'note')}"
    yield from values(event, width, "watch")
    for each in _list(event, "threads"):
        kind = "task" if "task" in each else "thread"
        yield f"  {click.style(kind, dim=True)} {text(each, kind)}"
        yield from _frames(each, width)


def _trace(event: Event, width: int) -> Iterator[str]:
    yield format_head(event, format_place(event), _how_it_ended(event), _duration(event), text(event, "cut"))
    yield from values(event, width, "args")
    source = _object(event, "source")
    lines = _list(event, "lines")
    column = max(_SOURCE_MIN_WIDTH, min(60, width // 2))
    for entry in lines:
        if "@cut" in entry:
            yield f"{_INDENT}{flat(entry)}"
            continue
        number = str(entry.get("line", ""))
        code = escape(str(source.get(number, ""))).expandtabs(4)
        taken = f"{entry['us']:>7} µs" if isinstance(entry.get("us"), int) else f"{'':>10}"
        changes = [f"{escape(name)} = {flat(value)}" for name, value in _object(entry, "set").items()]
        changes += [f"del {escape(str(name))}" for name in entry.get("unset", ()) if isinstance(name, str)]
        line = f"{click.style(f'{number:>5}', dim=True)} {click.style(taken, dim=True)}  {code[:column]:<{column}}"
        yield from fits(line, "  ".join(changes), width)


def _metric(event: Event, _width: int) -> Iterator[str]:
    for directive in _list(_object(event, "_aws"), "CloudWatchMetrics"):
        labels = [
            f"{escape(name)}={flat(event.get(name))}"
            for names in directive.get("Dimensions", ())
            if isinstance(names, list)
            for name in names
            if isinstance(name, str)
        ]
        for metric in _list(directive, "Metrics"):
            name = str(metric.get("Name"))
            unit = "" if metric.get("Unit") in {None, "None"} else f" {text(metric, 'Unit')}"
            said = click.style(f"{escape(name)} = {flat(event.get(name))}{unit}", bold=True)
            yield format_head(event, format_place(event), said, " ".join(labels))


KINDS: Final[dict[str, Renderer]] = {
    "call": _call,
    "error": _error,
    "timeout": _timeout,
    "trace": _trace,
    "metric": _metric,
}


def _how_it_ended(event: Event) -> str:
    if "error" in event:
        return click.style("raised ", fg="red") + _exception(_object(event, "error"))
    return f"-> {flat(event['return'])}" if "return" in event else ""


def _duration(event: Event) -> str:
    return click.style(f"in {flat(event['duration_ms'])} ms", dim=True) if "duration_ms" in event else ""


def _exception(error: Event) -> str:
    message = text(error, "message")
    return click.style(text(error, "type"), fg="red") + (f": {message}" if message else "")


def _message(event: Event) -> str:
    return click.style(text(event, "message"), bold=True) if event.get("message") else ""


def _frames(event: Event, width: int) -> Iterator[str]:
    for frame in _list(event, "frames"):
        if "@cut" in frame:
            yield f"{_INDENT}{flat(frame)}"
            continue
        yield f"{_INDENT}{format_place(frame)}"
        for name, value in _object(frame, "vars").items():
            yield from tree(escape(str(name)), value, width, _INDENT * 2)


def _object(event: Event, key: str) -> dict[str, Any]:
    found = event.get(key)
    return found if isinstance(found, dict) else {}


def _list(event: Event, key: str) -> list[dict[str, Any]]:
    found = event.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
