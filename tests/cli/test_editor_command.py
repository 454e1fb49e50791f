"""`hotlog editor`: what it writes for an editor, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.cli import hotlog, settle_in

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"name": "mine", "type": "debugpy", "request": "launch"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settle_in(tmp_path, monkeypatch)
    return tmp_path


def test_it_writes_an_extension_and_adds_one_entry_to_what_is_there(folder: Path) -> None:
    launch = folder / ".vscode" / "launch.json"
    launch.parent.mkdir()
    launch.write_text("\ufeff" + json.dumps({"version": "0.2.0", "configurations": [ENTRY], "compounds": []}))
    for _ in range(2):
        ran = hotlog("editor", "vscode", "--function", "orders", "--region", "eu-central-1")
        assert ran.code == 0, ran.err
    written = json.loads(launch.read_text())
    assert written["configurations"][0] == ENTRY
    [entry] = written["configurations"][1:]
    assert (entry["function"], entry["region"], entry["sourceRoot"]) == (
        "orders",
        "eu-central-1",
        "${workspaceFolder}",
    )
    assert written["compounds"] == []
    with zipfile.ZipFile(folder / ".vscode" / "hotlog.vsix") as extension:
        assert {"extension/package.json", "extension/extension.js", "extension.vsixmanifest"} <= {
            *extension.namelist()
        }


@pytest.mark.parametrize("text", ['{ // mine\n"configurations": []}', "[]", '{"configurations": [1]}', ""])
def test_a_launch_file_that_it_cannot_keep_stays_and_the_entry_is_told(folder: Path, text: str) -> None:
    launch = folder / ".vscode" / "launch.json"
    launch.parent.mkdir()
    launch.write_text(text)
    ran = hotlog("editor", "vscode", "--function", "orders")
    assert (ran.code, launch.read_text()) == (2, text)
    assert '"function": "orders"' in ran.err


@pytest.mark.parametrize("name", ["or ders", "orders-*", ""])
def test_what_is_no_one_function_is_refused(folder: Path, name: str) -> None:
    assert hotlog("editor", "vscode", "--function", name).code == 2
    assert not (folder / ".vscode").exists()


@pytest.mark.process
def test_files_of_the_folder_that_is_open_are_not_taken_for_pythons_own(folder: Path) -> None:
    assert hotlog("editor", "vscode", "--function", "orders").code == 0
    [entry] = json.loads((folder / ".vscode" / "launch.json").read_text())["configurations"]
    (folder / "json.py").write_text("raise SystemExit('the folder was imported')\n")
    ran = subprocess.run([*entry["command"], "dap"], cwd=folder, input=b"", capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
