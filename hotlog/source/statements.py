"""From a line to the statement a probe goes before: `ast` only, no running code.

A probe behaves as if a log statement had been typed on a new line directly before a statement. So the answer for a
line is always a place where a statement could be typed: a *spot*, that is a list of statements in the syntax tree and
a position in it. What a line means is decided by the tree alone, because text cannot tell a comment from a `#` in a
string.

    Source(bytes) ── place(line) ──> Location ── spot(location) ──> InsertionPoint (for the backend that inserts there)

How `place` finds the statement of a line:

1. Refuse a line that the file does not have (`Source.place`).
2. Search the module's block; while the answer is a block inside it, search that one (`_find`).
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

import ast
import io
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.errors import LocationError
from hotlog.interpreter.compile_warnings import ignore_compile_warnings
from hotlog.namedtuple import NamedTuple
from hotlog.source.definite_assignment import DefiniteAssignment
from hotlog.source.insertion_points import (
    Block,
    Function,
    InsertionPoint,
    Kind,
    blank_or_comment,
    bodies_of,
    first_line,
    header_end,
    is_declaration,
    is_elif,
    spots_of,
)
from hotlog.source.referenced_names import list_referenced

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """

    line: int
    end: int
    kind: Kind
    function: str
    text: str
    asked: int
    note: str = ""
    column: int = 0


class Source:
    """One parsed file, shared by all rules of it.

    Args:
        data: the file's bytes; an encoding declaration is honoured.
        name: how messages call the file.

    Raises:
        LocationError: `source-unreadable`.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        try:
            text = io.TextIOWrapper(io.BytesIO(data), _encoding(data)).read()
            with ignore_compile_warnings(name):
                self.tree = ast.parse(data, name)
        except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError, SystemError) as fault:
            # SystemError: 3.11 loses count of its depth where a signal handler raises within the parser.
            raise LocationError("source-unreadable", f"{name} cannot be parsed: {fault}") from fault
        # Lines as the parser counts them: a form feed or a \x1c ends none.
        self.lines = tuple(text.split("\n"))
        self.bound = DefiniteAssignment()
        self._mentioned: dict[ast.stmt, frozenset[str]] = {}
        self._statements: dict[int, InsertionPoint] = {}
        self._entries: dict[int, InsertionPoint] = {}
        self._run_into: set[int] = set()  # lines that a statement which began above ends on
        for spot in spots_of(Block(self.tree.body, None, in_function=False)):
            known = self._entries if spot.kind == "entry" else self._statements
            first = first_line(spot.node)
            known.setdefault(first, spot)
            end = header_end(spot.node, self.lines) if bodies_of(spot.node) else spot.node.end_lineno or first
            self._run_into.update(range(first + 1, end + 1))

    def place(self, line: int) -> Location:
        """Return the location that a probe on this line gets.

        Raises:
            LocationError: `line-not-executable`, with the nearest lines that would do.
        """
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

    def _find(self, line: int) -> _Found | str:
        """Return where a probe on this line goes, asked again for each new line until the line stays."""
        module = Block(self.tree.body, None, in_function=False)
        found = _find(module, line, self.lines)
        # Step 6: ask again for the line that was found, until it is the line that was asked for.
        while not isinstance(found, str) and found.line != line:
            line = found.line
            again = _find(module, found.line, self.lines)
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
                f"{self.name} defines {qualname} {len(found)} times: name one by its line ({_listed(lines)}).",
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
            f"{text!r} stands in {len(hits)} statements of {self.name}: write more of it, or a line ({_listed(lines)}).",
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

    def spot(self, place: Location) -> InsertionPoint:
        """Return where in `tree` a statement must be inserted to be the probe of that place."""
        return (self._entries if place.kind == "entry" else self._statements)[place.line]

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


def _listed(lines: tuple[int, ...]) -> str:
    return ", ".join(map(str, lines[:_LISTED])) + (", …" if len(lines) > _LISTED else "")


# --- which statement a line belongs to -----------------------------------------------------------------------------


class _Found(NamedTuple):
    line: int  # first line of the statement
    kind: Kind
    why: str = ""  # why it is not the line that was asked for: "is blank"


_PAST_THE_END = "it lies past the end of a block"


def _find(block: Block, line: int, lines: tuple[str, ...]) -> _Found | str:
    """Return the statement that a line stands for, in this block or one inside it; or why there is none."""
    # Step 2: from block to inner block.
    found: _Found | Block | str = block
    while isinstance(found, Block):  # no recursion: each `elif` lies in the `else` of the one before
        found = _in_block(found, line, lines)
    return found


def _in_block(block: Block, line: int, lines: tuple[str, ...]) -> _Found | Block | str:
    """Return what a line stands for in this block; or the inner block to search next."""
    # Step 3: skip what ends above the line. `why` is set once the line slides, and says why it does.
    why = ""
    before: ast.stmt | None = None
    body = block.body
    start = bisect_left(body, line, key=lambda node: node.end_lineno or 0)
    if start:
        before = body[start - 1]
    for node in body[start:]:
        first = first_line(node)
        # The line lies above this statement: it slides if it is blank or a comment of this block.
        if not why and line < first:
            why = blank_or_comment(lines[line - 1])
            follows_block = before is not None and bool(bodies_of(before))
            if not why or (follows_block and _closes_deeper_block(lines[line - 1], node)):
                return _PAST_THE_END
        # The line lies within this statement; a declaration lets it slide further.
        if not why and line <= (node.end_lineno or first):
            if not is_declaration(node, block.owner):
                return _inside(node, line, lines, block)
            why = "is a docstring" if isinstance(node, ast.Expr) else "is a declaration"
        # The line slides to this statement.
        if why and not is_declaration(node, block.owner):
            return _start_of(node, block, why)
        before = node
    return f"it {why}, and no statement follows in its block" if why else _PAST_THE_END


def _inside(node: ast.stmt, line: int, lines: tuple[str, ...], around: Block) -> _Found | Block | str:
    """Return what a line within a statement's span stands for; or the inner block to search next."""
    bodies = bodies_of(node)
    end = header_end(node, lines) if bodies else node.end_lineno or node.lineno
    # Step 4, header or simple statement: the line stands for the statement itself.
    if line <= end:
        is_entry = isinstance(node, Function) and not around.in_function
        continues = line > first_line(node) and not is_entry
        return _start_of(node, around, "continues a statement" if continues else "")
    # Step 4, bodies: the first that ends at the line or below has it, or it lies on the keyword above that body. The
    # first body has no keyword of its own, but those of `match` have: each `case`. An `elif` is a statement.
    in_function = around.in_function or isinstance(node, Function)
    for number, body in enumerate(bodies):
        first, last = first_line(body[0]), body[-1].end_lineno or 0
        if line <= last:
            has_keyword = (number or isinstance(node, ast.Match)) and not is_elif(node, body)
            if line < first and has_keyword:
                return _between(end, body, line, lines, in_function=in_function)
            return Block(body, node, in_function)
        end = last
    return _PAST_THE_END


def _between(
    end: int, body: list[ast.stmt], line: int, lines: tuple[str, ...], *, in_function: bool
) -> _Found | str:
    """Return what a line between two blocks of a statement stands for: `else:` or a comment near it."""
    # The keyword's line is the first one between the two blocks that is neither blank nor a comment.
    keyword = next(at for at in range(end + 1, first_line(body[0])) if not blank_or_comment(lines[at - 1]))
    # Above the keyword: a blank line or comment at the end of the block before.
    if line < keyword:
        return _PAST_THE_END
    # On the keyword or below: the first statement of the block that it opens.
    word = lines[keyword - 1].split()[0].rstrip(":")
    why = f"is `{word}`" if line == keyword else blank_or_comment(lines[line - 1]) or f"belongs to `{word}`"
    following = next((node for node in body if not is_declaration(node, None)), None)
    if following is None:
        return f"it {why}, and no statement follows in its block"
    return _start_of(following, Block(body, None, in_function), why)


def _start_of(node: ast.stmt, block: Block, why: str) -> _Found | str:
    """Return the statement as the answer, or the reason why no probe can go before it."""
    # Step 5: only statements of a function can still run.
    if block.in_function:
        return _Found(first_line(node), "statement", why)
    if isinstance(node, Function):
        return _Found(first_line(node), "entry", why)
    where = "the body of a class" if isinstance(block.owner, ast.ClassDef) else "module-level code"
    return f"it is {where}, which has run already"


def _closes_deeper_block(text: str, following: ast.stmt) -> bool:
    """Return whether a comment is indented further than the next statement: its block has ended."""
    return bool(text.strip()) and len(text) - len(text.lstrip()) > following.col_offset
