"""What values of good requests are like at a place, and in what a value of the bad one is another: kinds before values.

kind       its type, None, whether it is empty, its sign; how many there are: none, one, several; a field that is missing
range      a number below or above all good ones
member     none of the few values that good ones have there
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.comparing.kind_words import describe_kind
from hotlog.client.showing.values import format_value
from hotlog.events import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEPTH: Final = 4
_LEAVES_MAX: Final = 80
_SHOWN_VALUES: Final = 4
_SHOWN_CHARS: Final = 48
_ENOUGH: Final = 3  # good values from which on a range, or a set of values, says something

KIND, RANGE, MEMBER = 3, 2, 1


class Difference(NamedTuple):
    """In what a value is another than all good ones.

    Attributes:
        weight: `KIND`, `RANGE` or `MEMBER`.
        path: of the part that differs, from the value on; empty: the value itself.
        value: of that part.
        says: what good ones are: `a text; good: numbers, 1 to 12`.
    """

    weight: int
    path: str
    value: Any
    says: str


def kind_of(value: Any) -> str:
    """Return the kind of a value as an event holds it, in the words of `reading/value_kinds.py`."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        sign = "> 0" if value > 0 else "< 0" if value < 0 else "0"
        return f"{type(value).__name__} {sign}"
    if isinstance(value, str):
        return "text" if value else "text 0"
    if isinstance(value, list):
        return f"list {len(value)}" if len(value) <= 1 else "list"
    if isinstance(value, dict):
        named = next((str(value[name]) for name in ("@type", "@cut", "@ref") if name in value), "")
        return named or (f"dict {len(value)}" if not value else "dict")
    return type(value).__name__


def iter_leaves(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a value with their paths, itself first; elements of a list as `[]`."""
    yield path, value
    if depth >= _DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not key.startswith("@"):
                yield from iter_leaves(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from iter_leaves(inner, f"{path}[]", depth + 1)


class Profile:
    """What good requests have at one place.

    Args:
        values: those that were seen there, of all good requests.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = list(values)
        self._parts: dict[str, list[Any]] = {}
        self._fields: dict[str, list[set[str]]] = {}
        for value in self.values:
            for number, (path, part) in enumerate(iter_leaves(value)):
                if number >= _LEAVES_MAX:
                    break
                self._parts.setdefault(path, []).append(part)
                if isinstance(part, dict):
                    self._fields.setdefault(path, []).append({key for key in part if not key.startswith("@")})

    def compare(self, value: Any) -> list[Difference]:
        """Return in what a value is another than these, the weightiest first."""
        found: dict[str, Difference] = {}
        for number, (path, part) in enumerate(iter_leaves(value)):
            if number >= _LEAVES_MAX:
                break
            difference = self._compare_part(path, part)
            if difference is not None and (path not in found or found[path].weight < difference.weight):
                found[path] = difference
        return sorted(found.values(), key=lambda each: -each.weight)

    def describe(self) -> str:
        """Return what the values themselves are, in words."""
        return _describe(self.values)

    def _compare_part(self, path: str, part: Any) -> Difference | None:
        good = self._parts.get(path)
        # Where good ones have nothing it belongs to something that differs itself, and is told with that.
        if good is None or _is_hidden(part) or any(map(_is_hidden, good)):
            return None
        missing = self._find_missing(path, part) if isinstance(part, dict) else ""
        if missing:
            return Difference(KIND, path, part, f"has no {missing!r}; good: always there")
        kind = kind_of(part)
        if kind not in {kind_of(each) for each in good}:
            return Difference(KIND, path, part, f"{describe_kind(kind)}; good: {_describe(good)}")
        weight = _weigh(part, good) if len(good) >= _ENOUGH else 0
        return Difference(weight, path, part, f"good: {_describe(good)}") if weight else None

    def _find_missing(self, path: str, part: dict[str, Any]) -> str:
        """Return a field that all good ones have here and this one has not; empty where there is none."""
        fields = self._fields.get(path, [])
        always = set.intersection(*fields) if fields else set[str]()
        return next(iter(sorted(always - set(part))), "")


def _weigh(part: Any, good: list[Any]) -> int:
    """Return how a value of the same kind differs: `RANGE`, `MEMBER`; 0: not at all."""
    if isinstance(part, int | float) and not isinstance(part, bool):
        numbers = [each for each in good if isinstance(each, int | float) and not isinstance(each, bool)]
        return 0 if min(numbers) <= part <= max(numbers) else RANGE
    distinct = {each for each in good if isinstance(each, str)}
    is_rare = isinstance(part, str) and part not in distinct and len(distinct) <= len(good) // 2
    return MEMBER if is_rare else 0


def _is_hidden(part: Any) -> bool:
    """Return whether nobody knows what stood there: it may not be shown, or was cut."""
    return part == REDACTED or (
        isinstance(part, dict) and not {"@cut", "@unavailable", "@ref"}.isdisjoint(part)
    )


def _describe(values: list[Any]) -> str:
    """Return in words what values are: `numbers, 1 to 12`, `'cup-glass', 'tea-assam'`, `a text`."""
    kinds = {kind_of(each) for each in values}
    if values and all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        low, high = min(values), max(values)
        return show(low) if low == high else f"numbers, {show(low)} to {show(high)}"
    if values and all(isinstance(each, str | int | float | bool | None) for each in values):
        shown = list(dict.fromkeys(show(each) for each in values))
        more = f", … ({len(shown)} different)" if len(shown) > _SHOWN_VALUES else ""
        return ", ".join(shown[:_SHOWN_VALUES]) + more
    return " or ".join(sorted(describe_kind(kind) for kind in kinds))


def show(value: Any) -> str:
    """Return a value as Python people write it, cut short."""
    return format_value(value, _SHOWN_CHARS)
