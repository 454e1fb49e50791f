"""A captured value as people write it in Python: `Order(id=7, total=12.50)`, `Color.RED`, `{1, 2}`, `[1, 'x', None]`.

It reads the form that an event holds, so a message in the function and a line at the desk show the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading.classes import REALS
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Mark = Callable[[str], str]

_DEPTH_MAX: Final = 60  # deeper than anything is captured: somebody else may have written what is shown
# What stands around the elements of these; of all others their name, and brackets.
_BRACKETS: Final = {
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "frozenset": ("frozenset({", "})"),
}
_EMPTY: Final = {"set": "set()", "frozenset": "frozenset()"}
# Types whose values are written as text, without quotes: numbers, dates, paths, addresses.
_UNQUOTED: Final = (
    "complex", "datetime.", "decimal.", "fractions.", "ipaddress.", "numpy.", "pandas.", "pathlib.", "range", "uuid.", "zoneinfo.",
)  # fmt: skip
_ARRAYS: Final = frozenset({"array.array", "numpy.ndarray"})
_QUOTED: Final = frozenset({"numpy.str_", "numpy.bytes_"})
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
    if captured is None or kind in REALS:
        return str(captured)
    if kind is dict and not quoted:
        text = captured.get("@value")
        if type(text) is str and captured.get("@type") not in _BYTES and not _own_fields(captured):
            return text
        if captured.get("@cut") == "chars" and "@text" in captured:
            return f"{captured['@text']}… ({captured['@len']:,} characters)"
    return "".join(_write(captured, 0, _plain))


def marked_text_of(captured: Any, mark: Callable[[str], str]) -> str:
    """Return a captured value on one line, with what is hotlog's own in it, not the application's, marked."""
    return "".join(_write(captured, 0, mark))


def _plain(mark: str) -> str:
    return mark


def _write(value: Any, depth: int, mark: Mark) -> Iterator[str]:
    kind = type(value)
    if depth > _DEPTH_MAX:
        yield mark("…")
    elif kind is str:
        yield mark(value) if value == REDACTED else repr(value)
    elif kind is list:
        yield "["
        yield from _elements(value, depth, mark)
        yield "]"
    elif kind is dict:
        yield from _dict(value, depth, mark)
    else:
        yield str(value)


def _elements(values: list[Any], depth: int, mark: Mark) -> Iterator[str]:
    separator = ""
    for value in values:
        yield separator
        separator = ", "
        if type(value) is dict and _is_cut(value):
            yield _cut(value, mark)
        else:
            yield from _write(value, depth + 1, mark)


def _is_cut(value: dict[str, Any]) -> bool:
    """Return whether it is nothing but the mark of a cut."""
    return "@cut" in value and not value.keys() - {"@cut", "@len"}


def _cut(value: dict[str, Any], mark: Mark) -> str:
    size, why = value.get("@len"), value["@cut"]
    why = "" if why in {"items", "size", "chars", "fields"} else f"{why}, "
    return mark(f"… ({why}{size:,} in all)" if type(size) is int else f"… ({value['@cut']})")


def _dict(value: dict[str, Any], depth: int, mark: Mark) -> Iterator[str]:
    if _is_cut(value):
        yield _cut(value, mark)
    elif "@ref" in value:
        yield mark(f"<↑ {_short(value['@ref'])}>")
    elif "@text" in value and "@type" not in value:
        yield repr(value["@text"])
        yield mark(f"… ({value.get('@len', 0):,} characters)")
    elif "@type" in value:
        yield from _object(str(value["@type"]), value, depth, mark)
    else:
        yield from _mapping(value, depth, mark)


def _mapping(value: dict[str, Any], depth: int, mark: Mark) -> Iterator[str]:
    yield "{"
    separator = ""
    for key, each in value.items():
        if key in {"@cut", "@len"}:
            continue
        yield f"{separator}{own_key(key)!r}: "
        yield from _write(each, depth + 1, mark)
        separator = ", "
    if "@cut" in value:
        yield separator
        yield _cut(value, mark)
    yield "}"


def own_key(key: str) -> str:
    """Return a key without the second `@` that one of the application's own has got."""
    return key[1:] if key[:2] == "@@" else key


def _object(kind: str, value: dict[str, Any], depth: int, mark: Mark) -> Iterator[str]:
    """Yield the text of anything that is no plain JSON, by what its form holds."""
    name = "array" if kind == "numpy.ndarray" else _short(kind)
    if "@unavailable" in value:
        yield mark(f"<{name}: {value['@unavailable']}>")
    elif "@name" in value:
        yield _named(kind, name, value)
    elif "@value" in value and not _own_fields(value):
        yield from _scalar(kind, value, depth, mark)
    elif kind in _BRACKETS and "@items" in value:
        yield from _bracketed(kind, value["@items"], depth, mark)
    elif len(value) == 1:
        yield f"<{kind}>"
    elif value.keys() == {"@type", "@len"}:
        yield f"<{kind} of {value['@len']:,}>"
    else:
        yield f"{name}("
        yield from _arguments(kind, value, depth, mark)
        yield ")"


def _named(kind: str, name: str, value: dict[str, Any]) -> str:
    if "value" in value:  # of an enum
        return f"{name}.{value['@name']}"
    if kind in _CODE:
        return f"<{kind} {value['@name']}>"
    return f"<class {value['@name']!r}>"


def _scalar(kind: str, value: dict[str, Any], depth: int, mark: Mark) -> Iterator[str]:
    plain = value["@value"]
    if type(plain) is str and kind in _BYTES:
        quote = '"' if "'" in plain and '"' not in plain else "'"
        text = f"b{quote}{plain if quote != chr(39) else plain.replace(chr(39), chr(92) + chr(39))}{quote}"
        yield f"{kind}({text})" if kind == "bytearray" else text
        if "@cut" in value:
            yield _cut(value, mark)
    elif type(plain) is str and kind.startswith(_UNQUOTED) and kind not in _QUOTED:
        yield plain
    elif kind == "re.Pattern":
        yield f"re.compile({plain!r})"
    else:
        yield from _write(plain, depth, mark)


def _bracketed(kind: str, items: list[Any], depth: int, mark: Mark) -> Iterator[str]:
    before, after = _BRACKETS[kind]
    if not items and kind in _EMPTY:
        yield _EMPTY[kind]
        return
    yield before
    yield from _elements(items, depth, mark)
    yield "," + after if kind == "tuple" and len(items) == 1 else after


def _own_fields(value: dict[str, Any]) -> dict[str, Any]:
    """Return what the application's own names stand for."""
    return {key: each for key, each in value.items() if key[:1] != "@" or key[:2] == "@@"}


def _arguments(kind: str, value: dict[str, Any], depth: int, mark: Mark) -> Iterator[str]:
    """Yield what stands between the brackets of an object: its elements, its arguments, its fields."""
    separator = ""
    fields = _own_fields(value)
    if "@args" in value:  # of an exception, whose fields say the same again
        yield from _elements(value["@args"], depth, mark)
        if value["@args"] or not fields:
            return
    if kind in _ARRAYS and "@items" in value:
        fields = {}
    if "@items" in value:
        yield "["
        yield from _elements(value["@items"], depth, mark)
        yield "]"
        separator = ", "
    if "@value" in value:
        yield from _write(value["@value"], depth + 1, mark)
        separator = ", "
    if kind in _MAPPINGS or not all(own_key(key).isidentifier() for key in fields):
        yield separator
        yield from _mapping(
            {**fields, **{key: value[key] for key in ("@cut", "@len") if key in value}}, depth, mark
        )
        return
    for key, each in fields.items():
        yield f"{separator}{own_key(key)}="
        yield from _write(each, depth + 1, mark)
        separator = ", "
    if "@cut" in value:
        yield separator
        yield _cut(value, mark)


def _short(kind: object) -> str:
    """Return the name of a type without its module: `Order` for `app.Order`."""
    return str(kind).rpartition(".")[2]
