"""The names that the code around a spot mentions: a cheap first answer to whether a rule's name can mean anything there.

`scope` knows more, and takes as long as compiling the module: that is for who adds a rule, this is for the function.
"""

from __future__ import annotations

import ast

from hotlog import __builtins__


def list_bound(definition: ast.stmt) -> frozenset[str]:
    """Return every name that a definition, or one within it, may bind."""
    found: set[str] = set()
    for node in ast.walk(definition):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
        elif not isinstance(node, ast.keyword):
            names = (getattr(node, field, None) for field in ("arg", "name", "rest"))
            found.update(name for name in names if isinstance(name, str))
    return frozenset(found)


def list_referenced(definition: ast.stmt) -> frozenset[str]:
    """Return every name that a definition reads, binds or takes as an argument."""
    found: set[str] = set()
    for node in ast.walk(definition):
        if isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
        else:
            names = (getattr(node, field, None) for field in ("id", "arg", "name", "rest"))
            found.update(name for name in names if isinstance(name, str))
    return frozenset(found)
