"""The application's own reads survive a fleet of hotlog environments, and rules arrive as promised: the quick form.

`python -m tests.fleet` plays all fleets for hours, and writes the table and the plot of docs/reads.md.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from hotlog import limits
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
