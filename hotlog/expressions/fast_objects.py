"""The text of small values that hold plain ones: tuples, sets, members of enums, named tuples, objects with a dict.

    Order(total=5, user=User(name='alice'))

It is what a message shows of them by way of a capture, in a tenth of the time, and runs no code: fields are read as they are stored.
Where anything is not plain, or may hide another, there is no such text, and the evaluator says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import parts, value_types
from hotlog.reading.classes import (
    field_names,
    find_loaded,
    inherits,
    is_heap,
    mro_of,
    namespace_of,
    type_name,
)
from hotlog.reading.instance_state import dict_of, plain_get
from hotlog.reading.origin import USER
from hotlog.reading.secret_check import SMALL
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

    _Known = tuple[type, int, str, tuple[str, ...], Callable[[Any], Any] | None]

_ELEMENTS_MAX: Final = 20
_CLASSES_MAX: Final = 100
_DEPTH_MAX: Final = 2  # of objects in objects
_MEMBER, _TUPLE, _OBJECT, _OTHER = range(4)
_SLOT: Final = type(type("Slotted", (), {"__slots__": ("field",)}).__dict__["field"])


class PlainObjects:
    """Writes small values that hold plain ones.

    Args:
        reader: tells whose a class is.
        is_word: whether a short text is shown as it is, and says nothing of what stands beside it.
    """

    def __init__(self, reader: Reader, is_word: Callable[[str], bool]) -> None:
        self._reader, self._is_word = reader, is_word
        self._names: set[str] = set()  # of fields that are written as they are
        # By the id of classes that are kept alive: what is done with it, what its text begins with, its fields, what reads its dict.
        self._known: dict[int, _Known] = {}

    def holds_plain(self, values: Any) -> bool:
        """Return whether a few values are plain scalars, none of which is secret or says so of another."""
        is_word = self._is_word
        for each in values:
            kind = type(each)
            if kind is str:
                if not is_word(each):
                    return False
            elif (
                not ((kind is int or kind is float) and -SMALL < each < SMALL)
                and kind is not bool
                and each is not None
            ):
                return False
        return True

    def text(self, value: Any, depth: int = 0) -> str | None:
        """Return the text of a value; None where it is not plain."""
        kind = type(value)
        if kind is tuple or kind is set or kind is frozenset:
            return repr(value) if len(value) <= _ELEMENTS_MAX and self.holds_plain(list(value)) else None
        known = self._known.get(id(kind))
        if known is None:
            known = self._learn(kind)
        _, way, head, names, read = known
        fields = read(value) if read is not None else None
        if way == _OBJECT:
            return self._fields(head, fields, depth) if type(fields) is dict else None
        if way == _MEMBER:
            name = (
                plain_get(fields, "_name_", None)
                if type(fields) is dict and len(fields) <= _ELEMENTS_MAX
                else None
            )
            return f"{head}{name}" if type(name) is str and self._is_word(name) else None
        if way == _TUPLE and len(names) == tuple.__len__(value):
            return self._fields(head, dict(zip(names, tuple.__iter__(value), strict=True)), depth)
        return None

    def _fields(self, head: str, fields: dict[Any, Any], depth: int) -> str | None:
        """Return `Order(id=7, …)`; no name and no value in it may be a secret, or say that another one is."""
        if not 0 < len(fields) <= _ELEMENTS_MAX:
            return None
        written = []
        names = self._names
        plain = self._reader.redaction.keys.plain
        for name, value in list(fields.items()):
            if (type(name) is not str or name not in plain or name not in names) and not self._is_field(name):
                return None
            kind = type(value)
            if kind is str:
                if value not in plain and not self._is_word(value):
                    return None
                text: str | None = repr(value)
            elif ((kind is int or kind is float) and -SMALL < value < SMALL) or kind is bool or value is None:
                text = repr(value)
            elif depth < _DEPTH_MAX and kind is not dict and kind is not list:
                text = self.text(value, depth + 1)
            else:
                text = None
            if text is None:
                return None
            written.append(f"{name}={text}")
        return f"{head}{', '.join(written)})"

    def _is_field(self, name: Any) -> bool:
        """Return whether a field of this name is written as it is, and says nothing of what stands beside it."""
        if type(name) is not str or not name.isidentifier() or name[0] == "_" or not self._is_word(name):
            return False
        if len(self._names) >= limits.COMPILED_TEXTS_MAX:
            self._names.clear()
        self._names.add(name)
        return True

    def _learn(self, cls: type) -> _Known:
        way = self._way_of(cls)
        names: tuple[str, ...] = ()
        head = ""
        if way == _MEMBER:
            head = text_of({"@type": type_name(cls), "@name": "", "value": 0})
        elif way != _OTHER:
            head = text_of({"@type": type_name(cls), "f": 0}).removesuffix("f=0)")
            names = field_names(cls)
        if len(self._known) >= _CLASSES_MAX:
            self._known.clear()
        known = self._known[id(cls)] = (cls, way, head, names, dict_of(cls))
        return known

    def _way_of(self, cls: type) -> int:
        line = mro_of(cls)
        if type(cls) is not type:
            is_member = type(cls) is find_loaded("enum", "EnumType") and line[1:] == (
                find_loaded("enum", "Enum"),
                object,
            )
            return _MEMBER if is_member else _OTHER
        if (
            self._reader.origin(cls) != USER
            or value_types.reader_of_class(cls) is not None
            or parts.reader_of(cls) is not None
        ):
            return _OTHER
        if field_names(cls) and line[1:] == (tuple, object):
            return _TUPLE
        if not all(map(is_heap, line[:-1])) or inherits(cls, BaseException):
            return _OTHER
        has_slots = any(type(raw) is _SLOT for base in line[:-1] for raw in dict(namespace_of(base)).values())
        return _OTHER if has_slots else _OBJECT
