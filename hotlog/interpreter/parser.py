"""Parse as Python does, without a word, and beside other threads that parse.

CPython 3.11 (until 3.11.7) counts the depth of all trees that it makes in one place. Where the collector runs in the
middle, another thread may parse meanwhile, and what comes back is a SystemError ("AST constructor recursion depth
mismatch"). So nothing is collected until the tree is made.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.interpreter.compile_warnings import ignore_compile_warnings
from hotlog.interpreter.uncollected import call_uncollected

if TYPE_CHECKING:
    from typing import Any


def parse_module(source: bytes | str, name: str = "<unknown>") -> ast.Module:
    """Return the tree of a file.

    Args:
        source: what it holds; of bytes an encoding declaration is honoured.
        name: what messages call it.

    Raises:
        SyntaxError, ValueError, LookupError, RecursionError, MemoryError: as `ast.parse` does.
    """
    tree: ast.Module = _parse(source, name, "exec")
    return tree


def parse_expression(text: str, name: str = "<unknown>") -> ast.expr:
    """Return the tree of one expression; it raises what `parse_module` raises."""
    tree: ast.Expression = _parse(text, name, "eval")
    return tree.body


def _parse(source: bytes | str, name: str, mode: str) -> Any:
    with ignore_compile_warnings(name):
        return call_uncollected(partial(compile, source, name, mode, ast.PyCF_ONLY_AST, dont_inherit=True))
