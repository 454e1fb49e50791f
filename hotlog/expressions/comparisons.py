"""Truth, equality, order and containment of live values, where they run no user code: as `arithmetic` does it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.expressions.exact_numbers import (
    compare_fractions,
    exact_decimal,
    is_decimal,
    is_fraction,
    parts_of_fraction,
)
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import (
    ById,
    builtin_behaviour,
    class_attribute,
    inherits,
    type_name,
)
from hotlog.reading.computed import in_fixed_zone
from hotlog.reading.containers import (
    CONTAINERS,
    check_keys,
    is_atom,
    iterate,
    need_few_of_a_hash,
    need_plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.expressions.arithmetic import Operator
    from hotlog.reading.reader import Reader

_IN_BYTES: Final = ById(int, bytes, bytearray)

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
    if inherits(type(value), tuple) and reader.open_sequence(value, tuple) is not value:
        raise Redacted
    if value_types.named(type(value)) in value_types.ZONED:
        value = in_fixed_zone(value)
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
