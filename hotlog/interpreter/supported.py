"""What is particular about this interpreter: one name for each fact that other modules rely on."""

from __future__ import annotations

import builtins
import sys
from typing import Final

from hotlog import __builtins__

# The one table of Pythons. What cannot import it (pyproject.toml, README.md, the layer's shim) is compared with it by a test.
TESTED_PYTHONS: Final = ((3, 11), (3, 12), (3, 13), (3, 14))
RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


# What programs replace for good, and no part of the standard library needs that hotlog calls at a hit.
_OFTEN_REPLACED: Final = {
    "breakpoint",
    "copyright",
    "credits",
    "exit",
    "help",
    "input",
    "license",
    "open",
    "print",
    "quit",
}
_ORIGINAL: Final = {
    name: value for name, value in vars(builtins).items() if name[0] != "_" and name not in _OFTEN_REPLACED
}


def has_replaced_builtins() -> bool:
    """Return whether a builtin has been replaced since hotlog was imported: the standard library would call the replacement.

    Nothing that is Python itself may be called at a hit then. Tests of an application do so, for moments.
    """
    now = vars(builtins)
    return any(now.get(name) is not value for name, value in _ORIGINAL.items())


def why_unsupported() -> str:
    """Return why hotlog does not patch code on this interpreter; empty where it does."""
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    if sys.version_info[:2] not in TESTED_PYTHONS:
        return f"Python {RUNNING} has not been tested with this version of hotlog"
    gil_enabled = getattr(sys, "_is_gil_enabled", None)
    if gil_enabled is not None and not gil_enabled():
        return f"Python {RUNNING} runs without its global lock (free threading)"
    return ""
