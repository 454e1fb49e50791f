"""Descriptor 1 closed, reused, redirected, full or broken: nothing else is written to, the function goes on, somebody is told."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.process]

ROOT: Final = Path(__file__).parents[2]

PROGRAM: Final = """
import os, socket, sys
BEFORE
import hotlog
sys.path.insert(0, FOLDER)
import target
agent = hotlog.Agent(root=FOLDER)
agent.apply([hotlog.Rule(id="a", at="target.py:2", message="{x}")])
assert agent.status()["a"].state == "installed", agent.status()
CHANGE
assert [target.f(1), target.f(2)] == [1, 2]
AFTER
status = agent.status()["a"]
assert status.state == "installed", status
with open(FOLDER + "/done", "w") as done:
    done.write("done")
os._exit(0)
"""

# What the application does before hotlog is imported, before the hits and after them; what is told.
CASES: Final = {
    "untouched": ("", "", "", ""),
    "a file": ("", "os.close(1); data = open(FOLDER + '/data', 'wb', 0); assert data.fileno() == 1; data.write(b'mine')", "", "stdout-replaced"),
    "put to /dev/null": ("", "os.dup2(os.open('/dev/null', os.O_WRONLY), 1)", "", "stdout-replaced"),
    "a socket": (
        "",
        "os.close(1); mine, peer = socket.socketpair(); assert mine.fileno() == 1; mine.send(b'mine')",
        "peer.setblocking(False); got = peer.recv(10_000); open(FOLDER + '/data', 'wb').write(got)",
        "stdout-replaced",
    ),
    "a pipe": (
        "",
        "os.close(1); os.close(0); reader, writer = os.pipe(); assert (reader, writer) == (0, 1); os.write(1, b'mine')",
        "got = os.read(0, 10_000); open(FOLDER + '/data', 'wb').write(got)",
        "stdout-replaced",
    ),
    "redirected": ("", "data = open(FOLDER + '/data', 'wb', 0); data.write(b'mine'); os.dup2(data.fileno(), 1)", "", "stdout-replaced"),
    "closed": ("", "os.close(1)", "", "OSError"),
    "closed before the import": ("os.close(1)", "", "", "OSError"),
    "closed before, a file later": ("os.close(1)", "data = open(FOLDER + '/data', 'wb', 0); assert data.fileno() == 1; data.write(b'mine')", "", "stdout-replaced"),
    "both reused": (
        "",
        "original = os.dup(2); os.close(1); os.close(2); data = open(FOLDER + '/data', 'wb', 0); more = open(FOLDER + '/more', 'wb', 0); data.write(b'mine')",
        "os.dup2(original, 2)",
        "",
    ),
}  # fmt: skip


def _run(
    folder: Path, steps: tuple[str, str, str], stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    (folder / "target.py").write_text("def f(x):\n    return x\n")
    program = PROGRAM.replace("FOLDER", repr(str(folder)))
    for word, code in zip(("BEFORE", "CHANGE", "AFTER"), steps, strict=True):
        program = program.replace(word, code.replace("FOLDER", repr(str(folder))))
    env = {"PYTHONPATH": str(ROOT), "AWS_LAMBDA_FUNCTION_NAME": "f", "HOTLOG_STORE": f"file:{folder}"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=env,
        timeout=60,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
    assert (folder / "done").exists()
    return done


@pytest.mark.parametrize("case", CASES)
def test_nothing_else_is_written_to(tmp_path: Path, case: str) -> None:
    *steps, told = CASES[case]
    done = _run(tmp_path, (steps[0], steps[1], steps[2]))
    data = tmp_path / "data"
    assert not data.exists() or data.read_bytes() == b"mine"
    assert not (tmp_path / "more").exists() or (tmp_path / "more").read_bytes() == b""
    if case == "untouched":
        assert [b'"message":"1"' in done.stdout, b'"message":"2"' in done.stdout] == [True, True]
        assert done.stderr == b""
    else:
        assert b'"hotlog":"log"' not in done.stdout
    assert told.encode() in done.stderr
    codes = re.findall(rb'"code":"([^"]+)"', done.stderr)
    assert len(codes) == len(set(codes)) == done.stderr.count(b"\n"), "each is told once"


def test_it_goes_on_when_it_is_put_back(tmp_path: Path) -> None:
    there = (
        "saved = os.dup(1); data = open(FOLDER + '/data', 'wb', 0); os.dup2(data.fileno(), 1); target.f(7)"
    )
    done = _run(tmp_path, ("", there + "; os.dup2(saved, 1)", ""))
    assert (tmp_path / "data").read_bytes() == b""
    assert [f'"message":"{x}"'.encode() in done.stdout for x in (1, 2, 7)] == [True, True, False]


def _said_on(stdout: int, folder: Path) -> bytes:
    """Run with this descriptor as stdout, and close it; what was said on stderr."""
    try:
        return _run(folder, ("", "", ""), stdout=stdout).stderr
    finally:
        os.close(stdout)


def test_a_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    assert b"No space left" in _said_on(os.open("/dev/full", os.O_WRONLY), tmp_path)


def test_a_pipe_that_nobody_reads(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert b"BrokenPipeError" in _said_on(writer, tmp_path)


def test_a_pipe_that_takes_no_more(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4_096)
    assert b"sink-blocked" in _said_on(writer, tmp_path)
    os.close(reader)
