"""The code of a function as one reads it: files, statements, the names in scope at a line."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.code.bound_lines import list_bound_lines
from hotlog.client.code.code_trees import has_blanks
from hotlog.client.code.names_in_scope import scope_at
from hotlog.client.code.search import module_of
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.library import CodeLibrary
    from hotlog.source.statements import Source

_LISTED: Final = 40
_DIGEST_CHARS: Final = 16
_LINE: Final = re.compile(r"\s*\d{1,9}\s*")


class StatementLines(NamedTuple):
    """A statement that a probe can go before, or the entry of a function.

    Attributes:
        line: its first line, from 1.
        end: its last line.
        qualname: of the function that holds it.
        text: its first line, stripped.
        is_entry: it is the entry of a function.
    """

    line: int
    end: int
    qualname: str
    text: str
    is_entry: bool


class NamesAt(NamedTuple):
    """What a rule may read at a line.

    Attributes:
        line: of the statement that the line stands for.
        names: variables of the function that have a value there, or may have one.
        hidden: those of them that are redacted.
        outer: names of enclosing functions and of the module.
        later: variables that have none yet, with the line of their first assignment.
    """

    line: int
    names: tuple[str, ...]
    hidden: tuple[str, ...]
    outer: tuple[str, ...]
    later: dict[str, int]


class FunctionCode:
    """The code of one function. Files are read and parsed when they are asked for.

    Args:
        function: its name.
        version: that is deployed; empty: source of this machine.
        tree: its files.
        code: parses.
        hides: tells which names are redacted.

    Attributes:
        function: as given.
        version: as given.
        hides: as given.
    """

    def __init__(
        self, function: str, version: str, tree: Tree, code: CodeLibrary, hides: Callable[[str], bool]
    ) -> None:
        self.function = function
        self.version = version
        self._tree = tree
        self._code = code
        self.hides = hides

    def files(self) -> list[str]:
        """Return the Python files of its own, relative to the root; none of an installed distribution."""
        return sorted(self._tree.files())

    def text(self, file: str) -> str:
        """Return a file's text.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`.
        """
        return "\n".join(self.parsed(file).lines)

    def line(self, file: str, number: int) -> str:
        """Return the stripped text of a line; empty where there is none."""
        data = self._tree.read(file)
        lines = self._code.parse(data, file).lines if data is not None else ()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def digest(self, file: str) -> str:
        """Return what tells this text of a file from any other.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`.
        """
        return hashlib.sha256(self.parsed(file).data).hexdigest()[:_DIGEST_CHARS]

    def require_same(self, file: str, seen: str) -> None:
        """Refuse a line of a file as somebody has seen it, where the file reads otherwise by now: it may be another line.

        Args:
            file: relative to the root.
            seen: its digest at that time; empty: not known.

        Raises:
            LocationError: `source-changed`.
        """
        if seen and seen != self.digest(file):
            raise LocationError(
                "source-changed",
                f"{file} reads otherwise by now, it was deployed or saved anew: reload the page.",
            )

    def find_file(self, path: str) -> str:
        """Return the file that a path or a module's name means: of Lambda, of a checkout, or the end of one.

        Raises:
            LocationError: `no-such-file`, `ambiguous-place`.
        """
        wanted = path.replace("\\", "/").removeprefix("/var/task/").removeprefix("./")
        files = self.files()
        exact = [file for file in files if wanted in {file, module_of(file)}]
        files = [file for file in files if not has_blanks(file)]
        found = exact or [
            file for file in files if file.endswith(f"/{wanted}") or wanted.endswith(f"/{file}")
        ]
        if not found:
            listed = f"{', '.join(files[:_LISTED])}{', …' if len(files) > _LISTED else ''}"
            raise LocationError("no-such-file", f"there is no {path} in {self._tree.name}. It has {listed}.")
        if len(found) > 1:
            raise LocationError(
                "ambiguous-place", f"{path} could be {', '.join(found[:_LISTED])}: write more of it."
            )
        return found[0]

    def find_line(self, file: str, around: str) -> int:
        """Return a line of a file: its number as text, or the first of the function that a symbol names.

        Raises:
            LocationError: `no-such-function`, `no-such-file`, `source-unreadable`.
        """
        if _LINE.fullmatch(around):
            return max(1, int(around))
        symbol = around.rpartition(":")[2].replace("<locals>.", "")
        functions = [(line, name.replace("<locals>.", "")) for line, name in self.parsed(file).functions()]
        for line, name in functions:
            if name == symbol or name.endswith(f".{symbol}"):
                return line
        for line, name in functions:
            if f".{name}".partition(f".{symbol}.")[1]:  # a class is where its first function is
                return line
        raise LocationError("no-such-function", f"{around} is neither a line nor a function of {file}.")

    def statement_at(self, file: str, line: int) -> StatementLines | None:
        """Return the innermost statement that holds a line; None where a probe can go before none that does."""
        holding = [each for each in self.statements(file) if each.line <= line <= each.end]
        return max(holding, key=lambda each: each.line, default=None)

    def statements(self, file: str) -> list[StatementLines]:
        """Return the statements of a file that a probe can go before, in the order of their lines.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`.
        """
        return [
            StatementLines(place.line, place.end, place.function, place.text, place.kind == "entry")
            for place in self.parsed(file).places()
        ]

    def names(self, file: str, line: int) -> NamesAt:
        """Return what a rule may read at a line.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`, `line-not-executable`.
        """
        source = self.parsed(file)
        place = source.place(line)
        scope = scope_at(source, source.spot(place))
        return NamesAt(
            place.line,
            tuple(name for name in scope.locals if not self.hides(name)),
            tuple(name for name in scope.locals if self.hides(name)),
            tuple(sorted(scope.closure | scope.globals)),
            dict(scope.later),
        )

    def explain_lines(self, file: str) -> dict[int, tuple[int, str]]:
        """Return each line that no statement begins at, with the line that a probe on it goes to (0: to none), and why.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`.
        """
        source = self.parsed(file)
        begins = {each.line for each in source.places()}
        found: dict[int, tuple[int, str]] = {}
        for line in range(1, len(source.lines) + 1):
            if line in begins or not source.lines[line - 1].strip():
                continue
            try:
                place = source.place(line)
            except LocationError as fault:
                found[line] = 0, fault.message
            else:
                found[line] = place.line, place.note
        return found

    def bound_lines(self, file: str, qualname: str) -> dict[str, list[int]]:
        """Return the lines of a function at which each of its variables gets a value, its parameters at the `def`.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`, `no-such-function`, `ambiguous-function`.
        """
        source = self.parsed(file)
        node = source.spot(source.function(qualname)).path[-1][0]
        return list_bound_lines(node)

    def parsed(self, file: str) -> Source:
        """Return a file, parsed.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`.
        """
        data = self._tree.read(file)
        if data is None:
            raise LocationError("no-such-file", f"there is no {file} in {self._tree.name}.")
        return self._code.parse(data, file)
