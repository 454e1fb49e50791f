"""The methods that an expression may call, each bounded, on values of builtin types only."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import SETS, TEXTS, builtin_behaviour, inherits, type_name
from hotlog.reading.containers import (
    collect,
    hidden_beside,
    is_atom,
    item,
    need_few_of_a_hash,
    need_plain,
    printed_size,
)
from hotlog.reading.sizes import elements_of

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

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
    need_plain_dict(value, name)
    if name == "get":
        key, *rest = arguments
        return item(value, key, reader, *(rest or [None]))
    if arguments:
        raise Unavailable(f"TypeError: {name}() takes no argument")
    if name == "keys":
        return collect(value, reader)
    pairs = pairs_of(reader, value)
    if name == "copy":
        need_few_of_a_hash(value, reader)
        return dict(pairs) if all(is_atom(key) for key, _ in pairs) else need_plain(None, reader)
    return pairs if name == "items" else [element for _, element in pairs]


def need_plain_dict(value: Any, name: str) -> None:
    """Refuse a dict whose class has its own method; those of dict, OrderedDict and Counter are C."""
    cls = type(value)
    if builtin_behaviour(cls, "__getitem__") is not dict or builtin_behaviour(cls, name) is None:
        raise Unavailable(f".{name}() of {type_name(cls)} is code that would run")


def pairs_of(reader: Reader, value: Any) -> list[tuple[Any, Any]]:
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
