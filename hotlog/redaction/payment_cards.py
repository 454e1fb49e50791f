"""Numbers of payment cards, told from other numbers."""

# ruff: noqa: PLR2004 -- lengths and first digits of cards are what they are

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.events import REDACTED

if TYPE_CHECKING:
    import re

CARD_MIN_CHARS: Final = 13

DIGITS = Pattern(r"[0-9](?:[ -]?[0-9]){12}")  # text without such a run holds no card number
NUMBER = Pattern(r"(?<![\w.+-])-?(?:[0-9][ -]?){12,18}[0-9](?![\w-]|\.[0-9])")

# The text of a number, as a Decimal or a Fraction has one, and the whole numbers that it consists of.
WRITTEN_NUMBER = Pattern(r"[-+0-9.eEj()/]+")
WHOLE = Pattern(r"(?<![\d.])(\d{6,})(?:\.0*)?(?![\d.])")


def redact_cards(found: re.Match[str]) -> str:
    """Return digits that stand together without the number of a card among them; others may stand beside it, as a status does."""
    number = found[0]
    if is_card(number):
        return REDACTED
    groups = number.split(" ")
    for size in range(len(groups) - 1, 0, -1):
        for start in range(len(groups) - size + 1):
            part = " ".join(groups[start : start + size])
            if len(part) >= CARD_MIN_CHARS and is_card(part):
                return " ".join([*groups[:start], REDACTED, *groups[start + size :]])
    return number


def is_card(number: str) -> bool:
    """Return whether digits, with blanks or hyphens between, are a payment card's, and pass Luhn."""
    digits = number.replace(" ", "").replace("-", "")
    size = len(digits)
    if not (
        (digits[0] == "4" and size in {13, 16, 19})
        or (size == 16 and ("51" <= digits[:2] <= "55" or "2221" <= digits[:4] <= "2720"))
        or (size == 15 and digits[:2] in {"34", "37"})
        or (size in {16, 19} and (digits[:4] == "6011" or digits[:2] == "65" or "644" <= digits[:3] <= "649"))
        or (size == 16 and "3528" <= digits[:4] <= "3589")
        or (size == 14 and (digits[:2] in {"36", "38", "39"} or "300" <= digits[:3] <= "305"))
        or (size >= 16 and digits[:2] == "62")
    ):
        return False
    if len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
