"""The supported Pythons of this machine, each with Lambda's runtime client in an environment of its own.

Nothing of hotlog's or its dependencies is installed there: what a function finds, it finds in its package and its layers.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hotlog.interpreter.supported import RUNNING, TESTED_PYTHONS
from tests.support.places import CACHE

VERSIONS = tuple(f"{major}.{minor}" for major, minor in TESTED_PYTHONS)
_INSTALL_MAX_S = 300


def versions() -> list[str]:
    """Those that this machine has an interpreter of."""
    return [version for version in VERSIONS if interpreter(version)]


@functools.cache
def interpreter(version: str) -> Path | None:
    """An interpreter of that version; None where there is none."""
    if version == RUNNING:
        return Path(sys.executable)
    home = Path.home()
    found = [
        *(path for name in [shutil.which(f"python{version}")] if name for path in [Path(name)]),
        *home.glob(f".pyenv/versions/{version}.*/bin/python"),
        *home.glob(f".local/share/uv/python/cpython-{version}.*/bin/python3"),
    ]
    return next((path for path in found if _is(path, version)), None)


def _is(path: Path, version: str) -> bool:
    """Whether it starts, and is that version: a shim of pyenv may lead nowhere."""
    program = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    ran = subprocess.run([path, "-c", program], check=False, capture_output=True, text=True)
    return ran.stdout.strip() == version


@functools.cache
def with_runtime_client(version: str) -> Path:
    """An interpreter of that version that has `awslambdaric`, and nothing else.

    Raises:
        subprocess.CalledProcessError: it could not be installed.
    """
    place = CACHE / f"runtime-{version}"
    python = place / "bin" / "python"
    if not python.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            made = Path(folder, "env")
            subprocess.run([str(interpreter(version)), "-m", "venv", made], check=True, capture_output=True)
            subprocess.run(
                [made / "bin" / "python", "-m", "pip", "install", "-q", "awslambdaric>=4.0"],
                check=True,
                capture_output=True,
                timeout=_INSTALL_MAX_S,
            )
            try:
                made.rename(place)  # its interpreter finds its packages wherever it lies
            except OSError:  # another test process was faster
                if not python.exists():
                    raise
    return python
