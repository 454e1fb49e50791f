"""Which names exist at a spot, and which of them have a value there: what a rule may read, known before it runs.

Scopes are CPython's own (`symtable`). A local has a value where an assignment may have run before the spot is reached;
control only goes back up in a loop.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from hotlog import __builtins__
from hotlog.errors import LocationError
from hotlog.interpreter.compiling import ignore_compile_warnings
from hotlog.namedtuple import NamedTuple
from hotlog.source.insertion_points import DEFINITIONS, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.source.insertion_points import InsertionPoint
    from hotlog.source.statements import Source


class NamesInScope(NamedTuple):
    """Return the names in scope at an insertion point.

    Attributes:
        locals: that have a value there, or may have one, in the order in which they get it.
        later: locals that have none yet, with the line of their first assignment.
        closure: names of enclosing functions that this function closes over.
        out_of_reach: names of enclosing functions that it does not.
        globals: names of the module.
        is_open: further globals may exist: the module has a `from x import *`, or fills its namespace itself.
    """

    locals: tuple[str, ...]
    later: dict[str, int]
    closure: frozenset[str]
    out_of_reach: frozenset[str]
    globals: frozenset[str]
    is_open: bool

    @property
    def readable(self) -> frozenset[str]:
        """Return every name that may have a value at the spot."""
        return frozenset(self.locals) | self.closure | self.globals


def scope_at(source: Source, spot: InsertionPoint) -> NamesInScope:
    """Return the names in scope at an insertion point.

    Args:
        source: the file.
        spot: of it.

    Raises:
        LocationError: `source-unreadable`, for text that parses and does not compile.
    """
    scopes = _scopes_of(source)
    module = scopes.module
    nodes = [node for node, _ in spot.path if isinstance(node, DEFINITIONS)]
    tables = [module]
    for node in nodes:
        tables.append(_table_of(node, tables[-1]))
    inner, function = tables[-1], nodes[-1]
    bound = _find_first_bindings(function)
    parameters = set(_parameters(function))
    own = [
        symbol.get_name()
        for symbol in inner.get_symbols()
        # From 3.12 on, the variables of comprehensions are among the function's.
        if symbol.is_local() and (symbol.get_name() in bound or symbol.get_name() in parameters)
    ]
    entered = set(_names_entered_with(spot, function))
    later = {
        name: bound[name]
        for name in own
        if name not in entered and _comes_later(bound.get(name, 0), spot, function)
    }
    known = [name for name in own if name not in later]
    closure = {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_free()}
    around = {
        symbol.get_name()
        for table in tables[1:-1]
        if isinstance(table, symtable.Function)
        for symbol in table.get_symbols()
        if symbol.is_local()
    }
    globals_ = scopes.globals
    return NamesInScope(
        locals=tuple(sorted(known, key=lambda name: bound.get(name, 0))),
        later=later,
        closure=frozenset(closure),
        out_of_reach=frozenset(around - closure - set(own) - globals_),
        globals=frozenset(globals_ - set(own)),
        is_open=scopes.is_open,
    )


class _ModuleScopes(NamedTuple):
    """What holds for every place of a file."""

    module: symtable.SymbolTable
    globals: frozenset[str]
    is_open: bool


# Of each file that is still looked at: a thousand rules of one file ask for its scopes once.
_known: WeakKeyDictionary[Source, _ModuleScopes] = WeakKeyDictionary()


def _scopes_of(source: Source) -> _ModuleScopes:
    found = _known.get(source)
    if found is None:
        try:
            with ignore_compile_warnings(source.name):
                module = symtable.symtable(source.data, source.name, "exec")  # type: ignore[arg-type]  # bytes will do
        except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
            raise LocationError("source-unreadable", f"{source.name} cannot be compiled: {fault}") from fault
        found = _ModuleScopes(module, frozenset(_globals(module)), _is_open(source.tree))
        _known[source] = found
    return found


def _table_of(node: ast.stmt, within: symtable.SymbolTable) -> symtable.SymbolTable:
    """Return the symbol table of a definition; one for type parameters (PEP 695) may lie above it."""
    lines = {node.lineno, first_line(node)}
    todo = list(within.get_children())
    for table in todo:
        is_definition = isinstance(table, symtable.Function | symtable.Class)
        if is_definition and table.get_lineno() in lines and table.get_name() == getattr(node, "name", ""):
            return table
        if not is_definition:
            todo.extend(table.get_children())
    raise LocationError("source-unreadable", f"no symbols for line {node.lineno}")  # pragma: no cover


def _globals(module: symtable.SymbolTable) -> set[str]:
    """Return the names that the module binds or its functions read as globals: others may have set those."""
    found = {
        symbol.get_name()
        for symbol in module.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    todo = list(module.get_children())
    for table in todo:
        todo.extend(table.get_children())
        taken = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        found |= {name for name in taken if not hasattr(builtins, name)}
    return found


def _is_open(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.Name) and node.id in {"globals", "exec", "vars"}:
            return True
    return False


def _comes_later(line: int, spot: InsertionPoint, function: ast.stmt) -> bool:
    """Return whether that binding cannot have run when a call reaches the spot for the first time."""
    if not line:
        return False  # a parameter, or bound in a way that has no line
    if spot.kind == "entry":
        return True
    inside = spot.path[next(at for at, (node, _) in enumerate(spot.path) if node is function) :]
    in_loop = any(isinstance(node, ast.For | ast.AsyncFor | ast.While) for node, _ in inside)
    if spot.after:
        return line > (spot.node.end_lineno or line) and not in_loop
    return line >= first_line(spot.node) and not in_loop


def _names_entered_with(spot: InsertionPoint, function: ast.stmt) -> Iterator[str]:
    """Yield the names that the handlers and patterns around the spot bind: on its own line, where a body begins behind a colon."""
    inside = spot.path[next(at for at, (node, _) in enumerate(spot.path) if node is function) :]
    for owner, block in inside:
        for part in (*getattr(owner, "handlers", ()), *getattr(owner, "cases", ())):
            if part.body is block:
                nodes = ast.walk(part.pattern) if isinstance(part, ast.match_case) else (part,)
                names = (getattr(node, "name", None) or getattr(node, "rest", None) for node in nodes)
                yield from (name for name in names if name)


def _find_first_bindings(function: ast.stmt) -> dict[str, int]:
    """Return the first line at which each name of the function's scope is bound, but for parameters."""
    found: dict[str, int] = {}
    for name, line in _bindings(function):
        found[name] = min(line, found.get(name, line))
    for name in _parameters(function):
        found.pop(name, None)
    return found


def _bindings(function: ast.stmt) -> Iterator[tuple[str, int]]:
    todo: list[ast.AST] = list(getattr(function, "body", ()))
    for node in todo:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
                continue  # what it binds inside is its own
            case ast.Lambda():
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                todo.extend(_but_targets(node))
                continue
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield name, node.lineno
            case ast.MatchMapping(rest=str(name)):
                yield name, node.lineno
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    yield alias.asname or alias.name.partition(".")[0], node.lineno
        todo.extend(ast.iter_child_nodes(node))


def _but_targets(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Iterator[ast.AST]:
    """Yield the parts of a comprehension that may bind a name of the function with `:=`."""
    yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    for part in node.generators:
        yield part.iter
        yield from part.ifs


def _parameters(function: ast.stmt) -> Iterator[str]:
    args = getattr(function, "args", None)
    if isinstance(args, ast.arguments):
        for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
            if arg is not None:
                yield arg.arg
