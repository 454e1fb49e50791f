"""The expression language over captured values: what an editor asks of a capture by hover, watch and console.

1. Parse the expression as a rule's: what a rule may not ask, nobody may ask here.
2. Follow each path, such as `self.lines[0].sku`, as far as names and literal keys lead through what was captured.
3. Make the values at the ends of the paths anew, and evaluate the rest of the expression over them.

A part that was not captured is refused where it is needed, and nowhere else.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Any, Final

from hotlog import config
from hotlog.client.captured.rebuild import MADE_WHOLE, MAPPINGS, rebuild, refuse
from hotlog.client.showing.values import elements_of, fields_of
from hotlog.errors import RuleError
from hotlog.expressions.evaluate import evaluate_plain
from hotlog.expressions.grammar import hides_nothing, parse
from hotlog.expressions.syntax import MARK
from hotlog.expressions.vocabulary import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_STAND_IN: Final = "captured_{}"


def evaluate_captured(text: str, values: Mapping[str, Any]) -> object:
    """Return what an expression says of captured values, in the form that an event holds.

    Args:
        text: the expression.
        values: by name, as an event holds them.

    Raises:
        RuleError: it is none that a rule may have; or `not-captured`, what it asks for is not there.
    """
    settings = config.read()
    expression = parse(text.strip(), hides_nothing)
    if expression.specials:
        raise RuleError("not-captured", f"`@{min(expression.specials)}` is known at a hit, and not captured.")
    paths = _Paths(values, _bound_names(expression.tree))
    tree = paths.visit(copy.deepcopy(expression.tree))  # rules of equal texts share it
    if isinstance(tree, ast.Name) and tree.id in paths.found:
        return paths.found[tree.id][1]
    made = {name: rebuild(part, path) for name, (path, part) in paths.found.items()}
    try:
        return evaluate_plain(ast.unparse(tree), made, settings)
    except RuleError as fault:
        if "__getattr__" not in fault.message:
            raise
        raise RuleError("not-captured", "a field that it asks for was not captured.") from None


def _bound_names(tree: ast.expr) -> set[str]:
    """Return the names that comprehensions and lambdas bind: they are no variables of the frame."""
    bound = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return bound | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


class _Paths(ast.NodeTransformer):
    """Puts a name in the place of each path, and keeps what the path leads to.

    Args:
        values: of the frame.
        bound: names that mean something else.

    Attributes:
        found: by the name that stands in for it, each path with the captured value.
    """

    def __init__(self, values: Mapping[str, Any], bound: set[str]) -> None:
        self._values, self._bound = values, bound
        self.found: dict[str, tuple[str, Any]] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Take a name alone."""
        return self._follow(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Take a path that ends in an attribute."""
        return self._follow(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Take a path that ends in a literal key."""
        return self._follow(node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Refuse `is`, but with None, True or False: each path is made anew, so that one object would seem to be two."""
        sides = [node.left, *node.comparators]
        for place, op in enumerate(node.ops):
            if isinstance(op, ast.Is | ast.IsNot) and not any(
                isinstance(side, ast.Constant) for side in sides[place : place + 2]
            ):
                raise refuse(ast.unparse(node), "which objects are the same was not captured")
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Leave the name of a function or method; `len` of what was cut is known all the same."""
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        elif isinstance(node.func, ast.Name) and node.func.id == "len" and len(node.args) == 1:
            known = self._length(node.args[0])
            if known is not None:
                return ast.Constant(known)
        elif isinstance(node.func, ast.Name) and node.func.id == "isinstance" and node.args:
            self._need_builtin(node.args[0])
        node.args = [self.visit(each) for each in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node

    def _length(self, node: ast.expr) -> int | None:
        try:
            value = self._look(node)
        except (RuleError, LookupError):
            return None
        mark = value[-1] if isinstance(value, list) and value else value
        size = mark.get("@len") if isinstance(mark, dict) and "@cut" in mark else None
        return size if isinstance(size, int) else None

    def _need_builtin(self, node: ast.expr) -> None:
        """Refuse what is of a class of its own: an event does not say what that inherits."""
        try:
            value = self._look(node)
        except LookupError:
            return
        if isinstance(value, dict) and value.get("@type", "dict") not in {
            "dict",
            "tuple",
            "set",
            *MADE_WHOLE,
        }:
            raise refuse(ast.unparse(node), f"what {value['@type']} inherits was not captured")

    def _follow(self, node: ast.expr) -> ast.expr:
        try:
            value = self._look(node)
        except LookupError:  # no path of names and literals: its parts may be some
            self.generic_visit(node)
            return node
        name = _STAND_IN.format(len(self.found))
        self.found[name] = ast.unparse(node), value
        return ast.Name(name, ast.Load())

    def _look(self, node: ast.expr) -> Any:
        """Return the captured value that a path leads to.

        Raises:
            LookupError: it is no such path.
            RuleError: `not-captured`.
        """
        if isinstance(node, ast.Name):
            if node.id in self._bound or node.id.startswith(MARK):
                raise LookupError(node.id)
            if node.id not in self._values:
                if node.id in FUNCTIONS:
                    raise LookupError(node.id)
                raise RuleError("not-captured", f"`{node.id}` was not captured here.")
            return self._values[node.id]
        if isinstance(node, ast.Attribute):
            return _attribute(self._look(node.value), node.attr, ast.unparse(node.value))
        if isinstance(node, ast.Subscript):
            return _element(self._look(node.value), _literal(node.slice), ast.unparse(node.value))
        raise LookupError(ast.dump(node))


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:  # `d[-x]`
        raise LookupError(ast.dump(node)) from None


def _attribute(value: Any, name: str, path: str) -> Any:
    """Return an attribute of a captured value; a `LookupError` leaves it to the evaluator, over the value made anew."""
    if not isinstance(value, dict) or "@type" not in value or value.keys() & {"@value", "@items"}:
        raise LookupError(name)
    if name in (fields := fields_of(value)):
        return fields[name]
    if f"@{name}" in value and name in {"name", "args"}:
        return value[f"@{name}"]
    why = str(value.get("@unavailable", "")) or (
        "not all of it was captured" if "@cut" in value else "no such field was captured"
    )
    raise refuse(f"{path}.{name}", why)


def _element(value: Any, key: object, path: str) -> Any:
    """Return an element of a captured value, as `_attribute`."""
    if isinstance(key, int):
        elements = elements_of(value)
        whole: Any = value.get("@items", ()) if isinstance(value, dict) else value
        is_cut = isinstance(whole, list) and len(whole) > len(elements)
        if elements and (not is_cut or key >= 0):
            if -len(elements) <= key < len(elements):
                return elements[key]
            if is_cut:
                raise refuse(f"{path}[{key}]", f"{len(elements)} elements of it were captured")
    if isinstance(value, dict) and "@items" not in value and "@value" not in value:
        name = key if isinstance(key, str) else repr(key)
        fields = fields_of(value)
        if name in fields and value.get("@type") in {None, *MAPPINGS}:
            return fields[name]
        if "@cut" in value:
            raise refuse(f"{path}[{key!r}]", "not all of it was captured")
    raise LookupError(key)
