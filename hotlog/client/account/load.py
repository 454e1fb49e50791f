"""How often all environments with hotlog may read Parameter Store, whose quota the application shares.

An environment reads when it starts, and then every so many seconds. So `E` environments that live for `L` seconds and read
every `R` make `E / L + E / R` reads a second. `choose_refresh` solves that for `R`.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.errors import StoreError
from hotlog.rules.document import EACH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.account.aws import Aws

_THROUGHPUT: Final = "/ssm/parameter-store/high-throughput-enabled"
_METRICS_MAX: Final = 500  # of one GetMetricData (CloudWatch quotas)
_PERIOD_S: Final = 300
_SHORT_S: Final = 30  # an interval that nobody need look at more closely


class Load(NamedTuple):
    """What the environments of an account and Region with hotlog on them ask of Parameter Store.

    Attributes:
        environments: that ran at once, at most.
        invocations_per_s: of all of them, at most.
        quota_per_s: reads of Parameter Store that the account has.
    """

    environments: int
    invocations_per_s: float
    quota_per_s: int = desk_limits.PARAMETER_READS_PER_S

    @property
    def starts_per_s(self) -> float:
        """Return how many environments start, each with a read, where each lives only as long as a short one does."""
        return self.environments / desk_limits.ENVIRONMENT_LIFE_S

    @property
    def share_per_s(self) -> float:
        """Return the reads that hotlog may take of the quota."""
        return self.quota_per_s * desk_limits.PARAMETER_READS_SHARE

    def reads_per_s(self, refresh: float | str) -> float:
        """Return the reads that come of a policy: `EACH`, or seconds."""
        if isinstance(refresh, str):
            return self.invocations_per_s + self.starts_per_s
        return min(self.environments / refresh, self.invocations_per_s) + self.starts_per_s

    def choose_refresh(self) -> int | str:
        """Return the shortest interval with which the reads stay within hotlog's share of the quota; `EACH` where that does."""
        if self.reads_per_s(EACH) <= self.share_per_s:
            return EACH
        rest = self.share_per_s - self.starts_per_s
        longest = int(limits.AUTO_REFRESH_MAX_S)
        return longest if rest <= self.environments / longest else math.ceil(self.environments / rest)


def measure_all(aws: Aws) -> Load | None:
    """Return what all functions of the account and Region would ask for; None where none has run within a day.

    Two metrics, however many functions there are.

    Raises:
        StoreError: `denied`, ...
    """
    for hours, period_s in ((1, _PERIOD_S), (24, desk_limits.CONCURRENCY_PERIOD_S)):
        at_once = aws.last_hours("", "ConcurrentExecutions", "Maximum", hours, period_s)
        if at_once:
            calls = max(aws.last_hours("", "Invocations", "Sum", hours, period_s), default=0.0)
            return Load(math.ceil(max(at_once)), calls / period_s, read_quota(aws))
    return None


def measure_functions(aws: Aws, names: Sequence[str]) -> Load:
    """Return what these functions would ask for, by how many environments of each ran at once in the last hour.

    Raises:
        StoreError: `denied`, ...
    """
    from hotlog.stores.ssm.boto import translate_errors

    until = datetime.now(UTC)
    environments = calls = 0.0
    step = _METRICS_MAX // 2
    for start in range(0, len(names), step):
        queries = [
            _query(f"{kind}{number}", name, metric, statistic)
            for number, name in enumerate(names[start : start + step])
            for kind, metric, statistic in (
                ("e", "ConcurrentExecutions", "Maximum"),
                ("i", "Invocations", "Sum"),
            )
        ]
        with translate_errors("cloudwatch:GetMetricData", "*"):
            pages = (
                aws.client("cloudwatch")
                .get_paginator("get_metric_data")
                .paginate(MetricDataQueries=queries, StartTime=until - timedelta(hours=1), EndTime=until)
            )
            peaks: dict[str, float] = {}
            for result in (each for page in pages for each in page["MetricDataResults"]):
                peaks[result["Id"]] = max([peaks.get(result["Id"], 0.0), *result["Values"]])
        environments += sum(peak for key, peak in peaks.items() if key.startswith("e"))
        calls += sum(peak for key, peak in peaks.items() if key.startswith("i"))
    return Load(math.ceil(environments), calls / _PERIOD_S, read_quota(aws))


def measure_account(aws: Aws, function: str) -> tuple[int, Load]:
    """Return how many functions with hotlog there are, a function that is looked at among them, and what all ask for.

    Raises:
        StoreError: `denied`, ...
    """
    names = {function}
    try:
        names.update(name for name, _, attached in aws.list_configured() if attached)
    except StoreError as fault:
        if fault.code != "denied":
            raise
    return len(names), measure_functions(aws, sorted(names))


def describe_load(count: int, load: Load) -> str:
    """Return what functions ask of Parameter Store, in one sentence."""
    best, is_higher = load.choose_refresh(), load.quota_per_s > desk_limits.PARAMETER_READS_PER_S
    interval = "each invocation" if best == EACH else f"every {best} s"
    functions = "1 function" if count == 1 else f"{count:,} functions"
    environments = f"{load.environments:,} environment{'' if load.environments == 1 else 's'}"
    each_per_s, auto_per_s = load.reads_per_s(EACH), load.reads_per_s(best)
    more = ""
    if auto_per_s > load.share_per_s:
        more = ". That is too much even so"
    elif is_higher:
        each_usd, auto_usd = (
            round(reads * desk_limits.PARAMETER_READ_USD_A_MONTH) for reads in (each_per_s, auto_per_s)
        )
        more = f". Reads are paid for then: at most USD {each_usd:,} a month with `each`, {auto_usd:,} with `auto`"
    return (
        f"{functions} with hotlog had {environments} at once in the last hour: `each` is at most "
        f"{each_per_s:,.1f} reads a second, `auto` {auto_per_s:,.1f} ({interval}), and the account and "
        f"Region have {load.quota_per_s:,}, half of them for hotlog (higher throughput: {'on' if is_higher else 'off'}){more}"
    )


def read_quota(aws: Aws) -> int:
    """Return how many reads of Parameter Store a second the account has; the default where it does not say."""
    from hotlog.stores.ssm.boto import translate_errors

    try:
        with translate_errors("ssm:GetServiceSetting", _THROUGHPUT):
            setting = aws.client("ssm").get_service_setting(SettingId=_THROUGHPUT)["ServiceSetting"]
    except StoreError:
        return desk_limits.PARAMETER_READS_PER_S
    is_higher = setting.get("SettingValue", "").lower() == "true"
    return desk_limits.PARAMETER_READS_HIGHER_PER_S if is_higher else desk_limits.PARAMETER_READS_PER_S


def find_refresh(aws: Aws) -> int | str | None:
    """Return what a document shall tell environments whose policy is `auto`; None where nothing is known.

    Looks at the functions one by one only where all of the account together would make the interval long.
    """
    try:
        everything = measure_all(aws)
    except StoreError:
        return None
    if everything is None:
        return None
    refresh = everything.choose_refresh()
    if refresh == EACH or int(refresh) <= _SHORT_S:
        return refresh
    try:
        names = [name for name, _, attached in aws.list_configured() if attached]
        return measure_functions(aws, names).choose_refresh() if names else refresh
    except StoreError:
        return refresh  # too long at worst


def _query(key: str, function: str, metric: str, statistic: str) -> Any:
    dimensions = [{"Name": "FunctionName", "Value": function}]
    return {
        "Id": key,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Period": _PERIOD_S,
            "Stat": statistic,
        },
    }
