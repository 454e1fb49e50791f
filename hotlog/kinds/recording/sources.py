"""The application's source, as far as recordings need it: from a code object to the node that it was made of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.interpreter.compiling import parse_module
from hotlog.interpreter.quirks import FRAME_LOCALS_ARE_A_VIEW
from hotlog.kinds.recording.operands import COMPREHENSIONS, PlannedRead, names_in
from hotlog.kinds.recording.plan import CodePlan, plan_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from hotlog.kinds.recording.operands import Hides

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOCALS: Final = frozenset({"locals", "vars", "eval", "exec", "dir"})
_TAKES_MORE: Final = (4, 8)  # of `co_flags`: `*args`, `**kwargs`


class Sources:
    """The syntax trees of the application's files, as far as recordings need them.

    Attributes:
        lines: the text of each file.
        late: files that were too large to be parsed while an invocation runs.

    Args:
        read: returns the text of a file; raises OSError where nobody has it.
        hides: which names may not be read.
        judges: whether a name, or what stands beside it, may hide its value.
    """

    def __init__(self, read: Callable[[str], bytes], hides: Hides, judges: Callable[[str], bool]) -> None:
        self._read, self._hides, self._judges = read, hides, judges
        self._nodes: dict[str, dict[tuple[str, int], list[ast.AST]]] = {}
        self.lines: dict[str, list[str]] = {}
        self.late: set[str] = set()

    def load(self, file: str, most: int = limits.RECORD_SOURCE_MAX_BYTES) -> None:
        """Parse a file, once; one that cannot be read or parsed has no nodes.

        Args:
            file: its name.
            most: bytes that it may have; a larger one is too `late`.
        """
        if file in self._nodes and file not in self.late:
            return
        nodes: dict[tuple[str, int], list[ast.AST]] = {}
        self._nodes[file] = nodes
        self.lines[file] = []
        try:
            data = self._read(file)
            if most < len(data) <= limits.RECORD_SOURCE_MAX_BYTES:
                self.late.add(file)
            if len(data) > most:
                return
            self.late.discard(file)
            tree = parse_module(data)
            self.lines[file] = data.decode("utf-8-sig").split("\n")
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return
        nodes["<module>", 1] = [tree]
        for node in ast.walk(tree):
            key = _key_of(node)
            if key is not None:
                nodes.setdefault(key, []).append(node)

    def plan(self, code: CodeType, at: str) -> CodePlan:
        """Return what is read in a code object. Without its source: the way, arguments and results."""
        file = code.co_filename
        self.load(file, limits.RECORD_SOURCE_BESIDE_MAX_BYTES)
        count = (
            code.co_argcount
            + code.co_kwonlyargcount
            + sum(bool(code.co_flags & each) for each in _TAKES_MORE)
        )
        arguments = tuple(
            PlannedRead(name, name, False, None, self._judges(name))
            for name in code.co_varnames[:count]
            if name.isidentifier()
        )
        reads = FRAME_LOCALS_ARE_A_VIEW or _LOCALS.isdisjoint(code.co_names)
        empty = CodePlan(code, at, {}, frozenset(), {}, frozenset(), arguments)
        if not reads:  # before 3.13 it would see that its variables are looked at
            return empty._replace(arguments=())
        name = code.co_name
        found = self._nodes[file].get((name, 1 if name == "<module>" else code.co_firstlineno), ())
        fitting = [node for node in found if _may_be(node, code)]
        if len(fitting) != 1:
            return empty  # nobody knows which of several lambdas on one line it is
        return plan_code(empty, fitting[0], self._hides, self._judges)


def _key_of(node: ast.AST) -> tuple[str, int] | None:
    """Return name and first line of the code object that a node becomes; None where it becomes none."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])
    if isinstance(node, ast.Lambda):
        return "<lambda>", node.lineno
    at: Any = node
    name = COMPREHENSIONS.get(type(at))
    return (name, at.lineno) if name else None


def _may_be(node: Any, code: CodeType) -> bool:
    """Return whether code may have been made of a node, by the names that both bind."""
    known = {*code.co_varnames, *code.co_cellvars, *code.co_freevars, *code.co_names}
    if type(node) in COMPREHENSIONS:
        return all(name in known for each in node.generators for name in names_in(each.target))
    if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
        of = node.args
        every = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
        return {each.arg for each in every} <= known
    return True
