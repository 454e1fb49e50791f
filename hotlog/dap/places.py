"""The editor's files and the deployed ones, as the protocol names both: by path, or by a number for a deployed text."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from hotlog.client.typed.source_map import FileMap, open_source_map
from hotlog.client.words import escape
from hotlog.errors import ConfigError, LocationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.client import Client

_BEFORE_A_DRIVE: Final = re.compile(r"^/(?=[A-Za-z]:)")  # file:///c:/work


def find_folder(arguments: Mapping[str, Any], name: str) -> Path | None:
    """Return a folder that `attach` names; None where it names none.

    Raises:
        ConfigError: `bad-source`: there is no such folder.
    """
    if not arguments.get(name):
        return None
    path = Path(str(arguments[name]))
    with contextlib.suppress(RuntimeError):  # of a user that is not known
        path = path.expanduser()
    if not path.is_dir():
        raise ConfigError("bad-source", f"`{name}` is {escape(str(path))}, and there is no such folder.")
    return path


class Places:
    """Finds files for one session.

    Args:
        client: does the work.
        function: that the editor is attached to.
        root: the folder that the editor has open; None: none is known.
        source: root of the deployed code on this machine; None: what is deployed.
    """

    def __init__(self, client: Client, function: str, root: Path | None, source: Path | None) -> None:
        self._client, self._function, self._root, self._source = client, function, root, source
        self._texts: list[str] = []  # deployed files that the editor knows by a number
        self._found: dict[str, FileMap] = {}  # by the deployed file
        self.look_again()

    def look_again(self) -> None:
        """Look at what is deployed now, and at what the editor's files say now."""
        wanted = self._client.parse_one(self._function)
        self._map = open_source_map(self._client.desk, wanted, self._root, self._source)
        self._found.clear()

    def open_source(self, source: Mapping[str, Any]) -> FileMap:
        """Return the file that the editor means.

        Raises:
            LocationError: the function has no such file, or it is no Python at the moment.
        """
        number = source.get("sourceReference") or 0
        if 0 < number <= len(self._texts):
            return self._map.open_deployed(self._texts[number - 1])
        path = str(source.get("path") or "")
        if urlsplit(path).scheme == "file":
            path = _BEFORE_A_DRIVE.sub("", unquote(urlsplit(path).path))
        if self._root is None:
            raise LocationError(
                "no-such-file", f"{path}: `sourceRoot` says which folder the editor has open."
            )
        found = self._map.open_file(self._root, path)
        self._found[found.file] = found
        return found

    def show(self, at: str) -> dict[str, Any]:
        """Return `source` and `line` of a place in the deployed code, such as `app.py:42`; of a strange place nothing."""
        file, _, number = at.rpartition(":")
        line = int(number) if number.isdigit() else 0
        found = self._find(file)
        if not line or found is None:
            return {}
        shown = found.to_local(line) if found.path else 0
        if shown:
            return {"source": {"name": Path(found.path).name, "path": found.path}, "line": shown, "column": 1}
        return {"source": self.name_deployed(file), "line": line, "column": 1}

    def name_deployed(self, file: str) -> dict[str, Any]:
        """Return how the protocol names the text of a deployed file."""
        if file not in self._texts:
            self._texts.append(file)
        number = self._texts.index(file) + 1
        return {"name": f"{file} (deployed)", "sourceReference": number, "origin": "what the function runs"}

    def read_text(self, number: int) -> str:
        """Return a deployed text by its number.

        Raises:
            LocationError: `no-such-file`.
        """
        if not 0 < number <= len(self._texts):
            raise LocationError("no-such-file", f"there is no text with the number {number}.")
        return self._map.open_deployed(self._texts[number - 1]).text

    def _find(self, file: str) -> FileMap | None:
        if file not in self._found:
            try:
                found = (
                    self._map.find_local(self._root, file) if self._root else self._map.open_deployed(file)
                )
            except LocationError:  # of a layer
                return None
            self._found[file] = found
        return self._found[file]
