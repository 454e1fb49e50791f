"""Writes what a test in place reads: names, items, fields, methods of text, each behind the guards that it needs.

    event['type']  ──>  guards: type(event) is dict and event.__sizeof__() in TEXT_KEYED
                        value:  (T := event.get('type', NO)), T from then on

A value is read once: between two reads of it another thread may put something else there, whose code would run. So it goes into
a variable that no source can name, and the statement deletes that before anything else looks at the frame. Nothing here can
raise: what is missing gives `NO`, which no guard lets pass.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.compiled.exact_kinds import MISSING, PLAIN_KINDS, TEXT_METHODS, TEXT_TESTS
from hotlog.expressions.compiled.plain_reads import NO
from hotlog.expressions.safe_builtins import BUILTINS
from hotlog.expressions.syntax import MARK
from hotlog.expressions.vocabulary import TYPES
from hotlog.probes.recompile.inline_guards import GuardWriter, NoInlineForm, Operand, both, either, same
from hotlog.redaction.neighbours import BESIDE, find_telling

_LOAD: Final = ast.Load()
_ARITHMETIC: Final = (ast.Add, ast.Sub, ast.Mult, ast.Mod, ast.FloorDiv, ast.BitAnd)


class InlineValueWriter(GuardWriter):
    """Writes values."""

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
        if self._secret.says(name) or (low in BESIDE and not find_telling(low).isdisjoint(self._around)):
            raise NoInlineForm
        if name not in self._bound:
            return self._global(name)
        return Operand(name, lambda: ast.Name(name, _LOAD))

    def _global(self, name: str) -> Operand:
        """Return a global of the function that runs. Where there is none of the name, nothing is raised."""
        if name.startswith(MARK) or name in self._names.may_bind or name in BUILTINS or name in TYPES:
            raise NoInlineForm
        space = self.bind(self.call(globals))
        self.need_kind(space, dict)
        get = ast.Attribute(space.load(), "get", _LOAD)
        return self.bind(ast.Call(get, [ast.Constant(name), self.constant(NO)], []))

    def _subscript(self, node: ast.Subscript) -> Operand:
        if isinstance(node.slice, ast.Slice):
            return self._slice(node.value, node.slice)
        key = self.literal_of(node.slice)
        if type(key) is str:
            return self._item(self.value(node.value), key, self.constant(NO))
        if type(key) is int and key == 1:
            return self._second_of(self.value(node.value))
        if type(key) is int and key in (0, -1):
            return self._end_of(self.value(node.value), key)
        if key is MISSING and isinstance(node.slice, ast.Name):
            return self._item_of(self.value(node.value), self.value(node.slice))
        raise NoInlineForm

    def _item(self, inner: Operand, key: str, default: ast.expr) -> Operand:
        """Return what an exact dict holds under a text."""
        if self._secret.says(key) or not self._secret.shows(key):
            raise NoInlineForm
        self.need_kind(inner, dict)
        fact = (inner.name, "keys")
        if fact not in self.facts:
            self.facts.add(fact)
            self.guard(self.is_text_keyed(inner))
        self._need_quiet(inner, key)
        get = ast.Attribute(inner.load(), "get", _LOAD)
        return self.bind(ast.Call(get, [ast.Constant(key), default], []))

    def _need_quiet(self, names: Operand, name: str) -> None:
        """Note the guard that nothing in a dict with text keys says of the value of a name that it is secret."""
        if name.lower() in BESIDE:
            known = ast.Attribute(self.constant(self._secret.quiet(name)), "issuperset", _LOAD)
            self.guard(ast.Call(known, [names.load()], []))

    def _item_of(self, inner: Operand, key: Operand) -> Operand:
        """Return what an exact dict holds under a text that says nothing of what it names."""
        self.need_kind(key, str)
        self.guard(ast.Compare(key.load(), [ast.In()], [self.constant(self._secret.plain)]))
        self.need_kind(inner, dict)
        self.guard(self.is_text_keyed(inner))
        get = ast.Attribute(inner.load(), "get", _LOAD)
        return self.bind(ast.Call(get, [key.load(), self.constant(NO)], []))

    def _end_of(self, inner: Operand, key: int) -> Operand:
        """Return the first element of a list, tuple or text, or the last character of a text.

        Nothing stands before the first that could say it is secret. Between the test that there is one and the read no
        instruction lets another thread run.
        """
        if key == 0:
            if (inner.name, "sequence") not in self.facts:
                self.facts.add((inner.name, "sequence"))
                if inner.kind is None:
                    kinds = self.is_kind(inner, list, tuple)
                    self.guard(either([kinds, both([self.is_kind(inner, str), self.is_shown(inner)])]))
                else:
                    self.need_text(inner)
        else:
            self.need_text(inner)
        self.guard(inner.load())
        return self.bind(
            ast.Subscript(inner.load(), number_of(key), _LOAD), str if key else None, is_open=bool(key)
        )

    def _second_of(self, inner: Operand) -> Operand:
        """Return the second element of a list or tuple whose first is a number, or a word that says nothing of it."""
        self.need_kind(inner, list, tuple)
        two = self.bind(ast.Subscript(inner.load(), ast.Slice(None, ast.Constant(2)), _LOAD))
        self.guard(ast.Compare(self.call(len, two.load()), [ast.Eq()], [ast.Constant(2)]))
        first = self.bind(ast.Subscript(two.load(), ast.Constant(0), _LOAD))
        number = self.is_kind(first, int, float)
        is_plain = ast.Compare(first.load(), [ast.In()], [self.constant(self._secret.plain)])
        start = ast.Subscript(first.load(), ast.Slice(None, ast.Constant(1)), _LOAD)
        is_option = ast.Compare(start, [ast.NotEq()], [ast.Constant("-")])
        self.guard(either([number, both([self.is_kind(first, str), is_plain, is_option])]))
        return self.bind(ast.Subscript(two.load(), ast.Constant(1), _LOAD))

    def _slice(self, node: ast.expr, part: ast.Slice) -> Operand:
        bounds = [None if each is None else self.literal_of(each) for each in (part.lower, part.upper)]
        if part.step is not None or any(each is not None and type(each) is not int for each in bounds):
            raise NoInlineForm
        inner = self.value(node)
        self.need_text(inner)
        low, high = (None if each is None else number_of(each) for each in bounds)
        return self.bind(ast.Subscript(inner.load(), ast.Slice(low, high), _LOAD), str, is_open=True)

    def _attribute(self, node: ast.Attribute) -> Operand:
        """Return a field of an instance whose class was looked at, and has not changed since."""
        name = node.attr
        if name[0] == "_" or self._secret.says(name):
            raise NoInlineForm
        inner = self.value(node.value)
        shape = self.bind(ast.Attribute(self.constant(self._secret.known(name)), "shape", _LOAD))

        def part(place: int) -> ast.expr:
            return ast.Subscript(shape.load(), ast.Constant(place), _LOAD)

        self.guard(same(self.call(type, inner.load()), part(0)))
        self.guard(ast.Compare(self.call(len, part(1)), [ast.Eq()], [part(2)]))
        base = ast.Compare(self.call(len, part(3)), [ast.Eq()], [part(4)])
        self.guard(either([same(part(3), ast.Constant(None)), base]))
        fields = self._fields_of(inner)
        self._need_quiet(fields, name)
        get = ast.Attribute(fields.load(), "get", _LOAD)
        return self.bind(ast.Call(get, [ast.Constant(name), self.constant(NO)], []))

    def _fields_of(self, inner: Operand) -> Operand:
        """Return the dict of an instance whose class was looked at; the same where it was read on the way here."""
        known = next((fact[2] for fact in self.facts if fact[:2] == ("fields", inner.name)), "")
        if known:
            return Operand(known, lambda: ast.Name(known, _LOAD), dict)
        fields = self.bind(ast.Attribute(inner.load(), "__dict__", _LOAD))
        self.need_kind(fields, dict)
        self.guard(self.is_text_keyed(fields))
        self.facts.add(("fields", inner.name, fields.name))
        return fields

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
        if not isinstance(node.func, ast.Name):
            raise NoInlineForm
        if node.func.id == "isinstance":
            return self._is_instance(node)
        if node.func.id != "len" or len(node.args) != 1:
            raise NoInlineForm
        self.need_builtin("len", len)
        inner = self.value(node.args[0])
        if ("kind", inner.name, "sized") not in self.facts:
            self.facts.add(("kind", inner.name, "sized"))
            sized = self.is_kind(inner, list, dict, tuple)
            self.guard(either([sized, both([self.is_kind(inner, str), self.is_shown(inner)])]))
        return Operand("", lambda: self.call(len, inner.load()), int, is_open=True)

    def _is_instance(self, node: ast.Call) -> Operand:
        """Return whether a plain value is of a builtin type: of any other its class would be asked."""
        if len(node.args) != 2:  # noqa: PLR2004 -- a value and a class
            raise NoInlineForm
        kinds = [
            self.type_of(each)
            for each in (node.args[1].elts if isinstance(node.args[1], ast.Tuple) else node.args[1:])
        ]
        self.need_builtin("isinstance", isinstance)
        value = self.value(node.args[0])
        wanted = [kind for kind in PLAIN_KINDS if issubclass(kind, tuple(kinds))]
        if not wanted or not set(kinds) <= {*PLAIN_KINDS}:
            raise NoInlineForm
        others = [kind for kind in PLAIN_KINDS if kind not in wanted]
        empty = [same(value.load(), ast.Constant(None))]
        self.guard(either([*empty, self.is_kind(value, *wanted, *others)]))
        return Operand("", lambda: self.is_kind(value, *wanted), bool, is_open=True)

    def is_arithmetic(self, node: ast.expr) -> bool:
        """Return whether a node computes a number."""
        return isinstance(node, ast.BinOp) or (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "abs"
        )

    def arithmetic(self, node: ast.expr) -> ast.expr:
        """Write arithmetic on small whole numbers that cannot fail."""
        operands = [each for each in ast.walk(node) if isinstance(each, ast.Name | ast.Constant)]
        if len(operands) > limits.COMPILED_OPERANDS_MAX:
            raise NoInlineForm
        return self._computed(node)

    def _computed(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC):
            if isinstance(node.op, ast.Mod | ast.FloorDiv) and not (
                type(self.literal_of(node.right)) is int and self.literal_of(node.right)
            ):
                raise NoInlineForm
            return ast.BinOp(self._computed(node.left), node.op, self._computed(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "abs":
            if len(node.args) != 1 or node.keywords:
                raise NoInlineForm
            self.need_builtin("abs", abs)
            return self.call(abs, self._computed(node.args[0]))
        literal = self.literal_of(node)
        if literal is not MISSING:
            if type(literal) is not int:
                raise NoInlineForm
            self.need_small(literal)
            return number_of(literal)
        value = self.value(node)
        if value.kind is int and value.is_open:  # a length
            return value.load()
        if (value.name, "small") not in self.facts:
            self.facts.add((value.name, "small"))
            self.need_kind(value, int)
            ends: list[ast.expr] = [value.load(), ast.Constant(self._secret.below)]
            low = ast.UnaryOp(ast.USub(), ast.Constant(self._secret.below))
            self.guard(ast.Compare(low, [ast.Lt(), ast.Lt()], ends))
        return value.load()

    def need_small(self, literal: Any) -> None:
        """Refuse a number that a secret may be smaller than, or equal to."""
        if type(literal) not in (int, float) or not abs(literal) < self._secret.below:
            raise NoInlineForm


def number_of(value: Any) -> ast.expr:
    """Return the node of a literal, a negative number too."""
    if type(value) in (int, float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)
