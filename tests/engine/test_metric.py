"""Metrics: what a rule counts or collects comes out once per invocation, as CloudWatch's embedded metric format has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog import limits
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.rules.model import entry_of, rule_of
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event


SHOP = """
def charge(total, coupon="none"):
    return total  # <done>
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        yield probed


def metric(shop: Probed, **fields: object) -> hotlog.Rule:
    chosen: dict[str, object] = {"id": "m", "metric": "OrderTotal", "value": "total"} | fields
    return hotlog.Rule(at=shop.sample.at("done"), kind="metric", **chosen)  # type: ignore[arg-type]


def charge(shop: Probed, *totals: object, coupon: str = "none") -> object:
    return shop.invoke(lambda: [shop.module.charge(total, coupon) for total in totals])


def directive(event: Event) -> Event:
    [found] = event["_aws"]["CloudWatchMetrics"]
    assert isinstance(found, dict)
    return found


def test_the_values_of_an_invocation_come_out_in_one_document(shop: Probed) -> None:
    shop.apply(metric(shop, unit="Count", dimensions={"coupon": "coupon"}))
    assert charge(shop, 5, 7.5, True, coupon="SUMMER15") == [5, 7.5, True]
    [event] = shop.said("metric")
    assert event["OrderTotal"] == [5, 7.5, 1]
    assert event["coupon"] == "SUMMER15"
    assert directive(event) == {
        "Namespace": "hotlog",
        "Dimensions": [["function", "coupon"]],
        "Metrics": [{"Name": "OrderTotal", "Unit": "Count"}],
    }
    assert event["function"] == "orders"
    assert (event["rule"], event["request_id"], event["hit"]) == ("m", "request-1", 1)
    assert isinstance(event["_aws"]["Timestamp"], int)
    charge(shop)
    assert len(shop.said("metric")) == 1, "an invocation without a hit says nothing"


def test_without_a_value_hits_are_counted(shop: Probed) -> None:
    shop.apply(metric(shop, value="", metric="Orders", condition="total > 5"))
    charge(shop, 1, 6, 7)
    assert [event["Orders"] for event in shop.said("metric")] == [2]


def test_each_combination_of_dimensions_is_a_document_of_its_own(shop: Probed) -> None:
    shop.apply(metric(shop, dimensions={"size": "'large' if total > 5 else 'small'"}))
    charge(shop, 1, 6, 2)
    assert [(event["size"], event["OrderTotal"]) for event in shop.said("metric")] == [
        ("small", [1, 2]),
        ("large", 6),
    ]


def test_more_values_than_a_document_takes_come_in_several(shop: Probed) -> None:
    shop.apply(metric(shop))
    charge(shop, *range(250))
    found = [event["OrderTotal"] for event in shop.said("metric")]
    assert [len(values) for values in found] == [100, 100, 50]
    assert [value for values in found for value in values] == list(range(250))


def test_the_number_of_combinations_is_bounded(shop: Probed) -> None:
    shop.apply(metric(shop, dimensions={"n": "total"}, per_second=None))
    charge(shop, *range(limits.METRIC_MAX_SERIES + 20))
    assert len(shop.said("metric")) == limits.METRIC_MAX_SERIES
    assert shop.codes("m") == ("installed", "too-many-series")
    charge(shop, 3)
    assert len(shop.said("metric")) == limits.METRIC_MAX_SERIES + 1, "those that are known go on"


def test_the_number_of_values_that_wait_is_bounded(shop: Probed) -> None:
    shop.apply(metric(shop, per_second=None))
    charge(shop, *range(limits.METRIC_MAX_VALUES + 50))
    assert sum(len(event["OrderTotal"]) for event in shop.said("metric")) == limits.METRIC_MAX_VALUES
    assert shop.codes("m") == ("installed", "too-many-values")


def test_what_the_rate_holds_back_comes_with_a_later_invocation(shop: Probed) -> None:
    shop.apply(metric(shop))
    now_ns = [0]
    shop.context.clock_ns = lambda: now_ns[0]
    shop.apply(metric(shop, per_second=1))
    charge(shop, 1)
    charge(shop, 2)
    charge(shop, 3)
    assert [event["OrderTotal"] for event in shop.said("metric")] == [1]
    now_ns[0] += 10**9
    charge(shop, 4)
    assert [event["OrderTotal"] for event in shop.said("metric")] == [1, [2, 3, 4]]


def test_the_limit_counts_documents(shop: Probed) -> None:
    shop.apply(metric(shop, limit=2, per_second=None))
    for totals in ((1, 2, 3), (4,), (5,)):
        charge(shop, *totals)
    assert [event["OrderTotal"] for event in shop.said("metric")] == [[1, 2, 3], 4]
    assert shop.codes("m")[0] == "exhausted"


def test_outside_of_an_invocation_nobody_waits_for_its_end(shop: Probed) -> None:
    shop.apply(metric(shop, per_second=None))
    shop.module.charge(4)
    assert [event["OrderTotal"] for event in shop.said("metric")] == [4]


@pytest.mark.parametrize("total", ["12", None, math.nan, math.inf, 1e300, 2**400, [1]])
def test_what_is_no_number_is_no_value(shop: Probed, total: object) -> None:
    shop.apply(metric(shop))
    charge(shop, total)
    assert shop.said("metric") == []
    assert shop.codes("m") == ("installed", "condition-error")
    assert shop.agent.status()["m"].reason.startswith("what is measured cannot be had: ")


@pytest.mark.parametrize(
    ("coupon", "label"),
    [("", "-"), ("x" * 2_000, "x" * 250), ("é\n", "\\xe9"), ("AKIAIOSFODNN7EXAMPLE", "@redacted")],
)
def test_a_dimension_is_short_ascii_text_and_no_secret(shop: Probed, coupon: str, label: str) -> None:
    shop.apply(metric(shop, dimensions={"coupon": "coupon"}))
    charge(shop, 1, coupon=coupon)
    assert [event["coupon"] for event in shop.said("metric")] == [label]


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": ""},
        {"metric": "rule"},
        {"metric": ":x"},
        {"metric": "é"},
        {"unit": "Apples"},
        {"dimensions": {"OrderTotal": "1"}},
        {"dimensions": {"_aws": "1"}},
        {"dimensions": {f"d{n}": "1" for n in range(10)}},
        {"snapshot": True},
        {"message": "x"},
        {"ring": 3},
    ],
)
def test_a_metric_that_cloudwatch_would_not_take_is_refused(shop: Probed, fields: dict[str, object]) -> None:
    with pytest.raises(RuleError) as fault:
        metric(shop, **fields)
    assert fault.value.code == "bad-field"


def test_a_dimension_with_a_secrets_name_is_hidden_as_a_watch_is(shop: Probed) -> None:
    shop.apply(metric(shop, dimensions={"password": "coupon"}))
    charge(shop, 5, coupon="hunter2")
    [event] = shop.said("metric")
    assert event["password"] == "@redacted"  # noqa: S105  # the opposite of one


def test_a_log_rule_has_no_metric() -> None:
    with pytest.raises(RuleError, match="does not belong to a log rule"):
        hotlog.Rule(at="app.py:1", metric="x")


def test_what_only_calls_know_means_nothing_here(shop: Probed) -> None:
    shop.agent.apply([metric(shop, value="@duration_ms")])
    assert shop.codes("m") == ("error", "unknown-special")


def test_the_owner_may_forbid_the_kind(tmp_path: Path) -> None:
    with Probed(tmp_path, SHOP, Config(allow=("log",))) as shop:
        shop.agent.apply([metric(shop)])
        assert shop.codes("m") == ("error", "kind-not-allowed")


def test_it_is_stored_with_what_differs_from_the_defaults(shop: Probed) -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    rule = metric(shop, dimensions={"c": "coupon"}, created=now, expires=now + timedelta(hours=1))
    entry = entry_of(rule)
    assert entry.keys() == {"id", "at", "kind", "metric", "value", "dimensions", "created", "expires"}
    assert rule_of(entry) == rule
