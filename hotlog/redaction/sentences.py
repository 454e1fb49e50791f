"""Secrets that a sentence tells: `the password is x`, `password "x"`, `using API key x`, `setPassword("x")`."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.redaction.token_forms import is_drawn

if TYPE_CHECKING:
    from collections.abc import Callable

_SAID = Pattern(
    r"(?:\s(?:for|of)\s\S{1,80})?\s(?:is|was|are|ist|lautet|est|es|é)(?:\snow)?(:?)\s{1,3}|(:)\s{1,3}|\s{1,2}(?=[\"'])"
)
# `with password x7y8z9`: a word that has letters and digits.
_PASSWORDS: Final = frozenset("password passwd passphrase passwort kennwort".split())
_PLAIN_PASSWORD = Pattern(
    r"\s(?=[A-Za-z]{0,40}+[0-9]{0,40}+[\w!#$%^&*-]{0,40}+(?![\w./:=(]))(?=[^\s0-9]{1,40}[0-9]|[0-9]{1,40}[A-Za-z])(?=\S{6})"
)
_SECOND_WORD = Pattern(r"\s[^\W\d][\w-]{0,40}+")
_SAID_VALUE = Pattern(r"\"([^\"\r\n]{1,200})\"|'([^'\r\n]{1,200})'|[^\s\"',;]{3,200}")
# `API key x`, `token [x]`, `session id x`: a long word that looks drawn at random, and is no UUID.
_DRAWN_WORD = Pattern(
    r"\s[\[(<]?(?![0-9a-f]{8}-[0-9a-f]{4}-)(?=[A-Za-z_-]{0,40}+[0-9])([A-Za-z0-9_-]{20,200}+)(?![/:=(@]|\.\w)"
)
_DRAWN_MIN_CHARS: Final = 20
_NOUNS: Final = frozenset("key id code token secret value hash string".split())
_SETTER = Pattern(r"\((?=[\"'])")
_COMPLAINT_MAX_CHARS: Final = 14
_COMPLAINTS: Final = (
    "invalid ", "unexpected ", "missing ", "unknown ", "expired ", "next ", "page ", "continuation ", "pagination ",
)  # fmt: skip


def is_complaint(before: str) -> bool:
    """Return whether a text ends so that the name behind it tells no value: `unexpected token '}'`, `next token`."""
    return before[-_COMPLAINT_MAX_CHARS:].lower().endswith(_COMPLAINTS)


def value_said(text: str, start: int, end: int, hides: Callable[[str], bool]) -> int:
    """Return where the value starts of which a sentence says the name; 0 where none does.

    Args:
        text: any text.
        start: where a word of it begins that is, or begins, a hidden name.
        end: where the word ends.
        hides: whether a name is that of a secret.
    """
    said, last = _SAID.match(text, end), end
    if said is None and (second := _SECOND_WORD.match(text, end)):
        last = second.end()
        said = _SAID.match(text, last)
    if said is None:
        return _value_behind(text, start, end, hides) or (
            _find_drawn(text, start, last, hides)
            if last > end and text[end + 1 : last].lower() in _NOUNS
            else 0
        )
    if not hides(text[start:last]) or is_complaint(text[max(0, start - _COMPLAINT_MAX_CHARS) : start]):
        return 0
    value = _SAID_VALUE.match(text, said.end())
    if value is None:
        return 0
    word = value[0].rstrip(".:!")
    is_told = value[1] or value[2] or said[1] or said[2] or not (word.isalpha() and word.islower())
    return value.start() if is_told else 0


def _value_behind(text: str, start: int, end: int, hides: Callable[[str], bool]) -> int:
    """Return where the value starts that stands directly behind the word."""
    behind = text[end : end + 1]
    if behind == "(":
        word = text[start:end]
        is_setter = word.rpartition(".")[2][:3].lower() == "set"
        call = _SETTER.match(text, end) if is_setter else None
        return call.end() if call and hides(word) else 0
    if not behind.isspace():
        return 0
    if text[start:end].lower() in _PASSWORDS and (plain := _PLAIN_PASSWORD.match(text, end)):
        return plain.end()
    return _find_drawn(text, start, end, hides)


def _find_drawn(text: str, start: int, end: int, hides: Callable[[str], bool]) -> int:
    """Return where the long word starts that looks drawn at random and follows a hidden name; 0 where there is none."""
    if text.find(" ", end + 1, end + _DRAWN_MIN_CHARS) >= 0:
        return 0  # most words are short
    found = _DRAWN_WORD.match(text, end)
    return found.start(1) if found and is_drawn(found[1]) and hides(text[start:end]) else 0
