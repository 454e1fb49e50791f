"""A recording as one sequence: the steps that its calls took, and the values that were seen on the way.

A step is a line that ran, with the line of the same call that ran before it: so a loop is a few steps however often it goes round,
and two requests took the same way where they have the same steps. Calls are told apart by the chain of functions that leads to them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.events.recordings import RecordedCall, RecordedInvocation, RecordedLine

    StepKey = tuple[tuple[str, ...], int, str]
    ValueKey = tuple[tuple[str, ...], int, str, str]

_END: Final = math.inf  # of a call whose end nobody saw


class Step(NamedTuple):
    """One step.

    Attributes:
        chain: the functions that lead to it, outermost first.
        before: the line of the same call that ran before; 0: none did.
        what: `line 35`, `raised KeyError`, `return`, `raise`: what happened there.
        call: the call that it belongs to.
        place: of the line in that call.
    """

    chain: tuple[str, ...]
    before: int
    what: str
    call: RecordedCall
    place: int

    @property
    def key(self) -> StepKey:
        """Return what tells it from other steps, whichever recording it is in."""
        return self.chain, self.before, self.what

    @property
    def line(self) -> RecordedLine | None:
        """Return the line that it is; None where the call has run none."""
        return self.call.lines[self.place] if self.call.lines else None


class SeenValue(NamedTuple):
    """A value that was seen.

    Attributes:
        chain: as of `Step`.
        line: where; of an argument and a result the function's first line.
        role: `argument`, `test`, `set` or `result`.
        name: of the variable, or the text of the operand.
        value: it.
        call: the call.
        place: of the line in the call; -1: before its first.
        order: its place among all values of the recording.
    """

    chain: tuple[str, ...]
    line: int
    role: str
    name: str
    value: Any
    call: RecordedCall
    place: int
    order: int

    @property
    def key(self) -> ValueKey:
        """Return what tells it from other values, whichever recording it is in."""
        return self.chain, self.line, self.role, self.name


class Taken(NamedTuple):
    """What one recording took.

    Attributes:
        recording: the recording.
        steps: its steps, in order; of equal ones the first.
        values: what was seen, in order.
        parents: by the number of a call: the call and the index of the line that made it.
        longest_us: by chain and line: how long it took at most, in microseconds, without the own calls that it made.
    """

    recording: RecordedInvocation
    steps: tuple[Step, ...]
    values: tuple[SeenValue, ...]
    parents: dict[int, tuple[RecordedCall, int]]
    longest_us: dict[tuple[tuple[str, ...], int], int]


def read_taken(recording: RecordedInvocation) -> Taken:
    """Return what a recording took, in the thread of the invocation."""
    steps: dict[StepKey, Step] = {}
    values: list[SeenValue] = []
    parents: dict[int, tuple[RecordedCall, int]] = {}
    longest: dict[tuple[tuple[str, ...], int], int] = {}
    # A generator's lines stand in one call, and run between those of others: so all parts are put in the order of time.
    parts = [part for call, chain in _iter_calls(recording) for part in _parts_of(call, chain, recording)]
    cut = next((number for number, step in enumerate(recording.steps) if _is_cut(step)), _END)
    for moment, part in sorted(parts, key=lambda each: each[0]):
        if moment[0] > cut:
            break  # from here on there are calls alone
        if isinstance(part, Step):
            steps.setdefault(part.key, part)
        else:
            values.append(part._replace(order=len(values)))
    for call, chain in _iter_calls(recording):
        for index, line in enumerate(call.lines):
            for inner in line.calls:
                parents[inner.number] = (call, index)
            own_us = max(0, line.us - sum(each.us for each in line.calls))
            longest[chain, line.line] = max(longest.get((chain, line.line), 0), own_us)
    return Taken(recording, tuple(steps.values()), tuple(values), parents, longest)


def _iter_calls(recording: RecordedInvocation) -> Iterator[tuple[RecordedCall, tuple[str, ...]]]:
    """Yield calls with the chain of functions that leads to them; a function that calls itself stands there once."""
    waiting: list[tuple[RecordedCall, tuple[str, ...]]] = [
        (call, ()) for call in recording.calls if not call.thread
    ]
    while waiting:
        call, above = waiting.pop()
        name = f"{call.file}:{call.qualname}"
        chain = above if above and above[-1] == name else (*above, name)
        yield call, chain
        waiting += [(inner, chain) for line in call.lines for inner in line.calls]


def _parts_of(
    call: RecordedCall, chain: tuple[str, ...], recording: RecordedInvocation
) -> Iterator[tuple[tuple[float, int], Step | SeenValue]]:
    """Yield the steps and values of a call, each with its moment. What a line did is known as the next one begins."""
    for name, value in call.args.items():
        yield (call.began, 0), SeenValue(chain, call.first, "argument", name, value, call, -1, 0)
    before = 0
    for index, line in enumerate(call.lines):
        yield (line.order, 0), Step(chain, before, f"line {line.line}", call, index)
        for name, value in line.test.items():
            yield (line.order, 1), SeenValue(chain, line.line, "test", name, value, call, index, 0)
        after = call.lines[index + 1].order if index + 1 < len(call.lines) else call.ended or _END
        if line.raised is not None:
            what = f"raised {_error_of(recording, line.raised)}"
            yield (after - 0.5, 0), Step(chain, line.line, what, call, index)
        for name, value in line.set.items():
            yield (after - 0.5, 1), SeenValue(chain, line.line, "set", name, value, call, index, 0)
        before = line.line
    if call.end in {"return", "raise"}:
        ending = f"raise {_error_of(recording, call.raised or 0)}" if call.end == "raise" else call.end
        yield (call.ended, 0), Step(chain, before, ending, call, len(call.lines) - 1)
    if call.end == "return":
        yield (
            (call.ended, 1),
            SeenValue(chain, call.first, "result", "", call.value, call, len(call.lines) - 1, 0),
        )


def _is_cut(step: object) -> bool:
    return isinstance(step, dict) and "cut" in step


def _error_of(recording: RecordedInvocation, number: int) -> str:
    errors = recording.errors
    return str(errors[number].get("type", "")) if 0 <= number < len(errors) else ""
