"""What a key of a dict, or the name of a field, is shown as. Keys come again and again, so what was found is kept.

Also what else comes again: files and names of functions, and short texts, such as `"POST"`. It is 60 of the 85 µs that a
snapshot of ten locals would take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.events import PLACE
from hotlog.namedtuple import NamedTuple
from hotlog.redaction.neighbours import BESIDE, is_statement

if TYPE_CHECKING:
    from typing import Protocol

    class Redacting(Protocol):
        """What a cache asks of `Redaction`, which makes it."""

        def scrub(self, text: str) -> str:
            """Take secrets out of a text."""

        def says(self, name: str) -> int:
            """Return what the name says of its value."""


KEY_MAX_CHARS: Final = limits.KEY_MAX_CHARS
_KNOWN_MAX: Final = 5_000
_TEXT_MAX_CHARS: Final = 60

# File, line, qualified name of the function, and the root that the file is shown below.
PlaceKey = tuple[str, int, str, str]


class ShownKey(NamedTuple):
    """A key as it is shown.

    Attributes:
        text: itself, redacted and bounded; one that starts with `@` has got a second one.
        says: what the name says of the value, as `secret_names` tells it.
        size: bytes that it takes in the event.
        is_beside: whether what stands beside it may say more, as in `{"name": "DB_PASSWORD", "value": …}`.
    """

    text: str
    says: int
    size: int
    is_beside: bool


class PlainKeys(dict[str, int]):
    """Names that say nothing of any value. It can stand among the constants of code, which are hashed: by what it is."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]


class KnownTexts(dict[str, int]):
    """Short texts that were looked through and hold no secret: the bytes that each takes in an event, 0 where it is not ASCII."""

    __slots__ = ()

    def add(self, text: str) -> None:
        """Remember a text that holds no secret, where it is short."""
        size = len(text)
        if size < _TEXT_MAX_CHARS:
            if len(self) >= _KNOWN_MAX:
                self.clear()
            self[text] = size + 4 if text.isascii() else 0


class KeyCache:
    """Remembers what keys, and places in code, are shown as.

    Args:
        redaction: what may not be shown.

    Attributes:
        known: the keys that were asked for, by their text.
        plain: those of them that are shown as they are and say nothing of any value: the bytes that they take.
        places: what places in code are shown as. Nobody changes them.
    """

    __slots__ = ("_redaction", "known", "places", "plain")

    def __init__(self, redaction: Redacting) -> None:
        self._redaction = redaction
        self.known: dict[str, ShownKey] = {}
        self.plain = PlainKeys()
        self.places: dict[PlaceKey, dict[str, str]] = {}

    def __call__(self, text: str) -> ShownKey:
        """Return how a key is shown, from memory where it is known; it must be an exact str."""
        found = self.known.get(text)
        if found is None:
            found = self._make(text)
            if len(text) < KEY_MAX_CHARS:
                if len(self.known) >= _KNOWN_MAX:
                    self.known.clear()
                    self.plain.clear()
                self.known[text] = found
                if found.text == text and not found.says and not found.is_beside and not is_statement(text):
                    self.plain[text] = found.size
        return found

    def forget(self) -> None:
        """Forget all: what is secret has changed."""
        self.plain.clear()
        self.known.clear()
        self.places.clear()

    def place(self, key: PlaceKey, at: str) -> dict[str, str]:
        """Return a place in code and its function as event fields, redacted.

        Args:
            key: what it is kept under.
            at: the place.
        """
        found = self.places.get(key)
        if found is None:
            if len(self.places) >= _KNOWN_MAX:
                self.places.clear()
            scrub = self._redaction.scrub
            found = self.places[key] = dict(zip(PLACE, (scrub(at), scrub(key[2])), strict=True))
        return found

    def _make(self, text: str) -> ShownKey:
        shown = self._redaction.scrub(text)[:KEY_MAX_CHARS]
        size = len(shown) + 5 if shown.isascii() else len(shown) * 6
        shown = drop_surrogates(shown)
        return ShownKey(
            "@" + shown if shown[:1] == "@" else shown,
            self._redaction.says(text),
            size,
            text.lower() in BESIDE,
        )


def drop_surrogates(text: str) -> str:
    """Return the text without lone surrogates, which JSON can spell and most of its readers refuse."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text
