"""What came of the cells, kept from one run to the next while the layer's sources are the same."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.attaching.layer_zip import build
from tests.emulator.start.rows import DEPLOYMENTS
from tests.support.places import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.emulator.start.cells import Cell
    from tests.emulator.start.rows import Row

_HOME = CACHE / "starts"


class Key(NamedTuple):
    """Which cell it is: the row's case and name, how hotlog got into the function, and the version."""

    case: str
    name: str
    deployment: str
    python: str


Results = dict[Key, list[str]]  # what differs, by cell


def keep(cells: Iterable[Cell]) -> None:
    """Write down what came of the cells."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps([cell.row.case, cell.row.name, cell.deployment, cell.python, cell.faults])
        for cell in cells
    ]
    with (folder / f"{os.getpid()}.jsonl").open("a") as file:  # one for each run: several may be under way
        file.write("".join(f"{line}\n" for line in lines))


def read() -> Results:
    """Return all that has been run with these sources."""
    found: Results = {}
    for file in sorted(_folder().glob("*.jsonl"), key=lambda path: path.stat().st_mtime):
        for line in file.read_text().splitlines():
            *key, faults = json.loads(line)
            found[Key(*key)] = faults
    return found


def holds(results: Mapping[Key, list[str]], row: Row, python: str) -> bool:
    """Return whether each cell of the row on this Python has been run, and was as it must be."""
    wanted = [Key(row.case, row.name, each, python) for each in DEPLOYMENTS if each not in row.cannot]
    return all(results.get(key) == [] for key in wanted)


def _folder() -> Path:
    return _HOME / build(()).sources[:16]
