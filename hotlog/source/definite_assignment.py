"""Which local variables are certainly bound at a spot.

Those may be loaded by code inserted there; any other could raise in the user's function, or on 3.12 and 3.13 crash the
interpreter (`LOAD_FAST` of an unbound local). The analysis claims a name only where every way to the spot has
bound it: parameters, and what the statements before it in the same and the outer blocks have bound without condition.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.source.insertion_points import bodies_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from hotlog.source.insertion_points import InsertionPoint

_NEVER = frozenset({"__class__", "super"})  # naming one adds a cell to the function


class DefiniteAssignment:
    """Answers for the spots of one tree.

    What a block binds where, and what a function may unbind, is looked up once: a thousand rules in one block of ten
    thousand statements ask for a thousand spots.
    """

    def __init__(self) -> None:
        self._names_taken_away: dict[ast.stmt, frozenset[str]] = {}
        self._first_bound: dict[int, dict[str, int]] = {}

    def among(self, names: Collection[str], spot: InsertionPoint) -> frozenset[str]:
        """Return the names that are always bound when the spot is reached; none in a class body."""
        if not is_in_function(spot):
            return frozenset()
        scopes = [at for at, (node, _) in enumerate(spot.path) if isinstance(node, _SCOPES)]
        function: Any = spot.path[scopes[-1]][0]
        bound = set(_parameters(function.args))
        inside = spot.path[scopes[-1] :]
        for (owner, block), follower in zip(inside, [*(node for node, _ in inside[1:]), None], strict=True):
            bound.update(_names_bound_by_entering(owner, block))
            stop = spot.position if follower is None else _position(block, follower)
            first_bound = self._of_block(block)
            bound.update(name for name in names if first_bound.get(name, stop) < stop)
        if function not in self._names_taken_away:
            self._names_taken_away[function] = frozenset(_names_taken_away(function)) | _NEVER
        return frozenset(name for name in names if name in bound) - self._names_taken_away[function]

    def _of_block(self, block: list[ast.stmt]) -> dict[str, int]:
        """Return, for each name that the block binds, the position of the first binding statement."""
        known = self._first_bound.get(id(block))
        if known is None:
            known = self._first_bound[id(block)] = {}
            for position, node in enumerate(block):
                for name in _names_bound_by(node):
                    known.setdefault(name, position)
        return known


def is_in_function(spot: InsertionPoint) -> bool:
    """Return whether what is bound there is a local of a function: not in a class body, nor in the module's own."""
    scopes = [node for node, _ in spot.path if isinstance(node, _SCOPES)]
    return bool(scopes) and not isinstance(scopes[-1], ast.ClassDef)


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _position(block: list[ast.stmt], node: ast.stmt) -> int:
    near = bisect_left(block, (node.lineno, node.col_offset), key=lambda each: (each.lineno, each.col_offset))
    return next(at for at in range(near, len(block)) if block[at] is node)


def _parameters(args: ast.arguments) -> Iterator[str]:
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if arg is not None:
            yield arg.arg


def _names_bound_by_entering(owner: ast.stmt, block: list[ast.stmt]) -> Iterable[str]:
    """Return the names that are bound when this block of the statement is entered."""
    if isinstance(owner, ast.For | ast.AsyncFor) and block is owner.body:
        return _targets(owner.target)
    if isinstance(owner, ast.With | ast.AsyncWith):
        return [name for item in owner.items if item.optional_vars for name in _targets(item.optional_vars)]
    return ()  # a handler's name is deleted at its end, a capture pattern may not have matched: left to the frame


def _names_bound_by(node: ast.stmt) -> Iterable[str]:
    """Return the names that a statement has bound once it ended normally; branches are not analysed."""
    if isinstance(node, ast.Assign):
        return [name for target in node.targets for name in _targets(target)]
    if isinstance(node, ast.AnnAssign):
        return _targets(node.target) if node.value is not None else ()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*"]
    return ()


def _targets(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _targets(element)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value)


def _names_taken_away(function: ast.stmt) -> set[str]:
    """Return the names that are no locals, or that a statement of the function may unbind."""
    names: set[str] = set()
    todo = [function]
    while todo:
        node = todo.pop()
        if isinstance(node, _SIMPLE):
            if isinstance(node, ast.Delete):
                names.update(name for target in node.targets for name in _targets(target))
            else:
                names.update(node.names)
            continue
        names.update(handler.name for handler in getattr(node, "handlers", ()) if handler.name)
        for body in bodies_of(node):
            todo += body
    return names


_SIMPLE = (ast.Global, ast.Nonlocal, ast.Delete)
