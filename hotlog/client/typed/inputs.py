"""What is known of the place of a typed line: what is called there, and what that reads."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PLAIN_TYPES = frozenset(
    "int float str bytes bool dict list tuple set None Any object Dict List Tuple Set Optional Mapping Sequence "
    "Iterable datetime date Decimal".split()
)  # fmt: skip


class Surroundings(NamedTuple):
    """What is known of the place of a typed line.

    Attributes:
        module: the tree of its file.
        function: the innermost function around it; None: module-level code.
        exception: name of the exception of the handler around it; empty: none.
        hides: tells which names are redacted.
        elsewhere: finds the trees of other files that define a function of a name.
    """

    module: ast.Module
    function: ast.FunctionDef | ast.AsyncFunctionDef | None
    exception: str
    hides: Callable[[str], bool]
    elsewhere: Callable[[str], Iterable[ast.Module]] = lambda _name: ()

    @property
    def contexts(self) -> frozenset[str]:
        """Return the names that hold the context of Lambda, by habit."""
        return frozenset({"context", "ctx", "lambda_context", "_context"})

    @property
    def objects(self) -> frozenset[str]:
        """Return the parameters that are objects of the application's own, by what their annotations say."""
        args = self.function.args if self.function is not None else None
        if args is None:
            return frozenset()
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        return frozenset(arg.arg for arg in every if arg.arg in {"self", "cls"} or _is_own(arg.annotation))

    def definitions(
        self, name: str
    ) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.ClassDef | None]]:
        """Yield the functions of that name, those of the file first, each with the class that holds it."""
        yield from _definitions_in(self.module, name)
        for module in self.elsewhere(name):
            yield from _definitions_in(module, name)

    def defines(self, name: str) -> bool:
        """Return whether a function of the file bears that name."""
        return next(self.definitions(name), None) is not None

    def comes_from(self, name: str, module: str) -> bool:
        """Return whether the file imports a name from a module, or the module by that name."""
        return any(
            (alias.asname or alias.name) == name
            for each in ast.walk(self.module)
            if isinstance(each, ast.ImportFrom | ast.Import)
            for alias in each.names
            if (each.module if isinstance(each, ast.ImportFrom) else alias.name) == module
        )

    def names_of(self, node: ast.expr) -> str:
        """Return a hint at the variable that holds the value of an expression already; empty where none does."""
        wanted = ast.dump(node)
        for each in ast.walk(self.function or self.module):
            if (
                isinstance(each, ast.Assign)
                and ast.dump(each.value) == wanted
                and isinstance(each.targets[0], ast.Name)
            ):
                return f" Or log `{each.targets[0].id}` after line {each.end_lineno}."
        return ""


def describe_inputs(node: ast.Call, name: str, around: Surroundings) -> str:
    """Return what a call of the application's own code reads, in a sentence; empty where its code is not in the file.

    Args:
        node: the call.
        name: of what is called.
        around: its place.
    """
    found = next(around.definitions(name), None)
    if found is None:
        return ""
    function, owner = found
    read: list[str] = []
    if owner is not None and isinstance(node.func, ast.Attribute):
        receiver = ast.unparse(node.func.value)
        read = [f"{receiver}.{attribute}" for attribute in _fields_read(function, owner, {function.name})]
    read += [ast.unparse(each) for each in node.args]
    listed = f"It reads: {', '.join(dict.fromkeys(read))}." if read else "It reads nothing of its own."
    return f"{listed}{around.names_of(node)}"


def _definitions_in(
    module: ast.Module, name: str
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.ClassDef | None]]:
    todo: list[tuple[ast.AST, ast.ClassDef | None]] = [(module, None)]
    for node, owner in todo:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                if child.name == name:
                    yield child, owner
                todo.append((child, None))
            elif isinstance(child, ast.stmt):
                todo.append((child, child if isinstance(child, ast.ClassDef) else owner))


def _fields_read(
    function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef, seen: set[str]
) -> list[str]:
    """Return the fields that a method reads, also through other methods of its class."""
    methods = {
        each.name: each for each in owner.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
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


def _is_own(annotation: ast.expr | None) -> bool:
    """Return whether an annotation names a class that is none of Python's plain ones."""
    if annotation is None:
        return False
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return bool(names) and not names & _PLAIN_TYPES
