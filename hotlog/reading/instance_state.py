"""What instances store, read by the interpreter's own means: nothing of the class is asked, and no key compared but plain text."""

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, cast

from hotlog import __builtins__
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import (
    ByClass,
    class_attribute,
    find_loaded,
    inherits,
    is_heap,
    mro_of,
    namespace_of,
    plainly_named,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

MISSING: Final = object()

_NAMES_MAX: Final = 50_000  # looking through them takes a millisecond


def names_of(frame: FrameType) -> Mapping[str, object]:
    """Return the variables of a frame; in a class body they may be in any mapping that the metaclass made."""
    names: Any = frame.f_locals
    kind = type(names)
    if kind is dict or not is_heap(kind):
        return cast("Mapping[str, object]", names)
    if inherits(kind, dict):
        return {key: value for key, value in dict.items(names) if type(key) is str}
    return {}


@ByClass
def dict_of(cls: type) -> Callable[[object], object] | None:
    """Return the interpreter's own reader of instance `__dict__`s; a class may define another."""
    for base in mro_of(cls):
        found = namespace_of(base).get("__dict__") if plainly_named(base) else None
        if type(found) is GetSetDescriptorType or (type(found) is MemberDescriptorType and not is_heap(base)):
            return cast("Callable[[object], object]", found.__get__)
    return None


def instance_dict(obj: object) -> dict[str, object] | None:
    """Return the instance's own `__dict__`; None where there is none."""
    read = dict_of(type(obj))
    if read is None:
        return None
    try:
        names = read(obj)
    except (AttributeError, TypeError):
        return None
    if type(names) is dict:
        return names
    if not inherits(type(names), dict):
        return None
    # An instance may be given a dict of another class, with methods of its own: take what `dict` itself says.
    return {key: value for key, value in dict.items(cast("dict[str, object]", names)) if type(key) is str}


def plain_get(names: dict[Any, Any], name: str, default: object) -> Any:
    """Return `names.get(name, default)`, comparing with plain text keys alone."""
    if dict.__len__(names) > _NAMES_MAX:
        raise Unavailable(f"it is among more than {_NAMES_MAX:,} names")
    # Iterating compares nothing; only a lookup may call the `__eq__` of a key that is no exact str.
    try:
        for key in dict.__iter__(names):
            if type(key) is not str:
                return _slow_get(names, name, default)
    except RuntimeError:
        raise Unavailable("changed while it was read") from None
    return dict.get(names, name, default)


def _slow_get(names: dict[Any, Any], name: str, default: object) -> Any:
    for key, value in dict.items(names):
        if type(key) is str and key == name:
            return value
    return default


def slot(value: object, name: str) -> Any:
    """Return the value in a slot or a C field of an instance; `MISSING` where there is none."""
    cls = type(value)
    _, raw = class_attribute(cls, name)
    if type(raw) is MemberDescriptorType or type(raw) is GetSetDescriptorType:
        try:
            return raw.__get__(value, cls)
        except AttributeError:
            return MISSING
    return MISSING


def read_stored(obj: object, cls: type, names: frozenset[str]) -> list[object]:
    """Return the instance's values under these names, from slots, a named tuple or its `__dict__`."""
    fields = instance_dict(obj) or {}
    if dict.__len__(fields) > _NAMES_MAX:
        raise Unavailable(f"it has more than {_NAMES_MAX:,} fields")
    try:
        found = [value for key, value in dict.items(fields) if type(key) is str and key in names]
    except RuntimeError:
        raise Unavailable("changed while it was read") from None
    for name in names:
        raw = class_attribute(cls, name)[1]
        if type(raw) is MemberDescriptorType or type(raw) is find_loaded("_collections", "_tuplegetter"):
            try:
                found.append(raw.__get__(obj, cls))
            except AttributeError:
                continue
    return found
