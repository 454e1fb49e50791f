"""The sources of a layer in one file: they take half of what each would take alone, and one hash says that all are whole.

    8 bytes   hash of the rest
    bz2       a line for each module, its length and its path; an empty line; the modules, in that order

`wrapper/packages/hotlog_start.py` reads it in a function whose Python has no bytecode in the layer.
"""

from __future__ import annotations

import _imp
import bz2
from typing import TYPE_CHECKING, Final

from hotlog.client import desk_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

_HASH_BYTES: Final = 8


def pack_sources(modules: Mapping[str, bytes]) -> bytes:
    """Return the file.

    Args:
        modules: sources by their paths below `hotlog-packages/`.
    """
    paths = sorted(modules)
    lines = "".join(f"{len(modules[path])} {path}\n" for path in paths)
    packed = bz2.compress(b"\n".join([lines.encode(), b"".join(modules[path] for path in paths)]))
    return _imp.source_hash(0, packed) + packed


def unpack_sources(data: bytes) -> dict[str, bytes]:
    """Return the sources by their paths; nothing where the file is not whole, or larger than any that was packed."""
    if _imp.source_hash(0, data[_HASH_BYTES:]) != data[:_HASH_BYTES]:
        return {}
    reader = bz2.BZ2Decompressor()
    try:
        text = reader.decompress(data[_HASH_BYTES:], desk_limits.LAYER_SOURCES_MAX_BYTES)
    except OSError:
        return {}
    if not reader.eof:
        return {}
    lines, _, rest = text.partition(b"\n\n")
    found: dict[str, bytes] = {}
    at = 0
    for line in lines.decode(errors="replace").splitlines():
        size, _, path = line.partition(" ")
        if not size.isdecimal():
            return {}
        found[path] = rest[at : at + int(size)]
        at += int(size)
    return found
