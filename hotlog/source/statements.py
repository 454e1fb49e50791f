"""From a line to the statement a probe goes before: `ast` only, no running code.

A probe behaves as if a log statement had been typed on a new line directly before a statement. So the answer for a
line is always a place where a statement could be typed: a *spot*, that is a list of statements in the syntax tree and
a position in it. What a line means is decided by the tree alone, because text cannot tell a comment from a `#` in a
string.

    Source(bytes) ── place(line) ──> Location ── spot(location) ──> InsertionPoint (for the backend that inserts there)

How `place` finds the statement of a line:

1. Refuse a line that the file does not have (`Source.place`).
2. Search the module's block; while the answer is a block inside it, search that one
   (`insertion_points.find_statement`).
3. In a block, skip the statements that end above the line (`_in_block`). Then, for the first one that does not:
   - the line lies above it: a blank line or comment slides down to it, unless the comment belongs to a deeper block that
     has ended;
   - the line lies within it: go to step 4;
   - it is a docstring, `global` or `nonlocal`: slide to the next statement, since no statement can be typed before it.
4. Within a statement (`_inside`): its header, or any line of a simple statement, stands for the statement itself. A line in
   one of its bodies means that body: back to step 3. A line between two bodies, such as `else:`, stands for the first
   statement of the body below (`_between`).
5. The statement must be one of a function (`_start_of`). A `def` of a module or class body stands for the function's entry;
   other statements there have run already.
6. If the statement begins on another line than asked, ask again for that line until the answer stays the same: behind
   `if a:` on one line a longer statement may begin (`Source._find`).
7. Look up the insertion point of that line, and write the note that says why the probe is elsewhere (`Source._place`).
"""

from __future__ import annotations

import io
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import LocationError
from hotlog.interpreter.compiling import parse_module
from hotlog.namedtuple import NamedTuple
from hotlog.source.definite_assignment import DefiniteAssignment
from hotlog.source.insertion_points import (
    Block,
    InsertionPoint,
    StatementOfLine,
    behind,
    bodies_of,
    find_statement,
    first_line,
    header_end,
    is_elif,
    spots_of,
)
from hotlog.source.referenced_names import list_bound, list_referenced

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from hotlog.source.insertion_points import Kind

_LISTED = 5  # lines that a message names


class Location(NamedTuple):
    """Where a probe goes.

    Attributes:
        line: first line of the statement the probe fires before, from 1; for an entry the first line of the `def`,
            decorators included.
        end: last line of that statement; for an entry the last line of the header.
        kind: `statement`, or `entry` for the entry of a function.
        function: qualified name of the function that holds it, as in `co_qualname`.
        text: the anchor: the statement's first line, stripped; for a decorated definition its `def` line, because
            decorators repeat.
        asked: the line that was asked for.
        note: empty, or a sentence that says why the probe went elsewhere than asked.
        column: of the statement, in bytes, where something else comes before it on its line: `except E: return`. Else 0.
        after: the probe fires behind the statement, not before it.
        follower: the statement that comes next in the block, of a place with `after`; None: the block ends there.
    """

    line: int
    end: int
    kind: Kind
    function: str
    text: str
    asked: int
    note: str = ""
    column: int = 0
    after: bool = False
    follower: Location | None = None


class Source:
    """One parsed file, shared by all rules of it.

    Args:
        data: the file's bytes; an encoding declaration is honoured.
        name: how messages call the file.

    Raises:
        LocationError: `source-unreadable`.

    Attributes:
        is_changed: statements of hotlog's stand in the tree at the moment.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.is_changed = False
        try:
            text = io.TextIOWrapper(io.BytesIO(data), _encoding(data)).read()
            self.tree = parse_module(data, name)
        except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError, SystemError) as fault:
            # SystemError: 3.11 loses count of its depth where a signal handler raises within the parser.
            raise LocationError("source-unreadable", f"{name} cannot be parsed: {fault}") from fault
        # Lines as the parser counts them: a form feed or a \x1c ends none.
        self.lines = tuple(text.split("\n"))
        self.bound = DefiniteAssignment()
        self._mentioned: dict[ast.stmt, frozenset[str]] = {}
        self._may_bind: dict[ast.stmt, frozenset[str]] = {}
        self._statements: dict[int, InsertionPoint] = {}
        self._entries: dict[int, InsertionPoint] = {}
        self._run_into: set[int] = set()  # lines that a statement which began above ends on
        for spot in spots_of(Block(self.tree.body, None, in_function=False)):
            known = self._entries if spot.kind == "entry" else self._statements
            first = first_line(spot.node)
            known.setdefault(first, spot)
            end = header_end(spot.node, self.lines) if bodies_of(spot.node) else spot.node.end_lineno or first
            self._run_into.update(range(first + 1, end + 1))

    def renew(self) -> None:
        """Parse the file again, where what stood in the tree was never taken out: a fork or an exception cut that short."""
        if self.is_changed:
            self.__init__(self.data, self.name)  # type: ignore[misc]  # all of it is made anew

    def place(self, line: int) -> Location:
        """Return the location that a probe on this line gets.

        Raises:
            LocationError: `line-not-executable`, with the nearest lines that would do.
        """
        self.renew()
        # Step 1: the line must exist.
        count = len(self.lines) - (not self.lines[-1])  # a final newline begins no line
        if not 1 <= line <= count:
            raise self._not_executable(line, f"{self.name} has {count} lines")
        # Steps 2 to 6: find the statement that the line stands for.
        found = self._find(line)
        if isinstance(found, str):
            raise self._not_executable(line, found)
        # Step 7: from the statement's line to its insertion point.
        spot = self._entries[found.line] if found.kind == "entry" else self._statements[found.line]
        return self._place(spot, asked=line, why=found.why)

    def _find(self, line: int) -> StatementOfLine | str:
        """Return where a probe on this line goes, asked again for each new line until the line stays."""
        module = Block(self.tree.body, None, in_function=False)
        found = find_statement(module, line, self.lines)
        # Step 6: ask again for the line that was found, until it is the line that was asked for.
        while not isinstance(found, str) and found.line != line:
            line = found.line
            again = find_statement(module, found.line, self.lines)
            if isinstance(again, str) or again[:2] == found[:2]:
                return found
            found = again._replace(why=found.why)
        return found

    def function(self, qualname: str) -> Location:
        """Return the entry of a function such as `Cart.total` or `outer.<locals>.inner` (or `outer.inner`).

        Raises:
            LocationError: `no-such-function`, with names that come near; `ambiguous-function`.
        """
        wanted = qualname.replace(".<locals>", "")
        found = [spot for spot in self._entries.values() if spot.function.replace(".<locals>", "") == wanted]
        if len(found) == 1:
            return self._place(found[0], asked=first_line(found[0].node))
        if found:
            lines = tuple(spot.node.lineno for spot in found)
            raise LocationError(
                "ambiguous-function",
                f"{self.name} defines {qualname} {len(found)} times: name one by its line ({_join_lines(lines)}).",
                nearest=lines,
            )
        names = list(dict.fromkeys(spot.function for spot in self._entries.values()))
        import difflib  # cold start: for a slip of the pen alone

        near = difflib.get_close_matches(qualname, names, n=3) or names[:3]
        hint = f"Did you mean {', '.join(near)}?" if near else "It defines no function."
        raise LocationError("no-such-function", f"{self.name} has no function {qualname!r}. {hint}")

    def functions(self) -> Iterator[tuple[int, str]]:
        """Yield the line of each function's `def`, and its qualified name."""
        for spot in self._entries.values():
            yield spot.node.lineno, spot.function

    def search(self, text: str) -> Location:
        """Return the one statement whose first line contains the text.

        Raises:
            LocationError: `no-such-text` or `ambiguous-text`, with the lines.
        """
        hits = [place for place in self._all if text in place.text]
        if len(hits) == 1:
            return hits[0]
        if not hits:
            raise LocationError(
                "no-such-text", f"No statement of a function in {self.name} contains {text!r}."
            )
        lines = tuple(place.line for place in hits)
        raise LocationError(
            "ambiguous-text",
            f"{text!r} stands in {len(hits)} statements of {self.name}: write more of it, or a line ({_join_lines(lines)}).",
            nearest=lines,
        )

    def follow(self, line: int, text: str, function: str = "") -> Location:
        """Return the location of an anchored rule in this version of the source.

        The line itself if it still reads so; else the one statement of the same function that does, else the one of
        the file.

        Args:
            line: where the rule was added.
            text: its anchor.
            function: qualified name of the function it was added to; empty: not known.

        Raises:
            LocationError: `source-changed`.
        """
        # The line still reads so, in the same function: nothing has moved.
        try:
            place = self.place(line)
        except LocationError:
            pass  # the file became shorter, or the line no statement: look for the text
        else:
            if place.text == text and function in {"", place.function}:
                return place
        # Elsewhere: first in the same function, then in the whole file; only where one statement alone reads so.
        alike = self._by_text.get(text, [])
        for hits in ([place for place in alike if place.function == function], alike):
            if len(hits) == 1:
                why = f"line {line} has moved: `{text}` is at line {hits[0].line} now"
                return hits[0]._replace(asked=line, note=why)
        many = f"{len(alike)} statements read so now" if alike else "no statement reads so any more"
        raise LocationError(
            "source-changed",
            f"{self.name}:{line} was `{text}` when the rule was added; {many}. Add the rule again.",
            nearest=tuple(place.line for place in alike),
        )

    def places(self) -> Iterator[Location]:
        """Yield every location of the file, in the order of lines: where a statement or an entry begins."""
        for line in sorted({*self._statements, *self._entries} - self._run_into):
            entry, statement = self._entries.get(line), self._statements.get(line)
            if entry is not None and (statement is None or statement.node is not entry.node):
                yield self._place(entry, asked=line)  # `def f(): return`: the line is that of the def
            elif statement is not None:
                yield self._place(statement, asked=line)

    @cached_property
    def _all(self) -> tuple[Location, ...]:
        return tuple(self.places())

    @cached_property
    def _by_text(self) -> dict[str, list[Location]]:
        found: dict[str, list[Location]] = {}
        for place in self._all:
            found.setdefault(place.text, []).append(place)
        return found

    def mentioned(self, spot: InsertionPoint) -> frozenset[str]:
        """Return every name that the outermost definition around a spot reads, binds or takes."""
        outermost = spot.path[0][0] if spot.path else spot.node
        if outermost not in self._mentioned:
            self._mentioned[outermost] = list_referenced(outermost)
        return self._mentioned[outermost]

    def may_bind(self, spot: InsertionPoint) -> frozenset[str]:
        """Return every name that the outermost definition around a spot may bind, whatever it means there."""
        outermost = spot.path[0][0] if spot.path else spot.node
        if outermost not in self._may_bind:
            self._may_bind[outermost] = list_bound(outermost)
        return self._may_bind[outermost]

    def spot(self, place: Location) -> InsertionPoint:
        """Return where in `tree` a statement must be inserted to be the probe of that place."""
        if place.kind == "entry":
            return self._entries[place.line]
        spot = self._statements[place.line]
        return behind(spot) if place.after else spot

    def behind(self, place: Location) -> Location:
        """Return the place behind a statement: as if typed on a new line after it, in the same block.

        Control comes there where it would come to the statement that follows in the block, and nowhere else.

        Raises:
            LocationError: `after-not-here`, where no line can be typed there.
        """
        if place.kind == "entry":
            raise self._not_behind(place, f"it is the `def` of {place.function}, whose module has run")
        spot = self._statements[place.line]
        owner, body = spot.path[-1]
        if is_elif(owner, body):
            raise self._not_behind(
                place, f"it is an `elif`: it ends where its `if` does, at line {owner.lineno}"
            )
        after = behind(spot)
        end = after.node.end_lineno or place.end
        following = after.block[after.position : after.position + 1]
        follower = self._place(self._statements[first_line(following[0])], place.asked) if following else None
        note = place.note.replace("goes before", "goes after")
        return place._replace(end=end, note=note, after=True, follower=follower)

    def _not_behind(self, place: Location, why: str) -> LocationError:
        return LocationError("after-not-here", f"No probe can go after {self.name}:{place.line}: {why}.")

    def _place(self, spot: InsertionPoint, asked: int, why: str = "") -> Location:
        node = spot.node
        line = first_line(node)
        end = header_end(node, self.lines) if spot.kind == "entry" else node.end_lineno or line
        note = ""
        if why:
            goes = "fires at the entry of" if spot.kind == "entry" else "goes before"
            what = spot.function if spot.kind == "entry" else f"line {line}"
            note = f"line {asked} {why}: the probe {goes} {what}"
        text = self.lines[node.lineno - 1]
        column = node.col_offset if spot.kind == "statement" and text[: node.col_offset].strip() else 0
        return Location(line, end, spot.kind, spot.function, text.strip(), asked, note, column)

    def _not_executable(self, line: int, why: str) -> LocationError:
        lines = [place.line for place in self._all]
        before, after = lines[: bisect_left(lines, line)][-1:], lines[bisect_right(lines, line) :][:1]
        nearest = tuple(sorted(before + after, key=lambda at: abs(at - line)))
        hint = f"Try line {' or '.join(map(str, nearest))}." if nearest else "The file has no function."
        message = f"No probe can go to {self.name}:{line}: {why}. {hint}"
        return LocationError("line-not-executable", message, nearest=nearest)


def _encoding(data: bytes) -> str:
    """Return the encoding as the parser decides: UTF-8, unless a comment in two lines says otherwise."""
    if not any(b"coding" in line for line in data.split(b"\n", 2)[:2]):
        return "utf-8-sig"
    from tokenize import detect_encoding  # cold start: files that say so are rare

    return detect_encoding(io.BytesIO(data).readline)[0]


def _join_lines(lines: tuple[int, ...]) -> str:
    return ", ".join(map(str, lines[:_LISTED])) + (", …" if len(lines) > _LISTED else "")
