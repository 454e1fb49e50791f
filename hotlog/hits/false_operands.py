"""What the operands of a condition were when it was false: the first question after "it was never true".

    percent > 10 and not coupon  ──>  percent, coupon  ── at some of the first false results ──>  "0", "5"; "''"

Only texts are kept, redacted and cut as any value that is shown. An operand is read as a watch would be: no code of the
application's runs, and what may not be shown is not.
"""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.capture.snapshot import capture
from hotlog.expressions.evaluate import evaluate
from hotlog.expressions.grammar import parse
from hotlog.expressions.syntax import source_of
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.redaction.redact import REDACTED
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event
    from hotlog.expressions.grammar import Expression, Hides
    from hotlog.expressions.hit_scope import HitScope
    from hotlog.reading.reader import Reader

_ALWAYS_FALSE: Final = frozenset(
    {"any", "all", "bool", "isinstance", "hasattr"}
)  # as tests: their arguments tell

_OPERAND_MAX_BYTES: Final = 20 * limits.OPERAND_MAX_CHARS


class FalseOperands:
    """The operands of one condition, as they were last read.

    Args:
        condition: of the rule.
        hides: tells which names may not be read.
    """

    def __init__(self, condition: Expression, hides: Hides) -> None:
        texts = dict.fromkeys(source_of(condition.text, node) for node in _operands(condition.tree))
        self._operands = [parse(text, hides) for text in [*texts][: limits.OPERANDS_MAX]]
        self._seen = [deque[str](maxlen=limits.OPERANDS_LAST) for _ in self._operands]

    def look(self, scope: HitScope, reader: Reader) -> None:
        """Read the operands at a hit whose condition was false."""
        for operand, seen in zip(self._operands, self._seen, strict=True):
            seen.append(_show(operand, scope, reader))

    def told(self) -> Event:
        """Return the different values of each operand, and in how many looks; empty where nothing was looked at."""
        values = {
            operand.text: [*dict.fromkeys(reversed(seen))][: limits.OPERAND_VALUES_MAX][::-1]
            for operand, seen in zip(self._operands, self._seen, strict=True)
            if seen
        }
        return {"last": len(self._seen[0]), "values": values} if values else {}


def _show(operand: Expression, scope: HitScope, reader: Reader) -> str:
    try:
        text = text_of(
            capture(evaluate(operand, scope, reader), reader, operand.text, _OPERAND_MAX_BYTES), quoted=True
        )
    except Redacted:
        return REDACTED
    except Unavailable:
        return "unavailable"
    return text if len(text) <= limits.OPERAND_MAX_CHARS else f"{text[: limits.OPERAND_MAX_CHARS - 1]}…"


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what a test compares, or what is itself the test: no constants."""
    if isinstance(node, ast.BoolOp):
        parts = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        parts = [node.operand]
    elif isinstance(node, ast.Compare):
        yield from (side for side in (node.left, *node.comparators) if not _is_constant(side))
        return
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ALWAYS_FALSE:
        parts = [each for each in node.args[:1] if not isinstance(each, ast.GeneratorExp)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        parts = [node.func.value]  # `name.startswith('tea')`
    else:
        if not _is_constant(node):
            yield node
        return
    for part in parts:
        yield from _operands(part)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(map(_is_constant, node.elts))
    return isinstance(node, ast.Constant)
