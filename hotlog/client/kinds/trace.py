"""Traces, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

EDITOR_WORD: Final = "trace "  # what an editor writes before the function to break at


def describe(_rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return "trace"
