"""A rule in one line."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from hotlog.rules.kinds import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.rules.model import Rule

TYPED_LEVEL: Final = "typed_level"  # the watch that holds the level of a line that was typed


def describe_rule(rule: Rule, *, condition: bool = True, quote: Callable[[str], str] = str) -> str:
    """Return what a rule does, in one line: `log total={total} if total > 100`.

    Args:
        rule: the rule.
        condition: say its condition, too.
        quote: shows what somebody wrote: a message, an expression.
    """
    parts = [f"log {quote(rule.message)}"] if rule.message else []
    parts += ["snapshot"] if rule.snapshot else []
    parts += [
        f"watch {name}={quote(expression)}" if name != TYPED_LEVEL else "level " + expression.strip("'")
        for name, expression in rule.watch.items()
    ]
    parts += [f"stack {rule.stack}"] if rule.stack else []
    parts += ["behind the statement"] if rule.after else []
    own: str = importlib.import_module(f"hotlog.client.kinds.{rule.kind}").describe(rule)
    parts += [f"in {rule.environments * 100:.3g} % of the environments"] if rule.environments < 1 else []
    parts = [*parts, own] if rule.kind == DEFAULT else [own, *parts]
    text = ", ".join(filter(None, parts))
    return f"{text} if {quote(rule.condition)}" if condition and rule.condition else text
