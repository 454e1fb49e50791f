"""Comprehensions: each turn is paid for, and what is hidden passes through them until something looks at it.

    [k for k, v in headers.items() if v]      `v` of a secret is `REDACTED`: the test is refused
    [k for k, v in headers.items()]           nobody looks at it: all the names

Their variables are known while an expression is compiled: each gets a slot of its own in `HitScope.inner`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hotlog import __builtins__
from hotlog.expressions import comparisons
from hotlog.expressions.hit_scope import HitScope, Program
from hotlog.namedtuple import NamedTuple
from hotlog.reading import containers
from hotlog.reading.budget import Redacted, Unavailable
from hotlog.reading.reader import Reader
from hotlog.redaction.text_values import REDACTED

Assign = Callable[[HitScope, Reader, Any], None]


class Loop(NamedTuple):
    """One `for … in … if …`.

    Attributes:
        values: computes what it goes through.
        assign: gives its names their values.
        tests: what must hold in a turn.
    """

    values: Program
    assign: Assign
    tests: list[Program]


def repeat(loops: Sequence[Loop], element: Program, kind: Callable[[Any], Any], *, weight: int) -> Program:
    """Return the function of a comprehension.

    Args:
        loops: from the outermost.
        element: what each turn gives.
        kind: makes the result of all of them.
        weight: what a turn costs, in steps.
    """

    def run(scope: HitScope, reader: Reader) -> Any:
        if scope.inner is None:
            scope.inner = {}
        produced = _turns(loops, element, weight, scope, reader)
        return kind(produced if kind is containers.Generator else _count_each(produced, reader))

    return run


def _turns(
    loops: Sequence[Loop], element: Program, weight: int, scope: HitScope, reader: Reader
) -> Iterator[Any]:
    loop, *inner = loops
    for value in containers.iterate_all(loop.values(scope, reader), reader):
        reader.budget.spend(weight)
        loop.assign(scope, reader, value)
        if all(comparisons.truth(test(scope, reader)) for test in loop.tests):
            if inner:
                yield from _turns(inner, element, weight, scope, reader)
            else:
                yield element(scope, reader)


def _count_each(values: Iterator[Any], reader: Reader) -> Iterator[Any]:
    for value in values:
        reader.budget.build(items=1)
        yield value


def assign_to(slot: str) -> Assign:
    """Return what gives a name its value."""

    def assign(scope: HitScope, _reader: Reader, value: Any) -> None:
        scope.inner[slot] = value  # type: ignore[index]

    return assign


def unpack_into(parts: Sequence[Assign]) -> Assign:
    """Return what gives several names their values."""

    def unpack(scope: HitScope, reader: Reader, value: Any) -> None:
        values = list(containers.iterate_all(value, reader))
        if len(values) != len(parts):
            raise Unavailable(f"ValueError: {len(values)} values to unpack into {len(parts)} names")
        for part, one in zip(parts, values, strict=True):
            part(scope, reader, one)

    return unpack


def read_bound(slot: str) -> Program:
    """Return the function of a name that a comprehension binds."""

    def read(scope: HitScope, _reader: Reader) -> Any:
        value = scope.inner[slot]  # type: ignore[index]
        if value is REDACTED:
            raise Redacted
        return value

    return read


def keep_hidden(slot: str, program: Program) -> Program:
    """Return the function of a name that is put into a list, tuple or dict as it is, hidden or not."""

    def read(scope: HitScope, reader: Reader) -> Any:
        return REDACTED if scope.inner[slot] is REDACTED else program(scope, reader)  # type: ignore[index]

    return read


class LoopCompiler:
    """Makes the functions of comprehensions: the part of a compiler that knows which names they bind.

    Attributes:
        bound: the slot of each name that is bound where the next node stands.
        depth: how many slots there are.
    """

    def __init__(self) -> None:
        self.bound: dict[str, str] = {}
        self.depth = 0

    def node(self, node: ast.expr, *, raw: bool = False) -> Program:
        """Return the function that computes a node and all nodes below it."""
        raise NotImplementedError

    def _kept(self, node: ast.expr, *, raw: bool = False) -> Program:
        raise NotImplementedError

    def _listcomp(self, node: ast.ListComp) -> Program:
        return self._comprehension(node, list)

    def _setcomp(self, node: ast.SetComp) -> Program:
        return self._comprehension(node, set)

    def _generatorexp(self, node: ast.GeneratorExp) -> Program:
        return self._comprehension(node, containers.Generator)

    def _dictcomp(self, node: ast.DictComp) -> Program:
        return self._comprehension(node, dict)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, kind: Callable[[Any], Any]
    ) -> Program:
        outer = dict(self.bound)
        loops = [
            Loop(self.node(part.iter), self._target(part.target), [self.node(test) for test in part.ifs])
            for part in node.generators
        ]
        element = self._element(node)
        self.bound = outer
        return repeat(loops, element, kind, weight=sum(1 for _ in ast.walk(node)))

    def _element(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Program:
        """Return the function of what each turn gives."""
        plain = containers.need_plain
        if isinstance(node, ast.DictComp):
            key, value = self.node(node.key), self._kept(node.value)
            return lambda scope, reader: (plain(key(scope, reader), reader), value(scope, reader))
        if isinstance(node, ast.ListComp):
            return self._kept(node.elt, raw=True)
        element = self.node(node.elt)
        if isinstance(node, ast.SetComp):
            return lambda scope, reader: plain(element(scope, reader), reader)
        return element

    def _target(self, node: ast.expr) -> Assign:
        if isinstance(node, ast.Name):
            self.depth += 1
            slot = self.bound[node.id] = f"{node.id} {self.depth}"
            return assign_to(slot)
        return unpack_into([self._target(part) for part in node.elts])  # type: ignore[attr-defined]  # tuples and lists
