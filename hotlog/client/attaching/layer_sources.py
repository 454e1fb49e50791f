"""Sources as the layer has them: without comments and docstrings, each statement where it was.

Nobody reads them there. A Python whose bytecode is not in the layer compiles them, and an internal error names one of their lines.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Cut = tuple[tuple[int, int], tuple[int, int], str]

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def strip_source(source: bytes) -> bytes:
    """Return a module without its comments; its docstrings are empty. All else keeps its line.

    Args:
        source: in UTF-8.
    """
    text = source.decode()
    lines = text.splitlines(keepends=True)
    for (first, start), (last, end), instead in sorted(_cuts(text, lines), reverse=True):
        kept = lines[first - 1][:start] + instead + lines[last - 1][end:]
        lines[first - 1 : last] = kept.splitlines(keepends=True)
    return "".join(f"{line.rstrip()}\n" if line.isspace() else line for line in lines).encode()


def _cuts(text: str, lines: list[str]) -> Iterator[Cut]:
    """Yield what goes: from where to where, in lines and characters, and what stands there instead."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, start = token.start
            yield (row, len(lines[row - 1][:start].rstrip())), token.end, ""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            found = node.body[0]
            first, last = found.lineno, found.end_lineno or found.lineno
            start, end = (
                len(lines[row - 1].encode()[:column].decode())
                for row, column in ((first, found.col_offset), (last, found.end_col_offset or 0))
            )
            yield (first, start), (last, end), '""' + "\n" * (last - first)
