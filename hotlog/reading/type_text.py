"""Annotations as they are written: `list[int]`, `int | None`, `typing.Literal['a']`. Their own `repr` would ask what stands in them."""

from __future__ import annotations

from types import GenericAlias, UnionType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading.classes import ByClass, find_loaded, inherits, type_name
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, slot

if TYPE_CHECKING:
    from collections.abc import Callable

_DEPTH_MAX: Final = 4
_PARTS_MAX: Final = 20
_LITERAL_MAX_CHARS: Final = 100


def describe_alias(value: Any) -> dict[str, object]:
    """Return the text of a type with parameters."""
    return {"@value": _text(value, 0)}


def describe_variable(value: object) -> dict[str, object]:
    """Return the name of a type variable."""
    name = _stored(value, "__name__")
    return {"@value": f"~{name}"} if type(name) is str else {}


def _stored(value: object, name: str) -> Any:
    found = slot(value, name)
    return plain_get(instance_dict(value) or {}, name, None) if found is MISSING else found


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if value is ...:
        return "..."
    if value is None or value is type(None):
        return "None"
    if inherits(kind, type) and kind is not GenericAlias:
        return type_name(value)
    write = _writer(kind)
    if write is not None and depth < _DEPTH_MAX:
        return write(value, depth + 1)
    if depth and (kind is str or kind is int or kind is bool or kind is bytes):
        return repr(value)[:_LITERAL_MAX_CHARS]
    return f"<{type_name(kind)}>"


def _of_c(value: Any, depth: int) -> str:
    return f"{_text(value.__origin__, depth)}{_brackets(value.__args__, depth)}"


def _union(value: Any, depth: int) -> str:
    return " | ".join(_text(each, depth) for each in value.__args__[:_PARTS_MAX])


def _of_typing(value: Any, depth: int) -> str:
    fields = instance_dict(value) or {}
    name, origin, arguments = (plain_get(fields, key, None) for key in ("_name", "__origin__", "__args__"))
    if type(name) is not str:
        special = _stored(origin, "_name")
        name = special if type(special) is str else None
    if type(arguments) is tuple and name == "Optional":
        arguments = tuple(each for each in arguments if each is not type(None))
    written = f"typing.{name}" if name is not None else _text(origin, depth)
    if type(arguments) is tuple and name == "Callable" and len(arguments) > 1:
        *taken, given = arguments
        listed = "..." if taken == [...] else _brackets(tuple(taken), depth)
        return f"{written}[{listed}, {_text(given, depth)}]"
    return f"{written}{_brackets(arguments, depth)}"


def _special(value: Any, _depth: int) -> str:
    name = _stored(value, "_name")
    return f"typing.{name}" if type(name) is str else "?"


def _variable(value: Any, _depth: int) -> str:
    return str(describe_variable(value).get("@value", "?"))


def _brackets(arguments: object, depth: int) -> str:
    if type(arguments) is not tuple:
        return "[?]"
    texts = [_text(each, depth) for each in arguments[:_PARTS_MAX]]
    return f"[{', '.join(texts) or '()'}{', …' if len(arguments) > _PARTS_MAX else ''}]"


@ByClass
def _writer(cls: type) -> Callable[[Any, int], str] | None:
    """Return the function that writes an annotation of this class; None where it is not known."""
    if cls is GenericAlias:
        return _of_c
    if cls is UnionType:
        return _union
    name = type_name(cls)
    found = _WRITERS.get(name)
    return found if found is not None and find_loaded("typing", name.rpartition(".")[2]) is cls else None


_WRITERS: Final[dict[str, Callable[[Any, int], str]]] = {
    "typing._CallableGenericAlias": _of_typing,
    "typing._GenericAlias": _of_typing,
    "typing._LiteralGenericAlias": _of_typing,
    "typing._LiteralSpecialForm": _special,
    "typing._SpecialForm": _special,
    "typing._TypedCacheSpecialForm": _special,
    "typing._UnionGenericAlias": _of_typing,
    "typing.TypeVar": _variable,
}
ALIASES: Final = ("types.GenericAlias", "types.UnionType", "typing.Union", *_WRITERS)
