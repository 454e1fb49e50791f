"""How many environments a function may have at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.account.aws import Aws

_METRIC: Final = "ConcurrentExecutions"


class Concurrency(NamedTuple):
    """How many environments a function may have.

    Attributes:
        environments: at once.
        source: where the number is from, in words that follow the function's name; empty: nothing is known.
        is_seen: whether so many have run, and are no mere quota.
    """

    environments: int
    source: str
    is_seen: bool = False


UNKNOWN: Final = Concurrency(desk_limits.ACCOUNT_CONCURRENCY, "")


def estimate_concurrency(aws: Aws, function: str) -> Concurrency:
    """Return the function's peak of the last hour, else of the last day, or the account's default quota."""
    try:
        hour = aws.last_hours(function, _METRIC, "Maximum", 1, period_s=60)
        seen = hour or aws.last_hours(function, _METRIC, "Maximum", 24, desk_limits.CONCURRENCY_PERIOD_S)
    except StoreError as fault:
        why = f"may run in as many: its metrics cannot be read [{fault.code}]"
        return UNKNOWN._replace(source=why)
    if not seen:
        return UNKNOWN._replace(source="has not run within a day: the account's default quota counts")
    most = max(1, round(max(seen)))
    when = "hour" if hour else "day"
    return Concurrency(most, f"ran in {most:,} at once in the last {when}", is_seen=True)
