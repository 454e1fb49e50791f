"""What text encodes: base64 and compressed data in it, JSON escapes, percent. Each is undone once, within a bound.

A secret is as readable in base64 as it is plain, for whoever reads a log. So text is looked through as it is and as what it
encodes; where the decoded form holds a secret, the whole is hidden.
"""

from __future__ import annotations

import zlib
from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.coldstart.lazy_regex import Pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

BASE64_RUN: Final = Pattern(r"[A-Za-z0-9+/_-]{16,}={0,2}")
LONG_CHARS: Final = 16  # no form of a token is shorter
_HEAD_CHARS: Final = 24
_CONTROL: Final = bytes(set(range(32)) - set(b"\t\n\r")) + b"\x7f"
_URLSAFE: Final = str.maketrans("-_", "+/")
_NOT_BASE64 = Pattern(r"[^A-Za-z0-9+/]")
# How gzip and the four levels of zlib begin.
_COMPRESSED: Final = ("H4sI", "eAE", "eF4", "eJw", "eNo")
# Bound here: the application may replace them.
_decompressor, _NotCompressed = zlib.decompressobj, zlib.error
_ANY_GZIP_OR_ZLIB: Final = 47  # for zlib: 32 and the largest window: either header

_ESCAPE: Final = Pattern(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))|((?:%(?:25)?[0-9a-fA-F]{2})+)")
_PERCENT: Final = Pattern(r"%(?:25)?([0-9a-fA-F]{2})")


def text_in_base64(word: str) -> str | None:
    """Return the text that a word of base64 encodes, or that the data compressed in it holds; None where it encodes no text.

    Args:
        word: letters, digits and `+ / - _`, perhaps with padding. It may have been cut.
    """
    word = word.rstrip("=")
    head = word[:_HEAD_CHARS].translate(_URLSAFE)
    if _NOT_BASE64.search(head):
        return None
    if word.startswith(_COMPRESSED):
        data = _decode(word)
        if data and (inner := _decompress(data)) is not None:
            return inner
    start = _decode(head)
    if not start or start.translate(None, _CONTROL) != start:
        return None
    data = _decode(word)
    text = data.decode(errors="replace") if data else ""
    # What is cut may end within a character; data that is no text has one of these in every few bytes.
    return text if text and text.count("\ufffd") * 10 <= len(text) else None


def _decode(word: str) -> bytes | None:
    text = word[: limits.DECODED_MAX_BYTES // 3 * 4].translate(_URLSAFE)
    if len(text) % 4 == 1:
        text = text[:-1]
    try:
        return a2b_base64(text + "=" * (-len(text) % 4))
    except ValueError:
        return None


def _decompress(data: bytes) -> str | None:
    """Return the start of what is compressed. More than that is not in what an event shows either, unless it was made to be."""
    try:
        text = _decompressor(_ANY_GZIP_OR_ZLIB).decompress(data, limits.DECODED_MAX_BYTES)
    except _NotCompressed:
        return None
    return text.decode(errors="replace")


def unescaped(text: str) -> str | None:
    """Return the text with its JSON escapes, those of bytes, and the percent of a URL undone; None where there are none."""
    plain = (
        text.replace("\\/", "/") if "@" in text and ":\\/\\/" in text else text
    )  # an address in JSON of PHP
    if "&lt;/" in plain:  # XML in XML
        plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    undone = _ESCAPE.sub(_undone, plain)
    return None if undone == text else undone


def _undone(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    if digits:
        return chr(int(digits, 16))
    return bytes.fromhex("".join(_PERCENT.findall(found[3]))).decode(errors="replace")


_NO_SECRETS: Final = frozenset({"disabled", "enabled", "default", "development", "production", "localhost"})


def encodings_of(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as base64 and hex would hold them, whatever stands before; only what is long enough to be one run."""
    found: set[str] = set()
    for secret in secrets:
        data = secret.encode(errors="surrogateescape")
        for shift in range(3):
            # The characters at both ends hold bits of what stands beside the secret, too.
            text = b2a_base64(b"\0" * shift + data, newline=False).decode().rstrip("=")
            inner = text[(0, 2, 3)[shift] : len(text) - (1 if (shift + len(data)) % 3 else 0)]
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
        found |= {data.hex(), data.hex().upper()}
    return tuple(
        sorted((text for text in found if len(text) >= LONG_CHARS), key=lambda text: (-len(text), text))
    )


def spellings_of(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as they may turn up: plain, percent-encoded for a URL, escaped in JSON; longest first."""
    spelt: set[str] = set()
    for secret in secrets:
        if len(secret) < limits.SECRET_MIN_CHARS or secret.lower() in _NO_SECRETS:
            continue
        encoded = "".join(
            sign
            if sign.isascii() and (sign.isalnum() or sign in "-._~")
            else "".join(f"%{byte:02X}" for byte in sign.encode(errors="replace"))
            for sign in secret
        )
        escaped = secret.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        spelt |= {secret, encoded, encoded.replace("%2F", "/"), escaped, escaped.replace("/", "\\/")}
    return tuple(sorted(spelt, key=lambda text: (-len(text), text)))
