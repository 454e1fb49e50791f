"""Writes the tests of a condition: comparisons, and what holds them together."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.expressions.compiled.call_writer import CallWriter
from hotlog.expressions.compiled.code_writer import Unknown, Value
from hotlog.expressions.compiled.exact_kinds import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPARED: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class ConditionWriter(CallWriter):
    """Writes a whole condition."""

    def truth(self, node: ast.expr) -> str:
        """Write a test; return its result, as an expression."""
        if isinstance(node, ast.BoolOp):
            return self._all_of(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"not ({self.truth(node.operand)})"
        if isinstance(node, ast.Compare):
            return self._chain(node)
        value = self.value(node)
        self._put_off(value)
        return self.truth_of(value)

    def _all_of(self, node: ast.BoolOp) -> str:
        first, *rest = node.values
        found = self._fresh()
        self._line(f"{found} = {self.truth(first)}")
        for operand in rest:
            self._line(f"if {'' if isinstance(node.op, ast.And) else 'not '}{found}:")
            self._depth += 1
            self._line(f"{found} = {self.truth(operand)}")
            self._depth -= 1
        return found

    def _chain(self, node: ast.Compare) -> str:
        sides = [node.left, *node.comparators]
        if len(node.ops) == 1:
            return self._compared(node.left, node.ops[0], node.comparators[0])
        if not isinstance(sides[1], ast.Name) or len(node.ops) > 2:  # noqa: PLR2004 -- `0 < x < 10`
            raise Unknown
        pairs: list[ast.expr] = [
            ast.Compare(left, [op], [right])
            for left, op, right in zip(sides, node.ops, node.comparators, strict=False)
        ]
        return self._all_of(ast.BoolOp(ast.And(), pairs))

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        if isinstance(op, ast.In | ast.NotIn):
            found = self._is_in(left, right)
            return f"not ({found})" if isinstance(op, ast.NotIn) else found
        if isinstance(op, ast.Is | ast.IsNot):
            return self._is_same(left, op, right)
        symbol = _COMPARED[type(op)]
        one, other = self.value(left), self.value(right)
        if one.literal is not MISSING and other.literal is not MISSING:
            raise Unknown
        if one.literal is not MISSING:
            one, other, symbol = other, one, _MIRRORED[symbol]
        if other.literal is not MISSING:
            return self._with_literal(one, symbol, other)
        return self._with_value(self._opened(one), symbol, self._opened(other))

    def _is_same(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        sign = "is" if isinstance(op, ast.Is) else "is not"
        one, other = self.value(left), self.value(right)
        for value in (one, other):
            if value.literal is None or type(value.literal) is bool or value.kind is type:
                return f"({one.code} {sign} {other.code})"
        raise Unknown

    def _with_literal(self, value: Value, symbol: str, literal: Value) -> str:  # noqa: C901, PLR0911 -- one kind of literal after the other
        is_equality = symbol in {"==", "!="}
        kind = literal.kind
        differs = "True" if symbol == "!=" else "False"
        if kind is str:
            if not is_equality:
                return self._with_value(self._opened(value), symbol, Value(self._text(literal), str))
            if not self._reads.shows(literal.literal):  # it equals nothing: whoever guesses learns nothing
                self._put_off(value)
                return differs
        code = value.code
        if value.kind is str and kind is str:
            return f"({code} {symbol} {literal.code})"
        if value.kind in {int, float, bool} and kind in {int, float, bool}:
            return f"({code} {symbol} {literal.code})"
        if kind in {int, float} and not -self._below < literal.literal < self._below:
            value = self._opened(value)  # a secret may be smaller: then the answer would tell
        self._put_off(value)
        found = self._fresh()
        self._line(f"t = type({code})")
        if kind is str:
            self._line(f"if t is str: {found} = {code} {symbol} {literal.code}")
            self._line(f"elif id(t) in SCALARS: {found} = {differs}")
            self._line("else: return ASK")
            return found
        if kind is type(None):
            if not is_equality:
                raise Unknown
            self._ask_where("id(t) not in SCALARS")
            return f"({code} {symbol} None)"
        self._line(f"if t is int or t is float or t is bool: {found} = {code} {symbol} {literal.code}")
        if is_equality:
            self._line(f"elif t is str or {code} is None: {found} = {differs}")
        if kind is int:
            self._line(
                f"elif t is decimal[0] and not {code}.is_nan(): {found} = {code} {symbol} {literal.code}"
            )
        self._line("else:")
        self._line(f"    {found} = compare({symbol!r}, {code}, {literal.code})")
        self._line(f"    if {found} is NO: return ASK")
        return found

    def _with_value(self, one: Value, symbol: str, other: Value) -> str:
        left, right = one.code, other.code
        numbers = {int, float, bool}
        if (one.kind is str and other.kind is str) or (one.kind in numbers and other.kind in numbers):
            return f"({left} {symbol} {right})"
        found = self._fresh()
        self._line(f"t = type({left})")
        self._line(f"u = type({right})")
        self._line(
            "if (t is int or t is float or t is bool) and (u is int or u is float or u is bool) or t is str and u is str:"
        )
        self._line(f"    {found} = {left} {symbol} {right}")
        if symbol in {"==", "!="}:
            self._line(f"elif id(t) in SCALARS and id(u) in SCALARS: {found} = {left} {symbol} {right}")
        self._line("else:")
        self._line(f"    {found} = compare({symbol!r}, {left}, {right})")
        self._line(f"    if {found} is NO: return ASK")
        return found

    def _is_in(self, left: ast.expr, right: ast.expr) -> str:
        value = self.value(left)
        if isinstance(right, ast.Tuple | ast.List | ast.Set):
            return self._in_literals(value, right.elts)
        if value.literal is not MISSING and not self._reads.is_open(value.literal):
            raise Unknown  # a key may be that secret
        container = self.value(right).code
        element = self._opened(value)
        if element.kind is not str:
            self._ask_where(f"id(type({element.code})) not in SCALARS")
        found = self._fresh()
        if type(element.literal) is str:  # the likely ones without a call
            self._line(f"if type({container}) is str and (len({container}) <= 5 or {container} in shown):")
            self._line(f"    {found} = {element.code} in {container}")
            self._line(f"elif type({container}) is dict and {container}.__sizeof__() in TEXT_KEYED:")
            self._line(f"    {found} = {element.code} in {container}")
            self._line("else:")
        else:
            self._line("if True:")
        self._line(f"    {found} = contains({element.code}, {container})")
        self._line(f"    if {found} is NO: return ASK")
        return found

    def _in_literals(self, value: Value, elements: Sequence[ast.expr]) -> str:
        literals = [self.value(each).literal for each in elements]
        if MISSING in literals or value.literal is not MISSING:
            raise Unknown
        if not self._reads.is_open_sequence(literals):
            raise Unknown
        if not all(
            -self._below < each < self._below for each in literals if type(each) is int or type(each) is float
        ):
            value = self._opened(value)  # as in `_with_literal`; so is what follows
        literals = [each for each in literals if self._reads.is_open(each)]
        self._put_off(value)
        if value.kind not in {int, float, bool, str}:
            self._ask_where(f"id(type({value.code})) not in SCALARS")
        return f"({value.code} in {self._keep(tuple(literals))})"
