"""`json(text)` and `base64(text)`: what a text holds, within the budget of the hit.

A text that holds a secret of the environment is not parsed. Secrets by name or form are hidden in what comes out, as in
any dict of the application: so a password beside an id does not hide the id.
"""

from __future__ import annotations

import binascii
from json.decoder import JSONDecodeError
from json.scanner import c_make_scanner  # type: ignore[attr-defined]  # typeshed lacks it
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.classes import type_name

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

_BLANKS: Final = " \t\n\r"
_URL_SAFE: Final = {ord("-"): "+", ord("_"): "/"}
_GROUP: Final = 4  # characters of base64, for three bytes


def _whole_number(digits: str) -> int:
    if len(digits) > limits.INT_MAX_DIGITS:
        raise Unavailable(f"a number of more than {limits.INT_MAX_DIGITS} digits")
    return int(digits)


class _Rules:
    """What the scanner of the standard library asks for."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = staticmethod(_whole_number)
    parse_constant = staticmethod(
        {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.get
    )
    memo: dict[str, str] = {}  # noqa: RUF012 -- the scanner keeps none of it


# Bound at import: the application may put another parser into `json`.
_scan: Final = c_make_scanner(_Rules())


def parse_json(reader: Reader, value: Any) -> Any:
    """Return what a text, or UTF-8 in bytes, says in JSON."""
    text = _text_of(reader, value, "json")
    reader.budget.spend(len(text) // 100)
    reader.budget.build(items=1 + text.count(",") + text.count("[") + text.count("{"), chars=len(text))
    start = len(text) - len(text.lstrip(_BLANKS))
    try:
        found, end = _scan(text, start)
    except StopIteration as fault:
        raise _no_json(text, fault.value) from None
    except JSONDecodeError as fault:
        raise _no_json(text, fault.pos) from None
    if text[end:].strip(_BLANKS):
        raise _no_json(text, end)
    reader.budget.spend(0)
    return found


def _no_json(text: str, at: int) -> Unavailable:
    what = "it is empty" if not text.strip(_BLANKS) else f"at character {at + 1:,} of {len(text):,}"
    return Unavailable(f"the text is no JSON: {what}")


def parse_base64(reader: Reader, value: Any) -> str | bytes:
    """Return what base64 stands for, as text where it is UTF-8; both alphabets, with padding or without."""
    text = _text_of(reader, value, "base64")
    reader.budget.build(chars=len(text) * 2)
    encoded = "".join(text.split()).translate(_URL_SAFE)
    encoded += "=" * (-len(encoded.rstrip("=")) % _GROUP if "=" not in encoded else 0)
    try:
        data = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        raise Unavailable("the text is no base64") from None
    _refuse_secrets(reader, data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _text_of(reader: Reader, value: Any, function: str) -> str:
    kind = type(value)
    if kind is not str and kind is not bytes and kind is not bytearray:
        raise Unavailable(f"TypeError: {function}() takes text, not {type_name(kind)}")
    if len(value) > limits.EXPRESSION_MAX_BUILT_CHARS:
        raise Unavailable(f"{function}() of more than {limits.EXPRESSION_MAX_BUILT_CHARS:,} characters")
    if kind is str:
        _refuse_secrets(reader, value.encode(errors="replace"))
        return value  # type: ignore[no-any-return]
    _refuse_secrets(reader, bytes(value))
    try:
        return bytes(value).decode("utf-8-sig" if value[:1] == b"\xef" else "utf-8")
    except UnicodeDecodeError:
        raise Unavailable(f"{function}() takes text, and these bytes are no UTF-8") from None


def _refuse_secrets(reader: Reader, data: bytes) -> None:
    reader.budget.spend(len(data) // 100)
    if reader.redaction.holds_secret(data):
        raise Redacted
