"""What a statement reads, which part of it a traceback would underline, and how: from its text alone."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.interpreter.compiling import parse_module

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_WORD: Final = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*")
# What a line of a compound statement lacks, by the word that it begins with.
_BEFORE: Final = {"elif": "if 0:\n pass\n", "except": "try:\n pass\n"}
_TEXT_MAX_CHARS: Final = 4_000
_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class ReadStatement(NamedTuple):
    """What the text of a frame says.

    Attributes:
        text: the statement; empty where nobody knows it.
        begin: where the part begins that was running.
        end: behind it; 0: nobody knows the part.
        names: that it reads, those of the part first.
        is_comprehended: whether the part is inside of a comprehension.
    """

    text: str = ""
    begin: int = 0
    end: int = 0
    names: tuple[str, ...] = ()
    is_comprehended: bool = False


def read_statement(frame: Mapping[str, Any]) -> ReadStatement:
    """Return what the text of a frame says. It may come from anywhere: a text that is no Python is only words."""
    text, mark = frame.get("text"), frame.get("mark")
    if not isinstance(text, str) or not text:
        return ReadStatement()
    begin, end = 0, 0
    if (
        isinstance(mark, list)
        and [type(each) for each in mark] == [int, int]
        and 0 <= mark[0] < mark[1] <= len(text)
    ):
        begin, end = mark
    tree, skipped = _parse(text[:_TEXT_MAX_CHARS])
    if tree is None:
        found = [(match.start(), match[0]) for match in _WORD.finditer(text)]
        return ReadStatement(text, begin, end, _in_order(found, begin, end))
    starts = [0]
    for line in (text + "\n").split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    source = text.encode()

    def place(row: int, column: int) -> int:
        at = row - 1 - skipped
        return len(source[: starts[at] + column].decode("utf-8", "replace")) if 0 <= at < len(starts) else -1

    found, is_comprehended = [], False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            found.append((place(node.lineno, node.col_offset), node.id))
        elif isinstance(node, _COMPREHENSIONS) and end:
            first = place(node.lineno, node.col_offset)
            last = place(node.end_lineno or 0, node.end_col_offset or 0)
            is_comprehended |= first <= begin and end <= last and (first, last) != (begin, end)
    return ReadStatement(text, begin, end, _in_order(found, begin, end), is_comprehended)


def underline(shown: ReadStatement) -> tuple[str, ...]:
    """Return the lines of the text, with one below that marks the part as a traceback does, where that is within a line."""
    lines = shown.text.split("\n")
    if not shown.end or shown.text[shown.begin : shown.end].strip() == shown.text.strip():
        return tuple(lines)
    row = shown.text.count("\n", 0, shown.begin)
    part = shown.text[shown.begin : shown.end]
    if "\n" in part:
        return tuple(lines)
    column = shown.begin - (shown.text.rfind("\n", 0, shown.begin) + 1)
    return (*lines[: row + 1], " " * column + _carets(part), *lines[row + 1 :])


def failing_line(shown: ReadStatement) -> str:
    """Return the line of the text where the part begins."""
    return shown.text.split("\n")[shown.text.count("\n", 0, shown.begin)].strip()


def _carets(part: str) -> str:
    """Return the marks below an expression: `^` where it fails, `~` below what it is applied to."""
    tree, _ = _parse(part)
    node = (
        tree.body[0].value if tree is not None and tree.body and isinstance(tree.body[0], ast.Expr) else None
    )
    before = 0
    if isinstance(node, ast.Subscript):
        before = node.value.end_col_offset or 0
    elif isinstance(node, ast.Call):
        before = node.func.end_col_offset or 0
    elif isinstance(node, ast.BinOp):
        left, right = node.left.end_col_offset or 0, node.right.col_offset
        operator = part[left:right].strip(" ()")
        at = part.find(operator, left)
        return (
            "~" * at + "^" * len(operator) + "~" * (len(part) - at - len(operator))
            if part.isascii()
            else "^" * len(part)
        )
    if not part.isascii():
        before = 0
    return "~" * before + "^" * (len(part) - before)


def _in_order(found: list[tuple[int, str]], begin: int, end: int) -> tuple[str, ...]:
    """Return the names as they stand in the text, those of the part first."""
    found.sort(key=lambda each: (not begin <= each[0] < end, each[0]))
    return tuple(dict.fromkeys(name for _, name in found))


def _parse(text: str) -> tuple[ast.Module | None, int]:
    """Return the tree of a statement, or of the line that a compound one begins with; and how many lines are put before."""
    word = re.split(r"\W", text, maxsplit=1)[0]
    before = _BEFORE.get(word, "")
    for tail in ("", "\n pass"):
        try:
            return parse_module(f"{before}{text}{tail}"), before.count("\n")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None, 0
