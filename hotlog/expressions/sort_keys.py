"""What stands behind `key=`: a lambda, a function of the language, or a method of a plain type; and whose name that is."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.expressions.safe_builtins import BUILTINS, FUNCTIONS, OWN_WORDS
from hotlog.expressions.safe_methods import call_method
from hotlog.expressions.syntax import method_of_type
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import inherits, type_name

if TYPE_CHECKING:
    from hotlog.reading.reader import Reader

Key = Callable[[Any], Any]
Made = Callable[[Any, Any], Any]  # of scope and reader, as all programs


def make_key(
    node: ast.expr, compile_lambda: Callable[[ast.Lambda], tuple[Callable[..., None], Made]]
) -> Made:
    """Return the program that makes the function behind `key=`, which is called for one element after the other.

    Args:
        node: the function; the grammar has accepted it.
        compile_lambda: gives what sets the lambda's variable, and what computes its body.
    """
    if isinstance(node, ast.Constant):
        return lambda _scope, _reader: None
    if isinstance(node, ast.Lambda):
        assign, body = compile_lambda(node)
        return _of_lambda(assign, body, weight=sum(1 for _ in ast.walk(node)))
    method = method_of_type(node)
    if method is not None:
        return _of_method(*method)
    name: str = node.id  # type: ignore[attr-defined]  # the language has no other form
    function, is_shadowed = FUNCTIONS[name], shadowing(name)

    def make(scope: Any, reader: Reader) -> Key:
        if is_shadowed(scope):
            raise Unavailable(f"{name!r} is a variable here, and calling it would run your code")
        return lambda value: function(reader, value)

    return make


def _of_lambda(assign: Callable[..., None], body: Made, weight: int) -> Made:
    def make(scope: Any, reader: Reader) -> Key:
        if scope.inner is None:
            scope.inner = {}

        def key(value: Any) -> Any:
            reader.budget.spend(weight)
            assign(scope, reader, value)
            return body(scope, reader)

        return key

    return make


def _of_method(kind: str, name: str) -> Made:
    def make(_scope: Any, reader: Reader) -> Key:
        def key(value: Any) -> Any:
            reader.budget.spend(1)
            if type_name(type(value)) != kind:
                raise Unavailable(f"TypeError: {kind}.{name} takes no {type_name(type(value))}")
            return call_method(reader, value, name, [])

        return key

    return make


def shadowing(name: str) -> Callable[[Any], bool]:
    """Return the test of a scope whether the function has a variable of that name; a module does not hide a word of the language."""
    if name in OWN_WORDS:
        return lambda scope: not inherits(type(scope.find(name, sys)), ModuleType)
    builtin = BUILTINS[name]
    return lambda scope: scope.find(name, builtin) is not builtin
