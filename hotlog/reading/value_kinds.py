"""Of what kind values are, without the values: type, None, true, zero, sign, and whether there is none, one or many of something.

    17          int > 0            []        list 0          app.Order(…)     app.Order, and the kinds of its fields
    "tea"       text               [1, 2]    list            {"left": None}   dict 1, and the kinds of what it holds

Nothing is compared but lengths and signs, and nothing is called. A key of a dict may be a value of the application's, such as the name
of a customer: the caller says which may be named.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import field_names, inherits, type_name
from hotlog.reading.instance_state import instance_dict
from hotlog.reading.origin import USER, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SIZED: Final = ((str, "text"), (bytes, "bytes"), (list, "list"), (tuple, "tuple"), (dict, "dict"), (set, "set"), (frozenset, "set"))  # fmt: skip
_NAMES: Final = {id(cls): name for cls, name in _SIZED}
_LENGTHS: Final[dict[int, Callable[[Any], int]]] = {id(cls): cls.__dict__["__len__"] for cls, _ in _SIZED}
_PLAIN: Final = frozenset(map(id, (bool, int, float, str, bytes)))
_DEPTH: Final = 2  # of fields and elements within a value


def is_plain(value: object) -> bool:
    """Return whether a value holds no others."""
    return value is None or id(type(value)) in _PLAIN


def kind_of(value: object) -> str:
    """Return the kind of one value."""
    if value is None or value is True or value is False:
        return str(value)
    cls = type(value)
    name = _NAMES.get(id(cls))
    if name is not None:
        length = _LENGTHS[id(cls)](value)
        if not length:
            return f"{name} 0"
        return f"{name} 1" if length == 1 and name not in {"text", "bytes"} else name
    if isinstance(value, int | float) and (cls is int or cls is float):
        sign = "> 0" if value > 0 else "< 0" if value < 0 else "0" if value == 0 else "nan"
        return f"{cls.__name__} {sign}"
    return type_name(cls)


def kinds_in(
    name: str, value: object, shows: Callable[[str], bool], readable: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Yield the place of a value and of what it holds, each with its kind: `("lines[].quantity", "text")`.

    Args:
        name: of the variable.
        value: its value.
        shows: whether a field, or what a dict has under that key, may be named.
        readable: whether code of a file is the application's.
    """
    waiting = [(name, value, 0)]
    for _ in range(limits.SUSPECTS_KINDS_MAX):
        if not waiting:
            return
        path, each, depth = waiting.pop(0)
        yield path, kind_of(each)
        if depth < _DEPTH:
            for inner, held in _iter_held(each, readable):
                if inner == "[]" or shows(inner):
                    waiting.append((f"{path}{'.' if inner != '[]' else ''}{inner}", held, depth + 1))


def _iter_held(value: Any, readable: Callable[[str], bool]) -> Iterator[tuple[str, object]]:
    """Yield fields with their names, the first elements as `[]`."""
    most = limits.SUSPECTS_HELD_LOOKED
    cls = type(value)
    fields: Iterable[tuple[object, object]] = ()
    try:
        if cls is list or cls is tuple:
            fields = (("[]", held) for held in cls.__iter__(value))
        elif cls is dict:
            fields = dict.items(value)
        elif field_names(cls):
            fields = zip(field_names(cls), tuple.__iter__(value), strict=False)
        elif origin_of(cls, readable) == USER and not inherits(cls, type):
            fields = (instance_dict(value) or {}).items()
        for key, held in islice(fields, most):
            if type(key) is str:
                yield key, held
    except (Unavailable, RuntimeError):  # another thread changes it
        return
