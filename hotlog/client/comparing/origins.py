"""Where a value came from: the variable of a caller that held it first, the part of the event that it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.comparing.steps import SeenValue, Taken
    from hotlog.client.comparing.value_profiles import Difference

_PLAIN: Final = (None, True, False, 0, 1, "")  # so common that two of them need not be the same
_OPENED: Final = ", "  # stands in a path where a text of JSON was opened
_DEPTH: Final = 8
_TEXT_MAX: Final = 262_144


class Origin(NamedTuple):
    """Where a value came from.

    Attributes:
        name: of the variable or attribute; empty: it is from the event alone.
        at: file and line.
        event: the part of the event, as one reads it: `body, lines[0].sku`; empty: it is none.
    """

    name: str
    at: str
    event: str


def find_origin(taken: Taken, seen: SeenValue, difference: Difference) -> Origin | None:
    """Return where a value came from; None where nobody knows."""
    value = difference.value
    last = (difference.path or seen.name).rpartition(".")[2].removesuffix("[]")
    is_common = any(value is each or (type(value) is type(each) and value == each) for each in _PLAIN)
    name, at = "", ""
    if isinstance(value, str | int | float) and not is_common:
        name, at = _find_in_callers(taken, seen, value)
    event = next((each.value for each in taken.values if _is_event(each)), None)
    part = _find_in_event(event, value, last, is_common=is_common)
    return Origin(name, at, part) if name or part else None


def _find_in_callers(taken: Taken, seen: SeenValue, value: Any) -> tuple[str, str]:
    """Return the variable of the nearest caller that held an equal value, and where; of the call itself, what it was stored from."""
    call = (
        seen.call
        if seen.place >= 0
        else taken.parents[seen.call.number][0]
        if seen.call.number in taken.parents
        else None
    )
    while call is not None:
        for each in reversed(taken.values[: seen.order]):
            is_itself = each.call is seen.call and (each.line == seen.line or each.name == seen.name)
            if each.call is not call or is_itself or _is_event(each) or each.role == "result":
                continue
            path = _path_to(each.value, value)
            if path is not None and _OPENED not in path:
                return f"{each.name}{path}", f"{each.call.file}:{each.line}"
        call = taken.parents[call.number][0] if call.number in taken.parents else None
    return "", ""


def _is_event(seen: SeenValue) -> bool:
    return seen.role == "argument" and len(seen.chain) == 1 and seen.place == -1 and seen.call.number == 0


def _path_to(holder: Any, value: Any) -> str | None:
    """Return the path that leads to an equal plain value; None where there is none."""
    for path, part in _iter_parts(holder):
        if type(part) is type(value) and part == value:
            return path
    return None


def _find_in_event(event: Any, value: Any, last: str, *, is_common: bool) -> str:
    """Return the part of the event that is this value, texts of JSON opened: `body, lines[0].sku`."""
    if not isinstance(value, str | int | float | bool | None):
        return ""
    for path, part in _iter_parts(event):
        if (
            type(part) is type(value)
            and part == value
            and (not is_common or path.rpartition(".")[2].rpartition(_OPENED)[2] == last)
        ):
            return path.lstrip(".")
    return ""


def _iter_parts(holder: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    yield path, holder
    if depth >= _DEPTH:
        return
    if isinstance(holder, dict):
        for key, inner in holder.items():
            if not key.startswith("@"):
                dot = "" if path.endswith(_OPENED) else "."
                yield from _iter_parts(inner, f"{path}{dot}{key}", depth + 1)
    elif isinstance(holder, list):
        for number, inner in enumerate(holder):
            yield from _iter_parts(inner, f"{path}[{number}]", depth + 1)
    elif isinstance(holder, str) and holder[:1] in {"{", "["} and len(holder) <= _TEXT_MAX:
        try:
            inner = json.loads(holder)
        except ValueError:
            return
        yield from _iter_parts(inner, f"{path}{_OPENED}", depth + 1)
