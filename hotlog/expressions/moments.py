"""When an expression of an error rule is read: as the exception crosses, or at the end of the invocation.

Variables and the exception are there as it crosses, the answer at the end. A condition may ask for both with `and`: each part
is then read in its turn. Nothing is kept alive for what comes later.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.errors import RuleError
from hotlog.expressions.syntax import MARK, source_of
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from hotlog.expressions.grammar import Expression

AT_END: Final = frozenset({"status", "response", "duration_ms"})  # `@names` that mean something at the end
_OF_CROSSING: Final = frozenset({"exception"})


class Moments(NamedTuple):
    """A condition by what it reads; None: nothing of that.

    Attributes:
        crossing: read as the exception crosses.
        end: read at the end of the invocation.
    """

    crossing: Expression | None
    end: Expression | None


def check_moment(expression: Expression) -> None:
    """Refuse an expression that reads what is gone at the end, and what is not there before.

    Raises:
        RuleError: `two-moments`.
    """
    late = expression.specials & AT_END
    early = sorted((*expression.names, *(f"@{name}" for name in expression.specials & _OF_CROSSING)))
    if late and early:
        raise RuleError(
            "two-moments",
            f"`@{min(late)}` is known at the end of the invocation, when `{early[0]}` is gone: "
            "write them as two parts, joined by `and`.",
        )


def split_condition(condition: Expression) -> Moments:
    """Return a condition's parts by when they are read.

    Raises:
        RuleError: `two-moments`, of a part that reads both.
    """
    if not condition.specials & AT_END:
        return Moments(condition, None)
    tree = condition.tree
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    expressions = [_part_of(condition, part) for part in parts]
    for each in expressions:
        check_moment(each)
    early = [each for each in expressions if not each.specials & AT_END]
    late = [each for each in expressions if each.specials & AT_END]
    return Moments(_join(condition, early, "crossing"), _join(condition, late, "end"))


def _part_of(whole: Expression, tree: ast.expr) -> Expression:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    specials = {name.removeprefix(MARK) for name in names if name.startswith(MARK)}
    return whole._replace(
        text=source_of(whole.text, tree),
        tree=tree,
        names=whole.names & names,
        specials=whole.specials & specials,
        calls=whole.calls & names,
    )


def _join(whole: Expression, parts: list[Expression], moment: str) -> Expression | None:
    """Return the parts as one expression. Its text is one that nobody can write, so that no other is taken for it."""
    if not parts:
        return None
    trees = [each.tree for each in parts]
    return whole._replace(
        text=f"{whole.text}\0{moment}",
        tree=trees[0] if len(trees) == 1 else ast.BoolOp(ast.And(), trees),
        names=frozenset().union(*(each.names for each in parts)),
        specials=frozenset().union(*(each.specials for each in parts)),
        calls=frozenset().union(*(each.calls for each in parts)),
    )
