"""`hotlog completion`: what a shell shows when somebody presses TAB."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def f():\n    return 1\n")
    for name in ("k3f9", "k3aa", "zz11"):
        assert hotlog("add", "orders", "app.py:2", "--id", name, "--local").code == 0
    command = Path("bin/hotlog")
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hotlog.cli "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def ran(*words: str, **variables: str) -> str:
    done = subprocess.run(
        words, env={**os.environ, **variables}, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    return done.stdout


# The line up to the cursor, and what may stand there.
LINES = [
    ("hotlog st", ["status", "stop", "start"]),
    ("hotlog h", ["history", "help"]),
    ("hotlog status --si", ["--since"]),
    ("hotlog completion ", ["bash", "zsh", "fish"]),
    ("hotlog show --local ", ["orders"]),
    ("hotlog show --local orders k3", ["k3f9", "k3aa"]),
    ("hotlog rm --local orders zz11 k3f", ["k3f9"]),
    ("hotlog show --store nonsense ", []),
    ("hotlog show ", []),  # AWS, and no Region is known: no error either
]


@pytest.mark.process
@pytest.mark.parametrize(("line", "suggested"), LINES)
def test_bash_completes_commands_options_functions_and_rules(line: str, suggested: list[str]) -> None:
    *before, word = line.split(" ")
    words = " ".join(shlex.quote(each) for each in (*before, word))
    script = f"""
        source <(hotlog completion bash)
        COMP_WORDS=({words}); COMP_CWORD={len(before)}; COMPREPLY=()
        _hotlog_completion hotlog
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """

    assert ran("bash", "-c", script).split() == suggested


@pytest.mark.process
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_get_each_command_with_what_it_does(shell: str) -> None:
    assert "_HOTLOG_COMPLETE" in ran("hotlog", "completion", shell)

    found = ran(
        "hotlog",
        _HOTLOG_COMPLETE=f"{shell}_complete",
        COMP_WORDS="hotlog sta",
        COMP_CWORD="1" if shell == "zsh" else "sta",
    )

    assert "status" in found
    assert "Say where each rule is live" in found
    assert "history" not in found


def test_a_shell_that_is_not_known_is_wrong_usage() -> None:
    done = hotlog("completion", "powershell")

    assert done.code == 2
    assert "'bash', 'zsh', 'fish'" in done.err
