"""Bytecode for the layer: what a cold start imports where there are no rules, compiled beforehand; or all of hotlog.

A layer is read-only, so Python can keep no `__pycache__` there and compiles anew at every cold start: that costs more than
all the rest of what hotlog does then. What comes with the first rule is three times as much: it is left to who asks for it.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotlog import limits
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Mapping


# Runs in the interpreter that the bytecode is for. A first read of rules, where nobody listens, and one invocation import what
# any of them does. `unchecked-hash`: the times of files in a layer say nothing. Docstrings and columns are left out: they would
# be half of it. Import puts the path that it finds the source at into the code.
_PROGRAM: Final = """
import importlib.util, os, py_compile, sys
folder = sys.argv[1]
sys.path.insert(0, folder)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
import hotlog
hotlog.wrap(lambda event, context: event)({}, None)
import hotlog.interpreter.supported
wanted = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
wanted = {path for path in wanted if path.startswith(folder)} | {os.path.join(folder, "hotlog_start.py")}
if "all" in sys.argv:
    found = os.walk(folder)
    wanted = {os.path.join(place, name) for place, _, names in found for name in names if name.endswith(".py")}
for path in sorted(wanted):
    py_compile.compile(
        path,
        cfile=importlib.util.cache_from_source(path, optimization=""),
        dfile=os.path.relpath(path, folder),
        doraise=True,
        optimize=2,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
"""
_ENVIRON: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # "discard": nothing listens there
}


def compile_bytecode(
    files: Mapping[str, bytes], python: str, *, everything: bool = False
) -> dict[str, bytes]:
    """Return the bytecode files for one Python version.

    Args:
        files: what lies below `hotlog-packages/` in the layer, by path.
        python: the interpreter, a path or a name on PATH.
        everything: also what only rules need.

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
        command += ["all"] if everything else []
        try:
            subprocess.run(  # noqa: S603  # the caller's own interpreter
                command,
                env=_ENVIRON,
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
