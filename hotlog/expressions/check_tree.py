"""What of Python's expressions is in the language: each node of a tree is looked at once, and all that is wrong is kept."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NoReturn

from hotlog import __builtins__, limits
from hotlog.errors import RuleError
from hotlog.expressions import refusals
from hotlog.expressions.format_syntax import is_format
from hotlog.expressions.method_table import KEYWORDS as METHOD_KEYWORDS
from hotlog.expressions.method_table import METHODS
from hotlog.expressions.syntax import MARK, column_of, format_of, method_of_type, single_parameter
from hotlog.expressions.vocabulary import (
    ARITY,
    CONSUMERS,
    FUNCTIONS,
    KEYS,
    KEYWORDS,
    MANY,
    SPECIALS,
    closest,
)
from hotlog.namedtuple import NamedTuple
from hotlog.redaction.shown_values import CLAIMED, OF_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr,
    ast.BitXor,
)  # fmt: skip


class CheckedTree(NamedTuple):
    """What was found in a tree.

    Attributes:
        names: the free names that it reads.
        specials: what it reads of hotlog's own, without the `@`.
        calls: the functions that it calls, and types that it names.
        faults: all that is wrong with it, in the order of the text.
    """

    names: frozenset[str]
    specials: frozenset[str]
    calls: frozenset[str]
    faults: list[RuleError]


def check_tree(tree: ast.expr, text: str, hides: Callable[[str], bool]) -> CheckedTree:
    """Return what an expression reads, and what is wrong with it.

    Args:
        tree: of the expression.
        text: the expression as written.
        hides: tells which names may not be read.

    Raises:
        RuleError: `expression-too-long`: it has too many parts to be looked at.
    """
    checker = _Checker(text, hides)
    checker.check(tree)
    return CheckedTree(
        frozenset(checker.names),
        frozenset(checker.specials),
        frozenset(checker.calls),
        sorted(checker.faults, key=lambda fault: fault.column or 0),
    )


class _Checker:
    """Walks a tree once, refuses what is not in the language, collects the names."""

    def __init__(self, text: str, hides: Callable[[str], bool]) -> None:
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


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _is_call_of(node: ast.expr, function: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function
