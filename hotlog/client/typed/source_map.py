"""The files of an editor beside the deployed ones: which line of the one is which of the other, by the statements' text.

    editor's file, line ── to_deployed ──> deployed file, line      for a breakpoint
    deployed file, line ── to_local ──> editor's file, line         for what was captured

A statement that is an edit has no line in the deployed code, and is refused: a log line never comes from another line.
"""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.typed.deployed_files import find_deployed_file
from hotlog.client.typed.tree_diff import TreeDiff
from hotlog.client.typed.working_copy import EditedFile
from hotlog.errors import LocationError
from hotlog.source.insertion_points import first_line

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.library import CodeLibrary
    from hotlog.source.statements import Location, Source


class MappedLine(NamedTuple):
    """A line of an editor's file, and where it is in the deployed code.

    Attributes:
        file: deployed file.
        line: of it.
        shown: line of the editor's file that the breakpoint is at: of the statement, where the asked line is none.
        note: why it is not the line that was asked for; empty where it is.
    """

    file: str
    line: int
    shown: int
    note: str = ""


class FileMap:
    """One file of an editor, beside the deployed file that it is.

    Args:
        path: of the editor's file; empty: the deployed text itself is shown.
        file: the deployed file.
        local: the editor's, parsed.
        deployed: the deployed file, parsed.

    Attributes:
        path: as given.
        file: as given.
        text: of the deployed file.
        differences: how many statements differ.
    """

    def __init__(self, path: str, file: str, local: Source, deployed: Source) -> None:
        self.path, self.file = path, file
        self.text = "\n".join(deployed.lines)
        self._local, self._deployed = local, deployed
        self._diff = TreeDiff(deployed.tree, local.tree)
        self.differences = len(self._diff.added) + len(self._diff.gone) + len(self._diff.edited)

    def to_deployed(self, line: int) -> MappedLine:
        """Return where the statement of a line is in the deployed code.

        Raises:
            LocationError: `line-not-executable`; `not-deployed`, the statement is an edit.
        """
        place = self._local.place(line)
        node = self._local.spot(place).node
        known = self._diff.same.get(id(node))
        if known is None or (id(node) in self._diff.edited and place.kind == "statement"):
            there = f": there it reads `{_header(self._deployed, known)}`" if known is not None else ""
            raise LocationError(
                "not-deployed",
                f"line {place.line} is an edit of yours that is not deployed{there}. Deploy it, or take another line.",
            )
        found = self._deployed.place(first_line(known))
        if self._deployed.spot(found).node is not known:
            raise LocationError(
                "not-deployed",
                f"the deployed line {first_line(known)} holds several statements: take the first.",
            )
        is_inside = place.line <= line <= place.end and place.kind == "entry"  # below a decorator
        shown = line if is_inside else place.line
        return MappedLine(self.file, found.line, shown, place.note if shown != line else "")

    def to_local(self, line: int) -> int:
        """Return the editor's line of a deployed one; 0 where it has none."""
        holding = [each for each in self._pairs if each[0].lineno <= line <= _end(each[0])]
        if not holding:
            return 0
        known, node = max(holding, key=lambda each: each[0].lineno)
        return node.lineno + line - known.lineno

    def lines(self) -> list[int]:
        """Return the editor's lines that a breakpoint may be at."""
        return [place.line for place in self._local.places() if self._is_deployed(place)]

    def _is_deployed(self, place: Location) -> bool:
        try:
            self.to_deployed(place.line)
        except LocationError:
            return False
        return True

    @functools.cached_property
    def _pairs(self) -> list[tuple[ast.stmt, ast.stmt]]:
        """Return each deployed statement with the editor's."""
        nodes = (node for node in ast.walk(self._local.tree) if isinstance(node, ast.stmt))
        return [(self._diff.same[id(node)], node) for node in nodes if id(node) in self._diff.same]


def _end(node: ast.stmt) -> int:
    """Return the last line of a statement; of a compound one, of what stands before its first block."""
    body = getattr(node, "body", None)
    return body[0].lineno - 1 if body and body[0].lineno > node.lineno else node.end_lineno or node.lineno


def _header(source: Source, node: ast.stmt) -> str:
    return source.lines[node.lineno - 1].strip()


def open_source_map(
    desk: Desk, function: FunctionName, root: Path | None, source: Path | None = None
) -> SourceMap:
    """Return the files of an editor beside the code that a function runs.

    Args:
        desk: where the function is.
        function: the function.
        root: the folder that the editor has open; None: it has none.
        source: root of the deployed code on this machine; None: what is deployed, without AWS `root`.

    Raises:
        ConfigError: `bad-source`.
        StoreError: the code cannot be had.
    """
    local = desk.code.directory(root) if root is not None else None
    aws = desk.account()
    if source is None and aws is not None:
        tree: Tree = desk.code.package_of(aws.function(function.name, function.qualifier))
    else:
        tree = desk.code.directory(source or root)
    return SourceMap(function.name, tree, local, desk.code)


class SourceMap:
    """The files of an editor beside what a function runs.

    Args:
        function: its name.
        deployed: its code.
        local: the folder that the editor has open; None: none is known.
        code: parses.
    """

    def __init__(self, function: str, deployed: Tree, local: Tree | None, code: CodeLibrary) -> None:
        self._function, self._deployed, self._local, self._code = function, deployed, local, code

    def open_file(self, root: Path, path: str) -> FileMap:
        """Return the map of an editor's file.

        Args:
            root: the folder that the editor has open.
            path: of the file.

        Raises:
            LocationError: `no-such-file`, it is in no package of the function; `source-unreadable`, it is no Python now.
        """
        try:
            place = (root / path).resolve()
            name = place.relative_to(root.resolve()).as_posix()
            data = place.read_bytes() if place.is_file() else None  # a device or a pipe may have no end
        except (OSError, ValueError):
            data = None
        if data is None:
            raise LocationError("no-such-file", f"{path or 'what has no path'} is no file below {root}.")
        found = find_deployed_file(EditedFile(name, name, data, None), self._deployed, self._function)
        if found is None:
            raise LocationError("no-such-file", f"{name} is in no package of {self._function}.")
        return FileMap(
            path, found.path, self._code.parse(data, name), self._code.parse(found.data, found.path)
        )

    def open_deployed(self, file: str) -> FileMap:
        """Return the map of a deployed file onto itself.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`.
        """
        data = self._deployed.read(file)
        if data is None:
            raise LocationError("no-such-file", f"there is no {file} in {self._deployed.name}.")
        source = self._code.parse(data, file)
        return FileMap("", file, source, source)

    def find_local(self, root: Path, file: str) -> FileMap:
        """Return the map of the editor's file that a deployed file is; where it has none, that of the deployed text.

        Raises:
            LocationError: `no-such-file`, the function has no such file; `source-unreadable`.
        """
        shown = self.open_deployed(file)
        if self._local is None:
            return shown
        data = self._deployed.read(file) or b""
        found = find_deployed_file(EditedFile(file, file, data, None), self._local, "the editor")
        try:
            return self.open_file(root, str(root / found.path)) if found is not None else shown
        except LocationError:  # half typed
            return shown
