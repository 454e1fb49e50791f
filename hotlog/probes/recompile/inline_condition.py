"""A condition as ordinary Python: the test a developer would have typed, behind guards on the types of its operands.

    total > 100  ──>  (total > 100 if type(total) is int or type(total) is float else may_hold(total))

    a > 1 and b > 2  ──>  ((b > 2 if type(b) is int else may_hold(a, b)) if a > 1 else False) if type(a) is int else may_hold(a, b)

What is not simple enough to be tested in place is left to `may_hold`, one function for the whole condition (`expressions/
compiled/`); so is a value for which the guards do not hold. Where they do, no code of the application's can run, nothing is raised,
and a false condition costs a few nanoseconds. When the test is true the hook decides: nothing is emitted that the evaluator would
not let through.

Only what tells nothing about a secret is tested in place, because a false result is visible in the counts. A comparison with a
literal that is no secret has the same answer for every secret: all of them are larger numbers, or other texts. Of two variables
one must be a number below what may be secret, or both texts that are known to hold none. Arithmetic could take a secret apart: its
operands must be such numbers.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.expressions.compiled.code_writer import KNOWN_CALLS
from hotlog.expressions.compiled.exact_kinds import MISSING
from hotlog.expressions.compiled.plain_reads import NO
from hotlog.namedtuple import NamedTuple
from hotlog.probes.recompile.inline_guards import (
    NamesThere,
    NoInlineForm,
    Operand,
    both,
    either,
    is_bound_where_read,
    same,
)
from hotlog.probes.recompile.inline_values import InlineValueWriter, number_of
from hotlog.reading.classes import find_loaded, is_heap

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.expressions.compiled.condition_test import CompiledTest

    Way = Callable[[], ast.expr]

_ORDERINGS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_CONTAINERS: Final = (list, dict)
_FLAGS: Final = (str, int, list, dict, tuple, float)
_ANY_NAMES: Final = NamesThere()


class InlineTest(NamedTuple):
    """A test to compile into a function.

    Attributes:
        test: false where the condition is certainly false.
        temporaries: the variables that it may leave bound.
    """

    test: ast.expr
    temporaries: tuple[str, ...] = ()


def make_inline_test(
    condition: ast.expr,
    test: CompiledTest,
    bound: frozenset[str],
    there: NamesThere,
    keep: Callable[[object], str],
) -> InlineTest | None:
    """Return the test to put into a function, with the call of `may_hold` where that decides; None where there is none.

    Args:
        condition: a checked expression of the rule language.
        test: makes `may_hold`, and tells what is secret.
        bound: locals that are certainly bound there.
        there: which names are what.
        keep: gives, for a constant, the sentinel that stands for it.
    """
    names, calls = tuple(sorted(test.names & bound)), tuple(sorted(test.calls))
    may_hold = test.make(names, calls, there.around) if test.calls.isdisjoint(there.may_bind) else None
    if may_hold is None:
        return inline_condition(condition, bound, keep, test, None, there)
    writer = InlineValueWriter(bound, keep, test, there)

    def asked() -> ast.expr:
        meanings = [writer.meaning_of(name, KNOWN_CALLS[name]) for name in calls]
        return writer.call(may_hold, *(ast.Name(name, ast.Load()) for name in names), *meanings)

    return inline_condition(condition, bound, keep, test, asked, there)


def inline_condition(
    condition: ast.expr,
    bound: frozenset[str],
    keep: Callable[[object], str],
    test: CompiledTest,
    asked: Way | None = None,
    names: NamesThere = _ANY_NAMES,
) -> InlineTest | None:
    """Return the test to compile into the function; None where there is none.

    Args:
        condition: a checked expression of the rule language.
        bound: locals that are certainly bound there.
        keep: gives, for a constant, the sentinel that stands for it.
        test: what is secret.
        asked: makes the call of `may_hold`; None: it is not there, and the hook decides.
        names: which names are what.
    """
    otherwise: Way = asked if asked is not None else _true
    writer = _TestWriter(bound, keep, test, names)
    try:
        written = writer.test(condition, otherwise)
        if not is_bound_where_read(written):
            raise NoInlineForm  # noqa: TRY301 -- as if it had no form
    except NoInlineForm:
        return InlineTest(otherwise()) if asked is not None else None
    return InlineTest(written, tuple(writer.temporaries))


class _TestWriter(InlineValueWriter):
    """Writes the test of a whole condition."""

    def test(self, node: ast.expr, otherwise: Way) -> ast.expr:
        """Return the test; its guards lead to `otherwise`."""
        self._otherwise = otherwise
        self._leaves = 0
        return self._write(node, _true, _false)

    def _write(self, node: ast.expr, yes: Way, no: Way) -> ast.expr:
        """Return an expression that goes on with `yes` or `no`, or leaves it to the compiled test."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._write(node.operand, no, yes)
        if isinstance(node, ast.BoolOp):
            first, *rest = node.values
            more = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            if isinstance(node.op, ast.And):
                return self._write(first, lambda: self._write(more, yes, no), no)
            return self._write(first, yes, lambda: self._write(more, yes, no))
        if isinstance(node, ast.IfExp):
            return self._write(
                node.test, lambda: self._write(node.body, yes, no), lambda: self._write(node.orelse, yes, no)
            )
        if isinstance(node, ast.Compare):
            return self._comparison(node, yes, no)
        return self._leaf(node, yes, no)

    def _comparison(self, node: ast.Compare, yes: Way, no: Way) -> ast.expr:
        if len(node.ops) > 1:
            return self._chain(node, yes, no)
        if isinstance(node.left, ast.BoolOp | ast.IfExp):
            return self._with_choice(node, node.left, yes, no)
        return self._leaf(node, yes, no)

    def _with_choice(self, node: ast.Compare, side: ast.BoolOp | ast.IfExp, yes: Way, no: Way) -> ast.expr:
        """Write `(x or 0) > 9` and `(x if ok else y) > 9`: the comparison stands on each way."""

        def compare(left: ast.expr) -> ast.expr:
            return self._write(ast.Compare(left, node.ops, node.comparators), yes, no)

        if isinstance(side, ast.IfExp):
            return self._write(side.test, lambda: compare(side.body), lambda: compare(side.orelse))
        first, *rest = side.values
        if not isinstance(first, ast.Name):  # it is read twice
            raise NoInlineForm
        more = rest[0] if len(rest) == 1 else ast.BoolOp(side.op, rest)
        if isinstance(side.op, ast.Or):
            return self._write(first, lambda: compare(first), lambda: compare(more))
        return self._write(first, lambda: compare(more), lambda: compare(first))

    def _chain(self, node: ast.Compare, yes: Way, no: Way) -> ast.expr:
        """Write `0 < x < 10`: what stands in the middle is a name, and read twice."""
        sides = [node.left, *node.comparators]
        if not all(
            isinstance(each, ast.Name) or self.literal_of(each) is not MISSING for each in sides[1:-1]
        ):
            raise NoInlineForm
        pairs: list[ast.expr] = [
            ast.Compare(left, [op], [right])
            for left, op, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return self._write(ast.BoolOp(ast.And(), pairs), yes, no)

    def _leaf(self, node: ast.expr, yes: Way, no: Way) -> ast.expr:
        self._leaves += 1
        if self._leaves > limits.COMPILED_WAYS_MAX:
            raise NoInlineForm
        before, self.guards = self.guards, []
        test = self._compared(node) if isinstance(node, ast.Compare) else self._truth(node)
        guards, self.guards = self.guards, before
        facts = set(self.facts)  # what is known here is known on both ways, and nowhere else
        body = yes()
        self.facts = set(facts)
        orelse = no()
        self.facts = facts
        if _is(body, True) and _is(orelse, False):
            written = test
        elif _is(body, False) and _is(orelse, True):
            written = ast.UnaryOp(ast.Not(), test)
        else:
            written = ast.IfExp(test, body, orelse)
        return ast.IfExp(both(guards), written, self._otherwise()) if guards else written

    def _truth(self, node: ast.expr) -> ast.expr:
        if self.is_arithmetic(node):
            return self.arithmetic(node)
        value = self.value(node)
        if value.kind is None and ("truth", value.name) not in self.facts:
            first = _CONTAINERS if value.name.endswith("s") and value.name in self._bound else ()
            several = [self.is_kind(value, *first)] if first else []
            single = [same(value.load(), ast.Constant(each)) for each in (True, False, None)]
            self.guard(either([*several, *single, self.is_kind(value, *_FLAGS)]))
            self.facts.add(("truth", value.name))
        return value.load()

    def _compared(self, node: ast.Compare) -> ast.expr:
        left, op, right = node.left, node.ops[0], node.comparators[0]
        if isinstance(op, ast.Is | ast.IsNot):
            return self._identity(left, op, right)
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(left, op, right)
        if not isinstance(op, _ORDERINGS):
            raise NoInlineForm
        literals = [self.literal_of(left), self.literal_of(right)]
        if literals[0] is MISSING and literals[1] is MISSING:
            return self._two(left, op, right)
        if literals[0] is not MISSING and literals[1] is not MISSING:
            return self._folded(op, *literals)
        literal = literals[0] if literals[1] is MISSING else literals[1]
        subject = self._subject(right if literals[1] is MISSING else left, op, literal)
        one, other = (
            (subject, number_of(literal)) if literals[1] is not MISSING else (number_of(literal), subject)
        )
        return ast.Compare(one, [op], [other])

    def _folded(self, op: ast.cmpop, left: Any, right: Any) -> ast.expr:
        """Write `0 > 9`, as it stands behind `x or 0`."""
        for literal in (left, right):
            self.need_small(literal)
        return ast.Compare(number_of(left), [op], [number_of(right)])

    def _subject(self, node: ast.expr, op: ast.cmpop, literal: Any) -> ast.expr:
        """Return what is compared with a literal."""
        kind = type(literal)
        is_equality = isinstance(op, ast.Eq | ast.NotEq)
        if kind is str:
            if not is_equality or not self._secret.shows(literal):
                raise NoInlineForm
            value = self.value(node)
            self._need_any(value, str, *((None,) if is_equality else ()))
            return value.load()
        self.need_small(literal)
        if self.is_arithmetic(node):
            return self.arithmetic(node)
        value = self.value(node)
        kinds: tuple[type | None, ...] = (int, float) if kind is int else (float, int)
        self._need_any(value, *kinds, *((None,) if is_equality else ()))
        return value.load()

    def _need_any(self, value: Operand, *kinds: type | None) -> None:
        if value.kind is None:
            self.need_kind(value, *kinds)
        elif value.kind not in kinds:
            raise NoInlineForm

    def _identity(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
        if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "type":
            return self._is_type(left, op, right)
        node, literal = (left, self.literal_of(right))
        if literal is MISSING:
            node, literal = right, self.literal_of(left)
        if literal is not None and type(literal) is not bool:
            raise NoInlineForm
        if (
            isinstance(node, ast.Name) and node.id in self._bound
        ):  # what it is tells nothing of what is beside it
            return ast.Compare(ast.Name(node.id, ast.Load()), [op], [ast.Constant(literal)])
        value = self.value(node)
        if value.kind is not None:
            raise NoInlineForm
        if (value.name, "there") not in self.facts:
            self.facts.add((value.name, "there"))
            self.guard(ast.Compare(value.load(), [ast.IsNot()], [self.constant(NO)]))
        return ast.Compare(value.load(), [op], [ast.Constant(literal)])

    def _is_type(self, call: ast.Call, op: ast.cmpop, right: ast.expr) -> ast.expr:
        """Write `type(x) is str`."""
        if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Name):
            raise NoInlineForm
        self.need_builtin("type", type)
        kind = self.type_of(right)
        value = self.value(call.args[0])
        if value.name not in self._bound:
            raise NoInlineForm
        return ast.Compare(self.call(type, value.load()), [op], [self.constant(kind)])

    def _membership(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
        if isinstance(right, ast.Tuple | ast.List | ast.Set):
            return self._among(left, op, right)
        text = self.literal_of(left)
        if text is MISSING:
            return self._key_membership(left, op, right)
        if type(text) is not str or not self._secret.shows(text):
            raise NoInlineForm
        container = self.value(right)
        if ("holds", container.name) not in self.facts:
            self.facts.add(("holds", container.name))
            is_text = both([self.is_kind(container, str), self.is_shown(container)])
            is_dict = both([self.is_kind(container, dict), self.is_text_keyed(container)])
            self.guard(either([is_text, is_dict]))
        return ast.Compare(ast.Constant(text), [op], [container.load()])

    def _key_membership(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
        """Write `key in cache`: a text that holds no secret, in an exact dict."""
        key = self.value(left)
        self.need_text(key)
        container = self.value(right)
        self.need_kind(container, dict)
        self.guard(self.is_text_keyed(container))
        return ast.Compare(key.load(), [op], [container.load()])

    def _among(self, left: ast.expr, op: ast.cmpop, right: ast.Tuple | ast.List | ast.Set) -> ast.expr:
        """Write `x in (1, 2)`."""
        literals = [self.literal_of(each) for each in right.elts]
        kinds = set(map(type, literals))
        if kinds == {str}:
            if not all(map(self._secret.shows, literals)):
                raise NoInlineForm
            wanted: tuple[type, ...] = (str,)
        elif kinds and kinds <= {int, float}:
            for literal in literals:
                self.need_small(literal)
            wanted = (int, float)
        else:
            raise NoInlineForm
        value = self.value(left)
        self._need_any(value, *wanted)
        elements = [number_of(each) for each in literals]
        container = ast.Set(elements) if isinstance(right, ast.Set) else ast.Tuple(elements, ast.Load())
        return ast.Compare(value.load(), [op], [container])

    def _two(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
        """Write the comparison of two values: numbers of which one is small, or texts without a secret."""
        if self.is_arithmetic(left) or self.is_arithmetic(right):
            return ast.Compare(self.arithmetic(left), [op], [self.arithmetic(right)])
        one, other = self.value(left), self.value(right)
        is_equality = isinstance(op, ast.Eq | ast.NotEq)
        fact = ("two", "equality" if is_equality else "order", one.name, other.name)
        if one.kind is not None or other.kind is not None:
            raise NoInlineForm
        if fact not in self.facts:
            self.facts.add(fact)
            for each in (one, other):  # each is read before the ways part
                if each.name not in self._bound:
                    self.guard(ast.Compare(each.load(), [ast.IsNot()], [self.constant(NO)]))
            small = [
                ast.Compare(each.load(), [ast.Lt()], [ast.Constant(self._secret.below)])
                for each in (other, one)
            ]
            numbers = both([self.is_kind(one, int, float), self.is_kind(other, int, float), either(small)])
            # Both must be: where one alone were enough, a right guess would be asked of the evaluator, and a wrong one not.
            shown = [self.is_shown(one), self.is_shown(other)]
            texts = both([self.is_kind(one, str), self.is_kind(other, str), *shown])
            dates = [both([self.is_kind(each, kind) for each in (one, other)]) for kind in _loaded_dates()]
            likely = [numbers, texts]
            if is_equality and len(one.name) > 1 and len(other.name) > 1:
                likely.reverse()  # who compares `count` with `total` mostly wants to know which is larger
            self.guard(either([*likely, *dates]))
        return ast.Compare(one.load(), [op], [other.load()])


def _loaded_dates() -> list[type]:
    """Return the types in C whose comparison asks nobody: no time zone has a say in it."""
    found = [find_loaded("datetime", name) for name in ("date", "timedelta")]
    return [kind for kind in found if type(kind) is type and not is_heap(kind)]


def _true() -> ast.expr:
    return ast.Constant(value=True)


def _false() -> ast.expr:
    return ast.Constant(value=False)


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
