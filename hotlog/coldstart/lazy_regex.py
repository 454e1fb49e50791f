"""A regular expression that is compiled when it is first searched for.

Redaction has twenty, and a hit needs two or three of them: compiling all would take 6 ms of a first install.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.errors import HotlogError
from hotlog.interpreter.supported import has_replaced_builtins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_METHODS = ("search", "match", "fullmatch", "findall", "finditer", "sub")


class Pattern:
    """A regular expression that is compiled at its first use.

    Args:
        text: the expression.
        flags: as for `re.compile`.
    """

    search: Callable[..., re.Match[str] | None]
    match: Callable[..., re.Match[str] | None]
    fullmatch: Callable[..., re.Match[str] | None]
    findall: Callable[..., list[Any]]
    finditer: Callable[..., Iterator[re.Match[str]]]
    sub: Callable[..., str]

    def __init__(self, text: str, flags: int = 0) -> None:
        self.pattern, self.flags = text, flags

    def __getattr__(self, name: str) -> Any:
        """Compile the expression at the first use of one of its methods, which are its own from then on.

        Raises:
            HotlogError: `builtins-replaced`: compiling would call what stands in for them. So text that cannot be looked
                through is not shown.
        """
        if name not in _METHODS:
            raise AttributeError(name)
        if has_replaced_builtins():
            raise HotlogError(
                "builtins-replaced",
                "builtins such as `len` were replaced when text was to be looked through for secrets",
            )
        compiled = re.compile(self.pattern, self.flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def any_of(literals: Iterable[str]) -> str:
    """Return an expression for the literals, ordered by their first characters: most places in a text fail at one comparison."""
    by_first: dict[str, list[str]] = {}
    for literal in sorted(literals, key=lambda literal: (-len(literal), literal)):
        by_first.setdefault(literal[0], []).append(re.escape(literal[1:]))
    branches = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in sorted(by_first.items()))
    return "|".join(branches)
