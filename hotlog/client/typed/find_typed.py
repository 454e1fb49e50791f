"""Which log lines were typed into a file, and where each goes in the code that is deployed.

Two questions, kept apart. *Which lines did I type?* is answered by the file as it was (of the last commit, say). *Where do
they go?* by the file that is deployed: to the statement that follows in the same block, or behind the one before where the
block ends. What else was edited is listed, and never becomes a rule.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.typed.expressions import HoleRewriter
from hotlog.client.typed.inputs import Surroundings
from hotlog.client.typed.log_calls import adds_fields, loggers_of
from hotlog.client.typed.messages import MessageWriter
from hotlog.client.typed.not_taken import NotTakenError
from hotlog.client.typed.place_finder import PlaceFinder
from hotlog.client.typed.statements import (
    ReadLine,
    has_log,
    is_log_only,
    is_part,
    is_setup,
    list_changed,
    list_read,
    names_assigned,
    names_bound,
    names_read,
    pure_variable,
    read_statement,
)
from hotlog.client.typed.tree_diff import TreeDiff, first_text, function_of
from hotlog.source.insertion_points import bodies_of, first_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hotlog.client.typed.tree_diff import AddedStatement
    from hotlog.source.statements import Source


class TypedLine(NamedTuple):
    """A log line that was typed.

    Attributes:
        line: in the working copy.
        text: first line of the statement, stripped.
        read: what it logs, or why it is no rule.
        at: line of the deployed statement beside which it goes; 0: it is not taken.
        after: it goes behind that statement.
    """

    line: int
    text: str
    read: ReadLine
    at: int = 0
    after: bool = False

    @property
    def column(self) -> int:
        """Return where in the text the part lies that the refusal is about; -1: nowhere in it."""
        node = self.read.fault.node if self.read.fault is not None else None
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        inside = line == self.line and column >= self.read.node.col_offset
        return column - self.read.node.col_offset if inside else -1


class OtherEdit(NamedTuple):
    """An edit that is no log line.

    Attributes:
        line: in the working copy; of what is gone, in the old file.
        text: first line of the statement, stripped.
        deployed: what stands there in the deployed code; empty: nothing.
        is_helper: it is there for log lines alone.
        is_gone: the working copy has none of it.
    """

    line: int
    text: str
    deployed: str = ""
    is_helper: bool = False
    is_gone: bool = False


class Knowledge(NamedTuple):
    """What is known beyond the file.

    Attributes:
        hides: tells which names are redacted.
        elsewhere: finds the trees of other files that define a function of a name.
    """

    hides: Callable[[str], bool]
    elsewhere: Callable[[str], Iterable[ast.Module]]


class TypedFile(NamedTuple):
    """What was typed into one file.

    Attributes:
        lines: the log lines, in the order of the text.
        others: all other edits.
        ahead: how many statements the deployed code has that the file as it was has not.
        ahead_line: line of the first of them.
    """

    lines: tuple[TypedLine, ...]
    others: tuple[OtherEdit, ...]
    ahead: int = 0
    ahead_line: int = 0


def find_typed(
    work: Source,
    base: Source,
    deployed: Source,
    hides: Callable[[str], bool],
    elsewhere: Callable[[str], Iterable[ast.Module]] = lambda _name: (),
) -> TypedFile:
    """Return the log lines that a working copy has and its base has not, with their places in the deployed code.

    Args:
        work: the working copy.
        base: the same file as it was.
        deployed: the file that runs.
        hides: tells which names are redacted.
        elsewhere: finds the trees of other files that define a function of a name.
    """
    edits = TreeDiff(base.tree, work.tree)
    places = edits if deployed is base else TreeDiff(deployed.tree, work.tree)
    ahead = [] if deployed is base else TreeDiff(base.tree, deployed.tree).added
    finder = _Finder(work, deployed, edits, places, Knowledge(hides, elsewhere))
    lines = finder.find_lines()
    first = min((first_line(each.node) for each in ahead), default=0)
    return TypedFile(tuple(lines), tuple(finder.list_others()), len(ahead), first)


class _Finder:
    """Finds the typed lines of one file."""

    def __init__(
        self, work: Source, deployed: Source, edits: TreeDiff, places: TreeDiff, known: Knowledge
    ) -> None:
        self._work, self._deployed = work, deployed
        self._edits, self._places, self._known = edits, places, known
        added = edits.added
        self._logs = [each for each in added if is_log_only(each.node)]
        self._helpers = self._find_helpers([each for each in added if not is_log_only(each.node)])
        self._mine = {id(each.node) for each in (*self._logs, *self._helpers)}
        self._placing = PlaceFinder(deployed, edits, places, self._mine)

    def _find_helpers(self, others: Sequence[AddedStatement]) -> list[AddedStatement]:
        """Return the added statements that log lines alone need: imports, loggers, their set-up, variables."""
        wanted: list[AddedStatement] = []
        mine = {id(each.node) for each in self._logs}
        waiting = [each for each in others if is_setup(each.node) or self._is_pure(each)]
        grew = True
        while grew:  # a helper of a helper is one, too
            grew = False
            for each in waiting:
                if id(each.node) not in mine and self._is_read_by(each.node, mine):
                    mine.add(id(each.node))
                    wanted.append(each)
                    grew = True
        return sorted(wanted, key=lambda each: each.node.lineno)

    def _is_pure(self, added: AddedStatement) -> bool:
        """Return whether a statement makes a variable of what a rule could read."""
        pair = pure_variable(added.node)
        if pair is None:
            return False
        try:
            MessageWriter(HoleRewriter(self._around(added), {})).text(pair[1])
        except NotTakenError:
            return False
        return True

    def _is_read_by(self, node: ast.stmt, mine: set[int]) -> bool:
        """Return whether what a statement binds is read by these statements, and by no other one of the file."""
        bound = names_bound(node)
        if not bound:  # `logging.basicConfig()`
            return bool(self._logs)
        readers = [
            each
            for each in ast.walk(self._work.tree)
            if isinstance(each, ast.stmt) and not hasattr(each, "body") and names_read(each) & bound
        ]
        inside = {id(child) for log in self._logs for child in ast.walk(log.node)}
        headers = any(
            names_read(part) & bound
            for each in ast.walk(self._work.tree)
            if isinstance(each, ast.stmt) and hasattr(each, "body") and id(each) not in inside
            for part in ast.iter_child_nodes(each)
            if isinstance(part, ast.expr | ast.withitem)
        )
        owned = all(id(each) in mine or id(each) in inside or each is node for each in readers)
        rebound = pure_variable(node) is not None and self._is_bound_elsewhere(node, bound)
        return bool(readers) and owned and not headers and not rebound

    def _is_bound_elsewhere(self, node: ast.stmt, bound: frozenset[str]) -> bool:
        return any(
            each is not node and not hasattr(each, "body") and names_bound(each) & bound
            for each in ast.walk(self._work.tree)
            if isinstance(each, ast.stmt)
        )

    # --- log lines -----------------------------------------------------------------------------------------------------

    def find_lines(self) -> list[TypedLine]:
        """Return the typed lines, in the order of the text."""
        found: list[TypedLine] = []
        for each in self._edits.added:
            if is_log_only(each.node):
                found += self._lines_of(each)
            elif id(each.node) not in self._mine and has_log(each.node):
                found += self._inside_an_edit(each)
        return found

    def _lines_of(self, added: AddedStatement) -> list[TypedLine]:
        around = self._around(added)
        helpers = self._variables(added)
        fault, at, after = self._placing.find(added)
        found: list[TypedLine] = []
        for read in read_statement(added.node, around, helpers):
            trouble = fault or self._edited_name(added, read, helpers)
            if read.fault is None and trouble is not None:
                why = NotTakenError(trouble.code, trouble.message, read.node)
                read = read._replace(log=None, fault=why)  # noqa: PLW2901  # the same line, refused
            elif read.fault is None:
                more = (*self._edited_values(added, read, helpers), *self._lost_fields(added, read))
                read = read._replace(marks=(*read.marks, *more))  # noqa: PLW2901
            text = self._work.lines[read.node.lineno - 1].strip()
            placed = (at, after) if read.fault is None else (0, False)
            found.append(TypedLine(read.node.lineno, text, read, *placed))
        return found

    def _inside_an_edit(self, added: AddedStatement) -> list[TypedLine]:
        """Return the log lines inside a new statement that does more: an `if` around statements that were there."""
        if isinstance(added.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return []  # new code, and its own logging
        word = type(added.node).__name__.lower().removeprefix("async")
        sentence = f"it stands in a new `{word}` (line {added.node.lineno}), which the deployed code has not: type it outside."
        return [
            TypedLine(
                each.lineno,
                self._work.lines[each.lineno - 1].strip(),
                ReadLine(each, None, fault=NotTakenError("no-such-place", sentence, each)),
            )
            for each in ast.walk(added.node)
            if isinstance(each, ast.stmt) and is_log_only(each) and isinstance(each, ast.Expr)
        ]

    def _around(self, added: AddedStatement) -> Surroundings:
        exception = ""
        for owner in added.path:
            if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
                exception = ""  # it runs later
            for handler in getattr(owner, "handlers", ()):
                if any(id(child) == id(added.node) for child in ast.walk(handler)):
                    exception = handler.name or ""  # not that of a handler further out
        function = function_of(added)
        return Surroundings(self._work.tree, function, exception, self._known.hides, self._known.elsewhere)

    def _variables(self, added: AddedStatement) -> dict[str, ast.expr]:
        """Return the variables of the edit that a line may be written without: assigned directly above it."""
        found: dict[str, ast.expr] = {}
        at = added.position - 1
        while at >= 0 and id(added.block[at]) in self._mine:
            pair = pure_variable(added.block[at])
            if pair is not None and not is_setup(added.block[at]):
                found.setdefault(*pair)
            at -= 1
        return found

    def _edited_name(
        self, added: AddedStatement, read: ReadLine, helpers: dict[str, ast.expr]
    ) -> NotTakenError | None:
        """Return the fault of a line that reads what another edit makes; None where it reads nothing of the kind."""
        wanted = frozenset().union(*map(names_read, _parts(read, helpers))) - helpers.keys()
        for each in self._edits.added:
            before = each.node.lineno < read.node.lineno and self._is_near(each, added)
            is_log = is_log_only(each.node)
            if not before or (each.old is not None and not is_log):
                continue
            bound = names_assigned(each.node) if is_log else names_bound(each.node)
            names = sorted(bound & wanted)
            if names and not is_setup(each.node):
                sentence = f"`{names[0]}` is what your edit makes of it (line {each.node.lineno}), and the deployed code has none of it."
                return NotTakenError("unknown-name", sentence, read.node)
        return None

    def _edited_values(
        self, added: AddedStatement, read: ReadLine, helpers: dict[str, ast.expr]
    ) -> Iterator[str]:
        """Yield a mark for each value that an edit above makes, or changes: the deployed code's is shown."""
        parts = _parts(read, helpers)
        wanted = frozenset().union(*map(names_read, parts)) - helpers.keys()
        fields = {text for part in parts for text in list_read(part)}
        function = function_of(added)
        own = names_bound(function) | _parameters(function) if function is not None else frozenset()
        changed = [(each.old, each.node) for each in self._edits.added if id(each.node) not in self._mine]
        for old, new in (*changed, *self._edits.edited.values()):
            is_near = new.lineno < read.node.lineno and self._holds(function, new)
            bound = _header_names(new) if old is not None else names_bound(new)
            seen = (
                bound & wanted if is_near else (bound & wanted) - own if new in self._work.tree.body else ()
            )
            for name in sorted(seen):
                where = (
                    f"the deployed line {first_line(old)} makes it" if old is not None else "it is deployed"
                )
                yield f"`{name}` is shown as {where}, not your edit"
            if is_near and old is None:
                for text in sorted(
                    {text for text in list_changed(new) if any(is_part(text, each) for each in fields)}
                ):
                    yield f"`{text}` is shown without what your edit in line {new.lineno} does to it"

    def _holds(self, function: ast.stmt | None, node: ast.stmt) -> bool:
        return function is not None and any(each is node for each in ast.walk(function))

    def _lost_fields(self, added: AddedStatement, read: ReadLine) -> list[str]:
        """Return a mark for each typed statement above that gives the logger of a line more fields."""
        lost = []
        for each in self._helpers:
            value = getattr(each.node, "value", None)
            is_above = each.node.lineno < read.node.lineno and self._is_near(each, added)
            if not is_above or not isinstance(value, ast.expr) or not adds_fields(value):
                continue
            if (names_bound(each.node) or loggers_of(value)) & loggers_of(read.node):
                lost.append(f"without the fields that line {each.node.lineno} gives the logger")
        return lost

    def _is_near(self, each: AddedStatement, added: AddedStatement) -> bool:
        """Return whether two statements belong to one function."""
        return function_of(each) is function_of(added)

    # --- all other edits -----------------------------------------------------------------------------------------------

    def list_others(self) -> list[OtherEdit]:
        """Return every edit that is no log line: added, changed, gone."""
        found: list[OtherEdit] = []
        replaced: set[int] = set()
        for each in self._edits.added:
            if is_log_only(each.node):
                continue
            deployed = first_text(each.old) if each.old is not None else ""
            replaced |= {id(each.old)} if each.old is not None else set()
            is_helper = id(each.node) in self._mine
            found.append(OtherEdit(first_line(each.node), first_text(each.node), deployed, is_helper))
        for old, new in self._edits.edited.values():
            found.append(OtherEdit(first_line(new), first_text(new), first_text(old)))
        found += [
            OtherEdit(first_line(gone), first_text(gone), is_gone=True)
            for gone in self._edits.gone
            if id(gone) not in replaced | self._placing.filled
        ]
        return sorted(found, key=lambda each: each.line)


def _parts(read: ReadLine, helpers: Mapping[str, ast.expr]) -> list[ast.AST]:
    """Return what a line reads from, with what stands for its helper variables."""
    parts: list[ast.AST] = list(read.parts)
    seen: set[str] = set()
    for part in parts:  # which grows: a helper may be made of another one
        for name in sorted((names_read(part) & helpers.keys()) - seen):
            seen.add(name)
            parts.append(helpers[name])
    return parts


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    return frozenset(each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg))


def _header_names(node: ast.stmt) -> frozenset[str]:
    """Return the names that a statement binds; of a compound one those of its header alone."""
    if not bodies_of(node):
        return names_bound(node)
    parts = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr | ast.withitem)]
    return frozenset(
        each.id
        for part in parts
        for each in ast.walk(part)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    )
