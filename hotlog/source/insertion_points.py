"""The shape of a syntax tree: blocks of statements, and the spots where a statement could be typed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["statement", "entry"]
Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class InsertionPoint(NamedTuple):
    """A place in the tree: a statement inserted as `block[position]` is the probe.

    `path` leads from the outermost function to the block: the statements around it, each with the block of it that
    was entered.
    """

    block: list[ast.stmt]
    position: int
    kind: Kind
    function: str
    node: ast.stmt
    path: tuple[tuple[ast.stmt, list[ast.stmt]], ...]


class Block(NamedTuple):
    """A list of statements, whose it is, and whether it runs each time a function is called."""

    body: list[ast.stmt]
    owner: ast.stmt | None
    in_function: bool


def first_line(node: ast.stmt) -> int:
    """Return the line at which a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else node.lineno


def bodies_of(node: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of a compound statement, in the order of the source; none for a simple statement."""
    body = getattr(node, "body", None)
    if body is None:  # most statements are simple: nothing else is looked for
        return [case.body for case in node.cases] if isinstance(node, ast.Match) else []
    bodies = [body, *(handler.body for handler in getattr(node, "handlers", ()))]
    bodies += [getattr(node, "orelse", []), getattr(node, "finalbody", [])]
    return [body for body in bodies if body]


def is_elif(node: ast.stmt, body: list[ast.stmt]) -> bool:
    """Return whether the block is an `elif`: an `if` in the outer one's place, not below an `else:`."""
    return (
        isinstance(node, ast.If)
        and body is node.orelse
        and isinstance(body[0], ast.If)
        and body[0].col_offset == node.col_offset
    )


def header_end(node: ast.stmt, lines: tuple[str, ...]) -> int:
    """Return the last line of a compound statement's header, the one with its colon."""
    inner = node.cases[0].pattern.lineno if isinstance(node, ast.Match) else first_line(bodies_of(node)[0][0])
    for line in range(inner - 1, node.lineno, -1):
        if not blank_or_comment(lines[line - 1]):
            return line
    return node.lineno


def is_declaration(node: ast.stmt, owner: ast.stmt | None) -> bool:
    """Return whether it is a docstring, `global` or `nonlocal`: nothing can be typed before it."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        return True
    return (
        isinstance(owner, DEFINITIONS)
        and node is owner.body[0]
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def blank_or_comment(text: str) -> str:
    """Return whether a line holds no code, in the words of a note: `is blank`, `is a comment`, or empty."""
    text = text.strip()
    if not text:
        return "is blank"
    return "is a comment" if text.startswith("#") else ""


# --- all spots of a file -------------------------------------------------------------------------------------------

_Path = tuple[tuple[ast.stmt, list[ast.stmt]], ...]


class _Inner(NamedTuple):
    """A block on the way through the tree: what the names of its functions begin with, and how it was reached."""

    block: Block
    prefix: str
    path: _Path


def spots_of(module: Block) -> Iterator[InsertionPoint]:
    """Yield every insertion point of a file, outer before inner, a line's first statement first."""
    todo = [_walk(_Inner(module, "", ()))]
    while todo:  # no recursion: each `elif` lies in the `else` of the one before
        found = next(todo[-1], None)
        if found is None:
            todo.pop()
        elif isinstance(found, _Inner):
            todo.append(_walk(found))
        else:
            yield found


def _walk(inner: _Inner) -> Iterator[InsertionPoint | _Inner]:
    """Yield the insertion points of a block, and the blocks of its statements in between."""
    block, prefix, path = inner
    function = prefix.removesuffix(".").removesuffix(".<locals>")
    for position, node in enumerate(block.body):
        if block.in_function and not is_declaration(node, block.owner):
            yield InsertionPoint(block.body, position, "statement", function, node, path)
        if isinstance(node, Function):
            inside = (*path, (node, node.body))
            yield _entry(node, prefix + node.name, inside)
            yield _Inner(Block(node.body, node, in_function=True), f"{prefix}{node.name}.<locals>.", inside)
            continue
        name = f"{prefix}{node.name}." if isinstance(node, ast.ClassDef) else prefix
        for body in bodies_of(node):
            yield _Inner(Block(body, node, block.in_function), name, (*path, (node, body)))


def _entry(node: Function, name: str, inside: _Path) -> InsertionPoint:
    """Return the insertion point before a body's first real statement, behind its declarations."""
    position = 0
    while position < len(node.body) and is_declaration(node.body[position], node):
        position += 1
    return InsertionPoint(node.body, position, "entry", name, node, inside)
