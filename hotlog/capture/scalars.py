"""Text, numbers, bytes and keys as JSON-safe data: cut, scrubbed and paid for. What holds others is in `snapshot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import value_types
from hotlog.reading.classes import is_enum, type_name
from hotlog.reading.secret_check import SMALL
from hotlog.redaction.key_cache import drop_surrogates
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

# Text beyond what is shown is looked at too, so that a secret which the cut would halve is recognised.
_MARGIN_CHARS: Final = 2_048
_KEY_MAX_PARTS: Final = 8
_MARK_BYTES: Final = 60  # what says that a text is cut
_LONG_BYTES: Final = limits.STRING_MAX_CHARS + _MARK_BYTES  # that each long text has for certain
_WIDE_BYTES: Final = 4  # of a character beyond ASCII, at most


class ScalarCapture:
    """Captures the values that hold no others.

    Args:
        reader: knows what may be shown and what the hit may still cost.

    Attributes:
        deepest: how deep values may lie.
        most: how many elements of a collection are shown.
        longest: how many characters of a text are shown.
        long: texts and bytes that wait until it is known how much of them has room, with their places in the result.
    """

    __slots__ = ("budget", "deepest", "hides", "long", "longest", "most", "reader", "scrub")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.budget = reader.budget
        self.scrub = reader.redaction.scrub
        self.hides = reader.redaction.hides
        self.deepest, self.most, self.longest = reader.bounds
        self.long: list[tuple[Any, Any, Any]] = []

    def wait_long(self, holder: Any, place: Any, value: Any) -> None:
        """Keep text or bytes until everything else has its place in the event: then it is known how much of them has room."""
        holder[place] = None
        size = len(value)
        if type(value) is not str and size <= limits.STRING_MAX_CHARS:
            holder[place] = self.bytes_of(value, size)
            return
        if self.budget.output_bytes < 0:
            holder[place] = {"@cut": "size", "@len": size}
            return
        self.budget.output_bytes -= _LONG_BYTES
        self.long.append((holder, place, value))

    def show_long(self) -> None:
        """Show the long texts and bytes, with an even share of the room for each; the shortest first, as they may leave some."""
        budget = self.budget
        self.long.sort(key=_length_of)
        rest = len(self.long)
        for holder, place, value in self.long:
            room = _LONG_BYTES + max(0, budget.output_bytes) // rest
            rest -= 1
            if budget.late:
                holder[place] = {"@cut": "time", "@len": len(value)}
            elif type(value) is str:
                holder[place] = self.long_text(value, room)
            else:
                holder[place] = self.bytes_of(
                    value, min(self.longest, max(limits.STRING_MAX_CHARS, room // 2))
                )
            budget.output_bytes += _LONG_BYTES

    def long_text(self, value: str, room: int) -> Any:
        """Return a text; its start, and how long it is, where there is no room for all of it."""
        size = len(value)
        room -= _MARK_BYTES
        most = min(
            self.longest, max(limits.STRING_MAX_CHARS, room if value.isascii() else room // _WIDE_BYTES)
        )
        shown = drop_surrogates(self.scrub(value) if size <= most else self.start_of(value, most))
        self.budget.output_bytes -= (
            (len(shown) if shown.isascii() else len(shown.encode())) + _escapes_in(shown) + _MARK_BYTES
        )
        return shown if size <= most else {"@cut": "chars", "@len": size, "@text": shown}

    def start_of(self, value: str, most: int = limits.STRING_MAX_CHARS) -> str:
        """Return the start of a long text, redacted; a secret that the cut splits stays hidden, too."""
        margin = max(_MARGIN_CHARS, self.reader.redaction.longest)
        window = most + margin
        shown = self.scrub(value[:window])
        if len(value) > window:
            # Redacting makes the text shorter: what stands at the end of the window must not move up into view.
            shown = shown[: max(0, len(shown) - margin)]
        return shown[:most]

    def whole_number(self, value: int) -> Any:
        """Return a whole number; redacted where it is a card number or a secret."""
        if -SMALL < value < SMALL:
            self.budget.output_bytes -= 8
            return value
        self.budget.output_bytes -= limits.INT_MAX_DIGITS
        if value.bit_length() > limits.INT_MAX_BITS:
            return {"@type": "int", "@cut": "chars", "@len": value.bit_length() * 30_103 // 100_000 + 1}
        return REDACTED if self.reader.redaction.hides_number(value) else value

    def large_number(self, value: float) -> Any:
        """Return a float that may be a card number; redacted where it is one."""
        hidden = value.is_integer() and self.reader.redaction.hides_number(int(value))
        return REDACTED if hidden else value

    def bytes_of(self, value: Any, most: int) -> Any:
        """Return the start of bytes, at most so many, as text, with their length."""
        size = len(value)
        margin = max(_MARGIN_CHARS, self.reader.redaction.longest)
        data = bytes(value[: most + margin])
        text = data.decode("latin-1")
        shown = self.start_of(text, most) if size > most else self.scrub(text)
        if shown[:1] and self.reader.redaction.holds_secret(data):
            shown = REDACTED
        shown = shown.encode("unicode_escape").decode("ascii")
        self.budget.output_bytes -= len(shown) * 2 + 40
        cut = {"@cut": "chars"} if size > most else {}
        return {"@type": type(value).__name__, "@len": size, **cut, "@value": shown}

    def has_secret_part(self, key: Any) -> bool:
        """Return whether a part of a key that is a tuple is a hidden name."""
        return type(key) is tuple and any(
            type(part) is str and self.hides(part) for part in key[:_KEY_MAX_PARTS]
        )

    def key_text(self, key: Any) -> str:
        """Return a dict key as text, where it is no short text itself."""
        kind = type(key)
        if kind is str:
            return self.start_of(key) if len(key) > limits.STRING_MAX_CHARS else str(key)
        if kind is bytes:
            return str(key[: limits.STRING_MAX_CHARS].decode("latin-1"))
        if (
            kind is bool
            or key is None
            or kind is float
            or (kind is int and key.bit_length() < limits.INT_MAX_BITS)
        ):
            return self._number_text(str(key))
        if kind is tuple and len(key) <= _KEY_MAX_PARTS and not self.reader.is_hidden_pair(key, tuple):
            end = ",)" if len(key) == 1 else ")"
            return "(" + ", ".join(map(self._part_text, key)) + end if _is_flat(key) else "<tuple>"
        if is_enum(kind) and type(name := value_types.attribute(key, "name")) is str:
            return self.start_of(f"{type_name(kind).rpartition('.')[2]}.{name}")
        shown = value_types.describe_value(key)
        text = shown.get("@value") if shown else None
        return self._number_text(text) if type(text) is str else f"<{type_name(kind)}>"

    def _number_text(self, text: str) -> str:
        """Return the text of a key; redacted, its sign too, where it is the number of a card or a secret."""
        return REDACTED if self.reader.redaction.hides_written_number(text) else text

    def _part_text(self, part: Any) -> str:
        """Return a part of a tuple that is a key."""
        text = self.key_text(part)
        return repr(text) if type(part) is str else repr(as_python_writes(part, text))


class BareKey(str):
    """The text of a key that is none itself, such as a number: messages write it without quotes, as Python does."""

    __slots__ = ()

    __repr__ = str.__str__


class BytesKey(str):
    """The text of a key that is bytes: messages write it as such."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the literal of the bytes."""
        return repr(self.encode("latin-1", "replace"))


def as_python_writes(key: Any, text: str) -> str:
    """Return the text of a key such that `repr` of it is what Python writes for the key."""
    if type(key) is bytes:
        return BytesKey(text)
    return text if issubclass(type(key), (str, bytes)) else BareKey(text)


def _escapes_in(text: str) -> int:
    """Count what JSON writes a backslash before: in a body that is itself JSON each quote."""
    return text.count('"') + text.count("\\") + text.count("\n")


def _length_of(each: tuple[Any, Any, Any]) -> int:
    return len(each[2])


def _is_flat(key: tuple[Any, ...]) -> bool:
    return all(type(part) is not tuple for part in key)


class NotFinite(str):
    """A float that JSON has no number for: text in an event, and in a message what Python writes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _IN_PYTHON[self[:4]]

    __str__ = __repr__


_IN_PYTHON: Final = {"NaN": "nan", "Infi": "inf", "-Inf": "-inf"}


def spell_not_finite(value: float) -> str:
    """Return a float that JSON has no number for, as text."""
    if value > 0:
        return NotFinite("Infinity")
    return NotFinite("-Infinity" if value < 0 else "NaN")
