"""Python's arithmetic over live values, where it runs no user code and costs no more than the budget.

An operator on exact builtin values is the interpreter's own. For anything else it is first established whose
implementation would run: where that is C of a builtin class, it may; else the result is `Unavailable`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.exact_numbers import (
    DECIMAL,
    FRACTION,
    compute_decimals,
    compute_fractions,
    copied_context,
    is_decimal,
    is_fraction,
)
from hotlog.reading import value_types
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import (
    NUMBERS,
    REALS,
    SETS,
    WHOLES,
    ById,
    builtin_behaviour,
    inherits,
    is_enum,
    type_name,
)
from hotlog.reading.computed import in_fixed_zone
from hotlog.reading.containers import (
    need_plain,
)
from hotlog.reading.reader import Reader

Operator = Callable[[Any, Any, Reader], Any]

_ADDED: Final = ById(str, bytes, list, tuple)


def _is_number(value: object) -> bool:
    return type(value) in NUMBERS


# --- arithmetic --------------------------------------------------------------------------------------------------


def bounded(value: Any) -> Any:
    """Return the value, unless it is a whole number that is too large to compute with."""
    if type(value) is int and value.bit_length() > limits.INT_MAX_BITS:
        raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
    return value


def _arithmetic(symbol: str, apply: Callable[[Any, Any], Any]) -> Operator:
    def run(left: Any, right: Any, reader: Reader) -> Any:
        if _is_number(left) and _is_number(right):
            if type(left) is int and type(right) is int:
                bounded(left)
                bounded(right)
            return bounded(apply(left, right))
        if symbol == "+" and type(left) is type(right) and type(left) in _ADDED:
            return _concatenate(left, right, reader)
        if symbol == "*" and (type(left) in _ADDED or type(right) in _ADDED):
            return _repeat(left, right, reader)
        left, right = _plain_operand(left, symbol, reader), _plain_operand(right, symbol, reader)
        if _is_number(left) and _is_number(right):
            return run(left, right, reader)
        return _compute_known(symbol, apply, left, right)

    return run


_METHODS: Final = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", ">>": "rshift", "&": "and", "|": "or",
    "^": "xor",
}  # fmt: skip
_NUMBER_BASES: Final[tuple[Any, ...]] = (int, float)


def _plain_operand(value: Any, symbol: str, reader: Reader) -> Any:
    """Return the number in a numpy scalar, or in a subclass that leaves this operator to its base, such as an `IntEnum`."""
    value = value_types.plain_number(value)
    cls, name = type(value), _METHODS[symbol]
    for base in _NUMBER_BASES:
        if cls is not base and cls is not bool and inherits(cls, base):
            if all(builtin_behaviour(cls, each) is base for each in (f"__{name}__", f"__r{name}__")):
                return reader.check(base.__pos__(value))
            break
    return value


def _concatenate(left: Any, right: Any, reader: Reader) -> Any:
    size = len(left) + len(right)
    if type(left) is str or type(left) is bytes:
        reader.budget.build(chars=size)
    else:
        reader.budget.build(items=size)
        left, right = (reader.without_hidden_by_first(each, type(each)) for each in (left, right))
    return left + right


def _repeat(left: Any, right: Any, reader: Reader) -> Any:
    values, times = (left, right) if type(left) in _ADDED else (right, left)
    if type(times) not in WHOLES:
        raise Unavailable(f"`*` works on numbers, not on {_kinds(left, right)}")
    size = len(values) * max(0, times)
    if type(values) is str or type(values) is bytes:
        reader.budget.build(chars=size)
    else:
        reader.budget.build(items=size)
        values = reader.without_hidden_by_first(values, type(values))
    return values * times


def _compute_known(symbol: str, apply: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Return the result for dates, durations, decimals and fractions; refuse anything else."""
    kinds = {value_types.named(type(left)), value_types.named(type(right))}
    left, right = (
        in_fixed_zone(one) if value_types.named(type(one)) == _MOMENT else one for one in (left, right)
    )
    if (
        symbol in "+-"
        and kinds <= _TIMES
        and all(
            value_types.safe_zone(one) for one in (left, right) if value_types.named(type(one)) == _MOMENT
        )
    ):
        return apply(left, right)
    if _DURATION in kinds and _takes_duration(symbol, left, right):
        return apply(left, right)
    found = None
    if DECIMAL in kinds:
        found = compute_decimals(symbol, left, right)
    elif FRACTION in kinds:
        found = compute_fractions(symbol, left, right)
    if found is None:
        way = ": write `x.value`" if is_enum(type(left)) or is_enum(type(right)) else ""
        raise Unavailable(f"`{symbol}` works on numbers, not on {_kinds(left, right)}{way}")
    return found


_MOMENT: Final = "datetime.datetime"
_TIMES: Final = {_MOMENT, "datetime.date", "datetime.timedelta"}
_DURATION: Final = "datetime.timedelta"


def _takes_duration(symbol: str, left: Any, right: Any) -> bool:
    """Return whether a duration is multiplied, or divided, as Python's own does."""
    is_left, is_right = (value_types.named(type(one)) == _DURATION for one in (left, right))
    if symbol == "*":
        return type(right if is_left else left) in REALS and not (is_left and is_right)
    if symbol in {"/", "//"}:
        return is_left and (is_right or type(right) in (REALS if symbol == "/" else WHOLES))
    return symbol == "%" and is_left and is_right


def _kinds(*values: object) -> str:
    return " and ".join(type_name(type(value)) for value in values)


def _power(left: Any, right: Any, _reader: Reader) -> Any:
    if not (_is_number(left) and _is_number(right)):
        raise Unavailable(f"`**` works on numbers, not on {_kinds(left, right)}")
    if type(left) in WHOLES and type(right) in WHOLES:
        bounded(left)
        if abs(left) > 1 and left.bit_length() * abs(right) > limits.INT_MAX_BITS + 8:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
    return bounded(left**right)


def _shift(left: Any, right: Any, _reader: Reader) -> Any:
    if not (type(left) in WHOLES and type(right) in WHOLES):
        raise Unavailable(f"`<<` works on whole numbers, not on {_kinds(left, right)}")
    if right > limits.INT_MAX_BITS:
        raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
    return bounded(bounded(left) << right)


def _remainder(left: Any, right: Any, reader: Reader) -> Any:
    if type(left) is str or type(left) is bytes:
        raise Unavailable("`%` works on numbers: write `f'{x}'` for text")
    return _plain_remainder(left, right, reader)


_plain_remainder: Final = _arithmetic("%", operator.mod)


def _bits(symbol: str, apply: Callable[[Any, Any], Any]) -> Operator:
    plain = _arithmetic(symbol, apply)

    def run(left: Any, right: Any, reader: Reader) -> Any:
        if type(left) in SETS and type(right) in SETS:
            reader.budget.build(items=len(left) + len(right))
            need_plain(left, reader)
            need_plain(right, reader)
            return apply(left, right)
        return plain(left, right, reader)

    return run


BINARY: Final[dict[str, Operator]] = {
    "Add": _arithmetic("+", operator.add),
    "Sub": _bits("-", operator.sub),
    "Mult": _arithmetic("*", operator.mul),
    "Div": _arithmetic("/", operator.truediv),
    "FloorDiv": _arithmetic("//", operator.floordiv),
    "Mod": _remainder,
    "Pow": _power,
    "LShift": _shift,
    "RShift": _arithmetic(">>", operator.rshift),
    "BitAnd": _bits("&", operator.and_),
    "BitOr": _bits("|", operator.or_),
    "BitXor": _bits("^", operator.xor),
}


def apply_sign(symbol: str, value: Any) -> Any:
    """Return `-value`, `+value` or `~value`."""
    value = value_types.plain_number(value)
    if not _is_number(value):
        return _sign_known(symbol, value)
    bounded(value)
    if symbol == "USub":
        return -value
    # `~True` warns in Python itself; a rule must not print that into the application's log.
    return +value if symbol == "UAdd" else ~int(value) if type(value) is bool else ~value


def _sign_known(symbol: str, value: Any) -> Any:
    """Return `-value` or `+value` of a duration, decimal or fraction."""
    if symbol != "Invert":
        if value_types.named(type(value)) == _DURATION:
            return -value if symbol == "USub" else value
        if is_decimal(value):
            context = copied_context()
            return context.minus(value) if symbol == "USub" else context.plus(value)
        if is_fraction(value):
            return compute_fractions("*", value, -1 if symbol == "USub" else 1)
    raise Unavailable(f"a sign works on numbers, not on {type_name(type(value))}")
