"""A captured value as text."""

from __future__ import annotations

from json import JSONEncoder
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # typeshed lacks them
from typing import Any

from hotlog import __builtins__
from hotlog.reading.classes import REALS
from hotlog.redaction.redact import REDACTED

# As `json.dumps` with UTF-8, which is Python itself, and would call what stands in for a builtin.
_json = c_make_encoder(None, JSONEncoder().default, encode_basestring, None, ": ", ", ", False, False, True)


def text_of(captured: Any, *, quoted: bool = False) -> str:
    """Return a captured value as text for a message: plain values as Python prints them, the rest as JSON."""
    if type(captured) is str:
        return repr(captured) if quoted and captured != REDACTED else captured
    if captured is None or type(captured) in REALS:
        return str(captured)
    if type(captured) is dict:
        if "@value" in captured and type(captured["@value"]) is str:
            return captured["@value"]
        if captured.get("@cut") == "chars" and "@text" in captured:
            return f"{captured['@text']}… ({captured['@len']:,} characters)"
    return json_of(captured)


def json_of(captured: Any) -> str:
    """Return a captured value as JSON."""
    return "".join(_json(captured, 0))
