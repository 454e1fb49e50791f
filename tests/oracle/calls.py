"""The reference for calls: the same module with recording calls typed around the body of every function.

    record(n)
    try:
        …
            return returned(n, value)
    except:
        raised(n)
        raise
    finally:
        left(n)

One form for all functions, whatever they are; what a call returns is what was kept last.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from tests.oracle.reference import (
    RECORD,
    Function,
    Spot,
    begins_line,
    docstrings,
    dotted,
    line_of,
    statements,
)

if TYPE_CHECKING:
    from types import CodeType

RETURNED = "__oracle_returned__"
RAISED = "__oracle_raised__"
LEFT = "__oracle_left__"
KINDS = ("call", "return", "raise")  # of the three spots that each function has, in this order


def typed_calls(data: bytes, filename: str, number: int = 0) -> tuple[CodeType, list[Spot]]:
    """Compile a module with the calls typed in; they pass the position of the function's first spot, from `number`."""
    tree = ast.parse(data, filename)
    everything = list(statements(tree))
    said = {id(each) for each in docstrings(tree)}
    defined = Counter(dotted(each) for each in everything if isinstance(each.node, Function))
    spots: list[Spot] = []
    for each in everything:
        node = each.node
        if not isinstance(node, Function):
            continue
        is_outermost = each.function is None
        if not (begins_line(node, data) if is_outermost else defined[dotted(each)] == 1):
            continue
        names = tuple(sorted({arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)})[:2])
        names = tuple(name for name in names if not name.startswith("__"))
        reach = "line" if is_outermost else "function"
        first = number + len(spots)
        spots += [Spot(kind, line_of(node), dotted(each), reach, names) for kind in KINDS]
        _wrap(node, first, {id(inner) for inner in node.body if _opens(inner, said)})
    ast.fix_missing_locations(tree)
    return compile(tree, filename, "exec", dont_inherit=True), spots


def _opens(node: ast.stmt, said: set[int]) -> bool:
    return isinstance(node, ast.Global | ast.Nonlocal) or id(node) in said


def _wrap(node: ast.FunctionDef | ast.AsyncFunctionDef, number: int, opening: set[int]) -> None:
    first = next((at for at, inner in enumerate(node.body) if id(inner) not in opening), len(node.body))
    body = node.body[first:]
    own = list(_own(body))
    is_async_generator = isinstance(node, ast.AsyncFunctionDef) and any(
        isinstance(each, ast.Yield) for each in own
    )
    for each in own:
        if isinstance(each, ast.Return) and not is_async_generator:
            value = each.value or ast.Constant(None)
            each.value = _call(RETURNED, ast.Constant(number), value)
    if not is_async_generator:
        body = [*body, ast.Return(_call(RETURNED, ast.Constant(number), ast.Constant(None)))]
    raised: list[ast.stmt] = [ast.Expr(_call(RAISED, ast.Constant(number))), ast.Raise()]
    caught = ast.ExceptHandler(None, None, raised)
    left: list[ast.stmt] = [ast.Expr(_call(LEFT, ast.Constant(number)))]
    entered = ast.Expr(_call(RECORD, ast.Constant(number)))
    node.body[first:] = [entered, ast.Try(body or [ast.Pass()], [caught], [], left)]


def _own(body: list[ast.stmt]) -> list[ast.AST]:
    """Every node of a function's body, but for those of functions and classes inside."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        found.append(node)
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)
    return found


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
