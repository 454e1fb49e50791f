"""A recording, told as a story: one line a call, a decision, a changed name; what comes again is told once.

    place_order                                               app.py:52
    │ lines = [Line(sku='tea-sencha', quantity=12)]
    │ earlier = None                   earlier is not None? on to line 62
    ├ stock.reserved                                          stock.py:50

A loop's first pass is told in full, then each that goes another way; of the others how many there were. Lines on which nothing
is stored, decided or called are left out, and so are values that were told before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.events.recordings import RAISE, RETURN
from hotlog.client.showing.lines import make_line, object_in, text_in
from hotlog.client.showing.payloads import name_payload
from hotlog.client.showing.values import fields_of, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotlog.client.events.recordings import RecordedCall, RecordedInvocation, RecordedLine
    from hotlog.client.showing.lines import Line, Role
    from hotlog.events import Event

    Row = tuple[str, list[tuple[Role, str]]]  # what it hangs on, and what it says

_DECIDES: Final = ("if ", "elif ", "while ")
_SO_COLUMN: Final = 36
_PLACE_COLUMN: Final = 62
_DEEPEST: Final = 100
_WHY_CUT: Final = {
    "time": "its time is used up",
    "steps": "so many are taken down",
    "size": "its room is used up",
    "time-out": "the time of the invocation was nearly up",
}


def summarize(recording: RecordedInvocation) -> str:
    """Return what a recording is of, in a line: `POST /orders -> 201 in 6.1 ms`."""
    root = recording.calls[0] if recording.calls else None
    what = name_payload(_payload_of(root)) if root is not None else ""
    end = _end_of(root, recording, is_alone=True) if root is not None else ""
    took = recording.event.get("duration_ms")
    took = f" in {format_value(round(took, 1), 20)} ms" if isinstance(took, int | float) else ""
    name = what or (root.qualname if root is not None else "") or "no own code ran"
    return f"{name}{end}{took}"


def describe_size(recording: RecordedInvocation) -> str:
    """Return how much a recording holds: `116 steps, 19 calls, 5 files`."""
    size = object_in(recording.event, "size")
    known = [(size.get(name), name) for name in ("steps", "calls", "files")]
    return ", ".join(
        f"{count:,} {name if count != 1 else name[:-1]}" for count, name in known if isinstance(count, int)
    )


def say_cut(cut: Event) -> str:
    """Return where and why a recording ends before its invocation does; empty where it does not."""
    after, why = cut.get("after"), text_in(cut, "why")
    if not why:
        return ""
    at = f" at step {after:,}" if isinstance(after, int) else ""
    more = "" if why in {"time-out", "size"} else ": from here on calls only"
    return f"… cut{at} ({_WHY_CUT.get(why, why)}){more}"


def tell_recording(
    recording: RecordedInvocation, most: int | None = desk_limits.STORY_MAX_LINES
) -> Iterator[Line]:
    """Yield a recording's story.

    Args:
        recording: it.
        most: lines; None: all of them.
    """
    rows = [*_Story(recording).rows()]
    shown = rows if most is None or len(rows) <= most + 1 else rows[:most]
    for hangs_on, spans in shown:
        yield make_line(2, ("dim", hangs_on), *spans)
    if len(shown) < len(rows):
        yield make_line(2, ("dim", f"… {len(rows) - len(shown):,} more: --all"))
    if cut := say_cut(object_in(recording.event, "cut")):
        yield make_line(2, ("mark", cut))
    if recording.missing:
        yield make_line(2, ("mark", f"… {recording.missing} of its parts are not in the log (yet)"))


class _Story:
    """Tells one recording."""

    def __init__(self, recording: RecordedInvocation) -> None:
        self._recording = recording
        self._told: set[str] = set()  # values, as text
        self._raised: set[int] = set()  # exceptions that were told

    def rows(self) -> Iterator[Row]:
        """Yield all rows."""
        for call in self._recording.calls:
            if call.thread:
                yield "", [("dim", f"in thread {call.thread}")]
            yield from self._tell_call(call, None, "", "", 0)

    def _tell_call(
        self, call: RecordedCall, caller: RecordedCall | None, first: str, rest: str, depth: int
    ) -> Iterator[Row]:
        title = self._title(call, caller)
        place = f"{call.file}:{call.first}"
        gap = max(2, _PLACE_COLUMN - len(first) - sum(len(text) for _, text in title) - 2)
        yield first, [*title, ("dim", f"{' ' * gap}{place}")]
        if depth < _DEEPEST:
            yield from self._tell_lines(call, call.lines, {}, rest, depth)

    def _title(self, call: RecordedCall, caller: RecordedCall | None) -> list[tuple[Role, str]]:
        name = call.qualname.replace("<locals>.", "")
        if "." not in name and (caller is None or caller.file != call.file):
            name = f"{call.file.rpartition('/')[2].removesuffix('.py')}.{name}"
        arguments = self._list_arguments(call, is_root=caller is None)
        end = _end_of(call, self._recording)
        return [("code", f"{name}{f'({arguments})' if arguments else ''}"), ("value", end)]

    def _list_arguments(self, call: RecordedCall, *, is_root: bool) -> str:
        """Return the arguments that were not told before; of the handler its event in words."""
        shown = []
        for name, value in call.args.items():
            words = name_payload(value) if is_root else ""
            if words:
                self._told.add(repr(value))
            elif (text := self._tell_value(value, desk_limits.STORY_ARGUMENT_MAX_CHARS)) and name not in {
                "self",
                "cls",
                "context",
            }:
                words = text
            if words:
                shown.append(f"{name} = {words}")
        return ", ".join(shown)

    def _tell_value(self, value: Any, most: int) -> str:
        """Return a value as text; empty where it was told before, or says nothing."""
        key = repr(value)
        if key in self._told or (isinstance(value, dict) and "@same" in value):
            return ""
        if isinstance(value, dict | list | str):
            self._told.add(key)
        return format_value(value, most)

    def _tell_lines(
        self, call: RecordedCall, lines: Sequence[RecordedLine], known: dict[str, Any], rest: str, depth: int
    ) -> Iterator[Row]:
        """Yield the rows of a call's lines, or of some of them; passes of a loop that go the same way once."""
        at = 0
        while at < len(lines):
            passes = _list_passes(lines, at)
            if len(passes) < 2:  # noqa: PLR2004  # it is no loop
                following = lines[at + 1].line if at + 1 < len(lines) else 0
                yield from self._tell_line(call, lines[at], following, known, rest, depth)
                at += 1
                continue
            seen: set[tuple[int, ...]] = set()
            alike = 0
            for begin, end in passes[:-1]:
                way = tuple(each.line for each in lines[begin:end])
                if way in seen:
                    alike += 1
                    for each in lines[begin:end]:
                        known.update(each.set)
                    continue
                seen.add(way)
                following = lines[begin + 1].line if begin + 1 < len(lines) else 0
                yield from self._tell_line(call, lines[begin], following, known, rest, depth)
                yield from self._tell_lines(call, lines[begin + 1 : end], known, rest, depth)
            if alike:
                yield f"{rest}│ ", [("dim", f"x {alike:,} more, the same way")]
            begin = passes[-1][0]
            following = lines[begin + 1].line if begin + 1 < len(lines) else 0
            yield from self._tell_line(call, lines[begin], following, known, rest, depth)
            at = begin + 1

    def _tell_line(
        self,
        call: RecordedCall,
        line: RecordedLine,
        following: int,
        known: dict[str, Any],
        rest: str,
        depth: int,
    ) -> Iterator[Row]:
        source = self._recording.source(call.file, line.line).strip()
        if line.test and source.startswith(_DECIDES):
            yield self._tell_test(line, following, source, rest)
        for inner in line.calls:
            yield from self._tell_call(inner, call, f"{rest}├ ", f"{rest}│ ", depth + 1)
        if line.raised is not None and line.raised not in self._raised:
            self._raised.add(line.raised)
            if line.raised == call.raised:
                return  # its title says so; and the line has stored nothing
            yield (
                f"{rest}│ ",
                [
                    ("error", f"raised {name_error(self._recording, line.raised)}"),
                    ("dim", f"   line {line.line}"),
                ],
            )
        for name, value in line.set.items():
            before = known.get(name)
            is_known = name in known
            known[name] = value
            if is_known and before == value:
                continue
            if text := self._tell_value(value, desk_limits.STORY_VALUE_MAX_CHARS):
                old = (
                    f"{format_value(before, desk_limits.STORY_ARGUMENT_MAX_CHARS)} -> "
                    if is_known and _is_plain(before)
                    else ""
                )
                way = f"{name} {old}" if old else f"{name} = "
                yield f"{rest}│ ", [("code", way), ("value", text)]

    def _tell_test(self, line: RecordedLine, following: int, source: str, rest: str) -> Row:
        """Return the row of a decision: its operands, and where they led."""
        operands = ", ".join(
            f"{name} = {format_value(value, desk_limits.STORY_ARGUMENT_MAX_CHARS)}"
            for name, value in line.test.items()
        )
        gap = max(2, _SO_COLUMN - len(rest) - len(operands))
        test = source.partition(" ")[2].rstrip(":")
        asked = "" if list(line.test) == [test] else f"{test[: desk_limits.STORY_VALUE_MAX_CHARS]}? "
        # The line that comes next is known, and no more: a body may begin behind a comment, or be a test of several lines.
        led = f"on to line {following}" if following and line.raised is None else ""
        return f"{rest}│ ", [("value", operands), ("dim", f"{' ' * gap}{asked}{led}".rstrip())]


def _list_passes(lines: Sequence[RecordedLine], at: int) -> list[tuple[int, int]]:
    """Return where each pass of the loop begins and ends whose header stands there; the last one leads out of it."""
    starts = [place for place in range(at, len(lines)) if lines[place].line == lines[at].line]
    return [*zip(starts, [*starts[1:], len(lines)], strict=True)]


def _payload_of(call: RecordedCall) -> Any:
    return next(iter(call.args.values()), None)


def _end_of(call: RecordedCall, recording: RecordedInvocation, *, is_alone: bool = False) -> str:
    """Return how a call ended: ` -> 12053`, ` raised KeyError: 'sku'`; empty where it returned nothing.

    Args:
        call: the call.
        recording: that it is of.
        is_alone: no calls below it are shown, of which one has said what the exception says.
    """
    if call.end == RAISE and call.raised is not None:
        comes_from_below = not is_alone and any(
            each.raised == call.raised for line in call.lines for each in line.calls
        )
        said = name_error(recording, call.raised)
        return f" raised {said.partition(':')[0] if comes_from_below else said}"
    if call.end != RETURN or call.value is None:
        return ""
    status = fields_of(call.value).get("statusCode")
    return f" -> {format_value(status if status is not None else call.value, desk_limits.STORY_ARGUMENT_MAX_CHARS)}"


def name_error(recording: RecordedInvocation, number: int) -> str:
    """Return an exception in words: its type, and the first line of what it says."""
    error = recording.errors[number] if 0 <= number < len(recording.errors) else {}
    message = text_in(error, "message").partition("\n")[0]
    return f"{text_in(error, 'type')}{f': {message[: desk_limits.STORY_VALUE_MAX_CHARS]}' if message else ''}"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)
