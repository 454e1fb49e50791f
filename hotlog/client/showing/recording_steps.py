"""A recording, step by step: which line comes next, and what has which value there.

A step is a line that ran. What it shows is how things are once it has run, without what it called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.showing.lines import make_line
from hotlog.client.showing.recording import name_error
from hotlog.client.showing.values import format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.client.events.recordings import RecordedCall, RecordedInvocation, RecordedLine
    from hotlog.client.showing.lines import Line, Role

_AROUND: Final = 7  # lines above and below
_CODE_WIDTH: Final = 56


class RecordedStep(NamedTuple):
    """A line that ran.

    Attributes:
        call: whose line it is.
        place: among the lines of the call.
        depth: how many calls are around it.
    """

    call: RecordedCall
    place: int
    depth: int

    @property
    def line(self) -> RecordedLine:
        """Return the line."""
        return self.call.lines[self.place]

    @property
    def changes(self) -> bool:
        """Return whether it stored, deleted or raised anything."""
        line = self.line
        return bool(line.set or line.unset or line.raised is not None)


class Stepper:
    """Walks through a recording.

    Args:
        recording: it.
        text_of: returns the text of a line of a file; empty where nobody knows it.
    """

    def __init__(
        self, recording: RecordedInvocation, text_of: Callable[[str, int], str] | None = None
    ) -> None:
        self._recording = recording
        self._text_of = text_of or recording.source
        self.steps = [*_iter_steps(recording.calls, 0)]
        self.at = 0

    def move(self, key: str) -> bool:
        """Go where a key leads; return whether there is such a place.

        Args:
            key: `n`, `p` next, previous change; `s` into the next call, `u` out of this one; `/NAME` the next change of a
                name; `g LINE` the next time that a line runs.
        """
        here = self.steps[self.at] if self.steps else None
        if here is None:
            return False
        ahead = range(self.at + 1, len(self.steps))
        wanted: Callable[[RecordedStep], bool] = lambda step: step.changes  # noqa: E731
        if key == "p":
            ahead = range(self.at - 1, -1, -1)
        elif key == "s":
            wanted = lambda step: step.depth > here.depth  # noqa: E731
        elif key == "u":
            wanted = lambda step: step.depth < here.depth  # noqa: E731
        elif key.startswith("/"):
            name = key[1:].strip()
            wanted = lambda step: name in step.line.set or name in step.line.unset  # noqa: E731
        elif key.startswith("g"):
            number = key[1:].strip()
            wanted = lambda step: str(step.line.line) == number  # noqa: E731
        elif key != "n":
            return False
        found = next((place for place in ahead if wanted(self.steps[place])), None)
        if found is not None:
            self.at = found
        return found is not None

    def screen(self, width: int) -> Iterator[Line]:
        """Yield the screen: the code with the line marked, beside it the names of the call, changed ones marked."""
        if not self.steps:
            yield make_line(0, ("dim", "no line of your code ran"))
            return
        step = self.steps[self.at]
        call, line = step.call, step.line
        yield make_line(
            0,
            ("place", f"{call.file}:{line.line} {call.qualname}"),
            ("dim", f"   step {self.at + 1:,} of {len(self.steps):,}, {step.depth} deep"),
        )
        code = [*self._list_code(step)]
        names = [*self._list_names(step, max(20, width - _CODE_WIDTH - 3))]
        for place in range(max(len(code), len(names))):
            left = code[place] if place < len(code) else ("plain", "")
            right = names[place] if place < len(names) else []
            text = left[1][:_CODE_WIDTH].ljust(_CODE_WIDTH)
            yield make_line(0, (left[0], text), ("dim", " | "), *right)

    def _list_code(self, step: RecordedStep) -> Iterator[tuple[Role, str]]:
        at, file = step.line.line, step.call.file
        for number in range(max(1, at - _AROUND), at + _AROUND + 1):
            mark = ">" if number == at else " "
            role: Role = "code" if number == at else "dim"
            yield role, f"{mark}{number:>5}  {self._text_of(file, number)}"

    def _list_names(self, step: RecordedStep, most: int) -> Iterator[list[tuple[Role, str]]]:
        known: dict[str, Any] = dict(step.call.args)
        for each in step.call.lines[: step.place + 1]:
            known.update(each.set)
            for name in each.unset:
                known.pop(name, None)
        line = step.line
        for name, value in known.items():
            role: Role = "value" if name in line.set else "plain"
            yield [(role, f"{name} = {format_value(value, max(8, most - len(name) - 3))}")]
        for name, value in line.test.items():
            if name not in known:
                yield [("dim", f"{name} = {format_value(value, max(8, most - len(name) - 3))}")]
        if line.raised is not None:
            yield [("error", f"raised {name_error(self._recording, line.raised)}")]


def _iter_steps(calls: list[RecordedCall], depth: int) -> Iterator[RecordedStep]:
    """Yield the lines of calls, each before those of the calls that it made."""
    waiting = [(call, 0, depth) for call in reversed(calls)]
    while waiting:
        call, place, deep = waiting.pop()
        if place < len(call.lines):
            yield RecordedStep(call, place, deep)
            waiting.append((call, place + 1, deep))
            waiting += [(inner, 0, deep + 1) for inner in reversed(call.lines[place].calls)]
