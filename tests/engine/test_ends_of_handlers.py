"""The last statement of a `finally`, an `except` or a `with`, in many forms: hit exactly when it runs.

Behind it the compiler puts instructions of its own, which raise the exception again. 3.11 gives them the line of that statement.
"""

from __future__ import annotations

import inspect
import itertools
import sys
import textwrap
import warnings
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from hotlog.interpreter.quirks import RERAISES_WITHOUT_LINE
from hotlog.probes.backends import choose_backends
from hotlog.probes.probe import Probe
from hotlog.probes.registry import Registry, WantedProbes
from hotlog.source.statements import Source
from tests.programs.inserted import CALL, with_calls

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from hotlog.probes.probe import Hook

HEAD = """
class Quiet:
    def __enter__(self): return self
    def __exit__(self, *_): return True
    async def __aenter__(self): return self
    async def __aexit__(self, *_): return self.__exit__()

class Loud(Quiet):
    def __exit__(self, *_): return False

quiet, loud = Quiet(), Loud()

def fails(n):
    if n in (0, 4): raise KeyError(n)
    if n in (1, 5): raise ValueError(n)
"""

LAST = ("continue", "break", "return 1", "return", "pass", "n += 5", "raise OSError(s)", "fails(s)", "del s")
# Of which nothing may be left; but for `pass` only at the end of an `async with`.
LEAVE_NOTHING = ("pass", "continue", "break", "return 1", "return")
# What the last statement stands in; `s` is 0 to 6.
AROUND = {
    "alone": "{}",
    "an if": "if s > 1: {}",
    "an if on two lines": "if s > 1:\n    {}",
    "an if and": "if s and s > 1:\n    {}",
    "an if not": "if not s:\n    {}",
    "an else": "if s > 1:\n    s = 6\nelse:\n    {}",
    "an if with an else": "if s > 1:\n    {}\nelse:\n    s = 7",
    "an if with an else that passes": "if s > 1:\n    {}\nelse:\n    pass",
    "an elif": "if s > 2:\n    s = 4\nelif s:\n    {}",
    "an if that never holds": "if 0:\n    {}",
    "an if before a pass that nothing reaches": "if s > 1:\n    {}\nelse:\n    s = 8\nif 0:\n    pass",
    "an if in an if": "if s:\n    if s > 2:\n        {}",
    "a for": "for x in range(s):\n    {}",
    "the else of a for": "for x in range(s):\n    if x: break\nelse:\n    {}",
    "a while": "while s > 1:\n    s -= 1\n    {}",
    "a with": "with quiet:\n    {}",
    "a with that lets pass": "with loud:\n    {}",
    "a case": "match s:\n    case 1:\n        s = 8\n    case 2:\n        {}",
    "a last case": "match s:\n    case 1:\n        s = 8\n    case _:\n        {}",
    "a try": "try:\n    fails(s - 2)\nexcept KeyError:\n    s = 9\nelse:\n    {}",
    "an except": "try:\n    fails(s - 2)\nexcept KeyError:\n    {}",
    "an except with a name": "try:\n    fails(s - 2)\nexcept KeyError as fault:\n    {}",
    "a bare except": "try:\n    fails(s - 2)\nexcept:\n    {}",
    "an except in an if": "if s > 1:\n    try:\n        fails(s - 2)\n    except KeyError:\n        {}",
    "a finally": "try:\n    fails(s - 2)\nfinally:\n    {}",
    "an if in a finally": "try:\n    fails(s - 2)\nfinally:\n    if s > 1:\n        {}",
}
# What that is the end of, in a loop of three.
OUTER = {
    "a finally": "try:\n    fails(s)\nfinally:\n    n += 1\n    {}",
    "a finally of its own": "try:\n    fails(s)\nfinally:\n    {}",
    "a finally with an except": "try:\n    fails(s)\nexcept KeyError:\n    n += 2\nfinally:\n    {}",
    "an except": "try:\n    fails(s)\nexcept KeyError:\n    n += 2\n    {}",
    "an except with a name": "try:\n    fails(s)\nexcept (KeyError, ValueError) as e:\n    {}",
    "two excepts": "try:\n    fails(s)\nexcept KeyError:\n    n += 1\nexcept ValueError:\n    {}",
    "a bare except": "try:\n    fails(s)\nexcept:\n    {}",
    "a with": "with loud:\n    fails(s)\n    {}",
    "a finally in a with": "with loud:\n    try:\n        fails(s)\n    finally:\n        {}",
    "a finally in a finally": "try:\n    n += 1\nfinally:\n    try:\n        fails(s)\n    finally:\n        {}",
    "a finally in an except with a name": "try:\n    fails(s)\nexcept KeyError as e:\n    try:\n        fails(s + 1)\n    finally:\n        {}",
    "an async with": "async with loud:\n    fails(s)\n    {}",
    "an async with that lets pass": "async with quiet:\n    {}",
    "two in an async with": "async with loud as x, quiet as y:\n    {}",
    "an async with in a finally": "try:\n    fails(s)\nfinally:\n    async with loud:\n        {}",
    "a finally in an except": "try:\n    fails(s)\nexcept KeyError:\n    try:\n        fails(s + 1)\n    finally:\n        {}",
}


def _text(outer: str) -> str:
    """Return a module: a function for each statement in each form, as the end of this."""
    parts = [HEAD]
    for number, (around, last) in enumerate(itertools.product(AROUND.values(), LAST)):
        inner = _within(around, last)
        body = f"n = 0\nfor i in range(3):\n{textwrap.indent(_within(OUTER[outer], inner), '    ')}\n    n += 10\nreturn n"
        keyword = "async def" if "async" in outer else "def"
        parts.append(f"{keyword} f{number}(s):\n{textwrap.indent(body, '    ')}\n")
    return "\n".join(parts)


def _within(around: str, inner: str) -> str:
    """Return the statement around the other, with the lines of the inner one indented."""
    before, _, after = around.partition("{}")
    indent = before[before.rfind("\n") + 1 :]
    return (
        before + inner.replace("\n", "\n" + indent) + after if not indent.strip() else before + inner + after
    )


_Ends = dict[tuple[str, int], tuple[str, tuple[int, ...]]]


def _functions(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if name[0] == "f" and name[1:].isdigit()]


def _call_all(module: ModuleType, hits: list[int]) -> _Ends:
    """Call each function with each number; return how each call ended and the lines that were hit."""
    found: _Ends = {}
    for name, s in itertools.product(_functions(module), range(7)):
        hits.clear()
        try:
            end = repr(_answer(vars(module)[name](s)))
        except Exception as fault:  # noqa: BLE001  # whatever it is, it is compared
            end = repr(fault)
        found[name, s] = end, tuple(hits)
    return found


def _answer(result: object) -> object:
    """Return what a coroutine that never waits returns, or the result itself."""
    if not inspect.iscoroutine(result):
        return result
    try:
        result.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def _load(name: str, code: ast.Module | str, hits: list[int]) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = f"/ends/{name}.py"
    vars(module)[CALL] = hits.append
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # `return` in `finally`, since 3.14
        exec(compile(code, module.__file__, "exec", dont_inherit=True), vars(module))  # noqa: S102
    return module


def _hook(line: int, hits: list[int]) -> Callable[[tuple[str, ...]], Hook]:
    return lambda _: lambda **_: hits.append(line)


@pytest.mark.in_part(3)
@pytest.mark.parametrize("backend", ["recompile", "splice"])
@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.long
def test_it_is_hit_as_often_as_typed(monkeypatch: pytest.MonkeyPatch, outer: str, backend: str) -> None:
    text = _text(outer)
    hits: list[int] = []
    name = f"ends_{list(OUTER).index(outer)}_{backend}"
    typed = _call_all(_load(f"{name}_typed", with_calls(text)[0], hits), hits)
    module = _load(name, text, hits)
    monkeypatch.setitem(sys.modules, name, module)
    source = Source(text.encode(), "ends.py")
    functions = set(_functions(module))
    places = [each for each in source.places() if each.kind == "statement" and each.function in functions]
    probes = tuple(Probe(str(each.line), each, frozenset(), _hook(each.line, hits)) for each in places)
    registry = Registry(choose_backends(backend))
    try:
        outcomes = registry.set([WantedProbes(module, source, probes)])
        found = _call_all(module, hits)
    finally:
        registry.close()
    taken = {int(key) for key, outcome in outcomes.items() if outcome.fault is None}
    lines = text.splitlines()
    refused = {each.line: outcomes[str(each.line)].fault for each in places if each.line not in taken}
    for line, fault in refused.items():
        assert fault is not None
        # 3.11 leaves nothing of some: better no hit than a wrong one. Behind an end that always leaves nothing is reached.
        leaves_nothing = lines[line - 1].strip() in LEAVE_NOTHING[: None if "async" in outer else 1]
        leaves_nothing |= "if 0:" in (lines[line - 2].strip(), lines[line - 1].strip())
        is_unclear = not RERAISES_WITHOUT_LINE and leaves_nothing and fault.code == "cannot-splice"
        assert is_unclear or fault.code == "line-not-in-code", (lines[line - 1], fault)
    assert len(refused) <= len(places) / (12 if "async" in outer else 50)
    assert found == {
        call: (end, tuple(line for line in hit if line in taken)) for call, (end, hit) in typed.items()
    }
