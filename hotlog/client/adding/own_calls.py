"""A call of the application's own code, which no rule runs: what that code reads, so that the rule can read it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hotlog.errors import RuleError
from hotlog.expressions.method_table import METHODS
from hotlog.expressions.syntax import column_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SHOWN_MAX = 6


def explain_own_calls(
    text: str, tree: ast.expr, faults: list[RuleError], module: ast.Module
) -> list[RuleError]:
    """Return the faults of an expression, those of calls of functions of its file with what these read.

    Args:
        text: the expression.
        tree: of the text.
        faults: what is wrong with it.
        module: the tree of the file that the rule goes to.
    """
    calls = {
        column_of(text, node): node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }
    explained: list[RuleError] = []
    for fault in faults:
        call = calls.get(fault.column) if fault.code == "refused-call" and fault.column is not None else None
        sentence = describe_own_call(call, module) if call is not None else ""
        explained.append(RuleError(fault.code, sentence, column=fault.column) if sentence else fault)
    return explained


def warn_of_namesakes(tree: ast.expr, module: ast.Module) -> list[str]:
    """Return a sentence for each method of the language that a class of the file has too: there it is code that would run."""
    sentences: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            name = node.func.attr
            owner = next((owner for _, owner in iter_definitions(module, name) if owner is not None), None)
            if owner is not None and not isinstance(node.func.value, ast.Constant | ast.JoinedStr):
                reads = describe_own_call(node, module).partition(".")[2]
                sentences.append(
                    f"where {name}() is that of your {owner.name}, it has no value: that is your code, and a rule runs none."
                    f"{reads}"
                )
    return sentences


def describe_own_call(call: ast.Call, module: ast.Module) -> str:
    """Return what a call of a function of the file reads, in a sentence; empty where no function of the file is called so."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    found = next(iter_definitions(module, name), None)
    if found is None:
        return ""
    function, owner = found
    if not isinstance(function, Function):
        return f"{name}() makes an object by your code, and a rule runs none."
    inputs = list_inputs(call, function, owner)
    more = ", …" if len(inputs) > _SHOWN_MAX else ""
    reads = f" It reads: {', '.join(inputs[:_SHOWN_MAX])}{more}." if inputs else ""
    return f"{name}() is your code, and a rule runs none.{reads}"


def list_inputs(call: ast.Call, function: Function, owner: ast.ClassDef | None) -> list[str]:
    """Return what a call reads, as it would be written at its place: fields of the object, and the arguments.

    Args:
        call: of the function.
        function: what is called.
        owner: the class that holds it; None: it is no method.
    """
    read: list[str] = []
    if owner is not None and isinstance(call.func, ast.Attribute):
        receiver = ast.unparse(call.func.value)
        read = [f"{receiver}.{each}" for each in _fields_read(function, owner, {function.name})]
    return list(dict.fromkeys([*read, *map(ast.unparse, call.args)]))


def iter_definitions(module: ast.Module, name: str) -> Iterator[tuple[ast.stmt, ast.ClassDef | None]]:
    """Yield the functions and classes of that name in the file, each with the class whose body holds it."""
    todo: list[tuple[ast.AST, ast.ClassDef | None]] = [(module, None)]
    for node, owner in todo:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function | ast.ClassDef):
                if child.name == name:
                    yield child, owner
                todo.append((child, child if isinstance(child, ast.ClassDef) else None))
            elif isinstance(child, ast.stmt):
                todo.append((child, owner))


def _fields_read(function: Function, owner: ast.ClassDef, seen: set[str]) -> list[str]:
    """Return the fields that a method reads, also through other methods of its class."""
    methods = {each.name: each for each in owner.body if isinstance(each, Function)}
    found: list[str] = []
    for attribute in _attributes_of(function, function.args.args[0].arg) if function.args.args else ():
        method = methods.get(attribute)
        if method is None:
            found.append(attribute)
        elif attribute not in seen:
            seen.add(attribute)
            found += _fields_read(method, owner, seen)
    return list(dict.fromkeys(found))


def _attributes_of(function: ast.AST, name: str) -> list[str]:
    """Return the attributes of a variable that a function reads, in the order of the text."""
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    ]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.attr for node in found))
