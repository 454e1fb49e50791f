"""From the text of an expression to the tree that Python's parser makes of it, and back to a column of the text."""

from __future__ import annotations

import ast
import re
from typing import Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern
from hotlog.errors import RuleError
from hotlog.expressions.method_table import PURE
from hotlog.interpreter.compiling import parse_expression

# Stands for `@` while Python's parser reads the text: one character, so that columns stay what they are, and a letter
# of an identifier, though of none that anybody writes.
MARK: Final = "\ua4d8"

_FILE: Final = "<rule of hotlog>"  # what the parser's warnings name

# Text and comments, or an `@`. Text that nothing closes reaches to the end, so that no quote is looked at twice.
_TEXT_OR_AT = Pattern(
    r"""
      ( "{3}(?:\\.|[^\\])*?"{3} | '{3}(?:\\.|[^\\])*?'{3} | (?:"{3}|'{3}).*
      | "(?:\\.|[^"\\\n])*"    | '(?:\\.|[^'\\\n])*'    | ["'].*
      | \#[^\n]*
      )
    | @(?=[^\W\d])
    """,
    re.DOTALL | re.VERBOSE,
)


def tree_of(text: str) -> ast.expr:
    """Return the tree that Python's parser makes of an expression.

    Raises:
        RuleError: `bad-expression`, with the column.
    """
    if MARK in text:
        code = _TEXT_OR_AT.sub(
            lambda found: " " * len(found[0]), text
        )  # in text it is a character like any other
        if MARK in code:
            message = f"the character {MARK!r} has no meaning here."
            raise RuleError("bad-expression", message, column=code.index(MARK))
    if not text.strip():
        raise RuleError(
            "bad-expression", "the expression is empty: write what to read, such as `total`.", column=0
        )
    start = len(text) - len(text.lstrip())
    source = _mark(text[start:])
    try:
        return parse_expression(source, _FILE)
    except SyntaxError as fault:
        column = start + _offset(source, fault.lineno or 1, max((fault.offset or 1) - 1, 0))
        message = str(fault.msg).replace(MARK, "@")
        raise RuleError(
            "bad-expression",
            f"this is no expression: {message}.{_hint(text)}",
            column=min(column, len(text)),
        ) from None
    except (ValueError, MemoryError, RecursionError) as fault:
        # Null bytes and lone surrogates; nesting too deep for the parser.
        why = (
            "nested too deeply"
            if isinstance(fault, MemoryError | RecursionError)
            else "it holds a forbidden character"
        )
        raise RuleError("bad-expression", f"this is no expression: {why}.", column=0) from None


_SIGNS: Final = {
    "&&": "and", "||": "or", "===": "==", "!==": "!=", "<>": "!=", "?.": "getattr(x, 'name', None)", "!": "not", "=": "==",
}  # fmt: skip
_SIGN: Final = Pattern(r"&&|\|\||[=!]==|<>|\?\.|!(?!=)|(?<![=!<>])=(?!=)")


def _hint(text: str) -> str:
    """Return what to write for a sign of another language, the first in the text; empty where there is none."""
    code = _TEXT_OR_AT.sub(lambda found: " " * len(found[0]), text)
    found = _SIGN.search(code)
    return f" Write `{_SIGNS[found[0]]}` for `{found[0]}`." if found else ""


def _mark(text: str) -> str:
    """Return the text with `MARK` for each `@` that begins a name of hotlog's own."""
    return _TEXT_OR_AT.sub(lambda found: found[1] or MARK, text) if "@" in text else text


def _offset(source: str, line: int, column: int) -> int:
    """Return the characters before the given line (from 1) and column (in characters, from 0)."""
    lines = source.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column


def column_of(text: str, node: ast.expr) -> int:
    """Return where the node starts in the text, in characters (`ast` counts bytes, `MARK` for each `@`)."""
    return _position(text, node.lineno, node.col_offset)


def source_of(text: str, node: ast.expr) -> str:
    """Return the part of the text that the node is."""
    end = _position(text, node.end_lineno or node.lineno, node.end_col_offset or 0)
    return text[column_of(text, node) : end]


def _position(text: str, line: int, column: int) -> int:
    """Return where a line (from 1) and column (in bytes, from 0) of the tree are in the text, in characters."""
    start = len(text) - len(text.lstrip())
    lines = text[start:].split("\n")
    if line > len(lines):
        return start
    # `MARK` takes three bytes where the text has one.
    data = _mark(text[start:]).split("\n")[line - 1].encode()
    return start + _offset(text[start:], line, len(data[:column].decode(errors="replace")))


def single_parameter(node: ast.Lambda) -> str | None:
    """Return the name of a lambda's only parameter; None where it has others, or a default."""
    every = node.args
    others = (*every.posonlyargs, *every.kwonlyargs, *every.defaults, every.vararg, every.kwarg)
    if any(each is not None for each in others) or len(every.args) != 1:
        return None
    return every.args[0].arg


def method_of_type(node: ast.expr) -> tuple[str, str] | None:
    """Return type and method of `str.lower` and its like; None of anything else."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    return (node.value.id, node.attr) if node.attr in PURE.get(node.value.id, ()) else None


def format_of(node: ast.FormattedValue) -> str | None:
    """Return the format of a value in an f-string; None where it is computed."""
    if node.format_spec is None:
        return ""
    parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else [node.format_spec]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return "".join(texts) if len(texts) == len(parts) else None
