"""What a describer of objects asks of the walk that it is part of: `snapshot.Walk`. Types alone: nothing imports it at run time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hotlog import __builtins__

if TYPE_CHECKING:
    from hotlog.reading.budget import Budget
    from hotlog.reading.reader import Reader


class Walker(Protocol):
    """What a describer asks of `snapshot.Walk`, which calls it."""

    reader: Reader
    budget: Budget

    @property
    def scrub(self) -> Callable[[str], str]:
        """Replace secrets in a text."""

    most: int
    held: list[tuple[Any, Any, str]]
    long: list[tuple[Any, Any, Any]]

    def put_named(self, holder: Any, place: Any, name: str, value: Any) -> None:
        """Write the value of a name into its place; redacted where the name is secret."""

    def put(self, holder: Any, place: Any, value: Any) -> None:
        """Write any value into its place in a dict or list."""

    def items(self, elements: list[Any], size: int, shown: list[Any]) -> None:
        """Write the elements of a sequence or set into `shown`; marked as cut where `size` is larger."""

    def mapping(self, value: dict[Any, Any], shown: dict[str, Any]) -> None:
        """Write the captured items of a dict into `shown`."""

    def pairs(self, pairs: list[tuple[Any, Any]], shown: dict[str, Any]) -> None:
        """Write names and fields into `shown`."""


Describer = Callable[[Any, "Walker", "dict[str, Any]"], None]  # the value, the walk, and where it is written
Beside = Callable[[Any, "Walker"], "dict[str, Any]"]
