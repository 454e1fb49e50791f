"""Where the variables of a function get their values, by its text."""

from __future__ import annotations

import ast


def list_bound_lines(function: ast.AST) -> dict[str, list[int]]:
    """Return the lines at which each variable gets a value, in order; parameters at their `def`."""
    found: dict[str, set[int]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, set()).add(node.lineno)
        elif isinstance(node, ast.arg):
            found.setdefault(node.arg, set()).add(node.lineno)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.setdefault(node.name, set()).add(node.lineno)
    return {name: sorted(lines) for name, lines in found.items()}
