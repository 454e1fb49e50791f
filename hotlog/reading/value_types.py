"""Plain value types of the standard library and of numpy and pandas: what they show, by C-level reads.

The table holds names, not classes: nothing is imported for it. A class is one of these if the module it names, where
that is loaded, holds it under its name: a class that only claims to is not.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import tables, type_text
from hotlog.reading.classes import (
    NUMBERS,
    ByClass,
    class_attribute,
    defines,
    field_names,
    find_loaded,
    inherits,
    is_enum,
    is_heap,
    module_of,
    mro_of,
    type_name,
)
from hotlog.reading.computed import COMPUTED, OF_TEXT, fixed_zone, write_uuid
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot

if TYPE_CHECKING:
    from collections.abc import Callable

DECIMAL_MAX_BYTES: Final = 200
_DECIMAL_MOST_BYTES: Final = 50_000  # rounding a longer one takes long
_PATH_MAX_CHARS: Final = (
    10_000  # more than any file system takes; joining the parts of a longer one takes long
)


@ByClass
def named(cls: type) -> str:
    """Return the name of a known class, such as `datetime.date`; empty for any other."""
    name = type_name(cls)
    if name not in _SHOWN and name not in _ATTRIBUTES:
        return ""
    return name if find_loaded(module_of(cls), name.rpartition(".")[2]) is cls else ""


def shows(cls: type, base: type) -> bool:
    """Return whether values of the class show what is known of that base (or of the class itself)."""
    name = named(base)
    return name in _SHOWN and (base is cls or name in _SUBCLASSES)


def describe_value(value: object) -> dict[str, object] | None:
    """Return what a value of a known type shows beside its type; None where the type is not known."""
    show = reader_of_class(type(value))
    return None if show is None else show(value)


@ByClass
def reader_of_class(cls: type) -> Callable[[Any], dict[str, object]] | None:
    """Return the function that tells what a value of the class shows beside its type; None where the class is not known."""
    return next((_SHOWN[named(base)] for base in mro_of(cls) if shows(cls, base)), None)


def attribute(value: object, name: str) -> object:  # noqa: PLR0911 -- a table of cases
    """Return a plain attribute of a standard library value; `MISSING` where it may not be read."""
    cls = type(value)
    if name in _ATTRIBUTES.get(named(cls), ()):
        found = slot(value, name)
        return plain_get(instance_dict(value) or {}, name, MISSING) if found is MISSING else found
    computed = COMPUTED.get(named(cls), {}).get(name)
    if computed is not None:
        return computed(value)
    of_text = OF_TEXT.get(named(cls), {}).get(name)
    if of_text is not None:
        text = (describe_value(value) or {}).get("@value")
        return of_text(text) if type(text) is str else MISSING
    if inherits(cls, BaseException):
        return _error_attribute(value, cls, name)
    if name in field_names(cls):
        place = field_names(cls).index(name)
        return tuple.__getitem__(value, place)  # type: ignore[call-overload]  # a named tuple
    if is_enum(cls) and name in {"name", "value"}:
        return plain_get(instance_dict(value) or {}, f"_{name}_", MISSING)
    namespace = instance_dict(value) if named(cls) in _NAMESPACES else None
    return MISSING if namespace is None else plain_get(namespace, name, MISSING)


def _error_attribute(value: object, cls: type, name: str) -> object:
    """Return what an exception holds in C, or in its instance; never what a property computes."""
    owner, raw = class_attribute(cls, name)
    if owner is not None and not is_heap(owner) and inherits(owner, BaseException) and name[:1] != "_":
        kind = type(raw)
        return slot(value, name) if kind is MemberDescriptorType or kind is GetSetDescriptorType else MISSING
    if owner is not None and defines(type(raw), "__set__"):
        return MISSING
    return plain_get(instance_dict(value) or {}, name, MISSING)


def safe_zone(value: Any) -> bool:
    """Return whether a datetime or time has no time zone written in Python, which its methods would call."""
    zone = type(value).tzinfo.__get__(value) if named(type(value)) else MISSING
    return zone is None or named(type(zone)) in ZONES


ZONED: Final = frozenset({"datetime.datetime", "datetime.time"})  # values that may have one
ZONES: Final = frozenset({"datetime.timezone", "zoneinfo.ZoneInfo"})


def _base(value: Any, name: str) -> Any:
    """Return the class or base that is known by the name: its module may hold another by now."""
    return next(base for base in mro_of(type(value)) if named(base) == name)


# --- what they show ----------------------------------------------------------------------------------------------


def _decimal(value: Any) -> dict[str, object]:
    kind = _base(value, "decimal.Decimal")
    if kind.__sizeof__(value) > DECIMAL_MAX_BYTES:
        fits = kind.__sizeof__(value) <= _DECIMAL_MOST_BYTES
        return {"@cut": "chars", **({"@text": kind.__format__(value, ".40g")} if fits else {})}
    return {"@value": kind.__str__(value)}


_DAY_PARTS: Final = ("year", "month", "day")
_CLOCK_PARTS: Final = ("hour", "minute", "second", "microsecond")


def _datetime(value: Any) -> dict[str, object]:
    kind = _base(value, "datetime.datetime")
    zone = kind.tzinfo.__get__(value)
    if zone is None or named(type(zone)) in ZONES:
        return {"@value": kind.isoformat(value)}
    return _in_zone(kind, zone, [getattr(kind, name).__get__(value) for name in (*_DAY_PARTS, *_CLOCK_PARTS)])


def _time(value: Any) -> dict[str, object]:
    kind = _base(value, "datetime.time")
    zone = kind.tzinfo.__get__(value)
    if zone is None or named(type(zone)) in ZONES:
        return {"@value": kind.isoformat(value)}
    return _in_zone(kind, zone, [getattr(kind, name).__get__(value) for name in _CLOCK_PARTS])


def _in_zone(kind: Any, zone: Any, parts: list[Any]) -> dict[str, object]:
    """Return what a datetime or time of these parts shows, whose time zone is code: its offset where that is certain."""
    fixed = fixed_zone(zone)
    shown = {"@value": kind.isoformat(kind(*parts, tzinfo=fixed))}
    return shown if fixed is not None else {**shown, "tzinfo": type_name(type(zone))}


def _date(value: Any) -> dict[str, object]:
    return {"@value": _base(value, "datetime.date").isoformat(value)}


def _timedelta(value: Any) -> dict[str, object]:
    return {"@value": _base(value, "datetime.timedelta").__str__(value)}


def _timezone(value: Any) -> dict[str, object]:
    return {"@value": _base(value, "datetime.timezone").__str__(value)}


def _zone(value: Any) -> dict[str, object]:
    key = slot(value, "key")
    return {"@value": key} if type(key) is str else {}


def _uuid(value: Any) -> dict[str, object]:
    number = slot(value, "int")
    if type(number) is not int or not 0 <= number < 1 << 128:
        return {}
    return {"@value": write_uuid(number)}


def _fraction(value: Any) -> dict[str, object]:
    parts = [slot(value, name) for name in ("_numerator", "_denominator")]
    if all(type(part) is int and part.bit_length() < limits.INT_MAX_DIGITS * 3 for part in parts):
        return {"@value": f"{parts[0]}/{parts[1]}" if parts[1] != 1 else f"{parts[0]}"}
    return {"@cut": "chars"}


def _path(value: Any) -> dict[str, object]:
    # What `str(path)` is made of; where all of it is plain text, only pathlib itself runs.
    raw = [slot(value, name) for name in ("_str", "_raw_paths", "_parts")]
    if type(raw[0]) is str:
        return {"@value": raw[0]}
    for parts in raw[1:]:
        if type(parts) is list and len(parts) <= _PATH_MAX_CHARS and all(type(part) is str for part in parts):
            if sum(map(len, parts)) > _PATH_MAX_CHARS:
                return {"@cut": "chars"}
            return {"@value": str(value)}
    return {}


def _user_string(value: Any) -> dict[str, object]:
    text = plain_get(instance_dict(value) or {}, "data", None)
    return {"@value": text} if type(text) is str else {}


def _pattern(value: Any) -> dict[str, object]:
    text = slot(value, "pattern")
    return {"@value": text} if type(text) is str or type(text) is bytes else {}


def _range(value: range) -> dict[str, object]:
    bounds = (value.start, value.stop, value.step)
    if any(bound.bit_length() > limits.INT_MAX_DIGITS * 3 for bound in bounds):
        return {"@cut": "chars"}
    return {"@value": repr(value)}


def _complex(value: complex) -> dict[str, object]:
    return {"@value": complex.__repr__(value)}


def _text_array(value: Any) -> dict[str, object]:
    base = _base(value, "array.array")
    code = slot(value, "typecode")
    if code not in {"u", "w"}:
        return {}
    return {
        "typecode": code,
        "@value": base.tounicode(base.__getitem__(value, slice(limits.STRING_MAX_CHARS))),
    }


def _memoryview(value: memoryview) -> dict[str, object]:
    try:
        size = value.nbytes
        if size <= limits.STRING_MAX_CHARS:
            return {"@len": size, "@value": value.tobytes()}
        if not value.c_contiguous:
            return {"@len": size}
        return {"@len": size, "@value": value.cast("B")[: limits.STRING_MAX_CHARS].tobytes(), "@cut": "chars"}
    except ValueError:
        return {"state": "released"}


def plain_number(value: object) -> object:
    """Return the builtin number in a numpy scalar; any other value as it is."""
    generic = find_loaded("numpy", "generic")
    if generic is None or not inherits(type(value), generic) or not shows(generic, generic):
        return value
    if generic.nbytes.__get__(value) > tables.SCALAR_MAX_BYTES:
        return value
    plain = generic.item(value)
    return plain if type(plain) in NUMBERS else value


def _address(value: Any) -> dict[str, object]:
    """Return an IP address as `str()` writes it: its class is the standard library's own, and so is all that it holds."""
    number, zone = slot(value, "_ip"), slot(value, "_scope_id")
    if type(number) is not int or not (zone is MISSING or zone is None or type(zone) is str):
        return {}
    return {"@value": str(value)}


def _network(value: Any) -> dict[str, object]:
    fields = instance_dict(value) or {}
    address, prefix = plain_get(fields, "network_address", None), plain_get(fields, "_prefixlen", None)
    if type(prefix) is not int or named(type(address)) not in _SHOWN:
        return {}
    shown = _address(address)
    return {"@value": f"{shown['@value']}/{prefix}"} if shown else {}


def _interface(value: Any) -> dict[str, object]:
    """Return an address with the length of its network's prefix."""
    fields = instance_dict(value) or {}
    prefix = plain_get(fields, "_prefixlen", slot(value, "_prefixlen"))
    return _address(value) if type(prefix) is int else {}


def _url(value: Any) -> dict[str, object]:
    """Return a URL of pydantic's, which is a value of Rust, perhaps in an object with a name."""
    found = plain_get(instance_dict(value) or {}, "_url", value)
    return {"@value": str(found)} if named(type(found)) in _URLS else {}


def _match(value: Any) -> dict[str, object]:
    start, end = value.span()
    text = value.string
    if type(text) is not str:
        return {"span": [start, end]}
    return {"@value": text[start : min(end, start + _PATH_MAX_CHARS)], "span": [start, end]}


def _not_a_time(_value: object) -> dict[str, object]:
    return {"@value": "NaT"}


_URLS: Final = ("pydantic_core._pydantic_core.MultiHostUrl", "pydantic_core._pydantic_core.Url")
_SHOWN: Final[dict[str, Callable[[Any], dict[str, object]]]] = {
    "array.array": _text_array,
    "collections.UserString": _user_string,
    "complex": _complex,
    "datetime.date": _date,
    "datetime.datetime": _datetime,
    "datetime.time": _time,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    "decimal.Decimal": _decimal,
    "fractions.Fraction": _fraction,
    "ipaddress.IPv4Address": _address,
    "ipaddress.IPv4Interface": _interface,
    "ipaddress.IPv4Network": _network,
    "ipaddress.IPv6Address": _address,
    "ipaddress.IPv6Interface": _interface,
    "ipaddress.IPv6Network": _network,
    "memoryview": _memoryview,
    "numpy.generic": tables.describe_scalar,
    "numpy.ndarray": tables.describe_array,
    "pandas.DataFrame": tables.describe_table,
    "pandas.Index": tables.describe_index,
    "pandas.Series": tables.describe_table,
    "pandas._libs.tslibs.nattype.NaTType": _not_a_time,
    "pandas.api.typing.NaTType": _not_a_time,
    "pandas.core.frame.DataFrame": tables.describe_table,
    "pandas.core.indexes.base.Index": tables.describe_index,
    "pandas.core.series.Series": tables.describe_table,
    "pathlib.PosixPath": _path,
    "pathlib.PurePosixPath": _path,
    "pathlib.PureWindowsPath": _path,
    "pathlib.WindowsPath": _path,
    "pathlib._local.PosixPath": _path,
    "pathlib._local.PurePosixPath": _path,
    "pathlib._local.PureWindowsPath": _path,
    "pathlib._local.WindowsPath": _path,
    "pydantic.networks._BaseMultiHostUrl": _url,
    "pydantic.networks._BaseUrl": _url,
    **dict.fromkeys(_URLS, _url),
    "range": _range,
    "re.Match": _match,
    "re.Pattern": _pattern,
    **dict.fromkeys(type_text.ALIASES, type_text.describe_alias),
    "typing.TypeVar": type_text.describe_variable,
    "uuid.UUID": _uuid,
    "zoneinfo.ZoneInfo": _zone,
}
# Their readers are C functions, or look at fields only: they take an instance of a subclass as well.
_SUBCLASSES: Final = frozenset(
    "complex datetime.date datetime.datetime datetime.time datetime.timedelta decimal.Decimal numpy.generic "
    "numpy.ndarray pandas.DataFrame pandas.Index pandas.Series pandas.core.frame.DataFrame pandas.core.indexes.base.Index "
    "pandas.core.series.Series pydantic.networks._BaseMultiHostUrl pydantic.networks._BaseUrl".split()
)
# Numbers that are shown as text.
WRITTEN_NUMBERS: Final = frozenset({"complex", "decimal.Decimal", "fractions.Fraction", "numpy.generic"})
_DATE = frozenset({"year", "month", "day"})
_CLOCK = frozenset({"hour", "minute", "second", "microsecond", "tzinfo", "fold"})
_NAMESPACES: Final = frozenset({"argparse.Namespace", "optparse.Values", "types.SimpleNamespace"})
_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "complex": frozenset({"real", "imag"}),
    "datetime.date": _DATE,
    "datetime.datetime": _DATE | _CLOCK,
    "datetime.time": _CLOCK,
    "datetime.timedelta": frozenset({"days", "seconds", "microseconds"}),
    "decimal.Decimal": frozenset({"real", "imag"}),
    "float": frozenset({"real", "imag"}),
    "http.client.HTTPResponse": frozenset({"status", "reason", "length"}),
    "int": frozenset({"real", "imag", "numerator", "denominator"}),
    "numpy.ndarray": frozenset({"shape", "ndim", "size"}),
    "range": frozenset({"start", "stop", "step"}),
    "slice": frozenset({"start", "stop", "step"}),
    "subprocess.CompletedProcess": frozenset({"returncode"}),
    "subprocess.Popen": frozenset({"pid", "returncode"}),
    **dict.fromkeys(_NAMESPACES, frozenset()),
    "uuid.UUID": frozenset({"int"}),
}
