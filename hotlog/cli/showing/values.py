"""Captured values as text: on one line where they fit, else as a tree. What was cut, hidden or unreadable says so.

Nothing in a value can steer the terminal: every text goes through `escape`, and only marks of hotlog's own are coloured.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from hotlog.client.showing.values import elements_of, fields_of, is_cut_mark
from hotlog.client.words import escape
from hotlog.values.text import Mark, parts_of_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP: Final = "  "
_DEPTH_MAX: Final = (
    20  # far deeper than hotlog captures: a line that somebody else wrote must not end the command
)
_WITHOUT_PARTS: Final = frozenset(("@ref", "@unavailable"))


def tree(label: str, value: object, width: int, indent: str = "") -> Iterator[str]:
    """Yield the lines that show a value under its name.

    Args:
        label: the name, as text for the terminal already.
        value: JSON-safe, as captured; it may come from anywhere.
        width: columns a line should fit into; what has no parts takes as many as it needs.
        indent: what each line begins with.
    """
    line = f"{indent}{label} = {flat(value)}"
    elements, fields = elements_of(value), fields_of(value)
    deepest = len(indent) >= _DEPTH_MAX * len(_STEP)
    if deepest or not (elements or fields) or len(click.unstyle(line)) <= width:
        yield line
        return
    yield f"{indent}{label} = {_head(value)}"
    for place, element in enumerate(elements):
        yield from tree(f"[{place}]", element, width, indent + _STEP)
    for name, field in fields.items():
        yield from tree(escape(name), field, width, indent + _STEP)
    if mark := _mark_of_cut(value):
        yield f"{indent}{_STEP}{mark}"


def flat(value: object) -> str:
    """Return the value on one line, as Python writes it."""
    return "".join(
        _mark(escape(part)) if type(part) is Mark else escape(part) for part in parts_of_text(value)
    )


def _head(value: object) -> str:
    """Return the line that stands above the parts of a value."""
    if isinstance(value, list):
        return "list" if _mark_of_cut(value) else f"list of {len(value)}"
    if isinstance(value, dict) and "@type" in value:
        return f"{_short_type(value['@type'])} {_own_text(value)}".rstrip()
    return "dict" if _mark_of_cut(value) else f"dict of {len(fields_of(value))}"


def _own_text(value: object) -> str:
    """Return the text or the name that a captured value shows for itself."""
    if not isinstance(value, dict):
        return ""
    if "@text" in value:
        return f'"{_word(value["@text"])}…"'
    return _word(value.get("@value", value.get("@name", "")))


def _mark_of_cut(value: object) -> str:
    """Return the mark of what was cut off a value, and why; empty where nothing was cut."""
    if (
        isinstance(value, dict)
        and not value.keys() & _WITHOUT_PARTS
        and isinstance(value.get("@items"), list)
    ):
        value = value if "@cut" in value else value["@items"]
    if isinstance(value, list) and value and is_cut_mark(value[-1]):
        value = value[-1]
    if not isinstance(value, dict) or "@cut" not in value:
        return ""
    length = f", {_word(value['@len'])} in all" if "@len" in value else ""
    return _mark(f"… cut: {_word(value['@cut'])}{length}")


def _short_type(value: object) -> str:
    """Return the name of a type without its module: `Order` for `app.Order`. The JSON of an event has all of it."""
    return _word(value.rpartition(".")[2] if isinstance(value, str) else value)


def _word(value: object) -> str:
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _mark(text: str) -> str:
    return click.style(text, fg="yellow")
