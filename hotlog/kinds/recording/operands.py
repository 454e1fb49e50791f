"""Which values a recording reads, and how: the operands of tests, what is stored into, the variables of a comprehension.

What can be read without running code is read; of all else the parts that can be.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.errors import RuleError
from hotlog.expressions.grammar import Expression, parse
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType

Hides = Any  # as `grammar.parse` takes it

COMPREHENSIONS: Final = {
    ast.ListComp: "<listcomp>",
    ast.SetComp: "<setcomp>",
    ast.DictComp: "<dictcomp>",
    ast.GeneratorExp: "<genexpr>",
}
_OPTIMIZED: Final = 1  # of `co_flags`: its variables are in no namespace


class PlannedRead(NamedTuple):
    """One value that is read.

    Attributes:
        text: what it is called in the recording.
        name: of the variable that it is; empty where it is another expression.
        is_global: the variable is one of the module.
        expression: what else is evaluated.
        is_judged: the name, or what stands beside it, may hide the value.
        is_base: a method of it is called, which may have changed it, if it is a container.
    """

    text: str
    name: str
    is_global: bool
    expression: Expression | None
    is_judged: bool
    is_base: bool = False


class ReadPlanner:
    """Finds what is to be read in the expressions of one code object.

    Args:
        code: whose names they may be.
        hides: which names may not be read.
        judges: whether a name, or what stands beside it, may hide its value.

    Attributes:
        local: the variables of the code itself.
    """

    def __init__(self, code: CodeType, hides: Hides, judges: Callable[[str], bool]) -> None:
        self._hides, self._judges = hides, judges
        self.local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        if not code.co_flags & _OPTIMIZED:  # a module or a class body: its names are in its namespace
            self.local |= {*code.co_names}
        self._known = self.local | {*code.co_names}

    def iter_targets(self, target: ast.expr) -> Iterator[PlannedRead]:
        """Yield what a target stores into."""
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                yield from self.iter_targets(each)
        elif isinstance(target, ast.Starred):
            yield from self.iter_targets(target.value)
        elif (found := self.find_read(target)) is not None:
            yield found

    def list_operands(self, values: Iterable[ast.expr], tested: Iterable[ast.expr]) -> list[PlannedRead]:
        """Return the operands of all tests in these expressions."""
        roots: list[ast.expr] = list(tested)
        for value in values:
            for each in walk_own(value):
                if isinstance(each, ast.Compare):
                    roots += [each.left, *each.comparators]
                elif isinstance(each, ast.BoolOp):
                    roots += each.values
                elif isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not):
                    roots.append(each.operand)
                elif isinstance(each, ast.IfExp):
                    roots.append(each.test)
        return [read for root in roots for read in self._readable(root)]

    def _readable(self, node: ast.AST) -> Iterator[PlannedRead]:
        """Yield the largest parts of an operand that can be read without running code."""
        if isinstance(node, ast.Constant | ast.Lambda) or type(node) in COMPREHENSIONS:
            return
        if isinstance(node, ast.Compare | ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            return  # its operands are roots themselves
        found = self.find_read(node) if isinstance(node, ast.expr) else None
        if found is not None:
            yield found
            return
        for child in ast.iter_child_nodes(node):
            # A method's object is read, the method is not.
            at = (
                child.value
                if isinstance(child, ast.Attribute) and isinstance(node, ast.Call) and child is node.func
                else child
            )
            if not (isinstance(node, ast.Call) and child is node.func and isinstance(child, ast.Name)):
                yield from self._readable(at)

    def find_variable(self, name: str) -> PlannedRead | None:
        """Return how a variable is read; None where the code has no such name: the source is of other code."""
        if name not in self._known:
            return None
        return PlannedRead(name, name, name not in self.local, None, self._judges(name))

    def find_read(self, node: ast.expr) -> PlannedRead | None:
        """Return how an expression is read; None where that would run code."""
        if isinstance(node, ast.Name):
            return self.find_variable(node.id)
        if not isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.BinOp | ast.UnaryOp):
            return None
        text = ast.unparse(node)
        try:
            expression = parse(text, self._hides)
        except RuleError:
            return None
        names = expression.names - expression.calls
        if not names or not names <= self._known:
            return None
        return PlannedRead(text, "", False, expression, self._judges(text.rpartition(".")[2]))


def list_unique(reads: Iterable[PlannedRead]) -> list[PlannedRead]:
    """Return the reads, each text once."""
    return list({read.text: read for read in reads}.values())


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it that run in the same function. Of a comprehension that is the iterable alone."""
    yield node
    if isinstance(node, ast.Lambda):
        return
    if type(node) in COMPREHENSIONS:
        yield from walk_own(node.generators[0].iter)  # type: ignore[attr-defined]
        return
    for child in ast.iter_child_nodes(node):
        yield from walk_own(child)


def list_walrus(node: ast.AST) -> list[str]:
    """Return the names that `:=` binds in a comprehension: they are of the function around it."""
    return [each.target.id for each in ast.walk(node) if isinstance(each, ast.NamedExpr)]


def names_in(target: ast.AST) -> list[str]:
    """Return the names that a target binds."""
    return [
        node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
