"""Which code may be probed: the user's own, below the root.

Never the standard library, the runtime, botocore or hotlog itself, whatever a rule says: the right to write a rule
must not become a way to read credentials. Distributions installed into the root (those with a `dist-info`) are left
out too, unless the function's owner names them in `HOTLOG_CODE_ROOTS`.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig

from hotlog import __builtins__
from hotlog.config import CLOSED_PACKAGES
from hotlog.interpreter.supported import RUNNING, has_replaced_builtins

_OWN = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


class CodeRoots:
    """The folders whose code may be probed.

    Args:
        root: what targets are relative to: the task root in Lambda; empty: the current directory.
        extra: further files or folders that the owner opened, absolute or relative to the root.
    """

    def __init__(self, root: str = "", extra: tuple[str, ...] = ()) -> None:
        self.root = os.path.realpath(root or os.getcwd())
        self._extra = tuple(os.path.realpath(os.path.join(self.root, path)) for path in extra)
        self._closed = (*_interpreter(), _OWN)
        self._known: dict[str, bool] = {}

    def path_of(self, file: str) -> str:
        """Return the real path of a file named in a target."""
        return os.path.realpath(os.path.join(self.root, *file.split("/")))

    def relative(self, path: str) -> str:
        """Return a file's name as in targets and events: relative to the root; unchanged outside of it."""
        known = os.path.realpath(path)
        return known[len(self.root) + 1 :].replace(os.sep, "/") if _below(known, self.root) else path

    def allows(self, path: str) -> bool:
        """Return whether code of this file may be probed. Answers are kept: code may ask at every hit."""
        answer = self._known.get(path)
        if answer is None:
            if has_replaced_builtins():  # by what would be asked below: it is asked another time
                return False
            answer = self._known[path] = self._decide(os.path.realpath(path))
        return answer

    def why_not(self, path: str) -> str:
        """Return the sentence that says why `allows` refuses a file."""
        if not _below(os.path.realpath(path), self.root):
            return f"{path} lies outside the code root {self.root}"
        return (
            f"{self.relative(path)} belongs to an installed distribution, the interpreter or hotlog: "
            "the function's owner may open it with HOTLOG_CODE_ROOTS"
        )

    def _decide(self, path: str) -> bool:
        if any(_below(path, folder) for folder in self._closed):
            return False
        opened = next((folder for folder in self._extra if path == folder or _below(path, folder)), "")
        if not opened and not _below(path, self.root):
            return False
        # Wherever they lie: deployed below the root, in a folder of their own such as `vendor`, in a zip.
        inside = os.path.relpath(path, os.path.dirname(opened) if opened else self.root)
        if not CLOSED_PACKAGES.isdisjoint(os.path.splitext(part)[0] for part in inside.split(os.sep)):
            return False
        return bool(opened) or not any(
            path == installed or _below(path, installed) for installed in _distributions(self.root)
        )


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


@functools.cache
def _interpreter() -> tuple[str, ...]:
    """Return where the standard library and site-packages of this interpreter lie."""
    keys = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = sysconfig.get_paths(expand=False)
    try:
        # `sysconfig` would read all that this interpreter was built with to fill these in: 1 ms of a first rule.
        found = {
            paths[key].format(
                base=sys.prefix,
                installed_base=sys.base_prefix,
                platbase=sys.exec_prefix,
                installed_platbase=sys.base_exec_prefix,
                platlibdir=sys.platlibdir,
                implementation_lower="python",
                py_version_short=RUNNING,
                abi_thread="t" if "t" in getattr(sys, "abiflags", "") else "",
            )
            for key in keys
        }
    except KeyError:  # a scheme of some distribution's own
        paths = sysconfig.get_paths()
        found = {paths[key] for key in keys}
    return tuple(set(map(os.path.realpath, found)))


@functools.cache
def _distributions(root: str) -> frozenset[str]:
    """Return the root's top-level files and folders that distributions installed, from their RECORD."""
    found: set[str] = set()
    try:
        folders = [entry.path for entry in os.scandir(root) if entry.name.endswith(".dist-info")]
    except OSError:
        return frozenset()
    for folder in folders:
        found.add(folder)
        try:
            with open(os.path.join(folder, "RECORD"), encoding="utf-8") as record:
                names = {line.split(",")[0].strip('"').split("/")[0] for line in record}
        except OSError:
            continue
        found.update(
            os.path.realpath(os.path.join(root, name)) for name in names if name not in {"", "..", "."}
        )
    return frozenset(found)
