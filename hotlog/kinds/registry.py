"""What each kind of rule makes of a hit. `rule_handler.RuleHandler` has the gates of all kinds.

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


def get_call_hooks(point: RuleHandler) -> CallHooks | None:
    """The hooks of a rule whose probe is around a whole call; None: `RuleHandler.hook` is called at its place."""
    surrounds: Callable[[], CallHooks | None] | None = getattr(point, "around", None)
    return surrounds() if surrounds is not None else None


def make_handler(rule: Rule, session: InvocationContext) -> RuleHandler:
    """A rule in this process, as its kind has it.

    Raises:
        RuleError: of its expressions.
    """
    module, name = _HOMES["ring" if rule.ring else rule.kind]
    found: type[RuleHandler] = getattr(__import__(module, fromlist=(name,)), name)
    return found(rule, session)


_HOMES = {
    "call": ("hotlog.kinds.call", "CallHandler"),
    "error": ("hotlog.kinds.error", "ErrorHandler"),
    "log": ("hotlog.kinds.log", "LogHandler"),
    "metric": ("hotlog.kinds.metric", "MetricHandler"),
    "ring": ("hotlog.kinds.ring", "RingHandler"),
    "timeout": ("hotlog.kinds.timeout", "TimeoutHandler"),
    "trace": ("hotlog.kinds.trace", "TraceHandler"),
}
