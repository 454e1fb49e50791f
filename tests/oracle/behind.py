"""The reference for `after`: the same module with a recording call typed behind every statement of every function.

A call stands on a new line of its own: behind the last statement of a line, in the block of it. None stands behind an
`elif`, which ends where its `if` does, nor behind a docstring or a declaration.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.oracle.reference import (
    Spot,
    begins_line,
    docstrings,
    line_of,
    names_at,
    recording_call,
    statements,
)

if TYPE_CHECKING:
    from types import CodeType

AFTER = "after"


def typed_behind(data: bytes, filename: str, number: int = 0) -> tuple[CodeType, list[Spot]]:
    """Compile a module with the calls typed in; a call passes the position of its spot, counted from `number`."""
    tree = ast.parse(data, filename)
    said = {id(each) for each in docstrings(tree)}
    chained = {id(each) for each in _elifs(tree, data)}
    edits: list[tuple[list[ast.stmt], ast.stmt, Spot]] = []
    for each in statements(tree):
        node = each.node
        if each.function is None or id(node) in said | chained or isinstance(node, ast.Global | ast.Nonlocal):
            continue
        if not begins_line(node, data):
            continue
        spot = Spot(AFTER, line_of(node), each.owner, "line", names_at(each.function, line_of(node)))
        edits.append((each.block, _last_of_line(each.block, node), spot))
    for at, (block, behind, _) in enumerate(edits):
        block.insert(
            next(i for i, node in enumerate(block) if node is behind) + 1,
            recording_call(number + at, behind.end_lineno or 0),
        )
    return compile(tree, filename, "exec", dont_inherit=True), [spot for _, _, spot in edits]


def _elifs(tree: ast.Module, data: bytes) -> list[ast.stmt]:
    lines = data.split(b"\n")
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and lines[node.lineno - 1][node.col_offset :].startswith(b"elif")
    ]


def _last_of_line(block: list[ast.stmt], node: ast.stmt) -> ast.stmt:
    for following in block[next(i for i, each in enumerate(block) if each is node) + 1 :]:
        if line_of(following) > (node.end_lineno or 0):
            break
        node = following
    return node
