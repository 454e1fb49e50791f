"""The expression language: a closed, side-effect-free subset of Python's expressions.

    expression = literal                              numbers, text, bytes, True, False, None
               | name                                 a local, then a closure variable, then a global
               | "@" name                             hotlog's own: `SPECIALS`
               | expression "." name                  an attribute; no name of the form __x__
               | expression "[" index or slice "]"
               | "[" … "]" | "(" … ")" | "{" … "}"    lists, tuples, sets, dicts
               | comprehension                        a generator only as the argument of a call
               | ("not" | "-" | "+" | "~") expression
               | expression operator expression       + - * / // % ** << >> & | ^
               | expression comparison expression …   == != < <= > >= in not in is, is not; chains, too
               | expression ("and" | "or") expression
               | expression "if" expression "else" expression
               | function "(" … ")"                   one of `FUNCTIONS`
               | expression "." method "(" … ")"      one of `METHODS`
               | "type(" expression ").__name__"
               | f-string                             with formats that are written out
               | "lambda" name ":" expression         only as `key=` of sorted, min and max

What this module refuses cannot be evaluated: it decides by shape alone, before any value is at hand. What the values
then allow is decided by the evaluator, which reads without running user code.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.expressions.check_tree import check_tree
from hotlog.expressions.syntax import column_of, tree_of
from hotlog.expressions.vocabulary import (
    SPECIALS,
    TYPES,
    closest,
)
from hotlog.namedtuple import NamedTuple
from hotlog.redaction import secret_names as naming

Hides = Callable[[str], bool]


class Expression(NamedTuple):
    """An expression that has been read and accepted. Two with the same text are equal.

    Attributes:
        text: as written.
        tree: what Python's parser made of it; `@name` is `MARK + name`.
        names: the free names it reads: no comprehension variables, no functions that it calls.
        specials: what it reads of hotlog's own namespace, without the `@`.
        calls: the builtin functions it calls and types it names. A function with a variable of such a name means
            another thing by it.
    """

    text: str
    tree: ast.expr
    names: frozenset[str]
    specials: frozenset[str]
    calls: frozenset[str]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def hides_nothing(_name: str) -> bool:
    """Return that a name is no secret: of values that were redacted when they were captured."""
    return False


@functools.lru_cache(limits.EXPRESSIONS_KEPT_MAX)
def parse(text: str, hides: Hides = naming.is_redacted) -> Expression:
    """Return the expression of a text. Rules with equal texts share it: it is never changed.

    Args:
        text: the source.
        hides: tells which names may not be read.

    Raises:
        RuleError: `bad-expression`, `expression-too-long`, `refused-call`, `refused-name`, `refused-syntax`,
            `redacted-name` or `unknown-special`, with the column of the fault.
    """
    expression, faults = read(text, hides)
    if faults:
        raise faults[0]
    return expression


def read(text: str, hides: Hides = naming.is_redacted) -> tuple[Expression, list[RuleError]]:
    """Return the expression of a text, and all that is wrong with it, in the order of the text.

    Raises:
        RuleError: it is no expression, or too long to be looked at.
    """
    if len(text) > limits.EXPRESSION_MAX_CHARS:
        raise RuleError(
            "expression-too-long",
            f"an expression may have {limits.EXPRESSION_MAX_CHARS} characters, not {len(text)}: shorten it.",
            column=limits.EXPRESSION_MAX_CHARS,
        )
    tree = tree_of(text)
    found = check_tree(tree, text, hides)
    return Expression(text, tree, found.names, found.specials, found.calls), found.faults


def suggest(expression: Expression, known: Iterable[str]) -> RuleError | None:
    """Return the error of an expression that reads an undefined name; None where all names are known.

    Args:
        expression: what was parsed.
        known: the names of the function: locals, closure, globals.
    """
    return next(iter_unknown(expression, known), None)


def iter_unknown(expression: Expression, known: Iterable[str]) -> Iterator[RuleError]:
    """Yield an error for each undefined name that an expression reads, once, each with what may have been meant."""
    there = set(known)
    unknown = expression.names - there - TYPES.keys()
    if not unknown:
        return
    found = [node for node in ast.walk(expression.tree) if isinstance(node, ast.Name) and node.id in unknown]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
        if node.id in unknown:
            unknown -= {node.id}
            message = f"{node.id!r} is no name of this function.{_meant(node.id, there)}"
            yield RuleError("unknown-name", message, column=column_of(expression.text, node))


_OF_OTHER_LANGUAGES: Final = {
    "false": "False",
    "nil": "None",
    "null": "None",
    "true": "True",
    "undefined": "None",
}


def _meant(name: str, there: set[str]) -> str:
    if name == "event":
        return " Did you mean @event, the payload of the invocation?"
    if name.lower() in _OF_OTHER_LANGUAGES:
        return f" Did you mean {_OF_OTHER_LANGUAGES[name.lower()]}?"
    return f" Did you mean @{name}?" if name in SPECIALS else closest(name, there)
