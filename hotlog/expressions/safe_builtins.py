"""The functions and methods that an expression may call, each bounded, over plain values only."""

# ruff: noqa: SIM905, ARG001 -- tables of words read better as text; all functions have one signature

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.operators import BINARY as _BINARY
from hotlog.expressions.operators import COMPARE, bounded, truth
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import (
    NUMBERS,
    REALS,
    SETS,
    TEXTS,
    WHOLES,
    builtin_behaviour,
    class_attribute,
    inherits,
    type_name,
)
from hotlog.reading.containers import (
    collect,
    hidden_beside,
    is_atom,
    item,
    iterate,
    length,
    need_few_of_a_hash,
    need_plain,
    printed_size,
)
from hotlog.reading.sizes import elements_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

BUILTINS: Final[dict[str, object]] = dict(vars(builtins))

_DEPTH_MAX: Final = 30


def _number(value: Any) -> Any:
    if type(value) not in NUMBERS and value_types.named(type(value)) not in {
        "decimal.Decimal",
        "datetime.timedelta",
    }:
        raise Unavailable(f"this works on numbers, not on {type_name(type(value))}")
    return value


def _abs(reader: Reader, value: Any) -> Any:
    value = _number(value)
    if value_types.named(type(value)) == "decimal.Decimal":
        return value.copy_abs()
    return abs(bounded(value))


def _all(reader: Reader, values: Any) -> bool:
    return all(truth(value) for value in iterate(values, reader))


def _any(reader: Reader, values: Any) -> bool:
    return any(truth(value) for value in iterate(values, reader))


def _extreme(sign: str) -> Callable[..., Any]:
    better = COMPARE[sign]

    def run(reader: Reader, *values: Any, **options: Any) -> Any:
        candidates = iterate(values[0] if len(values) == 1 else values, reader) if values else iter(())
        best: Any = candidates
        for value in candidates:
            if best is candidates or better(value, best, reader):
                best = value
        if best is not candidates:
            return best
        if "default" in options:
            return options["default"]
        raise Unavailable("ValueError: there is no value to choose from")

    return run


def _sum(reader: Reader, values: Any, start: Any = 0) -> Any:
    add = _BINARY["Add"]
    total = start
    for value in iterate(values, reader):
        if type(value) is str:
            raise Unavailable("TypeError: sum() adds numbers")
        total = add(total, value, reader)
    return total


def _sorted(reader: Reader, values: Any, *, reverse: Any = False) -> list[Any]:
    if type(reverse) not in WHOLES:
        raise Unavailable(f"TypeError: `reverse` is True or False, not a {type_name(type(reverse))}")
    found = need_plain(collect(values, reader), reader)
    reader.budget.spend(len(found) * 4)
    return sorted(found, reverse=reverse)


def _round(reader: Reader, number: Any, ndigits: Any = None) -> Any:
    if type(number) not in REALS or not (ndigits is None or type(ndigits) is int):
        raise Unavailable(f"round() works on plain numbers, not on {type_name(type(number))}")
    if ndigits is not None and abs(ndigits) > limits.INT_MAX_DIGITS:
        raise Unavailable(f"round() to more than {limits.INT_MAX_DIGITS} digits")
    return round(bounded(number), ndigits)


def _str(reader: Reader, value: Any = "") -> str:
    cls = type(value)
    if type(value) is str:
        return value
    if is_atom(value):
        if type(value) is int and value.bit_length() > limits.INT_MAX_BITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        if type(value) is bytes:
            return _repr(reader, value)
        return str(value)
    shown = value_types.describe_value(value)
    text = shown.get("@value") if shown is not None and value_types.named(cls) else None
    if type(text) is str:
        reader.check(text)
        if value_types.named(cls) == "re.Pattern":
            return str(value)
        return text.replace("T", " ", 1) if value_types.named(cls) == "datetime.datetime" else text
    return _repr(reader, value)


def _repr(reader: Reader, value: Any) -> str:
    need_plain(value, reader)
    size = printed_size(value)
    reader.budget.build(chars=size)
    if value_types.named(type(value)) in _PYTHON_REPR:
        raise Unavailable(f"repr() of a {type_name(type(value))}: write str()")
    return repr(value)


_PYTHON_REPR: Final = {"uuid.UUID", "datetime.datetime", "datetime.time"}


def _int(reader: Reader, value: Any = 0, *base: Any) -> int:
    if type(value) in TEXTS:
        if len(value) > limits.INT_MAX_DIGITS:
            raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
        if not all(type(one) in WHOLES for one in base):
            raise Unavailable("TypeError: the base of int() is a whole number")
        return int(value, *base)
    if type(value) in REALS and not base:
        return int(value)
    if (
        value_types.named(type(value)) == "decimal.Decimal"
        and not base
        and value.is_finite()
        and value.adjusted() < limits.INT_MAX_DIGITS
    ):
        return int(value)
    raise Unavailable(f"int() of {type_name(type(value))}")


def _float(reader: Reader, value: Any = 0.0) -> float:
    if type(value) in REALS or (type(value) in TEXTS and len(value) <= limits.INT_MAX_DIGITS):
        return float(value)
    if value_types.named(type(value)) == "decimal.Decimal" and value.is_finite():
        return float(str(value))
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


def _dict(reader: Reader, values: Any = ()) -> dict[Any, Any]:
    if inherits(type(values), dict):
        _need_plain_dict(values, "items")
        pairs = _items(reader, values)
    else:
        pairs = [tuple(collect(pair, reader)) for pair in collect(values, reader)]
    found = {}
    for key, value in pairs:
        reader.budget.spend(0)
        found[need_plain(key, reader)] = value
    return found


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _abs, "all": _all, "any": _any, "bool": _bool, "dict": _dict, "float": _float, "int": _int,
    "isinstance": _isinstance, "len": _len, "list": _list, "max": _extreme("Gt"), "min": _extreme("Lt"), "repr": _repr,
    "round": _round, "set": _set, "sorted": _sorted, "str": _str, "sum": _sum, "tuple": _tuple, "type": _type,
}  # fmt: skip


# --- methods -----------------------------------------------------------------------------------------------------

_TEXT_METHODS: Final = frozenset(
    """
    capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric
    isprintable isspace istitle isupper lower lstrip partition removeprefix removesuffix rfind rindex rpartition rsplit
    rstrip split splitlines startswith strip swapcase title upper
    """.split()
)
_METHODS_OF: Final[dict[type, frozenset[str]]] = {
    str: _TEXT_METHODS,
    bytes: (_TEXT_METHODS - {"casefold", "isdecimal", "isidentifier", "isnumeric", "isprintable"}) | {"hex"},
    int: frozenset({"bit_length"}),
    float: frozenset({"is_integer", "hex"}),
    list: frozenset({"count", "index", "copy"}),
    tuple: frozenset({"count", "index"}),
    range: frozenset({"count", "index"}),
    set: frozenset(
        "isdisjoint issubset issuperset difference intersection union symmetric_difference copy".split()
    ),
    frozenset: frozenset(
        "isdisjoint issubset issuperset difference intersection union symmetric_difference".split()
    ),
}
_METHODS: Final = {id(kind): names for kind, names in _METHODS_OF.items()}
_KNOWN_METHODS: Final = {
    "datetime.datetime": frozenset({"isoformat", "date", "weekday", "isoweekday"}),
    "datetime.date": frozenset({"isoformat", "weekday", "isoweekday"}),
    "datetime.time": frozenset({"isoformat"}),
    "datetime.timedelta": frozenset({"total_seconds"}),
}


def call_method(reader: Reader, value: Any, name: str, arguments: list[Any]) -> Any:
    """Return `value.name(*arguments)`."""
    cls = type(value)
    if inherits(cls, dict) and name in {"get", "keys", "values", "items", "copy"}:
        return _dict_method(reader, value, name, arguments)
    if name in _METHODS.get(id(cls), ()):
        return _plain_method(reader, value, name, arguments)
    if cls is str and name == "join":
        return _join(reader, value, *arguments)
    if cls is str and name == "replace":
        return _replace(reader, value, *arguments)
    if cls is bytes and name == "decode":
        reader.budget.build(chars=len(value))
        if arguments and not (type(arguments[0]) is str and arguments[0] in {"utf-8", "ascii", "latin-1"}):
            raise Unavailable("decode() takes 'utf-8', 'ascii' or 'latin-1'")
        return reader.check(value.decode(*arguments))
    if name in _KNOWN_METHODS.get(value_types.named(cls), ()) and not arguments:
        if value_types.named(cls) in {"datetime.datetime", "datetime.time"} and not value_types.safe_zone(
            value
        ):
            raise Unavailable(f".{name}() would call its time zone's code")
        return getattr(value, name)()
    raise Unavailable(f".{name}() of {type_name(cls)} is code that would run")


def _plain_method(reader: Reader, value: Any, name: str, arguments: list[Any]) -> Any:
    """Call a method in C, once all that it may go through is paid for: of the value, and of each argument."""
    need_plain(value, reader)
    for argument in arguments:
        need_plain(argument, reader)
    if type(value) in TEXTS:
        size = len(value)
        reader.budget.build(
            chars=size * 3
            if name in {"casefold", "upper", "lower", "title", "capitalize", "swapcase", "hex"}
            else size
        )
        if name in {"split", "rsplit", "splitlines"}:
            reader.budget.build(
                items=1 + value.count(arguments[0])
                if arguments and type(arguments[0]) is type(value) and arguments[0]
                else size
            )
    else:
        reader.budget.build(items=elements_of(value))
        for argument in arguments:
            _pay_to_iterate(argument, reader, hashing=type(value) in SETS)
    if name == "index":
        for argument in arguments:
            reader.budget.build(chars=printed_size(argument))  # the error's message shows what was not found
    return getattr(value, name)(*arguments)


def _pay_to_iterate(argument: Any, reader: Reader, *, hashing: bool) -> None:
    """Pay for what a method in C may go through: a range declares its length as any list does."""
    size = elements_of(argument)
    reader.budget.build(items=size)
    if hashing and size and type(argument) not in TEXTS:
        need_few_of_a_hash(argument, reader)


def _join(reader: Reader, separator: str, values: Any) -> str:
    parts = collect(values, reader)
    if not all(type(part) is str for part in parts):
        raise Unavailable("TypeError: join() takes text")
    reader.budget.build(chars=sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _replace(reader: Reader, value: str, old: Any, new: Any) -> str:
    if type(old) is not str or type(new) is not str:
        raise Unavailable("TypeError: replace() takes text")
    reader.budget.build(chars=len(value) + value.count(old) * len(new))
    return value.replace(old, new)


def _dict_method(reader: Reader, value: Any, name: str, arguments: list[Any]) -> Any:
    _need_plain_dict(value, name)
    if name == "get":
        key, *rest = arguments
        return item(value, key, reader, *(rest or [None]))
    if arguments:
        raise Unavailable(f"TypeError: {name}() takes no argument")
    if name == "keys":
        return collect(value, reader)
    pairs = _items(reader, value)
    if name == "copy":
        need_few_of_a_hash(value, reader)
        return dict(pairs) if all(is_atom(key) for key, _ in pairs) else need_plain(None, reader)
    return pairs if name == "items" else [element for _, element in pairs]


def _need_plain_dict(value: Any, name: str) -> None:
    """Refuse a dict whose class has its own method; those of dict, OrderedDict and Counter are C."""
    cls = type(value)
    if builtin_behaviour(cls, "__getitem__") is not dict or builtin_behaviour(cls, name) is None:
        raise Unavailable(f".{name}() of {type_name(cls)} is code that would run")


def _items(reader: Reader, value: Any) -> list[tuple[Any, Any]]:
    """Return the pairs of a dict; refuse a dict with a secret, which a result could give away."""
    reader.budget.build(items=dict.__len__(value))
    reader.budget.spend(dict.__len__(value))
    pairs = list(dict.items(value))
    for key, element in pairs:
        reader.budget.spend(len(key) if type(key) is tuple else 0)
        reader.check(key)
        name = key.decode("latin-1") if type(key) is bytes else key
        if type(name) is str and (reader.redaction.hides(name) or hidden_beside(value, name, reader)):
            raise Redacted(name)
        if type(key) is tuple and any(type(part) is str and reader.redaction.hides(part) for part in key):
            raise Redacted
        reader.check(element)
    return pairs
