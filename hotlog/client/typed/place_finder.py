"""Where a typed line goes in the deployed code: beside the statement that stands next to it in both files.

before the statement that follows in the block      the usual case
behind the one before                               where the line ends its block
before `pass` or `...`                              where that was all of the block, in the line's place or beside it
at the entry of the function                        where a docstring is all of its body, or all of it is one line
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.typed.not_taken import NotTakenError
from hotlog.client.typed.tree_diff import first_text, function_of, is_text, labelled_blocks
from hotlog.errors import LocationError
from hotlog.source.insertion_points import DEFINITIONS, first_line, is_declaration

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from hotlog.client.typed.tree_diff import AddedStatement, TreeDiff
    from hotlog.source.statements import Source


class TypedPlace(NamedTuple):
    """Where a typed statement goes.

    Attributes:
        fault: why it goes nowhere; None: it has a place.
        at: line of the deployed code.
        after: behind the statement there.
    """

    fault: NotTakenError | None
    at: int = 0
    after: bool = False


class PlaceFinder:
    """Finds the places of the typed statements of one file.

    Args:
        deployed: the file that runs.
        edits: how the working copy differs from the file as it was.
        places: how it differs from the file that runs.
        mine: ids of the statements that are there for log lines alone.

    Attributes:
        filled: ids of the statements that only filled a block that has log lines now.
    """

    def __init__(self, deployed: Source, edits: TreeDiff, places: TreeDiff, mine: AbstractSet[int]) -> None:
        self._deployed, self._edits, self._places, self._mine = deployed, edits, places, mine
        self.filled: set[int] = set()

    def find(self, added: AddedStatement) -> TypedPlace:
        """Return where a statement goes, or why nowhere."""
        if function_of(added) is None:
            where = "the body of a class" if added.path else "module-level code"
            return _nowhere(added, f"it stands in {where}, which has run already")
        header = self._find_new_header(added)
        if header:
            return _nowhere(added, f"the deployed code has no `{header}` there: it is an edit of yours")
        after = added.block[added.position + 1 :]
        before = added.block[: added.position][::-1]
        for neighbours, behind in ((after, False), (before, True)):
            neighbour = next((each for each in neighbours if self._counts(each, added)), None)
            if neighbour is not None:
                return self._beside(added, neighbour, behind=behind)
        filler = self._places.find_filler(added)
        if filler is None:
            return self._at_entry(added)
        gone = self._edits.find_filler(added)
        self.filled |= {id(gone)} if gone is not None else set()
        return self._at(added, filler, behind=False)

    def _find_new_header(self, added: AddedStatement) -> str:
        """Return what opens a block that a statement of the deployed code lacks, such as `except KeyError as e:`; else nothing."""
        owner = added.path[-1]
        known = self._places.same.get(id(owner))
        label = next(label for label, block in labelled_blocks(owner).items() if block is added.block)
        if known is None or label in labelled_blocks(known):
            return ""
        opened = (*getattr(owner, "handlers", ()), *getattr(owner, "cases", ()))
        found = next((ast.unparse(each).strip() for each in opened if each.body is added.block), "")
        return found.split("\n", 1)[0] or {"orelse": "else:", "finalbody": "finally:"}.get(label, label)

    def _counts(self, node: ast.stmt, added: AddedStatement) -> bool:
        """Return whether a neighbour says where a line goes: one that is not of the same edit, and no declaration."""
        # A text is a docstring, unless one types above it.
        is_mine = id(node) in self._mine
        return not is_mine and not is_text(node) and not is_declaration(node, added.path[-1])

    def _beside(self, added: AddedStatement, neighbour: ast.stmt, *, behind: bool) -> TypedPlace:
        known = self._places.same.get(id(neighbour))
        if known is not None and id(neighbour) not in self._places.edited:
            return self._at(added, known, behind=behind)
        line = neighbour.lineno
        which = "the line before it" if behind else "its next line"
        is_edit = id(neighbour) not in self._edits.same or id(neighbour) in self._edits.edited
        whose = (
            f"is an edit of yours (line {line})" if is_edit else f"(line {line}) is not in the deployed code"
        )
        return _nowhere(
            added,
            f"{which} {whose}, so its place in the deployed code is unknown. Move it up or down one statement",
        )

    def _at(self, added: AddedStatement, known: ast.stmt, *, behind: bool) -> TypedPlace:
        """Return the place beside a statement of the deployed code."""
        at = first_line(known)
        place = self._deployed.place(at)
        try:
            found = self._deployed.behind(place) if behind else place
        except LocationError as fault:
            return _nowhere(added, fault.message.rstrip("."))
        owner = self._places.same.get(id(added.path[-1]))
        if (
            place.kind == "entry"
            and self._deployed.spot(place).node is owner
            and known is _first_statement(owner)
        ):
            return TypedPlace(None, at)  # `def total(self): return 1`
        if place.kind != "statement" or self._deployed.spot(found).node is not known:
            return _nowhere(
                added, f"the deployed line {at} holds several statements, and it stands between them"
            )
        return TypedPlace(None, at, behind)

    def _at_entry(self, added: AddedStatement) -> TypedPlace:
        """Return the entry of a function whose body is a docstring in the deployed code."""
        known = self._places.same.get(id(added.path[-1]))
        if known is None:
            return _nowhere(added, "the deployed code has no such block: your edit adds it")
        if isinstance(known, ast.FunctionDef | ast.AsyncFunctionDef) and all(map(is_text, known.body)):
            place = self._deployed.place(first_line(known))
            if place.kind == "entry" and self._deployed.spot(place).node is known:
                return TypedPlace(None, place.line)
        return _nowhere(
            added, f"no statement stands in that block of the deployed code: `{first_text(known)}`"
        )


def _first_statement(node: ast.stmt) -> ast.stmt | None:
    """Return the first statement of a definition behind its docstring."""
    body = node.body if isinstance(node, DEFINITIONS) else []
    return next((each for each in body if not is_declaration(each, node)), None)


def _nowhere(added: AddedStatement, why: str) -> TypedPlace:
    return TypedPlace(NotTakenError("no-such-place", f"{why}.", added.node))
