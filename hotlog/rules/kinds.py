"""The kinds of rules: what each points at, its default limits, and which fields it alone may have.

log      a line of text, or a snapshot of the variables, at a statement
call     one event for a whole call of a function: arguments, result or exception, duration
error    the exception that a function, or the handler, ends in: every frame with its variables
timeout  where every thread is shortly before Lambda ends the invocation
trace    one call of a function, line by line
metric   a number, counted or collected, for CloudWatch's embedded metric format
"""

from __future__ import annotations

from typing import Final, Literal

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.namedtuple import NamedTuple


class Kind(NamedTuple):
    """What distinguishes a kind of rule, as data.

    Attributes:
        target: what `at` must name: a statement, a whole function, a function or (empty) the handler, or nothing.
        limit: events per environment where the author set no limit.
        per_second: the same, per second; None means without limit.
        fields: fields of a rule that this kind alone may set.
        specials: `@names` that mean something only here.
        without: fields of every other kind that it has no use for.
    """

    target: Literal["statement", "function", "optional", "none"]
    limit: int
    per_second: float | None
    fields: frozenset[str] = frozenset()
    specials: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()


_CAPTURED: Final = frozenset(
    {"snapshot", "stack"}
)  # what shows every frame with its variables shows these anyway
_SHOWN: Final = _CAPTURED | {"message", "watch"}

KINDS: Final = {
    "log": Kind("statement", limits.LOG_MAX_EVENTS, limits.LOG_MAX_PER_S, frozenset({"ring"})),
    "call": Kind(
        "function",
        limits.CALL_MAX_EVENTS,
        limits.CALL_MAX_PER_S,
        specials=frozenset({"return", "exception", "duration_ms"}),
    ),
    "error": Kind(
        "optional",
        limits.ERROR_MAX_EVENTS,
        limits.ERROR_MAX_PER_S,
        specials=frozenset({"exception"}),
        without=_CAPTURED,
    ),
    "timeout": Kind(
        "none",
        limits.TIMEOUT_MAX_EVENTS,
        limits.TIMEOUT_MAX_PER_S,
        frozenset({"margin_ms"}),
        without=_CAPTURED,
    ),
    "trace": Kind("function", limits.TRACE_MAX_EVENTS, limits.TRACE_MAX_PER_S, without=_SHOWN),
    "metric": Kind(
        "statement",
        limits.METRIC_MAX_EVENTS,
        limits.METRIC_MAX_PER_S,
        frozenset({"metric", "value", "unit", "dimensions"}),
        without=_SHOWN,
    ),
}

# Units of a CloudWatch metric (MetricDatum in its API reference).
_SIZES: Final = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS: Final = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
_RATES: Final = tuple(f"{unit}/Second" for unit in (*_SIZES, *_BITS, "Count"))
UNITS: Final = (
    "Seconds",
    "Microseconds",
    "Milliseconds",
    *_SIZES,
    *_BITS,
    "Percent",
    "Count",
    *_RATES,
    "None",
)


def default_limits(kind: object, *, snapshot: bool, ring: int) -> dict[str, float | None]:
    """The limits of a rule whose author set none."""
    found: dict[str, float | None]
    if snapshot and kind == "log":
        found = {"limit": limits.SNAPSHOT_MAX_EVENTS, "per_second": limits.SNAPSHOT_MAX_PER_S}
    else:
        known = KINDS.get(kind if isinstance(kind, str) else "log", KINDS["log"])
        found = {"limit": known.limit, "per_second": known.per_second}
    # What a ring keeps costs no event; what it emits in the end comes all at once.
    return {**found, "per_second": None} if ring else found


def check_specials(kind: str, used: set[str]) -> None:
    """Refuse a rule that names what only another kind knows.

    Args:
        kind: of the rule.
        used: the `@names` that its expressions read, without the `@`.

    Raises:
        RuleError: `unknown-special`.
    """
    for name in sorted(used & {name for each in KINDS.values() for name in each.specials}):
        if name not in KINDS[kind].specials:
            kinds = " or ".join(other for other, each in KINDS.items() if name in each.specials)
            raise RuleError("unknown-special", f"`@{name}` means nothing in a {kind} rule: use {kinds}.")
