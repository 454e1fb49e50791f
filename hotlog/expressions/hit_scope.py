"""What names mean at one hit, and the form of all that is computed there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.reading.budget import Unavailable
from hotlog.reading.instance_state import names_of
from hotlog.reading.reader import Reader
from hotlog.redaction.neighbours import PAIRS_MAX

if TYPE_CHECKING:
    from types import FrameType

_MISSING: Final = object()


class HitScope:
    """What names mean at one hit.

    Args:
        values: names whose values the patched code passed.
        frame: where all others are looked up: its locals (closure included), then its globals. None: nowhere.
        specials: hotlog's own names, without the `@`; a callable is called when the name is read.
    """

    __slots__ = ("frame", "inner", "specials", "values")

    def __init__(
        self,
        values: Mapping[str, object],
        frame: FrameType | None = None,
        specials: Mapping[str, object] | None = None,
    ) -> None:
        self.values = values
        self.frame = frame
        self.specials = specials
        self.inner: dict[str, object] | None = None

    def find(self, name: str, default: object = _MISSING) -> object:
        """Return the value of a name that the patched code did not pass, from the frame."""
        if name in self.values:
            return self.values[name]
        frame = self.frame
        if frame is not None:
            names = names_of(frame)
            if name in names:
                return names[name]
            value = dict.get(frame.f_globals, name, _MISSING)
            if value is not _MISSING:
                return value
        if default is not _MISSING:
            return default
        raise Unavailable(f"NameError: {name!r} has no value here")

    def pairs(self) -> list[tuple[Any, Any]]:
        """Return all names and values of the function at hand."""
        frame = self.frame
        names = {**(names_of(frame) if frame is not None else {}), **self.values}
        return [*islice(names.items(), PAIRS_MAX)]


Program = Callable[[HitScope, Reader], Any]
