"""A condition as ordinary Python: the test a developer would have typed, behind guards on the types of its operands.

    total > 100  ──>  (total > 100 if type(total) is int or type(total) is float else may_hold(total))

What is not simple enough to be tested in place is left to `may_hold`, one function for the whole condition (`expressions/
compiled/`); so is a value for which the guards do not hold. Where they do, no code of the application's can run, and a
false condition costs a few nanoseconds. When the test is true the hook decides: nothing is emitted that the evaluator would not
let through.

Only what tells nothing about a secret is tested in place, because a false result is visible in the counts. A comparison with a
literal that is no secret has the same answer for every secret: all of them are larger numbers, or other texts. Of two variables
one must be a number below what may be secret. Arithmetic could take a secret apart: its operands must be such numbers.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.redaction.neighbours import BESIDE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.expressions.compiled.condition_test import CompiledTest

_ORDERINGS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_ARITHMETIC: Final = (ast.Add, ast.Sub, ast.Mult, ast.Mod, ast.FloorDiv, ast.BitAnd)
_NUMBERS: Final = ("int", "float")
_FLAGS: Final = ("bool", "str", "int")
_SIZED: Final = ("list", "dict", "tuple")


def inline_condition(
    condition: ast.expr,
    bound: frozenset[str],
    constants: Mapping[str, str],
    test: CompiledTest,
    asked: Sequence[str] | None = None,
) -> ast.expr | None:
    """Return the test to compile into the function; None where there is none.

    Args:
        condition: a checked expression of the rule language.
        bound: locals that are certainly bound there.
        constants: for `type`, `len` and the builtin types the sentinel that stands for it among the constants; for `may_hold` too,
            where it is there.
        test: what is secret.
        asked: the names whose values `may_hold` takes; None: it is not there.
    """
    otherwise: ast.expr = ast.Constant(value=True)
    if asked is not None:
        arguments: list[ast.expr] = [ast.Name(name, ast.Load()) for name in asked]
        otherwise = ast.Call(ast.Constant(constants["may_hold"]), arguments, [])
    writer = _InlineWriter(bound, constants, test)
    inline = writer.test(condition)
    if inline is None:
        return otherwise if asked is not None else None
    checks = list(writer.guards.values())
    if not checks:
        return inline
    every = checks[0] if len(checks) == 1 else ast.BoolOp(ast.And(), checks)
    return ast.IfExp(test=every, body=inline, orelse=otherwise)


class _InlineWriter:
    """Writes the test, and notes its guards."""

    def __init__(self, bound: frozenset[str], constants: Mapping[str, str], test: CompiledTest) -> None:
        self._bound, self._constants, self._secret = bound, constants, test
        self.guards: dict[tuple[str, ...], ast.expr] = {}  # by what each says; a dict keeps the order

    def test(self, node: ast.expr) -> ast.expr | None:
        """Return the same test with fresh nodes; None where it can't be inlined."""
        if isinstance(node, ast.BoolOp):
            parts = [self.test(value) for value in node.values]
            values = [part for part in parts if part is not None]
            return ast.BoolOp(node.op, values) if len(values) == len(parts) else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            operand = self.test(node.operand)
            return ast.UnaryOp(ast.Not(), operand) if operand is not None else None
        if self._is_local(node):
            self._guard(node.id, _FLAGS)  # type: ignore[attr-defined]  # a name
            return _fresh(node)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        return None

    def _is_local(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._bound and node.id.lower() not in BESIDE

    def _comparison(self, node: ast.Compare) -> ast.expr | None:
        """Return the test for `x > 100`, `0 < x < 10`, `x == 'text'`, `x is None`, `x in (1, 2)`, `x > y`, `x % 2 == 1`, `len(x) > 3`."""
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            if not self._is_pair(left, op, right):
                return None
        return ast.Compare(self._side(sides[0]), node.ops, [self._side(side) for side in sides[1:]])

    def _is_pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool:  # noqa: PLR0911 -- one form after the other
        if isinstance(op, ast.Is | ast.IsNot):
            name, other = (left, right) if isinstance(left, ast.Name) else (right, left)
            is_single = isinstance(other, ast.Constant) and (other.value is None or type(other.value) is bool)
            return is_single and isinstance(name, ast.Name) and name.id in self._bound
        if isinstance(op, ast.In | ast.NotIn):
            return self._is_among(left, right)
        if not isinstance(op, _ORDERINGS):
            return False
        if self._is_local(left) and self._is_local(right):
            return self._are_two(left.id, right.id)  # type: ignore[attr-defined]  # names
        subject, other = (right, left) if self._literal(left) is not None else (left, right)
        literal = self._literal(other)
        if literal is None:
            return False
        if type(literal) is str:
            if not isinstance(op, ast.Eq | ast.NotEq) or not self._is_local(subject):
                return False
            self._guard(subject.id, ("str",))  # type: ignore[attr-defined]  # a name
            return True
        if self._is_local(subject):
            self._guard(subject.id, _NUMBERS if type(literal) is int else _NUMBERS[::-1])  # type: ignore[attr-defined]
            return True
        return self._is_length(subject) or self._is_arithmetic(subject)

    def _literal(self, node: ast.expr) -> int | float | str | None:
        """Return the number or text that a node is, where no secret is below it, or equal to it; else None."""
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node, sign = node.operand, -1
        value = node.value if isinstance(node, ast.Constant) else None
        if type(value) is int or type(value) is float:
            return sign * value if value < self._secret.below else None
        return value if type(value) is str and sign == 1 and self._secret.shows(value) else None

    def _is_among(self, left: ast.expr, right: ast.expr) -> bool:
        if not self._is_local(left) or not isinstance(right, ast.Tuple | ast.List | ast.Set):
            return False
        kinds = {type(self._literal(each)) for each in right.elts}
        if kinds == {str}:
            self._guard(left.id, ("str",))  # type: ignore[attr-defined]  # a name
        elif kinds and kinds <= {int, float}:
            self._guard(left.id, _NUMBERS)  # type: ignore[attr-defined]
        else:
            return False
        return True

    def _are_two(self, left: str, right: str) -> bool:
        self._guard(left, _NUMBERS)
        self._guard(right, _NUMBERS)
        small = [
            ast.Compare(ast.Name(name, ast.Load()), [ast.Lt()], [ast.Constant(self._secret.below)])
            for name in (right, left)
        ]
        self.guards["small", left, right] = ast.BoolOp(ast.Or(), list[ast.expr](small))
        return True

    def _is_length(self, node: ast.expr) -> bool:
        """Return whether it is `len(x)`, where `len` means the builtin."""
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "len"
            and not node.keywords
        ):
            return False
        if len(node.args) != 1 or not self._is_sized(node.args[0]) or "may_hold" not in self._constants:
            return False
        self._guard(node.args[0].id, _SIZED)  # type: ignore[attr-defined]  # a name
        self.guards[("len",)] = ast.Compare(
            ast.Name("len", ast.Load()), [ast.Is()], [ast.Constant(self._constants["len"])]
        )
        return True

    def _is_sized(self, node: ast.expr) -> bool:
        # What stands beside a list says what is in it, and nothing of its length; but then all of it is hidden.
        return self._is_local(node)

    def _is_arithmetic(self, node: ast.expr) -> bool:
        """Return whether it is arithmetic on small whole numbers that cannot fail."""
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        operands = [each for each in ast.walk(node) if isinstance(each, ast.Name | ast.Constant)]
        if (
            not isinstance(node, ast.BinOp)
            or len(operands) > limits.COMPILED_OPERANDS_MAX
            or not self._is_safe(node)
        ):
            return False
        below = self._secret.below
        for name in sorted(names):
            self._guard(name, ("int",))
            ends: list[ast.expr] = [ast.Name(name, ast.Load()), ast.Constant(below)]
            self.guards["small", name] = ast.Compare(
                ast.UnaryOp(ast.USub(), ast.Constant(below)), [ast.Lt(), ast.Lt()], ends
            )
        return bool(names)

    def _is_safe(self, node: ast.expr) -> bool:
        if isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC):
            if isinstance(node.op, ast.Mod | ast.FloorDiv) and not (
                isinstance(node.right, ast.Constant) and node.right.value
            ):
                return False
            return self._is_safe(node.left) and self._is_safe(node.right)
        return self._is_local(node) or type(self._literal(node)) is int

    def _guard(self, name: str, types: tuple[str, ...]) -> None:
        """Note `type(name) is int or type(name) is float`: the likelier type first."""
        checks: list[ast.expr] = [
            ast.Compare(
                ast.Call(ast.Constant(self._constants["type"]), [ast.Name(name, ast.Load())], []),
                [ast.Is()],
                [ast.Constant(self._constants[each])],
            )
            for each in types
        ]
        self.guards[name, *types] = checks[0] if len(checks) == 1 else ast.BoolOp(ast.Or(), checks)

    def _side(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Call):
            return ast.Call(ast.Constant(self._constants["len"]), [_fresh(node.args[0])], [])
        return _fresh(node)


def _fresh(node: ast.expr) -> ast.expr:
    """Return a copy of an operand without a position: rules of equal texts share their trees."""
    if isinstance(node, ast.UnaryOp):
        return ast.UnaryOp(node.op, _fresh(node.operand))
    if isinstance(node, ast.Constant):
        return ast.Constant(node.value)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return ast.Tuple([_fresh(each) for each in node.elts], ast.Load())
    if isinstance(node, ast.BinOp):
        return ast.BinOp(_fresh(node.left), node.op, _fresh(node.right))
    return ast.Name(node.id, ast.Load()) if isinstance(node, ast.Name) else node
