"""The reference: calls typed into a program by a transformer that shares nothing with hotlog's own."""

from __future__ import annotations

import ast
from typing import cast

CALL = "__typed__"


def with_calls(source: str) -> tuple[ast.Module, tuple[int, ...]]:
    """The program with `__typed__(line)` before each statement that begins a line, and the lines that have one."""
    typist = _Typist()
    tree = typist.visit(ast.parse(source))
    return cast("ast.Module", ast.fix_missing_locations(tree)), tuple(sorted(typist.lines))


class _Typist(ast.NodeTransformer):
    def __init__(self) -> None:
        self.lines: set[int] = set()
        self._inside = 0

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        opening = [] if self._inside else [self._call(_begins(node))]
        self._inside += 1
        declared = 0
        for child in node.body:
            if not isinstance(child, ast.Global | ast.Nonlocal) and not _is_docstring(child, node):
                break
            declared += 1
        node.body = [*node.body[:declared], *opening, *self._typed(node.body[declared:])]
        self._inside -= 1
        return node

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._function(node)
        if self._inside:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    setattr(node, name, self._typed(block))
            for each in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                self.visit(each)
            return node
        return self.generic_visit(node)

    def _typed(self, block: list[ast.stmt]) -> list[ast.stmt]:
        typed: list[ast.stmt] = []
        for node in block:
            line = _begins(node)
            if line not in self.lines and not isinstance(node, ast.Global | ast.Nonlocal):
                typed.append(self._call(line))
            typed.append(cast("ast.stmt", self.visit(node)))
        return typed

    def _call(self, line: int) -> ast.stmt:
        self.lines.add(line)
        return ast.Expr(
            ast.Call(ast.Name(CALL, ast.Load()), [ast.Constant(line)], []), lineno=line, col_offset=0
        )


def _is_docstring(child: ast.stmt, owner: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return child is owner.body[0] and ast.get_docstring(owner, clean=False) is not None


def _begins(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else node.lineno
