"""Errors, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotlog.rules.model import Rule


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    names = f" except {', '.join(rule.excepted)}" if rule.excepted else ""
    return f"error{', also those that were caught,' if rule.caught else ''}{names}".rstrip(",")
