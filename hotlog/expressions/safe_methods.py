"""The methods that an expression may call, each bounded, on values of plain types only.

`method_table` says which; here is what each touches, which is paid for before it starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.expressions.exact_numbers import copied_context, is_decimal, need_near_zero
from hotlog.expressions.formats import format_value
from hotlog.expressions.method_table import KEYWORDS, PURE, why_not
from hotlog.expressions.vocabulary import FUNCTIONS
from hotlog.reading import value_types
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import (
    SETS,
    TEXTS,
    WHOLES,
    builtin_behaviour,
    find_loaded,
    inherits,
    type_name,
)
from hotlog.reading.computed import in_fixed_zone
from hotlog.reading.containers import (
    collect,
    hidden_beside,
    is_atom,
    item,
    need_few_of_a_hash,
    need_plain,
    printed_size,
)
from hotlog.reading.instance_state import slot
from hotlog.reading.sizes import elements_of
from hotlog.redaction.text_values import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

Options = dict[str, Any]

_BUILTIN: Final[dict[int, str]] = {
    id(kind): kind.__name__ for kind in (str, bytes, int, float, complex, list, tuple, range, set, frozenset)
}
_GROWING: Final = frozenset(
    ["capitalize", "casefold", "encode", "hex", "lower", "swapcase", "title", "upper"]
)
_PADDED: Final = frozenset({"center", "ljust", "rjust", "zfill"})
_ENCODINGS: Final = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1"})
_ON_ERROR: Final = frozenset({"strict", "replace", "ignore"})
_NO_CONTEXT: Final = frozenset({"adjusted", "as_integer_ratio", "as_tuple"})


def call_method(
    reader: Reader, value: Any, name: str, arguments: list[Any], options: Options | None = None
) -> Any:
    """Return `value.name(*arguments, **options)`."""
    cls, options = type(value), options or {}
    kind = _BUILTIN.get(id(cls), "")
    if not kind:
        if inherits(cls, dict) and name in PURE["dict"]:
            return _dict_method(reader, value, name, arguments)
        value = _as_plain(value, name, reader)
        cls = type(value)
        kind = _BUILTIN.get(id(cls)) or value_types.named(cls) or _match_name(cls)
    if options and not KEYWORDS.get(name, frozenset()).issuperset(options):
        raise Unavailable(f"TypeError: {name}() takes no {next(iter(options))!r} by name")
    if name not in PURE.get(kind, ()):
        if kind in PURE:
            raise Unavailable(why_not(name) or f"AttributeError: {kind} has no method {name!r}")
        if kind and name in FUNCTIONS:  # of an array
            raise Unavailable(f".{name}() of {kind} is code that would run: write `{name}(x)`")
        raise Unavailable(f".{name}() of {type_name(cls)} is code that would run")
    special = _SPECIAL.get(name)
    if special is not None and kind in special:
        return special[kind](reader, value, name, arguments, options)
    if kind in _BUILTIN_NAMES:
        return _plain_method(reader, value, name, arguments, options)
    return _known_method(reader, value, kind, name, arguments, options)


_PLAIN: Final[dict[type, Callable[[Any], Any]]] = {
    str: str.__str__,
    int: int.__pos__,
    float: float.__pos__,
}


def _as_plain(value: Any, name: str, reader: Reader) -> Any:
    """Return the text or number of a subclass that leaves this method to its base, such as a `StrEnum`."""
    cls = type(value)
    for base, plain in _PLAIN.items():
        if inherits(cls, base) and builtin_behaviour(cls, name) is base:
            reader.check(value)  # not too long for a copy
            return plain(value)
    return value


_BUILTIN_NAMES: Final = frozenset(_BUILTIN.values())


def _match_name(cls: type) -> str:
    return "re.Match" if cls is find_loaded("re", "Match") else ""


# --- text, numbers and sequences ---------------------------------------------------------------------------------


def _plain_method(reader: Reader, value: Any, name: str, arguments: list[Any], options: Options) -> Any:
    """Call a method in C, once all that it may go through is paid for: of the value, and of each argument."""
    need_plain(value, reader)
    every = [*arguments, *options.values()]
    for argument in every:
        need_plain(argument, reader)
    if type(value) in TEXTS:
        _pay_for_text(reader, value, name, arguments, options)
    else:
        reader.budget.build(items=elements_of(value))
        for argument in every:
            _pay_to_iterate(argument, reader, hashing=type(value) in SETS)
    if name == "index":
        for argument in arguments:
            reader.budget.build(chars=printed_size(argument))  # the error's message shows what was not found
    return getattr(value, name)(*arguments, **options)


def _pay_for_text(reader: Reader, value: Any, name: str, arguments: list[Any], options: Options) -> None:
    size = len(value)
    if name in _PADDED:
        width = arguments[0] if arguments and type(arguments[0]) in WHOLES else 0
        size = max(size, width)
    elif name == "expandtabs":
        width = options.get("tabsize", arguments[0] if arguments else 8)
        if type(width) not in WHOLES:
            raise Unavailable("TypeError: expandtabs() takes a whole number")
        size += value.count("\t" if type(value) is str else b"\t") * max(0, width)
    reader.budget.build(chars=size * 4 if name in _GROWING else size)
    if name in {"split", "rsplit", "splitlines"}:
        separator: Any = options.get("sep", arguments[0] if arguments else None)
        reader.budget.build(
            items=1 + value.count(separator)
            if name != "splitlines" and type(separator) is type(value) and separator
            else size
        )


def _encode(reader: Reader, value: Any, name: str, arguments: list[Any], options: Options) -> Any:
    encoding, errors = _two(arguments, options, "encoding", "errors", ("utf-8", "strict"))
    if encoding not in _ENCODINGS or errors not in _ON_ERROR:
        raise Unavailable(
            f"{name}() takes 'utf-8', 'ascii' or 'latin-1', and 'strict', 'replace' or 'ignore'"
        )
    reader.check(value)
    reader.budget.build(chars=len(value) * 4)
    return reader.check(getattr(value, name)(encoding, errors))


def _two(
    arguments: list[Any], options: Options, first: str, second: str, defaults: tuple[str, str]
) -> tuple[str, str]:
    """Return two arguments that are texts, given by place or by name."""
    given = dict(zip((first, second), defaults, strict=True)) | options
    given |= dict(zip((first, second), arguments, strict=False))
    if len(arguments) > len(defaults) or not all(type(each) is str for each in given.values()):
        raise Unavailable(f"TypeError: it takes {first} and {second}, which are texts")
    return given[first], given[second]


def _join(reader: Reader, separator: Any, _name: str, arguments: list[Any], _options: Options) -> Any:
    (values,) = arguments
    parts = collect(values, reader)
    if not all(type(part) is type(separator) for part in parts):
        raise Unavailable(f"TypeError: join() takes {'text' if type(separator) is str else 'bytes'}")
    reader.check(separator)
    reader.budget.build(chars=sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _replace(reader: Reader, value: Any, _name: str, arguments: list[Any], options: Options) -> Any:
    old, new, *most = arguments
    if type(old) is not type(value) or type(new) is not type(value) or options:
        raise Unavailable("TypeError: replace() takes text")
    for argument in arguments:
        reader.check(argument)
    if not all(type(each) in WHOLES for each in most):
        raise Unavailable("TypeError: replace() takes a whole number as its third argument")
    reader.check(value)
    reader.budget.build(chars=len(value) + value.count(old) * len(new))
    return value.replace(old, new, *most)


def _to_bytes(reader: Reader, value: int, _name: str, arguments: list[Any], options: Options) -> bytes:
    given: dict[str, Any] = {"length": 1, "byteorder": "big", "signed": False} | options
    given |= dict(zip(("length", "byteorder"), arguments, strict=False))
    length, order, signed = given["length"], given["byteorder"], given["signed"]
    is_order = type(order) is str and order in {"big", "little"}
    if type(length) not in WHOLES or not is_order or type(signed) is not bool or len(arguments) > 2:  # noqa: PLR2004 -- length and order
        raise Unavailable("TypeError: to_bytes() takes a length and 'big' or 'little'")
    reader.check(value)
    reader.budget.build(chars=max(0, length))
    return value.to_bytes(length, "little" if order == "little" else "big", signed=signed)


# --- dates, decimals, matches ------------------------------------------------------------------------------------


def _known_method(
    reader: Reader, value: Any, kind: str, name: str, arguments: list[Any], options: Options
) -> Any:
    """Call a method in C of a date, duration or decimal."""
    reader.check(value)
    every = [*arguments, *options.values()]
    for argument in every:
        _need_simple(argument, reader)
    if kind in value_types.ZONED:
        value = in_fixed_zone(value)
        if not value_types.safe_zone(value):
            raise Unavailable(f".{name}() would call its time zone's code")
    if kind == "decimal.Decimal":
        if not all(type(argument) is int or is_decimal(argument) for argument in every):
            raise Unavailable(f"TypeError: {name}() takes decimals")
        if name == "as_integer_ratio":
            need_near_zero(value)
        return getattr(value if name in _NO_CONTEXT else copied_context(), name)(
            *(() if name in _NO_CONTEXT else (value,)), *arguments, **options
        )
    found = getattr(value, name)(*arguments, **options)
    return tuple(found) if name == "isocalendar" else found


def _need_simple(argument: Any, reader: Reader) -> None:
    """Refuse an argument that a method in C would ask for something: a number, text, decimal or time zone in C is not asked."""
    if is_atom(argument) or is_decimal(argument) or value_types.named(type(argument)) in value_types.ZONES:
        reader.check(argument)
        return
    raise Unavailable(f"a {type_name(type(argument))} as an argument, whose code would run")


def _strftime(reader: Reader, value: Any, _name: str, arguments: list[Any], options: Options) -> str:
    (form,) = arguments
    if type(form) is not str or options:
        raise Unavailable("TypeError: strftime() takes a format")
    reader.check(form)
    return format_value(value, form, reader)


def _match_method(reader: Reader, value: Any, name: str, arguments: list[Any], options: Options) -> Any:
    text = slot(value, "string")
    if type(text) is not str and type(text) is not bytes:
        raise Unavailable(f"the match is of a {type_name(type(text))}, whose code would run")
    reader.check(text)
    every = [*arguments, *options.values()]
    if not all(is_atom(argument) for argument in every):
        raise Unavailable(f"TypeError: {name}() takes numbers and names of groups")
    groups = 1 + slot(value, "re").groups
    reader.budget.build(items=groups, chars=len(text) * max(groups, len(arguments)))
    return getattr(value, name)(*arguments, **options)


# Methods that pay in their own way: by name, then by type.
_SPECIAL: Final[dict[str, dict[str, Callable[..., Any]]]] = {
    "join": {"str": _join, "bytes": _join},
    "replace": {"str": _replace, "bytes": _replace},
    "encode": {"str": _encode},
    "decode": {"bytes": _encode},
    "to_bytes": {"int": _to_bytes},
    "strftime": dict.fromkeys(("datetime.date", "datetime.datetime", "datetime.time"), _strftime),
    **{name: {"re.Match": _match_method} for name in PURE["re.Match"]},
}


# --- dicts -------------------------------------------------------------------------------------------------------


def _pay_to_iterate(argument: Any, reader: Reader, *, hashing: bool) -> None:
    """Pay for what a method in C may go through: a range declares its length as any list does."""
    size = elements_of(argument)
    reader.budget.build(items=size)
    if hashing and size and type(argument) not in TEXTS:
        need_few_of_a_hash(argument, reader)


def _dict_method(reader: Reader, value: Any, name: str, arguments: list[Any]) -> Any:
    need_plain_dict(value, name)
    if name == "get":
        if not arguments:
            raise Unavailable("TypeError: get() takes a key")
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
    """Return the pairs of a dict. A text that is secret is taken out, so that only what looks at it is refused.

    Raises:
        Redacted: a secret is a key, or no text: what it is could tell of it.
    """
    reader.budget.build(items=dict.__len__(value))
    reader.budget.spend(dict.__len__(value))
    pairs = list(dict.items(value))
    for place, (key, element) in enumerate(pairs):
        reader.budget.spend(len(key) if type(key) is tuple else 0)
        reader.check(key)
        name = key.decode("latin-1") if type(key) is bytes else key
        if type(name) is str and (reader.is_secret(name, element) or hidden_beside(value, name, reader)):
            if type(element) is not str:
                raise Redacted(name)
            pairs[place] = key, REDACTED
            continue
        if type(key) is tuple and any(type(part) is str and reader.redaction.hides(part) for part in key):
            raise Redacted
        reader.check(element)
    return pairs
