"""Captured values as Python people write them: `{'sku': 'tea-assam'}`, `Order(id=7)`. Nothing in a value can steer a terminal.

The text is that of `hotlog.values.text`, the same as in messages; here it is bounded, and parts of a value are found by name.
A value may come from anywhere, so no form is taken for granted.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from hotlog.client.words import escape
from hotlog.values.text import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST: Final = 20
# Keys of a captured object that say what it is, rather than what it holds (the docs of `hotlog.capture.snapshot`).
_ABOUT: Final = frozenset(("@type", "@cut", "@len", "@text", "@value", "@name", "@items", "@args"))
_WITHOUT_PARTS: Final = frozenset(("@ref", "@unavailable"))


class _FullError(Exception):
    """There is no room for more text."""


def format_value(value: object, most: int, depth: int = _DEEPEST) -> str:
    """Return a captured value on one line.

    Args:
        value: JSON-safe, as an event holds it.
        most: characters; what is beyond them is cut, and an ellipsis says so.
        depth: how many levels to show; `…` stands for what lies deeper.
    """
    parts: list[str] = []
    left = most + 1

    def put(part: str) -> None:
        nonlocal left
        parts.append(escape(part[:left]))
        left -= len(parts[-1])
        if left <= 0:
            raise _FullError

    with contextlib.suppress(_FullError):
        write_text(value, put, min(depth, _DEEPEST))
    text = "".join(parts)
    return text if len(text) <= most else f"{text[: max(most - 1, 0)]}…"


def find_part(value: object, names: Iterable[str | int]) -> object:
    """Return the part of a captured value that keys and places lead to.

    Raises:
        KeyError: there is none, with the name that leads nowhere.
    """
    for name in names:
        inside = elements_of(value) if isinstance(name, int) else fields_of(value)
        if isinstance(inside, list) and isinstance(name, int) and -len(inside) <= name < len(inside):
            value = inside[name]
        elif isinstance(inside, dict) and name in inside:
            value = inside[str(name)]
        else:
            raise KeyError(name)
    return value


def list_parts(value: object) -> list[str]:
    """Return the names that lead on from a captured value."""
    return [*fields_of(value), *(f"[{place}]" for place in range(len(elements_of(value))))]


def is_cut_mark(element: object) -> bool:
    """Return whether an element is the mark for elements that were cut off."""
    return isinstance(element, dict) and "@cut" in element and element.keys() <= {"@cut", "@len"}


def elements_of(value: object) -> list[Any]:
    """Return the elements of a captured sequence, set or exception, without the mark of a cut at its end."""
    if isinstance(value, dict) and not value.keys() & _WITHOUT_PARTS:
        value = value.get("@items", value.get("@args"))
    if not isinstance(value, list):
        return []
    return value[:-1] if value and is_cut_mark(value[-1]) else value


def fields_of(value: object) -> dict[str, Any]:
    """Return the fields of a captured object or dict, by the names that the application gave them."""
    if not isinstance(value, dict) or value.keys() & _WITHOUT_PARTS:
        return {}
    return {str(key).removeprefix("@"): each for key, each in value.items() if key not in _ABOUT}
