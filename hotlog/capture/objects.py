"""What an object shows in a snapshot. How is decided once per class: its `describer`.

Each describer takes the value and the walk that it is part of, and gives what is shown: first of all the type.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from itertools import islice
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture import exceptions
from hotlog.reading import parts, value_types
from hotlog.reading.classes import (
    ByClass,
    ById,
    field_names,
    find_loaded,
    inherits,
    is_enum,
    is_heap,
    module_dict,
    mro_of,
    namespace_of,
    type_name,
)
from hotlog.reading.instance_state import MISSING, instance_dict, plain_get
from hotlog.reading.origin import LIBRARY, USER
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.capture.walker import Beside, Describer, Walker
    from hotlog.reading.record_parts import Parts

_NAME_MAX_CHARS: Final = 200
# Fields that libraries keep in each object for themselves.
_INNER_FIELDS: Final = frozenset(
    {"_sa_instance_state", "_sa_adapter", "_state", "__notes__", "__weakref__", "__dict__"}
    # What says what the object is for, not what is in it: `functools.update_wrapper` and typing put it into instances.
    | {
        "__doc__",
        "__module__",
        "__qualname__",
        "__annotate__",
        "__annotations__",
        "__orig_class__",
        "__type_params__",
    }
)
# Where a type in C says how its instances are laid out: addresses.
_LAYOUT: Final = frozenset({"__dictoffset__", "__vectorcalloffset__", "__weaklistoffset__"})
# What a model of pydantic keeps beside its fields: values that it was not asked for, and private ones.
_OPEN_SLOTS: Final = frozenset({"__pydantic_extra__", "__pydantic_private__"})
_PROXY: Final = "werkzeug.local.LocalProxy"
_SCALARS: Final = (str, int, float, bool, bytes, type(None), list, dict)

_PLAIN_BASES: Final = ById(dict, list, tuple, set, frozenset, str, int, float, bytes)
_OPEN_LIBRARY: Final = frozenset(
    "tuple set frozenset collections.OrderedDict collections.defaultdict collections.Counter types.SimpleNamespace".split()
)


def _describer(cls: type) -> Describer:
    name, beside = type_name(cls), _beside(cls)
    if beside is not None:
        make = beside

        def describe(value: Any, walk: Walker, shown: dict[str, Any]) -> None:
            shown["@type"] = name
            shown.update(make(value, walk))

        return describe
    if is_enum(cls):
        return _enum
    show = value_types.reader_of_class(cls)
    if show is not None and parts.reader_of(cls) is None:
        return _describer_of_known(cls, name, show)
    if name == _PROXY and find_loaded(*name.rsplit(".", 1)) is cls:
        return _proxy
    return _describer_of_objects(cls)


def _beside(cls: type) -> Beside | None:
    """Return what tells of code, a class or a module beside its type; None for values."""
    if inherits(cls, type):
        return _class
    if inherits(cls, ModuleType):
        return _module
    return _CODE_KINDS.get(id(cls))


describer: Final = ByClass(_describer)


@ByClass
def is_leaf(cls: type) -> bool:
    """Return whether values of the class hold no others: numbers, dates, code."""
    known = value_types.reader_of_class(cls) is not None and parts.reader_of(cls) is None
    return _beside(cls) is not None or (known and not is_enum(cls))


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


def _suspendable(prefix: str) -> Beside:
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


def _kinds_of_code() -> dict[type, Beside]:
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


def _describer_of_known(cls: type, name: str, show: Callable[[Any], dict[str, object]]) -> Describer:
    is_number = any(
        value_types.named(base) in value_types.WRITTEN_NUMBERS and value_types.shows(cls, base)
        for base in mro_of(cls)
    )

    def describe(value: object, walk: Walker, shown: dict[str, Any]) -> None:
        shown["@type"] = name
        told = show(value)
        plain = told.get("@value")
        if is_number and type(plain) is str and walk.reader.redaction.hides_written_number(plain):
            shown["@value"] = REDACTED  # not even its sign is shown
        else:
            _tell(told, walk, shown)

    return describe


def _tell(told: dict[str, object], walk: Walker, shown: dict[str, Any]) -> None:
    """Write into `shown` what a value of a known type says; text and numbers in it are redacted as any others."""
    shown.update(told)
    for place in ("@value", "@text"):
        if place in told:
            walk.put(shown, place, told[place])


def _enum(value: Any, walk: Walker, shown: dict[str, Any]) -> None:
    shown["@type"] = type_name(type(value))
    fields = instance_dict(value) or {}
    name = plain_get(fields, "_name_", None)
    if type(name) is not str:  # a flag that no member is
        if inherits(type(value), int):
            shown["@value"] = int.__pos__(value)
        elif type(plain := plain_get(fields, "_value_", None)) is int:
            walk.put(shown, "value", plain)
        return
    shown.update(_name(name, walk))
    walk.put_named(shown, "value", name, plain_get(fields, "_value_", None))


def _proxy(value: object, walk: Walker, shown: dict[str, Any]) -> None:
    """Show what a proxy of werkzeug's stands for, where something is bound to it."""
    shown["@type"] = type_name(type(value))
    target = parts.proxied(value)
    cls = type(target)
    if target is MISSING or cls is type(value):
        return
    if type(cls) is type and not any(cls is base for base in _SCALARS):
        describer(cls)(target, walk, shown)
    else:
        walk.put(shown, "@value", target)


def _describer_of_objects(cls: type) -> Describer:
    """Return the describer for a class of objects; what all instances share is found out once, here."""
    name = type_name(cls)
    read = parts.reader_of(cls)
    plain = next((base for base in mro_of(cls) if base in _PLAIN_BASES), None)
    names = field_names(cls) if plain is tuple else ()
    error = inherits(cls, BaseException)
    open_library = name in _OPEN_LIBRARY or bool(names)
    bare = cls is tuple or cls is set or cls is frozenset

    def describe(value: Any, walk: Walker, shown: dict[str, Any]) -> None:
        shown["@type"] = name
        theirs = LIBRARY if bare else walk.reader.origin(cls)
        known = read(value) if read is not None else None
        if known is not None:
            _parts(known, walk, shown)
        elif theirs != USER and not error and not (open_library and theirs == LIBRARY):
            if read is not None:
                _tell(value_types.describe_value(value) or {}, walk, shown)
            elif plain is not None and theirs == LIBRARY:  # such as text that knows where it may be written
                _content(plain, value, walk, shown)
            return
        elif names:
            walk.pairs(list(zip(names, tuple.__iter__(value), strict=False)), shown)
        elif plain is not None:
            _content(plain, value, walk, shown)
        if error:
            exceptions.describe(value, walk, shown)
        if not bare and known is None and not names and (theirs == USER or error or open_library):
            _fields(value, cls, walk, shown)

    return describe


def _parts(known: Parts, walk: Walker, shown: dict[str, Any]) -> None:
    """Write into `shown` what a value of a known type consists of."""
    shown.update(known.beside)
    most = walk.most
    if known.names is None:
        inner: list[Any] = []
        shown["@items"] = inner
        walk.items(known.elements[:most], known.size, inner)
        return
    pairs = known.pairs[:most]
    if known.shows_names:
        walk.pairs(pairs, shown)
        cut = known.size > len(pairs) and "@cut" not in shown
    else:  # the names decide what may be shown, and are not shown themselves
        under: dict[str, Any] = {}
        walk.pairs(pairs, under)
        cut = known.size > len(pairs) or "@cut" in under
        _leave_names_out(under, walk, shown)
    if cut:
        shown.update({"@cut": "items", "@len": known.size})


def _leave_names_out(under: dict[str, Any], walk: Walker, shown: dict[str, Any]) -> None:
    """Show the values of a captured dict alone. What of them is still to be filled in or looked through finds its new place."""
    under.pop("@cut", None)
    under.pop("@len", None)
    places = {name: place for place, name in enumerate(under)}
    shown["@items"] = elements = list(under.values())
    for waits in (walk.held, walk.long):
        waits[:] = [(elements, places[each[1]], each[2]) if each[0] is under else each for each in waits]


def _content(plain: Any, value: Any, walk: Walker, shown: dict[str, Any]) -> None:
    """Write into `shown` what the builtin base of a class holds, read by the builtin's own C functions."""
    if plain is dict:
        walk.mapping(value, shown)
    elif plain is list or plain is tuple or plain is set or plain is frozenset:
        elements: list[Any] = list(islice(plain.__iter__(value), walk.most))
        inner: list[Any] = []
        shown["@items"] = inner
        walk.items(elements, plain.__len__(value), inner)
    elif plain is str or plain is bytes:
        size = plain.__len__(value)
        walk.put(shown, "@value", plain.__getitem__(value, slice(limits.EVENT_MAX_BYTES)))
        if size > limits.EVENT_MAX_BYTES:
            shown["@len"] = size
    else:
        walk.put(shown, "@value", plain.__pos__(value))


def _fields(value: Any, cls: type, walk: Walker, shown: dict[str, Any]) -> None:
    """Write the instance's fields into `shown`, from `__dict__` and slots, as they are stored."""
    stored = instance_dict(value)
    most = walk.most
    pairs = list(islice(dict.items(stored), most + 1)) if stored is not None else []
    for name, raw in _slots(cls):
        if len(pairs) > most:
            break
        try:
            found = raw.__get__(value, cls)
        except AttributeError:
            continue
        if name in _OPEN_SLOTS:
            pairs += islice(dict.items(found), most) if type(found) is dict else ()
        else:
            pairs.append((name, found))
    size = len(pairs)
    shows = [pair for pair in pairs[:most] if not (type(pair[0]) is str and _is_inner(pair[0]))]
    walk.pairs(shows, shown)
    if size > most:
        shown.update({"@cut": "fields", "@len": max(dict.__len__(stored or {}), size)})


def _is_inner(name: str) -> bool:
    return name[:1] == "_" and (name in _INNER_FIELDS or name.startswith("__pydantic"))


@ByClass
def _slots(cls: type) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, raw)
        for base in mro_of(cls)
        if is_heap(base) and type_name(base) not in _OPEN_LIBRARY
        for name, raw in _in_order(namespace_of(base))
    )


def _in_order(namespace: Mapping[str, object]) -> list[tuple[str, Any]]:
    """Return the slots of one class as they were written: the interpreter sorts them by name."""
    slots = [
        (name, raw)
        for name, raw in namespace.items()
        if type(raw) is MemberDescriptorType and type(name) is str and name not in _LAYOUT
    ]
    written = namespace.get("__slots__") if all(type(name) is str for name in namespace) else None
    if type(written) is tuple and all(type(name) is str for name in written):
        places = {name: place for place, name in enumerate(written)}
        slots.sort(key=lambda each: places.get(each[0], len(places)))
    return slots
