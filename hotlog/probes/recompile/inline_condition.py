"""A condition as ordinary Python: the test a developer would have typed, behind guards on the types of its operands.

    total > 100  ──>  (total > 100 if type(total) is int or type(total) is float else True)

Where the guards do not hold the test is true: the hook is called, and decides with the safe evaluator. Where they do,
no code of the application's can run, and a false condition costs a few nanoseconds instead of a call. Also when the
test is true the hook decides again: nothing is emitted that the evaluator would not let through.

Only what tells nothing about a secret is inlined, because a false result is visible in the counts: comparisons with
small numbers, equality with text where no name beside it may hide it, identity with None, True and False, and flags.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.redaction.neighbours import BESIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

_SMALL: Final = limits.SECRET_NUMBER_MIN
_ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_NUMBERS: Final = ("int", "float")


def inline_condition(
    condition: ast.expr, bound: frozenset[str], constants: Mapping[str, str], asked: str = ""
) -> ast.expr | None:
    """Return the test to compile into the function; None where the condition is not simple enough.

    Args:
        condition: a checked expression of the rule language.
        bound: locals that are certainly bound there.
        constants: for `type`, `int`, `float`, `str` and `bool` the sentinel that stands for it among the constants; for
            `may_hold` too, where a local is asked.
        asked: the local whose value `may_hold` tells something about where the guards do not hold; empty: none.
    """
    otherwise: ast.expr = ast.Constant(value=True)
    if asked:
        otherwise = ast.Call(ast.Constant(constants["may_hold"]), [ast.Name(asked, ast.Load())], [])
    guards: dict[tuple[str, tuple[str, ...]], None] = {}
    test = _test(condition, bound, guards)
    if test is None:
        return otherwise if asked else None
    if not guards:
        return test
    checks = [_guard(name, types, constants) for name, types in guards]
    every = checks[0] if len(checks) == 1 else ast.BoolOp(ast.And(), checks)
    return ast.IfExp(test=every, body=test, orelse=otherwise)


_Guards = dict[
    tuple[str, tuple[str, ...]], None
]  # name and the exact types it may have; a dict keeps the order


def _test(node: ast.expr, bound: frozenset[str], guards: _Guards) -> ast.expr | None:
    """Return the same test with fresh nodes, and note its guards; None where it can't be inlined."""
    if isinstance(node, ast.BoolOp):
        parts = [_test(value, bound, guards) for value in node.values]
        values = [part for part in parts if part is not None]
        return ast.BoolOp(node.op, values) if len(values) == len(parts) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        operand = _test(node.operand, bound, guards)
        return ast.UnaryOp(ast.Not(), operand) if operand is not None else None
    if isinstance(node, ast.Name) and node.id in bound:
        guards[node.id, ("bool",)] = None
        return _fresh(node)
    if isinstance(node, ast.Compare):
        return _comparison(node, bound, guards)
    return None


def _comparison(node: ast.Compare, bound: frozenset[str], guards: _Guards) -> ast.expr | None:
    """Return the test for `x > 100`, `0 < x < 10`, `x == 'text'` or `x is None`, and note its guards."""
    sides = [node.left, *node.comparators]
    for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
        names = [side for side in (left, right) if isinstance(side, ast.Name) and side.id in bound]
        if len(names) != 1:
            return None
        name, other = names[0].id, right if names[0] is left else left
        if isinstance(op, ast.Is | ast.IsNot):
            if not (
                isinstance(other, ast.Constant) and (other.value is None or isinstance(other.value, bool))
            ):
                return None
        elif (
            isinstance(op, ast.Eq | ast.NotEq)
            and isinstance(other, ast.Constant)
            and type(other.value) is str
            and name.lower() not in BESIDE
        ):
            guards[name, ("str",)] = None
        elif isinstance(op, _ORDERINGS) and _is_small_number(other):
            guards[name, _NUMBERS if not _is_float(other) else _NUMBERS[::-1]] = None
        else:
            return None
    fresh = [_fresh(side) for side in sides]
    return ast.Compare(fresh[0], node.ops, fresh[1:])


def _is_small_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int | float) and not isinstance(value, bool) and -_SMALL < value < _SMALL


def _is_float(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Constant) and type(each.value) is float for each in ast.walk(node))


def _guard(name: str, types: tuple[str, ...], constants: Mapping[str, str]) -> ast.expr:
    """Return `type(name) is int or type(name) is float`: the likelier type first, by the literal."""
    checks: list[ast.expr] = [
        ast.Compare(
            ast.Call(ast.Constant(constants["type"]), [ast.Name(name, ast.Load())], []),
            [ast.Is()],
            [ast.Constant(constants[each])],
        )
        for each in types
    ]
    return checks[0] if len(checks) == 1 else ast.BoolOp(ast.Or(), checks)


def _fresh(node: ast.expr) -> ast.expr:
    """Return a copy of an operand without a position: rules of equal texts share their trees."""
    if isinstance(node, ast.UnaryOp):
        return ast.UnaryOp(node.op, _fresh(node.operand))
    if isinstance(node, ast.Constant):
        return ast.Constant(node.value)
    return ast.Name(node.id, ast.Load()) if isinstance(node, ast.Name) else node
