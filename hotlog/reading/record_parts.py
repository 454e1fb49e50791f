"""What values keep in fields of their own: names and values, headers, and records, whose parts are their attributes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple
from hotlog.reading.classes import find_loaded, inherits
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_MOST: Final = limits.CAPTURE_MAX_ITEMS
_BYTES_MAX: Final = 64_000  # of a stream in memory that are looked at
_PAIR: Final = 2
_UNNAMED: Final = "param"  # what SQLAlchemy calls a bound value that it has yet to put beside a column


class Parts(NamedTuple):
    """What a value consists of.

    Attributes:
        size: how many parts it has.
        elements: they themselves, at most `limits.CAPTURE_MAX_ITEMS`; of pairs the values.
        names: their names, where they have some; the names tell what may be shown.
        shows_names: whether the names are a part of the value: those of `d.values()` are not.
        is_mapping: whether iterating it gives the names, and only a name finds a part.
        is_record: whether the parts are its attributes: it has no length, and is not iterated.
        beside: what else is to be known of it: shape and type of an array.
    """

    size: int
    elements: list[Any]
    names: list[Any] | None = None
    shows_names: bool = True
    is_mapping: bool = False
    is_record: bool = False
    beside: Mapping[str, object] = {}  # a NamedTuple's default; nobody writes to it

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """Return names and values."""
        return list(zip(self.names or (), self.elements, strict=False))


def name_parts(pairs: Iterable[tuple[Any, Any]], size: int) -> Parts:
    """Return parts with names."""
    some = list(islice(pairs, _MOST))
    return Parts(size, [value for _, value in some], [name for name, _ in some])


def name_fields(pairs: Iterable[tuple[Any, Any]]) -> Parts:
    """Return parts that are attributes; those that the value lacks are left out."""
    found = [(name, each) for name, each in pairs if each is not MISSING]
    return name_parts(found, len(found))._replace(is_record=True)


def dict_inside(name: str, *, is_record: bool = False) -> Callable[[Any], Parts | None]:
    """Return a reader of the dict that an instance keeps under that name: it is one itself, or its attributes are the items."""

    def read(value: Any) -> Parts | None:
        inner = plain_get(instance_dict(value) or {}, name, None)
        if not inherits(type(inner), dict):
            return None
        found = name_parts(dict.items(inner), dict.__len__(inner))
        return found._replace(is_mapping=not is_record, is_record=is_record)

    return read


def read_headers(value: Any) -> Parts | None:
    """Read the headers of Starlette, httpx and Werkzeug: pairs of text or bytes; httpx has the name twice."""
    found = plain_get(instance_dict(value) or {}, "_list", None)
    if type(found) is not list:
        return None
    pairs = [(each[0], each[-1]) for each in found[:_MOST] if type(each) is tuple and len(each) >= _PAIR]
    if not all(type(part) is str or type(part) is bytes for pair in pairs for part in pair):
        return None
    return name_parts(
        ((name if type(name) is str else name.decode("latin-1"), _as_text(text)) for name, text in pairs),
        len(found),
    )


def _as_text(value: Any) -> Any:
    return value if type(value) is str or not value.isascii() else value.decode("ascii")


def fields(*names: str) -> Callable[[Any], Parts]:
    """Return a reader of what an instance keeps under these names, which a class of the standard library has set."""

    def read(value: Any) -> Parts:
        inner = instance_dict(value) or {}
        return name_fields((name, plain_get(inner, name, MISSING)) for name in names)

    return read


def members(*names: str) -> Callable[[Any], Parts]:
    """Return a reader of C fields."""

    def read(value: Any) -> Parts:
        return name_fields((name, slot(value, name)) for name in names)

    return read


def read_namespace(value: Any) -> Parts:
    """Read all that an instance of the standard library keeps for the application, such as the arguments of a command."""
    inner = instance_dict(value) or {}
    return name_parts(dict.items(inner), dict.__len__(inner))._replace(is_record=True)


def read_stream(value: Any) -> Parts:
    """Read where a stream of bytes in memory stands, and what is in it, where that is not too much."""
    base = find_loaded("_io", "BytesIO")
    is_whole = base.__sizeof__(value) <= _BYTES_MAX
    try:
        read = (("position", base.tell(value)), ("content", base.getvalue(value) if is_whole else MISSING))
    except ValueError:
        read = (("closed", True), ("content", MISSING))
    return name_fields(read)


def read_context_variable(value: Any) -> Parts:
    """Read a context variable's name, which tells what may be shown, and what it has in the context of now."""
    try:
        found = value.get()
    except LookupError:
        found = MISSING
    return name_fields((("name", value.name), ("value", found)))


def read_bound(value: Any) -> Parts | None:
    """Return the name and the value that a statement of SQLAlchemy has bound; no value where it knows no column's name."""
    held = instance_dict(value) or {}
    name = plain_get(held, "_orig_key", None)
    if not inherits(type(name), str):
        return name_fields([])
    key = str.__str__(name)
    return name_fields(
        [("key", key), ("value", MISSING if key == _UNNAMED else plain_get(held, "value", MISSING))]
    )


def read_condition(value: Any) -> Parts | None:
    """Read a condition of DynamoDB: the attribute's name, which tells what may be shown, and what it is compared with."""
    values = plain_get(instance_dict(value) or {}, "_values", None)
    if type(values) is not tuple or not values:
        return None
    name = plain_get(instance_dict(values[0]) or {}, "name", None)
    if type(name) is not str:
        return Parts(len(values), list(values[:_MOST]), is_record=True)
    return name_fields([(name, values[1] if len(values) == _PAIR else list(values[1:_MOST]))])
