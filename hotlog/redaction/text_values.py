"""Where a value in a text begins and ends, and the text without it: quoted, in brackets, in a block of YAML, a bare word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.events import REDACTED
from hotlog.redaction.shown_values import is_shown_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["REDACTED"]

_OPENING: Final = frozenset("([{")
_QUOTES: Final = frozenset("\"'\\&")
STAYS_MAX_CHARS: Final = 200
_VALUE = Pattern(
    r"""[|>][+-]?[ ]?\r?\n\s{1,40}([^\r\n]+) | "{3}([^"]+) | '{3}([^']+)
    | <<[-~]?\w{1,40}\r?\n\s{0,40}([^\r\n]+)
    | b?(\\{1,7}["'])((?:(?!(?<!\\)\5).)*) | (b?")((?:[^"\\]|\\.)*) | (b?\$?')((?:[^'\\]|\\.)*)
    | (&(?:quot|apos|\#3[49]|\#x2[27]);)((?:(?!&(?:quot|apos|\#3[49]|\#x2[27]);).)*)
    | (?:(?:bearer|basic|digest|token|apikey|negotiate|splunk|geniekey|aws4-hmac-sha256)\s{1,3})?[^\s"',;&}\])<>]+""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
# An object that only says what is to be known of a secret: `{"type": "string", "minLength": 12}`.
_TELLS = Pattern(
    r"""\{(?:\s{0,9}\\{0,3}["'][a-z_-]{0,30}+(?<=type|mode|hint|["'_]min|["'_]max|ngth|bled|alid|ires|s_in|ount|thod|ired)\\{0,3}["']\s{0,9}:\s{0,9}
    (?:true|false|null|[0-9.]{1,12}|\\{0,3}["'][\w. -]{0,40}\\{0,3}["'])\s{0,9}(?:,|(?=\})))+\}""",
    re.IGNORECASE | re.VERBOSE,
)
_INDENT = Pattern(r"\n([ \t]+)\Z")
_INDENT_REACH: Final = 41


def holds_letters(value: str) -> bool:
    """Return whether a value is, or holds, text and not just numbers."""
    return any(map(str.isalpha, value.replace("null", "")))


def without_values(text: str, starts: Iterable[int]) -> str:
    """Return the text without the values that start at these places."""
    kept: list[str] = []
    done = 0
    for start in starts:
        if start > done:
            first, end = value_at(text, start)
            if end > first and not text.startswith(REDACTED, first) and not _may_stay(text, first, end):
                kept += (text[done:first], REDACTED)
                done = end
    return "".join((*kept, text[done:])) if kept else text


def without_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text without what stands there."""
    kept: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done and not is_shown_text(text[start:end]):
            kept += (text[done:start], REDACTED)
            done = end
    return "".join((*kept, text[done:])) if kept else text


def _may_stay(text: str, first: int, end: int) -> bool:
    """Return whether the value may be seen although its name is hidden: it says that there is none, or what it must be."""
    if end - first > STAYS_MAX_CHARS:
        return False
    value = text[first:end]
    if _TELLS.fullmatch(value):
        return True
    if value[0] in _OPENING:
        inner = value[1:-1].strip()
        return is_shown_text(value) or is_shown_text(inner.strip("\"'\\"))
    return is_shown_text(value)


def value_at(text: str, start: int) -> tuple[int, int]:
    """Return where the value that starts there begins and ends, without its quotes."""
    if text[start : start + 1] in _OPENING:
        return start, _end_of_brackets(text, start)
    reach = max(0, start - _INDENT_REACH)
    indent = (
        text.find("\n", reach, start) >= 0
        and text[start : start + 1] not in _QUOTES
        and _INDENT.search(text, reach, start)
    )
    if indent:
        return start, _end_of_block(text, start, indent[1])
    found = _VALUE.match(text, start)
    if found is None:
        return start, start
    group = found.lastindex
    return (found.start(), found.end()) if group is None else found.span(group)


def _end_of_block(text: str, start: int, indent: str) -> int:
    """Return where the block of YAML ends that starts there: the last line which is indented as far."""
    end = text.find("\n", start)
    while end >= 0 and text.startswith(indent, end + 1):
        end = text.find("\n", end + 1)
    return len(text.rstrip()) if end < 0 else end


def _end_of_brackets(text: str, start: int) -> int:
    """Return where the bracket that opens there is closed; the end of the text where it is cut off."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return len(text)
