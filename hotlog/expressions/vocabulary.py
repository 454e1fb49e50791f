"""The words of the expression language, and the one that somebody who wrote another may have meant."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.expressions.method_table import METHODS
from hotlog.rules.kinds import OWN_SPECIALS

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["METHODS"]

SPECIALS: Final = OWN_SPECIALS.union(
    "request_id cold_start remaining_ms function version hits matched event tenant correlation_id".split()
)
# How many arguments each function takes by their places, at least and at most; and those that may be given by name.
MANY: Final = 1_000
ARITY: Final[dict[str, tuple[int, int]]] = {
    "abs": (1, 1), "all": (1, 1), "any": (1, 1), "ascii": (1, 1), "base64": (1, 1), "bin": (1, 1), "bool": (0, 1),
    "bytes": (0, 2), "chr": (1, 1), "complex": (0, 2), "dict": (0, 1), "divmod": (2, 2), "enumerate": (1, 2), "float": (0, 1),
    "format": (1, 2), "frozenset": (0, 1), "getattr": (2, 3), "hasattr": (2, 2), "hex": (1, 1), "int": (0, 2),
    "isinstance": (2, 2), "json": (1, 1), "len": (1, 1), "list": (0, 1), "max": (1, MANY), "min": (1, MANY), "next": (1, 2),
    "oct": (1, 1), "ord": (1, 1), "pow": (2, 3), "range": (1, 3), "repr": (1, 1), "reversed": (1, 1), "round": (1, 2),
    "set": (0, 1), "sorted": (1, 1), "str": (0, 1), "sum": (1, 2), "tuple": (0, 1), "type": (1, 1), "zip": (0, MANY),
}  # fmt: skip
KEYWORDS: Final[dict[str, frozenset[str]]] = {
    "enumerate": frozenset({"start"}),
    "int": frozenset({"base"}),
    "max": frozenset({"default", "key"}),
    "min": frozenset({"default", "key"}),
    "round": frozenset({"ndigits"}),
    "sorted": frozenset({"key", "reverse"}),
    "sum": frozenset({"start"}),
    "zip": frozenset({"strict"}),
}
FUNCTIONS: Final = frozenset(ARITY)
# Functions of one value that `key=` may name, beside a lambda and a method such as `str.lower`.
KEYS: Final = frozenset("abs bool float int len max min repr round sorted str sum tuple".split())
CONSUMERS: Final = frozenset(  # take a generator
    "all any dict enumerate frozenset join list max min next set sorted sum tuple zip".split()
)
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


def closest(name: str, choices: Collection[str], likeness: float = 0.6) -> str:
    """Return a hint at the word that comes nearest, for the end of a message; empty where none is near.

    Args:
        name: as written.
        choices: the words that there are.
        likeness: how much of the letters must be the same: 0.8 for a slip of the pen.
    """
    # Only a fault needs it; a rule that is right must not pay for the import.
    from difflib import get_close_matches

    # Of very many only such as a slip of the pen may have meant.
    near = choices if len(choices) <= limits.NAMES_COMPARED_MAX else _alike(name, choices)
    found = get_close_matches(name, sorted(near), n=1, cutoff=likeness)
    return f" Did you mean {found[0]!r}?" if found else ""
