"""Python's operators over live values, where they run no user code and cost no more than the budget.

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
    compare_fractions,
    compute_decimals,
    compute_fractions,
    copied_context,
    exact_decimal,
    is_decimal,
    is_fraction,
    parts_of_fraction,
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
    class_attribute,
    inherits,
    is_enum,
    type_name,
)
from hotlog.reading.containers import (
    CONTAINERS,
    check_keys,
    is_atom,
    iterate,
    need_few_of_a_hash,
    need_plain,
)
from hotlog.reading.reader import Reader

Operator = Callable[[Any, Any, Reader], Any]

_ADDED: Final = ById(str, bytes, list, tuple)
_IN_BYTES: Final = ById(int, bytes, bytearray)


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
    return values * times


def _compute_known(symbol: str, apply: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Return the result for dates, durations, decimals and fractions; refuse anything else."""
    kinds = {value_types.named(type(left)), value_types.named(type(right))}
    if (
        symbol in "+-"
        and kinds <= _TIMES
        and all(
            value_types.safe_zone(one)
            for one in (left, right)
            if value_types.named(type(one)) == "datetime.datetime"
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


_TIMES: Final = {"datetime.datetime", "datetime.date", "datetime.timedelta"}
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


# --- truth -------------------------------------------------------------------------------------------------------


_WITH_TRUTH: Final = (int, float, bool, complex, type(None), range)
_FALSE_AT_ZERO: Final = frozenset({"decimal.Decimal", "datetime.timedelta"})


def truth(value: object) -> bool:  # noqa: PLR0911 -- the common kinds first
    """Return `bool(value)`, where neither `__bool__` nor `__len__` is user code."""
    if is_atom(value):
        return bool(value)
    cls = type(value)
    if value_types.named(cls) in _FALSE_AT_ZERO:
        return bool(value)
    if is_fraction(value):
        return parts_of_fraction(value)[0] != 0
    owner, _ = class_attribute(cls, "__bool__")
    if owner is None:
        owner, _ = class_attribute(cls, "__len__")
        if owner is None:
            return True
        if builtin_behaviour(cls, "__len__") in CONTAINERS:
            return bool(value)
    elif builtin_behaviour(cls, "__bool__") in _WITH_TRUTH:
        return bool(value)
    elif (plain := value_types.plain_number(value)) is not value:
        return bool(plain)
    raise Unavailable(f"whether it is true is decided by code of {type_name(cls)}")


# --- comparing ---------------------------------------------------------------------------------------------------


def _equality_is_identity(value: object) -> bool:
    return (
        class_attribute(type(value), "__eq__")[0] is object
        and class_attribute(type(value), "__ne__")[0] is object
    )


_COMPARED_BASES: Final[tuple[Any, ...]] = (str, int, float)


def _as_builtin(value: Any, reader: Reader) -> Any:
    """Return a plain subclass's value (`IntEnum`, `str`) as its builtin, which compares the same way."""
    value = value_types.plain_number(value)
    cls = type(value)
    for base in _COMPARED_BASES:
        if inherits(cls, base):
            if all(
                builtin_behaviour(cls, name) in (base, object)
                for name in ("__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__")
            ):
                return str.__str__(value) if base is str else base.__pos__(value)
            break
    if (
        inherits(cls, tuple)
        and cls is not tuple
        and all(builtin_behaviour(cls, name) is tuple for name in ("__eq__", "__lt__", "__gt__", "__iter__"))
    ):
        reader.budget.spend(tuple.__len__(value))
        return tuple(tuple.__iter__(value))
    return value


def _for_compare(value: Any, reader: Reader) -> Any:
    if is_atom(value):
        return value
    if inherits(type(value), tuple):
        reader.open_sequence(value, tuple)
    return need_plain(_as_builtin(value, reader), reader)


def _make_comparison(apply: Callable[[Any, Any], Any]) -> Operator:
    equality = apply is operator.eq or apply is operator.ne

    def run(left: Any, right: Any, reader: Reader) -> Any:
        if is_atom(left) and is_atom(right):
            return apply(left, right)
        if equality and (_equality_is_identity(left) or _equality_is_identity(right)):
            other = right if _equality_is_identity(left) else left
            if is_atom(other) or _equality_is_identity(other):
                return (left is right) is (apply is operator.eq)
        if is_fraction(left) or is_fraction(right):
            return compare_fractions(apply, reader.check(left), reader.check(right))
        left, right = _for_compare(left, reader), _for_compare(right, reader)
        if is_decimal(left) or is_decimal(right):
            return _compare_decimals(apply, left, right)
        return apply(left, right)

    return run


def _compare_decimals(apply: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Compare decimals without setting a flag in the application's decimal context."""
    sides = [exact_decimal(side) if type(side) is float else side for side in (left, right)]
    if any(is_decimal(side) and side.is_nan() for side in sides):
        raise Unavailable("a decimal NaN compares with nothing")
    return apply(*sides)


def _contains(element: Any, container: Any, reader: Reader) -> bool:
    cls = type(container)
    if cls is str or cls is bytes or cls is bytearray:
        reader.check(container)
        if type(element) is not cls and not (cls is not str and type(element) in _IN_BYTES):
            raise Unavailable(f"TypeError: {type_name(cls)} holds no {type_name(type(element))}")
        return element in container
    if cls is range and type(element) is int:
        return element in container
    owner = builtin_behaviour(cls, "__contains__")
    if owner is dict:
        need_plain(element, reader)
        check_keys(container, reader)
        return dict.__contains__(container, element)
    if owner in (list, tuple, set, frozenset):
        same = COMPARE["Eq"]
        if is_atom(element):
            reader.check(element)
        elif owner in (set, frozenset):
            hash(need_plain(element, reader))  # a set says so where it cannot hold it
        return any(one is element or same(element, one, reader) for one in iterate(container, reader))
    raise Unavailable(f"what it contains is decided by code of {type_name(cls)}")


_PAIR: Final = 2


def in_view(apply: Operator, method: str) -> Operator:
    """Return `in` or `not in` for what a dict's `keys()` or `items()` gives: a list here, which takes what has no hash."""

    def run(element: Any, container: Any, reader: Reader) -> Any:
        key = element
        if method == "items":
            key, _ = element if type(element) is tuple and len(element) == _PAIR else (None, None)
        if not is_atom(key):
            hash(need_plain(key, reader))
        return apply(element, container, reader)

    return run


def set_of_view(elements: Any, method: str, reader: Reader) -> Any:
    """Return what a dict's `keys()` or `items()` gives, a list here, as the set that Python's operators see in it."""
    if method == "values":
        raise Unavailable("the values of a dict equal nothing and compare with nothing: write `list(…)`")
    for element in elements:
        need_plain(element, reader)
    try:
        need_few_of_a_hash(elements, reader)
        return set(elements)
    except TypeError:
        raise Unavailable("a value has no hash: compare the dicts themselves, or `list(…)`") from None


COMPARE: Final[dict[str, Operator]] = {
    "Eq": _make_comparison(operator.eq),
    "NotEq": _make_comparison(operator.ne),
    "Lt": _make_comparison(operator.lt),
    "LtE": _make_comparison(operator.le),
    "Gt": _make_comparison(operator.gt),
    "GtE": _make_comparison(operator.ge),
    "Is": lambda left, right, _: left is right,
    "IsNot": lambda left, right, _: left is not right,
    "In": _contains,
    "NotIn": lambda left, right, reader: not _contains(left, right, reader),
}
