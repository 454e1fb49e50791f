"""Run the matrix of starts: `python -m tests.emulator.start [--write] [--only TEXT] [--python 3.12]… [--no-sweep]`.

Prints what differs. What has been run is kept in `.cache/starts`, for as long as the layer's sources are the same: a cell
is run once, and what takes ten minutes and more may be done in parts. --write puts the table of all of it into
hotlog/docs/starts.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hotlog.client.attaching.layer_zip import collect_files
from tests.emulator.start import results, table
from tests.emulator.start.cells import pythons_of, run_row
from tests.emulator.start.rows import DEPLOYMENTS, Row, sweep
from tests.emulator.start.surroundings import ALL_ROWS as ROWS
from tests.support.lambda_runtime import EmulatorFunction
from tests.support.pythons import interpreter, versions, with_runtime_client

if TYPE_CHECKING:
    from tests.emulator.start.cells import Cell


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator.start", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into hotlog/docs/starts.md")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose case or name has it")
    parser.add_argument("--python", action="append", metavar="VERSION", help="default: all that are here")
    parser.add_argument("--no-sweep", action="store_true", help="without each single file of the layer")
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    if reason := EmulatorFunction.missing():
        sys.exit(reason)
    pythons: list[str] = wanted.python or versions()
    rows = [row for row in ROWS if wanted.only in f"{row.case}: {row.name}"]
    swept = (
        []
        if wanted.no_sweep
        else [row for row in sweep(collect_files()) if wanted.only in f"{row.case}: {row.name}"]
    )
    for python in {*pythons, *(row.python for row in rows if row.python)}:
        if interpreter(python) is not None:
            with_runtime_client(python)  # once, before several look for it at the same time
    began = time.monotonic()
    known = results.read()
    todo = [
        (row, python)
        for row in [*rows, *swept]
        for python in pythons_of(row, pythons)
        if interpreter(python) is not None and not results.holds(known, row, python)
    ]
    cells = _run(todo, wanted.jobs)
    for cell in cells:
        if cell.faults:
            _say(
                f"{cell.row.case}: {cell.row.name}, {cell.deployment}, {cell.python}\n  "
                + "\n  ".join(cell.faults)
            )
    if wanted.write:
        table.write(ROWS, results.read())
    differ = sum(bool(cell.faults) for cell in cells)
    _say(f"{len(cells)} cells were run, {differ} of them differ, {time.monotonic() - began:.0f} s")
    return 1 if differ else 0


def _run(todo: list[tuple[Row, str]], jobs: int) -> list[Cell]:
    def run(each: tuple[Row, str]) -> list[Cell]:
        cells = run_row(each[0], each[1], DEPLOYMENTS)
        results.keep(cells)
        return cells

    with ThreadPoolExecutor(jobs) as pool:
        return [cell for cells in pool.map(run, todo) for cell in cells]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
