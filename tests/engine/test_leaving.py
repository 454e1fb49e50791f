"""How a call is left, in every way there is: `--trace`, `--call` and `--on-error` say what its caller sees.

The reference is the caller itself: a `try` around the call, or around each step of a generator.
"""

from __future__ import annotations

import functools
import itertools
import sys
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hotlog
from hotlog.events import Invocation
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    End = tuple[str, str]  # how, and the value or exception

HEAD = '''
import contextlib

class Boom(Exception):
    pass

class Quiet:
    """A context manager that swallows what passes it."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return True

class Loud(Quiet):
    """A context manager that raises something else."""

    def __exit__(self, *_):
        raise KeyError("loud")

class Plain(Quiet):
    """A context manager that lets all pass, and handles something of its own meanwhile."""

    def __exit__(self, *_):
        try:
            raise OSError("within")
        except OSError:
            return False

class Waits:
    """The same for `async with`."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await step()
        return False

class Swallows(Waits):
    async def __aexit__(self, *_):
        await step()
        return True

class Step:
    def __await__(self):
        yield "step"

def step():
    return Step()

def fails(fault=None):
    raise fault or Boom("fails")

def loops():
    yield 1
    yield 2

async def ticks():
    for each in (1, 2):
        await step()
        yield each

def returns_in_finally():
    try:
        fails()
    finally:
        return "inner"
'''

# A name and the body of `work(n)`; n is 1.
CALLS = {
    "nothing": "pass",
    "a value": "return n",
    "None": "return None",
    "a raise": "raise Boom('here')",
    "a raise in a with": "with contextlib.nullcontext():\n    raise Boom('in with')",
    "a raise in two withs": "with contextlib.nullcontext(), Plain():\n    raise Boom('in withs')",
    "a with that swallows": "with Quiet():\n    raise Boom('gone')",
    "a with that swallows, then a value": "with Quiet():\n    raise Boom('gone')\nreturn 7",
    "a with that raises": "with Loud():\n    pass",
    "a with that raises over another": "with Loud():\n    raise Boom('first')",
    "a with that handles its own": "with Plain():\n    raise Boom('outer')",
    "a return in a with": "with Plain():\n    return n",
    "a return of None in a with": "with Plain():\n    return",
    "a return in a with that raises": "with Loud():\n    return n",
    "an enter that fails": "with contextlib.ExitStack() as stack:\n    stack.enter_context(fails())",
    "a finally": "try:\n    raise Boom('in try')\nfinally:\n    n = 2",
    "a finally that handles another": "try:\n    raise Boom('outer')\nfinally:\n    try:\n        raise KeyError('in')\n    except KeyError:\n        n = 2",
    "a finally that raises": "try:\n    raise Boom('in try')\nfinally:\n    raise KeyError('in finally')",
    "a finally that returns": "try:\n    raise Boom('in try')\nfinally:\n    return n",
    "a finally that returns None": "try:\n    raise Boom('in try')\nfinally:\n    return",
    "a finally that breaks": "for i in range(2):\n    try:\n        raise Boom('in try')\n    finally:\n        break",
    "a finally over a return": "try:\n    return n\nfinally:\n    n = 9",
    "a finally over a return that raises": "try:\n    return n\nfinally:\n    fails()",
    "nested finally": "try:\n    try:\n        fails()\n    finally:\n        n = 2\nfinally:\n    n = 3",
    "an except that raises it again": "try:\n    fails()\nexcept Boom:\n    raise",
    "an except that raises it again by name": "try:\n    fails()\nexcept Boom as fault:\n    raise fault",
    "an except that raises another": "try:\n    fails()\nexcept Boom:\n    raise KeyError('other')",
    "an except that raises another from it": "try:\n    fails()\nexcept Boom as fault:\n    raise KeyError('other') from fault",
    "an except that raises another from None": "try:\n    fails()\nexcept Boom:\n    raise KeyError('other') from None",
    "an except of another type": "try:\n    fails()\nexcept KeyError:\n    n = 2",
    "an except of other types": "try:\n    fails()\nexcept KeyError:\n    n = 2\nexcept (OSError, ValueError):\n    n = 3",
    "an except with a name, of another type": "try:\n    fails()\nexcept KeyError as fault:\n    n = fault",
    "an except that handles it": "try:\n    fails()\nexcept Boom:\n    n = 2",
    "an except that handles it and returns": "try:\n    fails()\nexcept Boom:\n    return n",
    "an except that handles it and returns None": "try:\n    fails()\nexcept Boom as fault:\n    return",
    "an except whose type fails": "try:\n    fails()\nexcept fails(KeyError('type')):\n    n = 2",
    "an except that handles another and goes on": "try:\n    fails()\nexcept Boom:\n    try:\n        fails(KeyError('in'))\n    except KeyError:\n        pass\n    raise",
    "an except that handles another and raises with a name": "try:\n    fails()\nexcept Boom as fault:\n    with Plain():\n        n = 2\n    raise fault",
    "an except in a with": "with Plain():\n    try:\n        fails()\n    except Boom:\n        raise",
    "a with in an except": "try:\n    fails()\nexcept Boom:\n    with Plain():\n        raise",
    "an else that raises": "try:\n    pass\nexcept Boom:\n    n = 2\nelse:\n    raise KeyError('else')",
    "an else with a finally": "try:\n    pass\nexcept Boom:\n    n = 2\nelse:\n    fails()\nfinally:\n    n = 3",
    "a loop to its end": "for i in (1, 2):\n    n += i",
    "a loop on one line": "for i in (1, 2): n += i",
    "a loop over a generator": "for i in loops(): n += i",
    "a loop that fails": "for i in (1, 2):\n    fails()",
    "a loop over what fails": "for i in fails():\n    pass",
    "a loop that handles each": "for i in (1, 2):\n    try:\n        fails()\n    except Boom:\n        continue",
    "a loop with an else that raises": "for i in loops(): n += i\nelse: raise Boom('else')",
    "a loop in a try": "try:\n    for i in loops():\n        pass\nfinally:\n    n = 2",
    "a while that ends in an exception": "while True:\n    n += 1\n    if n > 3: raise Boom('enough')",
    "a comprehension that fails": "return [fails() for _ in range(2)]",
    "a comprehension in an except": "try:\n    fails()\nexcept Boom:\n    return [i for i in loops()]",
    "a call that fails": "return fails()",
    "a call that returns in its finally": "return returns_in_finally()",
    "a next that ends": "it = iter(())\nreturn next(it, None)",
    "a next that fails": "it = iter(())\nreturn next(it)",
    "an assertion": "assert n == 2, 'not two'",
    "an unbound local": "if n == 2:\n    x = 1\nreturn x",
    "a name that is none": "return no_such_name",
    "an attribute that is none": "return n.no_such",
    "a division": "return n / 0",
    "an unpacking": "a, b = (n,)",
    "a del that fails": "x = {}\ndel x['k']",
    "an import that fails": "import no_such_module_at_all",
    "a SystemExit": "raise SystemExit(3)",
    "a KeyboardInterrupt in a with": "with Plain():\n    raise KeyboardInterrupt",
    "a GeneratorExit": "raise GeneratorExit",
    "a StopIteration": "raise StopIteration(n)",
    "a match that raises": "match n:\n    case 1:\n        raise Boom('case')\n    case _:\n        return 2",
    "a match that nothing fits": "match n:\n    case 2:\n        return 2",
    "a bare raise with nothing to raise": "raise",
    "an except* that handles all": "try:\n    raise ExceptionGroup('g', [Boom('a')])\nexcept* Boom:\n    n = 2",
    "an except* that leaves some": "try:\n    raise ExceptionGroup('g', [Boom('a'), KeyError('b')])\nexcept* Boom:\n    n = 2",
    "an except* that leaves all": "try:\n    raise ExceptionGroup('g', [Boom('a'), OSError()])\nexcept* KeyError:\n    n = 2",
    "an except* that raises": "try:\n    raise ExceptionGroup('g', [Boom('a')])\nexcept* Boom:\n    raise KeyError('other')",
    "an except* that raises and leaves some": "try:\n    raise ExceptionGroup('g', [Boom('a'), OSError('b')])\nexcept* Boom:\n    raise KeyError('other')",
    "an except* that raises it again": "try:\n    raise ExceptionGroup('g', [Boom('a')])\nexcept* Boom:\n    raise",
    "an except* of a bare exception": "try:\n    fails()\nexcept* Boom as group:\n    raise KeyError('other')",
    "an except* in a finally": "try:\n    try:\n        raise ExceptionGroup('g', [Boom('a'), OSError('b')])\n    except* Boom:\n        n = 2\nfinally:\n    n = 3",
}

# The body of a generator, and what is done with it: a value is sent, an exception thrown.
STEPS: dict[str, tuple[str, list[Any]]] = {
    "to its end": ("yield n", [None]),
    "with a value": ("yield n\nreturn 5", [None]),
    "fails": ("yield n\nfails()", [None]),
    "fails in a with": ("with Plain():\n    yield n\n    fails()", [None]),
    "yields in a finally": ("try:\n    fails()\nfinally:\n    yield n", [None]),
    "yields None in an except": ("try:\n    fails()\nexcept Boom:\n    yield\n    raise", [None]),
    "thrown into": ("yield n", [ValueError("thrown")]),
    "thrown into a with": ("with Plain():\n    yield n", [ValueError("thrown")]),
    "thrown into a finally": ("try:\n    yield\nfinally:\n    n = 2", [ValueError("thrown")]),
    "thrown and handled": ("try:\n    yield\nexcept ValueError:\n    pass", [ValueError("thrown")]),
    "thrown and yielding": ("try:\n    yield\nexcept ValueError:\n    yield", [ValueError("thrown"), None]),
    "thrown and swallowed": ("with Quiet(): yield", [ValueError("thrown")]),
    "thrown twice": (
        "while n:\n    try:\n        yield\n    except ValueError:\n        n = 0\n        yield",
        [ValueError("one"), KeyError("two")],
    ),
    "closed": ("yield n", [GeneratorExit()]),
    "closed in a finally": ("try:\n    yield\nfinally:\n    n = 2", [GeneratorExit()]),
    "delegating": ("got = yield from loops()\nreturn got", [None, None]),
    "delegating, thrown into": ("got = yield from loops()\nreturn got", [ValueError("thrown")]),
    "delegating, thrown into a try": (
        "try:\n    yield from loops()\nexcept ValueError:\n    return 3",
        [ValueError("thrown")],
    ),
}

# The same of a coroutine.
AWAITS = {
    "to its end": "await step()\nreturn n",
    "fails": "await step()\nfails()",
    "fails in an async with": "async with Waits():\n    fails()",
    "swallowed by an async with": "async with Swallows():\n    fails()",
    "returns in an async with": "async with Waits():\n    return n",
    "loops": "async for each in ticks():\n    n += each\nreturn n",
    "fails in a loop": "async for each in ticks():\n    fails()",
    "waits in a finally": "try:\n    fails()\nfinally:\n    await step()",
    "waits in an except": "try:\n    fails()\nexcept Boom:\n    await step()\n    raise",
    "an async comprehension": "return [each async for each in ticks()]",
}


def _of_step(call: Callable[[], object]) -> End | None:
    """How a step ends its generator; None: not yet."""
    try:
        call()
    except (StopIteration, StopAsyncIteration) as end:
        return "returned", repr(getattr(end, "value", None))
    except BaseException as fault:  # noqa: BLE001  # whatever ends it is what is asked for
        return _named(fault)
    return None


def _named(fault: BaseException) -> End:
    return "raised", f"{type(fault).__name__}: {fault}"


def _call(work: Callable[[int], object]) -> End:
    try:
        return "returned", repr(work(1))
    except BaseException as fault:  # noqa: BLE001  # as above
        return _named(fault)


def _steps(work: Callable[[int], Generator[Any, Any, Any]], steps: list[Any]) -> End:
    generator = work(1)
    end = _of_step(lambda: next(generator))
    for step in steps:
        if end is None:
            if isinstance(step, BaseException):
                end = _of_step(functools.partial(generator.throw, step))
            else:
                end = _of_step(functools.partial(generator.send, step))
    assert end is not None
    return end


def _await(work: Callable[[int], Any]) -> End:
    coroutine = work(1)
    end = None
    while end is None:
        end = _of_step(lambda: coroutine.send(None))
    return end


def _through_c(work: Callable[[int], object]) -> End:
    try:
        [value] = list(map(functools.partial(work), [1]))
    except BaseException as fault:  # noqa: BLE001  # as above
        return _named(fault)
    return "returned", repr(value)


def _while_handling(work: Callable[[int], object]) -> End:
    """A call while its caller handles something else."""
    try:
        raise OSError("the caller's")  # noqa: TRY301  # it is to be handled here
    except OSError:
        return _call(work)


class _Shape(NamedTuple):
    """A function, and how it is called.

    Attributes:
        name: of the function.
        text: its definition.
        drive: calls it; how that ended.
    """

    name: str
    text: str
    drive: Callable[[Any], End]


def _shape(number: int, body: str, drive: Callable[[Any], End], kind: str = "def") -> _Shape:
    name = f"work_{number}"
    return _Shape(name, f"{kind} {name}(n):\n{textwrap.indent(body, '    ')}\n", drive)


_numbers = itertools.count()
SHAPES = {
    **{f"call: {name}": _shape(next(_numbers), body, _call) for name, body in CALLS.items()},
    **{
        f"generator: {name}": _shape(next(_numbers), body, functools.partial(_steps, steps=steps))
        for name, (body, steps) in STEPS.items()
    },
    **{
        f"coroutine: {name}": _shape(next(_numbers), body, _await, "async def")
        for name, body in AWAITS.items()
    },
    # A caller in C, and one that handles an exception of its own, with the shapes in which that may make a difference.
    **{
        f"{caller.__name__}: {name}": _shape(next(_numbers), body, caller)
        for name, body in CALLS.items()
        for caller in (_through_c, _while_handling)
        if any(word in name for word in ("with", "finally", "except", "bare"))
    },
}
KINDS = [("trace",), ("call",), ("error",), ("trace", "call", "error")]


def _told(event: dict[str, Any]) -> End:
    if "error" not in event:
        return "returned", repr(event["return"])
    error = event["error"]
    kind, message = error["type"].rpartition(".")[2], error.get("message", "")
    return "raised", f"{kind}: {message}"


def _is_same(told: End, wanted: End) -> bool:
    """Whether it is the end, or was cut: on a machine that is busy a value may not be read in time."""
    return told == wanted or (
        told[0] == wanted[0] and told[1].endswith(("?", "{'@cut': 'time'}", "… (time)"))
    )


def _is_told_of(kind: str, end: End) -> bool:
    """An error rule is for exceptions, but for that of a generator which is closed."""
    return kind != "error" or (end[0] == "raised" and not end[1].startswith("GeneratorExit"))


def _differences(folder: Path, kinds: tuple[str, ...]) -> list[object]:
    """What the rules tell otherwise than the callers, by shape and kind."""
    with Probed(folder, HEAD + "\n".join(shape.text for shape in SHAPES.values())) as probed:
        probed.apply(
            *(
                hotlog.Rule(id=f"{shape.name}-{kind}", at=probed.at(shape.name), kind=kind, per_second=None)
                for shape in SHAPES.values()
                for kind in kinds
            )
        )
        found: list[object] = []
        for name, shape in SHAPES.items():
            probed.events.clear()
            probed.agent.begin(Invocation())
            end = shape.drive(getattr(probed.module, shape.name))
            for kind in kinds:
                told = [_told(event) for event in probed.events if event["rule"] == f"{shape.name}-{kind}"]
                wanted = [end] if _is_told_of(kind, end) else []
                if len(told) != len(wanted) or not all(map(_is_same, told, wanted)):
                    found.append((name, kind, wanted, told))
            assert sys.gettrace() is None, name
        return found


@pytest.mark.parametrize("kinds", KINDS, ids="+".join)
@pytest.mark.long
def test_it_says_what_the_caller_sees(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    assert len(SHAPES) > 60
    assert not _differences(tmp_path, kinds)


@pytest.mark.long
def test_a_rule_changes_no_end(tmp_path: Path) -> None:
    """The callers see the same with rules and without."""
    with Probed(tmp_path, HEAD + "\n".join(shape.text for shape in SHAPES.values())) as probed:
        names = [shape.name for shape in SHAPES.values()]
        before = [shape.drive(getattr(probed.module, shape.name)) for shape in SHAPES.values()]
        probed.apply(
            *(
                hotlog.Rule(id=f"{name}-{kind}", at=probed.at(name), kind=kind, per_second=None)
                for name in names
                for kind in KINDS[-1]
            )
        )
        assert [shape.drive(getattr(probed.module, shape.name)) for shape in SHAPES.values()] == before
