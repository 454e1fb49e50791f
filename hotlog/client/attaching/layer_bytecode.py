"""Bytecode for the layer: hotlog, compiled beforehand.

A layer is read-only, so Python can keep no `__pycache__` there and compiles anew in each environment: that costs a cold start
more than all the rest of what hotlog does then, and its first rule twice as much as it would.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotlog import limits
from hotlog.errors import HotlogError
from hotlog.interpreter.supported import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping


# Runs in the interpreter that the bytecode is for. `unchecked-hash`: the times of files in a layer say nothing. Docstrings and
# columns are left out: they would be half of it. Import puts the path that it finds the source at into the code.
_PROGRAM: Final = """
import importlib.util, os, py_compile, sys
folder = sys.argv[1]
for place, _, names in os.walk(folder):
    for name in names:
        path = os.path.join(place, name)
        py_compile.compile(
            path,
            cfile=importlib.util.cache_from_source(path, optimization=""),
            dfile=os.path.relpath(path, folder),
            doraise=True,
            optimize=2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
"""


def find_python(runtime: str) -> str:
    """Return the interpreter of a runtime on this machine; empty where there is none.

    Args:
        runtime: Lambda's name of it, such as `python3.13`.
    """
    return sys.executable if runtime == f"python{RUNNING}" else shutil.which(runtime) or ""


def compile_bytecode(files: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """Return the bytecode files for one Python version.

    Args:
        files: the sources that lie below `hotlog-packages/` in the layer, by path.
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
        command = [python, "-I", "-B", "-X", "no_debug_ranges", "-c", _PROGRAM, str(folder)]
        try:
            subprocess.run(  # noqa: S603  # the caller's own interpreter
                command,
                env={},
                check=True,
                capture_output=True,
                text=True,
                timeout=limits.LAYER_COMPILE_TIMEOUT_S,
            )
        except (OSError, subprocess.SubprocessError) as fault:
            said = getattr(fault, "stderr", "") or str(fault)
            raise HotlogError(
                "no-bytecode", f"{python} did not compile the layer: {said.strip().splitlines()[-1]}"
            ) from fault
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.pyc")}
