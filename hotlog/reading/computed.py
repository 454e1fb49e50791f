"""Attributes of plain value types that the standard library computes in Python, computed here from what the value stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading.instance_state import MISSING, slot

if TYPE_CHECKING:
    from collections.abc import Callable

_BITS: Final = 128
_STANDARD: Final = 0b10  # the variant of RFC 9562: only that has versions


def _of_uuid(compute: Callable[[int], object]) -> Callable[[Any], object]:
    def read(value: Any) -> object:
        number = slot(value, "int")
        return compute(number) if type(number) is int and 0 <= number < 1 << _BITS else MISSING

    return read


def write_uuid(number: int) -> str:
    """Return the digits of a UUID in their groups."""
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _version(number: int) -> int | None:
    return number >> 76 & 0xF if number >> 62 & 0b11 == _STANDARD else None


def _of_fraction(name: str) -> Callable[[Any], object]:
    def read(value: Any) -> object:
        found = slot(value, name)
        return found if type(found) is int else MISSING

    return read


def _last_part(text: str) -> str:
    return "" if text == "." else text.rpartition("/")[2]


def _suffix(text: str) -> str:
    name = _last_part(text)
    dot = name.rfind(".")
    return name[dot:] if 0 < dot < len(name) - 1 else ""


def _stem(text: str) -> str:
    name, suffix = _last_part(text), _suffix(text)
    return name[: -len(suffix)] if suffix else name


COMPUTED: Final[dict[str, dict[str, Callable[[Any], object]]]] = {
    "fractions.Fraction": {
        "numerator": _of_fraction("_numerator"),
        "denominator": _of_fraction("_denominator"),
    },
    "uuid.UUID": {
        "bytes": _of_uuid(lambda number: number.to_bytes(16, "big")),
        "hex": _of_uuid(lambda number: f"{number:032x}"),
        "urn": _of_uuid(lambda number: f"urn:uuid:{write_uuid(number)}"),
        "version": _of_uuid(_version),
    },
}
# From the text that the value stands for.
_PATH: Final[dict[str, Callable[[str], object]]] = {"name": _last_part, "suffix": _suffix, "stem": _stem}
OF_TEXT: Final = dict.fromkeys(
    (
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "pathlib._local.PosixPath",
        "pathlib._local.PurePosixPath",
    ),
    _PATH,
)
