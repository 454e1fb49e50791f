"""Run the matrix of starts: `python -m tests.emulator.start [--write] [--only TEXT] [--python 3.12]… [--no-sweep]`.

Prints what differs, and with --write puts the table into hotlog/docs/security.md. It takes some ten minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hotlog.cli.attaching.layer_zip import contents
from tests.emulator.start import table
from tests.emulator.start.cells import pythons_of, run_row
from tests.emulator.start.rows import DEPLOYMENTS, ROWS, Row, sweep
from tests.support.lambda_runtime import EmulatorFunction
from tests.support.pythons import interpreter, versions, with_runtime_client

if TYPE_CHECKING:
    from tests.emulator.start.cells import Cell


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator.start", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into hotlog/docs/security.md")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose case or name has it")
    parser.add_argument("--python", action="append", metavar="VERSION", help="default: all that are here")
    parser.add_argument("--no-sweep", action="store_true", help="without each single file of the layer")
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    if reason := EmulatorFunction.missing():
        sys.exit(reason)
    pythons: list[str] = wanted.python or versions()
    rows = [row for row in ROWS if wanted.only in f"{row.case}: {row.name}"]
    swept = [] if wanted.no_sweep or wanted.only else sweep(contents())
    for python in {*pythons, *(row.python for row in rows if row.python)}:
        if interpreter(python) is not None:
            with_runtime_client(python)  # once, before several look for it at the same time
    began = time.monotonic()
    cells = _run(rows, pythons, wanted.jobs)
    of_files = _run(swept, pythons, wanted.jobs)
    if wanted.write:
        table.write(rows, cells, of_files)
    wrong = [cell for cell in [*cells, *of_files] if cell.faults]
    for cell in wrong:
        _say(
            f"{cell.row.case}: {cell.row.name}, {cell.deployment}, {cell.python}\n  "
            + "\n  ".join(cell.faults)
        )
    total = len(cells) + len(of_files)
    _say(f"{total} cells, {len(wrong)} of them differ, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


def _run(rows: list[Row], pythons: list[str], jobs: int) -> list[Cell]:
    todo = [
        (row, python)
        for row in rows
        for python in pythons_of(row, pythons)
        if interpreter(python) is not None
    ]
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(lambda each: run_row(each[0], each[1], DEPLOYMENTS), todo)
        return [cell for cells in done for cell in cells]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
