"""Formats: `{total:.2f}`, `{name:>20}`, `{now:%Y-%m-%d}`, as Python's, where no code of the application runs.

A format is checked by its form first: widths and precisions have two digits, so what comes out is bounded. Then the
exact builtin, standard or numpy type decides which C function writes the value.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.expressions.arithmetic import bounded
from hotlog.expressions.exact_numbers import (
    decimal_module,
    is_decimal,
    is_fraction,
    need_near_zero,
    parts_of_fraction,
    round_fraction,
)
from hotlog.expressions.format_syntax import DATE_FORMAT, PLAIN_FORMAT, is_format
from hotlog.reading import value_types
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import (
    NUMBERS,
    builtin_behaviour,
    class_attribute,
    find_loaded,
    inherits,
    is_enum,
    type_name,
)
from hotlog.reading.computed import in_fixed_zone

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

_DIRECTIVE: Final = Pattern(r"%-?(.)")
_DATES: Final = frozenset({"datetime.date", "datetime.datetime", "datetime.time"})
_PRECISION: Final = 6  # where a format names none
_EXACT_DIGITS: Final = sys.float_info.dig
_OF_REALS: Final = frozenset("eEfFgGn%")
# Bound at import: an application's tests may put another clock into `time`.
_strftime = time.strftime


def format_value(value: Any, form: str, reader: Reader) -> str:
    """Return `format(value, form)`.

    Raises:
        Unavailable: the value has no such format, or it is code that would run, or too long to write.
    """
    reader.check(value)
    if not is_format(form):
        raise Unavailable(f"ValueError: {form!r} is no format that a rule may use")
    cls = type(value)
    kind = value_types.named(cls)
    if kind in _DATES:
        return _format_date(value, kind, form)
    value = _plain_value(value, reader)
    if is_decimal(value):
        return _format_decimal(value, form)
    if is_fraction(value):
        return _format_fraction(value, form)
    if type(value) in NUMBERS:
        reader.budget.build(chars=200)
        return write_plain(bounded(value), form)
    if type(value) is str:
        reader.budget.build(chars=len(value) + 100)
        return write_plain(value, form)
    raise Unavailable(f"TypeError: {form!r} formats no {type_name(cls)}; write `!s:{form}` for its text")


def write_plain(value: Any, form: str) -> str:
    """Return `format(value, form)` of a plain number or text of a common size."""
    try:
        return format(value, form)
    except (ValueError, OverflowError) as fault:
        raise Unavailable(f"{type(fault).__name__}: {fault}") from None


def _plain_value(value: Any, reader: Reader) -> Any:
    """Return the plain number or text that a numpy scalar, an `IntEnum` or another plain subclass is written as."""
    value = value_types.plain_number(value)
    cls = type(value)
    bases: tuple[Any, ...] = (str, int, float)
    for base in bases:
        if inherits(cls, base) and cls is not base and cls is not bool:
            raw = class_attribute(cls, "__format__")[1]
            if (
                builtin_behaviour(cls, "__format__") is base
                or raw is base.__format__
                or _is_of_enum(cls, base)
            ):
                plain = str.__str__(value) if base is str else base.__pos__(value)
                return reader.check(plain)
    return value


def _is_of_enum(cls: type, base: type) -> bool:
    """Return whether it is an `IntEnum` or the like, whose format is that of its number."""
    owner = class_attribute(cls, "__format__")[0]
    return base is not str and is_enum(cls) and owner is find_loaded("enum", "Enum")


def _format_decimal(value: Any, form: str) -> str:
    found = PLAIN_FORMAT.fullmatch(form)
    if found is None or found["kind"] not in {*_OF_REALS, ""}:
        raise Unavailable(f"ValueError: {form!r} formats no decimal.Decimal")
    if value.is_finite():
        need_near_zero(value)
    return write_plain(value, form)


def _format_fraction(value: Any, form: str) -> str:
    """Return a fraction as Python 3.12 and later write it; 3.11 knows no format of it."""
    found = PLAIN_FORMAT.fullmatch(form)
    kind = found["kind"] if found is not None else "?"
    if found is not None and not kind and found["precision"] is None:
        over, under = parts_of_fraction(value)
        text = str(over) if under == 1 else f"{over}/{under}"
        return write_plain(text, form)
    if found is None or kind not in _OF_REALS - {"n"}:
        raise Unavailable(f"ValueError: {form!r} formats no fractions.Fraction")
    precision = int(found["precision"] or _PRECISION)
    # To the digits that are shown, exactly: a float would round twice.
    if kind not in "fF%":
        return write_plain(_to_digits(value, precision + 1 if kind in "eE" else max(precision, 1)), form)
    digits = precision + (2 if kind == "%" else 0)
    scaled = round_fraction(value, digits)
    sign, written = int(scaled < 0), tuple(map(int, str(abs(scaled))))
    return write_plain(decimal_module().Decimal((sign, written, -digits)), form)


def _to_digits(value: Any, count: int) -> float:
    """Return a fraction rounded to so many digits, as the float that is written so."""
    if count > _EXACT_DIGITS:
        raise Unavailable(f"a fraction to more than {_EXACT_DIGITS} digits: write it with `f`")
    digits = count - 1 - _exponent_of(value)
    return float(round_fraction(value, digits) * 10 ** max(0, -digits) / 10 ** max(0, digits))


def _exponent_of(value: Any) -> int:
    """Return the power of ten of a fraction's first digit, once it is rounded or before: two of them are as near."""
    over, under = parts_of_fraction(value)
    power = len(str(abs(over))) - len(str(under))
    return power if abs(over) * 10 ** max(0, -power) >= under * 10 ** max(0, power) else power - 1


# --- dates -------------------------------------------------------------------------------------------------------


def _format_date(value: Any, kind: str, form: str) -> str:
    if kind != "datetime.date":
        value = in_fixed_zone(value)
    if not form:
        return str(value.isoformat(*([" "] if kind == "datetime.datetime" else [])))
    if "%" not in form or DATE_FORMAT.fullmatch(form) is None:
        raise Unavailable(
            f"{form!r} is no format of dates, such as `%Y-%m-%d`; write `!s:{form}` for its text"
        )
    if kind != "datetime.date" and not value_types.safe_zone(value):
        raise Unavailable("its time zone is code that would run")
    plain = _DIRECTIVE.sub(lambda found: _filled(value, kind, found), form)
    return _strftime(plain, _fields(value, kind))


def _fields(value: Any, kind: str) -> Any:
    """Return what `time.strftime` takes."""
    clock = (0, 0, 0) if kind == "datetime.date" else (value.hour, value.minute, value.second)
    if kind == "datetime.time":
        return (1900, 1, 1, *clock, 0, 1, -1)
    day_of_year = value.toordinal() - value.replace(month=1, day=1).toordinal() + 1
    return (value.year, value.month, value.day, *clock, value.weekday(), day_of_year, -1)


def _filled(value: Any, kind: str, found: Any) -> str:
    """Return what `time.strftime` does not know, filled in; all else as it is."""
    letter = found[1]
    if letter == "f":
        return f"{0 if kind == 'datetime.date' else value.microsecond:06}"
    if letter not in "zZ":
        return str(found[0])
    if kind == "datetime.date":
        return ""
    if letter == "Z":
        return (value.tzname() or "").replace("%", "%%")
    return _offset(value.utcoffset())


def _offset(offset: Any) -> str:
    if offset is None:
        return ""
    total = offset.days * 86_400 + offset.seconds
    sign, total = "-" if total < 0 else "+", abs(total)
    text = f"{sign}{total // 3600:02}{total // 60 % 60:02}"
    rest = f"{total % 60:02}" if total % 60 or offset.microseconds else ""
    return text + rest + (f".{offset.microseconds:06}" if offset.microseconds else "")
