"""Calls, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "vars": "the variables at the end of the call",
    "args": "the arguments, as they were at the beginning",
    "return": "what it returned",
    "error": "the exception that it raised",
    "duration_ms": "how long it took",
    "suspended_ms": "how much of it a generator or coroutine was suspended",
}

EDITOR_WORD: Final = ""  # what an editor writes before the function to break at: nothing


def describe(_rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return "call"
