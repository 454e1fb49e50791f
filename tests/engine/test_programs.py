"""Random programs behave with probes on every line as without, and hit as if the probes had been typed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hotlog.probes.backends import choose_backends
from hotlog.probes.recompile.backend import Recompile
from tests.programs.check import check, traced
from tests.programs.generate import generate
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.probes.probe import Probe, Steps, Unit


NODES = [
    "Try",
    "TryStar",
    "With",
    "AsyncWith",
    "For",
    "AsyncFor",
    "While",
    "Match",
    "If",
    "FunctionDef",
    "AsyncFunctionDef",
    "ClassDef",
    "Lambda",
    "ListComp",
    "GeneratorExp",
    "DictComp",
    "Await",
    "Yield",
    "YieldFrom",
    "Return",
    "Raise",
    "Break",
    "Continue",
    "Nonlocal",
    "Global",
    "Delete",
    "Assert",
    "NamedExpr",
    "JoinedStr",
    "Import",
    "AnnAssign",
    "AugAssign",
    "Starred",
    "MatchOr",
    "MatchAs",
    "MatchSequence",
    "MatchMapping",
    "MatchClass",
]


@pytest.mark.process
@pytest.mark.parametrize("count", [30, pytest.param(500, marks=pytest.mark.slow)])
def test_programs_are_the_same_with_probes_on_every_line(count: int) -> None:
    """In a process of their own: collecting the garbage of a whole test run after each program would take minutes."""
    done = programs("--count", str(count))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(
        rf": {count} programs, [1-9]\d+ probes, [1-9]\d+ hits\nrecompile \d+\n0 differences", done.stdout
    ), done.stdout


# Each differed once, on one Python: class bodies whose comprehension no way leads to, ends of handlers, `async with` and `except*`.
DIFFERED = {
    "recompile": (1_000_569, 1_000_865, 1_002_896, 1_002_962),
    "splice": (1_000_745, 1_000_948, 1_001_223, 2_001_363, 2_002_288, 2_002_818, 2_003_629, 2_005_079),
}


@pytest.mark.long
@pytest.mark.parametrize(
    ("backend", "seed"), [(backend, seed) for backend, seeds in DIFFERED.items() for seed in seeds]
)
def test_a_program_that_differed_once_is_the_same(backend: str, seed: int) -> None:
    assert not check(seed, choose_backends(backend)).differences


@pytest.mark.long
@pytest.mark.parametrize(
    "start", [1_000, 1_005, *(pytest.param(each, marks=pytest.mark.slow) for each in (1_010, 1_015))]
)
def test_a_debugger_stops_at_the_same_lines(start: int) -> None:
    for seed in range(start, start + 5):
        assert not traced(seed)


def test_the_programs_hold_every_shape() -> None:
    found = {type(node).__name__ for seed in range(60) for node in ast.walk(ast.parse(generate(seed)))}
    assert not set(NODES) - found


class _Misplaced:
    """A backend whose probed functions say that they begin one line further down."""

    name = "misplaced"

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        patch = yield from Recompile().patch(unit, probes)
        moved = [(old, new.replace(co_firstlineno=new.co_firstlineno + 1)) for old, new in patch.replaced]
        return patch._replace(replaced=moved)


class _Forgetful:
    """A backend that leaves out one probe in ten and says nothing."""

    name = "forgetful"

    def patch(self, unit: Unit, probes: Sequence[Probe]) -> Steps:
        return Recompile().patch(unit, [probe for number, probe in enumerate(probes) if number % 10])


@pytest.mark.long
def test_the_comparison_sees_a_backend_that_is_wrong() -> None:
    assert {each.what for each in check(3, [_Misplaced()]).differences} >= {"behaviour"}
    assert {each.what for each in check(3, [_Forgetful()]).differences} == {"hits"}


@pytest.mark.process
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the package is right there")
def test_the_comparison_sees_the_known_miscompilation() -> None:
    """FACTS: the defaults of the `bytecode` package recompute the depths of the exception table wrongly."""
    done = through_bytecode("defaults")
    # The wrong depths give wrong results, or crash the interpreter.
    assert done.returncode < 0 or "behaviour" in done.stdout


@pytest.mark.process
def test_depths_conserved_show_no_difference() -> None:
    done = through_bytecode("conserved")
    assert done.returncode == 0, done.stdout + done.stderr


def through_bytecode(how: str) -> subprocess.CompletedProcess[str]:
    return programs("--count", "30", "--through-bytecode", how)


def programs(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.programs", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
