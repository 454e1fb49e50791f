"""What the function's owner does not allow, no rule can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import RuleError

if TYPE_CHECKING:
    from hotlog.config import Config
    from hotlog.rules.model import Rule

_CLOCK_SKEW_MAX = timedelta(seconds=limits.CLOCK_SKEW_MAX_S)


def check(rule: Rule, config: Config) -> None:
    """Refuse a rule that goes beyond them.

    Raises:
        RuleError: naming the variable that says so.
    """
    allow = config.allow
    if allow and rule.kind not in allow:
        raise RuleError("kind-not-allowed", f"the owner allows {', '.join(allow)} only (HOTLOG_ALLOW)")
    if rule.properties and not config.properties:
        raise RuleError("properties-not-allowed", "--properties needs HOTLOG_PROPERTIES=1 on the function")
    if rule.created is not None and rule.created > datetime.now(UTC) + _CLOCK_SKEW_MAX:
        raise RuleError(
            "no-expiry", "'created' lies in the future: it would never expire. Add the rule again."
        )
    if rule.expires is not None and rule.created is not None:
        lives_s = (rule.expires - rule.created).total_seconds()
        if lives_s > config.max_for_s:
            raise RuleError("lives-too-long", f"the owner allows {config.max_for_s} s (HOTLOG_MAX_FOR)")
