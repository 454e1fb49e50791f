"""The number that a value stands for, as a metric takes it: by C-level reads, without a line of the value's own code."""

from __future__ import annotations

from typing import Any, Final

from hotlog import __builtins__
from hotlog.reading import value_types
from hotlog.reading.classes import NUMBERS, inherits, mro_of
from hotlog.reading.instance_state import MISSING, slot

_QUOTIENT_MAX_BITS: Final = 1_000  # below the largest float


def number_of(value: object) -> Any:  # noqa: PLR0911 -- a table of cases
    """Return the number that a value of a standard numeric type stands for: an int, float or bool, or a Decimal; else `MISSING`."""
    kind = type(value)
    if kind in NUMBERS:
        return value
    if (plain := value_types.plain_number(value)) is not value:
        return plain
    if inherits(kind, int):
        return int.__pos__(value)  # type: ignore[arg-type]  # an IntEnum, a flag
    if inherits(kind, float):
        return float.__pos__(value)  # type: ignore[arg-type]
    for base in mro_of(kind):
        name = value_types.named(base) if value_types.shows(kind, base) else ""
        if name == "decimal.Decimal":
            found: Any = base
            return (
                found.copy_abs(value).copy_sign(value)
                if found.__sizeof__(value) <= value_types.DECIMAL_MAX_BYTES
                else MISSING
            )
        if name == "fractions.Fraction":
            return _quotient(value)
    return MISSING


def _quotient(value: object) -> object:
    over, under = slot(value, "_numerator"), slot(value, "_denominator")
    if (
        type(over) is int
        and type(under) is int
        and under
        and max(over.bit_length(), under.bit_length()) < _QUOTIENT_MAX_BITS
    ):
        return over / under
    return MISSING
