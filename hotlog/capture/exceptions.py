"""What an exception holds, without running a line of its own code.

The interpreter keeps an exception's arguments and fields in C; own attributes lie in the instance.
"""

from __future__ import annotations

import gc
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading.classes import (
    ByClass,
    builtin_behaviour,
    find_loaded,
    inherits,
    is_heap,
    mro_of,
    namespace_of,
    type_name,
)
from hotlog.reading.instance_state import instance_dict, plain_get

if TYPE_CHECKING:
    from collections.abc import Mapping


# The interpreter's own way to what an exception holds: a class may define others under the same names.
_OF_ERROR: Final[Mapping[str, Any]] = vars(BaseException)
ARGS_OF: Final = _OF_ERROR["args"].__get__
CAUSE_OF: Final = _OF_ERROR["__cause__"].__get__
CONTEXT_OF: Final = _OF_ERROR["__context__"].__get__
HIDES_CONTEXT: Final = _OF_ERROR["__suppress_context__"].__get__
TRACEBACK_OF: Final = _OF_ERROR["__traceback__"].__get__
MEMBERS_OF: Final = vars(BaseExceptionGroup)["exceptions"].__get__

# Fields in C that say what the arguments say, or hold whole objects beside.
_TOLD_OTHERWISE: Final = frozenset(
    {"args", "characters_written", "exceptions", "message", "msg", "obj", "print_file_and_line", "text"}
)
_OF_PYDANTIC: Final = "pydantic_core._pydantic_core.ValidationError"
_HELD_MAX: Final = 1_000


def describe(value: Any, walk: Any, shown: dict[str, Any]) -> None:
    """Write into `shown` what an exception holds: arguments, notes, fields in C, what it came from, members."""
    arguments = ARGS_OF(value)
    inner: list[Any] = []
    shown["@args"] = inner
    walk.items(list(arguments[: walk.most]), len(arguments), inner)
    notes = notes_of(value)
    if notes:
        told: list[Any] = []
        shown["@notes"] = told
        walk.items(notes[: walk.most], len(notes), told)
    errors = errors_of_model(value)
    if errors:
        walk.put(shown, "errors", errors)
    walk.pairs(fields_of(value), shown)
    cause = CAUSE_OF(value)
    context = None if HIDES_CONTEXT(value) else CONTEXT_OF(value)
    if cause is not None:
        walk.put(shown, "@cause", cause)
    elif context is not None:
        walk.put(shown, "@context", context)
    if inherits(type(value), BaseExceptionGroup):
        members = MEMBERS_OF(value)
        group: list[Any] = []
        shown["@exceptions"] = group
        walk.items(list(members[: walk.most]), len(members), group)


def notes_of(fault: BaseException) -> list[Any]:
    """Return the notes of an exception; empty where it has none."""
    notes = plain_get(instance_dict(fault) or {}, "__notes__", None)
    return notes if type(notes) is list else []


def fields_of(fault: BaseException) -> list[tuple[str, Any]]:
    """Return the fields that the interpreter keeps of an exception, where they hold something: `errno`, `name`, `start`."""
    found = []
    for name, raw in _fields_in_c(type(fault)):
        try:
            value = raw.__get__(fault)
        except (AttributeError, TypeError):
            continue
        if value is not None:
            found.append((name, value))
    return found


@ByClass
def _fields_in_c(cls: type) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, raw)
        for base in mro_of(cls)
        if not is_heap(base) and inherits(base, BaseException)
        for name, raw in namespace_of(base).items()
        if type(raw) in (MemberDescriptorType, GetSetDescriptorType)
        and name[:1] != "_"
        and name not in _TOLD_OTHERWISE
    )


def errors_of_model(fault: BaseException) -> list[dict[str, Any]]:
    """Return what pydantic found wrong: where, what and which rule; never the input. Empty where code would run for it.

    The text of an error is made as it is asked for, of whatever a validator raised: so all that it holds must be plain.
    """
    cls = type(fault)
    if type_name(cls) != _OF_PYDANTIC or find_loaded(*_OF_PYDANTIC.rsplit(".", 1)) is not cls:
        return []
    held = [each for each in gc.get_referents(fault) if each is not cls]
    if len(held) > _HELD_MAX or not all(map(_says_itself, held)):
        return []
    errors: list[dict[str, Any]] = cls.errors(  # a method in Rust
        fault, include_url=False, include_context=False, include_input=False
    )
    return [{"loc": each.get("loc"), "msg": each.get("msg"), "type": each.get("type")} for each in errors]


def _says_itself(value: object) -> bool:
    """Return whether `str()` of a value runs nothing but the interpreter's own code."""
    kind = type(value)
    if inherits(kind, BaseException):
        return builtin_behaviour(kind, "__str__") is BaseException and all(map(_is_plain, ARGS_OF(value)))
    if kind is dict:
        return len(value) <= _HELD_MAX and all(map(_says_itself, value.values()))  # type: ignore[arg-type,attr-defined]
    if kind is list or kind is tuple:
        return len(value) <= _HELD_MAX and all(map(_says_itself, value))  # type: ignore[arg-type,call-overload]
    return _is_plain(value) or type_name(kind) == "traceback"


def _is_plain(value: object) -> bool:
    kind = type(value)
    return value is None or kind is str or kind is int or kind is float or kind is bool or kind is bytes
