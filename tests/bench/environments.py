"""A virtual environment for each tool, made on demand, outside of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

# By the name of the tool's module below `tools`: the distribution it comes in; empty where it comes with Python.
PEERS = {
    "ddtrace": "ddtrace",
    "rook": "rook",
    "lightrun": "lightrun",
    "hunter": "hunter",
    "pysnooper": "PySnooper",
    "snoop": "snoop",
}


class Environment(NamedTuple):
    """Where a tool runs.

    Attributes:
        name: of the tool.
        python: the interpreter of its environment.
        site_packages: where its distribution and those it needs lie; None for what comes with Python.
    """

    name: str
    python: str
    site_packages: Path | None = None


class NotInstallable(Exception):  # noqa: N818 -- no error of ours: a finding
    """The tool does not install on this Python."""


def cache() -> Path:
    """Where the environments are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hotlog-bench"


def here() -> list[Environment]:
    """What needs no environment of its own: hotlog, the floor, and what Python itself has to offer."""
    names = ["hotlog", "floor", "settrace"]
    if sys.version_info >= (3, 12):
        names.append("monitoring")
    return [Environment(name, sys.executable) for name in names]


def of_peer(name: str) -> Environment:
    """The environment of a peer, made where it is not there yet.

    Raises:
        NotInstallable: with what the installer said.
    """
    return Environment(name, *_made(PEERS[name]))


def for_plot() -> str:
    """An interpreter that has matplotlib."""
    return _made("matplotlib")[0]


def _made(distribution: str) -> tuple[str, Path]:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache() / f"{version}-{distribution}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            distribution,
        ]
        installed = subprocess.run(command, capture_output=True, text=True, check=False)
        if installed.returncode:
            raise NotInstallable(_last_error(installed.stderr))
        done.touch()
    return str(python), folder / "lib" / f"python{version}" / "site-packages"


def _last_error(text: str) -> str:
    errors = [line for line in text.split("\n") if line.lower().startswith("error")]
    return (errors or text.strip().split("\n"))[-1].strip()
