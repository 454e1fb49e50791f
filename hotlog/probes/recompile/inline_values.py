"""Writes what a test in place reads: names, items, fields, methods of text, each behind the guards that it needs.

    event['type']  ──>  guards: type(event) is dict and event.__sizeof__() in TEXT_KEYED
                        value:  (T := event.get('type', NO)), T from then on

A value is read once: between two reads of it another thread may put something else there, whose code would run. So it goes into
a variable that no source can name, and the statement deletes that before anything else looks at the frame. Nothing here can
raise: what is missing gives `NO`, which no guard lets pass.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.expressions.compiled.exact_kinds import MISSING, TEXT_METHODS, TEXT_TESTS
from hotlog.expressions.compiled.plain_reads import NO, TEXT_KEYED
from hotlog.redaction.neighbours import BESIDE, find_telling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hotlog.expressions.compiled.condition_test import CompiledTest

_AND: Final = ast.And()
_OR: Final = ast.Or()
_LOAD: Final = ast.Load()


class NoInlineForm(Exception):  # noqa: N818 -- no error: the compiled test decides
    """The condition holds something that is not tested in place."""


class Operand:
    """A value in the test that is being written.

    Attributes:
        name: what tells it from others.
        kind: its exact type, where that is certain; None: anything.
        literal: it is a constant.
        is_open: no secret can be in it.
    """

    __slots__ = ("_first", "_make", "is_open", "kind", "literal", "name")

    def __init__(
        self,
        name: str,
        make: Callable[[], ast.expr],
        kind: type | None = None,
        *,
        first: ast.expr | None = None,
        literal: Any = MISSING,
        is_open: bool = False,
    ) -> None:
        self.name, self.kind, self.literal, self.is_open = name, kind, literal, is_open
        self._make, self._first = make, first

    def load(self) -> ast.expr:
        """Return a node of its own that gives the value: at the first time the one that reads it."""
        first, self._first = self._first, None
        return self._make() if first is None else first


class InlineValueWriter:
    """Writes values, and notes the guards that come before the test.

    Args:
        bound: locals that are certainly bound there.
        keep: gives the text that stands for a constant.
        test: what is secret.
        called: the builtin functions and types whose names can be looked up there.
        around: the names that may stand beside those that it reads.
    """

    def __init__(
        self,
        bound: frozenset[str],
        keep: Callable[[object], str],
        test: CompiledTest,
        called: frozenset[str],
        around: frozenset[str],
    ) -> None:
        self._around = frozenset(map(str.lower, around))
        self._bound, self._keep, self._secret, self._called = bound, keep, test, called
        self.guards: list[ast.expr] = []
        self.facts: set[tuple[str, ...]] = set()  # that hold where the next node stands
        self.temporaries: list[str] = []

    # --- what nodes are made of ----------------------------------------------------------------------------------------

    def constant(self, value: object) -> ast.expr:
        """Return the node of a constant that no source can write."""
        return ast.Constant(self._keep(value))

    def call(self, function: object, *arguments: ast.expr) -> ast.expr:
        """Return a call of a function that stands among the constants."""
        return ast.Call(self.constant(function), list(arguments), [])

    def guard(self, check: ast.expr) -> None:
        """Add a guard: where it does not hold, the compiled test is asked."""
        self.guards.append(check)

    def is_kind(self, value: Operand, *kinds: type | None) -> ast.expr:
        """Return `type(value) is int or type(value) is float`: the likelier first. None is told by itself."""
        checks: list[ast.expr] = []
        for kind in kinds:
            if kind is None:
                checks.append(same(value.load(), ast.Constant(None)))
            else:
                checks.append(same(self.call(type, value.load()), self.constant(kind)))
        return either(checks)

    def need_kind(self, value: Operand, *kinds: type | None) -> None:
        """Note the guard on the type, if it is not known."""
        if value.kind is not None:
            if value.kind not in kinds:
                raise NoInlineForm
            return
        fact = (value.name, "kind", *map(str, kinds))
        if fact not in self.facts:
            self.facts.add(fact)
            self.guard(self.is_kind(value, *kinds))

    def need_text(self, value: Operand) -> None:
        """Note the guards that it is an exact text without a secret."""
        if value.literal is not MISSING:
            if type(value.literal) is not str or not self._secret.shows(value.literal):
                raise NoInlineForm
            return
        self.need_kind(value, str)
        self.need_shown(value)

    def need_shown(self, value: Operand) -> None:
        """Note the guard that a text holds no secret."""
        fact = (value.name, "shown")
        if not value.is_open and fact not in self.facts:
            self.facts.add(fact)
            self.guard(self.is_shown(value))

    def is_shown(self, value: Operand) -> ast.expr:
        """Return the test that a text holds no secret."""
        known = ast.Compare(value.load(), [ast.In()], [self.constant(self._secret.shown)])
        short = ast.Compare(self.call(len, value.load()), [ast.LtE()], [ast.Constant(self._secret.unchecked)])
        return either([short, known])

    def is_text_keyed(self, value: Operand) -> ast.expr:
        """Return the test that an exact dict has exact texts as keys alone: to look one up runs no code."""
        size = ast.Call(ast.Attribute(value.load(), "__sizeof__", _LOAD), [], [])
        return ast.Compare(size, [ast.In()], [self.constant(TEXT_KEYED)])

    def bind(self, made: ast.expr, kind: type | None = None, *, is_open: bool = False) -> Operand:
        """Return what an expression gives, in a variable."""
        name = f"hotlog:{len(self.temporaries)}"
        self.temporaries.append(name)
        first = ast.NamedExpr(ast.Name(name, ast.Store()), made)
        return Operand(name, lambda: ast.Name(name, _LOAD), kind, first=first, is_open=is_open)

    # --- the nodes of the language ---------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Operand:
        """Return the value of a node."""
        if isinstance(node, ast.Name):
            return self._name(node)
        literal = self.literal_of(node)
        if literal is not MISSING:
            return Operand("", lambda: ast.Constant(literal), type(literal), literal=literal, is_open=True)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call) and not node.keywords:
            return (
                self._method(node, node.func)
                if isinstance(node.func, ast.Attribute)
                else self._function(node)
            )
        raise NoInlineForm

    def literal_of(self, node: ast.expr) -> Any:
        """Return the constant that a node is, a negative number too; else `MISSING`."""
        if isinstance(node, ast.Constant):
            return node.value
        if (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and isinstance(node.operand, ast.Constant)
        ):
            value = node.operand.value
            return -value if type(value) is int or type(value) is float else MISSING
        return MISSING

    def _name(self, node: ast.Name) -> Operand:
        name = node.id
        low = name.lower()
        if name not in self._bound or self._secret.says(name):
            raise NoInlineForm
        if low in BESIDE and not find_telling(low).isdisjoint(self._around):
            raise NoInlineForm
        return Operand(name, lambda: ast.Name(name, _LOAD))

    def _subscript(self, node: ast.Subscript) -> Operand:
        if isinstance(node.slice, ast.Slice):
            return self._slice(node.value, node.slice)
        key = self.literal_of(node.slice)
        inner = self.value(node.value)
        if type(key) is str:
            return self._item(inner, key, self.constant(NO))
        if type(key) is int and key in (0, -1):
            return self._end_of(inner, key)
        raise NoInlineForm

    def _item(self, inner: Operand, key: str, default: ast.expr) -> Operand:
        """Return what an exact dict holds under a text."""
        if key.lower() in BESIDE or self._secret.says(key) or not self._secret.shows(key):
            raise NoInlineForm
        self.need_kind(inner, dict)
        fact = (inner.name, "keys")
        if fact not in self.facts:
            self.facts.add(fact)
            self.guard(self.is_text_keyed(inner))
        get = ast.Attribute(inner.load(), "get", _LOAD)
        return self.bind(ast.Call(get, [ast.Constant(key), default], []))

    def _end_of(self, inner: Operand, key: int) -> Operand:
        """Return the first or last character of a text, which cannot change meanwhile."""
        self.need_text(inner)
        self.guard(inner.load())
        return self.bind(ast.Subscript(inner.load(), _number(key), _LOAD), str, is_open=True)

    def _slice(self, node: ast.expr, part: ast.Slice) -> Operand:
        bounds = [None if each is None else self.literal_of(each) for each in (part.lower, part.upper)]
        if part.step is not None or any(each is not None and type(each) is not int for each in bounds):
            raise NoInlineForm
        inner = self.value(node)
        self.need_text(inner)
        low, high = (None if each is None else _number(each) for each in bounds)
        return self.bind(ast.Subscript(inner.load(), ast.Slice(low, high), _LOAD), str, is_open=True)

    def _attribute(self, node: ast.Attribute) -> Operand:
        """Return a field of an instance whose class was looked at, and has not changed since."""
        name = node.attr
        if name[0] == "_" or self._secret.says(name) or name.lower() in BESIDE or self._secret.known is None:
            raise NoInlineForm
        inner = self.value(node.value)
        shape = self.bind(ast.Attribute(self.constant(self._secret.known(name)), "shape", _LOAD))

        def part(place: int) -> ast.expr:
            return ast.Subscript(shape.load(), ast.Constant(place), _LOAD)

        self.guard(same(self.call(type, inner.load()), part(0)))
        self.guard(ast.Compare(self.call(len, part(1)), [ast.Eq()], [part(2)]))
        base = ast.Compare(self.call(len, part(3)), [ast.Eq()], [part(4)])
        self.guard(either([same(part(3), ast.Constant(None)), base]))
        fields = self.bind(ast.Attribute(inner.load(), "__dict__", _LOAD))
        self.need_kind(fields, dict)
        self.guard(self.is_text_keyed(fields))
        get = ast.Attribute(fields.load(), "get", _LOAD)
        return self.bind(ast.Call(get, [ast.Constant(name), self.constant(NO)], []))

    def _method(self, node: ast.Call, function: ast.Attribute) -> Operand:
        name = function.attr
        if name == "get":
            return self._get(node, function)
        if name not in TEXT_METHODS and name not in TEXT_TESTS:
            raise NoInlineForm
        given = [self._argument(argument) for argument in node.args]
        if len(given) != (1 if name in TEXT_TESTS else 0):
            raise NoInlineForm
        inner = self.value(function.value)
        self.need_text(inner)
        made = ast.Call(ast.Attribute(inner.load(), name, _LOAD), given, [])
        if name in TEXT_TESTS:
            return Operand("", lambda: made, bool, is_open=True)
        return self.bind(made, str, is_open=True)

    def _argument(self, node: ast.expr) -> ast.expr:
        """Return a text, or a tuple of texts, that a test of text is given."""
        texts = node.elts if isinstance(node, ast.Tuple) else [node]
        values = [self.literal_of(each) for each in texts]
        if not all(type(each) is str and self._secret.shows(each) for each in values):
            raise NoInlineForm
        if not isinstance(node, ast.Tuple):
            return ast.Constant(values[0])
        return self.constant(tuple(values))

    def _get(self, node: ast.Call, function: ast.Attribute) -> Operand:
        key = self.literal_of(node.args[0]) if node.args else MISSING
        if type(key) is not str or len(node.args) > 2:  # noqa: PLR2004 -- a key and a default
            raise NoInlineForm
        default: ast.expr = ast.Constant(None)
        if len(node.args) > 1:
            given = node.args[1]
            literal = self.literal_of(given)
            if isinstance(given, ast.Dict) and not given.keys:
                default = ast.Dict([], [])
            elif (
                literal is None
                or type(literal) is int
                or (type(literal) is str and self._secret.shows(literal))
            ):
                default = ast.Constant(literal)
            else:
                raise NoInlineForm
        return self._item(self.value(function.value), key, default)

    def _function(self, node: ast.Call) -> Operand:
        if not isinstance(node.func, ast.Name) or node.func.id != "len" or len(node.args) != 1:
            raise NoInlineForm
        self.need_builtin("len", len)
        inner = self.value(node.args[0])
        if ("kind", inner.name, "sized") not in self.facts:
            self.facts.add(("kind", inner.name, "sized"))
            sized = self.is_kind(inner, list, dict, tuple)
            self.guard(either([sized, both([self.is_kind(inner, str), self.is_shown(inner)])]))
        return Operand("", lambda: self.call(len, inner.load()), int, is_open=True)

    def need_builtin(self, name: str, builtin: object) -> None:
        """Note the guard that a name still means the builtin."""
        if name not in self._called:
            raise NoInlineForm
        if ("", name) not in self.facts:
            self.facts.add(("", name))
            self.guard(same(ast.Name(name, _LOAD), self.constant(builtin)))


def _number(value: int) -> ast.expr:
    """Return the node of a whole number."""
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def same(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left is right`."""
    return ast.Compare(left, [ast.Is()], [right])


def either(checks: Sequence[ast.expr]) -> ast.expr:
    """Return the checks with `or` between them."""
    return checks[0] if len(checks) == 1 else ast.BoolOp(_OR, list(checks))


def both(checks: Sequence[ast.expr]) -> ast.expr:
    """Return the checks with `and` between them."""
    return checks[0] if len(checks) == 1 else ast.BoolOp(_AND, list(checks))
