"""What the function's owner does not allow, no rule can do.

The function refuses such a rule when it reads it; `add` says so before it is stored. Both ask here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.rules.model import CAPTURE_CEILINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.config import Config
    from hotlog.rules.model import Rule

_CLOCK_SKEW_MAX = timedelta(seconds=limits.CLOCK_SKEW_MAX_S)


def check_policy(rule: Rule, config: Config) -> None:
    """Refuse a rule that the owner does not allow.

    Raises:
        RuleError: the first of `iter_violations`.
    """
    for fault in iter_violations(rule, config):
        raise fault


def iter_violations(rule: Rule, config: Config) -> Iterator[RuleError]:
    """Yield an error for each thing that the owner does not allow; its message names the variable that says so."""
    allow = config.allow
    if allow and rule.kind not in allow:
        yield RuleError("kind-not-allowed", f"the owner allows {', '.join(allow)} only (HOTLOG_ALLOW)")
    if rule.properties and not config.properties:
        yield RuleError("properties-not-allowed", "--properties needs HOTLOG_PROPERTIES=1 on the function")
    for name in CAPTURE_CEILINGS:
        if getattr(rule, name) > (most := getattr(config, f"max_{name}")):
            yield RuleError(
                "captures-too-much", f"the owner allows --{name} {most} at most (HOTLOG_MAX_{name.upper()})"
            )
    if rule.created is not None and rule.created > datetime.now(UTC) + _CLOCK_SKEW_MAX:
        yield RuleError(
            "no-expiry", "'created' lies in the future: it would never expire. Add the rule again."
        )
    if rule.expires is not None and rule.created is not None:
        lives_s = (rule.expires - rule.created).total_seconds()
        if lives_s > config.max_for_s:
            yield RuleError("lives-too-long", f"the owner allows {config.max_for_s} s (HOTLOG_MAX_FOR)")
