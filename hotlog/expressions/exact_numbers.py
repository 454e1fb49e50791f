"""Arithmetic with decimals and fractions that leaves no trace in the application.

The decimal context is the application's: an operation that sets a flag there, or obeys a trap, would be seen. So each
operation gets a copy. `fractions` is written in Python and asks the application's own number classes; here two whole
numbers are computed with.
"""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import value_types
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import REALS, WHOLES, type_name
from hotlog.reading.instance_state import slot
from hotlog.reading.sizes import need_few_digits

if TYPE_CHECKING:
    from collections.abc import Callable

DECIMAL: Final = "decimal.Decimal"
FRACTION: Final = "fractions.Fraction"
_OF_CONTEXT: Final = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "divide_int",
    "%": "remainder",
}


def is_decimal(value: object) -> bool:
    """Return whether it is a Decimal of exactly that class."""
    return value_types.named(type(value)) == DECIMAL


def is_fraction(value: object) -> bool:
    """Return whether it is a Fraction of exactly that class."""
    return value_types.named(type(value)) == FRACTION


# --- decimals ----------------------------------------------------------------------------------------------------


def decimal_module() -> Any:
    """Return the module in C that decimals come from: the application may import a copy of it."""
    return sys.modules.get("_decimal") or sys.modules["decimal"]


def exact_decimal(number: float) -> Any:
    """Return a float as the Decimal of the same value; nothing is noted in the application's decimal context."""
    return decimal_module().Decimal.from_float(number)


def copied_context() -> Any:
    """Return a copy of the application's decimal context, which must not see our flags."""
    context = decimal_module().getcontext().copy()
    if context.prec > limits.EXPRESSION_MAX_DECIMAL_DIGITS:
        raise Unavailable(f"decimals of {context.prec:,} digits")
    return context


def need_near_zero(value: Any) -> Any:
    """Return a finite decimal, unless writing it out would take very many digits."""
    if not value.is_finite() or abs(value.adjusted()) > limits.INT_MAX_DIGITS:
        raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
    return value


def compute_decimals(symbol: str, left: Any, right: Any) -> Any:
    """Return `left symbol right` of decimals and whole numbers; None where the symbol is none of theirs."""
    if symbol not in _OF_CONTEXT or not all(type(each) is int or is_decimal(each) for each in (left, right)):
        return None
    return getattr(copied_context(), _OF_CONTEXT[symbol])(left, right)


def round_decimal(value: Any, digits: int | None) -> Any:
    """Return `round(value, digits)`."""
    context = copied_context()
    if digits is None:
        context.rounding = "ROUND_HALF_EVEN"
        return int(context.to_integral_value(need_near_zero(value)))
    unit = decimal_module().Decimal((0, (1,), -digits))
    return context.quantize(value, unit)


# --- fractions ---------------------------------------------------------------------------------------------------


def parts_of_fraction(value: Any) -> tuple[int, int]:
    """Return numerator and denominator of a fraction, a whole number or a finite float."""
    kind = type(value)
    if kind in WHOLES:
        parts = int(value), 1
    elif kind is float:
        parts = value.as_integer_ratio()
    else:
        parts = slot(value, "_numerator"), slot(value, "_denominator")
    if not all(type(part) is int for part in parts) or parts[1] <= 0:
        raise Unavailable(f"a {type_name(kind)} that is no fraction")
    for part in parts:
        need_few_digits(part, limits.EXPRESSION_MAX_DECIMAL_DIGITS)
    return parts


def make_fraction(kind: Any, numerator: int, denominator: int) -> Any:
    """Return a fraction of that class, in lowest terms, without its code."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    common = math.gcd(numerator, denominator)
    made = object.__new__(kind)
    object.__setattr__(made, "_numerator", numerator // common)
    object.__setattr__(made, "_denominator", denominator // common)
    return made


def compute_fractions(symbol: str, left: Any, right: Any) -> Any:
    """Return `left symbol right` where one is a fraction; None where the symbol, or the other, is none of theirs."""
    if type(left) is float or type(right) is float:
        return _OF_FLOATS[symbol](float_of(left), float_of(right)) if symbol in _OF_FLOATS else None
    if not all(is_fraction(each) or type(each) in WHOLES for each in (left, right)):
        return None
    kind = type(left) if is_fraction(left) else type(right)
    (over, under), (over2, under2) = parts_of_fraction(left), parts_of_fraction(right)
    if symbol in {"/", "//", "%"} and over2 == 0:
        raise Unavailable("ZeroDivisionError: division by zero")
    if symbol == "//":
        return (over * under2) // (under * over2)
    if symbol not in _OF_PARTS:
        return None
    return make_fraction(kind, *_OF_PARTS[symbol](over, under, over2, under2))


_OF_PARTS: Final[dict[str, Callable[[int, int, int, int], tuple[int, int]]]] = {
    "+": lambda over, under, over2, under2: (over * under2 + over2 * under, under * under2),
    "-": lambda over, under, over2, under2: (over * under2 - over2 * under, under * under2),
    "*": lambda over, under, over2, under2: (over * over2, under * under2),
    "/": lambda over, under, over2, under2: (over * under2, under * over2),
    "%": lambda over, under, over2, under2: ((over * under2) % (under * over2), under * under2),
}
_OF_FLOATS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def compare_fractions(apply: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Compare where one is a fraction."""
    sides = [left, right]
    if not all(is_fraction(each) or type(each) in REALS for each in sides):
        raise Unavailable("a fraction is compared with numbers only")
    if any(type(each) is float and each - each != 0 for each in sides):  # infinite, or none
        return apply(*[each if type(each) is float else 0.0 for each in sides])
    (over, under), (over2, under2) = map(parts_of_fraction, sides)
    return apply(over * under2, over2 * under)


def float_of(value: Any) -> float:
    """Return a fraction, or a plain number, as a float."""
    if type(value) in REALS:
        return float(value)
    over, under = parts_of_fraction(value)
    return over / under


def truncate_fraction(value: Any) -> int:
    """Return `int(value)`."""
    over, under = parts_of_fraction(value)
    return -(-over // under) if over < 0 else over // under


def round_fraction(value: Any, digits: int = 0) -> int:
    """Return the fraction times ten to that power, as the nearest whole number, of two the even one."""
    over, under = parts_of_fraction(value)
    whole, rest = divmod(over * 10 ** max(0, digits), under * 10 ** max(0, -digits))
    under *= 10 ** max(0, -digits)
    is_up = rest * 2 > under or (rest * 2 == under and whole % 2 == 1)
    return int(whole + is_up)
