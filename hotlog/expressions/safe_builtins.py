"""The functions that an expression may call, each bounded, over plain values only."""

# ruff: noqa: ARG001 -- all functions have one signature

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.error_text import message_of
from hotlog.expressions.operators import BINARY as _BINARY
from hotlog.expressions.operators import COMPARE, bounded, truth
from hotlog.expressions.safe_methods import need_plain_dict, pairs_of
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import (
    NUMBERS,
    REALS,
    TEXTS,
    WHOLES,
    builtin_behaviour,
    class_attribute,
    inherits,
    type_name,
)
from hotlog.reading.containers import (
    collect,
    is_atom,
    iterate,
    length,
    need_few_of_a_hash,
    need_plain,
    printed_size,
)
from hotlog.reading.instance_state import MISSING
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

BUILTINS: Final[dict[str, object]] = dict(vars(builtins))

_DEPTH_MAX: Final = 30


def _number(value: Any) -> Any:
    if type(value) not in NUMBERS and value_types.named(type(value)) not in {
        "decimal.Decimal",
        "datetime.timedelta",
    }:
        raise Unavailable(f"this works on numbers, not on {type_name(type(value))}")
    return value


def _abs(reader: Reader, value: Any) -> Any:
    value = _number(value)
    if value_types.named(type(value)) == "decimal.Decimal":
        return value.copy_abs()
    return abs(bounded(value))


def _all(reader: Reader, values: Any) -> bool:
    return all(truth(value) for value in iterate(values, reader))


def _any(reader: Reader, values: Any) -> bool:
    return any(truth(value) for value in iterate(values, reader))


def _extreme(sign: str) -> Callable[..., Any]:
    better = COMPARE[sign]

    def run(reader: Reader, *values: Any, **options: Any) -> Any:
        candidates = iterate(values[0] if len(values) == 1 else values, reader) if values else iter(())
        best: Any = candidates
        for value in candidates:
            if best is candidates or better(value, best, reader):
                best = value
        if best is not candidates:
            return best
        if "default" in options:
            return options["default"]
        raise Unavailable("ValueError: there is no value to choose from")

    return run


def _sum(reader: Reader, values: Any, start: Any = 0) -> Any:
    add = _BINARY["Add"]
    total = start
    for value in iterate(values, reader):
        if type(value) is str:
            raise Unavailable("TypeError: sum() adds numbers")
        total = add(total, value, reader)
    return total


def _sorted(reader: Reader, values: Any, *, reverse: Any = False) -> list[Any]:
    if type(reverse) not in WHOLES:
        raise Unavailable(f"TypeError: `reverse` is True or False, not a {type_name(type(reverse))}")
    found = need_plain(collect(values, reader), reader)
    reader.budget.spend(len(found) * 4)
    return sorted(found, reverse=reverse)


def _round(reader: Reader, number: Any, ndigits: Any = None) -> Any:
    number = _standard_number(number)
    if type(number) not in REALS or not (ndigits is None or type(ndigits) is int):
        raise Unavailable(f"round() works on plain numbers, not on {type_name(type(number))}")
    if ndigits is not None and abs(ndigits) > limits.INT_MAX_DIGITS:
        raise Unavailable(f"round() to more than {limits.INT_MAX_DIGITS} digits")
    return round(bounded(number), ndigits)


def _str(reader: Reader, value: Any = "") -> str:  # noqa: PLR0911 -- a table of cases
    cls = type(value)
    if type(value) is str:
        return value
    if is_atom(value):
        if type(value) is int and value.bit_length() > limits.INT_MAX_BITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        if type(value) is bytes:
            return _repr(reader, value)
        return str(value)
    if inherits(cls, BaseException):
        words = message_of(value, reader)
        if REDACTED in words:
            raise Redacted
        reader.budget.build(chars=len(words))
        return words
    shown = value_types.describe_value(value)
    text = shown.get("@value") if shown is not None and value_types.named(cls) else None
    if type(text) is str:
        reader.check(text)
        if value_types.named(cls) == "re.Pattern":
            return str(value)
        return text.replace("T", " ", 1) if value_types.named(cls) == "datetime.datetime" else text
    return _repr(reader, value)


def _repr(reader: Reader, value: Any) -> str:
    need_plain(value, reader)
    size = printed_size(value)
    reader.budget.build(chars=size)
    if value_types.named(type(value)) in _PYTHON_REPR:
        raise Unavailable(f"repr() of a {type_name(type(value))}: write str()")
    return repr(value)


_PYTHON_REPR: Final = {"uuid.UUID", "datetime.datetime", "datetime.time"}


def _int(reader: Reader, value: Any = 0, *base: Any) -> int:
    if type(value) in TEXTS:
        if len(value) > limits.INT_MAX_DIGITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        if not all(type(one) in WHOLES for one in base):
            raise Unavailable("TypeError: the base of int() is a whole number")
        return int(value, *base)
    if not base:
        value = _standard_number(value)
    if type(value) in REALS and not base:
        return int(value)
    if (
        value_types.named(type(value)) == "decimal.Decimal"
        and not base
        and value.is_finite()
        and value.adjusted() < limits.INT_MAX_DIGITS
    ):
        return int(value)
    raise Unavailable(f"int() of {type_name(type(value))}")


def _standard_number(value: Any) -> Any:
    """Return the number that a value of a standard numeric type stands for; any other value as it is."""
    number = value_types.number_of(value)
    return value if number is MISSING else number


def _float(reader: Reader, value: Any = 0.0) -> float:
    value = _standard_number(value)
    if type(value) in REALS or (type(value) in TEXTS and len(value) <= limits.INT_MAX_DIGITS):
        return float(value)
    if value_types.named(type(value)) == "decimal.Decimal" and value.is_finite():
        return float(str(value))
    raise Unavailable(f"float() of {type_name(type(value))}")


def _isinstance(reader: Reader, value: Any, kinds: Any, depth: int = 0) -> bool:
    if type(kinds) is tuple:
        if depth > _DEPTH_MAX:
            raise Unavailable("nested too deeply")
        reader.budget.spend(len(kinds))
        return any(_isinstance(reader, value, kind, depth + 1) for kind in kinds)
    if not inherits(type(kinds), type):
        raise Unavailable("isinstance() takes a class, or a tuple of classes")
    cls = type(value)
    if inherits(cls, kinds):
        return True
    if class_attribute(type(kinds), "__instancecheck__")[0] is not type:
        raise Unavailable(f"whether it is one is decided by code of {type_name(type(kinds))}")
    if class_attribute(cls, "__class__")[0] is not object:
        raise Unavailable(f"{type_name(cls)} answers for its class itself")
    return False


def _type(reader: Reader, value: Any) -> type:
    return type(value)


def _bool(reader: Reader, value: Any = False) -> bool:
    return truth(value)


def _len(reader: Reader, value: Any) -> int:
    size = length(value)
    if builtin_behaviour(type(value), "__len__") in _TEXT_KINDS and size <= limits.EXPRESSION_MAX_TEXT_CHARS:
        reader.check(value)  # not even how long a secret is
    return size


_TEXT_KINDS: Final = (str, bytes, bytearray)


def _list(reader: Reader, values: Any = ()) -> list[Any]:
    return collect(values, reader)


def _tuple(reader: Reader, values: Any = ()) -> tuple[Any, ...]:
    return tuple(collect(values, reader))


def _set(reader: Reader, values: Any = ()) -> set[Any]:
    found = need_plain(collect(values, reader), reader)
    need_few_of_a_hash(found, reader)
    return set(found)


def _dict(reader: Reader, values: Any = ()) -> dict[Any, Any]:
    if inherits(type(values), dict):
        need_plain_dict(values, "items")
        pairs = pairs_of(reader, values)
    else:
        pairs = [tuple(collect(pair, reader)) for pair in collect(values, reader)]
    found = {}
    for key, value in pairs:
        reader.budget.spend(0)
        found[need_plain(key, reader)] = value
    return found


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _abs, "all": _all, "any": _any, "bool": _bool, "dict": _dict, "float": _float, "int": _int,
    "isinstance": _isinstance, "len": _len, "list": _list, "max": _extreme("Gt"), "min": _extreme("Lt"), "repr": _repr,
    "round": _round, "set": _set, "sorted": _sorted, "str": _str, "sum": _sum, "tuple": _tuple, "type": _type,
}  # fmt: skip
