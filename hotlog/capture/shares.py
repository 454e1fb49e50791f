"""How a capture shares the room of an event: what a value may need, and the marks of what had none."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from hotlog import __builtins__, limits
from hotlog.reading.classes import ById, type_name
from hotlog.reading.secret_check import SMALL

# The empty container, the value, its type, what it is part of, and the bytes that are paid ahead for it.
Waiting = tuple[Any, Any, type, tuple[int, ...], int]

SCALAR_BYTES: Final = 24
COMPOUND_BYTES: Final = 40
FEW: Final = 3  # elements that are always begun
_SPREAD: Final = 3  # by so much records may differ in size where one of them is looked at
_WEIGHED_PARTS: Final = 200  # that are looked at to find out how large a record is
_SIZED: Final = ById(dict, list, tuple, set)


def mark_cut(shown: Any, mark: dict[str, Any]) -> None:
    """Write a mark in the place of a value, perhaps in the list that stands there already."""
    shown.clear()
    if type(shown) is list:
        shown.append(mark)
    else:
        shown.update(mark)


def size_of(each: Waiting) -> int:
    """Return how much a value that waits may need: how many elements it has."""
    _, value, kind, _, _ = each
    return len(value) if kind in _SIZED else FEW


def length_of(value: Any, kind: type) -> dict[str, Any]:
    """Return how many elements a value has, as a mark says it; of an object its type."""
    if kind in _SIZED:
        return {"@len": len(value)}
    return {"@type": type_name(kind)}


def count_fitting(records: list[Any], room: int) -> tuple[int, int]:
    """Return how many of the records will be whole in so many bytes, by the size of three of them, and what these take.

    Where all will be, nothing need be paid ahead.
    """
    if _weigh(records[len(records) // 2]) * len(records) * _SPREAD <= room:
        return len(records), 0
    some = (records[0], records[len(records) // 2], records[-1])
    bytes_of_one = sum(_weigh(record) for record in some) // len(some)
    if bytes_of_one * len(records) <= room:
        return len(records), 0
    count = max(FEW, room // bytes_of_one)
    return count, count * (bytes_of_one - COMPOUND_BYTES)


def _weigh(record: Any) -> int:
    """Estimate the bytes that a record takes in an event; at least, where it has very many parts."""
    weight, parts = 0, [record]
    for _ in range(_WEIGHED_PARTS):
        if not parts:
            break
        value = parts.pop()
        kind = type(value)
        if kind is str:
            weight += min(len(value), limits.STRING_MAX_CHARS) + 4
        elif kind is dict:
            weight += COMPOUND_BYTES + sum(
                len(key) + 5 for key in islice(value, _WEIGHED_PARTS) if type(key) is str
            )
            parts += islice(value.values(), _WEIGHED_PARTS)
        elif kind is list or kind is tuple:
            weight += COMPOUND_BYTES
            parts += value[:_WEIGHED_PARTS]
        else:
            weight += SCALAR_BYTES
    return weight


def make_depth_mark(value: Any, kind: type) -> dict[str, Any]:
    """Return the mark of a value that lies too deep."""
    if kind in _SIZED:
        return {"@cut": "depth", "@len": len(value)}
    return {"@type": type_name(kind), "@cut": "depth"}


def is_small(value: Any) -> bool:
    """Return whether it is a number, or something else of the kind, that is shown as it is."""
    kind = type(value)
    return ((kind is int or kind is float) and -SMALL < value < SMALL) or kind is bool or value is None


def are_small(elements: list[Any]) -> bool:
    """Return whether they are all small whole numbers, as a list of ids."""
    least, most = -SMALL, SMALL
    for element in elements:  # noqa: SIM110 -- any(…) takes twice as long
        if type(element) is not int or not least < element < most:
            return False
    return True
