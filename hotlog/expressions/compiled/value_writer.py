"""Writes the values of a condition: names, fields, items, arithmetic."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.expressions.compiled.code_writer import LARGE, CodeWriter, Unknown, Value
from hotlog.expressions.compiled.exact_kinds import MISSING
from hotlog.expressions.syntax import MARK
from hotlog.redaction.neighbours import BESIDE, find_telling

if TYPE_CHECKING:
    from collections.abc import Callable

_ARITHMETIC: Final = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|",
    ast.BitXor: "^",
}  # fmt: skip
_WHOLE_ONLY: Final = (ast.BitAnd, ast.BitOr, ast.BitXor)


class ValueWriter(CodeWriter):
    """Writes values."""

    def value(self, node: ast.expr) -> Value:
        """Write what computes a node; return it."""
        write = getattr(self, f"_{type(node).__name__.lower()}", None)
        if write is None:
            raise Unknown
        found: Value = write(node)
        return found

    def _literal(self, value: Any) -> Value:
        kind = type(value)
        if kind is int or kind is float:
            if not -LARGE < value < LARGE:
                raise Unknown
        elif kind is not str and kind is not bool and value is not None:
            raise Unknown
        return Value(f"({value!r})" if kind is not str else self._keep(value), kind, literal=value)

    def _constant(self, node: ast.Constant) -> Value:
        return self._literal(node.value)

    def _name(self, node: ast.Name) -> Value:
        name = node.id
        if name.startswith(MARK) or (name.lower() in BESIDE and not self._stands_alone(name.lower())):
            raise Unknown
        if name in self._called:
            return Value(self._called[name], type)
        code = self._names.get(name)
        if code is None:
            code = self._found.setdefault(name, f"f{len(self._found)}")
        self._need_count(name, code)
        return Value(code, is_read=True)

    def _need_count(self, name: str, code: str) -> None:
        """Leave to the evaluator what is no number, where the name hides texts alone."""
        if self._redaction.says(name):
            self._ask_where(f"type({code}) is not int and type({code}) is not float")

    def _stands_alone(self, name: str) -> bool:
        """Return whether no name beside it says what a value of this name is."""
        return self._around is not None and find_telling(name).isdisjoint(self._around)

    def _attribute(self, node: ast.Attribute) -> Value:
        name = node.attr
        if name == "__name__":
            if not (isinstance(node.value, ast.Call) and len(node.value.args) == 1):
                raise Unknown
            return Value(self._new(f"short_name({self.value(node.value.args[0]).code})"), str)
        if name[0] == "_" or self._redaction.hides(name):
            raise Unknown
        inner = self.value(node.value).code
        known, read = self._fields.getter(name)
        memory, reader = self._keep(known), self._keep(read)
        if name.lower() in BESIDE:
            return self._read(f"{reader}({inner})")
        self._line(f"c, n, z, m, y = {memory}.shape")
        found = self._fresh()
        self._line(f"if type({inner}) is c and len(n) == z and (m is None or len(m) == y):")
        self._line(f"    g = {inner}.__dict__")
        self._line(
            "    if type(g) is not dict or not (g.__sizeof__() in TEXT_KEYED or has_text_keys(g)): return ASK"
        )
        self._line(f"    {found} = g[{name!r}]")
        self._line("else:")
        self._line(f"    {found} = {reader}({inner})")
        self._line(f"    if {found} is NO: return ASK")
        self._need_count(name, found)
        return Value(found, is_read=True)

    def _subscript(self, node: ast.Subscript) -> Value:
        inner = self.value(node.value).code
        if isinstance(node.slice, ast.Slice):
            if node.slice.step is not None:
                raise Unknown
            bounds = [self._bound(part) for part in (node.slice.lower, node.slice.upper)]
            return self._read(f"slice_of({inner}, {', '.join(bounds)})")
        key = self.value(node.slice)
        if type(key.literal) is str and self._is_plain_key(key.literal):
            self._ask_where(
                f"type({inner}) is not dict or not ({inner}.__sizeof__() in TEXT_KEYED or has_text_keys({inner}))"
            )
            return Value(self._new(f"{inner}[{key.code}]"), is_read=True)
        if (
            type(key.literal) is str
            and self._reads.shows(key.literal)
            and not self._redaction.says(key.literal)
        ):
            return self._read(
                f"{self._keep(self._reads.reader_beside(key.literal, self._fields.quiet(key.literal)))}({inner})"
            )
        return self._read(f"item({inner}, {self._key(key)})")

    def _is_plain_key(self, key: str) -> bool:
        return key.lower() not in BESIDE and not self._redaction.says(key) and self._reads.shows(key)

    def _key(self, key: Value) -> str:
        """Return a key that is a whole number, or a text that may be shown."""
        if key.literal is not MISSING:
            if type(key.literal) not in {int, str} or not self._reads.is_open(key.literal):
                raise Unknown
            return key.code
        key = self._opened(key)
        self._ask_where(f"type({key.code}) is not str and type({key.code}) is not int")
        return key.code

    def _bound(self, node: ast.expr | None) -> str:
        if node is None:
            return "None"
        value = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
        if not (isinstance(value, ast.Constant) and type(value.value) is int):
            raise Unknown
        return ast.unparse(node)

    def _ifexp(self, node: ast.IfExp) -> Value:
        test = self.truth(node.test)
        return self._either(
            test,
            lambda: self._opened(self.value(node.body)),
            lambda: self._opened(self.value(node.orelse)),
        )

    def _boolop(self, node: ast.BoolOp) -> Value:
        first, *rest = node.values
        found = self.value(first)
        for operand in rest:
            held = self._opened(Value(self._new(found.code), found.kind, is_read=found.is_read))
            ways = [partial(self.value, operand), partial(_given, held)]
            found = self._either(self.truth_of(held), *(ways if isinstance(node.op, ast.And) else ways[::-1]))
        return found

    def _either(self, test: str, body: Callable[[], Value], other: Callable[[], Value]) -> Value:
        name = self._fresh()
        self._line(f"if {test}:")
        reads = False
        for head, make in (("", body), ("else:", other)):
            if head:
                self._line(head)
            self._depth += 1
            value = make()
            reads |= value.is_read
            self._line(f"{name} = {value.code}")
            self._depth -= 1
        return Value(name, is_read=reads)

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return Value(self._new(f"not ({self.truth(node.operand)})"), bool)
        value = self.value(node.operand)
        if type(value.literal) in {int, float} and isinstance(node.op, ast.USub):
            return self._literal(-value.literal)
        if not isinstance(node.op, ast.USub):
            raise Unknown
        return Value(self._new(f"-{self._number(value)}"))

    def _number(self, value: Value) -> str:
        """Return a value that is proven to be a plain number below what may be a secret."""
        if value.literal is not MISSING:
            if type(value.literal) is not int and type(value.literal) is not float:
                raise Unknown
            return value.code
        if value.kind is int or value.kind is bool:
            return value.code
        code = value.code
        if value.is_read:
            self._ask_where(
                f"type({code}) is not int and type({code}) is not float"
                f" or not -{self._below} < {code} < {self._below} and (not is_open({code}) or not -{LARGE} < {code} < {LARGE})"
            )
        else:
            self._ask_where(
                f"type({code}) is not int and type({code}) is not float or not -1e60 < {code} < 1e60"
            )
        return code

    def _binop(self, node: ast.BinOp) -> Value:
        symbol = _ARITHMETIC.get(type(node.op))
        if symbol is None:
            raise Unknown
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, _WHOLE_ONLY):
            for value in (left, right):
                self._number(value)
                if type(value.literal) is not int:
                    self._ask_where(f"type({value.code}) is not int")
            return Value(self._new(f"{left.code} {symbol} {right.code}"))
        doubts = []
        for value in (left, right):
            if value.literal is MISSING and value.kind is not int and value.kind is not bool:
                most = self._below if value.is_read else "1e60"
                code = value.code
                doubts.append(f"(type({code}) is int or type({code}) is float) and -{most} < {code} < {most}")
            elif value.literal is not MISSING and type(value.literal) not in {int, float}:
                raise Unknown
        if not doubts:
            return Value(self._new(f"{left.code} {symbol} {right.code}"))
        found = self._fresh()
        self._line(f"if {' and '.join(doubts)}: {found} = {left.code} {symbol} {right.code}")
        self._line("else:")
        self._line(f"    {found} = compute({type(node.op).__name__!r}, {left.code}, {right.code})")
        self._line(f"    if {found} is NO: return ASK")
        return Value(found)

    def truth_of(self, value: Value) -> str:
        """Write the test of a value; return its result."""
        if value.kind in {bool, int, float, str, list} or value.literal is not MISSING:
            return f"({value.code})"
        code = value.code
        found = self._fresh()
        self._line(f"t = type({code})")
        self._line(f"if t is bool: {found} = {code}")
        self._line(
            f"elif t is list or t is dict or t is str or t is int or {code} is None: {found} = not not {code}"
        )
        self._line("else:")
        self._line(f"    {found} = truth({code})")
        self._line(f"    if {found} is NO: return ASK")
        return found


def _given(value: Value) -> Value:
    return value
