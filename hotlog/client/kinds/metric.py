"""Metrics, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "_aws": "what CloudWatch's embedded metric format asks for; value and dimensions stand beside it under their own names",
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    labels = [f"{name}={expression}" for name, expression in rule.dimensions.items()]
    by = f" by {', '.join(labels)}" if labels else ""
    value = f"={rule.value}" if rule.value else ""
    return f"metric {rule.metric}{value}{'' if rule.unit == 'None' else f' in {rule.unit}'}{by}"
