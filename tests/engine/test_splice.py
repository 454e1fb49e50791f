"""The `splice` backend: probes in code whose source is not there, and the check that nothing else has changed."""

from __future__ import annotations

import asyncio
import sys
import textwrap
import warnings
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from bytecode import Bytecode, ConcreteBytecode, ConcreteInstr

from hotlog.errors import InstallError
from hotlog.probes.backends import choose_backends
from hotlog.probes.probe import Probe
from hotlog.probes.registry import Registry, WantedProbes
from hotlog.probes.splice.insert import Insertion, splice
from hotlog.probes.splice.validate import validate
from hotlog.source.statements import Location
from tests.oracle.live import BACKENDS, Probed, load
from tests.oracle.splice_check import check_module_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Suppress:
    """Leaves its block by an exception that it swallows, or not."""

    def __init__(self, log: list[object]) -> None:
        self._log = log

    def __enter__(self) -> str:
        self._log.append("enter")
        return "entered"

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: object) -> bool:
        del fault, trace
        self._log.append("exit")
        return kind is ValueError

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, fault: object, trace: object) -> bool:
        return self.__exit__(kind, fault, trace)


async def numbers(count: int) -> Any:
    for number in range(count):
        yield number


def call(function: Callable[..., Any], *arguments: object) -> object:
    try:
        return function(*arguments)
    except (ValueError, KeyError, ZeroDivisionError, AssertionError, UnboundLocalError) as fault:
        return type(fault)


def exhaust(function: Callable[..., Any], *arguments: object) -> object:
    return list(function(*arguments))


def run(function: Callable[..., Any], *arguments: object) -> object:
    return asyncio.run(function(*arguments))


def drain(function: Callable[..., Any], *arguments: object) -> object:
    async def all_of() -> list[object]:
        return [each async for each in function(*arguments)]

    return asyncio.run(all_of())


class Shape(NamedTuple):
    """A function `f`, the line marked `# <-`, how `f` is driven, and how often that line is to be hit."""

    name: str
    source: str
    hits: int
    arguments: tuple[object, ...] = ()
    drive: Callable[..., object] = call


SHAPES = [
    Shape("simple statement", "def f(n):\n    x = n + 1  # <-\n    return x", 1, (1,)),
    Shape("statement in a loop", "def f(n):\n    for i in range(n):\n        n = i  # <-\n    return n", 4, (4,)),
    Shape("for header", "def f(n):\n    for i in range(n):  # <-\n        n = i\n    return n", 1, (4,)),
    Shape("for header, values below", "def f(n):\n    for i in (  # <-\n        range(n)\n    ):\n        n = i\n    return n", 1, (4,)),
    Shape("for header in a loop", "def f(n):\n    for i in range(n):\n        for k in range(i):  # <-\n            n = k\n    return n", 4, (4,)),
    Shape("while header", "def f(n):\n    while n > 0:  # <-\n        n -= 1\n    return n", 1, (4,)),
    Shape("while header, continue", "def f(n):\n    while n > 0:  # <-\n        n -= 1\n        if n % 2:\n            continue\n        n -= 1\n    return n", 1, (9,)),
    Shape("while True header", "def f(n):\n    while True:  # <-\n        n -= 1\n        if n < 0:\n            return n", 1, (4,)),
    Shape("while header in a while loop", "def f(n):\n    while n > 0:\n        while n % 3:  # <-\n            n -= 1\n        n -= 1\n    return n", 3, (8,)),
    Shape("first line of a while True body", "def f(n):\n    while True:\n        n -= 1  # <-\n        if n < 0:\n            return n", 5, (4,)),
    Shape("if header", "def f(n):\n    if n > 0 and (  # <-\n        n < 9\n    ):\n        return 1\n    return 2", 1, (4,)),
    Shape("elif reached", "def f(n):\n    if n > 9:\n        return 1\n    elif n > 3:  # <-\n        return 2", 1, (4,)),
    Shape("elif not reached", "def f(n):\n    if n > 9:\n        return 1\n    elif n > 3:  # <-\n        return 2", 0, (40,)),
    Shape("else body", "def f(n):\n    for i in range(n):\n        pass\n    else:\n        n = 7  # <-\n    return n", 1, (4,)),
    Shape("one-line compound", "def f(n):\n    if n: return n  # <-\n    return 0", 1, (4,)),
    Shape("multi-line call", "def f(n):\n    x = max(  # <-\n        n,\n        abs(\n            -9\n        ),\n    )\n    return x", 1, (4,)),
    Shape("multi-line keyword call", "def f(n):\n    return dict(  # <-\n        a=n,\n        b=dict(c=n,\n               d=n),\n    )", 1, (4,)),
    Shape("argument line, with values on the stack", "def f(n):\n    return max(\n        n,\n        abs(n),  # <-\n        3,\n    )", 1, (4,)),
    Shape("keyword argument line", "def f(n):\n    return dict(\n        a=n,\n        b=abs(n),  # <-\n    )", 1, (4,)),
    Shape("assignment whose value is below", "def f(n):\n    x = (  # <-\n        n + 1\n    )\n    return x", 1, (4,)),
    Shape("conditional expression below", "def f(n):\n    x = (  # <-\n        1\n        if n\n        else 2\n    )\n    return x", 1, (4,)),
    Shape("return of a value below", "def f(n):\n    return (  # <-\n        n + 1\n    )", 1, (4,)),
    Shape("comprehension over lines", "def f(n):\n    return [  # <-\n        i\n        for i in range(n)\n        if i\n    ]", 1, (4,)),
    Shape("after a comprehension", "def f(n):\n    x = [i for i in range(n)]\n    return x  # <-", 1, (4,)),
    Shape("nested comprehensions", "def f(n):\n    x = {i: [k for k in range(i)] for i in range(n)}  # <-\n    return x", 1, (4,)),
    Shape("with header", "def f(log):\n    with S(log):  # <-\n        log.append(1)\n    return log", 1, ("log",)),
    Shape("with header, return inside", "def f(log):\n    with S(log):  # <-\n        return 3", 1, ("log",)),
    Shape("with header, swallowed", "def f(log):\n    with S(log):  # <-\n        raise ValueError\n    return log", 1, ("log",)),
    Shape("with header over lines", "def f(log):\n    with (S(log) as a,  # <-\n          S(log)):\n        log.append(a)\n    return log", 1, ("log",)),
    Shape("return inside with", "def f(log):\n    with S(log):\n        return len(log)  # <-", 1, ("log",)),
    Shape("return of a constant inside with", "def f(log):\n    with S(log):\n        return 7  # <-", 1, ("log",)),
    Shape("break inside with", "def f(log):\n    for i in range(3):\n        with S(log):\n            break  # <-\n    return log", 1, ("log",)),
    Shape("continue inside with", "def f(log):\n    for i in range(3):\n        with S(log):\n            continue  # <-\n    return log", 3, ("log",)),
    Shape("try header", "def f(n):\n    try:  # <-\n        n = 1 / n\n    except ZeroDivisionError:\n        n = 5\n    return n", 1, (0,)),
    Shape("except body", "def f(n):\n    try:\n        n = 1 / n\n    except ZeroDivisionError as e:\n        n = str(e)  # <-\n    return n", 1, (0,)),
    Shape("except pass", "def f(n):\n    try:\n        n = 1 / n\n    except ZeroDivisionError:\n        pass  # <-\n    return n", 1, (0,)),
    Shape("except body not reached", "def f(n):\n    try:\n        n = 1 / n\n    except ZeroDivisionError:\n        pass  # <-\n    return n", 0, (1,)),
    Shape("finally, normal", "def f(n):\n    try:\n        n = 1 / n\n    finally:\n        n = 5  # <-\n    return n", 1, (1,)),
    Shape("finally, exception passes", "def f(n):\n    try:\n        n = 1 / n\n    finally:\n        n = 5  # <-\n    return n", 1, (0,)),
    Shape("finally, return passes", "def f(n):\n    try:\n        return 1 / n\n    finally:\n        n = 5  # <-", 1, (1,)),
    Shape("return in finally", "def f(n):\n    try:\n        n = 1 / n\n    finally:\n        return 5  # <-", 1, (0,)),
    Shape("return through finally", "def f(n):\n    try:\n        return n  # <-\n    finally:\n        n = 5", 1, (1,)),
    Shape("return of a constant through finally", "def f(log):\n    try:\n        return 1  # <-\n    finally:\n        log.append(2)", 1, ("log",)),
    Shape("finally in a loop", "def f(n):\n    for i in range(n):\n        try:\n            if i % 2:\n                continue\n            n = i\n        finally:\n            n = 5  # <-\n    return n", 4, (4,)),
    Shape("end of finally, not reached", "def f(n):\n    try:\n        n = 1 / n\n    finally:\n        for i in range(3):\n            break\n        else:\n            n = 5  # <-", 0, (0,)),
    Shape("pass at the end of finally", "def f(n):\n    try:\n        n = 1 / n\n    finally:\n        n = 5\n        pass  # <-", 1, (0,)),
    Shape("except group", "def f(n):\n    try:\n        raise ExceptionGroup('g', [ValueError(), KeyError()])\n    except* ValueError:\n        n = 2  # <-\n    except* KeyError:\n        n = 3\n    return n", 1, (0,)),
    Shape("case body", "def f(n):\n    match n:\n        case [a, b]:\n            return a + b  # <-\n        case int():\n            return 2", 1, ([1, 2],)),
    Shape("match header", "def f(n):\n    match n:  # <-\n        case [a, b]:\n            return a + b\n        case int():\n            return 2", 1, (3,)),
    Shape("assert", "def f(n):\n    assert n, n  # <-\n    return n", 1, (0,)),
    Shape("raise", "def f(n):\n    raise ValueError(  # <-\n        n\n    )", 1, (0,)),
    Shape("unbound local", "def f(n):\n    if n: x = 1\n    return x  # <-", 1, (0,)),
    Shape("nested def", "def f(n):\n    def g():  # <-\n        return n\n    return g()", 1, (3,)),
    Shape("statement in a closure's owner", "def f(n):\n    g = lambda: n\n    n += 1  # <-\n    return g()", 1, (3,)),
    Shape("class in a function", "def f(n):\n    class A:  # <-\n        x = n\n    return A.x", 1, (3,)),
    Shape("import in a function", "def f():\n    from os import (  # <-\n        path,\n        sep,\n    )\n    return sep", 1),
    Shape("def line is the entry", "def f(n):  # <-\n    while n:\n        n -= 1\n    return n", 1, (3,)),
    Shape("function on one line", "def f(n): return n  # <-", 1, (3,)),
    Shape("generator", "def f(n):\n    for i in range(n):\n        yield i  # <-\n    return n", 4, (4,), exhaust),
    Shape("generator expression's owner", "def f(n):\n    yield from (i for i in range(n))  # <-", 1, (4,), exhaust),
    Shape("first line of a generator", "def f(n):\n    n += 1  # <-\n    yield n", 1, (4,), exhaust),
    Shape("await", "async def f(n):\n    await sleep(0)  # <-\n    return n", 1, (4,), run),
    Shape("async for header", "async def f(n):\n    async for i in numbers(n):  # <-\n        n += i\n    return n", 1, (4,), run),
    Shape("async for body", "async def f(n):\n    async for i in numbers(n):\n        n += i  # <-\n    return n", 4, (4,), run),
    Shape("async with header", "async def f(log):\n    async with S(log):  # <-\n        await sleep(0)\n    return log", 1, ("log",), run),
    Shape("async generator", "async def f(n):\n    async for i in numbers(n):\n        yield i  # <-", 4, (4,), drain),
]  # fmt: skip


def marked_line(source: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if "# <-" in line)


def function_of(source: str, names: dict[str, object] | None = None) -> FunctionType:
    space: dict[str, object] = {"S": Suppress, "numbers": numbers, "sleep": asyncio.sleep, **(names or {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # `return` in `finally`, since 3.14
        code = compile(source, "sample.py", "exec", dont_inherit=True)
    exec(code, space)  # noqa: S102 - the samples are ours
    found = space["f"]
    assert isinstance(found, FunctionType)
    return found


def driven(shape: Shape, function: FunctionType) -> object:
    log: list[object] = []
    return shape.drive(function, *(log if each == "log" else each for each in shape.arguments)), log


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_probe_fires_once_each_time_its_line_is_entered_and_changes_nothing(shape: Shape) -> None:
    line = marked_line(shape.source)
    expected = driven(shape, function_of(shape.source))
    function = function_of(shape.source)
    seen: list[int] = []
    function.__code__ = splice(
        function.__code__, [Insertion(line, "line", lambda: seen.append(sys._getframe(1).f_lineno))]
    )
    assert driven(shape, function) == expected
    assert seen == [line] * shape.hits


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_an_entry_probe_fires_once_per_call_with_the_arguments_bound(shape: Shape) -> None:
    expected = driven(shape, function_of(shape.source))
    function = function_of(shape.source)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    seen: list[bool] = []
    function.__code__ = splice(
        function.__code__,
        [Insertion(0, "entry", lambda: seen.append(set(names) <= set(sys._getframe(1).f_locals)))],
    )
    assert driven(shape, function) == expected
    assert seen == [True]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_probes_on_every_line_at_once_change_nothing(shape: Shape) -> None:
    expected = driven(shape, function_of(shape.source))
    function = function_of(shape.source)
    lines = {line for _, _, line in function.__code__.co_lines() if line}
    function.__code__ = splice(function.__code__, [Insertion(line, "line", list) for line in sorted(lines)])
    assert driven(shape, function) == expected


def test_a_generator_is_probed_at_its_first_step_not_when_it_is_made() -> None:
    function = function_of("def f():\n    yield 1\n")
    seen: list[str] = []
    function.__code__ = splice(function.__code__, [Insertion(0, "entry", lambda: seen.append("hit"))])
    generator = function()
    assert seen == []
    assert next(generator) == 1
    assert seen == ["hit"]


def test_probes_on_one_line_are_called_in_order_and_each_keeps_its_edges() -> None:
    source = "def f(n):\n    while n:  # <-\n        n -= 1\n    return n\n"
    function = function_of(source)
    seen: list[str] = []
    code = splice(
        function.__code__,
        [
            Insertion(2, "line", lambda: seen.append("first")),
            Insertion(0, "entry", lambda: seen.append("entry")),
            Insertion(2, "line", lambda: seen.append("second")),
            Insertion(3, "line", lambda: seen.append("body")),
        ],
    )
    function.__code__ = code
    assert function(2) == 0
    assert seen == ["first", "entry", "second", "body", "body"]


def test_a_span_makes_the_lines_of_a_statement_one() -> None:
    function = function_of(
        "def f(n):\n    if (\n        n > 1\n        and n > 2\n    ):\n        return 1\n"
    )
    seen: list[int] = []
    function.__code__ = splice(
        function.__code__, [Insertion(2, "line", lambda: seen.append(sys._getframe(1).f_lineno), (2, 6))]
    )
    assert function(5) == 1
    assert seen == [2]


def test_what_the_hook_raises_is_handled_where_the_statement_would_have_been() -> None:
    """Not a hook's own fault: an exception that a signal handler delivers while it runs."""
    source = textwrap.dedent("""\
        def f(log):
            try:
                log.append(1)
                log.append(2)  # <-
            except TimeoutError:
                log.append("caught")
            finally:
                log.append("finally")
            return log
    """)

    def interrupted() -> None:
        raise TimeoutError

    function = function_of(source)
    function.__code__ = splice(function.__code__, [Insertion(marked_line(source), "line", interrupted)])
    assert function([]) == [1, "caught", "finally"]


def test_a_traceback_shows_the_lines_of_the_source_and_no_hook() -> None:
    source = "def f(n):\n    n += 1\n    return 1 / (n - n)  # <-\n"
    function = function_of(source)
    function.__code__ = splice(function.__code__, [Insertion(3, "line", list)])
    with pytest.raises(ZeroDivisionError) as fault:
        function(1)
    assert [(entry.name, entry.lineno) for entry in fault.traceback[1:]] == [("f", 2)]  # counted from 0


def test_line_events_stay_as_they_were() -> None:
    source = textwrap.dedent("""\
        def f(n):
            total = 0
            for i in range(n):
                while total < i:
                    total += 1
                try:
                    if i % 2:
                        continue
                finally:
                    total += i
            return total
    """)

    def events(function: FunctionType) -> list[tuple[str, int]]:
        seen: list[tuple[str, int]] = []

        def trace(frame: Any, event: str, argument: object) -> Any:
            del argument
            if frame.f_code is function.__code__ and event != "opcode":
                seen.append((event, frame.f_lineno))
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            function(3)
        finally:
            sys.settrace(before)
        return seen

    function = function_of(source)
    plain = events(function)
    lines = {line for _, _, line in function.__code__.co_lines() if line and line > 1}
    function.__code__ = splice(function.__code__, [Insertion(line, "line", list) for line in sorted(lines)])
    assert events(function) == plain


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def f(n):\n    if 0:\n        n = 1\n    return n\n", 3),
        ("def f(n):\n    return max(\n        n, 1\n    )\n", 4),
        ("def f(n):\n    return n\n", 99),
    ],
    ids=["removed by the compiler", "nothing but a parenthesis", "elsewhere"],
)
def test_a_line_without_instructions_is_refused(source: str, line: int) -> None:
    with pytest.raises(InstallError) as fault:
        splice(function_of(source).__code__, [Insertion(line, "line", list)])
    assert fault.value.code == "line-not-in-code"


def test_everything_but_the_code_stays() -> None:
    source = "def f(a, /, b, *c, d=1, **e):\n    unused = None\n    def g(): return a\n    class A: pass\n    return g\n"
    code = function_of(source).__code__
    new = splice(code, [Insertion(5, "line", list)])
    for name in (
        "co_name",
        "co_qualname",
        "co_filename",
        "co_flags",
        "co_firstlineno",
        "co_names",
        "co_varnames",
    ):
        assert getattr(new, name) == getattr(code, name)
    assert (new.co_cellvars, new.co_freevars, new.co_nlocals) == (
        code.co_cellvars,
        code.co_freevars,
        code.co_nlocals,
    )
    assert new.co_consts[: len(code.co_consts)] == code.co_consts
    assert all(now is was for now, was in zip(nested(new), nested(code), strict=True))


def nested(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def test_jumps_that_grow_are_followed() -> None:
    body = "".join(f"        n = g(n, {number}, n, n)\n" for number in range(120))
    function = function_of(f"def f(n, g):\n    while n < 5:\n{body}        n += 1\n    return n\n")
    count = [0]

    def hit() -> None:
        count[0] += 1

    lines = {line for _, _, line in function.__code__.co_lines() if line and line > 2}
    function.__code__ = splice(function.__code__, [Insertion(line, "line", hit) for line in sorted(lines)])
    assert function(0, lambda n, *_: n) == 5
    assert count[0] == 5 * 121 + 1


# The validator.

TRIED = textwrap.dedent("""\
    def f(log):
        for i in log:
            try:
                i.a(i)
                i.b = i + 1
            except ValueError:
                log.c(i, "two")
            finally:
                log.d()
        return log
""")


def concrete_of(code: CodeType) -> ConcreteBytecode:
    return ConcreteBytecode.from_code(code)


def built(concrete: ConcreteBytecode, code: CodeType) -> CodeType:
    return concrete.to_code(stacksize=code.co_stacksize, compute_exception_stack_depths=False)


def first(concrete: ConcreteBytecode, name: str) -> int:
    return next(i for i, each in enumerate(concrete) if isinstance(each, ConcreteInstr) and each.name == name)


def wrong_depth(concrete: ConcreteBytecode) -> None:
    concrete.exception_table[0].stack_depth += 1


def wrong_handler(concrete: ConcreteBytecode) -> None:
    concrete.exception_table[0].target = concrete.exception_table[-1].target


def shorter_region(concrete: ConcreteBytecode) -> None:
    concrete.exception_table[0].stop_offset -= 2


def no_lasti(concrete: ConcreteBytecode) -> None:
    entry = next(each for each in concrete.exception_table if each.push_lasti)
    entry.push_lasti = False


def wrong_position(concrete: ConcreteBytecode) -> None:
    concrete[first(concrete, "GET_ITER")] = ConcreteInstr("GET_ITER", lineno=3)


def dropped(concrete: ConcreteBytecode) -> None:
    del concrete[first(concrete, "GET_ITER")]


def added(concrete: ConcreteBytecode) -> None:
    concrete.insert(first(concrete, "GET_ITER"), ConcreteInstr("NOP", lineno=2))


def reordered(concrete: ConcreteBytecode) -> None:
    place = first(concrete, "GET_ITER")
    concrete[place - 1], concrete[place] = concrete[place], concrete[place - 1]


def wrong_jump(concrete: ConcreteBytecode) -> None:
    loop = concrete[first(concrete, "FOR_ITER")]
    assert isinstance(loop, ConcreteInstr)
    loop.arg -= 1


def wrong_name(concrete: ConcreteBytecode) -> None:
    concrete.names.reverse()


def wrong_constant(concrete: ConcreteBytecode) -> None:
    concrete.consts[:] = ["three" if const == "two" else const for const in concrete.consts]


def renamed(concrete: ConcreteBytecode) -> None:
    concrete.name = "g"


DAMAGES = [
    wrong_depth, wrong_handler, shorter_region, no_lasti, wrong_position, dropped, added, reordered, wrong_jump, wrong_name,
    wrong_constant, renamed,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_code_is_refused(damage: Callable[[ConcreteBytecode], None]) -> None:
    code = function_of(TRIED).__code__
    validate(code, built(concrete_of(code), code), [])
    concrete = concrete_of(code)
    damage(concrete)
    with pytest.raises(InstallError) as fault:
        validate(code, built(concrete, code), [])
    assert fault.value.code == "failed-validation"


def test_a_stack_that_is_too_small_is_refused() -> None:
    code = function_of(TRIED).__code__
    new = splice(code, [Insertion(4, "line", list)])
    with pytest.raises(InstallError, match="stack"):
        validate(code, new.replace(co_stacksize=code.co_stacksize), [list])


def test_a_call_of_something_else_is_refused() -> None:
    code = function_of(TRIED).__code__
    new = splice(code, [Insertion(4, "line", list)])
    validate(code, new, [list])
    with pytest.raises(InstallError):
        validate(code, new, [dict])


def test_a_call_outside_the_handler_of_its_statement_is_refused() -> None:
    code = function_of(TRIED).__code__
    new = concrete_of(splice(code, [Insertion(4, "line", list)]))
    new.exception_table[0].start_offset += 1
    stacksize = code.co_stacksize + 2
    with pytest.raises(InstallError, match="handler"):
        validate(code, new.to_code(stacksize=stacksize, compute_exception_stack_depths=False), [list])


NESTED_TRY = textwrap.dedent("""\
    def f(log):
        for i in log:
            try:
                try:
                    raise KeyError(i)
                except KeyError:
                    raise ValueError(i)
            except ValueError:
                pass
        return log
""")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the package's defaults hold on 3.14")
def test_the_packages_defaults_miscompile_and_the_validator_sees_it() -> None:
    code = function_of(NESTED_TRY).__code__
    with pytest.raises(InstallError, match="cuts the stack"):
        validate(code, Bytecode.from_code(code).to_code(), [])
    validate(code, splice(code, []), [])


# A name that several functions bear.

CONDITIONAL = textwrap.dedent("""\
    if __name__:
        def f(a):  # <- a
            return a
    else:
        def f(a):  # <- a
            return -a
""")
PROPERTY = textwrap.dedent("""\
    class C:
        @property
        def p(self):
            yield 1
        @p.setter
        def p(self, a):  # <- a
            self.a = a
""")


@pytest.mark.parametrize("backend", BACKENDS)
def test_of_two_definitions_only_the_one_that_the_rule_is_for_is_probed(backend: str, tmp_path: Path) -> None:
    conditional, of_class = load(tmp_path, CONDITIONAL), load(tmp_path, PROPERTY)
    owner = of_class.C()
    made_before = owner.p
    with Probed(conditional, of_class, backend=backend) as probed:
        assert [key for key, outcome in probed.outcomes.items() if outcome.fault is not None] == ["line 5"]
        assert conditional.f(7) == 7
        owner.p = 8
        assert [*made_before, *owner.p] == [1, 1]
    assert probed.hits == [(7,), (8,)]


def test_a_name_alone_is_enough_where_one_live_function_bears_it(tmp_path: Path) -> None:
    conditional, of_class = load(tmp_path, CONDITIONAL), load(tmp_path, PROPERTY)
    hits: list[str] = []

    def by_name(name: str) -> Probe:
        return Probe(
            name, Location(0, 0, "entry", name, "", 0), frozenset(), lambda _: lambda: hits.append(name)
        )

    registry = Registry(choose_backends())
    try:
        wanted = [
            WantedProbes(conditional, None, (by_name("f"),)),
            WantedProbes(of_class, None, (by_name("C.p"),)),
        ]
        outcomes = registry.set(wanted)
        assert outcomes["f"].backend == "splice"
        refused = outcomes["C.p"].fault
        assert refused is not None
        assert refused.code == "ambiguous-function"
        assert "2 running functions are called C.p, at lines 2, 5" in refused.message
        of_class.C().p = 8
        assert (conditional.f(7), [*of_class.C().p]) == (7, [1])
    finally:
        registry.close()
    assert hits == ["f"]


@pytest.mark.parametrize("name", ["outer.inner", "outer.<locals>.inner"])
def test_a_nested_function_is_named_without_source_as_with_it(name: str, tmp_path: Path) -> None:
    module = load(tmp_path, "def outer():\n    def inner(a):\n        return a\n    return inner\n")
    hits: list[str] = []
    probe = Probe("r", Location(0, 0, "entry", name, "", 0), frozenset(), lambda _: lambda: hits.append(name))
    registry = Registry(choose_backends())
    try:
        assert registry.set([WantedProbes(module, None, (probe,))])["r"].backend == "splice"
        assert module.outer()(3) == 3
    finally:
        registry.close()
    assert hits == [name]


# Real code. The whole of it: `python -m tests.oracle.splice_check`.


@pytest.mark.parametrize(
    "name", ["contextlib", "heapq", "textwrap", "asyncio.taskgroups", "concurrent.futures.thread"]
)
def test_lines_of_the_standard_library_can_be_spliced(name: str) -> None:
    assert check_module_lines(name).share >= 0.98
