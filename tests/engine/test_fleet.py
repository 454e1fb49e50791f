"""The application's own reads survive a fleet of hotlog environments, and rules arrive as promised: the quick form.

`python -m tests.fleet` plays all fleets for hours, and writes the table and the plot of docs/reads.md.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from hotlog import limits
from hotlog.client.account.load import Load, describe_load
from hotlog.rules.document import EACH
from tests.fleet.__main__ import AUTO_THROTTLED_MAX, auto_fleet
from tests.fleet.plot import Curve, Panel, svg
from tests.fleet.simulate import Bucket, Fleet, simulate


@pytest.mark.parametrize("environments", [1_000, 5_000])
@pytest.mark.long
def test_a_quota_that_is_far_too_small_is_shared_with_the_application(environments: int) -> None:
    """Asked for 250 to 1,250 times as often as it allows, once the environments have found their pace."""
    fleet = Fleet(environments, quota_per_s=40, settle_s=2_400, measure_s=1_200)
    outcome = simulate(fleet)
    assert outcome.application_throttled < 0.01
    assert outcome.reads_per_s > 0.7 * (fleet.quota_per_s - fleet.application_per_s), "and it is put to use"
    assert outcome.within_s(0.99, environments) <= limits.BACKOFF_MAX_S


def test_where_the_quota_bears_the_policy_every_environment_has_the_rule_within_it() -> None:
    outcome = simulate(Fleet(1_000, quota_per_s=40, refresh="60", settle_s=600, measure_s=600))
    assert outcome.throttled == 0
    assert outcome.within_s(1.0, 1_000) <= 60 + 2
    assert outcome.reads_per_s < 1_000 / 60 * 1.1


def test_the_bucket_is_filled_by_time_and_holds_a_second() -> None:
    now = 0.0
    bucket = Bucket(3, lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 1 / 3 + 0.001
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_the_plot_is_a_picture() -> None:
    panel = Panel("y & z", "x", 10, 100, [Curve("one", [(0, 0), (10, 100), (11, 50)])])
    root = ET.fromstring(svg([panel, panel], "t"))  # noqa: S314  # made here
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    assert lines[0].attrib["points"] == "46.0,304.0 466.0,64.0", "what lies outside is left out"


# --- `auto` ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environments", "invocations_per_s"), [(333, 1.0), pytest.param(4_000, 0.5, marks=pytest.mark.slow)]
)
def test_with_auto_environments_that_die_leave_the_application_alone(
    environments: int, invocations_per_s: float
) -> None:
    fleet = auto_fleet(environments, invocations_per_s, life_s=300)._replace(
        settle_s=600, measure_s=1_900, changes_s=(1_200, 1_850)
    )
    outcome, every_s = simulate(fleet), fleet.load.choose_refresh()
    assert isinstance(every_s, int)
    assert max(outcome.application_idle, outcome.application_live) <= AUTO_THROTTLED_MAX
    assert outcome.application_by_minute[0] < 0.05, "all have started in it"
    # An invocation comes at random: 99 of 100 come within five times the mean interval.
    seldom_s = 5 / invocations_per_s
    assert outcome.within_s(0.99, environments, 0) <= max(limits.AUTO_REFRESH_S, every_s) + seldom_s
    assert outcome.within_s(0.99, environments, 1) <= every_s + seldom_s, "the document has told the interval"
    assert outcome.reads_per_s <= 1.1 * fleet.load.share_per_s


def test_the_interval_is_the_shortest_that_leaves_the_application_its_half() -> None:
    assert Load(3, 2.0).choose_refresh() == EACH
    for load in (
        Load(333, 333.0),
        Load(1_000, 10_000.0),
        Load(1_000, 10_000.0, 10_000),
        Load(2_000, 1_000.0),
    ):
        every_s = load.choose_refresh()
        assert isinstance(every_s, int)
        assert load.reads_per_s(every_s) <= load.share_per_s
        assert every_s == 1 or load.reads_per_s(every_s - 1) > load.share_per_s
    assert (
        Load(4_000, 2_000.0).choose_refresh()
        == Load(400_000, 2e6).choose_refresh()
        == limits.AUTO_REFRESH_MAX_S
    )


def test_what_reads_cost_is_said_where_they_are_paid_for_and_where_no_interval_is_enough() -> None:
    assert "at most USD 6,523 a month with `each`, 6,523 with `auto`" in describe_load(
        3, Load(1_000, 500.0, 10_000)
    )
    assert "too much even so" in describe_load(3, Load(20_000, 20_000.0))
    for load in (Load(3, 2.0), Load(333, 333.0)):
        assert describe_load(3, load).endswith("(higher throughput: off)")
