"""How a compiled test reads a field of an object: where nothing in the object's class has a say in it.

A class may be given the name later, as a property. So of each class that is remembered it is looked at each time how many names
it has, and what it holds under this one.
"""

from __future__ import annotations

from _collections import _tuplegetter  # type: ignore[import-not-found]  # typeshed lacks it
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.compiled.plain_reads import NO, TEXT_KEYED, has_text_keys
from hotlog.reading import value_types
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import (
    class_attribute,
    defines,
    find_loaded,
    inherits,
    is_enum,
    is_heap,
    mro_of,
    namespace_of,
    plainly_named,
)
from hotlog.reading.origin import USER
from hotlog.reading.reader import plain_lookup
from hotlog.redaction.neighbours import BESIDE, find_telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.reading.reader import Reader

_KNOWN_FIELDS: Final = 4  # of what is known of a class: two namespaces, two sizes


class KnownClass:
    """What is known of the class that was seen last, of one in which nothing overrides what the instance holds.

    Attributes:
        shape: `(class, its namespace, how many names that has, the one of its base or None, how many that has)`. It keeps the class
            alive until another is seen.
    """

    __slots__ = ("shape",)

    def __init__(self) -> None:
        self.shape: tuple[Any, ...] = (None, (), 0, None, 0)


class QuietNames(set[str]):
    """Names that say nothing of the value beside them. It can stand among the constants of code, which are hashed: by what it is."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]


class PlainFields:
    """The fields that one rule's test reads.

    Args:
        reader: tells whose a class is.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[str, KnownClass] = {}
        self._quiet: dict[str, QuietNames] = {}

    def known(self, name: str) -> KnownClass:
        """Return what is known of the class whose field of this name was read last."""
        return self._known.setdefault(name, KnownClass())

    def quiet(self, name: str) -> QuietNames:
        """Return the names that are known to say nothing of a value of this name that stands beside them."""
        return self._quiet.setdefault(name.lower(), QuietNames())

    def getter(self, name: str) -> tuple[KnownClass, Callable[[Any], Any]]:  # noqa: C901 -- of the two functions in it
        """Return how to read an attribute: what is known of the class that was seen last, and what is asked where that is another."""
        known = self.known(name)
        quiet = self.quiet(name)
        telling = find_telling(name.lower()) if name.lower() in BESIDE else frozenset()
        last = _NO_SHAPE  # as `known`, of any other class whose fields lie open

        def read(obj: Any) -> Any:  # noqa: C901, PLR0911 -- one function without calls
            nonlocal last
            cls = type(obj)
            shape = last
            if cls is not shape[0]:
                shape = last = learn(cls)
            _, checks, owner, raw, slot = shape
            if checks is None:
                return self._ask(obj, name)
            for names, size in checks:
                if len(names) != size:
                    last = _NO_SHAPE
                    return self._ask(obj, name)
            if owner is not None and owner.get(name) is not raw:  # it was given another since
                last = _NO_SHAPE
                return self._ask(obj, name)
            if slot is not None:
                return slot(obj)
            fields = obj.__dict__
            if type(fields) is not dict or not (fields.__sizeof__() in TEXT_KEYED or has_text_keys(fields)):
                return NO
            if telling:
                for key in fields:
                    if key not in quiet:
                        if (
                            type(key) is not str
                            or key.lower() in telling
                            or len(fields) > limits.COMPILED_BESIDE_MAX
                        ):
                            return NO
                        quiet.add(key)
            return fields.get(name, NO if owner is None else raw)

        def learn(cls: type) -> Any:
            if self._is_plain(cls, name):
                line = [
                    each
                    for base in mro_of(cls)[:-1]
                    for each in (namespace_of(base), len(namespace_of(base)))
                ]
                known.shape = (cls, *line, *(None, 0)[: _KNOWN_FIELDS - len(line)])
            return self._shape(cls, name, beside=bool(telling)) or (cls, None, None, None, None)

        return known, read

    def presence(self, name: str) -> Callable[[Any], Any]:
        """Return what says `hasattr(obj, name)`; it gives `NO` where that is not known at once."""
        last: tuple[Any, Any] = (None, ())

        def has(obj: Any) -> Any:
            nonlocal last
            cls, line = last
            if type(obj) is not cls:
                cls = type(obj)
                plain = self._is_plain(cls, name) and not defines(cls, "__getattr__")
                line = tuple(map(namespace_of, mro_of(cls)[:-1])) if plain else ()
                last = cls, line
            for names in line:  # it may have been given one since
                if name in names or "__getattr__" in names or "__getattribute__" in names:
                    break
            else:
                if line:
                    fields = obj.__dict__
                    if type(fields) is dict and (fields.__sizeof__() in TEXT_KEYED or has_text_keys(fields)):
                        return name in fields
            try:
                return self._reader.for_hit().has_attribute(obj, name)
            except Unavailable:
                return NO

        return has

    def _ask(self, obj: Any, name: str) -> Any:
        """Return an attribute as the evaluator reads it."""
        try:
            return self._reader.for_hit().attribute(obj, name)
        except Unavailable:
            return NO

    def _shape(self, cls: type, name: str, *, beside: bool) -> Any:  # noqa: PLR0911 -- each says why not
        """Return where instances of the class keep the field: what must stay as it is, and the reader in C; None where that is not plain.

        What must stay: how many names each class of its line has, and what one of them holds under the name itself.
        """
        if not all(map(plainly_named, mro_of(cls))):
            return None
        if type(cls) is not type:
            return None if beside or name != "name" else self._shape_of_enum(cls)
        if (slot := _static_slot(cls, name)) is not None:
            return cls, (), None, None, slot
        if (
            not is_heap(cls)
            or not plain_lookup(cls)
            or self._reader.origin(cls) != USER
            or inherits(cls, type)
        ):
            return None
        checks = tuple((namespace_of(base), len(namespace_of(base))) for base in mro_of(cls) if is_heap(base))
        owner, raw = class_attribute(cls, name)
        if owner is not None:
            kind = type(raw)
            if kind is MemberDescriptorType or kind is _tuplegetter:
                return (
                    None
                    if beside or not is_heap(owner)
                    else (cls, checks, namespace_of(owner), raw, raw.__get__)
                )
            if defines(kind, "__get__") or defines(kind, "__set__") or self._reader.origin(owner) != USER:
                return None
        # Then `__dict__` is the interpreter's own.
        if type(class_attribute(cls, "__dict__")[1]) is not GetSetDescriptorType:
            return None
        return cls, checks, None if owner is None else namespace_of(owner), raw, None

    def _shape_of_enum(self, cls: type) -> Any:
        """Return where a member of an enum keeps its name, as `_shape`."""
        owner, raw = class_attribute(cls, "name")
        if (
            not is_enum(cls)
            or owner is not find_loaded("enum", "Enum")
            or not plain_lookup(cls)
            or self._reader.origin(cls) != USER
            or type(class_attribute(cls, "__dict__")[1]) is not GetSetDescriptorType
        ):
            return None
        checks = tuple((namespace_of(base), len(namespace_of(base))) for base in mro_of(cls) if is_heap(base))
        return cls, checks, namespace_of(owner), raw, lambda member: dict.get(member.__dict__, "_name_", NO)

    def _is_plain(self, cls: type, name: str) -> bool:
        """Return whether the instance's dict alone decides this field: nothing in the class overrides it."""
        mro = mro_of(cls)
        return (
            type(cls) is type
            and len(mro) <= 3  # noqa: PLR2004 -- itself, a base, and `object`
            and all(
                is_heap(base) and plainly_named(base) and name not in namespace_of(base) for base in mro[:-1]
            )
            and plain_lookup(cls)
            and self._reader.origin(cls) == USER
            and type(class_attribute(cls, "__dict__")[1]) is GetSetDescriptorType
        )


def _static_slot(cls: type, name: str) -> Callable[[Any], Any] | None:
    """Return the reader in C of a date's part, such as its year: of a class that never changes."""
    if is_heap(cls) or value_types.named(cls) not in _PARTED:
        return None
    raw = class_attribute(cls, name)[1]
    return getattr(raw, "__get__", None) if name in _PARTS else None


_NO_SHAPE: Final[tuple[Any, ...]] = (None, (), None, None, None)
_PARTED: Final = frozenset({"datetime.datetime", "datetime.date", "datetime.timedelta", "datetime.time"})
_PARTS: Final = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "microsecond", "days", "seconds", "microseconds"}
)
