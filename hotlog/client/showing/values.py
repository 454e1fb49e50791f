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
_ABOUT: Final = frozenset(("@type", "@cut", "@len", "@text", "@value", "@name", "@items", "@args"))


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
        inside = _elements(value) if isinstance(name, int) else _fields(value)
        if isinstance(inside, list) and isinstance(name, int) and -len(inside) <= name < len(inside):
            value = inside[name]
        elif isinstance(inside, dict) and name in inside:
            value = inside[str(name)]
        else:
            raise KeyError(name)
    return value


def list_parts(value: object) -> list[str]:
    """Return the names that lead on from a captured value."""
    return [*_fields(value), *(f"[{place}]" for place in range(len(_elements(value))))]


def _is_mark(last: dict[str, Any]) -> bool:
    return "@cut" in last and last.keys() <= {"@cut", "@len"}


def _elements(value: object) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("@items", value.get("@args"))
    if not isinstance(value, list):
        return []
    return value[:-1] if value and isinstance(value[-1], dict) and _is_mark(value[-1]) else value


def _fields(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {str(key).removeprefix("@"): each for key, each in value.items() if key not in _ABOUT}
