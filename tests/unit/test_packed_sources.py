"""The file in which a layer has its sources: what was packed comes out, what is damaged or too large gives nothing."""

from __future__ import annotations

import _imp
import bz2

import pytest

from hotlog.client import desk_limits
from hotlog.client.code.packed_sources import pack_sources, unpack_sources

MODULES = {
    "hotlog/__init__.py": b'__version__ = "1"\n\n\nx = 1\n',
    "hotlog/empty.py": b"",
    "hotlog/ä.py": "# ä\n".encode(),
}


def hashed(packed: bytes) -> bytes:
    return _imp.source_hash(0, packed) + packed


def test_what_was_packed_comes_out() -> None:
    assert unpack_sources(pack_sources(MODULES)) == MODULES
    assert pack_sources(MODULES) == pack_sources(dict(reversed(MODULES.items())))
    assert unpack_sources(pack_sources({})) == {}


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_a_changed_byte_gives_nothing(at: int) -> None:
    packed = bytearray(pack_sources(MODULES))
    packed[at] ^= 1
    assert unpack_sources(bytes(packed)) == {}


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"12345678", pack_sources(MODULES)[:-1], hashed(b"no bz2"), hashed(bz2.compress(b"many a.py\n\n\nx")), hashed(bz2.compress(b""))],
)  # fmt: skip
def test_what_is_not_whole_gives_nothing(data: bytes) -> None:
    assert unpack_sources(data) == {}


def test_what_unpacks_to_more_than_any_layer_gives_nothing() -> None:
    most = desk_limits.LAYER_SOURCES_MAX_BYTES
    assert unpack_sources(hashed(bz2.compress(b"%d a.py\n\n" % most + b"x" * most))) == {}
