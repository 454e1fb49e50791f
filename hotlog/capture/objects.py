"""What an object shows in a snapshot. How is decided once per class: its `describer`.

Each describer takes the value and the walk that it is part of, and gives what is shown: first of all the type.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import value_types
from hotlog.reading.classes import (
    ByClass,
    ById,
    field_names,
    inherits,
    is_deque,
    is_enum,
    is_heap,
    module_dict,
    mro_of,
    namespace_of,
    type_name,
)
from hotlog.reading.instance_state import instance_dict, plain_get
from hotlog.reading.origin import LIBRARY, USER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from hotlog.reading.budget import Budget
    from hotlog.reading.reader import Reader

    class Walker(Protocol):
        """What a describer asks of `snapshot.Walk`, which calls it."""

        reader: Reader
        budget: Budget

        @property
        def scrub(self) -> Callable[[str], str]:
            """Replace secrets in a text."""

        def named(self, name: str, value: Any) -> Any:
            """Return the captured value of a name; redacted where the name is secret."""

        def value(self, value: Any) -> Any:
            """Return any value as JSON-safe data."""

        def items(self, items: Any, size: int) -> Any:
            """Return the captured elements of a sequence or set; marked as cut where `size` is larger."""

        def mapping(self, value: dict[Any, Any], shown: dict[str, Any]) -> None:
            """Write the captured items of a dict into `shown`."""

        def pairs(self, pairs: list[tuple[Any, Any]], shown: dict[str, Any]) -> None:
            """Write names and fields into `shown`."""


Describer = Callable[[Any, "Walker"], dict[str, Any]]

_NAME_MAX_CHARS: Final = 200
# Fields that libraries keep in each object for themselves.
_INNER_FIELDS: Final = frozenset(
    {"_sa_instance_state", "_state", "__weakref__", "__dict__"}
    # What says what the object is for, not what is in it: `functools.update_wrapper` and typing put it into instances.
    | {"__doc__", "__module__", "__qualname__", "__annotations__", "__orig_class__", "__type_params__"}
)
# The interpreter's own way to what an exception holds: a class may define others under the same names.
_OF_ERROR: Final[Mapping[str, Any]] = vars(BaseException)
ARGS_OF: Final = _OF_ERROR["args"].__get__
CAUSE_OF: Final = _OF_ERROR["__cause__"].__get__
CONTEXT_OF: Final = _OF_ERROR["__context__"].__get__
HIDES_CONTEXT: Final = _OF_ERROR["__suppress_context__"].__get__
TRACEBACK_OF: Final = _OF_ERROR["__traceback__"].__get__
_MEMBERS: Final = vars(BaseExceptionGroup)["exceptions"].__get__

_PLAIN_BASES: Final = ById(dict, list, tuple, set, frozenset, str, int, float, bytes)
_OPEN_LIBRARY: Final = frozenset(
    "tuple set frozenset collections.OrderedDict collections.defaultdict collections.Counter types.SimpleNamespace".split()
)


def _describer(cls: type) -> Describer:
    name, beside = type_name(cls), _beside(cls)
    if beside is None:
        return _describer_of_objects(cls)
    return lambda value, walk: {"@type": name, **beside(value, walk)}


def _beside(cls: type) -> Describer | None:  # noqa: PLR0911 -- a table of cases
    """Return what captures a value of this class beside its type; None for objects in general."""
    if inherits(cls, type):
        return _class
    if inherits(cls, ModuleType):
        return _module
    if id(cls) in _CODE_KINDS:
        return _CODE_KINDS[id(cls)]
    if is_deque(cls):
        return _deque
    if is_enum(cls):
        return _enum
    for base in mro_of(cls):
        if value_types.shows(cls, base):
            return _capture_known
    return None


describer: Final = ByClass(_describer)


# --- code and classes --------------------------------------------------------------------------------------------


def _class(value: type, _walk: Walker) -> dict[str, Any]:
    return {"@name": type_name(value)}


def _module(value: ModuleType, walk: Walker) -> dict[str, Any]:
    names = module_dict(value)
    if type(names) is dict:
        walk.budget.look_through(len(names))
    name = plain_get(names, "__name__", None) if type(names) is dict else None
    return _name(name, walk) if type(name) is str else {}


def _name(name: str, walk: Walker) -> dict[str, Any]:
    """Return a name, redacted: it can be set at run time, to any text."""
    return {"@name": walk.scrub(name[:_NAME_MAX_CHARS])}


def _function(value: FunctionType, walk: Walker) -> dict[str, Any]:
    module, name = value.__module__, value.__qualname__
    return _name(f"{module[:_NAME_MAX_CHARS]}.{name}" if type(module) is str else name, walk)


def _method(value: MethodType, walk: Walker) -> dict[str, Any]:
    inner = value.__func__
    return _function(inner, walk) if type(inner) is FunctionType else {}


def _builtin(value: Any, walk: Walker) -> dict[str, Any]:
    return _name(value.__name__, walk)


def _suspendable(prefix: str) -> Describer:
    def describe(value: Any, walk: Walker) -> dict[str, Any]:
        if getattr(value, f"{prefix}_frame") is None:
            state = "closed"
        elif getattr(value, f"{prefix}_running"):
            state = "running"
        else:
            # Python 3.11 has no `ag_suspended`.
            state = "suspended" if getattr(value, f"{prefix}_suspended", True) else "created"
        return {**_name(value.__qualname__, walk), "state": state}

    return describe


async def _coroutine() -> None: ...


async def _async_generator() -> Any:
    yield


def _kinds_of_code() -> dict[type, Describer]:
    coroutine = _coroutine()
    coroutine.close()
    return {
        FunctionType: _function,
        MethodType: _method,
        type(len): _builtin,
        type(_ for _ in ()): _suspendable("gi"),
        type(coroutine): _suspendable("cr"),
        type(_async_generator()): _suspendable("ag"),
    }


_CODE_KINDS: Final = {id(kind): describe for kind, describe in _kinds_of_code().items()}


# --- values ------------------------------------------------------------------------------------------------------


def _capture_known(value: object, walk: Walker) -> dict[str, Any]:
    shown = value_types.describe_value(value) or {}
    plain = shown.get("@value")
    if plain is not None:
        shown["@value"] = walk.value(plain)  # text or a number: redacted as any other
    return shown


def _enum(value: Any, walk: Walker) -> dict[str, Any]:
    fields = instance_dict(value) or {}
    name = plain_get(fields, "_name_", None)
    if type(name) is not str:
        return {}
    return {**_name(name, walk), "value": walk.named(name, plain_get(fields, "_value_", None))}


def _deque(value: Any, walk: Walker) -> dict[str, Any]:
    return {"@items": walk.items(list(islice(value, limits.COLLECTION_MAX_ITEMS)), len(value))}


def _describer_of_objects(cls: type) -> Describer:
    """Return the describer for a class of objects; what all instances share is found out once, here."""
    name = type_name(cls)
    plain = next((base for base in mro_of(cls) if base in _PLAIN_BASES), None)
    names = field_names(cls) if plain is tuple else ()
    error = inherits(cls, BaseException)
    open_library = name in _OPEN_LIBRARY
    bare = cls is tuple or cls is set or cls is frozenset

    def describe(value: Any, walk: Walker) -> dict[str, Any]:
        theirs = LIBRARY if bare else walk.reader.origin(cls)
        shown: dict[str, Any] = {"@type": name}
        if theirs != USER and not error and not (open_library and theirs == LIBRARY):
            return shown
        if names:
            walk.pairs(list(zip(names, tuple.__iter__(value), strict=False)), shown)
            return shown
        if plain is not None:
            _content(plain, value, walk, shown)
        if error:
            _exception(value, walk, shown)
        if not bare and (theirs == USER or not error):
            _fields(value, cls, walk, shown)
        return shown

    return describe


def _content(plain: Any, value: Any, walk: Walker, shown: dict[str, Any]) -> None:
    """Write into `shown` what the builtin base of a class holds, read by the builtin's own C functions."""
    if plain is dict:
        walk.mapping(value, shown)
    elif plain is list or plain is tuple or plain is set or plain is frozenset:
        elements: list[Any] = list(islice(plain.__iter__(value), limits.COLLECTION_MAX_ITEMS))
        shown["@items"] = walk.items(elements, plain.__len__(value))
    elif plain is str or plain is bytes:
        kept = walk.value(plain.__getitem__(value, slice(limits.EVENT_MAX_BYTES)))
        if type(kept) is dict and "@len" in kept:
            kept["@len"] = plain.__len__(value)
        shown["@value"] = kept
    else:
        shown["@value"] = walk.value(plain.__pos__(value))


def _exception(value: Any, walk: Walker, shown: dict[str, Any]) -> None:
    arguments = ARGS_OF(value)
    shown["@args"] = walk.items(list(arguments[: limits.COLLECTION_MAX_ITEMS]), len(arguments))
    cause = CAUSE_OF(value)
    if cause is not None:
        shown["@cause"] = walk.value(cause)
    elif not HIDES_CONTEXT(value):
        context = CONTEXT_OF(value)
        if context is not None:
            shown["@context"] = walk.value(context)
    if inherits(type(value), BaseExceptionGroup):
        members = _MEMBERS(value)
        shown["@exceptions"] = walk.items(list(members[: limits.COLLECTION_MAX_ITEMS]), len(members))


def _fields(value: Any, cls: type, walk: Walker, shown: dict[str, Any]) -> None:
    """Write the instance's fields into `shown`, from `__dict__` and slots, as they are stored."""
    stored = instance_dict(value)
    most = limits.OBJECT_MAX_FIELDS
    pairs = list(islice(dict.items(stored), most + 1)) if stored is not None else []
    for name, raw in _slots(cls):
        if len(pairs) > most:
            break
        try:
            pairs.append((name, raw.__get__(value, cls)))
        except AttributeError:
            continue
    if len(pairs) > most:
        shown.update({"@cut": "fields", "@len": max(dict.__len__(stored or {}), len(pairs))})
    walk.pairs([pair for pair in pairs[:most] if not (type(pair[0]) is str and _is_inner(pair[0]))], shown)


def _is_inner(name: str) -> bool:
    return name[:1] == "_" and (name in _INNER_FIELDS or name.startswith("__pydantic"))


@ByClass
def _slots(cls: type) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, raw)
        for base in mro_of(cls)
        if is_heap(base)
        for name, raw in namespace_of(base).items()
        if type(raw) is MemberDescriptorType and type(name) is str
    )
