"""What a person must know before a rule goes live: when that is, how long it lasts, how much it may emit, what is in its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.cli.parameters import lasting
from hotlog.errors import StoreError
from hotlog.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.cli.aws import Aws, Deployed
    from hotlog.config import Config
    from hotlog.rules.model import Rule

# Lambda's default quota of concurrent executions per account and Region: what a flood could come from.
_CONCURRENCY: Final = 1_000
_LOOK_BACK: Final = timedelta(hours=24)
_PERIOD_S: Final = 3_600


class Concurrency(NamedTuple):
    """How many environments a function may have.

    Attributes:
        environments: at once.
        source: where the number is from, in words.
    """

    environments: int
    source: str


UNKNOWN = Concurrency(_CONCURRENCY, "")


def concurrency(aws: Aws, function: str, now: datetime | None = None) -> Concurrency:
    """The function's peak of the last day, from CloudWatch; the account's default quota where that is not to be had."""
    from hotlog.stores.aws import told

    until = now or datetime.now(UTC)
    try:
        with told("cloudwatch:GetMetricStatistics", "*"):
            points = aws.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="ConcurrentExecutions",
                Dimensions=[{"Name": "FunctionName", "Value": function}],
                StartTime=until - _LOOK_BACK,
                EndTime=until,
                Period=_PERIOD_S,
                Statistics=["Maximum"],
            )["Datapoints"]
    except StoreError as fault:
        return UNKNOWN._replace(source=f"the default quota; its metrics cannot be read ({fault.code})")
    if not points:
        return UNKNOWN._replace(source="the default quota; it has not run within a day")
    return Concurrency(max(1, round(max(point["Maximum"] for point in points))), "its peak of the last day")


def live(settings: Config | None) -> str:
    """When a rule goes live, by the refresh policy of the function.

    Args:
        settings: of the function; None: not known.
    """
    refresh = settings.refresh if settings else "each"
    if refresh == "each":
        return "from the next invocation of each environment"
    if refresh == "background":
        return "within the next invocation of each environment"
    return f"at the next invocation of each environment that starts {refresh} s or more after it last looked"


def worst_case(rule: Rule, among: Concurrency = UNKNOWN) -> str:
    """How many events the rule may emit at worst, in words.

    Args:
        rule: with its limits and times.
        among: the environments that may emit them.
    """
    lives_s = int((rule.expires - rule.created).total_seconds()) if rule.expires and rule.created else 0
    bounds = [rule.limit] if rule.limit is not None else []
    bounds += [max(1, int(rule.per_second * lives_s))] if rule.per_second is not None else []
    if not bounds:
        return "no limit but the one on bytes per second: every hit logs"
    most = min(bounds)
    rate = f", {rule.per_second:g}/s" if rule.per_second is not None else ""
    megabytes = most * among.environments * limits.EVENT_MAX_BYTES / 1e6
    size = f"{megabytes / 1e3:,.1f} GB" if megabytes >= 1e3 else f"{megabytes:,.0f} MB"  # noqa: PLR2004
    source = f" ({among.source})" if among.source else ""
    return (
        f"{most:,} events per environment{rate}: "
        f"{most * among.environments:,} ({size}) in {among.environments:,} of them{source}"
    )


def in_the_way(rule: Rule, deployed: Deployed, store: str) -> Iterator[str]:
    """What the function's own settings have against the rule, a sentence each.

    Args:
        rule: the rule.
        deployed: the function.
        store: URL of the store that the rule goes to.
    """
    settings, name = deployed.config, deployed.name
    if not settings.enabled:
        yield f"hotlog is switched off on {name} (HOTLOG=off): no rule goes live."
    reads = open_store(settings.store or "ssm:").url
    if reads != store:
        yield f"{name} reads its rules from {reads} (HOTLOG_STORE), and this one goes to {store}."
    if settings.allow and rule.kind not in settings.allow:
        yield f"{name} allows {', '.join(settings.allow)} only (HOTLOG_ALLOW), not {rule.kind}."
    lives = rule.expires - rule.created if rule.expires and rule.created else timedelta()
    if lives > timedelta(seconds=settings.max_for_s):
        yield f"{name} lets rules live for {lasting(settings.max_for_s)} at most (HOTLOG_MAX_FOR)."
    if rule.properties and not settings.properties:
        yield f"{name} lets no rule call properties: HOTLOG_PROPERTIES=1 is not set on it."
