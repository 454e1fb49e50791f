"""Parse and compile as Python does, without a word, and beside other threads that parse.

Compiling prints a SyntaxWarning (a DeprecationWarning for a bad escape before 3.12) or raises it under `-W error`.
`warnings.catch_warnings` would reset the registry that makes warnings appear once, so the user's would appear again;
an entry of our own in the list of filters, taken out right after, does neither.

CPython 3.11 (until 3.11.7) counts the depth of all trees that it makes in one place. Where the collector runs in the
middle, another thread may parse meanwhile, and what comes back is a SystemError ("AST constructor recursion depth
mismatch"). So nothing is collected until the tree is made.
"""

from __future__ import annotations

import ast
import re
import warnings
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.interpreter.uncollected import call_uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def ignore_compile_warnings(filename: str) -> Iterator[None]:
    """Ignore the compiler's warnings about this file for as long as the block runs.

    The compiler names the warning's module after the file, without its `.py`; other files keep their warnings.
    """
    module = re.compile(re.escape(filename.removesuffix(".py")) + r"\Z")
    ours: list[tuple[Any, ...]] = [
        ("ignore", None, category, module, 0) for category in (SyntaxWarning, DeprecationWarning)
    ]
    filters: list[tuple[Any, ...]] = warnings.filters  # type: ignore[assignment]  # the list itself, not a copy
    filters[:0] = ours
    try:
        yield
    finally:
        current: list[tuple[Any, ...]] = warnings.filters  # type: ignore[assignment]
        # Other code may have reset the list meanwhile, or have begun to work with a copy of it, as `catch_warnings` does.
        for entries in (filters,) if current is filters else (filters, current):
            for entry in ours:
                if entry in entries:
                    entries.remove(entry)


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
