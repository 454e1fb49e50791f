"""Build the layer of this checkout, and check its size: `python wrapper/build.py [ZIP]`.

The same as `hotlog layer build`, for a build server that has no use for the command.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hotlog.client.attaching.layer_zip import build


def main(target: str = "dist/hotlog-layer.zip") -> None:
    """Write the layer's zip file and say what it weighs."""
    layer = build()
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(layer.data)
    sys.stdout.write(f"{path}  {len(layer.data)} bytes  sha256 {layer.sha256}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
