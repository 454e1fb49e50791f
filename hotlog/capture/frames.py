"""Frames and exceptions to JSON-safe data: where, and with which variables.

Variables are shown of frames whose code may be probed, and of no others. hotlog's own frames are left out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.error_text import message_of, notes_in_text
from hotlog.capture.exceptions import CAUSE_OF, CONTEXT_OF, HIDES_CONTEXT, MEMBERS_OF, TRACEBACK_OF
from hotlog.capture.failing_statement import describe_statement
from hotlog.capture.snapshot import Walk, capture
from hotlog.namedtuple import NamedTuple
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import inherits, type_name
from hotlog.reading.instance_state import names_of, plain_get
from hotlog.source.probeable import is_generated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import CodeType, FrameType, TracebackType

    from hotlog.reading.reader import Reader

_OWN_PATH: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_NOTHING: Final[dict[int, dict[str, object]]] = {}


class At(NamedTuple):
    """A frame, and where in its code it is.

    Attributes:
        frame: its variables are those of now.
        line: that it is shown at.
        offset: of the instruction, in bytes; -1: it has run none.
    """

    frame: FrameType
    line: int
    offset: int


def stack_of(frame: FrameType | None) -> Iterator[At]:
    """Yield the frame and its callers, innermost first."""
    while frame is not None:
        yield At(frame, frame.f_lineno, frame.f_lasti)
        frame = frame.f_back


def traceback_of(fault: BaseException) -> list[At]:
    """Return the frames that an exception has passed, innermost first."""
    passed: list[At] = []
    trace: TracebackType | None = TRACEBACK_OF(fault)
    while trace is not None:
        passed.append(At(trace.tb_frame, trace.tb_lineno, trace.tb_lasti))
        trace = trace.tb_next
    return passed[::-1]


def innermost(frames: Iterable[At], reader: Reader) -> At | None:
    """Return the innermost frame whose variables may be shown; None where there is none."""
    return next((at for at in frames if is_own_code(at.frame, reader.readable)), None)


def is_own_code(frame: FrameType, readable: Callable[[str], bool]) -> bool:
    """Return whether the variables of a frame may be shown: its code is the application's own.

    Code that was made from a text, such as the `__init__` of a dataclass, is its own where it runs in the globals of a module
    of its own: libraries make such code too.
    """
    file: object = frame.f_code.co_filename
    if type(file) is str and is_generated(file):
        names = frame.f_globals
        try:
            file = plain_get(names, "__file__", None) if type(names) is dict else None
        except Unavailable:  # another thread is changing them
            return False
    return type(file) is str and readable(file)


def capture_stack(frame: FrameType, reader: Reader, depth: int, root: str) -> list[dict[str, str]]:
    """Return where the frame is, and where it was called from, innermost first.

    Args:
        frame: the innermost.
        reader: redacts paths and names, as all text.
        depth: how many frames.
        root: paths below it are shown relative to it.
    """
    shown: list[dict[str, str]] = []
    known = reader.redaction.keys.places
    at: FrameType | None = frame
    while at is not None and len(shown) < depth:
        code = at.f_code
        file, name = code.co_filename, code.co_qualname
        # Most have been here before. Only plain text is looked up: any other has a hash of its own.
        plain = type(file) is str and type(name) is str
        place = known.get((file, at.f_lineno, name, root)) if plain else None
        if place is None and not _is_own(code):
            place = place_of(At(at, at.f_lineno, at.f_lasti), reader, root)
        if place is not None:
            shown.append(place)
        at = at.f_back
    return shown


def capture_frames(
    frames: Iterable[At],
    reader: Reader,
    root: str,
    most: int,
    extra: Mapping[int, Mapping[str, object]] = _NOTHING,
    room: int = limits.EVENT_MAX_BYTES,
    gone_on: frozenset[int] = frozenset(),
) -> list[dict[str, Any]]:
    """Return the frames, each with its statement and its variables; an unreadable one is listed only where it is the innermost.

    Args:
        frames: innermost first.
        reader: reads the variables; all frames share its budget evenly.
        root: paths below it are shown relative to it.
        most: how many.
        extra: by the id of a frame, variables that it had a moment ago.
        room: bytes that the variables may take of the event.
        gone_on: ids of frames that have gone on since: their variables are not those of the exception.
    """
    shown: list[dict[str, Any]] = []
    kept = max(0, reader.budget.output_bytes - room)  # for what else the event holds
    reader.budget.output_bytes -= kept
    walk = Walk(reader)
    left_out = 0
    for number, at in enumerate(at for at in frames if not _is_own(at.frame.f_code)):
        is_open = is_own_code(at.frame, reader.readable)
        if not is_open and number:
            continue
        if len(shown) >= most:
            left_out += 1
            continue
        entry: dict[str, Any] = dict(place_of(at, reader, root))
        if is_open:
            entry |= describe_statement(at.frame.f_code, at.offset, reader.redaction.scrub)
        if is_open and id(at.frame) not in gone_on:
            full = reader.budget.output_bytes < 0 or reader.budget.late
            known = names_of(at.frame)
            variables = {**gone, **known, **gone} if (gone := extra.get(id(at.frame))) else known
            entry["vars"] = {"@cut": "size"} if full else walk.variables(variables)
        shown.append(entry)
    walk.finish()
    reader.budget.output_bytes += kept
    if left_out:
        shown.append({"@cut": "items", "@len": len(shown) + left_out})
    return shown


def place_of(at: At, reader: Reader, root: str) -> dict[str, str]:
    """Return file and line, and the function."""
    code = at.frame.f_code
    file, name = str.__str__(code.co_filename), str.__str__(code.co_qualname)
    return reader.redaction.keys.place((file, at.line, name, root), f"{_below(file, root)}:{at.line}")


def capture_error(
    fault: BaseException,
    reader: Reader,
    root: str | None = None,
    extra: Mapping[int, Mapping[str, object]] = _NOTHING,
) -> dict[str, Any]:
    """Return an exception as JSON-safe data: type, text, notes, fields, members, and the exceptions that it came from.

    Args:
        fault: the exception.
        reader: reads it.
        root: paths below it are shown relative to it; None: without the frames of members and the places of the chain.
        extra: as of `capture_frames`.
    """
    shown = _describe(fault, reader)
    fields = capture(fault, reader, room=limits.EVENT_MAX_BYTES // 3)
    if isinstance(fields, dict):
        own = {name: value for name, value in fields.items() if name[:1] != "@" or name[:2] == "@@"}
        if own:
            shown["fields"] = own
    gone_on = frozenset(id(at.frame) for at in traceback_of(fault))
    if members := _members(fault, reader, root, gone_on, limits.ERROR_MAX_GROUPS):
        shown["members"] = members
    chain = []
    for how, earlier in _chain(fault):
        chain.append(
            {"how": how, **_describe(earlier, reader), **_origin(earlier, reader, root, extra, gone_on)}
        )
        if len(chain) >= limits.ERROR_MAX_CHAIN:
            break
    if chain:
        shown["chain"] = chain
    return shown


def _describe(fault: BaseException, reader: Reader) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": type_name(type(fault)), "message": message_of(fault, reader)}
    if notes := notes_in_text(fault, reader):
        shown["notes"] = notes
    return shown


def _members(
    fault: BaseException, reader: Reader, root: str | None, gone_on: frozenset[int], groups: int
) -> list[dict[str, Any]]:
    """Return what an exception group holds, each with its own frames; empty where it is no group.

    Args:
        fault: the exception.
        reader: reads it.
        root: as of `capture_error`.
        gone_on: as of `capture_frames`: those that the group itself has passed.
        groups: how deep groups within groups are looked into.
    """
    if not inherits(type(fault), BaseExceptionGroup) or not groups:
        return []
    members = MEMBERS_OF(fault)
    shown = []
    for each in members[: limits.ERROR_MAX_MEMBERS]:
        entry = _describe(each, reader)
        if root is not None:
            entry["frames"] = capture_frames(
                traceback_of(each),
                reader,
                root,
                limits.ERROR_MAX_MEMBER_FRAMES,
                room=limits.EVENT_MAX_BYTES // (2 * limits.ERROR_MAX_MEMBERS),
                gone_on=gone_on,
            )
        if inner := _members(each, reader, root, gone_on, groups - 1):
            entry["members"] = inner
        shown.append(entry)
    if len(members) > len(shown):
        shown.append({"@cut": "items", "@len": len(members)})
    return shown


def _origin(
    fault: BaseException,
    reader: Reader,
    root: str | None,
    extra: Mapping[int, Mapping[str, object]],
    gone_on: frozenset[int],
) -> dict[str, Any]:
    """Return where an exception was raised: the innermost frame of own code, its statement and its variables."""
    at = innermost(traceback_of(fault), reader) if root is not None else None
    if at is None or root is None:
        return {}
    room = limits.EVENT_MAX_BYTES // (4 * limits.ERROR_MAX_CHAIN)
    [entry] = capture_frames([at], reader, root, 1, extra, room, gone_on)
    return entry


def _chain(fault: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield the causes and contexts of an exception, the latest first, as a traceback prints them."""
    seen = {id(fault)}
    at: BaseException | None = fault
    while at is not None:
        cause = CAUSE_OF(at)
        how, earlier = ("cause", cause) if cause is not None else ("context", CONTEXT_OF(at))
        if earlier is None or id(earlier) in seen or (how == "context" and HIDES_CONTEXT(at)):
            return
        seen.add(id(earlier))
        yield how, earlier
        at = earlier


def _is_own(code: CodeType) -> bool:
    return str.startswith(code.co_filename, _OWN_PATH)


def _below(path: str, root: str) -> str:
    base = root.rstrip(os.sep) + os.sep
    return path[len(base) :] if root and path.startswith(base) else path
