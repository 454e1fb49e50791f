"""The text of the statement that a frame is at, and which part of it is running: what a traceback prints under a frame.

The compiler says for each instruction which lines and columns it was made of. The statement is the lines of the instruction,
and of all that share a line with these: the call around it, the brackets, the other operand. So nothing is parsed.
"""

from __future__ import annotations

import os
from itertools import islice
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple
from hotlog.source.probeable import is_generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

_KNOWN_MAX: Final = 200
_COOKIE_LINES: Final = 2  # in which a file may say that it is not in UTF-8
_BOM: Final = b"\xef\xbb\xbf"
_COMPOUND: Final = frozenset(
    b"async class def elif else except except* finally for if match try while with case".split()
)
_LONGEST: Final = max(map(len, _COMPOUND))


class FailingStatement(NamedTuple):
    """A statement as its file has it, without the indentation of its first line.

    Attributes:
        text: its lines.
        begin: where in the text the part begins that is running.
        end: behind it; 0: nobody knows the part.
    """

    text: str
    begin: int = 0
    end: int = 0


_NONE: Final = FailingStatement("")
_known: dict[tuple[str, int, str, int], tuple[CodeType, FailingStatement]] = {}


def statement_at(code: CodeType, offset: int) -> FailingStatement:
    """Return the statement that an instruction belongs to; without text where its file cannot be read.

    Args:
        code: what the frame runs.
        offset: of the instruction, in bytes.
    """
    file, name = code.co_filename, code.co_qualname
    if type(file) is not str or type(name) is not str or is_generated(file):
        return _NONE
    key = file, code.co_firstlineno, name, offset
    found = _known.get(key)
    if found is None or found[0] is not code:
        if len(_known) >= _KNOWN_MAX:
            _known.clear()
        found = _known[key] = code, _read(code, offset, file)
    return found[1]


def describe_statement(code: CodeType, offset: int, scrub: Callable[[str], str]) -> dict[str, Any]:
    """Return the fields of a frame that show its statement; none where nobody knows it.

    Args:
        code: what the frame runs.
        offset: of the instruction, in bytes.
        scrub: takes secrets out of a text.
    """
    text, begin, end = statement_at(code, offset)
    if not text:
        return {}
    shown = scrub(text)
    is_marked = shown == text and end
    return {"text": shown, "mark": [begin, end]} if is_marked else {"text": shown}


def _read(code: CodeType, offset: int, file: str) -> FailingStatement:
    lines = _lines_of(file)
    # An instruction takes two bytes.
    at = next(islice(code.co_positions(), offset // 2, None), None) if offset >= 0 else None
    row, end_row, column, end_column = at or (None, None, None, None)
    if not row or not end_row or end_row > len(lines):
        return _NONE
    if column is not None and row < end_row and _is_compound(lines, row, column):
        end_row, column = row, None  # what ends it: its first line says which it is
    first, last = _grow(row, end_row, _list_spans(code, lines))
    first = max(first, row - limits.STATEMENT_MAX_LINES + 1)
    last = min(last, first + limits.STATEMENT_MAX_LINES - 1)
    try:
        whole = [line.decode("utf-8").rstrip("\r") for line in lines[first - 1 : last]]
    except UnicodeDecodeError:
        return _NONE
    indent = len(whole[0]) - len(whole[0].lstrip())
    skipped = [min(indent, len(line) - len(line.lstrip())) for line in whole]
    shown = [line[skip:][: limits.SOURCE_LINE_MAX_CHARS] for line, skip in zip(whole, skipped, strict=True)]
    begin = _place(row - first, column, whole, skipped, shown)
    end = _place(end_row - first, end_column, whole, skipped, shown)
    text = "\n".join(shown).rstrip()
    return FailingStatement(text, begin, end) if 0 <= begin < end <= len(text) else FailingStatement(text)


def _list_spans(code: CodeType, lines: list[bytes]) -> list[tuple[int, int]]:
    """Return the lines that single instructions were made of, where these are several lines of one statement.

    Some instructions at the end of a loop or a `try` are made of all of it: that is more than a statement.
    """
    found = []
    for first, last, column, _ in islice(code.co_positions(), limits.POSITIONS_MAX):
        if not first or not last or column is None or not first < last <= len(lines):
            continue
        if not _is_compound(lines, first, column):
            found.append((first, last))
    return found


def _is_compound(lines: list[bytes], row: int, column: int) -> bool:
    """Return whether a statement that has others in it, or a clause of one, begins there."""
    word = lines[row - 1][column : column + _LONGEST + 1].partition(b" ")[0].partition(b":")[0]
    return word in _COMPOUND


def _grow(first: int, last: int, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the lines of all spans that share a line with these, directly or by another."""
    grows = True
    while grows:
        grows = False
        for begin, end in spans:
            if begin <= last and end >= first and (begin < first or end > last):
                first, last, grows = min(first, begin), max(last, end), True
    return first, last


def _place(row: int, column: int | None, lines: list[str], cut: list[int], shown: list[str]) -> int:
    """Return where in the text that is shown a column of a line is, in bytes as the compiler counts; -1: not in it."""
    if column is None or row >= len(shown):
        return -1
    at = len(lines[row].encode()[:column].decode("utf-8", "replace")) - cut[row]
    if not 0 <= at <= len(shown[row]):
        return -1
    return sum(len(line) + 1 for line in shown[:row]) + at


def _lines_of(file: str) -> list[bytes]:
    """Return the lines of a file; none where it is not there, is no plain file, is too large, or says that it is not in UTF-8."""
    try:
        found = os.stat(file)
        if not S_ISREG(found.st_mode) or found.st_size > limits.SOURCE_MAX_BYTES:
            return []
        with open(file, "rb") as opened:
            lines = opened.read().removeprefix(_BOM).split(b"\n")
    except (OSError, ValueError):
        return []
    says_other = any(b"coding" in line and b"utf" not in line.lower() for line in lines[:_COOKIE_LINES])
    return [] if says_other else lines
