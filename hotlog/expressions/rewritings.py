"""What people write that no rule may run, though it has an exact reading: rewritten before the rule is stored.

    vars(order)              order            in a hole of its own: an object is shown by its fields
    json.loads(body)['id']   json(body)['id']
    context.aws_request_id   @request_id

A row of the tables is a pattern and what is read instead. `X`, `D` and `F` stand for any expression, `'N'` for a name in
quotes, `.N` for the attribute of that name, `each` for a name that is used for nothing else. The function never needs
this module: only the desk rewrites.
"""

from __future__ import annotations

import ast
import copy
import functools
from typing import Any, Final

from hotlog import __builtins__
from hotlog.expressions.syntax import MARK, tree_of

# Where nothing else is done with the value.
WHOLE: Final = (
    ("vars(X)", "X"),
    ("X.__dict__", "X"),
    ("X._asdict()", "X"),
    ("dataclasses.asdict(X)", "X"),
    ("asdict(X)", "X"),
    ("attr.asdict(X)", "X"),
    ("attrs.asdict(X)", "X"),
    ("X.model_dump()", "X"),
    ("X.dict()", "X"),
    ("print(X)", "X"),
    ("pprint.pformat(X)", "X"),
    ("pformat(X)", "X"),
)
# Shown as JSON.
AS_JSON: Final = tuple(
    (text, "X")
    for text in (
        "json.dumps(X)",
        "json.dumps(X, default=str)",
        "json.dumps(X, ensure_ascii=False)",
        "X.model_dump_json()",
    )
)
# Anywhere.
PARTS: Final = (
    ("vars(X)['N']", "X.N"),
    ("X.__dict__['N']", "X.N"),
    ("X._asdict()['N']", "X.N"),
    ("dataclasses.asdict(X)['N']", "X.N"),
    ("asdict(X)['N']", "X.N"),
    ("vars(X).get('N')", "getattr(X, 'N', None)"),
    ("vars(X).get('N', D)", "getattr(X, 'N', D)"),
    ("X.__dict__.get('N')", "getattr(X, 'N', None)"),
    ("X.__dict__.get('N', D)", "getattr(X, 'N', D)"),
    ("json.loads(X)", "json(X)"),
    ("base64.b64decode(X)", "base64(X)"),
    ("base64.urlsafe_b64decode(X)", "base64(X)"),
    ("base64.standard_b64decode(X)", "base64(X)"),
    ("b64decode(X)", "base64(X)"),
    ("base64(X).decode()", "base64(X)"),
    ("base64(X).decode('utf-8')", "base64(X)"),
    ("X.__class__", "type(X)"),
    ("X.__len__()", "len(X)"),
    ("X.__getitem__(D)", "X[D]"),
    ("X.__contains__(D)", "D in X"),
    ("operator.itemgetter(D)", "lambda each: each[D]"),
    ("itemgetter(D)", "lambda each: each[D]"),
    ("operator.attrgetter('N')", "lambda each: each.N"),
    ("attrgetter('N')", "lambda each: each.N"),
    ("next(iter(X))", "next(each for each in X)"),
    ("next(iter(X), D)", "next((each for each in X), D)"),
    ("map(F, X)", "[F(each) for each in X]"),
    ("filter(None, X)", "[each for each in X if each]"),
    ("filter(F, X)", "[each for each in X if F(each)]"),
)
# Of the object that Lambda gives to a handler, under the names that it usually has.
CONTEXTS: Final = frozenset({"context", "ctx", "_context", "lambda_context"})
OF_CONTEXT: Final = (
    ("context.aws_request_id", "@request_id"),
    ("context.function_name", "@function"),
    ("context.function_version", "@version"),
    ("context.get_remaining_time_in_millis()", "@remaining_ms"),
)

_ANY: Final = frozenset("XDF")
_NAME: Final = "N"
_EACH: Final = "each"

Found = dict[str, Any]


def rewrite_tree(tree: ast.expr, *, is_whole: bool) -> tuple[ast.expr, list[str]]:
    """Return a tree with what has an exact reading rewritten, and a note for each.

    Args:
        tree: as Python's parser made it; it stays as it is.
        is_whole: whether nothing else is done with the value: it is that of a hole or a watch.
    """
    rewriter = _Rewriter(tree)
    found = rewriter.visit(copy.deepcopy(tree))
    if is_whole:
        found = rewriter.apply(found, WHOLE)
    return ast.fix_missing_locations(found), rewriter.notes


def rewrite_text(text: str, *, is_whole: bool) -> tuple[str, list[str]]:
    """Return the text of an expression rewritten, and a note for each change; as it is where nothing is to be changed.

    Args:
        text: of the expression.
        is_whole: as `rewrite_tree`.

    Raises:
        RuleError: `bad-expression`.
    """
    tree, notes = rewrite_tree(tree_of(text), is_whole=is_whole)
    return (write(tree), notes) if notes else (text, [])


def inside_dumps(tree: ast.expr) -> ast.expr | None:
    """Return what a call of `json.dumps` shows; None of anything else."""
    for pattern, _ in _parsed(AS_JSON):
        found: Found = {}
        if _matches(pattern, tree, found):
            shown: ast.expr = found["X"]
            return shown
    return None


def write(tree: ast.AST) -> str:
    """Return the text of a tree in the rule language."""
    return ast.unparse(tree).replace(MARK, "@")


# --- patterns ----------------------------------------------------------------------------------------------------


@functools.cache
def _parsed(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[ast.expr, ast.expr], ...]:
    return tuple((tree_of(pattern), tree_of(instead)) for pattern, instead in rows)


class _Rewriter(ast.NodeTransformer):
    """Rewrites a tree from the leaves up, and notes what it does."""

    def __init__(self, tree: ast.expr) -> None:
        self.notes: list[str] = []
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self._each = next(
            name for name in (_EACH + "_" * more for more in range(len(names) + 1)) if name not in names
        )

    def generic_visit(self, node: ast.AST) -> ast.AST:
        visited = super().generic_visit(node)
        if not isinstance(visited, ast.expr):
            return visited
        return self.apply(self.apply(visited, PARTS), OF_CONTEXT)

    def apply(self, node: ast.expr, rows: tuple[tuple[str, str], ...]) -> ast.expr:
        """Return what stands for a node in the first row that it matches; itself where it matches none."""
        for pattern, instead in _parsed(rows):
            found: Found = {}
            if _matches(pattern, node, found):
                built = _Builder(found, self._each).visit(copy.deepcopy(instead))
                self.notes.append(f"{write(node)} is read as {write(built)}")
                return ast.fix_missing_locations(built)  # type: ignore[no-any-return]
        return node


def _matches(pattern: Any, node: Any, found: Found) -> bool:
    """Return whether a node has the form of a pattern; what its wildcards stand for is written into `found`."""
    if isinstance(pattern, ast.Name) and pattern.id in _ANY:
        found[pattern.id] = node
        return isinstance(node, ast.expr) and not isinstance(node, ast.GeneratorExp)
    if isinstance(pattern, ast.Name) and pattern.id == "context":
        return isinstance(node, ast.Name) and node.id in CONTEXTS
    if isinstance(pattern, ast.Constant) and pattern.value == _NAME:
        found[_NAME] = getattr(node, "value", None)
        return (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.isidentifier()
            and not node.value.startswith("__")
        )
    if isinstance(pattern, ast.AST):
        return type(pattern) is type(node) and all(
            _matches(value, getattr(node, name, None), found)
            for name, value in ast.iter_fields(pattern)
            if name not in {"ctx", "kind"}
        )
    if isinstance(pattern, list):
        return (
            isinstance(node, list)
            and len(pattern) == len(node)
            and all(_matches(one, other, found) for one, other in zip(pattern, node, strict=True))
        )
    return bool(pattern == node)


class _Builder(ast.NodeTransformer):
    """Puts what was found into what is read instead."""

    def __init__(self, found: Found, each: str) -> None:
        self._found = found
        self._each = each

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == _EACH:
            return ast.Name(self._each, node.ctx)
        return copy.deepcopy(self._found[node.id]) if node.id in _ANY else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._each) if node.arg == _EACH else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = self._found[_NAME] if node.attr == _NAME else node.attr
        return ast.Attribute(self.visit(node.value), name, node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(self._found[_NAME]) if node.value == _NAME else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Put the value into a lambda that is called at once: `(lambda v: v.id)(each)` is `each.id`."""
        built = self.generic_visit(node)
        function = built.func if isinstance(built, ast.Call) else None
        if isinstance(function, ast.Lambda) and len(function.args.args) == 1:
            name = function.args.args[0].arg
            return _Renamer(name, self._each).visit(function.body)  # type: ignore[no-any-return]
        return built


class _Renamer(ast.NodeTransformer):
    """Gives a name another name."""

    def __init__(self, name: str, new: str) -> None:
        self._name, self._new = name, new

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._new, node.ctx) if node.id == self._name else node
