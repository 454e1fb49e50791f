"""How one file differs from another, statement by statement: by syntax tree, so that layout and comments are no difference.

1. Pair what has a name by its name: definitions of a module or class, wherever they stand (`_definitions`).
2. Pair the other statements of two blocks by the longest common subsequence of their trees (`_common`). All that is left
   of the new block is added, all that is left of the old one is gone.
3. Between two pairs, pair compound statements that are alike: the same kind, and the same header or a statement in common.
   Their blocks are compared in the same way (`_compare_inside`).

Nothing is paired across blocks: a statement that stands below a new `if` has moved.
"""

from __future__ import annotations

import ast
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.source.insertion_points import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLOCKS: Final = ("body", "orelse", "finalbody")


class AddedStatement(NamedTuple):
    """A statement that the new file has and the old one has not.

    Attributes:
        node: the statement.
        block: that holds it.
        position: in it.
        path: the statements around it, outermost first.
        is_change: it stands where the old file has another statement.
        old: that statement.
    """

    node: ast.stmt
    block: list[ast.stmt]
    position: int
    path: tuple[ast.stmt, ...]
    old: ast.stmt | None = None


class TreeDiff:
    """What is the same in two files, and what is not.

    Args:
        old: tree of the one file.
        new: tree of the other.

    Attributes:
        same: by the id of a statement of the new file, the one of the old file that it is. Of a compound statement its
            header is the same, or in `edited`.
        added: outermost statements of the new file alone, in the order of the text.
        gone: outermost statements of the old file alone.
        edited: compound statements whose header differs, by the id of the new one: the old one.
    """

    def __init__(self, old: ast.Module, new: ast.Module) -> None:
        self.same: dict[int, ast.stmt] = {}
        self.added: list[AddedStatement] = []
        self.gone: list[ast.stmt] = []
        self.edited: dict[int, tuple[ast.stmt, ast.stmt]] = {}
        self._dumps: dict[int, str] = {}
        self._nodes = (old, new)  # alive, as their ids are kept
        self._block(old.body, new.body, ())
        self.added.sort(key=lambda each: (each.node.lineno, each.node.col_offset))
        self.gone.sort(key=lambda each: each.lineno)

    @property
    def is_empty(self) -> bool:
        """Return whether the files are the same but for layout and comments."""
        return not (self.added or self.gone or self.edited)

    def find_filler(self, added: AddedStatement) -> ast.stmt | None:
        """Return the `pass` or `...` of the old file in whose place a statement stands; None where the old block has more."""
        if not added.path or id(added.path[-1]) not in self.same:
            return None
        owner = added.path[-1]
        label = next(label for label, block in labelled_blocks(owner).items() if block is added.block)
        block = labelled_blocks(self.same[id(owner)]).get(label, [])
        only = [each for each in block if not is_text(each)]
        return only[0] if len(only) == 1 and is_filler(only[0]) else None

    def _dump(self, node: ast.AST) -> str:
        found = self._dumps.get(id(node))
        if found is None:
            found = self._dumps[id(node)] = ast.dump(node)
        return found

    def _block(self, old: list[ast.stmt], new: list[ast.stmt], path: tuple[ast.stmt, ...]) -> None:
        pairs = dict(self._definitions(old, new)) if not path or isinstance(path[-1], ast.ClassDef) else {}
        taken = {*pairs.values()}
        left_old = [at for at in range(len(old)) if at not in taken]
        left_new = [at for at in range(len(new)) if at not in pairs]
        keys = [self._dump(old[at]) for at in left_old], [self._dump(new[at]) for at in left_new]
        common = [(left_old[a], left_new[b]) for a, b in _common(*keys)]
        for a, b in common:
            self._pair_all(old[a], new[b])
        for b, a in pairs.items():
            self._compare_inside(old[a], new[b], path)
        for gap_old, gap_new in _gaps(left_old, left_new, common):
            self._gap(old, new, gap_old, gap_new, path)

    def _definitions(self, old: list[ast.stmt], new: list[ast.stmt]) -> Iterator[tuple[int, int]]:
        """Yield the positions (new, old) of definitions that one name alone bears in both blocks."""
        names_old, names_new = _unique_names(old), _unique_names(new)
        for name, at in names_new.items():
            if name in names_old:
                yield at, names_old[name]

    def _pair_all(self, old: ast.stmt, new: ast.stmt) -> None:
        """Pair two equal statements, and all statements inside them."""
        for a, b in zip(ast.walk(old), ast.walk(new), strict=True):
            if isinstance(a, ast.stmt) and isinstance(b, ast.stmt):
                self.same[id(b)] = a

    def _gap(
        self,
        old: list[ast.stmt],
        new: list[ast.stmt],
        gap_old: Sequence[int],
        gap_new: Sequence[int],
        path: tuple[ast.stmt, ...],
    ) -> None:
        """Compare what stands between two pairs of a block."""
        waiting = list(gap_old)
        alone: list[int] = []
        for at in gap_new:
            match = next((each for each in waiting if self._is_alike(old[each], new[at])), None)
            if match is None:
                alone.append(at)
                continue
            self.gone += [old[each] for each in waiting[: waiting.index(match)]]
            waiting = waiting[waiting.index(match) + 1 :]
            self._compare_inside(old[match], new[at], path)
        changed = dict(zip(alone, waiting, strict=False)) if len(alone) == len(waiting) else {}
        for at in alone:
            before = old[changed[at]] if at in changed else None
            self.added.append(AddedStatement(new[at], new, at, path, before))
        self.gone += [old[each] for each in waiting]

    def _is_alike(self, old: ast.stmt, new: ast.stmt) -> bool:
        blocks_old, blocks_new = labelled_blocks(old), labelled_blocks(new)
        if type(old) is not type(new) or not blocks_old:
            return False
        if self._header(old) == self._header(new):
            return True
        inner = {self._dump(each) for block in blocks_old.values() for each in block if not is_filler(each)}
        return any(self._dump(each) in inner for block in blocks_new.values() for each in block)

    def _compare_inside(self, old: ast.stmt, new: ast.stmt, path: tuple[ast.stmt, ...]) -> None:
        """Pair two compound statements, and compare their blocks."""
        self.same[id(new)] = old
        if self._header(old) != self._header(new):
            self.edited[id(new)] = old, new
        blocks_old, blocks_new = labelled_blocks(old), labelled_blocks(new)
        for label, block in blocks_new.items():
            if label in blocks_old:
                self._block(blocks_old[label], block, (*path, new))
            else:
                self.added += [AddedStatement(node, block, at, (*path, new)) for at, node in enumerate(block)]
        for label, block in blocks_old.items():
            if label not in blocks_new:
                self.gone += block

    def _header(self, node: ast.stmt) -> str:
        """Return a compound statement without what stands in its blocks."""
        parts: list[str] = [type(node).__name__]
        for name, value in ast.iter_fields(node):
            if name in {*_BLOCKS, "handlers", "cases", "type_comment"}:
                continue
            values = value if isinstance(value, list) else [value]
            parts += [
                name,
                *(self._dump(each) if isinstance(each, ast.AST) else repr(each) for each in values),
            ]
        return "\n".join(parts)


def labelled_blocks(node: ast.stmt) -> dict[str, list[ast.stmt]]:
    """Return the blocks of a compound statement, each by what opens it; none for a simple statement."""
    found: dict[str, list[ast.stmt]] = {}
    for name in _BLOCKS:
        block = getattr(node, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            found[name] = block
    opened = [
        *(
            (f"except {ast.dump(each.type) if each.type else ''} {each.name}", each.body)
            for each in getattr(node, "handlers", ())
        ),
        *(
            (f"case {ast.dump(each.pattern)} {ast.dump(each.guard) if each.guard else ''}", each.body)
            for each in getattr(node, "cases", ())
        ),
    ]
    for label, block in opened:
        found[label if label not in found else f"{label} {len(found)}"] = block
    return found


def function_of(added: AddedStatement) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the innermost function around a statement; None: it is code of the module or of a class."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return next((each for each in reversed(added.path) if isinstance(each, kinds)), None)


def first_text(node: ast.stmt) -> str:
    """Return the first line of a statement."""
    return ast.unparse(node).split("\n", 1)[0]


def is_filler(node: ast.stmt) -> bool:
    """Return whether a statement only fills a block: `pass` or `...`."""
    is_dots = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...
    return isinstance(node, ast.Pass) or is_dots


def is_text(node: ast.stmt) -> bool:
    """Return whether a statement is a docstring, or another text that stands alone."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _unique_names(block: Sequence[ast.stmt]) -> dict[tuple[type, str], int]:
    found: dict[tuple[type, str], list[int]] = {}
    for at, node in enumerate(block):
        if isinstance(node, DEFINITIONS):
            found.setdefault((type(node), node.name), []).append(at)
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def _common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions of a longest common subsequence."""
    first, end_old, end_new = 0, len(old), len(new)
    while first < min(end_old, end_new) and old[first] == new[first]:
        first += 1
    while end_old > first and end_new > first and old[end_old - 1] == new[end_new - 1]:
        end_old, end_new = end_old - 1, end_new - 1
    head = [(at, at) for at in range(first)]
    tail = [(end_old + at, end_new + at) for at in range(len(old) - end_old)]
    middle_old, middle_new = old[first:end_old], new[first:end_new]
    if len(middle_old) * len(middle_new) > desk_limits.TREE_TABLE_MAX:
        blocks = SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_matching_blocks()
        middle = [(a + at, b + at) for a, b, size in blocks for at in range(size)]
    else:
        middle = _longest(middle_old, middle_new)
    return [*head, *((first + a, first + b) for a, b in middle), *tail]


def _longest(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for a in range(len(old) - 1, -1, -1):
        row, below = lengths[a], lengths[a + 1]
        for b in range(len(new) - 1, -1, -1):
            row[b] = below[b + 1] + 1 if old[a] == new[b] else max(below[b], row[b + 1])
    found: list[tuple[int, int]] = []
    a = b = 0
    while a < len(old) and b < len(new):
        if old[a] == new[b]:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif lengths[a + 1][b] >= lengths[a][b + 1]:
            a += 1
        else:
            b += 1
    return found


def _gaps(
    old: Sequence[int], new: Sequence[int], common: Sequence[tuple[int, int]]
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the positions of both blocks that lie between two pairs."""
    after_old = after_new = -1
    for end_old, end_new in [*common, (max(old, default=-1) + 1, max(new, default=-1) + 1)]:
        gap = [at for at in old if after_old < at < end_old], [at for at in new if after_new < at < end_new]
        if gap[0] or gap[1]:
            yield gap
        after_old, after_new = end_old, end_new
