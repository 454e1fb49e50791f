"""Code beside an event: the lines of a function, with what the event says behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.showing.values import format_value
from hotlog.client.words import escape
from hotlog.errors import LocationError
from hotlog.ui.highlight import highlight
from hotlog.ui.html import Html, el
from hotlog.ui.layout import link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.ui.event_view import Place

_BEHIND_CHARS: Final = 70
_AROUND: Final = 12  # lines, where nobody knows the function


class CodeLines(NamedTuple):
    """Lines of a file, those of one function where it is known."""

    file: str
    first: int
    last: int
    qualname: str

    @property
    def name(self) -> str:
        """Return the name of the function, without those that it is written in."""
        return self.qualname.rpartition("<locals>.")[2]


def render_code_at(
    function: str, code: FunctionCode | None, place: Place, *, part: str = "", hidden: bool = False
) -> Html:
    """Return the code around a place.

    Args:
        function: whose code it is.
        code: its files; None: they cannot be read.
        place: in them, with what is known there.
        part: what a player calls it; empty: there is no player, and values stand behind the lines.
        hidden: until the player comes to it.
    """
    block = _block_of(code, place)
    if code is None or block is None:
        said = f"The code of {place.file or 'this event'} is not among the files of {function}."
        return el("section", el("p", said, class_="dim where-code"), data_part=part or None, hidden=hidden)
    name = f"{block.file}, {block.name or 'lines'} {block.first}-{block.last}"
    head = el("a", name, href=f"{link(function, 'code', block.file)}?line={place.line}")
    behind = {} if part else _values_behind(code, block, place)
    return el(
        "section",
        el("div", head, None if part else _moved(code, place), class_="where-code"),
        el("div", _lines(code, block, 0 if part else place.line, behind), class_="code", tabindex="0"),
        data_part=part or None,
        hidden=hidden,
    )


def _block_of(code: FunctionCode | None, place: Place) -> CodeLines | None:
    """Return the lines to show; None where the file is not there."""
    if code is None or not place.file:
        return None
    try:
        count = len(code.text(place.file).split("\n"))
        statements = code.statements(place.file)
        innermost = code.statement_at(place.file, place.line)
    except LocationError:
        return None
    qualname = place.qualname
    if innermost is not None and not any(each.qualname == qualname for each in statements):
        qualname = innermost.qualname  # a lambda or a comprehension is part of its statement
    of_function = [each for each in statements if each.qualname == qualname and qualname]
    if not of_function:
        return CodeLines(place.file, max(1, place.line - _AROUND), min(count, place.line + _AROUND), "")
    first, last = min(each.line for each in of_function), max(each.end for each in of_function)
    return CodeLines(place.file, first, last, qualname)


def _moved(code: FunctionCode, place: Place) -> Html | None:
    """Return a note where the line reads otherwise now than it did when it ran."""
    now = code.line(place.file, place.line)
    if not place.text or place.text.split("\n")[0].strip() == now:
        return None
    return el(
        "span",
        f" it read `{place.text.splitlines()[0].strip()}` when this ran: the code was deployed anew since",
        class_="warn",
    )


def _lines(code: FunctionCode, block: CodeLines, here: int, behind: dict[int, list[str]]) -> Iterator[Html]:
    marked = highlight(code.parsed(block.file).lines)
    for number in range(block.first, block.last + 1):
        yield el(
            "div",
            el("span", number, class_="no"),
            el("code", marked[number - 1]),
            el("span", "  ".join(behind.get(number, ())), class_="value"),
            class_="line here" if number == here else "line",
            data_line=number,
        )


def _values_behind(code: FunctionCode, block: CodeLines, place: Place) -> dict[int, list[str]]:
    """Return what stands behind each line: a variable where it last got its value before the place, else at the place."""
    try:
        bound = code.bound_lines(block.file, block.qualname) if place.values else {}
    except LocationError:  # of a lambda, or of code that was deployed anew
        bound = {}
    found: dict[int, list[str]] = {}
    for name, value in place.values:
        lines = [line for line in bound.get(name, ()) if line <= place.line]
        text = f"{escape(name)} = {format_value(value, _BEHIND_CHARS)}"
        found.setdefault(lines[-1] if lines else place.line, []).append(text)
    if place.said:
        found.setdefault(place.line, []).insert(0, place.said)
    return found
