"""Time-outs, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

EDITOR_FILTERS: Final = {
    "timeout": {
        "label": "Time-outs of the function",
        "description": "Captures where every thread is shortly before Lambda ends the invocation.",
    }
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return f"look {rule.margin_ms} ms before the time-out"
