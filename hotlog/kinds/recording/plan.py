"""What a recording reads at each line of a function, decided once for each code object from its source.

    test    before the line runs: the operands of its tests, without which a wrong type stays invisible
    set     after it has run: the names that it stores, and the attributes and elements
    pass    of a comprehension: its variables and the operands of its filters, as they are when a pass ends

A statement of several lines is one: what it stores is read when control leaves its lines. What the header of a `for`, a `with`,
an `except` or a `case` binds is bound where the next line that runs is one of its body.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__
from hotlog.interpreter.quirks import INLINES_COMPREHENSIONS
from hotlog.kinds.recording.operands import (
    COMPREHENSIONS,
    ReadPlanner,
    list_unique,
    list_walrus,
    names_in,
    walk_own,
)
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

    from hotlog.kinds.recording.operands import Hides, PlannedRead

Span = tuple[int, int]

_SKIPPED: Final = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.Pass,
    ast.Break,
    ast.Continue,
)


class LinePlan:
    """What is read at the lines of one statement. No named tuple: it is looked at in each line.

    Attributes:
        tests: before it.
        stores: after it.
        late: operands of tests that are read after it: those of a comprehension's filters.
        unset: names that it deletes.
        first: its first line.
        last: its last line.
        inside: where the next line must be, so that anything has been stored; None: anywhere.
        is_timed: it may take long.
        is_pending: there is something to do once it has run.
        is_plain: that is to read what it stores, whatever comes next.
        only: the one variable that it stores, where that is all, and nothing hides its value; else empty.
        is_short: that is all that is read at its line.
    """

    __slots__ = (
        "first", "inside", "is_pending", "is_plain", "is_short", "is_timed", "last", "late", "only", "stores", "tests", "unset",
    )  # fmt: skip

    def __init__(
        self,
        span: Span,
        *,
        tests: Iterable[PlannedRead] = (),
        stores: Iterable[PlannedRead] = (),
        late: Iterable[PlannedRead] = (),
        unset: tuple[str, ...] = (),
        inside: Span | None = None,
        is_timed: bool = False,
    ) -> None:
        self.first, self.last = span
        self.tests, self.stores, self.late = tuple(tests), tuple(stores), tuple(late)
        self.unset, self.inside, self.is_timed = unset, inside, is_timed
        others = bool(self.late or unset or is_timed)
        self.is_pending = bool(self.stores) or others
        self.is_plain = not others and inside is None and self.first == self.last
        one = self.stores[0] if len(self.stores) == 1 else None
        is_local = one is not None and not (one.is_global or one.is_judged or one.is_base)
        self.only = one.name if one is not None and is_local else ""
        self.is_short = bool(self.only) and self.is_plain and not self.tests


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
    """

    code: CodeType
    at: str
    lines: dict[int, LinePlan]
    busy: frozenset[int]
    passes: dict[int, LinePlan]
    loops: frozenset[int]
    arguments: tuple[PlannedRead, ...]


def plan_code(empty: CodePlan, node: Any, hides: Hides, judges: Callable[[str], bool]) -> CodePlan:
    """Return what is read in a code object, from the node that it was made of.

    Args:
        empty: what is known without its source.
        node: of its module's syntax tree.
        hides: which names may not be read.
        judges: whether a name, or what stands beside it, may hide its value.
    """
    return _Planner(empty.code, node, hides, judges).plan(empty)


class _Planner:
    """Makes the plan of one code object from its node."""

    def __init__(self, code: CodeType, node: Any, hides: Hides, judges: Callable[[str], bool]) -> None:
        self._node = node
        self._reads = ReadPlanner(code, hides, judges)
        self._lines: dict[int, LinePlan] = {}
        self._passes: dict[int, LinePlan] = {}
        self._loops: set[int] = set()
        self._counted: set[int] = set()

    def plan(self, empty: CodePlan) -> CodePlan:
        """Return the plan."""
        node = self._node
        if type(node) in COMPREHENSIONS:
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

    def _statement(self, node: Any) -> None:
        """Plan one statement, and those within it."""
        self._header(node)
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            self._loop(node.lineno, node.body)
        for name in ("body", "orelse", "finalbody"):
            self._block(getattr(node, name, ()))
        for each in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            self._block(each.body)

    def _header(self, node: Any) -> None:
        """Plan what a statement does before those within it; all of a statement that holds none."""
        first, last = node.lineno, node.end_lineno
        if isinstance(node, ast.If | ast.While):
            self._add(node, (first, node.test.end_lineno), [node.test], [], tested=[node.test])
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._add(
                node, (first, node.iter.end_lineno), [node.iter], [node.target], inside=_span_of(node.body)
            )
        elif isinstance(node, ast.With | ast.AsyncWith):
            self._with(node)
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

    def _loop(self, first: int, body: list[ast.stmt]) -> None:
        """Note the lines whose passes are counted, and those that are a loop's whole body."""
        begin, end = body[0].lineno, body[0].end_lineno or 0
        self._counted.update((first, begin))
        if begin == first:
            self._loops.add(first)
        elif len(body) == 1 and end > begin:
            self._loops.update(range(begin, end + 1))

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        first, contexts = node.lineno, [item.context_expr for item in node.items]
        targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
        inside = _span_of(node.body) if node.body[0].lineno > first else None
        header = max(context.end_lineno or first for context in contexts)
        self._add(node, (first, header), contexts, targets, inside=inside, timed=True)

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
            self._add(node, span, [node.value], [], bases=[call.func.value] if has_base else [])  # type: ignore[attr-defined]
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
        tests = self._reads.list_operands([case.guard], [case.guard]) if case.guard is not None else []
        self._put(
            case.pattern.lineno,
            LinePlan(
                (case.pattern.lineno, (case.guard or case.pattern).end_lineno or 0),
                tests=(each for each in tests if each.name and each.name not in names),
                stores=filter(None, map(self._reads.find_variable, names)),
                inside=_span_of(case.body),
            ),
        )

    def _handler(self, handler: ast.ExceptHandler) -> None:
        found = self._reads.find_variable(handler.name) if handler.name else None
        if found is not None:
            line = handler.lineno
            self._put(line, LinePlan((line, line), stores=(found,), inside=_span_of(handler.body)))

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
        stored = [read for target in targets for read in self._reads.iter_targets(target)]
        stored += [
            read._replace(is_base=True) for base in bases if (read := self._reads.find_read(base)) is not None
        ]
        for value in values:
            for each in walk_own(value):
                if isinstance(each, ast.NamedExpr):
                    stored += filter(None, [self._reads.find_variable(each.target.id)])
                elif type(each) in COMPREHENSIONS:
                    stored += filter(None, map(self._reads.find_variable, list_walrus(each)))
                    if INLINES_COMPREHENSIONS and not isinstance(each, ast.GeneratorExp):
                        self._pass(each)
                elif isinstance(each, ast.Call | ast.Await | ast.Yield | ast.YieldFrom):
                    timed = True
        plan = LinePlan(
            (span[0], span[1] or span[0]),
            tests=list_unique(self._reads.list_operands(values, tested or [])),
            stores=list_unique(stored),
            unset=tuple(name for name in unset if name in self._reads.local),
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
                (line, max(known.last, plan.last)),
                tests=list_unique([*known.tests, *plan.tests]),
                stores=list_unique([*known.stores, *plan.stores]),
                unset=known.unset + plan.unset,
                inside=known.inside or plan.inside,
                is_timed=known.is_timed or plan.is_timed,
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
        names = [name for each in node.generators for name in names_in(each.target)]
        return LinePlan(
            (node.lineno, node.end_lineno or node.lineno),
            stores=filter(None, map(self._reads.find_variable, names)),
            late=list_unique(self._reads.list_operands([*tested, *values], tested)),
        )


def _span_of(body: list[ast.stmt]) -> Span:
    return body[0].lineno, body[-1].end_lineno or body[-1].lineno
