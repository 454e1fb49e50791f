"""What a rule reads at its place: names that are not there are refused while somebody is there to read why."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from hotlog.cli.shell.terminal import escape
from hotlog.errors import RuleError
from hotlog.expressions import grammar as expressions
from hotlog.expressions import template
from hotlog.expressions.syntax import column_of
from hotlog.rules.kinds import check_specials
from hotlog.source.names_in_scope import scope_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.adding.resolve_target import TargetInSource
    from hotlog.expressions.grammar import Expression, Hides
    from hotlog.rules.model import Rule
    from hotlog.source.names_in_scope import NamesInScope


T = TypeVar("T")


class Read(NamedTuple):
    """An expression of a rule.

    Attributes:
        field: the option it was given with, such as `--if`.
        text: the whole of what was given with it.
        column: where in the text the expression starts.
        expression: parsed.
    """

    field: str
    text: str
    column: int
    expression: Expression


def parse_reads(rule: Rule, hides: Hides) -> list[Read]:
    """Return every expression of a rule, parsed as Lambda will parse it.

    Args:
        rule: with its message, condition and watches.
        hides: tells which names may not be read.

    Raises:
        RuleError: what Lambda would refuse, with a mark below the column.
    """
    found: list[Read] = []
    if rule.message:
        message = _pointed("message", rule.message, functools.partial(template.parse, hides=hides))
        found += [Read("message", rule.message, hole.column, hole.expression) for hole in message.holes]
    texts = [("--if", rule.condition)] if rule.condition else []
    texts += [(f"--watch {name}", text) for name, text in rule.watch.items()]
    texts += [(f"--{each.option} {each.name}", each.text) for each in rule.own_expressions]
    for field, text in texts:
        parsed = _pointed(field, text, functools.partial(expressions.parse, hides=hides))
        found.append(Read(field, text, 0, parsed))
    check_specials(rule.kind, {name for read in found for name in read.expression.specials})
    return found


def check_names(reads: list[Read], sighting: TargetInSource, *, at_end: bool = False) -> list[str]:
    """Refuse names that have no value where the rule reads them; return a warning for each that may have one.

    Args:
        reads: the expressions.
        sighting: where the rule reads them.
        at_end: it reads them when the call ends: every variable of the function may have a value then.

    Raises:
        RuleError: `unknown-name`, `not-yet-assigned` or `out-of-reach`, with a mark below the name.
    """
    scope = scope_at(sighting.source, sighting.source.spot(sighting.place))
    if at_end:
        scope = scope._replace(locals=(*scope.locals, *scope.later), later={})
    warnings: list[str] = []
    for read in reads:
        fault = _fault(read.expression, scope, sighting)
        if fault is None:
            continue
        if fault.code == "unknown-name" and scope.is_open:
            warnings.append(f"{read.field}: {fault.message} {sighting.file} may get it at run time.")
            continue
        raise _marked(read.field, read.text, fault, read.column)
    return warnings


def _fault(expression: Expression, scope: NamesInScope, sighting: TargetInSource) -> RuleError | None:
    for node in ast.walk(expression.tree):
        if not isinstance(node, ast.Name) or node.id not in expression.names:
            continue
        column = column_of(expression.text, node)
        if node.id in scope.later:
            line = scope.later[node.id]
            return RuleError(
                "not-yet-assigned",
                f"{node.id!r} has no value before line {sighting.place.line}: it is assigned at line {line}."
                f"{_after(line, sighting)}",
                column=column,
            )
        if node.id in scope.out_of_reach:
            return RuleError(
                "out-of-reach",
                f"{node.id!r} belongs to an enclosing function, and {sighting.place.function} does not use it itself: "
                "Python keeps it out of its reach.",
                column=column,
            )
    return expressions.suggest(expression, scope.readable)


def _after(line: int, sighting: TargetInSource) -> str:
    """Return a hint with the first line below an assignment, in the same function; empty without one."""
    ends = [
        node.end_lineno or 0
        for node in ast.walk(sighting.source.tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    end = min((end for end in ends if end >= line), default=line)
    below = (
        place.line
        for place in sighting.source.places()
        if place.line > end and place.function == sighting.place.function
    )
    following = next(below, 0)
    return f" Try line {following}." if following else ""


def list_captured(sighting: TargetInSource, hides: Hides) -> tuple[list[str], list[str]]:
    """Return the locals that a snapshot captures at that place, and the locals that it redacts."""
    scope = scope_at(sighting.source, sighting.source.spot(sighting.place))
    names = [*scope.locals, *sorted(scope.closure)]
    return [name for name in names if not hides(name)], [name for name in names if hides(name)]


def _pointed(field: str, text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except RuleError as fault:
        raise _marked(field, text, fault) from fault


def _marked(field: str, text: str, fault: RuleError, start: int = 0) -> RuleError:
    """Return the error of an expression or template, with a mark below the column at fault."""
    column = None if fault.column is None else fault.column + start
    better = RuleError(fault.code, f"{field}: {fault.message}", column=column)
    if column is not None:
        begin = text.rfind("\n", 0, column) + 1
        line = escape(text[begin:].partition("\n")[0])
        better.add_note(f"  {line}\n  {' ' * len(escape(text[begin:column]))}^")
    return better
