"""What a value is, by what stands beside it: parameters beside a statement, rows below a header, the data of a Secret.

Only exact builtin lists, tuples and dicts are looked into. What is hidden is taken out of a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.redaction.secret_names import NAMING_FIELDS
from hotlog.redaction.statements import secret_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REDACTED: Final = "@redacted"
# Names of values, in small letters, that another name beside them says something of.
_PARAMETERS: Final = frozenset(
    {"params", "parameters", "args", "values", "seq_of_params", "bind_params", "bindings"}
)
_ROWS: Final = frozenset({"row", "rows", "data", "records", "values", "items", "result"})
_MANIFEST: Final = frozenset({"data", "stringdata"})
BESIDE: Final = _PARAMETERS | _ROWS | _MANIFEST | {"value"}
_STATEMENTS: Final = frozenset(
    {"statement", "sql", "query", "operation", "stmt", "text", "clause", "sqlstatement"}
)
_HEADERS: Final = frozenset(
    {
        "columns",
        "header",
        "headers",
        "fields",
        "columnmetadata",
        "column_names",
        "description",
        "names",
        "fieldnames",
    }
)
_NAME_KEYS: Final = ("name", "Name", "label", "columnName")
_NAME_MAX_CHARS: Final = 60
_COLUMNS_MAX: Final = 200


class Neighbours:
    """Takes out of values what their neighbours say is secret.

    Args:
        hides: whether a name is that of a secret.
    """

    __slots__ = ("_hides",)

    def __init__(self, hides: Callable[[str], bool]) -> None:
        self._hides = hides

    def without(self, name: str, value: Any, pairs: Iterable[tuple[Any, Any]]) -> Any:
        """Return the value without what is secret by its neighbours; itself where nothing is.

        Args:
            name: its name, in small letters, one of `BESIDE`.
            value: any value.
            pairs: all names and values of which it is one.
        """
        for other, beside in pairs:
            if type(other) is not str or len(other) > limits.VARIABLES_MAX:
                continue
            key = other.lower()
            if name in _MANIFEST and key == "kind" and type(beside) is str and beside == "Secret":
                return REDACTED
            if name in _PARAMETERS and key in _STATEMENTS and type(beside) is str:
                places = secret_parameters(beside, self._hides)
                return self._without_parameters(value, places) if places else value
            if name in _ROWS and key in _HEADERS and (hidden := self._hidden_columns(beside)):
                return _without_columns(value, hidden)
        return value

    def below_header(self, rows: list[Any]) -> list[Any]:
        """Return the rows of a table without the columns that its first row says are secret."""
        first = rows[0]
        if not 1 < len(first) <= _COLUMNS_MAX or not _is_sequence(rows[1]) or len(rows[1]) != len(first):
            return rows
        if not all(type(name) is str and len(name) <= _NAME_MAX_CHARS for name in first):
            return rows
        hidden = self._hidden_columns(first)
        return [first, *(_without_places(row, hidden) for row in rows[1:])] if hidden else rows

    def _hidden_columns(self, header: Any) -> frozenset[int | str]:
        """Return the places of the columns whose names are hidden."""
        if type(header) is not list and type(header) is not tuple:
            return frozenset()
        return frozenset(
            place
            for place, name in enumerate(map(_name_of, header[:_COLUMNS_MAX]))
            if name and self._hides(name)
        )

    def _without_parameters(self, value: Any, places: frozenset[int | str]) -> Any:
        kind = type(value)
        if kind is dict:
            if not _has_plain_keys(value):
                return value
            return {name: REDACTED if name in places else each for name, each in value.items()}
        if kind is not list and kind is not tuple:
            return value
        if value and _has_plain_keys(value[0]) and any(key in value[0] for key in NAMING_FIELDS):
            return [_without_named(each, places) for each in value[: limits.COLLECTION_MAX_ITEMS]]
        if value and (_is_sequence(value[0]) or type(value[0]) is dict):
            return kind(
                self._without_parameters(each, places) for each in value[: limits.COLLECTION_MAX_ITEMS]
            )
        return _without_places(value, places)


def _without_named(parameter: Any, places: frozenset[int | str]) -> Any:
    """`{"name": "p", "value": …}` without its value, where the name is one of those."""
    if _has_plain_keys(parameter) and any(
        type(parameter.get(key)) is str and parameter[key] in places for key in _NAME_KEYS
    ):
        return {key: each if key in _NAME_KEYS else REDACTED for key, each in parameter.items()}
    return parameter


def _name_of(column: Any) -> str:
    """Return the name of a column: text, the first of a tuple, or a field of a description."""
    kind = type(column)
    if (kind is tuple or kind is list) and column:
        column = column[0]
    elif _has_plain_keys(column):
        column = next((column[key] for key in _NAME_KEYS if key in column), "")
    return column if type(column) is str and len(column) <= _NAME_MAX_CHARS else ""


def _without_columns(value: Any, hidden: frozenset[int | str]) -> Any:
    """Return a row, or rows, without these columns."""
    kind = type(value)
    if (kind is list or kind is tuple) and value and _is_sequence(value[0]):
        return kind(_without_places(row, hidden) for row in value[: limits.COLLECTION_MAX_ITEMS])
    return _without_places(value, hidden)


def _without_places(row: Any, places: frozenset[int | str]) -> Any:
    kind = type(row)
    if kind is not list and kind is not tuple:
        return row
    return kind(REDACTED if place in places and each is not None else each for place, each in enumerate(row))


def _is_sequence(value: object) -> bool:
    kind = type(value)  # compared by identity: a metaclass may have a hash of its own
    return kind is list or kind is tuple


def _has_plain_keys(value: Any) -> bool:
    """Return whether it is a dict whose keys are text: looking up others would run their code."""
    return type(value) is dict and len(value) <= _COLUMNS_MAX and all(type(key) is str for key in value)
