"""Time-outs, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "at": "the line that the handler's thread is at",
    "qualname": "the function that the handler's thread is in",
    "left_ms": "how much time is left to the invocation",
    "late_ms": "how much later than it should hotlog looked",
    "note": "what keeps hotlog from looking in time",
    "threads": "every thread and task",
}

EDITOR_FILTERS: Final = {
    "timeout": {
        "label": "Time-outs of the function",
        "description": "Captures where every thread is shortly before Lambda ends the invocation.",
    }
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return f"look {rule.margin_ms} ms before the time-out"
