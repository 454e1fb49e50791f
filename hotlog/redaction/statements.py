"""SQL: which of its values belong to a column whose name is hidden, in the text itself and in the parameters beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STATEMENT_MAX_CHARS: Final = 8_192
_INSERT = Pattern(
    r"(?i)\binsert\s{1,3}into\s{1,3}[\w.\"`\[\]]{1,200}\s{0,3}\(([^()]{1,4000})\)\s{1,3}values\s{0,3}(?=\()"
)
_PLACEHOLDER = Pattern(r"%\((\w{1,80})\)s|(?<!:):([a-zA-Z_]\w{0,80})|\$([0-9]{1,3})|%s|\?")
_ALIAS = Pattern(r"#(\w{1,80})")
_SELECT = Pattern(r"(?is)^\s{0,40}select\s{1,9}(?:distinct\s{1,9}|all\s{1,9})?(.{1,4000}?)\s{1,9}from\s")
_COLUMN_OF_SELECT = Pattern(r"(\w{1,80})[\"`\]]?\s{0,9}\Z")
_COMPARED = Pattern(
    r"([\w.]{1,80})[\"`\]]?\s{0,3}(?:=|<>|!=|\blike\b|\bin\b\s{0,3}\()\s{0,3}\Z", re.IGNORECASE
)
_COMPARED_MAX_CHARS: Final = 100
# The values of one row: quoted ones, calls and all else.
_VALUE = Pattern(
    r"\s{0,3}((?:[eEnNbB]?'(?:[^'\\]|''|\\.)*+(?:'|\Z)|\"(?:[^\"\\]|\\.)*+(?:\"|\Z)|[^,()'\"]|\([^()]{0,200}\))*+)([,)]|\Z)",
    re.DOTALL,
)
_NEXT_ROW = Pattern(r"\s{0,3},\s{0,3}\(")
_PARAMETERS = Pattern(r"(?:\bparameters:\s{0,3}|\bwith\s{1,3}|\bparams[:=]\s{0,3}|\bargs[:=]\s{0,3})[\[(]")
_QUOTED = Pattern(r"b?(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")|[^\s,\])]+")
_ROWS_MAX: Final = 1_000
_REREAD_MAX: Final = 4  # so often a text is read in all


def secret_parameters(sql: str, hides: Callable[[str], bool]) -> frozenset[int | str]:
    """Return which of the parameters of a statement are secret: by their place, or by their name.

    Args:
        sql: the statement.
        hides: whether the name of a column says so.
    """
    sql = sql[:_STATEMENT_MAX_CHARS]
    found: set[int | str] = set()
    columns, first, last = _parse_insert(sql)
    beside = 0
    for place, at in enumerate(_PLACEHOLDER.finditer(sql)):
        if columns and first <= at.start() < last:
            column = columns[beside % len(columns)]
            beside += 1
        else:
            compared = _COMPARED.search(sql[max(0, at.start() - _COMPARED_MAX_CHARS) : at.start()])
            column = compared[1] if compared else ""
        name, number = at[1] or at[2], at[3]
        if column and hides(column):
            found.add(name or (int(number) - 1 if number else place))
    return frozenset(found)


def selected_columns(sql: str) -> list[str]:
    """Return the names of the columns that a SELECT gives, in order; none where they are not all written down."""
    found = _SELECT.search(sql[:_STATEMENT_MAX_CHARS])
    if found is None or "*" in found[1] or "(" in found[1]:
        return []
    names = [_COLUMN_OF_SELECT.search(part) for part in found[1].split(",")]
    return [name[1] if name else "" for name in names]


def without_aliases(expression: str, aliases: dict[str, Any]) -> str:
    """Return an expression of DynamoDB with `#alias` replaced by the name that it stands for."""

    def named(found: re.Match[str]) -> str:
        name = aliases.get(found[0])
        return name if type(name) is str else found[0]

    return _ALIAS.sub(named, expression[:_STATEMENT_MAX_CHARS])


def _parse_insert(sql: str) -> tuple[list[str], int, int]:
    """Return the columns that an INSERT names, and where its values begin and end."""
    found = _INSERT.search(sql)
    return (_columns(found[1]), found.end(), len(sql)) if found else ([], 0, 0)


def _columns(text: str) -> list[str]:
    return [name.strip(' \t\r\n"`[]') for name in text.split(",")]


def secret_values(sql: str, hides: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Return where the values stand in a text with a statement that belong to a hidden column: of INSERT, and of parameters behind."""
    left = _REREAD_MAX * len(sql)
    for insert in _INSERT.finditer(sql):
        hidden = [hides(column) for column in _columns(insert[1])]
        if any(hidden):
            end = insert.end() + 1
            if left < 0:  # statements within the values of statements, again and again
                yield end, len(sql)
                break
            spans, read = _values_of_rows(sql, end, hidden)
            left -= read - end
            yield from spans
    given = _PARAMETERS.search(sql)
    if given:
        places = secret_parameters(sql[: given.start()], hides)
        for place, value in enumerate(_QUOTED.finditer(sql, given.end())):
            if place in places:
                yield value.span(value.lastindex or 0)


def _values_of_rows(sql: str, at: int, hidden: list[bool]) -> tuple[list[tuple[int, int]], int]:
    """Return where the values of hidden columns stand, and how far the rows reach."""
    spans = []
    for _ in range(_ROWS_MAX):
        place = 0
        while value := _VALUE.match(sql, at):
            at = value.end()
            if place < len(hidden) and hidden[place]:
                start, end = value.span(1)
                quoted = (
                    sql[start : start + 1] in {"'", '"'} and end - start > 1 and sql[end - 1] == sql[start]
                )
                spans.append((start + 1, end - 1) if quoted else (start, end))
            place += 1
            if value[2] != ",":
                break
        more = _NEXT_ROW.match(sql, at)
        if more is None:
            break
        at = more.end()
    return spans, at
