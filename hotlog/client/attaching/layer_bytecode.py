"""Bytecode for the layer: its packages, compiled beforehand, in one file for each Python.

A layer is read-only, so Python can keep no `__pycache__` there and compiles anew in each environment: that costs a cold start
more than all the rest of what hotlog does then, and its first rule twice as much as it would.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotlog.client import desk_limits
from hotlog.errors import HotlogError
from hotlog.interpreter.supported import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping


_PROGRAM: Final = Path(__file__).with_name("layer_compiler.py")
_MADE: Final = re.compile(r"\.cpython-3(\d+)$")


def is_bytecode(path: str) -> bool:
    """Return whether a file of the layer is bytecode, by its path."""
    return _MADE.search(path) is not None


def find_runtime(path: str) -> str:
    """Return Lambda's name of the runtime that a file of bytecode is for, such as `python3.13`; empty for another file."""
    found = _MADE.search(path)
    return f"python3.{found[1]}" if found else ""


def find_python(runtime: str) -> str:
    """Return the interpreter of a runtime on this machine; empty where there is none.

    Args:
        runtime: Lambda's name of it, such as `python3.13`.
    """
    return sys.executable if runtime == f"python{RUNNING}" else shutil.which(runtime) or ""


def compile_bytecode(files: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """Return the bytecode files for one Python version.

    Args:
        files: what lies below `hotlog-packages/` in the layer, by path from there.
        python: the interpreter, a path or a name on PATH.

    Raises:
        HotlogError: `no-bytecode` where the interpreter does not do it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for path, content in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        command = [python, "-I", "-B", "-X", "no_debug_ranges", str(_PROGRAM), str(folder)]
        try:
            subprocess.run(  # noqa: S603  # the caller's own interpreter
                command,
                env={},
                check=True,
                capture_output=True,
                text=True,
                timeout=desk_limits.LAYER_COMPILE_TIMEOUT_S,
            )
        except (OSError, subprocess.SubprocessError) as fault:
            said = getattr(fault, "stderr", "") or str(fault)
            raise HotlogError(
                "no-bytecode", f"{python} did not compile the layer: {said.strip().splitlines()[-1]}"
            ) from fault
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if is_bytecode(path.name)}
