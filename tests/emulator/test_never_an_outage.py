"""A function starts, answers and fails with hotlog exactly as without, whatever is wrong around it or with hotlog.

The rows are in `tests.emulator.start.rows`, how one is run in `tests.emulator.start.cells`. Here some of each case run,
in turn in each deployment and on each Python of the machine; `pytest -m slow` and `python -m tests.emulator.start` run all of
them on all Pythons.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from hotlog.client.attaching.layer_zip import collect_files
from tests.conftest import absent
from tests.emulator.start.cells import pythons_of, run_row
from tests.emulator.start.rows import DEPLOYMENTS, WRAP, sweep
from tests.emulator.start.surroundings import ALL_ROWS as ROWS
from tests.support.lambda_runtime import EmulatorFunction
from tests.support.pythons import interpreter, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.emulator.start.rows import Row

QUICK = [row for row in ROWS if row.quick]
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def name_of(row: Row) -> str:
    return f"{row.case}: {row.name}"


def check(row: Row, python: str, deployments: Sequence[str] = DEPLOYMENTS) -> None:
    if reason := EmulatorFunction.missing():
        absent(reason)
    if interpreter(python) is None:
        absent(f"there is no Python {python}")
    for cell in run_row(row, python, deployments):
        assert cell.faults == [], cell.deployment


def test_rows_have_names_of_their_own_and_a_cell() -> None:
    names = [name_of(row) for row in ROWS]
    assert len(names) == len(set(names))
    assert [name for name, row in zip(names, ROWS, strict=True) if set(row.cannot) == set(DEPLOYMENTS)] == []
    assert all(WRAP in row.cannot for row in ROWS if row.damage), "what the layer's files are to the code"


def test_some_of_each_case_run_always() -> None:
    assert {row.case for row in QUICK} == {row.case for row in ROWS}
    assert len(QUICK) > len(DEPLOYMENTS) * len(versions())


@pytest.mark.in_part(3)
@pytest.mark.parametrize("number", range(len(QUICK)), ids=[name_of(row) for row in QUICK])
def test_a_start_is_as_without_hotlog(number: int) -> None:
    row, pythons = QUICK[number], versions()
    possible = [each for each in DEPLOYMENTS if each not in row.cannot]
    # Which deployment changes after each round of the Pythons.
    deployment = possible[(number + number // len(pythons)) % len(possible)]
    check(row, row.python or pythons[number % len(pythons)], [deployment])


@pytest.mark.slow
@pytest.mark.parametrize("python", versions())
@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_start_on_every_python(row: Row, python: str) -> None:
    if row.python and python != THIS:
        pytest.skip(f"runs on {row.python} alone")
    check(row, pythons_of(row, [python])[0])


@pytest.mark.slow
@pytest.mark.parametrize("row", sweep(collect_files()), ids=name_of)
def test_each_file_of_the_layer_may_be_missing_or_damaged(row: Row) -> None:
    check(row, THIS)
