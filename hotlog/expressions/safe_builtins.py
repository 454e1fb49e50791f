"""The functions that an expression may call, each bounded, over plain values only."""

# ruff: noqa: ARG001 -- all functions have one signature

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.error_text import message_of
from hotlog.expressions.arithmetic import BINARY as _BINARY
from hotlog.expressions.arithmetic import bounded
from hotlog.expressions.comparisons import truth
from hotlog.expressions.exact_numbers import (
    compute_fractions,
    copied_context,
    float_of,
    is_decimal,
    is_fraction,
    parts_of_fraction,
    round_decimal,
    round_fraction,
    truncate_fraction,
)
from hotlog.expressions.formats import format_value
from hotlog.expressions.parsed_text import parse_base64, parse_json
from hotlog.expressions.safe_methods import need_plain_dict, pairs_of
from hotlog.expressions.sequences import (
    enumerate_values,
    find_extreme,
    make_bytes,
    make_range,
    reverse_values,
    sort_values,
    take_next,
    zip_values,
)
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import (
    NUMBERS,
    REALS,
    TEXTS,
    WHOLES,
    builtin_behaviour,
    class_attribute,
    find_loaded,
    inherits,
    is_enum,
    type_name,
)
from hotlog.reading.containers import (
    collect,
    is_atom,
    iterate,
    length,
    need_few_of_a_hash,
    need_plain,
    printed_size,
)
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

_original: Any = __builtins__
BUILTINS: Final[dict[str, object]] = dict(_original)

_DEPTH_MAX: Final = 30


def _abs(reader: Reader, value: Any) -> Any:
    value = value_types.plain_number(value)
    if is_decimal(value):
        return copied_context().abs(value)
    if is_fraction(value):
        return compute_fractions("*", value, -1 if parts_of_fraction(value)[0] < 0 else 1)
    if type(value) not in NUMBERS and value_types.named(type(value)) != "datetime.timedelta":
        raise Unavailable(f"this works on numbers, not on {type_name(type(value))}")
    return abs(bounded(value))


def _all(reader: Reader, values: Any) -> bool:
    return all(truth(value) for value in iterate(values, reader))


def _any(reader: Reader, values: Any) -> bool:
    return any(truth(value) for value in iterate(values, reader))


def _sum(reader: Reader, values: Any, start: Any = 0) -> Any:
    add = _BINARY["Add"]
    total = start
    for value in iterate(values, reader):
        if type(value) is str:
            raise Unavailable("TypeError: sum() adds numbers")
        total = add(total, value, reader)
    return total


def _round(reader: Reader, number: Any, ndigits: Any = None) -> Any:
    if not (ndigits is None or type(ndigits) is int):
        raise Unavailable(
            f"TypeError: round() takes a whole number of digits, not {type_name(type(ndigits))}"
        )
    if ndigits is not None and abs(ndigits) > limits.INT_MAX_DIGITS:
        raise Unavailable(f"round() to more than {limits.INT_MAX_DIGITS} digits")
    number = value_types.plain_number(number)
    if is_decimal(number):
        return round_decimal(number, ndigits)
    if is_fraction(number) and ndigits is None:
        return round_fraction(number)
    if type(number) not in REALS:
        raise Unavailable(f"round() works on plain numbers, not on {type_name(type(number))}")
    return round(bounded(number), ndigits)


def _str(reader: Reader, value: Any = "") -> str:  # noqa: C901, PLR0911 -- a table of kinds
    cls = type(value)
    if type(value) is str:
        return value
    if is_atom(value):
        if type(value) is int and value.bit_length() > limits.INT_MAX_BITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        if type(value) is bytes:
            return _repr(reader, value)
        return str(value)
    if inherits(cls, BaseException):
        words = message_of(value, reader)
        if REDACTED in words:
            raise Redacted
        reader.budget.build(chars=len(words))
        return words
    if is_enum(cls):
        return _str_of_enum(reader, value)
    if is_fraction(value):
        return format_value(value, "", reader)
    plain = value_types.plain_number(value)
    if plain is not value and (
        type(plain) is not float or inherits(cls, float)
    ):  # a smaller float has another text
        return str(plain)
    shown = value_types.describe_value(value)
    text = shown.get("@value") if shown is not None and value_types.named(cls) else None
    if type(text) is str:
        reader.check(text)
        if value_types.named(cls) in {"re.Match", "re.Pattern"}:
            return str(value)
        return text.replace("T", " ", 1) if value_types.named(cls) == "datetime.datetime" else text
    return _repr(reader, value)


def _str_of_enum(reader: Reader, value: Any) -> str:
    """Return `Color.RED`, or the value of an enumeration of numbers or texts, as its class in C or in `enum` writes it."""
    cls = type(value)
    owner, raw = class_attribute(cls, "__str__")
    if raw is int.__repr__ or raw is str.__str__:  # of an IntEnum, of a StrEnum
        return _str(reader, reader.attribute(value, "value"))
    if owner is None or owner is not find_loaded("enum", "Enum"):
        raise Unavailable(f"its text is written by code of {type_name(cls)}")
    return f"{type_name(cls).rpartition('.')[2]}.{reader.attribute(value, 'name')}"


def _repr(reader: Reader, value: Any) -> str:
    if is_enum(type(value)):
        return _repr_of_enum(reader, value)
    need_plain(value, reader)
    size = printed_size(value)
    reader.budget.build(chars=size)
    if value_types.named(type(value)) in _PYTHON_REPR:
        raise Unavailable(f"repr() of a {type_name(type(value))}: write str()")
    return repr(value)


def _repr_of_enum(reader: Reader, value: Any) -> str:
    cls = type(value)
    owner, _ = class_attribute(cls, "__repr__")
    if owner is None or owner is not find_loaded("enum", "Enum"):
        raise Unavailable(f"its text is written by code of {type_name(cls)}")
    name, inner = reader.attribute(value, "name"), _repr(reader, reader.attribute(value, "value"))
    return f"<{type_name(cls).rpartition('.')[2]}.{name}: {inner}>"


_PYTHON_REPR: Final = {"uuid.UUID", "datetime.datetime", "datetime.time"}


def _int(reader: Reader, value: Any = 0, *base: Any, **options: Any) -> int:
    base += tuple(options.values())
    if type(value) in TEXTS:
        if len(value) > limits.INT_MAX_DIGITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        if not all(type(one) in WHOLES for one in base):
            raise Unavailable("TypeError: the base of int() is a whole number")
        return int(value, *base)
    value = value_types.plain_number(value)
    if type(value) in REALS and not base:
        return int(value)
    if is_decimal(value) and not base and value.is_finite() and value.adjusted() < limits.INT_MAX_DIGITS:
        return int(value)
    if is_fraction(value) and not base:
        return truncate_fraction(value)
    raise Unavailable(f"int() of {type_name(type(value))}")


def _float(reader: Reader, value: Any = 0.0) -> float:
    if type(value) in REALS or (type(value) in TEXTS and len(value) <= limits.INT_MAX_DIGITS):
        return float(value)
    value = value_types.plain_number(value)
    if type(value) is float:
        return value
    if is_decimal(value) and value.is_finite():
        return float(str(value))
    if is_fraction(value):
        return float_of(value)
    raise Unavailable(f"float() of {type_name(type(value))}")


def _isinstance(reader: Reader, value: Any, kinds: Any, depth: int = 0) -> bool:
    if type(kinds) is tuple:
        if depth > _DEPTH_MAX:
            raise Unavailable("nested too deeply")
        reader.budget.spend(len(kinds))
        return any(_isinstance(reader, value, kind, depth + 1) for kind in kinds)
    if not inherits(type(kinds), type):
        raise Unavailable("isinstance() takes a class, or a tuple of classes")
    cls = type(value)
    if inherits(cls, kinds):
        return True
    if class_attribute(type(kinds), "__instancecheck__")[0] is not type:
        raise Unavailable(f"whether it is one is decided by code of {type_name(type(kinds))}")
    if class_attribute(cls, "__class__")[0] is not object:
        raise Unavailable(f"{type_name(cls)} answers for its class itself")
    return False


def _type(reader: Reader, value: Any) -> type:
    return type(value)


def _bool(reader: Reader, value: Any = False) -> bool:
    return truth(value)


def _len(reader: Reader, value: Any) -> int:
    size = length(value)
    if builtin_behaviour(type(value), "__len__") in _TEXT_KINDS and size <= limits.EXPRESSION_MAX_TEXT_CHARS:
        reader.check(value)  # not even how long a secret is
    return size


_TEXT_KINDS: Final = (str, bytes, bytearray)


def _list(reader: Reader, values: Any = ()) -> list[Any]:
    return collect(values, reader)


def _tuple(reader: Reader, values: Any = ()) -> tuple[Any, ...]:
    return tuple(collect(values, reader))


def _set(reader: Reader, values: Any = ()) -> set[Any]:
    found = need_plain(collect(values, reader), reader)
    need_few_of_a_hash(found, reader)
    return set(found)


def _frozenset(reader: Reader, values: Any = ()) -> frozenset[Any]:
    return frozenset(_set(reader, values))


def _dict(reader: Reader, values: Any = (), /, **named: Any) -> dict[Any, Any]:
    if inherits(type(values), dict):
        need_plain_dict(values, "items")
        pairs = pairs_of(reader, values)
    else:
        pairs = [tuple(collect(pair, reader)) for pair in collect(values, reader)]
    found = {}
    for key, value in pairs:
        reader.budget.spend(0)
        found[need_plain(key, reader)] = value
    return {**found, **named} if named else found


# --- numbers and characters --------------------------------------------------------------------------------------


def _divmod(reader: Reader, left: Any, right: Any) -> tuple[Any, Any]:
    return _BINARY["FloorDiv"](left, right, reader), _BINARY["Mod"](left, right, reader)


def _pow(reader: Reader, base: Any, exponent: Any, modulus: Any = None) -> Any:
    if modulus is None:
        return _BINARY["Pow"](base, exponent, reader)
    if not all(type(each) in WHOLES for each in (base, exponent, modulus)):
        raise Unavailable("TypeError: pow() with a modulus takes whole numbers")
    return pow(bounded(base), bounded(exponent), bounded(modulus))


def _complex(reader: Reader, real: Any = 0, imaginary: Any = 0) -> complex:
    if type(real) is str:
        if len(real) > limits.INT_MAX_DIGITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        return complex(real)
    if type(real) not in NUMBERS or type(imaginary) not in NUMBERS:
        raise Unavailable("TypeError: complex() takes numbers")
    return complex(real, imaginary)


def _in_base(write: Callable[[int], str]) -> Callable[..., str]:
    def run(reader: Reader, value: Any) -> str:
        if type(value) not in WHOLES:
            raise Unavailable(f"TypeError: {type_name(type(value))!r} object is no whole number")
        return write(bounded(value))

    return run


def _ord(reader: Reader, value: Any) -> int:
    if type(value) not in TEXTS or len(value) != 1:
        raise Unavailable("TypeError: ord() takes one character")
    return ord(value)


def _chr(reader: Reader, value: Any) -> str:
    if type(value) not in WHOLES:
        raise Unavailable("TypeError: chr() takes a whole number")
    return chr(value)


def _ascii(reader: Reader, value: Any) -> str:
    text = _repr(reader, value)
    reader.budget.build(chars=len(text) * 10)
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _format(reader: Reader, value: Any, form: Any = "") -> str:
    if type(form) is not str:
        raise Unavailable("TypeError: format() takes a format, which is text")
    reader.check(form)
    return format_value(value, form, reader) if form else _str(reader, value)


# What the language has and Python has not: a module of that name does not hide it.
OWN_WORDS: Final = frozenset({"base64", "json"})

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _abs, "all": _all, "any": _any, "ascii": _ascii, "base64": parse_base64, "bin": _in_base(bin), "bool": _bool,
    "bytes": make_bytes, "chr": _chr, "complex": _complex, "dict": _dict, "divmod": _divmod, "enumerate": enumerate_values,
    "float": _float, "format": _format, "frozenset": _frozenset, "hex": _in_base(hex), "int": _int,
    "isinstance": _isinstance, "json": parse_json, "len": _len, "list": _list, "max": find_extreme("Gt"),
    "min": find_extreme("Lt"), "next": take_next, "oct": _in_base(oct), "ord": _ord, "pow": _pow, "range": make_range,
    "repr": _repr, "reversed": reverse_values, "round": _round, "set": _set, "sorted": sort_values, "str": _str, "sum": _sum,
    "tuple": _tuple, "type": _type, "zip": zip_values,
}  # fmt: skip
