"""A captured value as people write it in Python: `Order(id=7, total=12.50)`, `Color.RED`, `{1, 2}`, `[1, 'x', None]`.

It reads the form that an event holds, so a message in the function and a line at the desk show the same text.
"""

from __future__ import annotations

from json import JSONEncoder
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # typeshed lacks them
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.events import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

    Put = Callable[[str], None]

# As `json.dumps` with UTF-8, which is Python itself, and would call what stands in for a builtin.
_json = c_make_encoder(None, JSONEncoder().default, encode_basestring, None, ": ", ", ", False, False, True)
_SPECIAL: Final = "'@"  # all that is no plain value has a text in it that begins so
_DEPTH_MAX: Final = (
    20  # as deep as values are captured where no rule says otherwise; somebody else may have written one
)
# What stands around the elements of these; of all others their name, and brackets.
_BRACKETS: Final = {
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "frozenset": ("frozenset({", "})"),
}
_SINGLE: Final = {"ellipsis": "Ellipsis", "NotImplementedType": "NotImplemented"}
_EMPTY: Final = {"set": "set()", "frozenset": "frozenset()"}
# Types whose values are written as text, without quotes: numbers, dates, paths, addresses.
_UNQUOTED: Final = (
    "complex", "datetime.", "decimal.", "fractions.", "ipaddress.", "numpy.", "pandas.", "pathlib.", "range", "types.", "typing.", "uuid.", "zoneinfo.",
)  # fmt: skip
_OBVIOUS: Final = frozenset({"items", "size", "chars", "fields"})  # reasons that the count alone tells
_ARRAYS: Final = frozenset({"array.array", "numpy.ndarray"})
_QUOTED: Final = frozenset({"numpy.str_", "numpy.bytes_"})
_AROUND: Final = {"memoryview": "memoryview(", "re.Pattern": "re.compile("}
_BYTES: Final = frozenset({"bytes", "bytearray"})
# Types that show what a dict holds.
_MAPPINGS: Final = frozenset(
    {
        "collections.ChainMap",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.UserDict",
        "collections.defaultdict",
        "mappingproxy",
    }
)
_CODE: Final = frozenset(
    {
        "async_generator",
        "builtin_function_or_method",
        "coroutine",
        "function",
        "generator",
        "method",
        "module",
    }
)


def text_of(captured: Any, *, quoted: bool = False) -> str:
    """Return a captured value as text for a message: text as it is, all else as Python writes it.

    Args:
        captured: as `capture` returns it.
        quoted: whether text gets its quotes, and an exception its type, as inside of other values.
    """
    kind = type(captured)
    if kind is str:
        return repr(captured) if quoted and captured != REDACTED else captured
    if captured is None or kind is int or kind is float or kind is bool:
        return str(captured)
    if (kind is list or "@type" not in captured) and _SPECIAL not in (text := repr(captured)):
        return text  # nothing but what Python writes so itself
    if kind is dict and not quoted:
        text = captured.get("@value")
        if type(text) is str and captured.get("@type") not in _BYTES and not _own_fields(captured):
            return text
        if captured.get("@cut") == "chars" and "@text" in captured:
            return f"{captured['@text']}{_rest(captured)}"
    return "".join(parts_of_text(captured))


def json_of(captured: Any) -> str:
    """Return a captured value as JSON."""
    return "".join(_json(captured, 0))


class Mark(str):
    """A part of a text that is hotlog's own, and none of the value: what was cut, hidden, or cannot be read."""

    __slots__ = ()


def parts_of_text(captured: Any) -> list[str]:
    """Return the text of a captured value on one line, part by part; a `Mark` is hotlog's own."""
    parts: list[str] = []
    write_text(captured, parts.append)
    return parts


def write_text(captured: Any, put: Put, depth: int = _DEPTH_MAX + 1) -> None:
    """Give the text of a captured value to `put`, part by part.

    Args:
        captured: as `capture` returns it.
        put: takes a part; it may raise to end it.
        depth: how many levels to write; `…` stands for what lies deeper.
    """
    _write(captured, _DEPTH_MAX + 1 - depth, put)


def _write(value: Any, depth: int, put: Put) -> None:
    kind = type(value)
    if depth > _DEPTH_MAX and (kind is list or kind is dict):
        put(Mark("…"))
    elif kind is str:
        put(Mark(value) if value == REDACTED else repr(value))
    elif kind is list:
        put("[")
        _elements(value, depth, put)
        put("]")
    elif kind is dict:
        _dict(value, depth, put)
    else:
        put(str(value))


def _elements(values: list[Any], depth: int, put: Put) -> None:
    separator = ""
    for value in values:
        put(separator)
        separator = ", "
        if type(value) is dict and _is_cut(value):
            put(_cut(value))
        else:
            _write(value, depth + 1, put)


def _is_cut(value: dict[str, Any]) -> bool:
    """Return whether it is nothing but the mark of a cut."""
    return "@cut" in value and not value.keys() - {"@cut", "@len"}


def _cut(value: dict[str, Any]) -> str:
    why, size = str(value["@cut"]), value.get("@len")
    if type(size) is not int:
        return Mark(f"… ({why})")
    return Mark(f"… ({'' if why in _OBVIOUS else why + ', '}{size:,} in all)")


def _dict(value: dict[str, Any], depth: int, put: Put) -> None:
    if _is_cut(value):
        put(_cut(value))
    elif "@ref" in value:
        put(Mark(f"<↑ {_short(value['@ref'])}>"))
    elif "@text" in value and "@type" not in value:
        put(repr(str(value["@text"])))
        put(_rest(value))
    elif "@unavailable" in value:
        name = f"{_short(value['@type'])}: " if "@type" in value else ""
        put(Mark(f"<{name}unavailable: {value['@unavailable']}>"))
    elif "@type" in value:
        _object(str(value["@type"]), value, depth, put)
    else:
        _mapping(value, depth, put)


def _rest(value: dict[str, Any]) -> str:
    size = value.get("@len")
    return Mark(f"… ({size:,} characters)" if type(size) is int else "…")


def _mapping(value: dict[str, Any], depth: int, put: Put) -> None:
    put("{")
    separator = ""
    for key, each in value.items():
        if key in {"@cut", "@len"}:
            continue
        put(f"{separator}{own_key(key)!r}: ")
        _write(each, depth + 1, put)
        separator = ", "
    if "@cut" in value:
        put(separator)
        put(_cut(value))
    put("}")


def own_key(key: str) -> str:
    """Return a key without the second `@` that one of the application's own has got."""
    return key[1:] if key[:2] == "@@" else key


def _object(kind: str, value: dict[str, Any], depth: int, put: Put) -> None:
    """Yield the text of anything that is no plain JSON, by what its form holds."""
    name = "array" if kind == "numpy.ndarray" else _short(kind)
    if "@name" in value:
        put(_named(kind, name, value))
    elif "@text" in value:  # a number with more digits than are shown
        put(f"{value['@text']}")
        put(Mark("…"))
    elif kind == "int" and type(value.get("@len")) is int:
        put(Mark(f"<int of {value['@len']:,} digits>"))
    elif "@value" in value and not _own_fields(value):
        _scalar(kind, value, depth, put)
    elif kind in _BRACKETS and type(value.get("@items")) is list:
        _bracketed(kind, value["@items"], depth, put)
    elif len(value) == 1:
        put(_SINGLE.get(kind) or (f"{name}()" if kind in _MAPPINGS else f"<{kind}>"))
    elif value.keys() == {"@type", "@len"}:
        put(f"<{kind} of {value['@len']}>")
    else:
        put(f"{name}(")
        _arguments(kind, value, depth, put)
        put(")")


def _named(kind: str, name: str, value: dict[str, Any]) -> str:
    if "value" in value:  # of an enum
        return f"{name}.{value['@name']}"
    if kind in _CODE:
        return f"<{kind} {value['@name']}>"
    return f"<class {value['@name']!r}>"


def _scalar(kind: str, value: dict[str, Any], depth: int, put: Put) -> None:
    plain = value["@value"]
    if type(plain) is str and kind in _BYTES:
        quote = '"' if "'" in plain and '"' not in plain else "'"
        text = f"b{quote}{plain if quote != chr(39) else plain.replace(chr(39), chr(92) + chr(39))}{quote}"
        put(f"{kind}({text})" if kind == "bytearray" else text)
        if "@cut" in value:
            put(_cut(value))
    elif type(plain) is str and kind.startswith(_UNQUOTED) and kind not in _QUOTED:
        put(plain)
    elif kind in _AROUND:
        put(_AROUND[kind])
        _write(plain, depth, put)
        put(")" if "@cut" not in value else ", …)")
    else:
        _write(plain, depth, put)


def _bracketed(kind: str, items: list[Any], depth: int, put: Put) -> None:
    before, after = _BRACKETS[kind]
    if not items and kind in _EMPTY:
        put(_EMPTY[kind])
        return
    put(before)
    _elements(items, depth, put)
    put("," + after if kind == "tuple" and len(items) == 1 else after)


def _own_fields(value: dict[str, Any]) -> dict[str, Any]:
    """Return what the application's own names stand for."""
    return {key: each for key, each in value.items() if key[:1] != "@" or key[:2] == "@@"}


def _arguments(kind: str, value: dict[str, Any], depth: int, put: Put) -> None:
    """Yield what stands between the brackets of an object: its elements, its arguments, its fields."""
    separator = ""
    fields = _own_fields(value)
    if type(value.get("@args")) is list:  # of an exception, whose fields say the same again
        _elements(value["@args"], depth, put)
        if value["@args"] or not fields:
            return
    if kind in _ARRAYS and "@items" in value:
        fields = {}
    if type(value.get("@items")) is list:
        put("[")
        _elements(value["@items"], depth, put)
        put("]")
        separator = ", "
    if "@value" in value:
        _write(value["@value"], depth + 1, put)
        separator = ", "
    if kind in _MAPPINGS or not all(map(str.isidentifier, map(own_key, fields))):
        put(separator)
        _mapping({**fields, **{key: value[key] for key in ("@cut", "@len") if key in value}}, depth, put)
        return
    for key, each in fields.items():
        if type(each) is dict or type(each) is list or each == REDACTED:
            put(f"{separator}{own_key(key)}=")
            _write(each, depth + 1, put)
        else:
            put(f"{separator}{own_key(key)}={each!r}")
        separator = ", "
    if "@cut" in value:
        put(separator)
        put(_cut(value))


def _short(kind: object) -> str:
    """Return the name of a type without its module: `Order` for `app.Order`."""
    return str(kind).rpartition(".")[2]
