"""Captured values as Python people write them: `{'sku': 'tea-assam'}`, `Order(id=7)`. Nothing in a value can steer a terminal.

The forms of captured values are those of `hotlog.capture.snapshot`: an object says its type under `@type`, what was cut off says
so under `@cut`. A value may come from anywhere, so no form is taken for granted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog.client.words import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST: Final = 20
_ABOUT: Final = frozenset(("@type", "@cut", "@len", "@text", "@value", "@name", "@items", "@args"))


def format_value(value: object, most: int, depth: int = _DEEPEST) -> str:
    """Return a captured value on one line.

    Args:
        value: JSON-safe, as an event holds it.
        most: characters; what is beyond them is cut, and an ellipsis says so.
        depth: how many levels to show; `…` stands for what lies deeper.
    """
    text = escape(_text_of(value, most, depth))
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


def _text_of(value: object, most: int, depth: int) -> str:
    if isinstance(value, str):
        # What is beyond `most` is never shown, so that five megabytes cost nothing.
        return "redacted" if value == "@redacted" else repr(value[: most + 1])
    if isinstance(value, dict | list):
        return "…" if depth <= 0 else _composed(value, most, depth)
    return repr(value)


def _composed(value: dict[str, Any] | list[Any], most: int, depth: int) -> str:
    if isinstance(value, list):
        return f"[{_joined(_elements(value), {}, value, most, depth)}]"
    if "@ref" in value:
        return f"<the same {_short_type(value['@ref'])}>"
    name = _short_type(value["@type"]) if "@type" in value else ""
    if "@unavailable" in value:
        return f"<{name} unavailable: {value['@unavailable']}>".replace("< ", "<")
    if "@text" in value and not name:
        return f"{str(value['@text'])[: most + 1]!r}{_mark(value)}"
    fields = _fields(value)
    own = [str(value[key])[: most + 1] for key in ("@value", "@name", "@text") if key in value]
    inside = _joined(_elements(value), fields, value, most, depth, named=bool(name))
    if not name:
        return f"{{{inside}}}"
    return f"{name}({', '.join(filter(None, (*own, inside)))})"


def _joined(  # one line of text is made of all of it
    elements: list[Any],
    fields: dict[str, Any],
    value: object,
    most: int,
    depth: int,
    *,
    named: bool = False,
) -> str:
    parts: list[str] = []
    left = most
    for label, each in (*(("", each) for each in elements), *fields.items()):
        if left < 0:
            return f"{', '.join(parts)}, …"
        text = _text_of(each, left, depth - 1)
        if label or not elements:
            text = f"{label}={text}" if named else f"{label!r}: {text}"
        parts.append(text)
        left -= len(text) + 2
    return ", ".join(filter(None, (*parts, _mark(value).strip())))


def _mark(value: object) -> str:
    """Return ` … of 1000` where something was cut off the value; empty where nothing was."""
    last: object = value[-1] if isinstance(value, list) and value else value
    if isinstance(last, dict) and isinstance(last.get("@items"), list) and "@cut" not in last:
        return _mark(last["@items"])
    if not isinstance(last, dict) or "@cut" not in last or (isinstance(value, list) and not _is_mark(last)):
        return ""
    return f" … of {last['@len']}" if "@len" in last else f" … (cut: {last['@cut']})"


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


def _short_type(value: object) -> str:
    return str(value).rpartition(".")[2]
