"""The skill and the manifests that ship with hotlog, for the programs of coding agents."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hotlog.errors import ConfigError

DEFAULT_FOLDER: Final = ".claude/skills"
_NAME: Final = "hotlog"
_SHIPPED: Final = Path(__file__).with_name("shipped")


def install_skill(folder: str) -> list[str]:
    """Write the skill and the manifests into a folder of skills; return the paths.

    Raises:
        ConfigError: `bad-folder`, nothing can be written there.
    """
    place = Path(folder).expanduser() / _NAME
    written: list[str] = []
    try:
        for source in sorted(path for path in _SHIPPED.rglob("*") if path.is_file()):
            target = place / source.relative_to(_SHIPPED)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            written.append(target.as_posix())
    except OSError as fault:
        raise ConfigError("bad-folder", f"{place} cannot be written: {fault.strerror}.") from fault
    return written
