"""One value comes into its place in a dict or list: redacted by its name, copied where it holds no others, else it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.even_shares import EvenShares
from hotlog.capture.objects import is_leaf
from hotlog.capture.scalars import spell_not_finite
from hotlog.capture.shares import COMPOUND_BYTES, SCALAR_BYTES, make_depth_mark
from hotlog.reading.classes import inherits, type_name
from hotlog.reading.secret_check import SMALL
from hotlog.redaction.key_cache import drop_surrogates
from hotlog.redaction.redact import REDACTED
from hotlog.redaction.secret_names import OBJECTS, TEXTS
from hotlog.redaction.shown_values import BUILTINS, holds_text, is_count, is_shown

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader
    from hotlog.redaction.key_cache import ShownKey

_WIDE_BYTES: Final = 4  # of a character beyond ASCII, at most
_TYPE_BYTES: Final = 60


class PlacedValues(EvenShares):
    """Puts values into their places; `snapshot` says in which steps.

    Args:
        reader: as `EvenShares`.

    Attributes:
        keys: what keys and names are shown as, and say of their values.
        known: short texts that hold no secret, and the bytes that they take.
        neighbours: what stands beside a value and hides a part of it.
    """

    __slots__ = ("keys", "known", "neighbours")

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.keys, self.neighbours = reader.redaction.keys, reader.redaction.neighbours
        self.known = reader.redaction.known_texts

    def copy_plain(self, pairs: list[tuple[Any, Any]], shown: dict[str, Any]) -> int:
        """Copy the first pairs, as far as they are surely harmless, into `shown`, and return how many: most dicts hold no others.

        Their keys are known and say nothing of any value, and their values are numbers or known texts.
        """
        plain, known, least, most = self.keys.plain, self.known, -SMALL, SMALL
        left = self.budget.output_bytes
        for key, element in pairs:
            kind = type(element)
            if type(key) is not str or (key_bytes := plain.get(key)) is None:
                break
            if kind is str:
                if not (size := known.get(element)):
                    break
                left -= key_bytes + size
            elif kind is int or kind is float:
                if not least < element < most:
                    break
                left -= key_bytes + SCALAR_BYTES
            elif kind is bool or element is None:
                left -= key_bytes + SCALAR_BYTES
            else:
                break
            shown[key] = element
        if left < self.floor:  # one after the other then, up to where there is room
            shown.clear()
            return 0
        self.budget.output_bytes = left
        return len(shown)

    def put_named(self, holder: Any, place: Any, name: str, value: Any) -> None:
        """Write the value of a name into its place; redacted where the name is secret."""
        says = self.reader.redaction.says(name)
        if says:
            self._put_behind(holder, place, says, name, value)  # step 1
        else:
            self.put(holder, place, value)

    def put_judged(
        self, holder: Any, place: Any, key: ShownKey, name: Any, value: Any, pairs: list[tuple[Any, Any]]
    ) -> None:
        """Write the value of a key that, or whose neighbours, may hide it or a part of it."""
        if key.says:
            self._put_behind(holder, place, key.says, key.text, value)
            return
        if self.has_secret_part(name):  # a tuple with a secret name in it
            holder[place] = REDACTED
            return
        if key.is_beside:  # a `value` beside a secret `name`, and its like
            value = self.neighbours.without(key.text.lower(), value, pairs)
        self.put(holder, place, value)

    def _put_behind(self, holder: Any, place: Any, says: int, name: str, value: Any) -> None:
        """Write the value of a secret name: shown where it says that there is none, or tells of it."""
        if (
            is_shown(value)
            or (name[-1:] in "sS" and is_count(value))
            or (says == TEXTS and not holds_text(value))
        ):
            self.put(holder, place, value)
        elif says == OBJECTS and not any(inherits(type(value), base) for base in BUILTINS):
            self.budget.output_bytes -= _TYPE_BYTES
            holder[place] = {"@type": type_name(type(value))}
        else:
            holder[place] = REDACTED

    def put(self, holder: Any, place: Any, value: Any) -> None:  # noqa: PLR0912 -- the common kinds first
        """Write any value into its place in a dict or list: at once where it holds no others, else when its turn comes."""
        # Step 2: scalars, the most frequent first.
        kind = type(value)
        budget = self.budget
        if kind is str:
            size = len(value)
            if size > limits.STRING_MAX_CHARS:
                self.wait_long(holder, place, value)
                return
            shown = self.scrub(value)
            if shown.isascii():
                budget.output_bytes -= size + 4
            else:
                budget.output_bytes -= size * _WIDE_BYTES
                shown = drop_surrogates(shown)
            holder[place] = shown
        elif kind is int:
            if -SMALL < value < SMALL:
                budget.output_bytes -= 8
                holder[place] = value
            else:
                holder[place] = self.whole_number(value)
        elif value is None or kind is bool:
            budget.output_bytes -= 6
            holder[place] = value
        elif kind is float:
            budget.output_bytes -= SCALAR_BYTES
            if -SMALL < value < SMALL:
                holder[place] = value
            else:
                holder[place] = self.large_number(value) if value - value == 0 else spell_not_finite(value)
        elif kind is bytes or kind is bytearray:
            self.wait_long(holder, place, value)
        else:
            budget.output_bytes -= COMPOUND_BYTES
            holder[place] = self._wait(value, kind)

    def _wait(self, value: Any, kind: type) -> Any:
        """Return the container that is filled in later; a mark where the object contains itself or lies too deep."""
        # Step 3.
        above = self.above
        if id(value) in above:
            return {"@ref": type_name(kind)}
        if len(above) >= self.deepest:
            return make_depth_mark(value, kind)
        shown: Any = [] if kind is list else {}
        if kind is not list and kind is not dict and is_leaf(kind):
            self.fill(shown, value, kind, above)
            self.above = above
        else:
            self.waiting.append((shown, value, kind, above, 0))
        return shown
