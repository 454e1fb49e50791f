"""Reading live objects without running a line of the application's code.

Everything goes through what the interpreter itself keeps about a class, by the descriptors of `type` and `object`: a
class that overrides `__getattribute__`, a metaclass with ideas of its own, a `__class__` that lies are never asked.
What cannot be had that way is `Unavailable`, with the reason.
"""

from __future__ import annotations

from itertools import islice
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType, WrapperDescriptorType
from typing import TYPE_CHECKING, Any, Final, cast

from hotlog import __builtins__
from hotlog.internal_errors import run_contained
from hotlog.reading.budget import HIT_MAX_NS, Budget, CaptureBounds, NoAttribute, Redacted, Unavailable
from hotlog.reading.classes import (
    ByClass,
    class_attribute,
    defines,
    find_loaded,
    inherits,
    is_enum,
    is_heap,
    module_dict,
    module_of,
    type_name,
)
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get, read_stored
from hotlog.reading.origin import USER, file_below, origin_of
from hotlog.reading.secret_check import SecretCheck
from hotlog.redaction.neighbours import BESIDE, BESIDE_MAX_CHARS, NAMED_VALUES, PAIRS_MAX
from hotlog.redaction.secret_names import HIDDEN, NAMING_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.redaction.redact import Redaction

__all__ = ["Budget", "Reader", "Redacted", "Unavailable"]

_MISSING: Final = object()
_BOUNDS: Final = CaptureBounds()

_NAMING_ATTRIBUTES: Final = frozenset(
    ("_name_", *(spelt for name in NAMING_FIELDS for spelt in (name, name.title(), name.upper())))
)
_COLUMNS: Final = (
    "django.db.models.query_utils.DeferredAttribute",
    "sqlalchemy.orm.attributes.InstrumentedAttribute",
)


class Reader(SecretCheck):
    """Reads for one rule: knows what is redacted, whose code may be looked into, and what the hit may still cost.

    Args:
        redaction: what may not be shown.
        readable: whether a file lies below the code roots.
        properties: whether the rule may call properties.
        bounds: how much of a value is captured.

    Attributes:
        origin: whose class it is: `USER`, `LIBRARY` (the standard library and C) or `CREDENTIALS`.
        budget: what the hit may still cost.
    """

    __slots__ = ("bounds", "origin", "properties", "readable")

    def __init__(
        self,
        redaction: Redaction,
        *,
        readable: Callable[[str], bool],
        properties: bool = False,
        bounds: CaptureBounds = _BOUNDS,
    ) -> None:
        self.redaction = redaction
        self.readable = readable
        self.properties = properties
        self.bounds = bounds
        self.origin = ByClass(lambda cls: origin_of(cls, readable))
        self.budget = Budget()

    def for_hit(self, max_ns: float = HIT_MAX_NS) -> Reader:
        """Return the same reader with a fresh budget: hits in several threads do not share one."""
        reader = Reader.__new__(Reader)
        reader.redaction = self.redaction
        reader.readable = self.readable
        reader.properties = self.properties
        reader.bounds = self.bounds
        reader.origin = self.origin
        reader.budget = Budget(max_ns)
        return reader

    def attribute(self, obj: object, name: str) -> object:
        """Return `obj.name` as Python would find it; raise `Unavailable` where that runs user code."""
        says = self.redaction.says(name)
        if says >= HIDDEN:
            raise Redacted(name)
        cls = type(obj)
        if len(name) <= BESIDE_MAX_CHARS and name.lower() in BESIDE:
            return self._attribute_beside(obj, cls, name)
        found = self._attribute(obj, cls, name)
        if says and self.is_secret(name, found):
            raise Redacted(name)
        return found

    def _attribute(self, obj: object, cls: type, name: str) -> object:
        if name[0] == "_" == name[-1]:
            _outside_of_enums(obj, cls, name)
        if cls is ModuleType or inherits(cls, ModuleType):
            return self._module_attribute(cast("ModuleType", obj), name)
        if inherits(cls, type):
            return self._class_attribute(cast("type", obj), name)
        if self.origin(cls) != USER:
            return self._library_attribute(obj, name)
        return self._instance_attribute(obj, cls, name)

    def _instance_attribute(self, obj: object, cls: type, name: str) -> object:  # noqa: C901, PLR0911, PLR0912 -- Python's own order of lookup
        if not plain_lookup(cls):
            raise Unavailable(f"reading .{name} would call __getattribute__ of {type_name(cls)}")
        owner, raw = class_attribute(cls, name)
        if owner is not None:
            kind = type(raw)
            if kind is MemberDescriptorType:
                try:
                    return raw.__get__(obj, cls)
                except AttributeError:
                    return _fallback(cls, name)
            if kind is property:
                return self._property(raw, obj, cls, name, owner)
            if kind is find_loaded("_collections", "_tuplegetter"):
                return raw.__get__(obj, cls)
            if kind is GetSetDescriptorType and not is_heap(owner) and inherits(owner, BaseException):
                return raw.__get__(obj, cls)  # a field in C of an exception
            if defines(kind, "__set__") or defines(kind, "__delete__"):
                return _descriptor(raw, obj, cls, name)
        names = instance_dict(obj)
        if names is not None:
            value = self._get_held(names, name)
            if value is not _MISSING:
                return value
        if owner is None:
            return self._part(obj, cls, name)
        if defines(type(raw), "__get__"):
            return _descriptor(raw, obj, cls, name)
        if self.origin(owner) != USER:
            raise Unavailable(f".{name} belongs to {type_name(owner)}")
        return raw

    def _part(self, obj: object, cls: type, name: str) -> object:
        """Return what a row calls so, such as that of SQLAlchemy, whose own code would look it up."""
        # The table of what values consist of is only needed here; it imports nothing by itself.
        from hotlog.reading.parts import parts_of

        known = parts_of(obj)
        if known is not None and known.names is not None and known.shows_names and not known.is_mapping:
            for other, value in known.pairs:
                if type(other) is str and other == name:
                    return value
        return _fallback(cls, name)

    def _attribute_beside(self, obj: object, cls: type, name: str) -> object:
        """Return a field without what other fields of the object say is secret: `value` beside `name`, `params` beside `statement`."""
        value = self._attribute(obj, cls, name)
        fields = instance_dict(obj) or {}
        pairs: list[tuple[Any, Any]] = []
        if name.lower() in NAMED_VALUES:  # the name may stand in a slot
            pairs += [("name", beside) for beside in read_stored(obj, cls, _NAMING_ATTRIBUTES)]
        pairs += islice(dict.items(fields), PAIRS_MAX)
        return self.without_hidden(name, value, pairs)

    def _property(self, raw: property, obj: object, cls: type, name: str, owner: type) -> object:
        if not self.properties or self.origin(owner) != USER or raw.fget is None:
            hint = "" if self.properties else "; --properties allows it"
            raise Unavailable(f".{name} is a property of {type_name(cls)}{hint}")
        raised: list[str] = []
        value = run_contained(raw.fget, lambda fault: raised.append(type_name(type(fault))), obj)
        if raised:
            raise Unavailable(f"property .{name} raised {raised[0]}")
        return value

    def _library_attribute(self, obj: object, name: str) -> object:
        # The table of plain value types is only needed here; it imports nothing by itself.
        from hotlog.reading import value_types

        self.check(obj)
        self.budget.look_through(dict.__len__(instance_dict(obj) or {}))
        value = value_types.attribute(obj, name)
        cls = type(obj)
        if value is MISSING and not is_heap(cls) and not defines(cls, name) and instance_dict(obj) is None:
            _fallback(cls, name)
        if value is MISSING:
            raise Unavailable(f".{name}: of {type_name(type(obj))} only the type may be read")
        return value

    def _module_attribute(self, module: ModuleType, name: str) -> object:
        names = module_dict(module)
        if type(names) is not dict:
            raise Unavailable(f".{name}: this module has no dict of its own")
        if not file_below(module, self.readable):
            own = plain_get(names, "__name__", "?")
            raise Unavailable(
                f".{name}: module {own if type(own) is str else '?'} lies outside the function's code"
            )
        value = self._get_held(names, name)
        if value is _MISSING:
            raise NoAttribute(f"AttributeError: the module has no attribute {name!r}")
        return value

    def _class_attribute(self, cls: type, name: str) -> object:
        meta = type(cls)
        if self.origin(cls) != USER:
            raise Unavailable(f".{name}: of {type_name(cls)} only the type may be read")
        if not plain_lookup(meta):
            raise Unavailable(f"reading .{name} would call __getattribute__ of {type_name(meta)}")
        member = self._enum_member(cls, name) if is_enum(cls) else _MISSING
        if member is not _MISSING:
            return member
        if meta is not type:
            owner, raw = class_attribute(meta, name)
            if owner is not None and owner is not type and defines(type(raw), "__get__"):
                raise Unavailable(f".{name} of {type_name(cls)} is computed by its metaclass")
        owner, raw = class_attribute(cls, name)
        if owner is None:
            return _fallback(meta, name)
        if self.origin(owner) != USER:
            raise Unavailable(f".{name} belongs to {type_name(owner)}")
        if defines(type(raw), "__get__"):
            raise Unavailable(f".{name} of {type_name(cls)} is a {type_name(type(raw))}")
        return raw

    def _enum_member(self, cls: type, name: str) -> object:
        """Return the member of an enum; `_MISSING` where it has none of that name."""
        members = class_attribute(cls, "_member_map_")[1]
        return self._get_held(members, name) if type(members) is dict else _MISSING

    def has_attribute(self, obj: object, name: str) -> bool:
        """Return `hasattr(obj, name)`, where that is certain without running user code."""
        cls = type(obj)
        if self.origin(cls) == USER and not inherits(cls, type) and plain_lookup(cls):
            owner, raw = class_attribute(cls, name)
            kind = type(raw)
            if owner is not None and (kind is FunctionType or kind is staticmethod or kind is classmethod):
                return True
            if owner is not None and not defines(kind, "__get__"):
                return True
            if owner is None and not defines(cls, "__getattr__"):
                names = instance_dict(obj)
                return names is not None and self._get_held(names, name) is not _MISSING
        self.attribute(obj, name)
        return True

    def _get_held(self, names: dict[Any, Any], name: str) -> object:
        self.budget.look_through(dict.__len__(names))
        return plain_get(names, name, _MISSING)


def _outside_of_enums(obj: object, cls: type, name: str) -> None:
    """Refuse the private fields of an Enum: they hold its members' values under names that hide nothing."""
    owner = cast("type", obj) if inherits(cls, type) else cls
    if name != "_name_" and is_enum(owner):
        raise Redacted(name)


@ByClass
def _is_column(cls: type) -> bool:
    """Return whether it is an ORM's descriptor, which may ask the database for what the dict lacks."""
    owner, _ = class_attribute(cls, "__get__")
    return owner is not None and any(find_loaded(*name.rsplit(".", 1)) is owner for name in _COLUMNS)


def plain_lookup(cls: type) -> bool:
    return type(class_attribute(cls, "__getattribute__")[1]) is WrapperDescriptorType


def _fallback(cls: type, name: str) -> object:
    if defines(cls, "__getattr__"):
        raise Unavailable(f"reading .{name} would call __getattr__ of {type_name(cls)}")
    raise NoAttribute(f"AttributeError: {type_name(cls)} has no attribute {name!r}")


def _descriptor(raw: object, obj: object, cls: type, name: str) -> object:
    if _is_column(type(raw)):
        value = plain_get(instance_dict(obj) or {}, name, MISSING)
        if value is MISSING:
            raise Unavailable(f".{name} of {type_name(cls)} has not been read from the database")
        return value
    if is_enum(cls) and name in {"name", "value"}:
        names = instance_dict(obj) or {}
        value = plain_get(names, f"_{name}_", _MISSING)
        if value is not _MISSING and module_of(type(raw)) == "enum":
            return value
    kind = type(raw)
    if kind is FunctionType or kind is classmethod or kind is staticmethod:
        raise Unavailable(f".{name} is a method of {type_name(cls)}")
    raise Unavailable(f".{name} of {type_name(cls)} is computed by a {type_name(kind)}")
