"""What a rule reads at its place: names that are not there are faults while somebody is there to read why.

A message that reads nothing, or prints what was meant as a hole, gets a note: what the hole would be.
"""

from __future__ import annotations

import ast
import re
import string
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.adding.checked_rule import Fault
from hotlog.client.adding.own_calls import explain_own_calls, warn_of_namesakes
from hotlog.client.code.names_in_scope import scope_at
from hotlog.errors import RuleError
from hotlog.expressions import grammar as expressions
from hotlog.expressions import template
from hotlog.expressions.moments import AT_END, check_moment, split_condition
from hotlog.expressions.syntax import column_of
from hotlog.rules.kinds import KINDS, check_names, check_specials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.adding.resolve_target import Found
    from hotlog.client.code.names_in_scope import NamesInScope
    from hotlog.expressions.grammar import Expression, Hides
    from hotlog.rules.model import Rule


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


class Reads(NamedTuple):
    """What there is to say about the expressions of a rule.

    Attributes:
        faults: what is wrong with them.
        warnings: names that may have a value, a sentence each.
        notes: holes that the message seems to have been meant to have, a sentence.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check_reads(rule: Rule, hides: Hides, found: Found | None = None) -> Reads:
    """Check every expression of a rule, as Lambda will parse it and where it will be read.

    Args:
        rule: with its message, condition and watches.
        hides: tells which names may not be read.
        found: where the rule reads them; None: nobody knows, so no name is looked for.
    """
    reads, faults = _parse(rule, hides, found)
    warnings: list[str] = []
    if found is not None:
        unknown, warnings = _check_names(reads, found, at_end=KINDS[rule.kind].at_end)
        warnings += [
            f"{each.field}: {sentence}"
            for each in reads
            for sentence in warn_of_namesakes(each.expression.tree, found.source.tree)
        ]
        faults += unknown
    hint = suggest_holes(rule.message)
    return Reads(tuple(faults), tuple(warnings), (hint,) if hint else ())


def _parse(rule: Rule, hides: Hides, found: Found | None) -> tuple[list[Read], list[Fault]]:
    """Return the expressions of a rule, as far as they can be read, and all that is wrong with them."""
    reads: list[Read] = []
    faults: list[Fault] = []
    module = found.source.tree if found is not None else None

    def read(field: str, whole: str, start: int, text: str) -> None:
        try:
            expression, wrong = expressions.read(text, hides)
        except RuleError as fault:
            faults.append(Fault(field, whole, start + (fault.column or 0), fault))
            return
        reads.append(Read(field, whole, start, expression))
        if wrong and module is not None:
            wrong = explain_own_calls(text, expression.tree, wrong, module)
        faults.extend(Fault(field, whole, start + (fault.column or 0), fault) for fault in wrong)

    for hole in _split(rule.message, faults):
        read("message", rule.message, hole.column, hole.source)
    if rule.condition:
        read("--if", rule.condition, 0, rule.condition)
    for name, text in rule.watch.items():
        read(f"--watch {name}", text, 0, text)
    for each in rule.own_expressions:
        read(
            f"--{each.option}" if each.name == each.option else f"--{each.option} {each.name}",
            each.text,
            0,
            each.text,
        )
    faults += _check_specials(rule, reads)
    return reads, faults


def _check_specials(rule: Rule, reads: list[Read]) -> Iterator[Fault]:
    """Yield what is wrong with the names that hotlog gives: some exist for some kinds alone, some when the invocation has ended."""
    for read in reads:
        if read.expression.specials & AT_END:
            check = split_condition if read.field == "--if" else check_moment
            try:
                check(read.expression)
            except RuleError as fault:
                yield Fault(read.field, read.text, fault.column or 0, fault)
    for read in reads:
        variables = read.expression.names - read.expression.calls
        try:
            check_names(rule.kind, variables, read.expression.specials, is_condition=read.field == "--if")
        except RuleError as fault:
            yield Fault(read.field, read.text, 0, fault)
    names = {name for read in reads for name in read.expression.specials}
    try:
        check_specials(rule.kind, names, has_target=bool(rule.at))
    except RuleError as fault:
        yield Fault("", "", 0, fault)


def _split(message: str, faults: list[Fault]) -> list[template.HoleText]:
    """Return the holes of a message; what is wrong with its braces, conversions and formats goes to the faults."""
    text = message
    while text:  # each time without the hole that was at fault
        try:
            return [part for part in template.split(text) if not isinstance(part, str)]
        except RuleError as fault:
            faults.append(Fault("message", message, fault.column or 0, fault))
            text = _blank_hole(text, fault.column or 0)
    return []


def _blank_hole(text: str, column: int) -> str:
    """Return the template with blanks in the place of the hole at that column; empty where there is none to leave out."""
    begin = text.rfind("{", 0, column + 1)
    end = text.find("}", column)
    if begin < 0 or end < 0:
        return ""
    return f"{text[:begin]}{' ' * (end + 1 - begin)}{text[end + 1 :]}"


def _check_names(reads: list[Read], found: Found, *, at_end: bool) -> tuple[list[Fault], list[str]]:
    """Return a fault for each name that has no value where the rule reads it, and a warning for each that may have one.

    Args:
        reads: the expressions.
        found: where the rule reads them.
        at_end: it reads them when the call ends: every variable of the function may have a value then.
    """
    scope = scope_at(found.source, found.source.spot(found.sighting.place))
    if at_end:
        scope = scope._replace(locals=(*scope.locals, *scope.later), later={})
    faults: list[Fault] = []
    warnings: list[str] = []
    for read in reads:
        for fault in _iter_faults(read.expression, scope, found):
            if fault.code == "unknown-name" and scope.is_open:
                warnings.append(
                    f"{read.field}: {fault.message} {found.sighting.file} may get it at run time."
                )
                continue
            faults.append(Fault(read.field, read.text, read.column + (fault.column or 0), fault))
    return faults, warnings


def _iter_faults(expression: Expression, scope: NamesInScope, found: Found) -> Iterator[RuleError]:
    """Yield an error for each name of an expression that has no value there, once, in the order of the text."""
    place = found.sighting.place
    told: set[str] = set()
    for node in ast.walk(expression.tree):
        if not isinstance(node, ast.Name) or node.id not in expression.names or node.id in told:
            continue
        told.add(node.id)
        column = column_of(expression.text, node)
        if node.id in scope.later:
            line = scope.later[node.id]
            yield RuleError(
                "not-yet-assigned",
                f"{node.id!r} has no value before line {place.line}: it is assigned at line {line}."
                f"{_after(line, found)}",
                column=column,
            )
        elif node.id in scope.out_of_reach:
            yield RuleError(
                "out-of-reach",
                f"{node.id!r} belongs to an enclosing function, and {place.function} does not use it itself: "
                "Python keeps it out of its reach.",
                column=column,
            )
    known = {*scope.readable, *scope.later, *scope.out_of_reach}
    yield from expressions.iter_unknown(expression, known)


def _after(line: int, found: Found) -> str:
    """Return a hint with the first line at which what is assigned there has a value; empty without one.

    Below a simple statement that is the next one of the function; below the header of a loop or a `with`, the first of its
    body.
    """
    function = found.sighting.place.function
    ends = [
        _last_assignment_line(node)
        for node in ast.walk(found.source.tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    end = min((end for end in ends if end >= line), default=line)
    below = (place.line for place in found.source.places() if place.line > end and place.function == function)
    following = next(below, 0)
    return f" Try line {following}." if following else ""


def _last_assignment_line(node: ast.stmt) -> int:
    """Return the last line of the part of a statement that binds names: of a compound statement its header."""
    if isinstance(node, ast.For | ast.AsyncFor | ast.With | ast.AsyncWith):
        return node.body[0].lineno - 1
    return node.end_lineno or 0


def list_captured(found: Found, hides: Hides) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the locals that a snapshot captures at that place, and the locals that it redacts."""
    scope = scope_at(found.source, found.source.spot(found.sighting.place))
    names = [*scope.locals, *sorted(scope.closure)]
    return tuple(name for name in names if not hides(name)), tuple(name for name in names if hides(name))


# --- a message without a hole -----------------------------------------------------------------------------------------

_CALL: Final = re.compile(r"(?:print|log|logging\.\w+|logger\.\w+|console\.log)\((?P<inside>.*)\);?")
_QUOTED: Final = re.compile(r"[fF](?P<quote>[\"'])(?P<inside>.*)(?P=quote)")
_PERCENT: Final = re.compile(r"%(?:\((?P<name>\w+)\))?[-+ 0-9.]*[sdrifxge]")
_LABEL: Final = re.compile(r"(?P<name>[^\W\d]\w*)\s*[=:]\s*$")
_DOLLAR: Final = re.compile(r"\$(?P<name>[^\W\d]\w*)")
_NAMES: Final = re.compile(r"[^\W\d]\w*(?:\.\w+|\[[^\]]*\])*(?:\s*,\s*[^\W\d]\w*(?:\.\w+|\[[^\]]*\])*)*")


def suggest_holes(message: str) -> str:
    """Return one sentence, where a message has no hole or writes it as another language does; else empty."""
    if quoted := _QUOTED.fullmatch(message):
        return f"f and the quotes are printed as they are: the message is a template already, so write {quoted['inside']}"
    if "${" in message:
        return f"$ is printed as it is: a hole is {{x}}, so write {message.replace('${', '{')}"
    return "" if not message or _has_hole(message) else _without_hole(message)


def _without_hole(message: str) -> str:
    if call := _CALL.fullmatch(message.strip()):
        inside = call["inside"].strip()
        names = [name.strip() for name in inside.split(",")] if _NAMES.fullmatch(inside) else ["name"]
        holes = " ".join(f"{{{name}}}" for name in names)
        return f"{message} is printed as text, since a rule runs no call: to log the value, write {holes}"
    if _PERCENT.search(message):
        return f"% is printed as it is: to log the value, write {_with_holes(message)}"
    if dollar := _DOLLAR.search(message):
        return f"{dollar[0]} is printed as it is: to log the value, write {{{dollar['name']}}}"
    return "the message has no hole, so every line reads the same. A value is written as {name}"


def _has_hole(message: str) -> bool:
    try:
        return any(name is not None for _, name, _, _ in string.Formatter().parse(message))
    except ValueError:
        return True  # a brace that is not closed: that is told as a fault


def _with_holes(message: str) -> str:
    """Return the message with a hole for each `%s`: the name that stands before it, or a word that stands for one."""

    def hole(found: re.Match[str]) -> str:
        label = _LABEL.search(message[: found.start()])
        name = found["name"] or (label["name"] if label else "name")
        return f"{{{name}}}"

    return _PERCENT.sub(hole, message)
