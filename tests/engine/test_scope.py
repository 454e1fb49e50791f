"""The names at a spot agree with what CPython binds: known before anything runs."""

from __future__ import annotations

import sys
import textwrap
from typing import NamedTuple

import pytest

from hotlog.client.code.names_in_scope import NamesInScope, scope_at
from hotlog.errors import LocationError
from hotlog.source.statements import Source


class Case(NamedTuple):
    """Source with a marked line, and what is known there."""

    code: str
    known: str = ""
    later: str = ""
    closure: str = ""
    out_of_reach: str = ""


CASES = {
    "parameters of all kinds": Case("def f(a, /, b, *c, d, **e):\n    pass  # <here>", known="a b c d e"),
    "a parameter that is assigned again": Case("def f(a):\n    pass  # <here>\n    a = 1", known="a"),
    "what is assigned above": Case("def f():\n    x = 1\n    x  # <here>", known="x"),
    "what the statement itself assigns": Case("def f():\n    x = 1  # <here>", later="x:2"),
    "what is assigned below": Case("def f():\n    pass  # <here>\n    x = 1", later="x:3"),
    "what is assigned below, in a loop": Case("def f():\n    while 1:\n        pass  # <here>\n        x = 1", known="x"),
    "a loop that does not hold the spot": Case("def f():\n    pass  # <here>\n    for i in j: pass", later="i:3"),
    "the first of several assignments": Case("def f():\n    x = 1\n    x  # <here>\n    x = 2", known="x"),
    "a branch that may not be taken": Case("def f(a):\n    if a:\n        x = 1\n    a  # <here>", known="a x"),
    "imports, definitions, with, except, walrus": Case(
        "def f():\n    import a.b, c as d\n    def g(): y = 1\n    class H: z = 1\n    with p as q: pass\n"
        "    try: pass\n    except E as e: pass\n    (w := 1)\n    pass  # <here>",
        known="a d g H q e w",
    ),
    "the variable of a comprehension is nobody else's": Case(
        "def f(r):\n    s = {k: (w := v) for k, v in r if [i for i in r]}\n    pass  # <here>", known="r s w"
    ),
    "captures of a match": Case(
        "def f(v):\n    match v:\n        case [a, *b]: pass\n        case {**c}: pass\n    pass  # <here>", known="v a b c"
    ),
    "a closure": Case(
        "def f(a, b):\n    def g(c):\n        return a + c  # <here>\n    return g", known="c", closure="a", out_of_reach="b g"
    ),
    "nonlocal": Case("def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1  # <here>", closure="n", out_of_reach="g"),
    "a global that is declared": Case("def f():\n    global G\n    G = 1\n    G  # <here>"),
    "a method does not see the names of its class": Case("class C:\n    x = 1\n    def m(self):\n        pass  # <here>", known="self"),
    "a handler on one line": Case("def f():\n    try: pass\n    except E as e: pass  # <here>", known="e"),
    "a pattern on one line": Case(
        "def f(a):\n    match a:\n        case [b, *c] | {'k': b, **c}: d = b  # <here>", known="a b c", later="d:3"
    ),
    "a handler around a function that binds the same name": Case(
        "def f():\n    try: pass\n    except E as e:\n        def g():\n            pass  # <here>\n            e = 1", later="e:6", out_of_reach="g"
    ),
    "the entry of a function": Case("def f(a):  # <here>\n    x = a", known="a", later="x:2"),
    "the later of two functions of a name": Case("def f(a): pass\ndef f(b):\n    pass  # <here>", known="b"),
    "a decorated method": Case("class C:\n    @p\n    @q\n    def m(self, a):\n        pass  # <here>", known="self a"),
}  # fmt: skip

if sys.version_info >= (3, 12):  # type parameters stand between a definition and what is around it
    CASES |= {
        "a generic function": Case("def f[T](a: T):\n    x = a\n    pass  # <here>", known="a x"),
        "a generic class": Case(
            "class C[T]:\n    def m[U](self, a: U):\n        pass  # <here>", known="self a"
        ),
    }


def scope_of(code: str) -> NamesInScope:
    source = Source(f"{code}\n".encode(), "app.py")
    line = next(number for number, text in enumerate(source.lines, 1) if "# <here>" in text)
    return scope_at(source, source.spot(source.place(line)))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_has_a_value_at_a_spot(case: Case) -> None:
    found = scope_of(case.code)

    assert set(found.locals) == set(case.known.split())
    assert [f"{name}:{line}" for name, line in found.later.items()] == case.later.split()
    assert found.closure == set(case.closure.split())
    assert found.out_of_reach == set(case.out_of_reach.split())


def test_the_globals_are_what_the_module_binds_or_a_function_declares() -> None:
    code = """\
        import os
        from m import n as k
        LIMIT = 3
        id = 7
        def f(a):
            pass  # <here>
        def g():
            global LATE
            LATE = 1
        def h():
            return len(PUT_THERE_BY_OTHERS)
        print(LIMIT)
    """

    found = scope_of(textwrap.dedent(code))

    assert found.globals == {"os", "k", "LIMIT", "id", "f", "g", "h", "LATE", "PUT_THERE_BY_OTHERS"}
    assert not found.is_open


def test_a_global_can_be_read_where_a_comprehension_has_a_variable_of_its_name() -> None:
    assert "i" in scope_of("i = 1\ndef f(r):\n    return [i for i in r]  # <here>").readable


@pytest.mark.parametrize("code", ["from m import *", "globals()['x'] = 1", "exec('x = 1')"])
def test_a_module_that_fills_its_namespace_itself_is_open(code: str) -> None:
    assert scope_of(f"{code}\ndef f():\n    pass  # <here>").is_open


def test_what_parses_and_does_not_compile_is_told() -> None:
    with pytest.raises(LocationError) as caught:
        scope_of("def f():\n    pass  # <here>\ndef g(a, a): pass")

    assert caught.value.code == "source-unreadable"
