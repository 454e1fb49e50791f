"""What the lanes promise: each test has one, and no other project's `tests` stands in front of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import LANES, NOT_QUICK
from tests.support.places import ROOT, TESTS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_test_lies_in_a_lane() -> None:
    assert {path.parent.name for path in TESTS.rglob("test_*.py")} == {*LANES}


def test_a_quick_test_starts_no_process() -> None:
    with pytest.raises(AssertionError, match="mark it `process`"):
        subprocess.run([sys.executable, "-c", ""], check=True)
    with pytest.raises(AssertionError, match="mark it `process`"):
        os.fork()


@pytest.mark.process
def test_an_installed_package_called_tests_does_not_hide_ours(tmp_path: Path) -> None:
    """Some distributions ship a top-level `tests`."""
    (tmp_path / "tests" / "oracle").mkdir(parents=True)
    for folder in ("tests", "tests/oracle"):
        (tmp_path / folder / "__init__.py").write_text("raise SystemExit('the other one')\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.oracle", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "python -m tests.oracle" in done.stdout


def test_no_quick_test_starts_a_process_or_takes_seconds(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        marks = {marker.name for marker in item.iter_markers()}
        assert ("quick" in marks) == (not marks & NOT_QUICK), item.nodeid


@pytest.fixture(scope="module")
def started_by_a_fixture() -> str:
    with pytest.raises(AssertionError, match="mark it `process`"):
        subprocess.run([sys.executable, "-c", ""], check=True)
    return "refused"


def test_a_quick_test_has_no_fixture_that_starts_one_either(started_by_a_fixture: str) -> None:
    assert started_by_a_fixture == "refused"
