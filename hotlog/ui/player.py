"""What a player walks: the lines of a trace or of a recording in the order in which they ran, each with what it changed.

A step belongs to a scope: the variables of one call. A line that calls own functions is a step before these, and one behind them
where it has stored something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.events.recordings import find_recordings
from hotlog.client.showing.lines import object_in, objects_in, text_in
from hotlog.client.showing.values import format_value
from hotlog.client.words import escape
from hotlog.ui.event_view import parse_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hotlog.client.events.recordings import RecordedCall, RecordedInvocation, RecordedLine
    from hotlog.events import Event

_VALUE_CHARS: Final = 80
_COMPREHENSIONS: Final = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


class Playback(NamedTuple):
    """What a player walks.

    Attributes:
        steps: the lines that ran, as JSON: `scope line set unset test us`.
        scopes: the calls: `file in start`, where `start` holds the arguments.
        left_out: steps beyond those that the page holds.
    """

    steps: list[dict[str, Any]]
    scopes: list[dict[str, Any]]
    left_out: int = 0


def find_recording(event: Event, events: Sequence[Event]) -> RecordedInvocation | None:
    """Return the recording that an event is a part of; None where it is of none.

    Args:
        event: the event.
        events: of its request, the other parts among them.
    """
    name = event.get("recording")
    same = [each for each in events if name and each.get("recording") == name]
    return next(iter(find_recordings(same)), None)


def walk_event(event: Event, recording: RecordedInvocation | None) -> Playback | None:
    """Return what a player walks; None where the event holds no lines."""
    if recording is not None:
        return _walk_recording(recording)
    found = [
        {
            "scope": 0,
            "line": each["line"],
            **_told(object_in(each, "set"), each.get("unset")),
            "us": each.get("us"),
        }
        for each in objects_in(event, "lines")
        if isinstance(each.get("line"), int)
    ]
    if not found:
        return None
    file, _ = parse_at(text_in(event, "at")) or ("", 0)
    return Playback(found, [_scope(file, text_in(event, "qualname"), object_in(event, "args"))])


def _walk_recording(recording: RecordedInvocation) -> Playback | None:
    scopes: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    count = 0
    for step in _iter_steps(recording.calls, scopes):
        count += 1
        if count <= desk_limits.UI_STEPS_MAX:
            steps.append(step)
    return Playback(steps, scopes, count - len(steps)) if steps else None


class _Level(NamedTuple):
    """A call that is walked: its steps and calls, its scope, and the variables of its own where that is another's."""

    inside: Iterator[RecordedCall | dict[str, Any]]
    scope: int
    own: set[str] | None = None


def _iter_steps(calls: Iterable[RecordedCall], scopes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the steps of calls; by a stack of its own, as calls may lie deeper in each other than Python's may.

    A comprehension of Python 3.11 is a call; here it is a part of the function that it is written in, and its variables go with it.
    """
    todo = [_Level(iter(calls), -1)]
    gone: dict[int, set[str]] = {}
    while todo:
        level = todo[-1]
        each = next(level.inside, None)
        if each is None:
            if level.own:
                gone.setdefault(level.scope, set()).update(level.own)
            todo.pop()
        elif isinstance(each, dict):
            if level.own is not None:
                level.own.update(each["set"])
            else:
                left = sorted(gone.pop(level.scope, set()) - set(each["set"]))
                each["unset"] = [*each["unset"], *left]
            yield each
        elif level.scope >= 0 and _is_comprehension_in(each.qualname, scopes[level.scope]["in"]):
            todo.append(_Level(_iter_lines(each, level.scope), level.scope, set()))
        else:
            scopes.append(_scope(each.file, each.qualname, each.args))
            todo.append(_Level(_iter_lines(each, len(scopes) - 1), len(scopes) - 1))


def _is_comprehension_in(qualname: str, function: str) -> bool:
    outer, _, name = qualname.rpartition(".<locals>.")
    return outer == function and name in _COMPREHENSIONS


def _iter_lines(call: RecordedCall, scope: int) -> Iterator[RecordedCall | dict[str, Any]]:
    for line in call.lines:
        if not line.calls:
            yield _step(line, scope)
            continue
        yield {
            "scope": scope,
            "line": line.line,
            "set": {},
            "unset": [],
            "test": _texts(line.test),
            "us": None,
        }
        yield from line.calls
        if line.set or line.unset:
            yield _step(line, scope)


def _step(line: RecordedLine, scope: int) -> dict[str, Any]:
    return {
        "scope": scope,
        "line": line.line,
        **_told(line.set, line.unset),
        "test": _texts(line.test),
        "us": line.us or None,
    }


def _scope(file: str, qualname: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": file, "in": qualname, "start": _texts(arguments)}


def _told(changed: Mapping[str, Any], gone: object) -> dict[str, Any]:
    names = gone if isinstance(gone, list) else []
    return {"set": _texts(changed), "unset": [escape(name) for name in names if isinstance(name, str)]}


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {escape(name): format_value(value, _VALUE_CHARS) for name, value in values.items()}
