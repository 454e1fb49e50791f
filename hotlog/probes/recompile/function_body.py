"""A probe around a whole call: the body of a function in a `try`, as somebody would have typed it.

    enter()                                 enter()
    try:                                    try:
        …                                       with lock:
        return leave(value)                         return keep(value)
    except:                                 except:
        raised(); raise                         raised(); raise
                                            finally:
                                                leave()

On the right, where a `return` still has to leave a `with` or a `finally`, which may take time, raise, or return
something else. `keep` and `leave` give back what they are given.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hotlog.source.insertion_points import InsertionPoint

    Undo = Callable[[], None]

_Node = TypeVar("_Node", bound=ast.AST)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def wrap_body(spot: InsertionPoint, sentinels: Mapping[str, str]) -> Undo:
    """Wrap the body of a function in the tree.

    Args:
        spot: the function's entry.
        sentinels: the constant that stands for each hook: `raised`, and perhaps `enter`, `keep` and `leave`.

    Returns:
        What puts the tree back.
    """
    block, first = spot.block, spot.position
    body = block[first:]
    returns: list[tuple[ast.Return, ast.expr | None]] = []
    final: list[ast.stmt] = []
    if "leave" in sentinels:
        found = list(_returns(body))
        yields = isinstance(spot.node, ast.AsyncFunctionDef) and _yields(body)
        # An async generator's `return` takes no value.
        late = yields or any(each.leaves_later for each in found)
        hook = sentinels["keep" if late else "leave"]
        for node in [] if yields else [each.node for each in found]:
            returns.append((node, node.value))
            at = node.value or node
            node.value = _placed(_call(hook, node.value or ast.Constant(None)), at.lineno, at.col_offset)
        if late:
            final = [_statement(spot, sentinels["leave"])]
        if not yields:
            last = body[-1] if body else spot.node
            value = _call(hook, ast.Constant(None))
            body = [*body, _placed(ast.Return(value), last.lineno, last.col_offset)]
    line, column = _opening(spot, body)
    handler = ast.ExceptHandler(None, None, [_statement(spot, sentinels["raised"]), ast.Raise(None, None)])
    _placed(handler, spot.node.lineno, spot.node.col_offset)
    wrapped: list[ast.stmt] = [ast.Try(body or [ast.Pass()], [handler], [], final)]
    if "enter" in sentinels:
        wrapped.insert(0, ast.Expr(_call(sentinels["enter"])))
    for each in wrapped:
        _placed(each, line, column)
    was = block[first:]
    block[first:] = wrapped

    def undo() -> None:
        block[first:] = was
        for node, value in returns:
            node.value = value

    return undo


class _Return(NamedTuple):
    node: ast.Return
    leaves_later: bool  # a `with` or a `finally` around it has still to be left


def _returns(body: list[ast.stmt], *, inside: bool = False) -> Iterator[_Return]:
    """Yield the `return` statements of a function's own body."""
    todo: list[tuple[ast.AST, bool]] = [(node, inside) for node in body]
    while todo:
        node, around = todo.pop()
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, ast.Return):
            yield _Return(node, around)
        later = around or isinstance(node, ast.With | ast.AsyncWith) or bool(getattr(node, "finalbody", None))
        todo += [(child, later) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def _yields(body: list[ast.stmt]) -> bool:
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Yield):
            return True
        if not isinstance(node, _SCOPES):
            todo += ast.iter_child_nodes(node)
    return False


def _opening(spot: InsertionPoint, body: list[ast.stmt]) -> tuple[int, int]:
    """Return line and column of the body's first statement: a debugger never stops at the `def` line."""
    node = body[0] if body else spot.node
    decorators = getattr(node, "decorator_list", None)
    return (decorators[0] if decorators and body else node).lineno, node.col_offset


def _statement(spot: InsertionPoint, sentinel: str) -> ast.stmt:
    return _placed(ast.Expr(_call(sentinel)), spot.node.lineno, spot.node.col_offset)


def _call(sentinel: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Constant(sentinel), args=list(arguments), keywords=[])


def _placed(node: _Node, line: int, column: int) -> _Node:
    """Give one position to all new nodes of the tree, and return it; nodes of the source keep their own."""
    for each in ast.walk(node):
        if isinstance(each, ast.expr | ast.stmt | ast.excepthandler) and not hasattr(each, "lineno"):
            each.lineno = each.end_lineno = line
            each.col_offset = each.end_col_offset = column
    return node
