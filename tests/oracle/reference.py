"""The reference: the same module with a recording call typed before every statement of every function.

Written without a look at how hotlog inserts: it walks the tree its own way and has one rule, a call per line that a
statement begins, and one per function entry. What it counts is what a person would get who typed log statements.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

RECORD = (
    "__oracle_record__"  # a builtin in the child; spelt so that classes do not take it for a private name
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
_BEGINS_LINE = re.compile(rb"[\s@]*((else|finally|except|case)\b.*:)?\s*\Z")


class Spot(NamedTuple):
    """Where a recording call was typed.

    Attributes:
        kind: `statement`, or `entry` of a function.
        line: first line of the statement, or of the function.
        function: dotted name of the function or class whose body holds the statement; of an entry, the function.
        reach: how hotlog is asked for it: by `line` or by the name of the `function`.
        names: the local variables to record.
    """

    kind: str
    line: int
    function: str
    reach: str
    names: tuple[str, ...]


class _Statement(NamedTuple):
    node: ast.stmt
    block: list[ast.stmt]
    function: Function | None  # the innermost around it
    owner: str  # dotted name of the function or class around it


def typed(data: bytes, filename: str, number: int = 0) -> tuple[CodeType, list[Spot]]:
    """Compile a module with the calls typed in; a call passes the position of its spot, counted from `number`."""
    tree = ast.parse(data, filename)
    everything = list(statements(tree))
    said = {id(each) for each in docstrings(tree)}
    defined = Counter(dotted(each) for each in everything if isinstance(each.node, Function))
    edits: list[tuple[list[ast.stmt], ast.stmt | None, Spot]] = []

    def is_declaration(node: ast.stmt) -> bool:
        return isinstance(node, ast.Global | ast.Nonlocal) or id(node) in said

    for each in everything:
        node, line = each.node, line_of(each.node)
        if each.function is not None and not is_declaration(node) and begins_line(node, data):
            spot = Spot("statement", line, each.owner, "line", names_at(each.function, line))
            edits.append((each.block, node, spot))
        if isinstance(node, Function):
            is_outermost = each.function is None
            if begins_line(node, data) if is_outermost else defined[dotted(each)] == 1:
                reach = "line" if is_outermost else "function"
                opening = next((inner for inner in node.body if not is_declaration(inner)), None)
                spot = Spot("entry", line, dotted(each), reach, names_at(node, line))
                edits.append((node.body, opening, spot))
    for at, (block, before, spot) in enumerate(edits):
        position = next((i for i, node in enumerate(block) if node is before), len(block))
        block.insert(position, recording_call(number + at, spot.line))
    return compile(tree, filename, "exec", dont_inherit=True), [spot for _, _, spot in edits]


def statements(node: ast.AST, function: Function | None = None, owner: str = "") -> Iterator[_Statement]:
    """Every statement of a tree, outer before inner."""
    for value in vars(node).values():
        for child in value if isinstance(value, list) else ():
            if isinstance(child, ast.stmt):
                here = _Statement(child, value, function, owner)
                yield here
                is_scope = isinstance(child, Function | ast.ClassDef)
                inner = child if isinstance(child, Function) else function
                yield from statements(child, inner, dotted(here) if is_scope else owner)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                yield from statements(child, function, owner)


def docstrings(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            yield node.body[0]


def dotted(statement: _Statement) -> str:
    return f"{statement.owner}.{getattr(statement.node, 'name', '')}".removeprefix(".")


def line_of(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return int(decorators[0].lineno if decorators else node.lineno)


def begins_line(node: ast.stmt, data: bytes) -> bool:
    """Whether nothing stands left of it but a keyword such as `else:`."""
    decorators = getattr(node, "decorator_list", [])
    column = decorators[0].col_offset if decorators else node.col_offset
    return _BEGINS_LINE.match(data.split(b"\n", line_of(node))[line_of(node) - 1][:column]) is not None


def recording_call(number: int, line: int) -> ast.stmt:
    """The statement that is typed in: it records which spot was reached."""
    call = ast.Expr(ast.Call(ast.Name(RECORD, ast.Load()), [ast.Constant(number)], []))
    for node in ast.walk(call):
        if isinstance(node, ast.expr | ast.stmt):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
    return call


def names_at(function: Function, line: int) -> tuple[str, ...]:
    """Two variables of the function, others for other lines; a class's private names read otherwise at run time."""
    names = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    known = sorted(name for name in names if not name.startswith("__"))
    return tuple(sorted({known[line % len(known)], known[line * 7 % len(known)]})) if known else ()
