"""Zip files unpacked as Lambda unpacks them: the layers of a function over each other, rights kept."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

from hotlog.client.attaching.layer_zip import build


def unpack(data: bytes, folder: Path) -> None:
    """Unpack a zip; a file that is there already is overwritten."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            rights = entry.external_attr >> 16
            if rights and not entry.is_dir():
                path.chmod(rights & 0o777)


def own_layer(folder: Path, python: Path | None = None) -> Path:
    """The layer of this checkout, as it would lie in /opt.

    Args:
        folder: where it shall lie.
        python: interpreter whose bytecode is in it; None: this process's own.
    """
    unpack(build([str(python or sys.executable)]).data, folder)
    return folder
