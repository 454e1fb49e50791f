"""Text, numbers, bytes and keys as JSON-safe data: cut, scrubbed and paid for. What holds others is in `snapshot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading import value_types
from hotlog.reading.classes import type_name
from hotlog.reading.reader import SMALL
from hotlog.redaction.key_cache import drop_surrogates
from hotlog.redaction.redact import REDACTED

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

# Text beyond what is shown is looked at too, so that a secret which the cut would halve is recognised.
_MARGIN_CHARS: Final = 2_048
_KEY_MAX_PARTS: Final = 8


class ScalarCapture:
    """Captures the values that hold no others.

    Args:
        reader: knows what may be shown and what the hit may still cost.
    """

    __slots__ = ("budget", "hides", "reader", "scrub")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.budget = reader.budget
        self.scrub = reader.redaction.scrub
        self.hides = reader.redaction.hides

    def long_text(self, value: str) -> Any:
        """Return the start of a text that is too long to show, and how long it is."""
        size = len(value)
        if self.budget.output_bytes < 0:
            return {"@cut": "size", "@len": size}
        if self.budget.late:
            return {"@cut": "time", "@len": size}
        shown = self.start_of(value)
        self.budget.output_bytes -= len(shown) * (1 if shown.isascii() else 6) + 60
        return {"@cut": "chars", "@len": size, "@text": drop_surrogates(shown)}

    def start_of(self, value: str) -> str:
        """Return the start of a long text, redacted; a secret that the cut splits stays hidden, too."""
        margin = max(_MARGIN_CHARS, self.reader.redaction.longest)
        window = limits.STRING_MAX_CHARS + margin
        shown = self.scrub(value[:window])
        if len(value) > window:
            # Redacting makes the text shorter: what stands at the end of the window must not move up into view.
            shown = shown[: max(0, len(shown) - margin)]
        return shown[: limits.STRING_MAX_CHARS]

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

    def bytes_of(self, value: Any, kind: type) -> Any:
        """Return the start of bytes as text, with their length."""
        size = len(value)
        margin = max(_MARGIN_CHARS, self.reader.redaction.longest)
        data = bytes(value[: limits.STRING_MAX_CHARS + margin])
        text = data.decode("latin-1")
        shown = self.start_of(text) if size > limits.STRING_MAX_CHARS else self.scrub(text)
        if shown[:1] and self.reader.redaction.holds_secret(data):
            shown = REDACTED
        shown = shown.encode("unicode_escape").decode("ascii")
        self.budget.output_bytes -= len(shown) * 2 + 40
        cut = {"@cut": "chars"} if size > limits.STRING_MAX_CHARS else {}
        return {"@type": kind.__name__, "@len": size, **cut, "@value": shown}

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
            return REDACTED if self.reader.redaction.hides_value(key) else str(key)
        if kind is tuple and len(key) <= _KEY_MAX_PARTS and not self.reader.is_hidden_pair(key, tuple):
            return "(" + ", ".join(self.key_text(part) for part in key) + ")" if _is_flat(key) else "<tuple>"
        shown = value_types.describe_value(key)
        text = shown.get("@value") if shown else None
        return text if type(text) is str else f"<{type_name(kind)}>"


def _is_flat(key: tuple[Any, ...]) -> bool:
    return all(type(part) is not tuple for part in key)


def spell_not_finite(value: float) -> str:
    """Return a float that JSON has no number for, as text."""
    if value > 0:
        return "Infinity"
    return "-Infinity" if value < 0 else "NaN"
