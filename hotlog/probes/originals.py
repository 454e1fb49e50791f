"""Which code objects hotlog made, and from which: kept for as long as somebody holds them.

An *original* is a code object that hotlog did not make. Several registries may be in one process: each knows only its
own, and all know which are another's.
"""

from __future__ import annotations

import weakref
from types import CodeType
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple
from hotlog.probes.leftovers import Leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Itself(weakref.ref[CodeType]):
    """A code object that a registry made, for as long as it lives. One object each, not three: there may be thousands."""

    __slots__ = ("key",)
    key: int

    def forget(self) -> None:
        """Drop what is known of it, as it dies."""
        _made.pop(self.key, None)


class _Made(NamedTuple):
    """A code object that a registry of this process made."""

    itself: weakref.ref[CodeType]
    original: CodeType
    hooks: frozenset[object]
    by: Originals


# By id; of all registries, so that none takes another's code for the application's.
_made: dict[int, _Made] = {}


class Originals:
    """The code objects that one registry made, and the original of each; forgets with the code object.

    Attributes:
        leftovers: the hooks in all of these, and in what others have made of them.
    """

    def __init__(self) -> None:
        self.leftovers = Leftovers(self._find)

    def of(self, code: CodeType) -> CodeType:
        """Return the original of a patched code object; of code that this registry did not make the same without its hooks."""
        known = _made.get(id(code))
        if known is None:
            return self.leftovers.without(code)
        return known.original if known.by is self else code

    def _find(self, code: CodeType) -> CodeType | None:
        known = _made.get(id(code))
        return known.original if known is not None and known.by is self else None

    def is_of_another(self, code: CodeType) -> bool:
        """Return whether another registry made it."""
        known = _made.get(id(code))
        return known is not None and known.by is not self

    def hooks_in(self, code: CodeType) -> frozenset[object]:
        """Return the `make_hook` of each probe in this code object; empty where another registry made it."""
        known = _made.get(id(code))
        return known.hooks if known is not None and known.by is self else frozenset()

    def iter_made(self) -> Iterator[tuple[CodeType, CodeType]]:
        """Yield each code object that this registry made and somebody still holds, with its original."""
        for known in list(_made.values()):
            code = known.itself()
            if code is not None and known.by is self:
                yield code, known.original

    def remember(self, made: CodeType, original: CodeType, hooks: frozenset[object]) -> None:
        """Note a code object that was made, and the `make_hook` of each probe in it."""
        self.leftovers.note(made, original)
        itself = _Itself(made, _Itself.forget)
        itself.key = id(made)
        _made[itself.key] = _Made(itself, original, hooks, self)
