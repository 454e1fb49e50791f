"""What each kind of rule makes of a hit. `hit.Point` is the log line, and the gates of all kinds.

A kind's module is imported with the first rule of that kind.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hotlog.hit import Point

if TYPE_CHECKING:
    from hotlog.rules.model import Rule
    from hotlog.session import Session


def point_of(rule: Rule, session: Session) -> Point:
    """A rule in this process, as its kind has it.

    Raises:
        RuleError: of its expressions.
    """
    place = _HOMES.get(rule.kind)
    if place is None:
        return Point(rule, session)
    module, name = place
    found: type[Point] = getattr(importlib.import_module(module), name)
    return found(rule, session)


_HOMES = {
    "error": ("hotlog.kinds.error", "ErrorPoint"),
    "metric": ("hotlog.kinds.metric", "MetricPoint"),
    "timeout": ("hotlog.kinds.timeout", "TimeoutPoint"),
}
