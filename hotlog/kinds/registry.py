"""What each kind of rule makes of a hit. `hit.Point` is the log line, and the gates of all kinds.

A kind's module is imported with the first rule of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.hits.hit import Point

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.hits.session import Session
    from hotlog.probes.probe import Around
    from hotlog.rules.model import Rule


def around(point: Point) -> Around | None:
    """The hooks of a rule whose probe is around a whole call; None: `Point.hook` is called at its place."""
    surrounds: Callable[[], Around | None] | None = getattr(point, "around", None)
    return surrounds() if surrounds is not None else None


def point_of(rule: Rule, session: Session) -> Point:
    """A rule in this process, as its kind has it.

    Raises:
        RuleError: of its expressions.
    """
    place = _HOMES.get("ring" if rule.ring else rule.kind)
    if place is None:
        return Point(rule, session)
    module, name = place
    found: type[Point] = getattr(__import__(module, fromlist=(name,)), name)
    return found(rule, session)


_HOMES = {
    "call": ("hotlog.kinds.call", "CallPoint"),
    "error": ("hotlog.kinds.error", "ErrorPoint"),
    "metric": ("hotlog.kinds.metric", "MetricPoint"),
    "ring": ("hotlog.kinds.ring", "RingPoint"),
    "timeout": ("hotlog.kinds.timeout", "TimeoutPoint"),
    "trace": ("hotlog.kinds.trace", "TracePoint"),
}
