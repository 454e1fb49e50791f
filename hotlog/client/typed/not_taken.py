"""Why a typed line is no rule: a sentence with the way out, and the part of the line that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.errors import RuleError

if TYPE_CHECKING:
    import ast


class NotTakenError(RuleError):
    """A typed line, or a part of it, that no rule can stand for.

    Args:
        code: as in `hotlog explain`.
        sentence: why, and what to do instead.
        node: the part of the line.
    """

    def __init__(self, code: str, sentence: str, node: ast.AST) -> None:
        super().__init__(code, sentence)
        self.node = node
