"""A package that is damaged is refused with a sentence, whatever of it is damaged and however it was packed."""

from __future__ import annotations

import io
import random
import zipfile
from typing import TYPE_CHECKING, Final

import pytest

from hotlog.client.code.zip_tree import Zip
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from pathlib import Path

WAYS: Final = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}
APP: Final = "".join(f"def f{number}(x):\n    return x + {number}\n" for number in range(40))
RECORD: Final = "v/x-1.0.dist-info/RECORD"


def packed(way: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", WAYS[way]) as archive:
        archive.writestr("app.py", APP)
        archive.writestr(RECORD, "x/__init__.py,,\n")
    return made.getvalue()


def read(folder: Path, data: bytes) -> bytes | None:
    """Read all of an archive, and return one file; None where a sentence refuses any of it."""
    (folder / "package.zip").write_bytes(data)
    try:
        tree = Zip(folder / "package.zip", "the package")
        tree.installed()
        list(tree.files())
        return tree.read("app.py") or b""
    except LocationError as fault:
        return None if fault.code == "source-unreadable" else b"another code"


@pytest.mark.parametrize("way", WAYS)
def test_an_entry_that_is_damaged_is_refused(way: str, tmp_path: Path) -> None:
    data = packed(way)
    assert read(tmp_path, data) == APP.encode()
    begins = data.index(b"app.py") + len("app.py")
    ends = data.index(RECORD.encode()) - 30
    found = [
        read(tmp_path, data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        for at in range(begins, ends, max(1, (ends - begins) // 40))
    ]
    assert set(found) <= {
        None,
        APP.encode(),
    }  # a few bytes, such as the size of LZMA's dictionary, change nothing
    assert found.count(None) > 30


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_damaged_nothing_but_a_sentence_comes(way: str, tmp_path: Path) -> None:
    data, choice = packed(way), random.Random(way)  # noqa: S311 - the same damage each time
    refused = 0
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(choice.choice((1, 1, 2, 5))):
            damaged[choice.randrange(len(damaged))] = choice.randrange(256)
        if choice.random() < 0.2:
            del damaged[choice.randrange(len(damaged)) :]
        refused += read(tmp_path, bytes(damaged)) is None
    assert refused > 75


def test_an_archive_that_needs_a_later_form_is_refused(tmp_path: Path) -> None:
    data = bytearray(packed("deflate"))
    data[data.index(b"PK\x01\x02") + 6] = 99  # the version that is needed to extract it
    assert read(tmp_path, bytes(data)) is None
