"""What may not be shown, and how it is taken out: by name, by the environment's own secrets, by form, as it is and as it is encoded.

A text is cut into its words once. Whatever is costly to search for is searched for only where a word says that it may be there: a
hidden name, a long run of letters and digits, four digits in a row. Words that say nothing are remembered, so the words of a
language, and the keys of a table, are looked up in a set. Every step is linear in the length of the text.
"""

# ruff: noqa: PLR2004 -- how random text looks, and how long keys are, is counted

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.coldstart.lazy_regex import Pattern, any_of
from hotlog.namedtuple import NamedTuple
from hotlog.redaction.encodings import (
    BASE64_RUN,
    LONG_CHARS,
    encodings_of,
    spellings_of,
    text_in_base64,
    unescaped,
)
from hotlog.redaction.key_cache import KeyCache, KnownTexts
from hotlog.redaction.known_forms import (
    AWS_SECRET,
    AZURE_KEY,
    CURL,
    JWK,
    KEY_OR_HASH,
    PASSWORD_FILE,
    PII,
    STRICT,
    URL_CODE,
    redact_aws_secret,
    redact_drawn,
    without_logins,
)
from hotlog.redaction.named_text import FORM_WORDS, IN_WORDS, WORDS, NamedText, behind_one, holds_any
from hotlog.redaction.neighbours import Neighbours
from hotlog.redaction.payment_cards import (
    CARD_MIN_CHARS,
    DIGITS,
    NUMBER,
    WHOLE,
    WRITTEN_NUMBER,
    is_card,
    redact_cards,
)
from hotlog.redaction.secret_names import Names
from hotlog.redaction.text_values import REDACTED
from hotlog.redaction.token_forms import without_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hotlog.config import Config

__all__ = ["REDACTED", "Redaction"]

_HIDDEN_MIN_DIGITS: Final = len(str(limits.SECRET_NUMBER_MIN))
_NAME_MAX_CHARS: Final = 200
_PLAIN_MAX: Final = 20_000
_SHAPE_MAX_CHARS: Final = 65
_SEPARATOR: Final = "\x1e"  # for every pattern as good as the end of the text: white space, and no line break

_WORDS_OF_ASCII: Final = {code: " " for code in range(128) if chr(code) not in IN_WORDS}
_BETWEEN_NAMES: Final = str.maketrans("/+~", "   ")
_BETWEEN_RUNS: Final = str.maketrans("-_.~", "    ")

_PLAIN_SHAPE = Pattern(
    r"""
      [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12} | [0-9a-f]{32} | [0-9a-f]{40} | [0-9a-f]{64}
    | [0-9]{4}-[01][0-9]-[0-3][0-9](?:[T\ ][0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?(?:Z|\ ?[+-][0-9]{2}:?[0-9]{2})?)?
    """,
    re.VERBOSE,
)


class Sight(NamedTuple):
    """What the words of a text say of it.

    Attributes:
        named: those that are a hidden name, or part of a form that hides what follows.
        long: those that may hold a token.
        counted: whether digits stand together as in the number of a card.
    """

    named: list[str]
    long: list[str]
    counted: bool


class ShownTexts(set[str]):
    """Texts that hold no secret. It can stand among the constants of code, which are hashed: by what it is, for it changes."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]


class Redaction:
    """Decides what may be shown, and takes the rest out of text.

    Args:
        config: the owner's additions (`redact`, `redact_pii`, `redact_strict`), exceptions (`redact_keep`) and the values of
            the environment's own credentials (`secrets`).

    Attributes:
        shown_below: no whole number nearer to zero is hidden.
        generation: another number whenever the secrets have changed: what was compiled before may tell of them.
        known_texts: texts that hold no secret, as they were found in values; others take their place when the secrets change.
        shown_texts: texts that hold no secret, as compiled tests have found; empty when the secrets change.
    """

    __slots__ = (
        "_bytes",
        "_encoded",
        "_named",
        "_names",
        "_numbers",
        "_pii",
        "_plain",
        "_secrets",
        "_stems",
        "_strict",
        "generation",
        "hides",
        "keys",
        "known_texts",
        "longest",
        "neighbours",
        "says",
        "shown_below",
        "shown_texts",
    )  # fmt: skip

    def __init__(self, config: Config) -> None:
        self._names = Names(config.redact, config.redact_keep, personal=config.redact_pii)
        self.hides, self.says = self._names.hides, self._names.says
        self.keys = KeyCache(self)
        self.neighbours = Neighbours(self.hides)
        self._named = NamedText(self._names)
        self._stems = Pattern(any_of(self._names.stems))
        self._plain: set[str] = set()
        self.known_texts = KnownTexts()
        self.shown_texts = ShownTexts()
        self.generation = 0
        self._pii, self._strict = config.redact_pii, config.redact_strict
        self.set_secrets(config.secrets)

    def set_secrets(self, secrets: Sequence[str]) -> None:
        """Hide these values from now on, the environment's own credentials; what was found shown before is asked anew."""
        self.generation += 1
        self._secrets = spellings_of(secrets)
        self._encoded = encodings_of(secrets)
        self._bytes = tuple(secret.encode(errors="surrogateescape") for secret in self._secrets)
        self._numbers = frozenset(
            int(secret)
            for secret in self._secrets
            if secret.isascii() and secret.isdigit() and len(secret) <= limits.INT_MAX_DIGITS
        )
        self.shown_below = limits.SECRET_NUMBER_MIN if self._numbers else limits.CARD_NUMBER_MIN
        self.longest = max(map(len, (*self._secrets, *self._encoded)), default=0)
        self._plain.clear()
        self.known_texts = KnownTexts()  # another: who still looks by the old secrets adds to the old one
        self.shown_texts.clear()
        self.keys.forget()

    def hides_value(self, value: object) -> bool:
        """Return whether a plain value is, or holds, something that may not be shown. Only exact builtin scalars can."""
        kind = type(value)
        if kind is str:
            return self.scrub(value) != value  # type: ignore[arg-type]
        if kind is int:
            return self.hides_number(value)  # type: ignore[arg-type]
        if kind is bytes or kind is bytearray:
            return self.hides_bytes(bytes(value))  # type: ignore[call-overload]
        return False

    def hides_number(self, number: int) -> bool:
        """Return whether a whole number, or what it is with the other sign, is a card number or a secret of the environment."""
        if -limits.SECRET_NUMBER_MIN < number < limits.SECRET_NUMBER_MIN:
            return False
        if number.bit_length() > limits.INT_MAX_BITS:
            return False  # never shown; and hashing it takes as long as it is
        number = abs(number)
        if number in self._numbers:
            return True
        return limits.CARD_NUMBER_MIN < number < 10**19 and is_card(str(number))

    def hides_written_number(self, text: str) -> bool:
        """Return whether the text of a number, as its type writes it, is or holds a hidden one; False for any other text."""
        if len(text) < _HIDDEN_MIN_DIGITS or not WRITTEN_NUMBER.fullmatch(text):
            return False
        return self.scrub(text) != text or any(map(self.hides_number, map(int, WHOLE.findall(text))))

    def hides_bytes(self, data: bytes) -> bool:
        """Return whether bytes hold a secret."""
        if self.holds_secret(data):
            return True
        text = data.decode("latin-1")
        return self.scrub(text) != text

    def holds_secret(self, data: bytes) -> bool:
        """Return whether bytes hold a secret of the environment."""
        return any(secret in data for secret in self._bytes)

    def scrub(self, text: str) -> str:
        """Return the text with everything secret in it replaced by `@redacted`."""
        known = self.known_texts
        if len(text) < limits.SECRET_MIN_CHARS or text in known:
            return text
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, REDACTED)
        size = len(text)
        if size < CARD_MIN_CHARS and (text.isalnum() or text.isidentifier()):
            return text
        shown = text if self._is_plain(text, size) else self._look_through(text)
        if shown == text:
            known.add(text)
        return shown

    def _is_plain(self, text: str, size: int) -> bool:
        """Return whether the text is one short word, an id, a digest or a time: no form of a secret looks so."""
        if size >= _SHAPE_MAX_CHARS or self._pii or self._strict:
            return False
        if size < LONG_CHARS and WORDS.fullmatch(text):
            return size < CARD_MIN_CHARS or DIGITS.search(text) is None
        return _PLAIN_SHAPE.fullmatch(text) is not None and not holds_any(text, self._encoded)

    def explain(self, text: str) -> list[str]:
        """Return the rules by which something in the text is hidden, in words; empty where nothing is."""
        rules: list[str] = []
        if holds_any(text, self._secrets):
            rules.append("a secret of the environment")
            for secret in self._secrets:
                text = text.replace(secret, REDACTED)
        if len(text) >= limits.SECRET_MIN_CHARS:
            self._look_through(text, note=rules.append)
        return [*dict.fromkeys(rules)]

    def find_doubtful(self, texts: Sequence[str]) -> Sequence[int]:
        """Return which of the texts may hold something secret, by their places: `scrub` changes none of the others.

        Most hold nothing, and one look at all of them takes less than a look at each.
        """
        known = self.known_texts
        joined = _SEPARATOR.join(texts)
        if self._pii or holds_any(joined, self._secrets) or joined.count(_SEPARATOR) >= len(texts):
            return range(len(texts))
        sight = self._sight(joined)
        if sight.named or sight.long or sight.counted or holds_any(joined, _HINTS):
            least = limits.SECRET_MIN_CHARS
            return [place for place, text in enumerate(texts) if len(text) >= least and text not in known]
        for text in texts:
            known.add(text)
        return ()

    def _sight(self, text: str) -> Sight:
        """Return what the words of the text say of it."""
        words = text.translate(_WORDS_OF_ASCII).split() if text.isascii() else WORDS.findall(text)
        fresh = set(words).difference(self._plain)
        if not fresh:
            return _NOTHING
        long = [word for word in fresh if len(word) >= LONG_CHARS]
        plain = fresh.difference(long)
        counted = False
        for word in fresh:
            if len(word) >= CARD_MIN_CHARS:  # also between others, as in a path
                if DIGITS.search(word):
                    counted = True
                    plain.discard(word)
            elif word[0] <= "9" and len(word) >= 4 and word.replace("-", "").rstrip("./").isdigit():
                counted = True
                plain.discard(word)
        suspects, forms = self._suspects(
            [word for word in fresh if len(word) <= _NAME_MAX_CHARS] if long else fresh
        )
        named = [word for word in suspects if self._is_named(word)]
        if forms:
            named += {word for word in fresh.difference(named) if word.lower() in FORM_WORDS}
        plain.difference_update(named)
        if len(self._plain) > _PLAIN_MAX:
            self._plain = set()
        self._plain.update(plain)
        return Sight(named, long, counted)

    def _suspects(self, words: Iterable[str]) -> tuple[set[str], bool]:
        """Return the words that have a stem of a hidden name, and whether one of the others begins a form."""
        joined = " ".join(words)
        lower = joined.lower()
        if len(lower) != len(joined):  # few letters are two when they are small
            lower = "".join(small if len(small := sign.lower()) == 1 else sign for sign in joined)
        found: set[str] = set()
        search, at = self._stems.search, 0
        while match := search(lower, at):
            start = match.start()
            at = lower.find(" ", start)
            if at < 0:
                at = len(joined)
            found.add(joined[lower.rfind(" ", 0, start) + 1 : at])
        return found, not FORM_WORDS.isdisjoint(lower.split())

    def _is_named(self, word: str) -> bool:
        """Return whether a part of the word is a hidden name, or one that hides texts."""
        says = self.says
        return any(says(part) for part in word.translate(_BETWEEN_NAMES).split())

    def _look_through(  # noqa: C901, PLR0912 -- one line per form, each behind its cheap hint
        self, text: str, *, encoded: bool = False, note: Callable[[str], None] | None = None
    ) -> str:
        """Return the text without the forms of secrets in it.

        Args:
            text: any text.
            encoded: whether it is what another text encodes: then base64 in it is left as it is.
            note: told by which rule something was hidden.
        """
        named, long, counted = self._sight(text)
        before = text
        if long:
            text = self._without_encoded_secrets(text)
            text = without_tokens(text, long, REDACTED)
            longest = max(map(len, long))
            if "code=" in text:
                text = URL_CODE.sub(behind_one, text)
            if "kty" in text:
                text = JWK.sub(behind_one, text)
            runs = {*map(len, " ".join(long).translate(_BETWEEN_RUNS).split())} if longest >= 40 else ()
            if 40 in runs:
                text = AWS_SECRET.sub(redact_aws_secret, text)
            if 86 in runs:
                text = AZURE_KEY.sub(REDACTED, text)
            before = _note(before, text, note, "the form of a token")
            if not encoded:
                text = self._without_base64(text, long)
                before = _note(before, text, note, "base64 of a secret")
        if "$" in text or "^" in text or "-----BEGIN" in text:
            text = KEY_OR_HASH.sub(REDACTED, text)
            before = _note(before, text, note, "a private key, the hash of a password or a magnetic stripe")
        if "@" in text:
            text = without_logins(text)
        elif counted and ":" in text:
            text = PASSWORD_FILE.sub(behind_one, text)
        if "-u" in text or "-a" in text:
            text = CURL.sub(behind_one, text)
        before = _note(before, text, note, "a login")
        if named:
            text = self._named.without(text, named)
            before = _note(before, text, note, "a name beside it")
        if counted and DIGITS.search(text):
            text = NUMBER.sub(redact_cards, text)
            before = _note(before, text, note, "the number of a card")
        if self._pii:
            text = PII.sub(REDACTED, text)
            before = _note(before, text, note, "personal data")
        if self._strict and long:
            text = STRICT.sub(redact_drawn, text)
            before = _note(before, text, note, "random-looking text (HOTLOG_REDACT_MODE=strict)")
        plain = unescaped(text) if "%" in text or "\\" in text or "&lt;/" in text else None
        if plain is not None:
            again = self._look_through(plain, encoded=True) if not encoded else plain
            if again.count(REDACTED) > plain.count(REDACTED):
                text = REDACTED
                _note(before, text, note, "escapes of a secret")
        return text

    def _without_encoded_secrets(self, text: str) -> str:
        for secret in self._encoded:
            if secret in text:
                text = text.replace(secret, REDACTED)
        return text

    def _without_base64(self, text: str, long: Iterable[str]) -> str:
        """Return the text without the words that encode a text with a secret in it."""
        hidden = {run for run in BASE64_RUN.findall(" ".join(long)) if self._encodes_secret(run)}
        if not hidden:
            return text
        return BASE64_RUN.sub(lambda found: REDACTED if found[0].rstrip("=") in hidden else found[0], text)

    def _encodes_secret(self, run: str) -> bool:
        inner = text_in_base64(run)
        if not inner:
            return False
        return holds_any(inner, self._secrets) or self._look_through(inner, encoded=True) != inner


_NOTHING: Final = Sight(named=[], long=[], counted=False)
_HINTS: Final = ("@", "%", "\\u", "\\x", "-u", "-a", "-----BEGIN", "$", "^")


def _note(before: str, after: str, note: Callable[[str], None] | None, rule: str) -> str:
    if note is not None and after != before:
        note(rule)
    return after
