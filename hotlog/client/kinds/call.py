"""Calls, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, for the page on events
    "at": "as for `log`",
    "qualname": "as for `log`",
    "message": "as for `log`",
    "watch": "as for `log`",
    "vars": "the variables at the end of the call",
    "stack": "as for `log`",
    "args": "the arguments, as they were at the beginning",
    "return": "what it returned",
    "error": "the exception that it raised",
    "duration_ms": "how long it took",
    "suspended_ms": "how much of it a generator or coroutine was suspended",
    "hit": "as for `log`",
}

EDITOR_WORD: Final = ""  # what an editor writes before the function to break at: nothing


def describe(_rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return "call"
