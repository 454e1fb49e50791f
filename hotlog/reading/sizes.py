"""How large a value is, by what it declares, before an operation in C touches all of it.

Nothing stops a loop in C: neither the budget nor a signal. So each operand is measured first, by the C functions of the
builtin that it is, or derives from; a class may have a length of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from hotlog import __builtins__, limits
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import ByClass, ById, inherits, mro_of

if TYPE_CHECKING:
    from collections.abc import Callable

_ITERATED: Final = ById(str, bytes, bytearray, list, tuple, set, frozenset, dict)


def need_few_chars(size: int) -> None:
    """Refuse text that is too long to be looked through for secrets.

    Raises:
        Unavailable: it is.
    """
    if size > limits.EXPRESSION_MAX_TEXT_CHARS:
        raise Unavailable(f"text of {size:,} characters is too long to be checked for secrets")


def need_few_digits(number: int, most: int = limits.EXPRESSION_MAX_INT_DIGITS) -> None:
    """Refuse a number so large that arithmetic, hashing or printing it takes long.

    Args:
        number: an int, perhaps of a subclass.
        most: decimal digits that it may have.

    Raises:
        Unavailable: it has more.
    """
    if int.bit_length(number) > most * 10 // 3:
        raise Unavailable(f"a number of more than {most:,} digits")


def elements_of(value: Any) -> int:
    """Count the elements that a method in C goes through where it is given this exact builtin value; 0 for any other."""
    cls = type(value)
    if cls in _ITERATED:
        return len(value)
    if cls is range:  # `len` ends at 2**63
        start, stop, step = map(int, (value.start, value.stop, value.step))
        return max(0, (stop - start + step - (1 if step > 0 else -1)) // step)
    return 0


@ByClass
def plainly(cls: type) -> Callable[[Any], object] | None:
    """Tell how to look at a value of the class as the plain text or number it stands for; None where it is neither.

    What is returned raises `Unavailable` where the value is too large for a copy.
    """
    # The table of plain value types is only needed here; it imports nothing by itself.
    from hotlog.reading import value_types

    for base in mro_of(cls):
        name = value_types.named(base)
        if (name in value_types.WRITTEN_NUMBERS or name == "uuid.UUID") and value_types.shows(cls, base):
            return write_number
    for text in (str, bytes, bytearray):
        if inherits(cls, text):
            return _plain_text(text)
    if inherits(cls, int):
        return _plain_whole
    if inherits(cls, float):
        return cast("Callable[[Any], object]", float.__pos__)
    return _check_bounds if cls is range else None


def write_number(value: object) -> object:
    """Return the text of a number of a standard type, or of numpy's, and of a UUID; a plain number where it is one."""
    from hotlog.reading import value_types

    shown = value_types.describe_value(value) or {}
    if "@cut" in shown:
        raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
    return shown.get("@value")


def _plain_text(base: Any) -> Callable[[Any], object]:
    def plain(value: Any) -> object:
        need_few_chars(base.__len__(value))
        return base.__str__(value) if base is str else base.__getitem__(value, slice(None))

    return plain


def _plain_whole(value: Any) -> int:
    need_few_digits(value)
    return int.__pos__(value)


def _check_bounds(value: range) -> None:
    """Look at the bounds of a range: all that is computed from it lies between them."""
    for bound in (value.start, value.stop, value.step):
        need_few_digits(bound, limits.INT_MAX_DIGITS)
