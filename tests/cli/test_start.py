"""The command starts quickly: what a command does not need is not imported. Measured in fresh processes."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from hotlog.cli.listing import list_commands
from tests.support.processes import run_python

if TYPE_CHECKING:
    from pathlib import Path

AWS = {"boto3", "botocore", "urllib3", "watchtower"}
ENGINE = {"bytecode", "hotlog.agent.agent", "hotlog.probes.registry", "hotlog.reading.reader"}
# One process per command: what it leaves in `sys.modules`, whatever it prints.
SCRIPT = """
import json, sys
from hotlog.cli import main
code = main(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted(sys.modules)}), file=open("left.json", "w"))
"""


def modules_after(directory: Path, *words: str) -> set[str]:
    """The modules that a command has imported when it is done."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    done = run_python("-c", SCRIPT, *words, folder=directory, environ=environ)
    assert done.returncode == 0, done.stderr
    left = json.loads((directory / "left.json").read_text())
    assert left["code"] == 0, done.stderr
    return set(left["modules"])


LOCAL = [
    "ls --local",
    "ls orders --local",
    "show orders k3f9 --local",
    "status orders --local",
    "tail orders --local --no-follow",
    "doctor orders --local",
    "pause orders --local",
    "rm orders k3f9 --local",
    "completion zsh",
]


@pytest.fixture(scope="module", name="stored")
def _stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("stored")
    (home / "app.py").write_text("def f():\n    return 1\n")
    assert not modules_after(home, "add", "orders", "app.py:2", "--id", "k3f9", "--local") & (AWS | ENGINE)
    return home


@pytest.fixture(name="home")
def _home(stored: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stored, tmp_path / "home")


@pytest.mark.process
@pytest.mark.parametrize("words", LOCAL)
def test_a_command_on_files_imports_nothing_of_aws_nor_of_the_engine(words: str, home: Path) -> None:
    assert not modules_after(home, *words.split()) & (AWS | ENGINE)


@pytest.mark.process
def test_the_help_of_all_imports_no_command(tmp_path: Path) -> None:
    modules = modules_after(tmp_path, "--help")

    assert not modules & (AWS | ENGINE | {"rich"})
    assert {name for name in modules if name.startswith("hotlog.cli.")} == {
        "hotlog.cli.root",
        "hotlog.cli.shell",
        "hotlog.cli.shell.errors",
        "hotlog.cli.shell.fields",
        "hotlog.cli.shell.synonyms",
        "hotlog.cli.shell.terminal",
    }
    assert {name for name in modules if name.startswith("hotlog.client")} == {
        "hotlog.client",
        "hotlog.client.words",
    }


@pytest.mark.process
def test_the_help_of_a_command_imports_nothing_of_aws_nor_of_the_engine(tmp_path: Path) -> None:
    words = [command.split()[1:] for command in list_commands()]
    script = (
        f"from hotlog.cli import main\nfor words in {words!r}:\n    assert main([*words, '--help']) == 0\n"
    )

    done = run_python(
        "-c", f"{script}import sys, json\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )

    assert done.returncode == 0, done.stderr
    assert not set(json.loads(done.stderr)) & (AWS | ENGINE)


@pytest.mark.process
def test_the_package_alone_loads_nothing_of_the_desk_and_the_client_nothing_of_a_terminal() -> None:
    script = (
        "import sys, hotlog\n"
        "desk = lambda: sorted(name for name in sys.modules if name.startswith(('hotlog.client', 'hotlog.cli')))\n"
        "assert desk() == [], desk()\n"
        "client = hotlog.Client(store='file:.hotlog')\n"
        "assert client.rules('orders').rules == ()\n"
        "loaded = {'click', 'rich', 'boto3', 'bytecode', 'hotlog.cli', 'hotlog.agent.agent'} & set(sys.modules)\n"
        "assert loaded == set(), loaded\n"
    )
    done = run_python("-c", script)
    assert done.returncode == 0, done.stderr
