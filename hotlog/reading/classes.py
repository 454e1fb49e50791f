"""What the interpreter itself keeps about classes, read without asking the classes.

A metaclass may override attribute access, hashing, comparing and `isinstance`; a class may lie about its name, module and
`__class__`. So classes are looked at through the descriptors of `type` alone, compared with `is`, and remembered by `id`.
"""

from __future__ import annotations

import sys
from types import MethodDescriptorType, ModuleType, WrapperDescriptorType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from weakref import ref

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
namespace_of: Callable[[type], Mapping[str, object]] = type.__dict__["__dict__"].__get__
_qualname_of: Callable[[type], object] = type.__dict__["__qualname__"].__get__
_module_of: Callable[[type], object] = type.__dict__["__module__"].__get__
_flags_of: Callable[[type], int] = type.__dict__["__flags__"].__get__
module_dict: Callable[[ModuleType], object] = type.__getattribute__(ModuleType, "__dict__")[
    "__dict__"
].__get__

_HEAP: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: set for every class made by a `class` statement
_MEMORY_MAX: Final = 10_000
_NAME_MAX_CHARS: Final = 200
_MISSING: Final = object()


class ByClass(Generic[T]):
    """A function of a class that remembers its answers, by identity, without keeping the class alive.

    Args:
        answer: what to remember; it must not change in the life of a class.
    """

    __slots__ = ("_answer", "_known")

    def __init__(self, answer: Callable[[type], T]) -> None:
        self._answer = answer
        self._known: dict[int, tuple[ref[type], T]] = {}

    def __call__(self, cls: type) -> T:
        """Return the answer for that class, from memory where it is known."""
        known = self._known.get(id(cls))
        if known is not None and known[0]() is cls:
            return known[1]
        if len(self._known) >= _MEMORY_MAX:
            self._known.clear()
        found = self._answer(cls)
        self._known[id(cls)] = (ref(cls), found)
        return found


class ById:
    """Membership of classes by identity."""

    __slots__ = ("_ids",)

    def __init__(self, *classes: type) -> None:
        self._ids = frozenset(map(id, classes))

    def __contains__(self, cls: object) -> bool:
        return id(cls) in self._ids


NUMBERS: Final = ById(int, float, bool, complex)
REALS: Final = ById(int, float, bool)
WHOLES: Final = ById(int, bool)
TEXTS: Final = ById(str, bytes, bytearray)
SETS: Final = ById(set, frozenset)
COLLECTIONS: Final = ById(list, tuple, set, frozenset)


def is_heap(cls: type) -> bool:
    """Return whether the class was made at run time and can change; all others are C, and fixed."""
    return bool(_flags_of(cls) & _HEAP)


@ByClass
def plainly_named(cls: type) -> bool:
    """Return whether all keys of the class's namespace are exact text: a lookup then runs no user code.

    A class is given its names once; `type.__setattr__` makes plain text of each that is added later.
    """
    return all(type(key) is str for key in namespace_of(cls))


def class_attribute(cls: type, name: str) -> tuple[type | None, Any]:
    """Return the class that defines the name, and the raw attribute; `(None, None)` where none does."""
    for base in mro_of(cls):
        if plainly_named(base):
            found = namespace_of(base).get(name, _MISSING)
            if found is not _MISSING:
                return base, found
        else:
            for key, value in namespace_of(base).items():
                if type(key) is str and key == name:
                    return base, value
    return None, None


def defines(cls: type, name: str) -> bool:
    """Return whether the class or a base of it defines the name."""
    return class_attribute(cls, name)[0] is not None


def inherits(cls: type, base: type) -> bool:
    """Return `issubclass(cls, base)` without running code of either class."""
    if cls is base:
        return True
    for one in mro_of(cls):  # noqa: SIM110 -- any(…) takes three times as long
        if one is base:
            return True
    return False


_static_behaviour: dict[tuple[int, str], type | None] = {}


def builtin_behaviour(cls: type, method: str) -> type | None:
    """Return the builtin class whose C code is this method of the class; None for any other code."""
    key = (id(cls), method)
    if key in _static_behaviour:
        return _static_behaviour[key]
    owner, raw = class_attribute(cls, method)
    in_c = type(raw) is WrapperDescriptorType or type(raw) is MethodDescriptorType
    found = owner if owner is not None and in_c and not is_heap(owner) else None
    if not is_heap(cls):
        _static_behaviour[key] = found
    return found


@ByClass
def module_of(cls: type) -> str:
    """Return the name of the module that a class says it comes from."""
    if is_heap(cls):
        module = namespace_of(cls).get("__module__") if plainly_named(cls) else None
    else:
        module = _module_of(cls)
    return module if type(module) is str else ""


@ByClass
def type_name(cls: type) -> str:
    """Return a class's name, such as `app.Order`; builtins without their module."""
    name, module = _qualname_of(cls), module_of(cls)
    text = name if type(name) is str else "?"
    return (text if module in {"builtins", ""} else f"{module}.{text}")[:_NAME_MAX_CHARS]


@ByClass
def field_names(cls: type) -> tuple[str, ...]:
    """Return the field names of a named tuple; empty for any other class."""
    names = class_attribute(cls, "_fields")[1] if inherits(cls, tuple) else None
    return names if type(names) is tuple and all(type(name) is str for name in names) else ()


def find_loaded(module: str, name: str) -> Any:
    """Return what a loaded module holds under a name; None where it is not loaded: nothing is imported."""
    live = sys.modules.get(module)
    names = module_dict(live) if type(live) is ModuleType else None
    return names.get(name) if type(names) is dict else None


def is_enum(cls: type) -> bool:
    """Return whether it is an Enum."""
    enum = find_loaded("enum", "Enum")
    return enum is not None and inherits(cls, enum)
