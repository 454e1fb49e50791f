"""What a value is, by what stands beside it: parameters beside a statement, rows below a header, the data of a Secret.

Only exact builtin lists, tuples and dicts are looked into. What is hidden is taken out of a copy.
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.redaction.secret_names import NAMING_FIELDS, NAMING_MAX_CHARS
from hotlog.redaction.shown_values import is_shown
from hotlog.redaction.statements import secret_parameters, selected_columns, without_aliases
from hotlog.redaction.text_values import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Names of values, in small letters, that another name beside them says something of.
_PARAMETERS: Final = frozenset(
    "params parameters args values seq_of_params bind_params bindings binds sql_params query_params query_args expressionattributevalues "
    "rows records vals binding batch".split()
)
_ROWS: Final = frozenset(
    "row rows record data records vals values items entry entries result results".split()
)
_MANIFEST: Final = frozenset({"data", "stringdata"})
NAMED_VALUES: Final = frozenset(
    "value values stringvalue binaryvalue new_value newvalue old_value oldvalue current_value previous_value attributevalue parametervalue "
    "attribute_value attr_value parameter_value param_value headervalue header_value fieldvalue field_value env_value input v val default".split()
)
# Of a JSON Web Key: what is private in it.
_OF_JWK: Final = frozenset("d dp dq k p q qi".split())
BESIDE: Final = _PARAMETERS | _ROWS | _MANIFEST | NAMED_VALUES | _OF_JWK
BESIDE_MAX_CHARS: Final = max(map(len, BESIDE))
_STATEMENTS: Final = frozenset(
    "statement sql query q operation stmt text clause sqlstatement updateexpression filterexpression keyconditionexpression "
    "conditionexpression".split()
)
_ARGUMENTS: Final = "args"
_LOGGED: Final = "msg"  # of a log record: what its `args` are put into
_ALIASES: Final = "expressionattributenames"
_LOCATION: Final = "loc"  # where a validator found a fault: a list of names
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
        "keys",
    }
)
_NAME_KEYS: Final = ("name", "Name", "label", "columnName")
_NAME_MAX_CHARS: Final = 60
_KEY_MAX_CHARS: Final = 200
_LOGGED_MAX_CHARS: Final = 2_000
PAIRS_MAX: Final = 1_000  # so many names beside a value are looked at
_SPELT_MAX: Final = 3
_COLUMNS_MAX: Final = 200
_MARKS: Final = (":", "@", "$")  # before the name of a parameter
_STATEMENT_SIZE: Final = 2  # a statement and its parameters
_BESIDE_STATEMENTS: Final = _PARAMETERS | _ROWS


_PUT_INTO = Pattern(r"([A-Za-z_][\w-]{0,60})[\"']?\s?[=:]\s?[\"']?%")
_PLACES = Pattern(r"(?i)\A\s{0,40}(?:insert|update|select|delete|merge|replace|with)\s")
_WRITES = Pattern(r"(?i)\A\s{0,40}(?:insert|update|merge|replace)\s")


def find_telling(name: str) -> frozenset[str]:
    """Return the names, in small letters, that may say something of a value of this name when they stand beside it.

    Args:
        name: in small letters, one of `BESIDE`.
    """
    return (
        (_STATEMENTS if name in _BESIDE_STATEMENTS else frozenset())
        | (frozenset({"kind"}) if name in _MANIFEST else frozenset())
        | (frozenset({"kty"}) if name in _OF_JWK else frozenset())
        | (NAMING_FIELDS if name in NAMED_VALUES else frozenset())
        | (_HEADERS if name in _ROWS else frozenset())
        | (frozenset({_LOCATION}) if name == "input" else frozenset())
        | (frozenset({_LOGGED}) if name == _ARGUMENTS else frozenset())
    )


def is_statement(text: str) -> bool:
    """Return whether a text begins as a statement of SQL that may have parameters."""
    return _PLACES.search(text) is not None


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
            if type(other) is not str or len(other) > _KEY_MAX_CHARS:
                continue
            if type(beside) is str:
                found = self._beside_text(name, value, other.lower(), beside, pairs)
            elif _is_sequence(beside):
                found = self._beside_list(name, value, other.lower(), beside)
            else:
                continue
            if found is not value:
                return found
        return value

    def _beside_text(
        self, name: str, value: Any, key: str, text: str, pairs: Iterable[tuple[Any, Any]]
    ) -> Any:
        """Return the value without what a text under this key beside it says is secret."""
        if key in _STATEMENTS:
            found = self._beside_statement(name, value, text, pairs) if name in _BESIDE_STATEMENTS else value
            if found is not value:
                return found
        hidden = (
            (name in _MANIFEST and key == "kind" and text == "Secret")
            or (name == _ARGUMENTS and key == _LOGGED and self._asks_for_a_secret(text))
            or (name in _OF_JWK and key == "kty" and type(value) is str)
            or (name in NAMED_VALUES and self._names_a_secret(key, text) and not is_shown(value))
        )
        return REDACTED if hidden else value

    def _beside_list(self, name: str, value: Any, key: str, names: Any) -> Any:
        """Return the value without what a list of names under this key beside it says is secret."""
        if name in _ROWS and key in _HEADERS and (hidden := self._find_hidden_columns(names)):
            return _without_columns(value, hidden)
        last = names[-1] if names and key == _LOCATION and name == "input" else None
        return REDACTED if type(last) is str and type(value) is str and self._hides(last) else value

    def _asks_for_a_secret(self, text: str) -> bool:
        """Return whether a log message such as `password=%s` puts a secret into itself."""
        return any(self._hides(name) for name in _PUT_INTO.findall(text[:_LOGGED_MAX_CHARS]))

    def _names_a_secret(self, key: str, name: str) -> bool:
        """Return whether it is the name of `{"name": "DB_PASSWORD", "value": …}`, as environments and tags often are."""
        return (
            len(key) <= NAMING_MAX_CHARS
            and key in NAMING_FIELDS
            and len(name) <= _KEY_MAX_CHARS
            and self._hides(name)
        )

    def _beside_statement(
        self, name: str, value: Any, statement: str, pairs: Iterable[tuple[Any, Any]]
    ) -> Any:
        """Return the parameters of a statement, or the rows that it gave, without what belongs to a hidden column."""
        if name in _PARAMETERS or _WRITES.search(statement):
            for other, aliases in pairs if "#" in statement else ():
                if type(other) is str and other.lower() == _ALIASES and _has_plain_keys(aliases):
                    statement = without_aliases(statement, aliases)
            places = secret_parameters(statement, self._hides)
            if places:
                return self._without_parameters(value, places)
        if name in _ROWS:
            columns = selected_columns(statement)
            hidden = frozenset(place for place, column in enumerate(columns) if self._hides(column))
            if hidden and _is_sequence(value) and value:
                row = value[0] if _is_sequence(value[0]) else value
                return _without_columns(value, hidden) if len(row) == len(columns) else value
        return value

    def in_order(self, elements: list[Any]) -> list[Any]:
        """Return the elements of a list without what the first says of the others: a header of rows, a statement of parameters.

        Args:
            elements: two or more, or the first two of more; the list itself is returned where nothing is secret.
        """
        first = elements[0]
        if _is_sequence(first):
            return self._below_header(elements)
        if len(elements) == _STATEMENT_SIZE and type(first) is str and _is_plain_container(elements[1]):
            parameters = self._behind_statement(first, elements[1])
            return elements if parameters is elements[1] else [first, parameters]
        return elements

    def _below_header(self, rows: list[Any]) -> list[Any]:
        """Return the rows of a table without the columns that its first row says are secret."""
        first = rows[0]
        if not 1 < len(first) <= _COLUMNS_MAX or not _is_sequence(rows[1]) or len(rows[1]) != len(first):
            return rows
        if not all(
            type(name) is str and len(name) <= _NAME_MAX_CHARS and name is not REDACTED for name in first
        ):
            return rows
        hidden = self._find_hidden_columns(first)
        if not hidden:
            return rows
        # A header that comes twice, such as `("set-cookie", …)`, is no header of a table: it hides what follows its name.
        return [
            first,
            *(row if self._is_named(row) else _without_places(row, hidden) for row in rows[1:]),
        ]

    def _is_named(self, row: Any) -> bool:
        """Return whether it may be a pair of a hidden name and its value, or of two spellings of the name and the value."""
        return (
            _is_sequence(row)
            and 1 < len(row) <= _SPELT_MAX
            and type(row[0]) is str
            and len(row[0]) <= _NAME_MAX_CHARS
            and self._hides(row[0])
        )

    def _behind_statement(self, statement: str, parameters: Any) -> Any:
        """Return the parameters that follow a statement in a list, without those of a hidden column."""
        places = secret_parameters(statement, self._hides) if is_statement(statement) else None
        return self._without_parameters(parameters, places) if places else parameters

    def _find_hidden_columns(self, header: Any) -> frozenset[int | str]:
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
            return {
                name: REDACTED if name in places or (name[:1] in _MARKS and name[1:] in places) else each
                for name, each in value.items()
            }
        if kind is not list and kind is not tuple:
            return value
        if value and _has_plain_keys(value[0]) and any(key in value[0] for key in NAMING_FIELDS):
            return [_drop_named(each, places) for each in value[: limits.CAPTURE_MAX_ITEMS]]
        if value and (_is_sequence(value[0]) or type(value[0]) is dict):
            return kind(self._without_parameters(each, places) for each in value[: limits.CAPTURE_MAX_ITEMS])
        return _without_places(value, places)


def _drop_named(parameter: Any, places: frozenset[int | str]) -> Any:
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
        return kind(_without_places(row, hidden) for row in value[: limits.CAPTURE_MAX_ITEMS])
    return _without_places(value, hidden)


def _without_places(row: Any, places: frozenset[int | str]) -> Any:
    kind = type(row)
    if kind is not list and kind is not tuple:
        return row
    return kind(REDACTED if place in places and each is not None else each for place, each in enumerate(row))


def _is_sequence(value: object) -> bool:
    kind = type(value)  # compared by identity: a metaclass may have a hash of its own
    return kind is list or kind is tuple


def _is_plain_container(value: object) -> bool:
    return _is_sequence(value) or type(value) is dict


def _has_plain_keys(value: Any) -> bool:
    """Return whether it is a dict whose keys are text: looking up others would run their code."""
    return type(value) is dict and len(value) <= _COLUMNS_MAX and all(type(key) is str for key in value)
