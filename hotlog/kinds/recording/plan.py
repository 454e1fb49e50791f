"""What a recording reads at each line of a function, decided once for each code object from its source.

    test    before the line runs: the operands of its tests, without which a wrong type stays invisible
    set     after it has run: the names that it stores, and the attributes and elements
    pass    of a comprehension: its variables and the operands of its filters, as they are when a pass ends

A statement of several lines is one: what it stores is read when control leaves its lines. What the header of a `for`, a `with`,
an `except` or a `case` binds is bound where the next line that runs is one of its body.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.expressions.grammar import Expression, parse
from hotlog.interpreter.quirks import INLINES_COMPREHENSIONS
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType

Hides = Any  # as `grammar.parse` takes it
Span = tuple[int, int]

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES: Final = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS: Final = {
    ast.ListComp: "<listcomp>",
    ast.SetComp: "<setcomp>",
    ast.DictComp: "<dictcomp>",
    ast.GeneratorExp: "<genexpr>",
}
_SKIPPED: Final = (
    *_SCOPES,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.Pass,
    ast.Break,
    ast.Continue,
)
_LOCALS: Final = frozenset({"locals", "vars", "eval", "exec", "dir"})


class Read(NamedTuple):
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


class LinePlan(NamedTuple):
    """What is read at the lines of one statement.

    Attributes:
        tests: before it.
        stores: after it.
        late: operands of tests that are read after it: those of a comprehension's filters.
        unset: names that it deletes.
        span: its first and last line.
        inside: where the next line must be, so that anything has been stored; None: anywhere.
        is_timed: it may take long.
    """

    tests: tuple[Read, ...] = ()
    stores: tuple[Read, ...] = ()
    late: tuple[Read, ...] = ()
    unset: tuple[str, ...] = ()
    span: Span = (0, 0)
    inside: Span | None = None
    is_timed: bool = False

    @property
    def is_pending(self) -> bool:
        """Return whether there is something to do once it has run."""
        return bool(self.stores or self.late or self.unset or self.is_timed)


class CodePlan(NamedTuple):
    """What is read in one code object.

    Attributes:
        code: the code object, which lives as long.
        at: its file, as events say it.
        lines: by line, what is read there.
        busy: the lines at which there is something to do; where each loop comes by, if only to count.
        passes: by line, what a comprehension that is part of the function binds and tests.
        loops: lines that a jump may lead back to from the same statement: each time it runs again.
        arguments: its arguments.
        reads_variables: variables may be read: before 3.13 a function that asks for its own `locals()` would see it.
    """

    code: CodeType
    at: str
    lines: dict[int, LinePlan]
    busy: frozenset[int]
    passes: dict[int, LinePlan]
    loops: frozenset[int]
    arguments: tuple[Read, ...]
    reads_variables: bool


class Sources:
    """The syntax trees of the application's files, as far as recordings need them.

    Args:
        read: returns the text of a file; raises OSError where nobody has it.
        hides: which names may not be read.
        judges: whether a name, or what stands beside it, may hide its value.
    """

    def __init__(self, read: Callable[[str], bytes], hides: Hides, judges: Callable[[str], bool]) -> None:
        self._read, self._hides, self._judges = read, hides, judges
        self._nodes: dict[str, dict[tuple[str, int], list[ast.AST]]] = {}
        self.lines: dict[str, list[str]] = {}

    def load(self, file: str) -> None:
        """Parse a file, once; one that cannot be read or parsed has no nodes."""
        if file in self._nodes:
            return
        nodes: dict[tuple[str, int], list[ast.AST]] = {}
        self._nodes[file] = nodes
        self.lines[file] = []
        try:
            data = self._read(file)
            if len(data) > limits.RECORD_SOURCE_MAX_BYTES:
                return
            tree = ast.parse(data)
            self.lines[file] = data.decode("utf-8-sig").split("\n")
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return
        nodes["<module>", 1] = [tree]
        for node in ast.walk(tree):
            key = _key_of(node)
            if key is not None:
                nodes.setdefault(key, []).append(node)

    def plan(self, code: CodeType, at: str) -> CodePlan:
        """Return what is read in a code object. Without its source: the way, arguments and results."""
        file = code.co_filename
        self.load(file)
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        arguments = tuple(
            Read(name, name, False, None, self._judges(name))
            for name in code.co_varnames[:count]
            if name.isidentifier()
        )
        reads = sys.version_info >= (3, 13) or _LOCALS.isdisjoint(code.co_names)
        empty = CodePlan(code, at, {}, frozenset(), {}, frozenset(), arguments, reads)
        if not reads:
            return empty._replace(arguments=())
        name = code.co_name
        found = self._nodes[file].get((name, 1 if name == "<module>" else code.co_firstlineno), ())
        fitting = [node for node in found if _may_be(node, code)]
        if len(fitting) != 1:
            return empty  # nobody knows which of several lambdas on one line it is
        return _Planner(code, fitting[0], self._hides, self._judges).plan(empty)


def _key_of(node: ast.AST) -> tuple[str, int] | None:
    """Return name and first line of the code object that a node becomes; None where it becomes none."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])
    if isinstance(node, ast.Lambda):
        return "<lambda>", node.lineno
    at: Any = node
    name = _COMPREHENSIONS.get(type(at))
    return (name, at.lineno) if name else None


def _may_be(node: Any, code: CodeType) -> bool:
    """Return whether code may have been made of a node, by the names that both bind."""
    known = {*code.co_varnames, *code.co_cellvars, *code.co_freevars, *code.co_names}
    if type(node) in _COMPREHENSIONS:
        return all(name in known for each in node.generators for name in _names_in(each.target))
    if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
        of = node.args
        every = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
        return {each.arg for each in every} <= known
    return True


def _names_in(target: ast.AST) -> list[str]:
    return [
        node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


class _Planner:
    """Makes the plan of one code object from its node."""

    def __init__(self, code: CodeType, node: Any, hides: Hides, judges: Callable[[str], bool]) -> None:
        self._node, self._hides, self._judges = node, hides, judges
        self._local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        if not code.co_flags & 1:  # a module or a class body: its names are in its namespace
            self._local |= {*code.co_names}
        self._known = self._local | {*code.co_names}
        self._lines: dict[int, LinePlan] = {}
        self._passes: dict[int, LinePlan] = {}
        self._loops: set[int] = set()
        self._counted: set[int] = set()

    def plan(self, empty: CodePlan) -> CodePlan:
        """Return the plan."""
        node = self._node
        if type(node) in _COMPREHENSIONS:
            plan = self._of_comprehension(node)
            self._lines = dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), plan)
            self._loops.update(self._lines)
        elif isinstance(node, ast.Lambda):
            self._add(node.body, (node.body.lineno, node.body.end_lineno or 0), [node.body], [])
        else:
            self._block(node.body)
        busy = frozenset({*self._lines, *self._counted})
        return empty._replace(lines=self._lines, busy=busy, passes=self._passes, loops=frozenset(self._loops))

    # --- statements ----------------------------------------------------------------------------------------------------

    def _block(self, body: Iterable[ast.stmt]) -> None:
        for each in body:
            if not isinstance(each, _SKIPPED):
                self._statement(each)

    def _statement(self, node: Any) -> None:  # noqa: C901, PLR0912 -- one branch for each kind
        """Plan one statement, and those within it."""
        first, last = node.lineno, node.end_lineno
        body: list[ast.stmt] = getattr(node, "body", [])
        if isinstance(node, ast.If | ast.While):
            self._add(node, (first, node.test.end_lineno), [node.test], [], tested=[node.test])
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._add(node, (first, node.iter.end_lineno), [node.iter], [node.target], inside=_span_of(body))
        elif isinstance(node, ast.With | ast.AsyncWith):
            targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
            inside = _span_of(body) if body[0].lineno > first else None
            header = max(item.context_expr.end_lineno or first for item in node.items)
            self._add(
                node,
                (first, header),
                [item.context_expr for item in node.items],
                targets,
                inside=inside,
                timed=True,
            )
        elif isinstance(node, ast.Match):
            self._add(node, (first, node.subject.end_lineno), [node.subject], [], tested=[node.subject])
            for case in node.cases:
                self._case(case)
        elif isinstance(node, ast.Try | ast.TryStar):
            for handler in node.handlers:
                self._handler(handler)
        elif isinstance(node, ast.Assert):
            self._add(node, (first, last), [node.test], [], tested=[node.test])
        else:
            self._simple(node, (first, last))
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            self._counted.update((first, body[0].lineno))
            if body[0].lineno == first:
                self._loops.add(first)
            elif len(body) == 1 and (body[0].end_lineno or 0) > body[0].lineno:
                self._loops.update(range(body[0].lineno, (body[0].end_lineno or 0) + 1))
        for name in ("body", "orelse", "finalbody"):
            self._block(getattr(node, name, ()))
        for each in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            self._block(each.body)

    def _simple(self, node: Any, span: Span) -> None:
        if isinstance(node, ast.Assign):
            self._add(node, span, [node.value], node.targets)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            self._add(node, span, [node.value] if node.value else [], [node.target] if node.value else [])
        elif isinstance(node, ast.Delete):
            unset = tuple(each.id for each in node.targets if isinstance(each, ast.Name))
            inner = [each.value for each in node.targets if isinstance(each, ast.Subscript)]
            self._add(node, span, [], [], bases=inner, unset=unset)
        elif isinstance(node, ast.Expr):
            call = node.value.value if isinstance(node.value, ast.Await) else node.value
            has_base = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            self._add(node, span, [node.value], [], bases=[call.func.value] if has_base else [], timed=True)  # type: ignore[attr-defined]
        elif isinstance(node, ast.Return | ast.Raise):
            value = node.value if isinstance(node, ast.Return) else node.exc
            self._add(node, span, [value] if value is not None else [], [])

    def _case(self, case: ast.match_case) -> None:
        bound = [
            each.name if not isinstance(each, ast.MatchMapping) else each.rest
            for each in ast.walk(case.pattern)
            if isinstance(each, ast.MatchAs | ast.MatchStar | ast.MatchMapping)
        ]
        names = [name for name in bound if name]
        tests = self._operands([case.guard], [case.guard]) if case.guard is not None else []
        self._put(
            case.pattern.lineno,
            LinePlan(
                tests=tuple(each for each in tests if each.name and each.name not in names),
                stores=tuple(filter(None, map(self._variable, names))),
                span=(case.pattern.lineno, (case.guard or case.pattern).end_lineno or 0),
                inside=_span_of(case.body),
            ),
        )

    def _handler(self, handler: ast.ExceptHandler) -> None:
        found = self._variable(handler.name) if handler.name else None
        if found is not None:
            line = handler.lineno
            self._put(line, LinePlan(stores=(found,), span=(line, line), inside=_span_of(handler.body)))

    def _add(  # noqa: PLR0913 -- what statements may have
        self,
        node: Any,
        span: tuple[int, int | None],
        values: list[ast.expr],
        targets: list[ast.expr],
        *,
        tested: list[ast.expr] | None = None,
        bases: Iterable[ast.expr] = (),
        inside: Span | None = None,
        unset: tuple[str, ...] = (),
        timed: bool = False,
    ) -> None:
        """Plan what a statement with these expressions reads, stores and deletes.

        Args:
            node: the statement.
            span: its lines, or those of its header.
            values: the expressions that it evaluates.
            targets: what it stores into.
            tested: expressions that it asks for their truth.
            bases: what it changes in some other way.
            inside: as of `LinePlan`.
            unset: names that it deletes.
            timed: it may take long, whatever it stores.
        """
        stored = [read for target in targets for read in self._targets(target)]
        stored += [read._replace(is_base=True) for base in bases if (read := self._read(base)) is not None]
        for value in values:
            for each in _walk_own(value):
                if isinstance(each, ast.NamedExpr):
                    stored += filter(None, [self._variable(each.target.id)])
                elif type(each) in _COMPREHENSIONS:
                    stored += filter(None, map(self._variable, _walrus_in(each)))
                    if INLINES_COMPREHENSIONS and not isinstance(each, ast.GeneratorExp):
                        self._pass(each)
                elif isinstance(each, ast.Call | ast.Await | ast.Yield | ast.YieldFrom):
                    timed = True
        plan = LinePlan(
            tests=tuple(_unique(self._operands(values, tested or []))),
            stores=tuple(_unique(stored)),
            unset=tuple(name for name in unset if name in self._local),
            span=(span[0], span[1] or span[0]),
            inside=inside,
            is_timed=timed,
        )
        if plan.tests or plan.is_pending:
            self._put(node.lineno, plan)

    def _put(self, line: int, plan: LinePlan) -> None:
        """Keep the plan of a line; several statements on one line have one."""
        known = self._lines.get(line)
        if known is not None:
            plan = LinePlan(
                tuple(_unique([*known.tests, *plan.tests])),
                tuple(_unique([*known.stores, *plan.stores])),
                (),
                known.unset + plan.unset,
                (line, max(known.span[1], plan.span[1])),
                known.inside or plan.inside,
                known.is_timed or plan.is_timed,
            )
        self._lines[line] = plan

    # --- comprehensions ------------------------------------------------------------------------------------------------

    def _pass(self, node: Any) -> None:
        plan = self._of_comprehension(node)
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        self._passes.update(dict.fromkeys(lines, plan))
        if plan.late:
            self._loops.update(lines)

    def _of_comprehension(self, node: Any) -> LinePlan:
        tested = [test for each in node.generators for test in each.ifs]
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        names = [name for each in node.generators for name in _names_in(each.target)]
        return LinePlan(
            stores=tuple(filter(None, map(self._variable, names))),
            late=tuple(_unique(self._operands([*tested, *values], tested))),
            span=(node.lineno, node.end_lineno or node.lineno),
        )

    # --- what is read --------------------------------------------------------------------------------------------------

    def _targets(self, target: ast.expr) -> Iterator[Read]:
        """Yield what a target stores into."""
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                yield from self._targets(each)
        elif isinstance(target, ast.Starred):
            yield from self._targets(target.value)
        elif (found := self._read(target)) is not None:
            yield found

    def _operands(self, values: Iterable[ast.expr], tested: Iterable[ast.expr]) -> list[Read]:
        """Return the operands of all tests in these expressions."""
        roots: list[ast.expr] = list(tested)
        for value in values:
            for each in _walk_own(value):
                if isinstance(each, ast.Compare):
                    roots += [each.left, *each.comparators]
                elif isinstance(each, ast.BoolOp):
                    roots += each.values
                elif isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not):
                    roots.append(each.operand)
                elif isinstance(each, ast.IfExp):
                    roots.append(each.test)
        return [read for root in roots for read in self._readable(root)]

    def _readable(self, node: ast.AST) -> Iterator[Read]:
        """Yield the largest parts of an operand that can be read without running code."""
        if isinstance(node, ast.Constant | ast.Lambda) or type(node) in _COMPREHENSIONS:
            return
        if isinstance(node, ast.Compare | ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            return  # its operands are roots themselves
        found = self._read(node) if isinstance(node, ast.expr) else None
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

    def _variable(self, name: str) -> Read | None:
        if name not in self._known:
            return None  # the source is of other code
        return Read(name, name, name not in self._local, None, self._judges(name))

    def _read(self, node: ast.expr) -> Read | None:
        """Return how an expression is read; None where that would run code."""
        if isinstance(node, ast.Name):
            return self._variable(node.id)
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
        return Read(text, "", False, expression, self._judges(text.rpartition(".")[2]))


def _span_of(body: list[ast.stmt]) -> Span:
    return body[0].lineno, body[-1].end_lineno or body[-1].lineno


def _unique(reads: Iterable[Read]) -> list[Read]:
    return list({read.text: read for read in reads}.values())


def _walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it that run in the same function. Of a comprehension that is the iterable alone."""
    yield node
    if isinstance(node, ast.Lambda):
        return
    if type(node) in _COMPREHENSIONS:
        yield from _walk_own(node.generators[0].iter)  # type: ignore[attr-defined]
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk_own(child)


def _walrus_in(node: ast.AST) -> list[str]:
    return [each.target.id for each in ast.walk(node) if isinstance(each, ast.NamedExpr)]
