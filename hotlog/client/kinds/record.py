"""Recordings, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

EDITOR_FILTERS: Final = {
    "record": {
        "label": "Record the next invocation",
        "description": "Records one whole invocation, to step through forwards and backwards.",
    },
    "record-failed": {
        "label": "Record the next invocation that fails",
        "description": "Records each invocation, and keeps the first that fails.",
        "fields": {"keep": "failed"},
    },
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    when = [rule.keep] if rule.keep != "all" else []
    when += [rule.bad] if rule.bad else []
    return f"record, kept if {' or '.join(when)}" if when else "record"
