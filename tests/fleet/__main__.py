"""`python -m tests.fleet`: what thousands of environments do to the quota they share, as a table and a plot."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from hotlog import limits
from tests.fleet.plot import Curve, Panel, svg
from tests.fleet.simulate import Fleet, Outcome, simulate

STANDARD, HIGHER = (
    40,
    10_000,
)  # GetParameter per second and Region: the default, and with higher throughput (AWS quotas)
PLOT = Path(__file__).parent / "fleet.svg"

FLEETS = [
    Fleet(environments, quota, refresh, settle_s=settle_s, measure_s=measure_s)
    for quota, settle_s, measure_s in ((STANDARD, 3_600.0, 7_200.0), (HIGHER, 300.0, 300.0))
    for environments in (1_000, 5_000)
    for refresh in ("each", "background", "60")
]
APPLICATION_THROTTLED_MAX = 0.01


class Row(NamedTuple):
    fleet: Fleet
    outcome: Outcome

    @property
    def promised_s(self) -> float:
        """The policy's bound: its own interval, or the longest back-off where the quota does not bear it."""
        fleet = self.fleet
        every_s = float(fleet.refresh) if fleet.refresh.isdigit() else 1 / fleet.invocations_per_s
        asked_per_s = fleet.environments / every_s + fleet.application_per_s
        enough = asked_per_s < fleet.quota_per_s
        # An invocation comes at random: 99 of 100 come within five times the mean interval.
        return every_s + 5 / fleet.invocations_per_s if enough else float(limits.BACKOFF_MAX_S)

    @property
    def holds(self) -> bool:
        return (
            self.outcome.application_throttled < APPLICATION_THROTTLED_MAX
            and self.outcome.within_s(0.99, self.fleet.environments) <= self.promised_s
        )

    def cells(self) -> list[str]:
        fleet, outcome = self.fleet, self.outcome
        return [
            f"{fleet.environments:,}",
            f"{fleet.quota_per_s:,}",
            f"`{fleet.refresh}`",
            f"{outcome.reads_per_s:,.1f}",
            f"{outcome.throttled:.2%}",
            f"{outcome.application_throttled:.2%}",
            f"{outcome.within_s(0.5, fleet.environments):,.1f} s",
            f"{outcome.within_s(0.99, fleet.environments):,.1f} s",
            f"{self.promised_s:,.1f} s",
            "yes" if self.holds else "NO",
        ]


HEAD = [
    "environments",
    "quota/s",
    "policy",
    "reads/s",
    "throttled",
    "application throttled",
    "50 % have the rule after",
    "99 % after",
    "promised",
    "holds",
]


def table(rows: list[Row]) -> str:
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(rows: list[Row]) -> str:
    """How the application fares from the start, and how a rule spreads, where the quota is too small for the policy."""
    shown = [row for row in rows if row.fleet.quota_per_s == STANDARD and row.fleet.refresh in {"each", "60"}]
    names = [f"{row.fleet.environments:,} environments, {row.fleet.refresh}" for row in shown]
    fares = [
        Curve(
            name,
            [(minute, 100 * share) for minute, share in enumerate(row.outcome.application_by_minute[:60])],
        )
        for name, row in zip(names, shown, strict=True)
    ]
    spreads = [
        Curve(
            name,
            [
                (at_s, 100 * (number + 1) / row.fleet.environments)
                for number, at_s in enumerate(row.outcome.arrivals_s)
                if number % (row.fleet.environments // 200) == 0
            ],
        )
        for name, row in zip(names, shown, strict=True)
    ]
    return svg(
        [
            Panel("the application's reads that are throttled, %", "minutes after all have started", 60, 100, fares),
            Panel("environments that have the rule, %", "seconds after it was added", 360, 100, spreads),
        ],
        title=f"A fleet at {STANDARD} reads/s for the account, 10 invocations/s each",
    )  # fmt: skip


def main() -> None:
    """Simulate, print the table, write the plot."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, default=PLOT, help="where the plot goes")
    given = parser.parse_args()
    rows = []
    for fleet in FLEETS:
        sys.stderr.write(f"{fleet.environments} environments, {fleet.quota_per_s}/s, {fleet.refresh}\n")
        rows.append(Row(fleet, simulate(fleet, given.seed)))
    given.plot.write_text(plot(rows), encoding="utf-8")
    sys.stdout.write(table(rows) + "\n")
    sys.exit(0 if all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main()
