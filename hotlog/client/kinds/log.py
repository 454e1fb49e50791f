"""Log lines and snapshots, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "at": "file and line, such as `app.py:42`",
    "qualname": "the qualified name of the function",
    "message": "the message, its holes filled in",
    "watch": "the watched expressions, by their names",
    "vars": "the variables, where the rule asks for a snapshot",
    "stack": "where it was called from, innermost first",
    "held_ms": "how long a ring has kept it",
    "hit": "the number of the event among those of its rule in this environment",
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return f"the last {rule.ring}, on failure" if rule.ring else ""
