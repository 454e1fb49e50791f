"""A rule in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotlog.rules.model import Rule
if TYPE_CHECKING:
    from hotlog.rules.model import Rule


def describe_kind(rule: Rule) -> str:
    """What a rule of another kind than `log` does, in a few words; empty for a log."""
    if rule.kind == "metric":
        labels = [f"{name}={expression}" for name, expression in rule.dimensions.items()]
        by = f" by {', '.join(labels)}" if labels else ""
        value = f"={rule.value}" if rule.value else ""
        return f"metric {rule.metric}{value}{'' if rule.unit == 'None' else f' in {rule.unit}'}{by}"
    if rule.kind == "timeout":
        return f"look {rule.margin_ms} ms before the time-out"
    return {"call": "call", "error": "error", "trace": "trace"}.get(rule.kind, "")


def describe_rule(rule: Rule, *, condition: bool = True) -> str:
    """What a rule does, in one line: `log total={total} if total > 100`.

    Args:
        rule: the rule.
        condition: say its condition, too.
    """
    parts = [describe_kind(rule)] if rule.kind != "log" else []
    parts += [f"log {rule.message}"] if rule.message else []
    parts += ["snapshot"] if rule.snapshot else []
    parts += [f"watch {name}={expression}" for name, expression in rule.watch.items()]
    parts += [f"stack {rule.stack}"] if rule.stack else []
    parts += [f"the last {rule.ring}, on failure"] if rule.ring else []
    text = ", ".join(parts)
    return f"{text} if {rule.condition}" if condition and rule.condition else text
