"""What VS Code needs: an extension as a `.vsix`, which is a zip file, and an entry in `.vscode/launch.json`."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHIPPED: Final = Path(__file__).with_name("shipped")
_FILES: Final = ("package.json", "extension.js")
_VERSION: Final = "0.2.0"  # of the format of launch.json
_WHEN: Final = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes
_TYPES: Final = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="json" ContentType="application/json"/>
<Default Extension="js" ContentType="application/javascript"/>
<Default Extension="vsixmanifest" ContentType="text/xml"/>
</Types>
"""
_MANIFEST: Final = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata>
<Identity Language="en-US" Id={name} Version={version} Publisher={publisher}/>
<DisplayName>{title}</DisplayName>
<Description xml:space="preserve">{description}</Description>
<Categories>Debuggers</Categories>
<Properties><Property Id="Microsoft.VisualStudio.Code.Engine" Value={engine}/></Properties>
</Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
<Dependencies/>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>
"""


def make_extension() -> bytes:
    """Return the extension as the bytes of a `.vsix`."""
    said = json.loads((_SHIPPED / "package.json").read_text(encoding="utf-8"))
    manifest = _MANIFEST.format(
        name=quoteattr(said["name"]),
        version=quoteattr(said["version"]),
        publisher=quoteattr(said["publisher"]),
        title=said["displayName"],
        description=said["description"],
        engine=quoteattr(said["engines"]["vscode"]),
    )
    files = {"extension.vsixmanifest": manifest.encode(), "[Content_Types].xml": _TYPES.encode()}
    files |= {f"extension/{name}": (_SHIPPED / name).read_bytes() for name in _FILES}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def make_configuration(given: Mapping[str, Any], root: str) -> dict[str, Any]:
    """Return the launch configuration for a function; what is empty is left out.

    Args:
        given: `function`, `region`, `profile`, `store`, `command`, ...
        root: how the editor calls the folder that is open.
    """
    head = {"type": "hotlog", "request": "attach", "name": f"{given['function']} in Lambda (never stops)"}
    return {**head, **{name: each for name, each in given.items() if each}, "sourceRoot": root}


def write_vscode(folder: Path, given: Mapping[str, Any]) -> list[Path]:
    """Write the extension and `launch.json` below a folder; return the paths. Other configurations stay.

    Raises:
        ConfigError: `bad-folder`; `bad-launch-file`, with the entry to add by hand.
    """
    entry = make_configuration(given, "${workspaceFolder}")
    place = folder / ".vscode"
    launch, extension = place / "launch.json", place / "hotlog.vsix"
    try:
        place.mkdir(parents=True, exist_ok=True)
        extension.write_bytes(make_extension())
        known = _read_launch(launch, entry)
        others = [each for each in known["configurations"] if each.get("name") != entry["name"]]
        known["configurations"] = [*others, entry]
        launch.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    except OSError as fault:
        raise ConfigError("bad-folder", f"{place} cannot be written: {fault.strerror}.") from fault
    return [extension, launch]


def _read_launch(path: Path, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `launch.json` says.

    Raises:
        ConfigError: `bad-launch-file`: VS Code takes comments, and they would be lost.
    """
    if not path.exists():
        return {"version": _VERSION, "configurations": []}
    try:
        known = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        known = None
    entries = known.get("configurations") if isinstance(known, dict) else None
    if isinstance(entries, list) and all(isinstance(each, dict) for each in entries):
        return dict(known)
    raise ConfigError(
        "bad-launch-file",
        f"{path} has comments, or is no launch file: it stays as it is. Add to its `configurations`: {json.dumps(entry)}",
    )


def make_neovim(given: Mapping[str, Any], command: list[str]) -> str:
    """Return Lua for nvim-dap."""
    text = (_SHIPPED / "neovim.lua").read_text(encoding="utf-8")
    entry = make_configuration({name: each for name, each in given.items() if name != "command"}, "")
    pairs = ", ".join(
        f"[{json.dumps(name)}] = {json.dumps(each)}" for name, each in entry.items() if name != "sourceRoot"
    )
    arguments = ", ".join(map(json.dumps, [*command[1:], "dap"]))
    return (
        text.replace("COMMAND", json.dumps(command[0]))
        .replace("ARGUMENTS", f"{{ {arguments} }}")
        .replace("CONFIGURATION", f"{{ {pairs}, sourceRoot = vim.fn.getcwd() }}")
    )
