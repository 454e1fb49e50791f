"""What is known of the place of a typed line: what is called there, and what that reads."""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from hotlog.client.adding.own_calls import iter_definitions, list_inputs

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
        for module in (self.module, *self.elsewhere(name)):
            for found, owner in iter_definitions(module, name):
                if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield found, owner

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
    read = list_inputs(node, *found)
    listed = f"It reads: {', '.join(read)}." if read else "It reads nothing of its own."
    return f"{listed}{around.names_of(node)}"


def _is_own(annotation: ast.expr | None) -> bool:
    """Return whether an annotation names a class that is none of Python's plain ones."""
    if annotation is None:
        return False
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return bool(names) and not names & _PLAIN_TYPES
