"""What stands between two statements of the deployed code: log statements, what they need, and everything else.

if total > 100:                   one rule, with a condition
    print(total)
assert total > 0, total           one rule, where it does not hold
double = total * 2                stands for `total * 2` in what is logged
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.typed.expressions import HoleRewriter
from hotlog.client.typed.log_calls import (
    TypedLog,
    is_log_call,
    is_logger_maker,
    is_setup_call,
    read_log_call,
)
from hotlog.client.typed.messages import MessageWriter
from hotlog.client.typed.not_taken import NotTakenError
from hotlog.source.insertion_points import DEFINITIONS, bodies_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hotlog.client.typed.inputs import Surroundings


class ReadLine(NamedTuple):
    """One log statement, read.

    Attributes:
        node: the statement.
        log: what it logs; None: it is not taken.
        condition: expression that must hold; empty: none.
        marks: what reads otherwise than typed.
        fault: why it is not taken.
        tests: the tests around it.
    """

    node: ast.stmt
    log: TypedLog | None
    condition: str = ""
    marks: tuple[str, ...] = ()
    fault: NotTakenError | None = None
    tests: tuple[ast.expr, ...] = ()

    @property
    def parts(self) -> tuple[ast.AST, ...]:
        """Return what it reads from: the statement, and the tests around it."""
        return (self.node, *self.tests)


def is_log_only(node: ast.stmt) -> bool:
    """Return whether a statement logs, and does nothing else."""
    if isinstance(node, ast.Expr):
        return is_log_call(node.value) or _unfold(node) is not node
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Try):
        quiet = [each for handler in node.handlers for each in handler.body]
        rest = [*quiet, *node.orelse, *node.finalbody]
        return has_log(node) and all(
            isinstance(each, ast.Pass) or is_log_only(each) for each in [*node.body, *rest]
        )
    inner = [each for body in bodies_of(node) for each in body]
    compound = isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith)
    return (
        compound and has_log(node) and all(isinstance(each, ast.Pass) or is_log_only(each) for each in inner)
    )


def _unfold(node: ast.stmt) -> ast.stmt:
    """Return `if total: print(total)` for `total and print(total)`, and for `print(total) if total else None`; else the same."""
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.And):
        *tests, call = value.values
        test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
    elif isinstance(value, ast.IfExp) and isinstance(value.orelse, ast.Constant):
        test, call = value.test, value.body
    else:
        return node
    return ast.If(test, [ast.copy_location(ast.Expr(call), node)], []) if is_log_call(call) else node


def has_log(node: ast.stmt) -> bool:
    """Return whether a log call stands in a statement, or in one inside it."""
    return any(isinstance(each, ast.Expr) and is_log_only(each) for each in ast.walk(node))


def read_statement(
    node: ast.stmt, around: Surroundings, helpers: Mapping[str, ast.expr], tests: Sequence[ast.expr] = ()
) -> Iterator[ReadLine]:
    """Yield the log statements of one for which `is_log_only` holds, in the order in which they would run.

    Args:
        node: the statement.
        around: what is known of its place.
        helpers: variables that the edit makes, with what they stand for.
        tests: the tests of the `if`s around it.
    """
    node = _unfold(node)
    if isinstance(node, ast.If):
        test = [] if _lets_logs_pass(node.test) else [node.test]
        for each in node.body:
            yield from read_statement(each, around, helpers, (*tests, *test))
        for each in node.orelse:
            yield from read_statement(each, around, helpers, (*tests, ast.UnaryOp(ast.Not(), node.test)))
    elif isinstance(node, ast.Try):
        for each in (*node.body, *node.orelse, *node.finalbody):
            yield from read_statement(each, around, helpers, tests)
        for handler in node.handlers:
            for each in handler.body:
                yield from _refuse(each, "what a rule logs raises nothing, so it never comes here.")
    elif isinstance(node, ast.Pass):
        return
    elif isinstance(node, ast.Expr | ast.Assert):
        yield _read(node, around, helpers, tests)
    else:
        sentence = _ADVICE.get(
            type(node), "a new `with` runs code, and a rule runs none: take the log line out of it."
        )
        yield from _refuse(node, sentence)


def _refuse(node: ast.stmt, sentence: str) -> Iterator[ReadLine]:
    """Yield the log lines of a statement, each refused."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Expr) and is_log_call(inner.value):
            fault = NotTakenError("refused-syntax", sentence + _as_list(node, inner), inner)
            yield ReadLine(inner, None, fault=fault)


_ONCE = "a rule logs once where it stands"
_ADVICE = {
    ast.For: _ONCE,
    ast.AsyncFor: f"{_ONCE}: log what it goes through.",
    ast.While: f"{_ONCE}: log what its test reads.",
}


def _as_list(loop: ast.stmt, node: ast.Expr) -> str:
    """Return how a loop over a print is written as one line; empty where it is not that simple."""
    call = node.value
    if not isinstance(loop, ast.For) or not isinstance(call, ast.Call):
        return ""
    if len(call.args) != 1 or call.keywords or len(loop.body) != 1:
        return ": log what it goes through."
    value, name = ast.unparse(call.args[0]), ast.unparse(call.func)
    return f": {name}([{value} for {ast.unparse(loop.target)} in {ast.unparse(loop.iter)}])"


def _lets_logs_pass(test: ast.expr) -> bool:
    """Return whether a test asks only whether a log line would be written: `logger.isEnabledFor(…)`, `__debug__`."""
    if isinstance(test, ast.Name):
        return test.id == "__debug__"
    return (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Attribute)
        and test.func.attr == "isEnabledFor"
    )


def _read(
    node: ast.Expr | ast.Assert,
    around: Surroundings,
    helpers: Mapping[str, ast.expr],
    tests: Sequence[ast.expr],
) -> ReadLine:
    holes = HoleRewriter(around, helpers)
    try:
        if isinstance(node, ast.Assert):
            tests = (*tests, ast.UnaryOp(ast.Not(), node.test))
            said = node.msg or ast.Constant(f"assert {ast.unparse(node.test)}")
            log = TypedLog(MessageWriter(holes).text(said))
        else:
            call = node.value.value if isinstance(node.value, ast.Await) else node.value
            if not isinstance(call, ast.Call):
                raise TypeError("a log statement is a call")
            log = read_log_call(call, holes, around.exception)
        condition = _condition(tests, holes)
    except NotTakenError as fault:
        return ReadLine(node, None, fault=fault)
    return ReadLine(node, log, condition, tuple(holes.marks), tests=tuple(tests))


def _condition(tests: Sequence[ast.expr], holes: HoleRewriter) -> str:
    if not tests:
        return ""
    return holes.write(tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), list(tests)))


# --- what log lines need -----------------------------------------------------------------------------------------------


def is_setup(node: ast.stmt) -> bool:
    """Return whether a statement may be there for log lines alone: an import, a logger, its set-up."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):
        return is_setup_call(node.value)
    return isinstance(node, ast.Assign) and is_logger_maker(node.value)


def pure_variable(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return name and value of `name = value`; None for any other statement."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return node.target.id, node.value
    return None


def names_bound(node: ast.stmt) -> frozenset[str]:
    """Return the names that a statement binds, those of statements inside it too."""
    found: set[str | None] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in each.names}
        elif isinstance(each, ast.MatchMapping):
            found.add(each.rest)
        elif isinstance(each, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, *DEFINITIONS)):
            found.add(each.name)
    return frozenset(filter(None, found))


def list_changed(node: ast.stmt) -> list[str]:
    """Return what a statement changes inside of objects: `self.total` and `items[0]` that it sets, `items` of `items.append(1)`."""
    found = [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Subscript | ast.Name)
        and isinstance(each.ctx, ast.Del if isinstance(each, ast.Name) else ast.Store | ast.Del)
    ]
    calls = [
        each.value.func
        for each in ast.walk(node)
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)
    ]
    return [
        ast.unparse(each)
        for each in (*found, *(call.value for call in calls if isinstance(call, ast.Attribute)))
    ]


def list_read(node: ast.AST) -> Iterator[str]:
    """Yield the names and fields that a part of the code reads, each as long as it is written: `self.cart.total`."""
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        for each in ast.iter_child_nodes(node):
            yield from list_read(each)
        return
    yield ast.unparse(node)
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript):
            yield from list_read(node.slice)
        node = node.value
    if not isinstance(node, ast.Name):
        yield from list_read(node)


def is_part(one: str, other: str) -> bool:
    """Return whether one of two names or fields holds the other: `self.cart` and `self.cart.total`."""
    short, long = sorted((one, other), key=len)
    return long == short or long.startswith((f"{short}.", f"{short}["))


def names_assigned(node: ast.AST) -> frozenset[str]:
    """Return the names that `:=` assigns in a part of the code."""
    return frozenset(
        each.target.id
        for each in ast.walk(node)
        if isinstance(each, ast.NamedExpr) and isinstance(each.target, ast.Name)
    )


def names_read(node: ast.AST) -> frozenset[str]:
    """Return the names that a part of the code reads."""
    return frozenset(
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Store)
    )
