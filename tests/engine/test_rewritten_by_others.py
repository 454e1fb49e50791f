"""Another tool rewrites a function while a rule is in it: the rule goes out of that code too, and is hit once meanwhile."""

from __future__ import annotations

import gc
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOURCE = """
def plain(n):
    total = n + 1
    return total

def outer(n):
    def inner(m):
        value = m * 2
        return value
    return inner

def steps(n):
    for each in range(n):
        yield each

kept = []
"""
RULES: dict[str, dict[str, Any]] = {
    "log": {"message": "{n}"},
    "condition": {"condition": "n > 0", "message": "hit"},
    "call": {"kind": "call"},
    "error": {"kind": "error"},
    "snapshot": {"snapshot": True},
}


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SOURCE) as made:
        yield made


def _replaced(function: Any) -> None:
    function.__code__ = function.__code__.replace(co_name="renamed")


def _copied(function: Any) -> None:
    function.__code__ = function.__code__.replace()


def _rebuilt(function: Any) -> None:
    """As tools do that take the code apart with the package, and put calls of their own in."""
    from bytecode import ConcreteBytecode

    code = function.__code__
    concrete = ConcreteBytecode.from_code(code)
    concrete.consts.append("theirs")
    function.__code__ = concrete.to_code(stacksize=code.co_stacksize, compute_exception_stack_depths=False)


def _wrapped(function: Any) -> None:
    """As tools do that move the code into a function of their own, and put a caller in its place."""
    inner = types.FunctionType(
        function.__code__.replace(),
        function.__globals__,
        "inner",
        function.__defaults__,
        function.__closure__,
    )

    def wrapper(n: Any) -> Any:
        return _held[0](n)

    _held[:] = [inner]
    function.__code__ = wrapper.__code__.replace(co_name=function.__code__.co_name)
    function.__globals__["_held"] = _held


_held: list[Any] = []
TOOLS = [_replaced, _copied, _rebuilt, _wrapped]


def hooks_in(code: types.CodeType) -> list[object]:
    """What of hotlog is in a code object, but for what does nothing."""
    found: list[object] = []
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            found += hooks_in(each)
        elif isinstance(each, types.FunctionType | types.MethodType) and each.__name__ not in {
            "_nothing",
            "_same",
        }:
            found.append(each)
    return found


def all_hooks(module: Any) -> list[object]:
    gc.collect()
    return [
        hook
        for each in gc.get_objects()
        if type(each) is types.FunctionType and each.__code__.co_filename == module.__file__
        for hook in hooks_in(each.__code__)
    ]


@pytest.mark.parametrize("rewrite", TOOLS)
@pytest.mark.parametrize("kind", RULES)
@pytest.mark.long
def test_the_hook_goes_with_the_rule(probed: Probed, kind: str, rewrite: Callable[[Any], None]) -> None:
    probed.apply(hotlog.Rule(id="r", at=probed.at("plain"), per_second=None, **RULES[kind]))
    rewrite(probed.module.plain)
    theirs = probed.module.plain.__code__
    assert probed.module.plain(1) == 2
    if kind != "error":
        assert len(probed.events) - len(probed.said("status")) == 1, "it is in the tool's code"
    probed.apply()
    probed.events.clear()
    assert probed.module.plain(1) == 2
    with pytest.raises(TypeError):
        probed.module.plain(None)
    assert probed.events == []
    assert all_hooks(probed.module) == []
    assert probed.module.plain.__code__.co_name == theirs.co_name, "what the tool did stays"
    del _held[:]


def test_in_a_nested_function_too(probed: Probed) -> None:
    probed.apply(hotlog.Rule(id="r", at=probed.at("outer.inner"), message="{m}", per_second=None))
    _replaced(probed.module.outer)
    made = probed.module.outer(1)
    assert made(2) == 4
    assert len(probed.said("log")) == 1
    probed.apply()
    assert (made(2), probed.module.outer(1)(3)) == (4, 6)
    assert len(probed.said("log")) == 1
    assert all_hooks(probed.module) == []


def test_another_rule_of_the_module_changes_and_nothing_is_hit_twice(probed: Probed) -> None:
    rule = hotlog.Rule(id="r", at=probed.at("plain"), message="{n}", per_second=None)
    probed.apply(rule)
    _replaced(probed.module.plain)
    probed.agent.apply([rule, hotlog.Rule(id="s", at=probed.at("steps"), message="{n}", per_second=None)])
    assert probed.module.plain(1) == 2
    assert [event["rule"] for event in probed.said("log")] == ["r"]
    assert list(probed.module.steps(1)) == [0]
    assert [event["rule"] for event in probed.said("log")] == ["r", "s"]
    probed.apply()
    probed.module.plain(1)
    assert len(probed.said("log")) == 2
    assert all_hooks(probed.module) == []


def test_a_frame_that_runs_already_keeps_nobody_busy(probed: Probed) -> None:
    probed.apply(hotlog.Rule(id="r", at=probed.at("steps"), message="{n}", per_second=None))
    running = probed.module.steps(2)
    assert next(running) == 0
    probed.apply()
    assert list(running) == [1]
    assert all_hooks(probed.module) == []
    assert sys.gettrace() is None
