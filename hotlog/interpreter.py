"""What is particular about this interpreter: one name for each fact that other modules rely on."""

from __future__ import annotations

import sys

from hotlog import __builtins__

TESTED_PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))


def unsupported() -> str:
    """Why hotlog does not patch code on this interpreter; empty where it does."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    if sys.version_info[:2] not in TESTED_PYTHONS:
        return f"Python {version} has not been tested with this version of hotlog"
    gil_enabled = getattr(sys, "_is_gil_enabled", None)
    if gil_enabled is not None and not gil_enabled():
        return f"Python {version} runs without its global lock (free threading)"
    return ""
