"""Suspects, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "at": "file and line of the handler",
    "qualname": "the handler",
    "since": "since when it counts: one event a minute, and one as the rule goes",
    "invocations": "how many invocations were counted; 0 in a further part of the same minute",
    "reached": "the functions that they came by",
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    return f"suspects: bad is {rule.bad}" if rule.bad else "suspects"
