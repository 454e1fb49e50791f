"""Processes that a test starts: where they listen, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PATIENCE_S = 5


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_python(
    *words: str, folder: Path | None = None, environ: Mapping[str, str] | None = None, timeout_s: int = 60
) -> subprocess.CompletedProcess[str]:
    """Run this Python on `words`, with hotlog and what lies in `folder` to import; it may fail.

    Args:
        words: such as `-c` and a program.
        folder: where it runs; None: here.
        environ: the variables it starts with; None: those of this process.
        timeout_s: what takes longer hangs.
    """
    paths = [str(ROOT), *([str(folder)] if folder else [])]
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**(os.environ if environ is None else environ), "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def start_hotlog(*words: str) -> subprocess.Popen[str]:
    """Start `hotlog WORDS` in a process of its own; its output is read through pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "hotlog.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started; it must lead a session of its own (`start_new_session`)."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        os.killpg(process.pid, signal.SIGCONT)  # a frozen one cannot hear the first
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what outlived its parent
