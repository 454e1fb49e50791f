"""The words of the expression language, and the one that somebody who wrote another may have meant."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.rules.kinds import OWN_SPECIALS

if TYPE_CHECKING:
    from collections.abc import Collection

SPECIALS: Final = OWN_SPECIALS.union(
    "request_id cold_start remaining_ms function version hits matched event tenant correlation_id".split()
)
FUNCTIONS: Final = frozenset(
    "abs all any bool dict float hasattr int isinstance len list max min repr round set sorted str sum tuple type".split()
)
METHODS: Final = frozenset(
    """
    bit_length capitalize casefold copy count date decode difference endswith find get hex index intersection is_integer
    isalnum isalpha isascii isdecimal isdigit isdisjoint isidentifier islower isnumeric isoformat isoweekday isprintable
    isspace issubset issuperset istitle isupper items join keys lower lstrip partition removeprefix removesuffix replace
    rfind rindex rpartition rsplit rstrip split splitlines startswith strip swapcase symmetric_difference title
    total_seconds union upper values weekday
    """.split()
)
CONSUMERS: Final = frozenset("all any join list max min set sorted sum tuple".split())  # take a generator
# The types that can be named although no name of the function means them.
TYPES: Final[dict[str, type]] = {
    kind.__name__: kind
    for kind in (bool, bytearray, bytes, complex, dict, float, frozenset, int, list, set, str, tuple, type)
} | {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}


def _alike(name: str, choices: Collection[str]) -> list[str]:
    found = [each for each in choices if each[:1] == name[:1] and abs(len(each) - len(name)) <= 1]
    return sorted(found)[: limits.NAMES_COMPARED_MAX]


def closest(name: str, choices: Collection[str]) -> str:
    """Return a hint at the word that comes nearest, for the end of a message; empty where none is near."""
    # Only a fault needs it; a rule that is right must not pay for the import.
    from difflib import get_close_matches

    # Of very many only such as a slip of the pen may have meant.
    near = choices if len(choices) <= limits.NAMES_COMPARED_MAX else _alike(name, choices)
    found = get_close_matches(name, sorted(near), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""
