"""From a rule to the handler of its kind, found by the kind's name. `rules.kinds.KINDS` lists the kinds.

A kind's module is imported with the first rule of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.hits.rule_handler import RuleHandler
    from hotlog.probes.probe import CallHooks
    from hotlog.rules.model import Rule


def get_call_hooks(handler: RuleHandler) -> CallHooks | None:
    """Return the hooks of a rule whose probe is around a whole call; None: `RuleHandler.hook` is called at its place."""
    around: Callable[[], CallHooks | None] | None = getattr(handler, "around", None)
    return around() if around is not None else None


def make_handler(rule: Rule, context: InvocationContext) -> RuleHandler:
    """Return the handler of a rule in this process: for the kind `call` a `CallHandler` of `hotlog.kinds.call`.

    Raises:
        RuleError: of its expressions.
    """
    name = f"{rule.kind.capitalize()}Handler"  # a rule's kind is checked: it is one of the table
    # Not importlib: in the layer `__import__` is the layer's own.
    handler: type[RuleHandler] = getattr(__import__(f"hotlog.kinds.{rule.kind}", fromlist=(name,)), name)
    return handler.create(rule, context)
