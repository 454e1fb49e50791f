"""What a person would most likely log at a line: the names that its statement reads, and all others that could be named there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.adding.own_calls import iter_definitions, list_inputs
from hotlog.client.code.names_in_scope import scope_at
from hotlog.expressions.vocabulary import SPECIALS
from hotlog.interpreter.compiling import parse_expression
from hotlog.rules.kinds import OWN_SPECIALS
from hotlog.source.insertion_points import bodies_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.source.statements import Location, Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
_READ_MAX: Final = 4  # names in the message that is proposed
_READ_FALLBACK: Final = 2  # variables that were bound last, where the statement reads none
_OFFERED_MAX: Final = 200


class OfferedNames(NamedTuple):
    """What may be named at a place.

    Attributes:
        line: of the statement.
        message: a message with what the statement reads.
        names: what may be named, the likeliest first: what the statement reads, other variables and their fields, `@names`.
        hidden: variables that are redacted.
        later: variables that have no value yet, with the line of their first assignment.
    """

    line: int
    message: str
    names: tuple[str, ...]
    hidden: tuple[str, ...]
    later: dict[str, int]


def offer_names(source: Source, place: Location, hides: Callable[[str], bool]) -> OfferedNames:
    """Return what may be named at a place.

    Args:
        source: the file.
        place: in it.
        hides: tells which names are redacted.
    """
    spot = source.spot(place)
    scope = scope_at(source, spot)
    known = [name for name in scope.locals if not hides(name)]
    reading = _Reading(known, hides, source.tree)
    function = next(node for node, _ in reversed(spot.path) if isinstance(node, Function))
    elsewhere = (
        read for each in ast.walk(function) if isinstance(each, ast.stmt) for read in reading.of(each)
    )
    fields = [
        f"{name}.{field}" for name in known for field in _fields_of(name, spot.path) if not hides(field)
    ]
    own = [name for name in known if name not in {"self", "cls"}]
    read = own if place.kind == "entry" else list(dict.fromkeys(reading.of(spot.node)))
    read = read or own[-_READ_FALLBACK:] or fields
    special = [
        f"@{name}" for name in sorted(SPECIALS - OWN_SPECIALS, key=lambda name: (name != "request_id", name))
    ]
    names = dict.fromkeys([*read, *known, *fields, *elsewhere, *special])
    return OfferedNames(
        place.line,
        " ".join(f"{_label(name)}={{{name}}}" for name in dict.fromkeys(read[:_READ_MAX])),
        tuple(names)[:_OFFERED_MAX],
        tuple(name for name in scope.locals if hides(name)),
        dict(scope.later),
    )


def _label(name: str) -> str:
    return name.removeprefix("self.")


class _Reading(NamedTuple):
    """Knows which names have a value at the place."""

    known: list[str]
    hides: Callable[[str], bool]
    module: ast.Module

    def of(self, node: ast.AST) -> Iterator[str]:
        """Yield what a statement reads, in the order of its text: variables and their fields, of own methods what these read.

        Not its bodies, and not what it calls.
        """
        text = _chain_of(node)
        if text:
            name, *fields = text.split(".")
            if (
                name in self.known
                and not any(map(self.hides, fields))
                and isinstance(getattr(node, "ctx", None), ast.Load)
            ):
                yield text
            return
        inner = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.stmt):
            inside = [each for body in bodies_of(node) for each in body]
            inner = [each for each in inner if each not in inside]
        elif isinstance(node, ast.Call) and _chain_of(node.func):
            inner.remove(node.func)
            yield from self._of_receiver(node)
        for each in inner:
            yield from self.of(each)

    def _of_receiver(self, call: ast.Call) -> Iterator[str]:
        """Yield what the method of a variable reads: of an own one the fields, of any other the variable."""
        if not isinstance(call.func, ast.Attribute):
            return
        found = next(iter_definitions(self.module, call.func.attr), None)
        method, owner = found or (None, None)
        if isinstance(method, Function):
            inputs = list_inputs(call, method, owner)
            read = [parse_expression(each) for each in inputs if "(" not in each]
        else:
            read = [call.func.value]
        for each in read:
            yield from self.of(each)


def _chain_of(node: ast.AST) -> str:
    """Return `order.lines` for what reads a variable, or a field of one; empty for anything else."""
    inner = node
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    return ast.unparse(node) if isinstance(inner, ast.Name) else ""


def _fields_of(name: str, path: tuple[tuple[ast.stmt, list[ast.stmt]], ...]) -> list[str]:
    """Return the fields of `self`, by what its class declares and what its methods assign."""
    owner = next((node for node, _ in reversed(path) if isinstance(node, ast.ClassDef)), None)
    if name != "self" or owner is None:
        return []
    declared = [
        each.target.id
        for each in owner.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]
    assigned = [
        node.attr
        for node in ast.walk(owner)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
    return list(dict.fromkeys([*declared, *assigned]))
