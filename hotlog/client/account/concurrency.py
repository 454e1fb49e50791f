"""How many environments a function may have at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hotlog import limits
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.account.aws import Aws


class Concurrency(NamedTuple):
    """How many environments a function may have.

    Attributes:
        environments: at once.
        source: where the number is from, in words.
    """

    environments: int
    source: str


UNKNOWN = Concurrency(limits.ACCOUNT_CONCURRENCY, "")


def estimate_concurrency(aws: Aws, function: str) -> Concurrency:
    """Return the function's peak of the last day, or the account's default quota where it is not known."""
    try:
        seen = aws.last_day(function, "ConcurrentExecutions", "Maximum", limits.CONCURRENCY_PERIOD_S)
    except StoreError as fault:
        return UNKNOWN._replace(source=f"(the default quota: its metrics cannot be read, {fault.code})")
    if not seen:
        return UNKNOWN._replace(source="(the default quota: it has not run within a day)")
    return Concurrency(max(1, round(max(seen))), "(its peak of the last day)")
