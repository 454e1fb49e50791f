"""Guards of a test that is written into a function: what must hold of a value before anything is asked of it.

    type(event) is dict and event.__sizeof__() in TEXT_KEYED

A guard runs no code of the application's and raises nothing. What was found once on the way to a node is not asked again there.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.expressions.compiled.exact_kinds import MISSING
from hotlog.expressions.compiled.plain_reads import TEXT_KEYED
from hotlog.expressions.vocabulary import TYPES
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hotlog.expressions.compiled.condition_test import CompiledTest

_AND: Final = ast.And()
_OR: Final = ast.Or()
_LOAD: Final = ast.Load()
TEMPORARY: Final = "hotlog:"  # how the variables of a test begin: no source can name them
_ALWAYS_READ: Final = 2  # the left side, the operator, the first right side of a comparison


class Keeper:
    """Puts constants among those of a probe, each once.

    Args:
        constants: what the probe's sentinels become.
        sentinels: the text that stands for each.
        prefix: of the texts; no other probe has it.
    """

    def __init__(self, constants: dict[str, object], sentinels: dict[str, str], prefix: str) -> None:
        self._constants, self._sentinels, self._prefix = constants, sentinels, prefix

    def __call__(self, value: object) -> str:
        """Return the text that stands for a value."""
        name = f"kept {id(value)}"  # it is kept: no other gets its id
        if name not in self._constants:
            self._constants[name] = value
            self._sentinels[name] = f"{self._prefix}{len(self._constants)}"
        return self._sentinels[name]


class NoInlineForm(Exception):  # noqa: N818 -- no error: the compiled test decides
    """The condition holds something that is not tested in place."""


class NamesThere(NamedTuple):
    """What names mean where the test is put in.

    Attributes:
        may_bind: every name that the definition around it may bind; others are globals, or builtins.
        around: the names that may stand beside those that it reads.
        in_function: variables can be bound there that nobody sees.
        has_builtins: the function sees Python's own builtins: looking up `len` cannot fail.
    """

    may_bind: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()
    in_function: bool = True
    has_builtins: bool = True


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


class GuardWriter:
    """Notes the guards that come before a test.

    Args:
        bound: locals that are certainly bound there.
        keep: gives the text that stands for a constant.
        test: what is secret.
        names: which names are what.
    """

    def __init__(
        self,
        bound: frozenset[str],
        keep: Callable[[object], str],
        test: CompiledTest,
        names: NamesThere,
    ) -> None:
        self._bound, self._keep, self._secret, self._names = bound, keep, test, names
        self._around = frozenset(map(str.lower, names.around))
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
        if not self._names.in_function:
            raise NoInlineForm
        name = f"{TEMPORARY}{len(self.temporaries)}"
        self.temporaries.append(name)
        first = ast.NamedExpr(ast.Name(name, ast.Store()), made)
        return Operand(name, lambda: ast.Name(name, _LOAD), kind, first=first, is_open=is_open)

    def meaning_of(self, name: str, builtin: object) -> ast.expr:
        """Return what a name means there that nothing around it binds: a global, or the builtin."""
        if self._names.has_builtins:
            return ast.Name(name, _LOAD)
        get = ast.Attribute(self.call(globals), "get", _LOAD)
        return ast.Call(get, [ast.Constant(name), self.constant(builtin)], [])

    def need_builtin(self, name: str, builtin: object) -> None:
        """Note the guard that a name still means the builtin."""
        if name in self._names.may_bind:
            raise NoInlineForm
        if ("", name) not in self.facts:
            self.facts.add(("", name))
            self.guard(same(self.meaning_of(name, builtin), self.constant(builtin)))

    def type_of(self, node: ast.expr) -> type:
        """Return the builtin type that a name means, behind a guard that it does."""
        if not isinstance(node, ast.Name) or node.id not in TYPES:
            raise NoInlineForm
        kind: type = TYPES[node.id]
        self.need_builtin(node.id, kind)
        return kind


def is_bound_where_read(test: ast.expr) -> bool:
    """Return whether each variable of a written test is bound on every way to where it is read: else it would raise there."""
    try:
        _follow(test, frozenset())
    except NoInlineForm:
        return False
    return True


def _follow(node: ast.expr, bound: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return which variables are bound behind an expression: where it is true, and where it is false."""
    if isinstance(node, ast.BoolOp):
        true = false = bound
        is_and = isinstance(node.op, ast.And)
        ends: list[frozenset[str]] = []
        for value in node.values:
            true, false = _follow(value, true if is_and else false) if ends else _follow(value, bound)
            ends.append(false if is_and else true)
        met = frozenset.intersection(*ends)
        return (true, met) if is_and else (met, false)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _follow(node.operand, bound)[::-1]
    if isinstance(node, ast.IfExp):
        true, false = _follow(node.test, bound)
        ways = (*_follow(node.body, true), *_follow(node.orelse, false))
        return ways[0] & ways[2], ways[1] & ways[3]
    if isinstance(node, ast.NamedExpr):
        bound = _follow(node.value, bound)[0] | {node.target.id}
        return bound, bound
    if isinstance(node, ast.Name):
        if node.id.startswith(TEMPORARY) and node.id not in bound:
            raise NoInlineForm
        return bound, bound
    behind = bound
    for number, each in enumerate(ast.iter_child_nodes(node)):
        if isinstance(each, ast.expr):
            true, false = _follow(each, behind)
            # What stands behind the second operator of a chain is not always come to.
            behind = true & false if not isinstance(node, ast.Compare) or number <= _ALWAYS_READ else behind
    return behind, behind


def same(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left is right`."""
    return ast.Compare(left, [ast.Is()], [right])


def either(checks: Sequence[ast.expr]) -> ast.expr:
    """Return the checks with `or` between them."""
    return checks[0] if len(checks) == 1 else ast.BoolOp(_OR, list(checks))


def both(checks: Sequence[ast.expr]) -> ast.expr:
    """Return the checks with `and` between them."""
    return checks[0] if len(checks) == 1 else ast.BoolOp(_AND, list(checks))
