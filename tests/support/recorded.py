"""A recording beside a tracer of Python's own: the same lines, order and values, or what differs.

`python -m tests.support.recorded FILE HANDLER EVENT.json...` says it of a handler in a file of anybody's.
"""

from __future__ import annotations

import ast
import copy
import json
import random
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import hotlog
from hotlog.client.events.recordings import find_recordings, iter_calls
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Self

    from hotlog.client.events.recordings import RecordedCall, RecordedLine

CODE = (BuiltinFunctionType, FunctionType, MethodType, ModuleType, type)
RECORD: dict[str, Any] = {"kind": "record", "id": "w", "limit": None, "per_second": None}
GONE = object()


class Traced:
    """A frame, as the tracer sees it.

    Attributes:
        name: of its function.
        arguments: as they were when it began.
        lines: each with the variables as they were before it and after it.
        value: what it returned.
    """

    def __init__(self, frame: FrameType) -> None:
        self.frame = frame
        self.name = frame.f_code.co_qualname
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        known = copy_variables(frame.f_locals)
        self.arguments = {name: known[name] for name in names if name.isidentifier()}
        self.of_others = {
            *code.co_cellvars,
            *code.co_freevars,
        }  # a line may change them without storing into them
        self.lines: list[tuple[int, dict[str, Any], dict[str, Any]]] = []
        self.line = 0
        self.before: dict[str, Any] = {}
        self.value: object = None


class Reference:
    """A tracer of `sys.settrace`: all frames of one file, in the order in which they begin."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.frames: list[Traced] = []

    def __enter__(self) -> Self:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_fault: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != self._file:
            return None
        known = next((each for each in self.frames if each.frame is frame), None)
        if known is None:
            known = Traced(frame)
            self.frames.append(known)
        now = copy_variables(frame.f_locals)
        if event == "line":
            self._close(known, now)
            known.line, known.before = frame.f_lineno, now
        elif event == "return":
            known.value = arg
            line = known.line
            self._close(known, now)
            known.line, known.before = line, now  # a generator goes on with the same line
        return self._trace

    @staticmethod
    def _close(known: Traced, now: dict[str, Any]) -> None:
        if known.line:
            known.lines.append((known.line, known.before, now))
        known.line = 0


def copy_variables(names: Any) -> dict[str, Any]:
    """Variables as they are now; each with the object, so that a new one is told from the same."""
    return {name: Held(value) for name, value in dict(names).items()}


class Held:
    """An object, and a copy of what it holds if that is plain."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.plain = copy.deepcopy(value) if is_plain(value) else GONE


def is_plain(value: object) -> bool:
    """Whether an event holds it as it is."""
    if type(value) is list:
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(type(key) is str and is_plain(each) for key, each in value.items())
    return value is None or type(value) in {int, bool, float, str}


def find_statements(source: str) -> dict[int, int]:
    """The first line of the statement that each line belongs to, of those without a body."""
    found: dict[int, int] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            found.update(dict.fromkeys(range(node.lineno, (node.end_lineno or 0) + 1), node.lineno))
    return found


def group(lines: list[Any], line_of: Callable[[Any], int], statements: dict[int, int]) -> Iterator[list[Any]]:
    """The lines by the statements that they are of, with those that come again at once: by a jump within, or by passes."""
    found: list[Any] = []
    for each in lines:
        before = line_of(found[-1]) if found else 0
        if found and statements.get(before, before) != statements.get(line_of(each), line_of(each)):
            yield found
            found = []
        found.append(each)
    if found:
        yield found


def list_lines(groups: list[list[Any]], line_of: Callable[[Any], int]) -> list[list[int]]:
    """The lines of each group, each as often as control comes to it from another."""
    found = []
    for each in groups:
        lines = [line_of(one) for one in each]
        found.append([line for place, line in enumerate(lines) if not place or lines[place - 1] != line])
    return found


def compare_call(call: RecordedCall, frame: Traced, statements: dict[int, int]) -> Iterator[str]:
    """What a recording says of a call that is not so, a sentence each."""
    where = f"{frame.name}:"
    if call.qualname != frame.name:
        yield f"{where} it is {call.qualname}"
        return
    for name, held in frame.arguments.items():
        shown = call.args.get(name, GONE)
        if held.plain is not GONE and shown != held.plain:
            yield f"{where} argument {name}: {shown!r}, not {held.plain!r}"
    if call.end == "return" and is_plain(frame.value) and call.value != frame.value:
        yield f"{where} returned {call.value!r}, not {frame.value!r}"
    ours, theirs = (
        [*group(call.lines, lambda each: each.line, statements)],
        [*group(frame.lines, lambda each: each[0], statements)],
    )
    ran, truth = list_lines(ours, lambda each: each.line), list_lines(theirs, lambda each: each[0])
    if ran != truth:
        yield f"{where} lines {ran}, not {truth}"
        return
    for mine, other in zip(ours, theirs, strict=True):
        yield from compare_values(where, mine, other, frame.of_others)


def compare_values(
    where: str, ours: list[RecordedLine], theirs: list[Any], of_others: set[str]
) -> Iterator[str]:
    """What a line has stored, by the recording and by the tracer."""
    line, before, after = ours[0].line, theirs[0][1], theirs[-1][2]
    told: dict[str, Any] = {}
    for each in ours:
        told.update(each.set)
        told.update(dict.fromkeys(each.unset, GONE))
    for name, value in told.items():
        if value is GONE:
            if name in after:
                yield f"{where}{line}: {name} is said to be deleted"
        elif name in after and after[name].plain is not GONE and value != after[name].plain:
            yield f"{where}{line}: {name} = {value!r}, not {after[name].plain!r}"
    for name, held in after.items():
        is_new = name not in before or before[name].value is not held.value
        is_own = name.isidentifier() and not name.startswith("__") and not isinstance(held.value, CODE)
        if is_new and is_own and name not in told and name not in of_others:
            yield f"{where}{line}: {name} = {held.value!r} is not told"


def result_of(call: Callable[[], object]) -> tuple[str, str]:
    """What comes of a call: its result, or its exception with the traceback."""
    try:
        return "returned", repr(call())
    except Exception as fault:  # noqa: BLE001  # whatever the shape raises
        frames = traceback.extract_tb(fault.__traceback__)[1:]
        return "raised", f"{fault!r} {[(each.lineno, each.name, each.colno) for each in frames]}"


def find_differences(probed: Probed, calls: dict[str, Callable[[], object]]) -> list[str]:
    """What recordings of these calls say that a tracer does not see, or the other way round; and results that differ."""
    statements = find_statements(probed.sample.source)
    plain, frames = {}, {}
    for name, call in calls.items():
        plain[name] = result_of(call)
        with Reference(probed.module.__file__) as reference:
            traced = result_of(call)
        assert traced == plain[name], f"{name} has another result each time"
        frames[name] = reference.frames
    probed.apply(hotlog.Rule(**RECORD))
    results: dict[str, tuple[str, str]] = {}
    for name, call in calls.items():
        probed.invoke(lambda: results.update({name: result_of(call)}), request_id=name)  # noqa: B023  # called at once
    probed.apply()
    wrong = [f"{name}: {results[name]}, not {plain[name]}" for name in calls if results[name] != plain[name]]
    recordings = {each.request_id: each for each in find_recordings(probed.events)}
    for name in calls:
        told = sorted(iter_calls(recordings[name].calls), key=lambda call: call.number)
        names, others = [call.qualname for call in told], [frame.name for frame in frames[name]]
        if names != others:
            wrong.append(f"{name}: calls {names}, not {others}")
            continue
        for one, frame in zip(told, frames[name], strict=True):
            wrong += compare_call(one, frame, statements)
    return wrong


def main(file: str, handler: str, *events: str) -> int:
    """Run the command."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Probed(Path(folder), Path(file).read_text("utf-8")) as probed,
    ):
        run = getattr(probed.module, handler)

        def invoke(event: str) -> object:
            random.seed(1)
            return run(json.loads(event), None)

        calls: dict[str, Callable[[], object]] = {
            str(number): partial(invoke, Path(each).read_text("utf-8")) for number, each in enumerate(events)
        }
        wrong = find_differences(probed, calls)
        lines = sum(len(each.steps) for each in find_recordings(probed.events))
    sys.stdout.write("\n".join([*wrong, f"{file}: {lines} steps, {len(wrong)} differences", ""]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
