"""Functions over sequences: each element is paid for when it is looked at, and what is built before it is.

What Python computes step by step (`enumerate`, `zip`, `reversed`) comes as a list: nothing of it outlives the expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.arithmetic import bounded
from hotlog.expressions.comparisons import COMPARE
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import WHOLES, builtin_behaviour, type_name
from hotlog.reading.containers import Generator, collect, iterate, need_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

    Key = Callable[[Any], Any] | None


_ENCODINGS: Final = frozenset({"utf-8", "utf8", "ascii", "latin-1"})


def enumerate_values(reader: Reader, values: Any, start: Any = 0) -> list[tuple[Any, Any]]:
    """Return `list(enumerate(values, start))`."""
    need_whole(start, "enumerate")
    found: list[tuple[Any, Any]] = []
    for value in iterate(values, reader):
        reader.budget.build(items=2)
        found.append((start + len(found), value))
    return found


def zip_values(reader: Reader, *sequences: Any, strict: Any = False) -> list[tuple[Any, ...]]:
    """Return `list(zip(*sequences, strict=strict))`."""
    if type(strict) not in WHOLES:
        raise Unavailable("TypeError: `strict` is True or False")
    iterators = [iterate(each, reader) for each in sequences]
    found: list[tuple[Any, ...]] = []
    for row in zip(*iterators, strict=bool(strict)):
        reader.budget.build(items=1 + len(row))
        found.append(row)
    return found


def make_range(reader: Reader, *bounds: Any) -> range:
    """Return `range(*bounds)`."""
    for bound in bounds:
        need_whole(bound, "range")
    reader.budget.spend(1)
    return range(*bounds)


def need_whole(value: Any, function: str) -> Any:
    """Return a whole number of a common size."""
    if type(value) not in WHOLES:
        raise Unavailable(f"TypeError: {function}() takes whole numbers, not {type_name(type(value))}")
    return bounded(value)


def reverse_values(reader: Reader, values: Any) -> list[Any]:
    """Return `list(reversed(values))`."""
    cls = type(values)
    if type(values) is Generator or builtin_behaviour(cls, "__iter__") in (set, frozenset):
        raise Unavailable(f"TypeError: {type_name(cls)!r} object is not reversible")
    return collect(values, reader)[::-1]


def take_next(reader: Reader, values: Any, *default: Any) -> Any:
    """Return the first element of a generator expression."""
    if type(values) is not Generator:
        raise Unavailable(f"TypeError: {type_name(type(values))!r} object is not an iterator")
    for value in values.values:
        return reader.check(value)
    if default:
        return default[0]
    raise Unavailable("StopIteration: there is no such element")


def find_extreme(sign: str) -> Callable[..., Any]:
    """Return `min` or `max`, by the sign that a better value has to the best so far."""
    better = COMPARE[sign]

    def run(reader: Reader, *values: Any, key: Key = None, **options: Any) -> Any:
        candidates = iterate(values[0] if len(values) == 1 else values, reader) if values else iter(())
        best: Any = candidates
        best_key: Any = None
        for value in candidates:
            value_key = value if key is None else key(value)
            if best is candidates or better(value_key, best_key, reader):
                best, best_key = value, value_key
        if best is not candidates:
            return best
        if "default" in options:
            return options["default"]
        raise Unavailable("ValueError: there is no value to choose from")

    return run


def sort_values(reader: Reader, values: Any, *, key: Key = None, reverse: Any = False) -> list[Any]:
    """Return `sorted(values, key=key, reverse=reverse)`."""
    if type(reverse) not in WHOLES:
        raise Unavailable(f"TypeError: `reverse` is True or False, not a {type_name(type(reverse))}")
    found = collect(values, reader)
    keys = found if key is None else [key(value) for value in found]
    need_plain(keys, reader)
    reader.budget.spend(len(found) * 4)
    if key is None:
        return sorted(found, reverse=bool(reverse))
    order = sorted(range(len(found)), key=keys.__getitem__, reverse=bool(reverse))
    return [found[place] for place in order]


def make_bytes(reader: Reader, values: Any = b"", *encoding: Any) -> bytes:
    """Return `bytes(values)` of text with its encoding, of bytes, or of numbers."""
    if type(values) is str:
        if len(encoding) != 1 or type(encoding[0]) is not str or encoding[0] not in _ENCODINGS:
            raise Unavailable("TypeError: bytes() of text takes 'utf-8', 'ascii' or 'latin-1'")
        reader.budget.build(chars=len(values) * 4)
        return values.encode(encoding[0])
    if encoding:
        raise Unavailable("TypeError: encoding without a string argument")
    if type(values) in WHOLES:
        reader.budget.build(chars=max(0, min(values, limits.EXPRESSION_MAX_BUILT_CHARS + 1)))
        return bytes(values)
    if type(values) is bytes or type(values) is bytearray:
        reader.budget.build(chars=len(values))
        return bytes(values)
    if type_name(type(values)) == "array.array":  # its buffer, not its numbers
        raise Unavailable("bytes() of an array: write list()")
    return bytes([need_whole(value, "bytes") for value in collect(values, reader)])
