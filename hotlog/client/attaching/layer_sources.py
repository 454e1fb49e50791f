"""Sources as the layer has them: without comments, docstrings and what is for a type checker, each statement where it was.

Nobody reads them there. A Python whose bytecode is not in the layer compiles them, and an internal error names one of their lines.
"""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[tuple[int, int], tuple[int, int]]
    Cut = tuple[tuple[int, int], tuple[int, int], bytes]

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@functools.cache  # one command asks for the layer's files more than once
def strip_source(source: bytes) -> bytes:
    """Return a module without its comments, the annotations of its functions and what stands below `if TYPE_CHECKING:`.

    Its docstrings are empty. All else keeps its line.

    Args:
        source: in UTF-8.
    """
    lines = [line + b"\n" for line in source.split(b"\n")]  # `ast` counts columns in bytes
    tree = ast.parse(source)
    strings, docstrings = _texts(tree)
    unchecked = list(_checked(tree))
    cuts = [*_comments(lines, strings), *docstrings, *_annotations(lines, tree)]
    cuts = [cut for cut in cuts if not any(first <= cut[0] < last for first, last, _ in unchecked)]
    for (first, start), (last, end), instead in sorted([*cuts, *unchecked], reverse=True):
        kept = lines[first - 1][:start] + instead + lines[last - 1][end:]
        lines[first - 1 : last] = kept.splitlines(keepends=True)
    return b"".join(lines)[:-1]


def _texts(tree: ast.Module) -> tuple[list[Span], list[Cut]]:
    """Return where all texts of a module stand, and its docstrings, each with what stands there instead."""
    spans, docstrings = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        ):
            spans.append(_span(node))
        elif isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            first, last = _span(node.body[0])
            docstrings.append((first, last, b'""' + b"\n" * (last[0] - first[0])))
    return spans, docstrings


def _checked(tree: ast.Module) -> Iterator[Cut]:
    """Yield what only a type checker reads of a module."""
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            first, last = _span(node.body[0])[0], _span(node.body[-1])[1]
            yield first, last, b"pass" + b"\n" * (last[0] - first[0])


def _annotations(lines: list[bytes], tree: ast.Module) -> Iterator[Cut]:
    """Yield the annotations of functions, as far as they stand on one line with what they belong to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            (row, start), end = _span(node)
            if end[0] == row:
                yield (row, start + len(node.arg.encode())), end, b""
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            (row, start), end = _span(node.returns)
            arrow = lines[row - 1].rfind(b"->", 0, start)
            if end[0] == row and arrow >= 0:
                yield (row, len(lines[row - 1][:arrow].rstrip())), end, b""


def _span(node: ast.expr | ast.stmt | ast.arg) -> Span:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _comments(lines: list[bytes], texts: list[Span]) -> Iterator[Cut]:
    """Yield the comments; one between the parts of a text that goes over several lines stays."""
    within: dict[int, list[Span]] = {}
    for span in texts:
        for row in range(span[0][0], span[1][0] + 1):
            within.setdefault(row, []).append(span)
    for row, line in enumerate(lines, 1):
        at = line.find(b"#")
        while at >= 0:
            if not any(first <= (row, at) < last for first, last in within.get(row, ())):
                yield (row, len(line[:at].rstrip())), (row, len(line) - 1), b""
                break
            at = line.find(b"#", at + 1)
