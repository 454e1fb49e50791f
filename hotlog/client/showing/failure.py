"""An error, told: what Python says of it, then each frame with its statement, the names that this reads, and the rest in a line.

What was shown before is named, and not shown again: the same payload stands in the variables of most frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.showing.lines import Line, make_line, object_in, objects_in, plain_text, text_in
from hotlog.client.showing.payloads import name_payload
from hotlog.client.showing.statement import ReadStatement, failing_line, read_statement, underline
from hotlog.client.showing.values import format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_FRAME: Final = 2  # columns before each
_CODE: Final = 6
_NAME_CHARS: Final = 7
_LEAST_CHARS: Final = 24  # of a value, however narrow the terminal is
_BESIDE_CHARS: Final = 24  # a value that short stands with its name among the others
_WORTH_NAMING: Final = 40  # a longer text is not shown twice
_NESTED_MAX: Final = 5
_OF_EACH_MODULE: Final = frozenset(
    f"__{name}__"
    for name in (
        "name",
        "doc",
        "package",
        "loader",
        "spec",
        "file",
        "cached",
        "builtins",
        "path",
        "annotations",
    )
)
_COMPREHENSIONS: Final = (
    ".<locals>.<listcomp>",
    ".<locals>.<setcomp>",
    ".<locals>.<dictcomp>",
    ".<locals>.<genexpr>",
)


class ShownFrame(NamedTuple):
    """A frame, those of its comprehensions with it."""

    holder: Mapping[str, Any]
    statement: ReadStatement
    variables: Mapping[str, Any]


class FailureText:
    """Tells an error event.

    Args:
        event: it may come from anywhere: no key is sure.
        width: columns that a line should fit into.
        more: how to read all of the event; empty: nobody can.
        is_compact: of a statement the line that failed alone, beside its place: for those who pay for each character.
    """

    def __init__(self, event: Event, width: int, more: str = "", *, is_compact: bool = False) -> None:
        self._event, self._width, self._more, self._is_compact = event, width, more, is_compact
        self._shown: list[tuple[str, object]] = []
        self._is_cut = False

    def lines(self) -> Iterator[Line]:
        """Yield all lines below the one that says which exception it is."""
        error = object_in(self._event, "error")
        yield from self._said(error, 4)
        for each in objects_in(error, "chain"):
            yield from self._earlier(each)
        yield from self._members(error, 4, _NESTED_MAX)
        yield from self.frames(self._event)
        if self._is_cut and self._more:
            yield make_line(_FRAME, ("dim", f"all of it: {self._more}"))

    def frames(
        self, holder: Mapping[str, Any], indent: int = _FRAME, most: int | None = None
    ) -> Iterator[Line]:
        """Yield the frames of an error, of a member of a group, or of a thread, innermost first."""
        for frame in fold_frames(objects_in(holder, "frames"))[:most]:
            yield from self._frame(frame, indent)

    def _said(self, error: Mapping[str, Any], indent: int) -> Iterator[Line]:
        """Yield what Python says below the first line: the rest of the message, the notes; then the fields."""
        message = text_in(error, "message")
        for line in message.split("\n")[1:]:
            yield make_line(indent, ("error", line))
        notes = error.get("notes")
        for note in notes if isinstance(notes, list) else ():
            for line in str(note).split("\n"):
                yield make_line(indent, ("error", line))
        for name, value in object_in(error, "fields").items():
            if not _is_said(value, message):
                yield self._pair(name, value, indent, 0)

    def _earlier(self, each: Mapping[str, Any]) -> Iterator[Line]:
        how = "because of" if each.get("how") == "cause" else "while handling"
        yield make_line(4, ("dim", f"{how} "), *headline(each), ("place", f"  {place_of(each)}".rstrip()))
        yield from self._said(each, 6)
        statement = read_statement(each)
        if not self._is_compact:
            yield from _code(_CODE + 2, statement)
        yield from self._variables(
            statement, object_in(each, "vars"), _CODE if self._is_compact else _CODE + 2
        )

    def _members(self, error: Mapping[str, Any], indent: int, deepest: int) -> Iterator[Line]:
        members = objects_in(error, "members")
        count = len([each for each in members if "@cut" not in each])
        for number, each in enumerate(members, 1):
            if "@cut" in each:
                self._is_cut = True
                yield make_line(indent, ("mark", format_value(each, self._width)))
                continue
            yield make_line(indent, ("dim", f"{number} of {count}  "), *headline(each))
            yield from self._said(each, indent + 2)
            if deepest:
                yield from self._members(each, indent + 2, deepest - 1)
            yield from self.frames(each, indent + 2)

    def _frame(self, frame: ShownFrame, indent: int) -> Iterator[Line]:
        if "@cut" in frame.holder:
            self._is_cut = True
            yield make_line(indent, ("mark", format_value(frame.holder, self._width)))
            return
        inside = ", in a comprehension" if frame.statement.is_comprehended else ""
        place = place_of(frame.holder) + inside
        if self._is_compact:
            indent, code = indent - _FRAME, indent
            beside = failing_line(frame.statement)
            yield make_line(
                indent, ("place", place_of(frame.holder)), ("code", f"   {beside}" if beside else "")
            )
        else:
            code = indent + _CODE - _FRAME
            yield make_line(indent, ("place", place))
            yield from _code(code, frame.statement)
        yield from self._variables(frame.statement, frame.variables, code)

    def _variables(
        self, statement: ReadStatement, variables: Mapping[str, Any], indent: int
    ) -> Iterator[Line]:
        """Yield the variables that a statement reads, one a line, and the others together."""
        read = [name for name in statement.names if name in variables]
        if not statement.text:
            read = [name for name in variables if name not in {"@cut", "@len"}]
        room = max(_NAME_CHARS, *map(len, read)) if read and not self._is_compact else 0
        for name in read:
            yield self._pair(name, variables[name], indent, room)
        yield from self._others({name: each for name, each in variables.items() if name not in read}, indent)

    def _pair(self, name: str, value: object, indent: int, room: int) -> Line:
        """Return a line with a value: as it is; named, where it was shown or is a known payload; else cut."""
        label = f"{name:<{room}} = "
        if (before := self._find_shown(value)) is not None:
            what = "the same as above" if before == name else f"the same as {before} above"
            return make_line(indent, ("plain", label), ("dim", what))
        self._shown.append((name, value))
        left = max(self._width - indent - len(label), _LEAST_CHARS)
        text = format_value(value, left + 1)
        if len(text) <= left:
            return make_line(indent, ("plain", label), ("value", text))
        self._is_cut = True
        if words := name_payload(value):
            keys = f", {len(value)} keys" if isinstance(value, dict) else ""
            return make_line(indent, ("plain", label), ("value", words), ("dim", keys))
        return make_line(indent, ("plain", label), ("value", format_value(value, left)))

    def _find_shown(self, value: object) -> str | None:
        if (
            not isinstance(value, dict | list | str)
            or len(format_value(value, _WORTH_NAMING + 1)) <= _WORTH_NAMING
        ):
            return None
        return next((name for name, each in self._shown if each == value), None)

    def _others(self, others: Mapping[str, object], indent: int) -> Iterator[Line]:
        """Yield the other variables on one line, or as few as take them: with their values where these are short."""
        words = []
        for name, value in others.items():
            if name in {"@cut", "@len"}:
                continue
            text = format_value(value, _BESIDE_CHARS + 1)
            is_short = len(text) <= _BESIDE_CHARS
            self._is_cut |= not is_short
            words.append(f"{name} = {text}" if is_short else name)
        if "@cut" in others:
            words.append(
                format_value(
                    {key: others[key] for key in ("@cut", "@len") if key in others}, _BESIDE_CHARS * 2
                )
            )
        line = "also: "
        for number, word in enumerate(words):
            more = word + (", " if number < len(words) - 1 else "")
            if len(line) > len("also: ") and indent + len(line) + len(more) > self._width:
                yield make_line(indent, ("dim", line.rstrip()))
                line = " " * len("also: ")
            line += more
        if words:
            yield make_line(indent, ("dim", line))


def headline(error: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Return type and message of an exception as spans: of a message the first line."""
    message = text_in(error, "message").split("\n")[0]
    return [("error", text_in(error, "type")), ("plain", f": {message}" if message else "")]


def place_of(holder: Mapping[str, Any]) -> str:
    """Return where a frame is: file, line and function, without the functions that it is written in."""
    name = text_in(holder, "qualname").rpartition("<locals>.")[2]
    return " ".join(filter(None, (text_in(holder, "at"), name)))


def tell_failure(event: Event, width: int) -> list[str]:
    """Return the lines of an error event as compact plain text, without its first."""
    return [plain_text(line) for line in FailureText(event, width, is_compact=True).lines()]


def _code(indent: int, statement: ReadStatement) -> Iterator[Line]:
    for line in underline(statement):
        if line:
            yield make_line(indent, ("code", line))


def fold_frames(frames: list[dict[str, Any]]) -> list[ShownFrame]:
    """Return the frames, that of a comprehension (3.11 has one) as one with that of the function which it is in."""
    folded: list[ShownFrame] = []
    for frame in frames:
        variables = object_in(frame, "vars")
        if frame.get("qualname") == "<module>":  # what each module has says nothing
            variables = {name: each for name, each in variables.items() if name not in _OF_EACH_MODULE}
        now = ShownFrame(frame, read_statement(frame), variables)
        if folded and _is_comprehension_of(folded[-1].holder, frame):
            inner = folded.pop()
            statement = (inner.statement if inner.statement.end else now.statement)._replace(
                is_comprehended=True
            )
            now = ShownFrame(frame, statement, {**now.variables, **inner.variables})
        folded.append(now)
    return folded


def _is_comprehension_of(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> bool:
    name, text = text_in(inner, "qualname"), text_in(inner, "text")
    return (
        name.endswith(_COMPREHENSIONS)
        and name.rpartition(".<locals>.")[0] == outer.get("qualname")
        and (text or text_in(inner, "at")) == (outer.get("text") or outer.get("at"))
    )


def _is_said(value: object, message: str) -> bool:
    """Return whether a message holds all texts and numbers of a field already."""
    if isinstance(value, dict):
        return all(_is_said(each, message) for key, each in value.items() if key not in {"@type", "@len"})
    if isinstance(value, list):
        return all(_is_said(each, message) for each in value)
    return str(value) in message
