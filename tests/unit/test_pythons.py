"""One table says which Pythons are supported, and one module how they differ."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from hotlog.interpreter import supported
from tests.support.places import ROOT
from tests.unit.test_house import FILES

SUPPORTED = [f"{major}.{minor}" for major, minor in supported.TESTED_PYTHONS]
OLDEST = SUPPORTED[0]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())

# Modules whose `if sys.version_info >= …:` a type checker must understand, for what is below is not there on every Python.
GUARDED = {"hotlog.probes.monitor.call_events", "hotlog.probes.monitor.instruction_events"}


def constant(path: str, name: str) -> object:
    """The value that a file assigns to a name of its own."""
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [name]:
            return ast.literal_eval(node.value)
    pytest.fail(f"{path} has no {name}")


def test_the_table_is_in_order() -> None:
    assert list(supported.TESTED_PYTHONS) == sorted(set(supported.TESTED_PYTHONS))


def test_the_distribution_says_the_same() -> None:
    begin = "Programming Language :: Python :: 3."
    named = ["3." + each.removeprefix(begin) for each in PROJECT["project"]["classifiers"] if begin in each]
    assert named == SUPPORTED
    assert PROJECT["project"]["requires-python"] == f">={OLDEST}"


def test_the_tools_check_for_the_oldest() -> None:
    assert PROJECT["tool"]["mypy"]["python_version"] == OLDEST
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{OLDEST.replace('.', '')}"


def test_the_shim_steps_aside_on_older_ones() -> None:
    assert constant("wrapper/python/hotlog_handler.py", "OLDEST_PYTHON") == supported.TESTED_PYTHONS[0]


def test_the_readme_names_them() -> None:
    readme = (ROOT / "README.md").read_text()
    row = re.search(r"^\| Python \| CPython ([\d., ]+);", readme, re.MULTILINE)
    assert row is not None
    assert row[1].split(", ") == SUPPORTED
    assert f"With Python {OLDEST} or newer" in readme


@pytest.mark.process
def test_the_command_that_runs_everything_reads_the_table() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert not re.findall(r"\b3\.\d+\b", script)
    asked = re.search(r"^supported=\$\(\.venv/bin/python -c '(.+)'\)$", script, re.MULTILINE)
    assert asked is not None
    ran = subprocess.run(
        [sys.executable, "-c", asked[1]], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert ran.stdout.split() == SUPPORTED


def test_nothing_but_the_interpreter_folder_asks_which_python_runs() -> None:
    asks = re.compile(r"version_info|sys\.implementation|hexversion|_is_gil_enabled|python_version")
    found = {
        module: [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if asks.search(line)]
        for module, path in FILES.items()
        if not module.startswith("hotlog.interpreter.")
    }
    del found[
        "hotlog.client.attaching.layer_compiler"
    ]  # a program for another interpreter: it names its file after itself
    found = {module: lines for module, lines in found.items() if lines}
    assert found == {module: ["if sys.version_info >= (3, 12):"] for module in GUARDED}


def test_each_flag_is_used_outside_of_its_module_and_says_since_when() -> None:
    home = FILES["hotlog.interpreter.quirks"]
    source = home.read_text(encoding="utf-8")
    flags = re.findall(
        r"((?:^# .+\n)+)^([A-Z_]+): Final = sys\.version_info >= \((3), (\d+)\)$", source, re.MULTILINE
    )
    assert len(flags) == len(re.findall(r"^[A-Z_]+: Final", source, re.MULTILINE))
    everywhere = "\n".join(path.read_text(encoding="utf-8") for path in FILES.values() if path != home)
    for evidence, name, major, minor in flags:
        assert f"({major}.{minor}" in evidence, f"{name}: the comment says since when, and who says so"
        assert re.search(rf"\b{name}\b", everywhere), f"{name}: nobody asks"
