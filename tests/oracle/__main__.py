"""python -m tests.oracle [--backend NAME] [--calls | --after] [--fast | --packages] [--parallel N] [MODULE ...]

Puts a probe that records two local variables on every statement of every function of a module, runs the module's own
tests, and compares hit by hit with the same module that has the recording calls typed into its source.
With --calls: a probe around every function, which records how each of its calls begins and ends.
With --after: the probes and the calls are behind the statements.
Prints a table and ends with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from tests.oracle.behind import typed_behind
from tests.oracle.calls import typed_calls
from tests.oracle.compare import GONE, Report, report
from tests.oracle.modules import EVERY, FAST, PACKAGES
from tests.oracle.reference import typed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.oracle.modules import Entry

_PARALLEL = 2


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--backend", default="", help="force one; without it, those of a normal installation")
    parser.add_argument("--calls", action="store_true", help="probes around whole calls")
    parser.add_argument("--after", action="store_true", help="probes behind statements")
    parser.add_argument("--fast", action="store_true", help="the subset that every run of the test suite has")
    parser.add_argument(
        "--packages", action="store_true", help="two packages from the index, with their own tests"
    )
    parser.add_argument(
        "--parallel", type=int, default=_PARALLEL, help=f"how many modules at a time; default {_PARALLEL}"
    )
    parser.add_argument(
        "module", nargs="*", help="names from tests/oracle/modules.py; none: all of the standard library"
    )
    chosen = parser.parse_args(arguments)
    entries: Iterable[Entry] = FAST if chosen.fast else PACKAGES if chosen.packages else EVERY
    if chosen.module:
        entries = [entry for entry in (*EVERY, *PACKAGES) if {entry.name, *entry.modules} & {*chosen.module}]
    typing = typed_calls if chosen.calls else typed_behind if chosen.after else typed
    started = time.monotonic()
    reports: list[Report] = []
    with ThreadPoolExecutor(chosen.parallel) as pool:
        for done in as_completed([pool.submit(report, entry, chosen.backend, typing) for entry in entries]):
            found = done.result()
            if found is not None:
                if not reports:
                    _say(
                        f"{'module':28} {'tests':>6} {'spots':>6} {'hit':>6} {'hits':>10} {'install':>8}  functions taken; left"
                    )
                reports.append(found)
                _print(found)
    _print_total(reports, time.monotonic() - started)
    return 1 if any(found.differences for found in reports) else 0


def _print(found: Report) -> None:
    taken = ", ".join(f"{name} {count}" for name, count in found.taken.items())
    left = ", ".join(f"{name} {count}" for name, count in found.left.items())
    _say(
        f"{found.name:28} {found.tests:6} {found.spots:6} {found.spots_hit:6} {found.hits:10} "
        f"{found.install_s * 1_000:5.0f} ms  {taken}; {left or 'none'}"
    )
    for line in (*found.why, *(f"UNLIKE {difference}" for difference in found.differences)):
        _say(f"    {line}")
    for reason in sorted({line.partition(" differ: ")[2] for line in found.explained}):
        _say(f"    {len(found.explained)} differences explained: {reason}")
    if found.unsteady:
        _say(f"    unsteady without hotlog too: {len(found.unsteady)}, such as {found.unsteady[0]}")


def _print_total(reports: list[Report], seconds: float) -> None:
    taken: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for found in reports:
        taken += found.taken
        left += found.left
    live = sum(taken.values()) + sum(count for code, count in left.items() if code != GONE)
    differing = sum(1 for found in reports if found.differences)
    _say(
        f"{len(reports)} modules, {sum(found.spots for found in reports)} spots, "
        f"{sum(found.hits for found in reports)} hits compared in {seconds:.0f} s; modules that differ: {differing}"
    )
    spots = sum(found.spots for found in reports)
    spots_left = sum(found.spots_left for found in reports)
    _say(f"  spots with a probe in: {100 * (spots - spots_left) / max(spots, 1):.2f} %")
    for name, count in (taken + left).most_common():
        share = (
            "nobody can call them" if name == GONE else f"{100 * count / live:.2f} % of the live functions"
        )
        _say(f"  {name:20} {count:6}  {share}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
