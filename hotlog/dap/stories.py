"""What a capture, a trace or a recording shows at each of its steps: frames, with their variables as they were then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.agents.event_text import frames_of
from hotlog.client.events.recordings import find_recordings
from hotlog.client.rule_line import TYPED_LEVEL
from hotlog.client.showing.lines import object_in
from hotlog.client.showing.recording import say_cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.client.events.recordings import RecordedCall, RecordedInvocation
    from hotlog.events import Event

    Values = Mapping[str, Any]

_REQUEST: Final = ("request_id", "function", "version", "env", "duration_ms", "tenant", "correlation_id")


class Frame(NamedTuple):
    """A frame as it was.

    Attributes:
        name: the function.
        at: deployed file and line.
        scopes: names and values, by the name of the scope; the first are the variables.
    """

    name: str
    at: str
    scopes: Mapping[str, Values]


class CaptureStory:
    """The steps of one capture. A plain one has a single step.

    Attributes:
        count: how many steps there are.
        cut: that it ends before what it tells of, and why; empty where it does not.
    """

    count = 1
    cut = ""

    def __init__(self, event: Event) -> None:
        self.event = event

    def frames(self, _step: int) -> list[Frame]:
        """Return the frames at a step, innermost first."""
        event = self.event
        failing = frames_of(event)
        if failing:
            frames = [
                Frame(
                    str(each.get("qualname", "")), str(each["at"]), {"Variables": _values(each.get("vars"))}
                )
                for each in failing
            ]
        else:
            variables = {**_values(event.get("args")), **_values(event.get("vars"))}
            own = Frame(str(event.get("qualname", "")), str(event.get("at", "")), {"Variables": variables})
            stack = event.get("stack")
            callers = [
                Frame(str(each.get("qualname", "")), str(each.get("at", "")), {})
                for each in (stack if isinstance(stack, list) else ())
                if isinstance(each, dict) and "at" in each
            ]
            frames = [own, *(callers[1:] if callers[:1] == [own._replace(scopes={})] else callers)]
        scopes = {**frames[0].scopes, **_further_scopes(event)}
        return [frames[0]._replace(scopes=scopes), *frames[1:]]

    def depth(self, _step: int) -> int:
        """Return how many frames lie on each other at a step."""
        return 1


def _values(values: object) -> dict[str, Any]:
    """Return names and values, without the marks of a cut."""
    return (
        {name: each for name, each in values.items() if name[:1] != "@"} if isinstance(values, dict) else {}
    )


def _further_scopes(event: Event) -> dict[str, Values]:
    watched = {name: each for name, each in _values(event.get("watch")).items() if name != TYPED_LEVEL}
    result: dict[str, Any] = {name: event[name] for name in ("return", "error", "response") if name in event}
    request: dict[str, Any] = {name: event[name] for name in _REQUEST if name in event}
    named: dict[str, Values] = {"Watched": watched, "Result": result, "Request": request}
    return {name: each for name, each in named.items() if each}


class TraceStory(CaptureStory):
    """One call, line by line: at each step a line is about to run, at the last the call has ended."""

    def __init__(self, event: Event) -> None:
        super().__init__(event)
        lines = event.get("lines")
        self._lines = [
            each
            for each in (lines if isinstance(lines, list) else ())
            if isinstance(each, dict) and "line" in each
        ]
        self.count = len(self._lines) + 1
        mark = lines[-1] if isinstance(lines, list) and lines and isinstance(lines[-1], dict) else {}
        if why := mark.get("@cut") or event.get("cut"):
            self.cut = f"not all lines of the call were recorded ({why})"

    def frames(self, step: int) -> list[Frame]:
        """See `CaptureStory.frames`."""
        values = _values(self.event.get("args"))
        for each in self._lines[:step]:
            values |= _values(each.get("set"))
            for name in each.get("unset", ()):
                values.pop(name, None)
        file = str(self.event.get("at", "")).rpartition(":")[0]
        line = self._lines[min(step, len(self._lines) - 1)]["line"] if self._lines else 0
        scopes: dict[str, Values] = {"Variables": values}
        further = _further_scopes(self.event)
        if step < len(self._lines):
            further.pop("Result", None)
        name = str(self.event.get("qualname", ""))
        return [Frame(name, f"{file}:{line}", {**scopes, **further})]


class RecordedMoment(NamedTuple):
    """A moment of a recording.

    Attributes:
        call: the innermost one.
        place: of its line among those that it ran; behind the last: it is over, and its result is known.
        caller: where the call around it was; None: there is none.
        depth: how many calls were under way.
    """

    call: RecordedCall
    place: int
    caller: RecordedMoment | None
    depth: int

    @property
    def has_ended(self) -> bool:
        """Return whether the call is over."""
        return self.place == len(self.call.lines)


class RecordingStory(CaptureStory):
    """A whole invocation: at each step a line is about to run, or a call has ended."""

    def __init__(self, recording: RecordedInvocation) -> None:
        super().__init__(recording.event)
        self._recording = recording
        self._moments = _list_moments(recording.calls)
        if cut := say_cut(object_in(recording.event, "cut")):
            self.cut = f"the recording is {cut.removeprefix('… ')}"
        self.count = len(self._moments)

    def depth(self, step: int) -> int:
        """See `CaptureStory.depth`."""
        return self._moments[step].depth

    def frames(self, step: int) -> list[Frame]:
        """See `CaptureStory.frames`."""
        moment = self._moments[step]
        frames = []
        around: RecordedMoment | None = moment
        while around is not None:
            frames.append(_frame_of(around.call, around.place))
            around = around.caller
        call, scopes = moment.call, dict(frames[0].scopes)
        if moment.has_ended:
            errors = self._recording.errors
            raised = call.raised if call.raised is not None and call.raised < len(errors) else None
            scopes["Result"] = {"error": errors[raised]} if raised is not None else {"return": call.value}
        elif call.lines[moment.place].test:
            scopes["Tested"] = call.lines[moment.place].test
        frames[0] = frames[0]._replace(scopes={**scopes, **_further_scopes(self.event)})
        return frames


def _list_moments(calls: Sequence[RecordedCall]) -> list[RecordedMoment]:
    """Return each line of the calls with the calls that it made, then their ends. Calls may lie in each other a thousand deep."""
    found: list[RecordedMoment] = []
    todo: list[RecordedCall | RecordedMoment] = []
    callers: dict[int, RecordedMoment] = {}  # by the number of a call
    todo += reversed(calls)
    while todo:
        each = todo.pop()
        if isinstance(each, RecordedMoment):
            found.append(each)
            inner = [] if each.has_ended else each.call.lines[each.place].calls
            callers.update((call.number, each) for call in inner)
            todo += reversed(inner)
            continue
        caller = callers.get(each.number)
        depth = 1 if caller is None else caller.depth + 1
        count = len(each.lines) + bool(each.lines and each.end)
        todo += (RecordedMoment(each, place, caller, depth) for place in reversed(range(count)))
    return found


def _frame_of(call: RecordedCall, place: int) -> Frame:
    """Return a frame as it was when a line was about to run, or behind its last one."""
    values = dict(call.args)
    for line in call.lines[:place]:
        for name, value in line.set.items():
            _bind(values, name, value)
        for name in line.unset:
            values.pop(name, None)
    number = call.lines[min(place, len(call.lines) - 1)].line if call.lines else call.first
    return Frame(call.qualname, f"{call.file}:{number}", {"Variables": values})


def _bind(values: dict[str, Any], name: str, value: Any) -> None:
    """Bind a name, or an attribute such as `self.total`: that is shown by its own name, and in the object that has it."""
    values[name] = value
    owner, _, attribute = name.rpartition(".")
    known = values.get(owner)
    if attribute.isidentifier() and isinstance(known, dict) and "@type" in known:
        _bind(values, owner, {**known, attribute: value})


def tell_story(events: Sequence[Event]) -> CaptureStory | None:
    """Return what an event shows; of a recording all its parts must be there, else nothing."""
    event = events[-1]
    if "lines" in event:
        return TraceStory(event)
    if "recording" not in event:
        return CaptureStory(event)
    found = [each for each in find_recordings(events) if each.id == event["recording"] and not each.missing]
    story = RecordingStory(found[0]) if found and not found[0].is_good else None
    return story if story is not None and story.count else None
