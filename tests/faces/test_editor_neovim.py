"""`hotlog dap` in Neovim itself, with nvim-dap: another client of the protocol than Microsoft's, and a person's keys.

`HOTLOG_TEST_NVIM_DAP` names a checkout of nvim-dap; `nvim` is on the path, 0.10 or later.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.editors import FOLDER, Scene
from tests.support.processes import run_python

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.long]

NVIM, PLUGIN = shutil.which("nvim"), os.environ.get("HOTLOG_TEST_NVIM_DAP")


@pytest.mark.skipif(
    not (NVIM and PLUGIN), reason="HOTLOG_TEST_NVIM_DAP names no checkout, or there is no nvim"
)
def test_a_person_debugs_in_neovim(scene: Scene, tmp_path: Path) -> None:
    said = run_python("-m", "hotlog.cli", "editor", "neovim", "--function", "orders", "--store", scene.url)
    assert said.returncode == 0, said.stderr
    (tmp_path / "adapter.lua").write_text(said.stdout)
    found = tmp_path / "found.txt"
    homes = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    given = {
        "ADAPTER": str(tmp_path / "adapter.lua"),
        "OUT": str(found),
        "LOGPOINT": str(scene.line("total = goods - goods * percent // 100")),
    }
    words = ["--headless", "--clean", "-n", "--cmd", f"set runtimepath^={PLUGIN}", scene.source()["path"]]
    with subprocess.Popen(
        [str(NVIM), *words, "-c", f"luafile {FOLDER / 'story.lua'}"],
        cwd=scene.work,
        env={**os.environ, **homes, **given},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
    ) as nvim:
        try:
            scene.until(lambda: nvim.poll() is not None)
        finally:
            nvim.kill()
    told = dict(line.split(" ", 1) for line in found.read_text().splitlines())
    assert told.pop("ended").split() == ["true"], told
    assert told == {
        "logged": "goods=1240",
        "captured": f"Cart.total {given['LOGPOINT']}",
        "hover": "1",
        "recorded": "handler",
        "inside": "place_order",
        "back": "handler",
    }
    assert scene.rules() == []
