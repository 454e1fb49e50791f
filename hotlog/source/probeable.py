"""Which code may be probed: the user's own, below the root.

Never the standard library, the runtime, botocore or hotlog itself, whatever a rule says: the right to write a rule
must not become a way to read credentials. Distributions installed below the root (those with a `dist-info` or an
`egg-info`, in any folder above the file: it may come to be on `sys.path`) are left out too, unless the function's owner names them in
`HOTLOG_CODE_ROOTS`. Code that was never in a file, such as `<string>`, belongs to whose globals it runs in.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig

from hotlog import __builtins__
from hotlog.config import CLOSED_PACKAGES
from hotlog.interpreter.supported import RUNNING, has_replaced_builtins
from hotlog.source.installed import find_installed, is_named_package

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
            answer = self._known[path] = not self._refusal(path)
        return answer

    def why_not(self, path: str) -> str:
        """Return the sentence that says why `allows` refuses a file."""
        return self._refusal(path)

    def _refusal(self, path: str) -> str:
        """Return why no probe may go there; empty where one may."""
        if is_generated(path):
            return f"{path} is code that was never in a file"
        real = os.path.realpath(path)
        if any(_below(real, folder) for folder in self._closed):
            return f"{path} belongs to the interpreter, to what is installed beside it, or to hotlog"
        opened = next((folder for folder in self._extra if real == folder or _below(real, folder)), "")
        if not opened and not _below(real, self.root):
            return f"{path} lies outside the code root {self.root}"
        # Wherever they lie: deployed below the root, in a folder of their own such as `vendor`, in a zip.
        package = _find_closed_package(real, os.path.dirname(opened) if opened else self.root)
        if package:
            return f"{self.relative(path)} belongs to {package}, which no rule and no setting opens"
        if not opened and self._is_installed(real):
            return (
                f"{self.relative(path)} belongs to an installed distribution: the function's owner may open it with "
                "HOTLOG_CODE_ROOTS"
            )
        return ""

    def _is_installed(self, real: str) -> bool:
        """Return whether a distribution brought a file: by what lies beside it, or beside a folder that it lies in."""
        at, found = self.root, False
        for part in os.path.relpath(real, self.root).split(os.sep):
            above, at = at, os.path.join(at, part)
            found = found or at in find_installed(above)
        return found


def is_generated(path: str) -> bool:
    """Return whether the name of a file is none: `<string>`, `<attrs generated init app.Order>`, `<frozen os>`."""
    return path.startswith("<") and path.endswith(">")


def _find_closed_package(path: str, base: str) -> str:
    """Return which of the closed packages a file belongs to; empty where it only bears the name of one."""
    at = base
    for part in os.path.relpath(path, base).split(os.sep)[:-1]:
        above, at = at, os.path.join(at, part)
        if part in CLOSED_PACKAGES and is_named_package(at, above):
            return part
    return ""


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
