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
from typing import Final, NoReturn

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.expressions import refusals
from hotlog.expressions.format_syntax import is_format
from hotlog.expressions.method_table import KEYWORDS as METHOD_KEYWORDS
from hotlog.expressions.method_table import METHODS, PURE
from hotlog.expressions.syntax import MARK, column_of, tree_of
from hotlog.expressions.vocabulary import (
    ARITY,
    CONSUMERS,
    FUNCTIONS,
    KEYS,
    KEYWORDS,
    MANY,
    SPECIALS,
    TYPES,
    closest,
)
from hotlog.namedtuple import NamedTuple
from hotlog.redaction import secret_names as naming
from hotlog.redaction.shown_values import CLAIMED, OF_TOKEN

_OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr,
    ast.BitXor,
)  # fmt: skip

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
    checker = _Checker(text, hides)
    tree = tree_of(text)
    checker.check(tree)
    found = Expression(
        text, tree, frozenset(checker.names), frozenset(checker.specials), frozenset(checker.calls)
    )
    return found, sorted(checker.faults, key=lambda fault: fault.column or 0)


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


# --- from a tree to what may be evaluated ------------------------------------------------------------------------


class _Checker:
    """Walks the tree once, refuses what is not in the language, collects the names."""

    def __init__(self, text: str, hides: Hides) -> None:
        self.text = text
        self.hides = hides
        self.names: set[str] = set()
        self.specials: set[str] = set()
        self.calls: set[str] = set()
        self.faults: list[RuleError] = []
        self.bound: list[str] = []
        self.nodes = 0
        self.depth = 0

    def check(self, node: ast.expr) -> None:
        """Check a node and all below it; keep what is wrong with it, and go on beside it."""
        depth, bound = self.depth, len(self.bound)
        try:
            self.visit(node)
        except RuleError as fault:
            if fault.code == "expression-too-long":
                raise
            self.faults.append(fault)
            self.depth = depth
            del self.bound[bound:]

    def visit(self, node: ast.expr) -> None:
        self.nodes += 1
        if self.nodes > limits.EXPRESSION_MAX_NODES:
            self.refuse(
                node,
                "expression-too-long",
                f"an expression may have {limits.EXPRESSION_MAX_NODES} parts: split it.",
            )
        visit = _VISITS.get(type(node))
        if visit is None:
            self.refuse(node, "refused-syntax", refusals.of_syntax(node))
        self.depth += 1
        if self.depth > limits.EXPRESSION_MAX_DEPTH:
            self.refuse(
                node,
                "expression-too-long",
                f"an expression may nest {limits.EXPRESSION_MAX_DEPTH} deep: split it.",
            )
        visit(self, node)
        self.depth -= 1

    def refuse(self, node: ast.expr, code: str, message: str) -> NoReturn:
        raise RuleError(code, message, column=column_of(self.text, node))

    def all(self, nodes: Iterable[ast.expr | None]) -> None:
        for node in nodes:
            if node is not None:
                self.check(node)

    def constant(self, node: ast.Constant) -> None:
        if node.value is Ellipsis:
            self.refuse(node, "refused-syntax", "`...` cannot be part of an expression.")

    def name(self, node: ast.Name) -> None:
        if node.id.startswith(MARK):
            special = node.id[1:]
            if special not in SPECIALS:
                self.refuse(
                    node, "unknown-special", f"`@{special}` is not known.{closest(special, SPECIALS)}"
                )
            self.specials.add(special)
        elif node.id not in self.bound:
            self.require_readable(node, node.id)
            self.names.add(node.id)

    def require_readable(self, node: ast.expr, name: str) -> None:
        if MARK in name:
            self.refuse(
                node, "bad-expression", "`@` stands before a name of hotlog's own, such as `@request_id`."
            )
        if name.startswith("__"):
            self.refuse(node, "refused-name", f"`{name}`: names that start with `__` cannot be read.")
        if self.hides(name):
            self.refuse(
                node,
                "redacted-name",
                f"`{name}` is redacted: no rule may read it. Its owner can exempt it with HOTLOG_REDACT_KEEP.",
            )

    def attribute(self, node: ast.Attribute) -> None:
        if node.attr == "__name__" and _is_call_of(node.value, "type"):
            self.check(node.value)
            return
        if node.attr.startswith("__"):
            self.check(node.value)
            self.refuse(node, "refused-name", refusals.of_attribute(node))
        self.require_readable(node, node.attr)
        self.check(node.value)

    def subscript(self, node: ast.Subscript) -> None:
        inner = node.value
        if (
            isinstance(inner, ast.Subscript)
            and _constant(node.slice) in OF_TOKEN
            and _constant(inner.slice) == CLAIMED
        ):
            self.check(inner.value)  # what an authorizer has read in a token; the hit sees whether it is that
        else:
            self.check(inner)
        self.key(node.slice)
        if isinstance(node.slice, ast.Slice):
            self.all((node.slice.lower, node.slice.upper, node.slice.step))
        else:
            self.check(node.slice)

    def key(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant):
            name = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(name, str) and self.hides(name):
                self.refuse(node, "redacted-name", f"{node.value!r} is redacted: no rule may read it.")

    def call(self, node: ast.Call) -> None:
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for argument in node.args:
            if isinstance(argument, ast.GeneratorExp) and called in CONSUMERS:
                self.comprehension(argument)
            else:
                self.check(argument)
        if isinstance(node.func, ast.Attribute):
            self.method(node, node.func)
            return
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.func.id in self.bound:
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            self.refuse(node, "refused-call", refusals.of_function(name, node))
        self.function(node, node.func.id)

    def function(self, node: ast.Call, name: str) -> None:
        self.calls.add(name)
        for keyword in node.keywords:
            if keyword.arg is None or (name != "dict" and keyword.arg not in KEYWORDS.get(name, ())):
                given_as = f"{keyword.arg}=" if keyword.arg else "**"
                self.refuse(keyword.value, "refused-call", f"`{name}` takes no `{given_as}` here.")
            if keyword.arg == "key":
                self.sort_key(keyword.value)
            else:
                self.check(keyword.value)
        self.count_values(node, name)
        if name in {"hasattr", "getattr"}:
            asked = node.args[1]
            if not isinstance(asked, ast.Constant) or not isinstance(asked.value, str):
                self.refuse(node, "refused-call", f"`{name}` takes a value and a name in quotes.")
            self.require_readable(asked, asked.value)
        if name == "next" and not isinstance(node.args[0], ast.GeneratorExp):
            self.refuse(
                node, "refused-call", "`next` takes a generator, such as `next(x for x in values if x > 1)`."
            )

    def count_values(self, node: ast.Call, name: str) -> None:
        given, (least, most) = len(node.args), ARITY[name]
        if name == "type" and given != 1:
            self.refuse(node, "refused-call", "`type` takes one value: it tells its class, and makes none.")
        if not least <= given <= most and not any(isinstance(each, ast.Starred) for each in node.args):
            takes = (
                f"{least}" if least == most else f"{least} to {most}" if most < MANY else f"{least} or more"
            )
            values = "value" if takes == "1" else "values"
            self.refuse(node, "refused-call", f"`{name}` takes {takes} {values}, not {given}.")

    def sort_key(self, node: ast.expr) -> None:
        """Check what follows `key=`: a lambda of one value, a function of the list, a method of a plain type, or None."""
        if isinstance(node, ast.Constant) and node.value is None:
            return
        if isinstance(node, ast.Name) and node.id in KEYS and node.id not in self.bound:
            self.calls.add(node.id)
            return
        if method_of_type(node):
            return
        if not isinstance(node, ast.Lambda):
            self.refuse(
                node,
                "refused-call",
                "`key=` takes a lambda such as `lambda line: line.price`, a function such as `len`, or `str.lower`.",
            )
        name = single_parameter(node)
        if name is None:
            self.refuse(node, "refused-syntax", "the lambda behind `key=` takes one plain name.")
        self.require_readable(node, name)
        self.nodes += 1
        self.bound.append(name)
        self.check(node.body)
        self.bound.pop()

    def method(self, node: ast.Call, function: ast.Attribute) -> None:
        name = function.attr
        if name not in METHODS or (name == "date" and node.args):  # `datetime.date(2026, 12, 1)`
            self.check(function.value)
            self.refuse(node, "refused-call", refusals.of_method(name, node))
        for keyword in node.keywords:
            if keyword.arg not in METHOD_KEYWORDS.get(name, ()):
                self.refuse(keyword.value, "refused-call", f"`.{name}()` takes no keyword arguments here.")
            self.check(keyword.value)
        if name == "get" and node.args:
            self.key(node.args[0])
        self.check(function.value)

    def joined(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.check(part)

    def formatted(self, node: ast.FormattedValue) -> None:
        if node.conversion not in {-1, ord("r"), ord("s")}:
            self.refuse(node, "refused-syntax", "after `!` comes `r` or `s`.")
        form = format_of(node)
        if form is None or (form and not is_format(form)):
            self.refuse(node, "refused-syntax", "a format within an f-string is written out, such as `.2f`.")
        self.check(node.value)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        before = len(self.bound)
        for part in node.generators:
            if part.is_async:
                self.refuse(node, "refused-syntax", "`async for` cannot be part of an expression.")
            self.check(part.iter)
            self.target(part.target)
            self.all(part.ifs)
        self.all((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        del self.bound[before:]

    def target(self, node: ast.expr) -> None:
        self.nodes += 1
        if isinstance(node, ast.Name):
            self.require_readable(node, node.id)
            self.bound.append(node.id)
        elif isinstance(node, ast.Tuple | ast.List):
            for element in node.elts:
                self.target(element)
        else:
            self.refuse(node, "refused-syntax", "a comprehension can assign to plain names only.")

    def lone_generator(self, node: ast.GeneratorExp) -> None:
        self.refuse(
            node,
            "refused-syntax",
            "a generator must be the argument of a call, such as `any(…)`; or write `[…]`.",
        )

    def dictionary(self, node: ast.Dict) -> None:
        if None in node.keys:
            self.refuse(node, "refused-syntax", "`**` cannot be part of an expression.")
        self.all((*node.keys, *node.values))

    def unary(self, node: ast.UnaryOp) -> None:
        self.check(node.operand)

    def binary(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Mod) and type(_constant(node.left)) in (str, bytes):
            self.refuse(node, "refused-syntax", "`%` works on numbers: write `f'{x}'` for text.")
        if not isinstance(node.op, _OPERATORS):
            self.refuse(node, "refused-syntax", "`@` between two values cannot be part of an expression.")
        self.all((node.left, node.right))

    def many(self, node: ast.List | ast.Tuple | ast.Set) -> None:
        self.all(node.elts)

    def boolean(self, node: ast.BoolOp) -> None:
        self.all(node.values)

    def comparison(self, node: ast.Compare) -> None:
        self.all((node.left, *node.comparators))

    def conditional(self, node: ast.IfExp) -> None:
        self.all((node.test, node.body, node.orelse))


_VISITS: Final[dict[type[ast.expr], Callable[..., None]]] = {
    ast.Attribute: _Checker.attribute,
    ast.BinOp: _Checker.binary,
    ast.BoolOp: _Checker.boolean,
    ast.Call: _Checker.call,
    ast.Compare: _Checker.comparison,
    ast.Constant: _Checker.constant,
    ast.Dict: _Checker.dictionary,
    ast.DictComp: _Checker.comprehension,
    ast.FormattedValue: _Checker.formatted,
    ast.GeneratorExp: _Checker.lone_generator,
    ast.IfExp: _Checker.conditional,
    ast.JoinedStr: _Checker.joined,
    ast.List: _Checker.many,
    ast.ListComp: _Checker.comprehension,
    ast.Name: _Checker.name,
    ast.Set: _Checker.many,
    ast.SetComp: _Checker.comprehension,
    ast.Subscript: _Checker.subscript,
    ast.Tuple: _Checker.many,
    ast.UnaryOp: _Checker.unary,
}


def single_parameter(node: ast.Lambda) -> str | None:
    """Return the name of a lambda's only parameter; None where it has others, or a default."""
    every = node.args
    others = (*every.posonlyargs, *every.kwonlyargs, *every.defaults, every.vararg, every.kwarg)
    if any(each is not None for each in others) or len(every.args) != 1:
        return None
    return every.args[0].arg


def method_of_type(node: ast.expr) -> tuple[str, str] | None:
    """Return type and method of `str.lower` and its like; None of anything else."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    return (node.value.id, node.attr) if node.attr in PURE.get(node.value.id, ()) else None


def format_of(node: ast.FormattedValue) -> str | None:
    """Return the format of a value in an f-string; None where it is computed."""
    if node.format_spec is None:
        return ""
    parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else [node.format_spec]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _is_call_of(node: ast.expr, function: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function
