"""`python -m tests.fleet`: what thousands of environments do to the quota they share, as tables and a plot.

The first table is of environments that live for ever, by policy. The other two are of `auto`, with environments that die.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from hotlog import limits
from tests.fleet.plot import Curve, Panel, svg
from tests.fleet.simulate import MINUTE_S, Fleet, Outcome, simulate

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


def table(head: list[str], lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


# --- environments that die, with `auto` ------------------------------------------------------------------------------------

AUTO_SIZES = ((333, 1.0), (1_000, 10.0), (4_000, 0.5))
AUTO_LIVES_S = (300.0, 900.0, 3_600.0)
AUTO_THROTTLED_MAX = 0.005
_SETTLE_S, _CHANGES = 1_800.0, (3_600.0, 4_200.0, 4_800.0)  # a first rule, a change of it, a pause
DEPLOYED_SHARES = (0.1, 0.5, 1.0)
AUTO_HEAD = ["environments x invocations/s", "live for", "interval", "starts/s", "reads/s", "throttled when idle", "with a live rule",
             "in the first minute", "a first rule, 50 / 99 %", "a change", "a pause"]  # fmt: skip
DEPLOYED_HEAD = [
    "environments x invocations/s",
    "a deployment replaces",
    "throttled in its minute",
    "in the ten minutes after it",
]


def auto_fleet(environments: int, invocations_per_s: float, life_s: float) -> Fleet:
    return Fleet(
        environments,
        STANDARD,
        "auto",
        invocations_per_s,
        life_s=life_s,
        settle_s=_SETTLE_S,
        changes_s=_CHANGES,
    )


def auto_cells(fleet: Fleet, outcome: Outcome) -> list[str]:
    hint = fleet.load.choose_refresh()
    late = [
        " / ".join(f"{outcome.within_s(share, fleet.environments, change):,.0f}" for share in (0.5, 0.99))
        for change in range(len(fleet.changes_s))
    ]
    return [
        f"{fleet.environments:,} x {fleet.invocations_per_s:g}",
        f"{fleet.life_s / MINUTE_S:g} min",
        f"{hint} s",
        f"{outcome.starts_per_s:.1f}",
        f"{outcome.reads_per_s:.1f}",
        f"{outcome.application_idle:.2%}",
        f"{outcome.application_live:.2%}",
        f"{outcome.application_by_minute[0]:.1%}",
        *(f"{each} s" for each in late),
    ]


def deployed_cells(environments: int, invocations_per_s: float, share: float, seed: int) -> list[str]:
    at_s = _CHANGES[0] + 600.0
    fleet = auto_fleet(environments, invocations_per_s, AUTO_LIVES_S[1])
    fleet = fleet._replace(
        deployments_s=(at_s,), deployed=round(share * environments), changes_s=_CHANGES[:1]
    )
    minute, by_minute = int(at_s // MINUTE_S), simulate(fleet, seed).application_by_minute
    after = by_minute[minute + 1 : minute + 11]
    return [
        f"{environments:,} x {invocations_per_s:g}",
        f"{fleet.deployed:,} in 10 s",
        f"{by_minute[minute]:.1%}",
        f"{sum(after) / len(after):.2%}",
    ]


def auto_tables(seed: int) -> tuple[bool, str]:
    """Whether the application's reads survive `auto` in every fleet, and the two tables."""
    fleets = [auto_fleet(*size, life_s) for size in AUTO_SIZES for life_s in AUTO_LIVES_S]
    outcomes = [simulate(fleet, seed) for fleet in fleets]
    holds = all(max(each.application_idle, each.application_live) <= AUTO_THROTTLED_MAX for each in outcomes)
    first = table(AUTO_HEAD, [auto_cells(*pair) for pair in zip(fleets, outcomes, strict=True)])
    deployed = [deployed_cells(*size, share, seed) for size in AUTO_SIZES for share in DEPLOYED_SHARES]
    return holds, f"{first}\n\n{table(DEPLOYED_HEAD, deployed)}"


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
                for number, at_s in enumerate(row.outcome.arrivals_s[0])
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
    parser.add_argument("--auto", action="store_true", help="only the tables of `auto`: half a minute")
    given = parser.parse_args()
    holds, auto = auto_tables(given.seed)
    if given.auto:
        sys.stdout.write(f"{auto}\n")
        sys.exit(0 if holds else 1)
    rows = []
    for fleet in FLEETS:
        sys.stderr.write(f"{fleet.environments} environments, {fleet.quota_per_s}/s, {fleet.refresh}\n")
        rows.append(Row(fleet, simulate(fleet, given.seed)))
    given.plot.write_text(plot(rows), encoding="utf-8")
    sys.stdout.write(f"{table(HEAD, [row.cells() for row in rows])}\n\n{auto}\n")
    sys.exit(0 if holds and all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main()
