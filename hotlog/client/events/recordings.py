"""Recordings, read back: the parts of one put together, its steps as calls with their lines.

    events ── find_recordings ──> RecordedInvocation ── calls ──> RecordedCall ── lines ──> RecordedLine ── calls ──> …

An event may come from anywhere: what has not the form of a recording is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hotlog.client.events.proofs import REPEATED, is_proven
from hotlog.events import PROOF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hotlog.events import Event

RETURN, RAISE, YIELD = "return", "raise", "yield"


@dataclass(slots=True, eq=False)
class RecordedLine:
    """A line that ran, once.

    Attributes:
        line: its number.
        test: operands of its tests.
        set: what it stored.
        unset: what it deleted.
        raised: number of the exception that came up in it; None: none did.
        us: how long it took, in microseconds; 0: less than a millisecond.
        calls: calls of own functions that it made.
        order: of its step among those of the recording.
    """

    line: int
    test: dict[str, Any] = field(default_factory=dict)
    set: dict[str, Any] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    raised: int | None = None
    us: int = 0
    calls: list[RecordedCall] = field(default_factory=list)
    order: int = 0


@dataclass(slots=True, eq=False)
class RecordedCall:
    """A call of an own function.

    Attributes:
        number: among the calls of the recording.
        file: where the function is.
        first: line of its `def`.
        qualname: its name.
        args: its arguments.
        lines: what it ran, in order; a generator's all together.
        end: how it ended: `return`, `raise`; `yield`: it was left; empty: nobody saw it end.
        value: what it returned.
        raised: number of the exception that it ended in.
        us: as of `RecordedLine`.
        thread: where it ran; empty: in that of the invocation.
        yielded: what it handed over.
        began: the place of its first step among those of the recording.
        ended: likewise of its last.
    """

    number: int
    file: str
    first: int
    qualname: str
    args: dict[str, Any]
    thread: str = ""
    lines: list[RecordedLine] = field(default_factory=list)
    end: str = ""
    value: Any = None
    raised: int | None = None
    us: int = 0
    yielded: list[Any] = field(default_factory=list)
    began: int = 0
    ended: int = 0


@dataclass(frozen=True, eq=False)
class RecordedInvocation:
    """One recording.

    Attributes:
        event: its first part: all but the steps.
        steps: those of all parts.
        missing: how many parts are not there.
    """

    event: Event
    steps: list[Any]
    missing: int

    @property
    def id(self) -> str:
        """Return its id."""
        return str(self.event.get("recording"))

    @property
    def request_id(self) -> str:
        """Return the request that it is of."""
        of = self.event.get("recorded")
        found = of.get("request_id") if isinstance(of, dict) else self.event.get("request_id")
        return found if isinstance(found, str) else ""

    @property
    def is_good(self) -> bool:
        """Return whether it goes along with a bad one."""
        return self.event.get("kept") == "good"

    @cached_property
    def errors(self) -> list[Event]:
        """Return the exceptions, by number."""
        return [each for each in _list_in(self.event, "errors") if isinstance(each, dict)]

    @cached_property
    def calls(self) -> list[RecordedCall]:
        """Return the outermost calls: that of the handler, and those that other threads begin with."""
        return _StepReader(self).read()

    def source(self, file: str, line: int) -> str:
        """Return the text of a line; empty where the recording has not got it."""
        files = self.event.get("source")
        lines = files.get(file) if isinstance(files, dict) else None
        found = lines.get(str(line)) if isinstance(lines, dict) else None
        return found if isinstance(found, str) else ""


def is_further_part(event: Event) -> bool:
    """Return whether an event only goes on with a recording that another one begins."""
    part = event.get("part")
    return "recording" in event and isinstance(part, int) and part > 1


def find_recordings(events: Iterable[Event]) -> list[RecordedInvocation]:
    """Return the recordings among events, in the order of their first parts.

    Parts that are proven make a recording of their own: no other line takes the place of one of them.
    """
    parts: dict[tuple[str, bool], list[Event]] = {}
    for event in events:
        name = event.get("recording")
        if event.get("hotlog") == "record" and isinstance(name, str) and isinstance(event.get("part"), int):
            parts.setdefault((name, is_proven(event)), []).append(event)
    found = []
    for (name, proven), same in parts.items():
        has_true = not proven and (name, True) in parts
        # What is repeated then is of lines that are there.
        by_number = {each["part"]: each for each in same if not (has_true and each.get(PROOF) == REPEATED)}
        first = by_number.get(1)
        if first is None:
            continue  # without it nobody knows what its steps are of
        count = first["parts"] if isinstance(first.get("parts"), int) else len(by_number)
        steps = [step for number in sorted(by_number) for step in _list_in(by_number[number], "steps")]
        head = {name: value for name, value in first.items() if name != "steps"}
        found.append(RecordedInvocation(head, steps, max(0, count - len(by_number))))
    return found


def iter_calls(calls: Iterable[RecordedCall]) -> Iterator[RecordedCall]:
    """Yield calls, and those that they made, in the order in which they began."""
    waiting = list(calls)[::-1]
    while waiting:
        call = waiting.pop()
        yield call
        waiting += [inner for line in reversed(call.lines) for inner in reversed(line.calls)]


class _StepReader:
    """Makes calls of steps, and puts what was told before in the place of `@same`."""

    def __init__(self, recording: RecordedInvocation) -> None:
        self._steps = recording.steps
        self._functions = [each for each in _list_in(recording.event, "functions") if isinstance(each, dict)]
        self._outermost: list[RecordedCall] = []
        self._calls: list[RecordedCall] = []
        self._stack: list[RecordedCall] = []
        self._pending: dict[int, RecordedLine] = {}  # by call: its last line, whose values were read later
        self._told: dict[str, Any] = {}
        self._thread = ""
        self._now = 0

    def read(self) -> list[RecordedCall]:
        """Return the outermost calls."""
        for now, step in enumerate(self._steps):
            self._now = now
            if isinstance(step, bool) or not isinstance(step, int | dict):
                continue
            if isinstance(step, int):
                self._begin_line(RecordedLine(step))
            elif isinstance(step.get("line"), int):
                self._begin_line(_line_of(step))
            elif "thread" in step:
                self._thread, self._stack, self._told = str(step["thread"]), [], {}
            elif isinstance(step.get("call"), int):
                self._begin_call(step)
            elif isinstance(step.get("resume"), int) and 0 <= step["resume"] < len(self._calls):
                self._stack.append(self._calls[step["resume"]])
            else:
                self._end_call(step)
        for call in self._calls:
            self._settle(call)
        return self._outermost

    def _begin_line(self, line: RecordedLine) -> None:
        if not self._stack:
            return
        call = self._stack[-1]
        self._settle(call)
        line.test, line.order = self._resolve(line.test), self._now
        call.lines.append(line)
        self._pending[call.number] = line

    def _begin_call(self, step: Event) -> None:
        number = step["call"]
        function = self._functions[number] if 0 <= number < len(self._functions) else {}
        file, _, first = str(function.get("at", "")).rpartition(":")
        call = RecordedCall(
            len(self._calls),
            file,
            int(first) if first.isascii() and first.isdigit() else 0,
            str(function.get("qualname", "")),
            self._resolve(_dict_in(step, "args")),
            self._thread,
            began=self._now,
        )
        self._calls.append(call)
        if self._stack and self._stack[-1].lines:
            self._stack[-1].lines[-1].calls.append(call)
        else:
            self._outermost.append(call)
        self._stack.append(call)

    def _end_call(self, step: Event) -> None:
        how = next((each for each in (RETURN, RAISE, YIELD) if each in step), "")
        if not how or not self._stack:
            return
        call = self._stack.pop()
        call.end, call.us, call.ended = how, _whole(step.get("us")), self._now
        if how == YIELD:
            call.yielded.append(self._resolve({YIELD: step[YIELD]})[YIELD])
            return
        self._settle(call)
        if how == RAISE:
            call.raised = _whole(step[RAISE])
        else:
            call.value = self._resolve({RETURN: step[RETURN]})[RETURN]

    def _settle(self, call: RecordedCall) -> None:
        """Resolve what the last line of a call has stored: it was read as the next one began."""
        line = self._pending.pop(call.number, None)
        if line is not None:
            line.set = self._resolve(line.set)

    def _resolve(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return values with what was told before in the place of what only says so; and remember them."""
        shown: dict[str, Any] = {}
        for name, value in values.items():
            is_same = isinstance(value, dict) and isinstance(value.get("@same"), str)
            shown[name] = self._told.get(value["@same"], value) if is_same else value
            if isinstance(value, dict | list):
                self._told[name] = shown[name]
        return shown


def _line_of(step: Event) -> RecordedLine:
    raised = step.get("raised")
    return RecordedLine(
        step["line"],
        _dict_in(step, "test"),
        _dict_in(step, "set"),
        [each for each in _list_in(step, "unset") if isinstance(each, str)],
        raised if isinstance(raised, int) else None,
        _whole(step.get("us")),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _dict_in(event: Event, key: str) -> dict[str, Any]:
    found = event.get(key)
    return found if isinstance(found, dict) else {}


def _list_in(event: Event, key: str) -> list[Any]:
    found = event.get(key)
    return found if isinstance(found, list) else []
