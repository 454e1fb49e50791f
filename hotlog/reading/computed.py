"""What values compute in Python, computed here from what they store: attributes of plain types, offsets of time zones."""

from __future__ import annotations

from datetime import timedelta, timezone
from types import MethodDescriptorType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading.classes import find_loaded, module_of, namespace_of, type_name
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot

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


# --- time zones --------------------------------------------------------------------------------------------------


def fixed_zone(zone: Any) -> timezone | None:
    """Return the zone in C that a zone of a library stands for; None where its offset may change, or is not known."""
    cls = type(zone)
    read = _OFFSETS.get(type_name(cls))
    if read is None or find_loaded(module_of(cls), type_name(cls).rpartition(".")[2]) is not cls:
        return None
    offset = read(zone)
    return timezone(offset) if type(offset) is timedelta and abs(offset) < _DAY else None


def in_fixed_zone(value: Any) -> Any:
    """Return a value; an exact datetime or time in a library's zone of one offset in the same zone in C."""
    zone = fixed_zone(type(value).tzinfo.__get__(value))
    return value if zone is None else value.replace(tzinfo=zone)


def _field(name: str) -> Callable[[Any], object]:
    return lambda zone: plain_get(instance_dict(zone) or {}, name, None)


def _local(zone: Any) -> object:
    fields = instance_dict(zone) or {}
    return plain_get(fields, "_std_offset", None) if plain_get(fields, "_hasdst", None) is False else None


def _in_rust(zone: Any) -> object:
    offset = namespace_of(type(zone)).get("utcoffset")
    return offset.__get__(zone)(None) if type(offset) is MethodDescriptorType else None


_DAY: Final = timedelta(days=1)
# Those that come with boto3's answers, and pydantic's. No class can be made of the last, which is written in Rust.
_OFFSETS: Final[dict[str, Callable[[Any], object]]] = {
    "dateutil.tz.tz.tzutc": lambda _: timedelta(0),
    "dateutil.tz.tz.tzoffset": _field("_offset"),
    "dateutil.tz.tz.tzlocal": _local,
    "pydantic_core._pydantic_core.TzInfo": _in_rust,
}


# --- attributes --------------------------------------------------------------------------------------------------


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
