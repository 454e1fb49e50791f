"""From the tree of an expression to a tree of small functions, made once.

A hit calls the topmost. Each takes the scope and the reader, so that every read goes through the reader and every operator
through `operators`.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.expressions import arithmetic, comparisons, safe_builtins
from hotlog.expressions.formats import format_value
from hotlog.expressions.loops import (
    Assign,
    LoopCompiler,
    keep_hidden,
    read_bound,
)
from hotlog.expressions.safe_methods import call_method
from hotlog.expressions.sort_keys import make_key, shadowing
from hotlog.expressions.syntax import MARK, format_of
from hotlog.expressions.vocabulary import TYPES
from hotlog.reading import containers
from hotlog.reading.budget import NoAttribute, Redacted, Unavailable
from hotlog.reading.classes import type_name
from hotlog.reading.secret_check import SMALL
from hotlog.redaction.neighbours import BESIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.expressions.hit_scope import HitScope, Program
    from hotlog.reading.reader import Reader


class Compiler(LoopCompiler):
    """Makes the function of each node. `raw` says that no operator looks at the value: secrets pass, to be redacted."""

    def node(self, node: ast.expr, *, raw: bool = False) -> Program:
        """Return the function that computes a node and all nodes below it."""
        make: Callable[..., Program] = getattr(self, f"_{type(node).__name__.lower()}")
        if not raw and (isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or _is_read(node)):
            return _check_result(make(node))
        return make(node)

    def _constant(self, node: ast.Constant) -> Program:
        value = node.value
        return lambda _scope, _reader: value

    def _name(self, node: ast.Name) -> Program:
        name = node.id
        if name in self.bound:
            return read_bound(self.bound[name])
        if name.startswith(MARK):
            return _special(name[1:])
        builtin = TYPES.get(name)
        if name.lower() in BESIDE:
            return lambda scope, reader: reader.without_hidden(name, scope.find(name), scope.pairs())

        def read(scope: HitScope, _reader: Reader) -> Any:
            values = scope.values
            if name in values:
                return values[name]
            return scope.find(name) if builtin is None else scope.find(name, builtin)

        return _need_shown(name, read) if name[-1] in "sS" else read  # one in the plural may hide texts alone

    def _kept(self, node: ast.expr, *, raw: bool = False) -> Program:
        """Return the function of what stands in a list, tuple or dict as it is: what is hidden may, too."""
        program = self.node(node, raw=raw)
        slot = self.bound.get(node.id) if isinstance(node, ast.Name) else None
        return program if slot is None else keep_hidden(slot, program)

    def _attribute(self, node: ast.Attribute) -> Program:
        inner, name = self.node(node.value, raw=True), node.attr
        if name == "__name__":
            return lambda scope, reader: type_name(inner(scope, reader)).rpartition(".")[2]
        return lambda scope, reader: reader.attribute(inner(scope, reader), name)

    def _subscript(self, node: ast.Subscript) -> Program:
        inner, item = self.node(node.value, raw=True), containers.item
        key = self._slice(node.slice) if isinstance(node.slice, ast.Slice) else self.node(node.slice)
        return lambda scope, reader: item(inner(scope, reader), key(scope, reader), reader)

    def _slice(self, node: ast.Slice) -> Program:
        parts = [part and self.node(part) for part in (node.lower, node.upper, node.step)]

        def make(scope: HitScope, reader: Reader) -> slice:
            bounds = [part and part(scope, reader) for part in parts]
            if not all(bound is None or type(bound) is int for bound in bounds):
                raise Unavailable("TypeError: a slice takes whole numbers")
            return slice(*bounds)

        return make

    def _boolop(self, node: ast.BoolOp) -> Program:
        first, *rest = (self.node(value) for value in node.values)
        stops_at, truth = isinstance(node.op, ast.Or), comparisons.truth

        def run(scope: HitScope, reader: Reader) -> Any:
            value = first(scope, reader)
            for operand in rest:
                if truth(value) is stops_at:
                    return value
                value = operand(scope, reader)
            return value

        return run

    def _unaryop(self, node: ast.UnaryOp) -> Program:
        operand, symbol = self.node(node.operand), type(node.op).__name__
        if symbol == "Not":
            return lambda scope, reader: not comparisons.truth(operand(scope, reader))
        return lambda scope, reader: arithmetic.apply_sign(symbol, operand(scope, reader))

    def _binop(self, node: ast.BinOp) -> Program:
        left, right, apply = (
            self._operand(node.left),
            self._operand(node.right),
            arithmetic.BINARY[type(node.op).__name__],
        )
        return lambda scope, reader: apply(left(scope, reader), right(scope, reader), reader)

    def _operand(self, node: ast.expr) -> Program:
        """Return the function of what an operator looks at: a view of a dict is a set to it, and no list."""
        program, method = self.node(node), _view_of(node)
        if not method:
            return program
        return lambda scope, reader: comparisons.set_of_view(program(scope, reader), method, reader)

    def _compare(self, node: ast.Compare) -> Program:
        sides = [node.left, *node.comparators]
        programs = [
            self.node(side, raw=all(_is_identity_with_constant(sides, node.ops, place) for place in places))
            if any(isinstance(node.ops[place], _NO_OPERATORS) for place in places)
            else self._operand(side)
            for side, places in zip(sides, _places(len(sides)), strict=True)
        ]
        steps = [_step(op, side) for op, side in zip(node.ops, node.comparators, strict=True)]
        if len(steps) == 1:
            (left, right), apply = programs, steps[0]
            return lambda scope, reader: apply(left(scope, reader), right(scope, reader), reader)

        def run(scope: HitScope, reader: Reader) -> Any:
            left, result = programs[0](scope, reader), True
            for apply, program in zip(steps, programs[1:], strict=True):
                right = program(scope, reader)
                result = apply(left, right, reader)
                if not result:
                    break
                left = right
            return result

        return run

    def _ifexp(self, node: ast.IfExp) -> Program:
        test, body, other = self.node(node.test), self.node(node.body), self.node(node.orelse)
        truth = comparisons.truth
        return lambda scope, reader: (body if truth(test(scope, reader)) else other)(scope, reader)

    def _list(self, node: ast.List) -> Program:
        parts = [self._kept(part) for part in node.elts]
        return lambda scope, reader: [part(scope, reader) for part in parts]

    def _tuple(self, node: ast.Tuple) -> Program:
        parts = [self._kept(part) for part in node.elts]
        return lambda scope, reader: tuple([part(scope, reader) for part in parts])

    def _set(self, node: ast.Set) -> Program:
        parts = [self.node(part) for part in node.elts]
        plain = containers.need_plain
        return lambda scope, reader: {plain(part(scope, reader), reader) for part in parts}

    def _dict(self, node: ast.Dict) -> Program:
        pairs = [
            (self.node(key), self._kept(value))
            for key, value in zip(node.keys, node.values, strict=True)
            if key
        ]
        plain = containers.need_plain
        return lambda scope, reader: {
            plain(key(scope, reader), reader): value(scope, reader) for key, value in pairs
        }

    def _call(self, node: ast.Call) -> Program:
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        name = node.func.id  # type: ignore[attr-defined]  # the language has no other form
        if name == "hasattr":
            value, asked = self.node(node.args[0], raw=True), node.args[1].value  # type: ignore[attr-defined]
            return lambda scope, reader: reader.has_attribute(value(scope, reader), asked)
        if name == "getattr":
            return self._getattr(node)
        arguments = [self.node(argument, raw=name in _RAW) for argument in node.args]
        options = {
            option.arg: make_key(option.value, self._key_body)
            if option.arg == "key"
            else self.node(option.value)
            for option in node.keywords
            if option.arg
        }
        function, is_shadowed = safe_builtins.FUNCTIONS[name], shadowing(name)

        def run(scope: HitScope, reader: Reader) -> Any:
            if is_shadowed(scope):
                raise Unavailable(f"{name!r} is a variable here, and calling it would run your code")
            given = [argument(scope, reader) for argument in arguments]
            if not options:
                return function(reader, *given)
            return function(reader, *given, **{key: option(scope, reader) for key, option in options.items()})

        return run

    def _getattr(self, node: ast.Call) -> Program:
        value, asked = self.node(node.args[0], raw=True), node.args[1].value  # type: ignore[attr-defined]
        default = self.node(node.args[2]) if len(node.args) > 2 else None  # noqa: PLR2004 -- (value, name, default)

        def read(scope: HitScope, reader: Reader) -> Any:
            try:
                return reader.attribute(value(scope, reader), asked)
            except NoAttribute:
                if default is None:
                    raise
                return default(scope, reader)

        return read

    def _key_body(self, node: ast.Lambda) -> tuple[Assign, Program]:
        """Return what gives the lambda its value, and what computes its body."""
        outer = dict(self.bound)
        assign = self._target(ast.Name(node.args.args[0].arg))
        body = self.node(node.body)
        self.bound = outer
        return assign, body

    def _method(self, node: ast.Call, function: ast.Attribute) -> Program:
        value, name, call = self.node(function.value), function.attr, call_method
        arguments = [self.node(argument) for argument in node.args]
        options = {option.arg: self.node(option.value) for option in node.keywords if option.arg}
        if not options:
            return lambda scope, reader: call(
                reader, value(scope, reader), name, [argument(scope, reader) for argument in arguments]
            )
        return lambda scope, reader: call(
            reader,
            value(scope, reader),
            name,
            [argument(scope, reader) for argument in arguments],
            {key: option(scope, reader) for key, option in options.items()},
        )

    def _joinedstr(self, node: ast.JoinedStr) -> Program:
        parts = [self.node(part) for part in node.values]

        def join(scope: HitScope, reader: Reader) -> str:
            texts = [part(scope, reader) for part in parts]
            reader.budget.build(chars=sum(map(len, texts)))
            return "".join(texts)

        return join

    def _formattedvalue(self, node: ast.FormattedValue) -> Program:
        value, form = self.node(node.value), format_of(node) or ""
        convert = safe_builtins.FUNCTIONS["repr" if node.conversion == ord("r") else "str"]
        converts = node.conversion != -1 or not form

        def write(scope: HitScope, reader: Reader) -> Any:
            found = value(scope, reader)
            if converts:
                found = convert(reader, found)
            return format_value(found, form, reader) if form else found

        return write


# These look at what their arguments are themselves.
_RAW: Final = frozenset({"base64", "isinstance", "json", "len", "type"})
_READ_BY_CALL: Final = frozenset({"base64", "getattr", "json"})


def _is_read(node: ast.expr) -> bool:
    """Return whether a call gives a value of the application's as it is, which no operator may see unchecked."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr == "get"
    return isinstance(node.func, ast.Name) and node.func.id in _READ_BY_CALL


def _special(name: str) -> Program:
    def read(scope: HitScope, _reader: Reader) -> Any:
        specials = scope.specials
        if specials is None or name not in specials:
            raise Unavailable(f"@{name} has no value here")
        value = specials[name]
        return value() if type(value) is FunctionType else value

    return read


def _need_shown(name: str, program: Program) -> Program:
    def read(scope: HitScope, reader: Reader) -> Any:
        value = program(scope, reader)
        if reader.redaction.says(name) and reader.is_secret(name, value):
            raise Redacted(name)
        return value

    return read


def _check_result(program: Program) -> Program:
    def read(scope: HitScope, reader: Reader) -> Any:
        value = program(scope, reader)
        kind = type(value)
        if (kind is int or kind is float) and -SMALL < value < SMALL:
            return value
        if kind is bool or value is None:
            return value
        return reader.check(value)

    return read


def _places(count: int) -> list[list[int]]:
    """Return, for each side of a chain of comparisons, the comparisons it takes part in."""
    return [[place for place in (side - 1, side) if 0 <= place < count - 1] for side in range(count)]


def _step(op: ast.cmpop, right: ast.expr) -> arithmetic.Operator:
    """Return what compares; in the keys of a dict Python asks for a hash."""
    apply, method = comparisons.COMPARE[type(op).__name__], _view_of(right)
    if isinstance(op, ast.In | ast.NotIn) and method in {"keys", "items"}:
        return comparisons.in_view(apply, method)
    return apply


_NO_OPERATORS: Final = (ast.In, ast.NotIn, ast.Is, ast.IsNot)


def _view_of(node: ast.expr) -> str:
    """Return which view of a dict a call gives, by its method; empty where it gives none."""
    method = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    return method if method in {"items", "keys", "values"} else ""


def _is_identity_with_constant(sides: list[ast.expr], ops: list[ast.cmpop], place: int) -> bool:
    """Return whether it is `x is None`, `x is True` or the like, which read nothing of x."""
    return isinstance(ops[place], ast.Is | ast.IsNot) and any(
        isinstance(side, ast.Constant) and (side.value is None or type(side.value) is bool)
        for side in sides[place : place + 2]
    )
