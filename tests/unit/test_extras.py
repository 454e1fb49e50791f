"""What is installed without an extra is what a function needs, and the command says which extra it lacks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import run_python

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.process

# Hides what the extras bring, as if it were not installed.
BARE = """
import sys
from importlib.machinery import PathFinder

class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] not in {hidden!r}:
            return super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
"""
USE = """
import hotlog
import app

@hotlog.wrap
def handler(event, context):
    return app.f(event)

events = []
with hotlog.Agent(sink=events.append, root=".") as agent:
    agent.apply([hotlog.Rule(at="app.py:2", message="n={n}")])
    assert handler(1, None) == 2
assert [event["message"] for event in events if event["hotlog"] == "log"] == ["n=1"], events
"""


def run(program: str, folder: Path, hidden: set[str]) -> subprocess.CompletedProcess[str]:
    (folder / "app.py").write_text("def f(n):\n    return n + 1\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    return run_python("-c", BARE.format(hidden=hidden) + program, folder=folder, environ=environ)


def test_without_an_extra_it_wraps_and_runs_an_agent(tmp_path: Path) -> None:
    done = run(USE, tmp_path, {"click", "rich", "mcp", "starlette", "uvicorn"})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("hidden", ["click", "rich"])
def test_without_its_extra_the_command_says_so_in_one_line(hidden: str, tmp_path: Path) -> None:
    command = "from hotlog.cli import main; sys.exit(main(['demo']))"
    done = run(command, tmp_path, {hidden})
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"needs the extra `cli` ({hidden} is not installed)" in line
