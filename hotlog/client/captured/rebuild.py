"""Values made anew from what an event holds, so that expressions can be evaluated over them.

Only what is captured whole is made: of a list that was cut nobody knows `max`. An object becomes one of a class with its name
and its fields, and no code.
"""

from __future__ import annotations

import ast
import datetime as dt
import decimal
import fractions
import functools
import uuid
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.errors import RuleError
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MADE_OF_TEXT: Final[Mapping[str, Callable[[str], object]]] = {
    "complex": complex,
    "datetime.date": dt.date.fromisoformat,
    "datetime.datetime": dt.datetime.fromisoformat,
    "datetime.time": dt.time.fromisoformat,
    "decimal.Decimal": decimal.Decimal,
    "fractions.Fraction": fractions.Fraction,
    "uuid.UUID": uuid.UUID,
}
_MADE_OF_ITEMS: Final[Mapping[str, Callable[[list[Any]], object]]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "collections.deque": list,
}
MAPPINGS: Final = frozenset(
    {"collections.Counter", "collections.OrderedDict", "collections.defaultdict", "mappingproxy"}
)
MADE_WHOLE: Final = (
    MAPPINGS | _MADE_OF_TEXT.keys()
)  # their values are what they were, with all that they inherit
_CODE: Final = (
    *("__getattr__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__"),
    *("__len__", "__iter__", "__contains__", "__getitem__", "__str__", "__repr__", "__format__"),
)
_MARKS: Final = {
    "@cut": "not all of it was captured",
    "@ref": "it holds itself, and that was not captured",
}


def refuse(path: str, why: str) -> RuleError:
    """Return the error of a value that cannot be had from what was captured."""
    return RuleError("not-captured", f"`{path}`: {why}.")


def rebuild(value: object, path: str) -> object:
    """Return the value that a captured one stands for.

    Args:
        value: as an event holds it.
        path: how a sentence calls it.

    Raises:
        RuleError: `not-captured`: it is not there as a whole.
    """
    if isinstance(value, str):
        return REDACTED if value == REDACTED else value  # the very object that a reader refuses
    if isinstance(value, list):
        return [rebuild(each, path) for each in value]
    if not isinstance(value, dict):
        return value
    for mark, why in _MARKS.items():
        if mark in value:
            raise refuse(path, why)
    if "@unavailable" in value:
        raise refuse(path, str(value["@unavailable"]))
    kind = value.get("@type")
    if kind is None or kind in MAPPINGS:
        return {_key(key, path): rebuild(each, path) for key, each in value.items() if key != "@type"}
    return _rebuild_typed(str(kind), value, path)


def _rebuild_typed(kind: str, value: dict[str, Any], path: str) -> object:
    fields = {name: each for name, each in value.items() if name[:1] != "@" or name[:2] == "@@"}
    if kind in _MADE_OF_ITEMS and "@items" in value and not fields:
        return _MADE_OF_ITEMS[kind]([rebuild(each, path) for each in value["@items"]])
    if kind in _MADE_OF_TEXT and isinstance(value.get("@value"), str) and not fields:
        try:
            return _MADE_OF_TEXT[kind](value["@value"])
        except (ValueError, ArithmeticError):
            raise refuse(path, f"it is a {kind}, and shows as {value['@value']}") from None
    if value.keys() & {"@items", "@value", "@args"}:
        raise refuse(path, f"it is a {kind}: its parts can be looked at, and not be computed with")
    made: Any = _class_named(kind)()
    vars(made).update({_key(field, path): rebuild(each, path) for field, each in fields.items()})
    return made


@functools.lru_cache(desk_limits.DAP_PARTS_MAX)
def _class_named(kind: str) -> type:
    """Return a class that has the name of a captured object's, and code of its own wherever that one may have some.

    None of it ever runs: what asks for it is refused, as for an object that lives. Without it two views of one object would
    be unequal, and each object would be true.
    """
    module, _, name = kind.rpartition(".")
    return type(name, (), {"__module__": module or "captured", **dict.fromkeys(_CODE, _never)})


def _never(*_values: object) -> object:
    raise NotImplementedError


def _key(key: str, path: str) -> str:
    """Return the name that a key stands for.

    Raises:
        RuleError: `not-captured`: an event holds `1` and `'1'` alike.
    """
    if key[:1] == "@":
        return key[1:]
    try:
        ast.literal_eval(key)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return key
    raise refuse(path, f"the key {key} may be text or a number: an event does not say")
