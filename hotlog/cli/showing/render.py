"""An event as lines for a person: when, which rule, what; values below. Nothing in it can steer the terminal.

An event of a rule is shown as its kind has it (`hotlog.cli.kinds`), those of hotlog's own by `_OWN`; another shows its fields.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.shell.terminal import chosen_fields, wants_json
from hotlog.cli.showing.desk_kind import find_desk_kind
from hotlog.cli.showing.parts import INDENT, format_head, format_outcomes, format_place, object_in, text
from hotlog.cli.showing.values import tree
from hotlog.client.words import escape
from hotlog.events import COMMON, PLACE
from hotlog.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.cli.showing.parts import Renderer
    from hotlog.events import Event


_PIPE_WIDTH: Final = 100
_COLOURS: Final = {"installed": "green", "recovered": "green", "error": "red", "pending": "yellow"}


def format_event(event: Event) -> list[str]:
    """Return the lines that show an event: for a program its JSON, or the fields of it that were asked for."""
    return [ascii_line_of(chosen_fields(event))] if wants_json() else render_event(event)


def ascii_line_of(event: object) -> str:
    """Return JSON that no locale and no terminal can mistake."""
    return json.dumps(event, separators=(",", ":"))


def render_event(event: Event, width: int | None = None) -> list[str]:
    """Return the lines that show an event.

    Args:
        event: as its sink got it; it may come from anywhere, so no key is taken for granted.
        width: columns to fit values into; None means those of the terminal.
    """
    columns = width or _terminal_width()
    name = str(event.get("hotlog"))
    render = find_desk_kind(name).render if name in KINDS else _OWN.get(name, _unknown)
    return list(render(event, columns))


def render_whole(event: Event) -> list[str]:
    """Return all that an event holds, each value as a tree."""
    columns = _terminal_width()
    return [line for name, value in event.items() for line in tree(escape(name), value, columns)]


def _terminal_width() -> int:
    return shutil.get_terminal_size((_PIPE_WIDTH, 0)).columns


def _status(event: Event, _width: int) -> Iterator[str]:
    state = text(event, "state")
    reason = ": ".join(part for key in ("code", "reason") if (part := text(event, key)))
    where = " ".join(part for key in ("location", "backend") if (part := text(event, key)))
    yield format_head(event, click.style(state, fg=_COLOURS.get(state)), where, reason)


def _counts(event: Event, _width: int) -> Iterator[str]:
    yield format_head(event, click.style(f"counted: {format_outcomes(_outcomes(event))}", dim=True))
    for operand, texts in object_in(object_in(event, "operands"), "values").items():
        if isinstance(texts, list):
            was = ", ".join(escape(str(each)) for each in texts)
            yield f"{INDENT}{click.style('never true:', dim=True)} {escape(operand)} was {was}"


def _outcomes(event: Event) -> Event:
    return {name: value for name, value in _particular(event).items() if name not in {"created", "operands"}}


def _unknown(event: Event, width: int) -> Iterator[str]:
    yield format_head(event, text(event, "hotlog"), format_place(event) if "at" in event else "")
    for name, value in _particular(event).items():
        if name not in PLACE:
            yield from tree(escape(name), value, width, INDENT)


_OWN: Final[dict[str, Renderer]] = {"status": _status, "counts": _counts}


def _particular(event: Event) -> Event:
    """Return the fields that not every event has."""
    return {key: value for key, value in event.items() if key not in _COMMON}


_COMMON: Final = frozenset(COMMON)
