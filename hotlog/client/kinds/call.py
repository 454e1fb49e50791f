"""Calls, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

EDITOR_WORD: Final = ""  # what an editor writes before the function to break at: nothing


def describe(_rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return "call"
