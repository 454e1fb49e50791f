"""Captured values as variables of the protocol. Each compound value has a number, for as long as it is shown."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.showing.values import elements_of, fields_of, format_value, is_cut_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VALUE_CHARS: Final = 300


class OpenValue(NamedTuple):
    """A value that the editor may open.

    Attributes:
        value: as an event holds it.
        path: the expression that leads to it; empty: its parts are variables by themselves.
        is_scope: its parts are names, not keys.
        text: of a log line: it is the only part, and has the names below it, since VS Code shows the parts in the line's place.
    """

    value: Any
    path: str = ""
    is_scope: bool = False
    text: str = ""


class Variables:
    """The values that the editor may open, by number. Of outputs the last ones are kept, of what looks stopped all."""

    def __init__(self) -> None:
        self._shown: dict[int, OpenValue] = {}
        self._logged: OrderedDict[int, OpenValue] = OrderedDict()
        self._last = 0

    def forget_shown(self) -> None:
        """Forget what was shown of a capture."""
        self._shown.clear()

    def hold(self, held: OpenValue, *, is_logged: bool = False) -> int:
        """Return the number of a value; 0 for one without parts."""
        if not held.is_scope and next(_parts(held), None) is None:
            return 0
        self._last += 1
        (self._logged if is_logged else self._shown)[self._last] = held
        while len(self._logged) > desk_limits.DAP_OUTPUTS_MAX:
            self._logged.popitem(last=False)
        return self._last

    def describe(self, name: str, value: object, path: str, *, is_logged: bool = False) -> dict[str, Any]:
        """Return one variable."""
        shown: dict[str, Any] = {
            "name": name,
            "value": format_value(value, _VALUE_CHARS),
            "variablesReference": self.hold(OpenValue(value, path), is_logged=is_logged),
            "presentationHint": {"attributes": ["readOnly"]},
        }
        kind = _name_type(value)
        if kind:
            shown["type"] = kind
        if path:
            shown["evaluateName"] = path
        if count := len(elements_of(value)):
            shown["indexedVariables"] = count
        return shown

    def list(self, number: int, start: int = 0, count: int = 0, only: str = "") -> list[dict[str, Any]]:
        """Return the parts of a value.

        Args:
            number: of the value.
            start: the first part.
            count: so many; 0: all.
            only: `indexed` or `named`; empty: both.
        """
        held = self._shown.get(number) or self._logged.get(number)
        if held is None:
            return []
        if held.text:
            below = self.hold(scope_of(held.value), is_logged=True)
            return [{"name": "", "value": held.text, "variablesReference": below}]
        is_logged = number in self._logged
        parts = [
            (name, value, path)
            for name, value, path, is_indexed in _parts(held)
            if not only or is_indexed == (only == "indexed")
        ]
        parts = parts[start : start + count if count else None]
        return [self.describe(name, value, path, is_logged=is_logged) for name, value, path in parts]


def _parts(held: OpenValue) -> Iterator[tuple[str, Any, str, bool]]:
    """Yield name, value and path of each part of a value, and whether it is one of a row."""
    value, path = held.value, held.path
    if held.is_scope:
        for name, each in value.items():
            yield name, each, name if path != "-" else "", False
        return
    is_object = isinstance(value, dict) and "@type" in value
    for name, each in fields_of(value).items():
        yield name, each, (f"{path}.{name}" if is_object else f"{path}[{name!r}]") if path else "", False
    elements = elements_of(value)
    for place, each in enumerate(elements):
        yield str(place), each, f"{path}[{place}]" if path else "", True
    if isinstance(value, list) and value and is_cut_mark(value[-1]):
        yield "…", f"{value[-1].get('@len', 'more')} in all: the others were not captured", "", False


def _name_type(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("@type", "dict"))
    return type(value).__name__ if value is not None else "None"


def scope_of(values: Mapping[str, Any], text: str = "") -> OpenValue:
    """Return the names of a scope, to be held; of a log line below its text."""
    return OpenValue(values, is_scope=True, text=text)
