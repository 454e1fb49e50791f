"""Suspects, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotlog.rules.model import Rule


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return f"suspects: bad is {rule.bad}" if rule.bad else "suspects"
