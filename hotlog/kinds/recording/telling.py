"""A recording as events: its steps in their final form, in parts that fit.

`raised` and `us` are put where they belong, calls are numbered across threads, and a line that had nothing to say is a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, events, limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.events import Event
    from hotlog.kinds.recording.lines import LineTape, Step
    from hotlog.kinds.recording.recorder import Recording
    from hotlog.kinds.recording.sources import Sources


def list_steps(recording: Recording) -> list[Step]:
    """Return the steps of a recording in the form of `docs/events.md`. Texts have been settled."""
    told: list[Step] = []
    calls = 0
    for tape in list(recording.tapes):
        if told or tape.thread:
            told.append({"thread": tape.thread})
        calls += _tell_tape(tape, told, calls)
    return told


def _tell_tape(tape: LineTape, told: list[Step], first: int) -> int:
    """Append the steps of one thread, its calls numbered from `first`; return how many these are."""
    stack: list[list[int]] = []  # of each call that runs: its number, and where its last line stands
    known: dict[int, list[int]] = {}
    calls = 0
    for step in tape.steps[:]:
        kind = type(step)
        if kind is not dict or "line" in step:
            if kind is list:
                told.append({"line": step[0], "set": {step[1]: step[2]}})
            else:
                told.append(step["line"] if kind is dict and len(step) == 1 else step)
            if stack:
                stack[-1][1] = len(told) - 1
        elif "raised" in step:
            at = stack[-1][1] if stack else -1
            if at >= 0:
                line = told[at]
                told[at] = {**({"line": line} if type(line) is int else line), **step}
        else:
            if "call" in step:
                known[calls] = [first + calls, -1]
                stack.append(known[calls])
                calls += 1
            elif "resume" in step:
                stack.append(known[step["resume"]])
            elif stack and "cut" not in step:
                stack.pop()
            told.append({"resume": stack[-1][0]} if "resume" in step else step)
    return calls


def list_parts(steps: list[Step], room: int, begun: int) -> tuple[list[str], int]:
    """Return the steps as JSON, in parts of at most `limits.RECORD_PART_MAX_BYTES`, and how many steps had room.

    Args:
        steps: all of them.
        room: bytes that all parts may take.
        begun: bytes that the first part has besides.
    """
    parts: list[list[str]] = [[]]
    size, count = begun, 0
    for text, length in _iter_written(steps):
        taken = events.size_of(text) + 1
        room -= taken
        if room < 0:
            break
        if size + taken > limits.RECORD_PART_MAX_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += taken
        count += length
    return [",".join(part) for part in parts], count


def _iter_written(steps: list[Step], most: int = 100) -> Iterator[tuple[str, int]]:
    """Yield steps as JSON without brackets, many at once, each small enough for a part; and how many they are."""
    for begin in range(0, len(steps), most):
        some = steps[begin : begin + most]
        text = events.line_of(some)[1:-1]
        if events.size_of(text) <= limits.RECORD_PART_MAX_BYTES // 4 or (
            len(some) == 1 and events.size_of(text) <= limits.RECORD_PART_MAX_BYTES
        ):
            yield text, len(some)
        elif len(some) > 1:
            yield from _iter_written(some, max(1, len(some) // 4))


def describe(
    recording: Recording, told: list[Step], sources: Sources | None, scrub: Callable[[str], str]
) -> Event:
    """Return what the first part says of a recording beside its steps.

    Args:
        recording: it.
        told: its steps.
        sources: where the text of its lines comes from; None: it is left out.
        scrub: takes secrets out of text.
    """
    ended_ns = recording.ended_ns
    files = {plan.code.co_filename for plan in recording.functions}
    shown: Event = {
        "duration_ms": round((ended_ns - recording.begun_ns) / 1e6, 3),
        "cost_ms": round(recording.cost_ns / 1e6, 3),
        "size": {
            "steps": sum(type(each) is int or "line" in each for each in told),
            "calls": sum(tape.calls for tape in recording.tapes),
            "files": len(files),
        },
    }
    if recording.cut:
        shown["cut"] = recording.cut
    shown["functions"] = [
        {"at": plan.at, "qualname": scrub(str.__str__(plan.code.co_qualname))} for plan in recording.functions
    ]
    if recording.errors:
        shown["errors"] = recording.errors
    if sources is not None:
        shown["source"] = _list_source(recording, told, sources, scrub)
    return shown


def _list_source(
    recording: Recording, told: list[Step], sources: Sources, scrub: Callable[[str], str]
) -> dict[str, dict[str, Any]]:
    """Return the text of the lines that ran, by file and number, as far as there is room."""
    ran = _list_ran(told)
    found: dict[str, dict[str, Any]] = {}
    room = limits.RECORD_SOURCE_TOLD_MAX_BYTES
    for number, lines in ran.items():
        plan = recording.functions[number]
        texts = sources.lines.get(plan.code.co_filename, [])
        file = found.setdefault(plan.at.rpartition(":")[0], {})
        for line in sorted(lines):
            if line <= len(texts) and str(line) not in file and room > 0:
                text = scrub(texts[line - 1].strip())[: limits.SOURCE_LINE_MAX_CHARS]
                file[str(line)] = text
                room -= len(text) + 10
    return found


def _list_ran(told: list[Step]) -> dict[int, set[int]]:
    """Return the lines that ran, by the number of their function."""
    ran: dict[int, set[int]] = {}
    stack: list[int] = []
    calls: list[int] = []  # the function of each
    for step in told:
        line = step if type(step) is int else step.get("line")
        if line is not None:
            if stack:
                ran.setdefault(stack[-1], set()).add(line)
        elif "call" in step:
            calls.append(step["call"])
            stack.append(step["call"])
        elif "resume" in step:
            stack.append(calls[step["resume"]])
        elif "thread" in step:
            stack.clear()
        elif stack and "cut" not in step:
            stack.pop()
    return ran
