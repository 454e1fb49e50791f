"""Traces, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "lines": "the lines that ran, in order",
    "cut": "why the trace ends before the call does",
    "source": "the text of the lines, by their numbers",
}

EDITOR_WORD: Final = "trace "  # what an editor writes before the function to break at


def describe(_rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return "trace"
