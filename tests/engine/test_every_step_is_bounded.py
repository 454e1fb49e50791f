"""No step of an expression is unbounded: the table of operations, each on each type, small and as large as can be made.

The table runs in a process of its own: a loop in C that does not end can only be killed, and the large values go with it.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from hotlog.expressions import check_tree, grammar, vocabulary
from hotlog.expressions.evaluate import HitScope, evaluate
from hotlog.reading.reader import Unavailable
from tests.engine import measuring, operations

pytestmark = pytest.mark.engine

ROOT = pathlib.Path(__file__).parents[2]
EVERY = 9  # of the cells that lie side by side most are alike
HUNG_MAX = 3  # then it is known well enough what is wrong


@pytest.fixture(scope="module", name="notes", params=[EVERY, pytest.param(1, marks=pytest.mark.slow)])
def _notes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each so many-th cell has found: an entry per finding, and one with the counts of each process that came to its end."""
    path = tmp_path_factory.mktemp("operations") / "notes"
    hung: list[dict[str, Any]] = []
    first = 0
    while len(hung) < HUNG_MAX:
        command = [sys.executable, "-m", "tests.engine.measuring", "--every", str(request.param)]
        command += ["--first", str(first), str(path)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode == 0:
            break
        number = int.from_bytes(pathlib.Path(f"{path}.at").read_bytes())
        hung.append({"cell": operations.name_of(number), "cpu_ms": "without end"})
        first = number + 1
    return hung + [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.process
def test_each_cell_ends_within_the_bounds(notes: list[dict[str, Any]]) -> None:
    over = [note for note in notes if note.keys() & {"cpu_ms", "bytes", "raised"}]
    assert not over, "\n".join(map(str, over))


@pytest.mark.process
def test_each_cell_of_size_10_gives_what_python_gives_or_says_why_not(notes: list[dict[str, Any]]) -> None:
    wrong = [note for note in notes if "wrong" in note]
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.process
def test_each_function_method_and_operator_has_a_cell_with_a_value(notes: list[dict[str, Any]]) -> None:
    """A table of refusals would be within all bounds."""
    counts = [note for note in notes if "cells" in note]
    answered = {name for note in counts for name in note["answered"]}
    rows = (*operations.unary_operations(), *operations.binary_operations(), *operations.calls_of_two())
    assert {row.name for row in rows} == answered
    assert answered >= vocabulary.FUNCTIONS | vocabulary.METHODS
    assert sum(note["values"] for note in counts) > 3_000  # of 32,000 in all


def test_each_kind_of_syntax_is_in_the_table() -> None:
    assert set(operations.SYNTAX) == set(check_tree._VISITS)


class Loud:
    """An object whose every method in question says that it ran."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("__eq__ ran")

    def __index__(self) -> int:
        raise AssertionError("__index__ ran")

    __hash__ = object.__hash__


@pytest.mark.parametrize("text", ["data.decode(loud)", "data[span]", "[1, 2][span]"])
def test_arguments_run_no_code_of_the_application(text: str) -> None:
    values = {"data": b"abc", "loud": Loud(), "span": slice(Loud(), None)}
    with pytest.raises(Unavailable):
        evaluate(grammar.parse(text), HitScope(values), measuring.READER.for_hit())
