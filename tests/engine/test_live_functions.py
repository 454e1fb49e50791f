"""The functions of a module are found without a walk over all objects, and never fewer than a walk finds."""

from __future__ import annotations

import functools
import gc
import importlib.util
import random
import sys
import types
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.source.live_functions import functions_of, key_of, walk_for_functions
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FunctionType, ModuleType

_walks = [0]


def _count_walks(event: str, _: object) -> None:
    if event == "gc.get_objects":
        _walks[0] += 1


sys.addaudithook(_count_walks)  # cannot be taken away again

SOURCE = """
import functools
def plain(n):
    return n
def maker(n):
    def made(x):
        return x + n
    return made
def wrapping(f):
    @functools.wraps(f)
    def inner(*args):
        return f(*args)
    return inner
@wrapping
def wrapped(n):
    return n
class Shop:
    def method(self, n):
        return n
    @staticmethod
    def static(n):
        return n
    @classmethod
    def of_class(cls, n):
        return n
    @property
    def value(self):
        return 1
    @functools.cached_property
    def cached(self):
        return 1
    class Inner:
        def deep(self):
            return [n for n in range(3)]
closure = maker(3)
partial = functools.partial(maker(4), 1)
table = {"a": [lambda n: n, maker(5)]}
def generator(n):
    for each in range(n):
        yield each
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    sample = Sample(tmp_path, SOURCE)
    yield sample.module
    sample.forget()


@pytest.fixture(autouse=True)
def _is_known_who_refers_to_specs() -> None:
    """A first walk learns it; other tests' modules are gone by then."""
    gc.collect()
    walk_for_functions([])


def sets(module: ModuleType) -> tuple[set[int], set[int], bool]:
    """What both ways find, and whether the search had to walk."""
    before = _walks[0]
    found = functions_of([module])[key_of(module)]
    walked = _walks[0] > before
    every = walk_for_functions([module])[key_of(module)]
    return set(map(id, found)), set(map(id, every)), walked


@pytest.mark.long
def test_what_a_module_holds_is_found_without_a_walk(module: ModuleType) -> None:
    found, every, walked = sets(module)
    assert found == every
    assert not walked
    assert len(found) == 16


# --- holders that the search cannot follow: a walk, and the same answer ---------------------------------------------


def suspended(module: ModuleType) -> object:
    running = module.generator(3)
    next(running)
    return running


def elsewhere(module: ModuleType) -> object:
    return types.FunctionType(module.plain.__code__, {"__builtins__": __builtins__})


def nested_elsewhere(module: ModuleType) -> object:
    made = next(each for each in module.maker.__code__.co_consts if isinstance(each, types.CodeType))
    return types.FunctionType(made, {}, closure=(types.CellType(1),))


def shared_constants(module: ModuleType) -> object:
    """`replace` shares the constants: one reference to `made` stands for two parents."""
    return types.FunctionType(module.maker.__code__.replace(co_name="other"), {})


def in_a_frame(module: ModuleType) -> object:
    held = module.maker(7)

    def frame(kept: FunctionType) -> Iterator[int]:
        yield kept(1)

    running = frame(held)
    next(running)
    return running


def in_c(module: ModuleType) -> object:
    return iter(map(module.maker(8), [1, 2]))


def in_globals_kept(module: ModuleType) -> object:
    return vars(module)


def in_another_module(module: ModuleType) -> object:
    holder = types.ModuleType("holder")
    vars(holder)["made"] = module.maker(9)
    return holder


LEFT_OVER = [
    suspended,
    elsewhere,
    nested_elsewhere,
    in_a_frame,
    in_c,
    in_globals_kept,
    in_another_module,
]


@pytest.mark.parametrize("hold", LEFT_OVER)
@pytest.mark.long
def test_what_the_search_cannot_follow_costs_a_walk(
    hold: Callable[[ModuleType], object], module: ModuleType
) -> None:
    held = hold(module)
    found, every, walked = sets(module)
    assert found == every
    assert walked
    del held
    assert not sets(module)[2]


@pytest.mark.long
def test_a_copy_of_a_parent_in_other_globals_is_no_secret_of_its_constants(module: ModuleType) -> None:
    """It runs another code object; what it makes runs the module's."""
    copy: Any = shared_constants(module)
    made = copy(1)
    found, every, _ = sets(module)
    assert id(made) in every
    assert found == every


@pytest.mark.long
def test_a_file_that_is_loaded_twice_has_the_functions_of_both(tmp_path: Path) -> None:
    sample = Sample(tmp_path, SOURCE)
    spec = importlib.util.spec_from_file_location("second_name", sample.module.__file__)
    assert spec is not None
    assert spec.loader is not None
    second = importlib.util.module_from_spec(spec)
    sys.modules["second_name"] = second
    try:
        spec.loader.exec_module(second)
        found, every, walked = sets(sample.module)
        assert found == every
        assert not walked
        assert {id(sample.module.plain), id(second.plain)} <= found
        events: list[dict[str, Any]] = []
        with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
            agent.apply([hotlog.Rule(id="a", at=f"{tmp_path.joinpath(sample.file).name}:4", message="n={n}")])
            sample.module.plain(1)
            second.plain(2)
        assert [event["message"] for event in events if event["hotlog"] == "log"] == ["n=1", "n=2"]
    finally:
        del sys.modules["second_name"]
        sample.forget()


@pytest.mark.long
def test_an_import_that_is_no_longer_in_sys_modules_is_found(tmp_path: Path) -> None:
    """As `import_fresh_module` and plug-in loaders make them: each import left a spec, which is counted."""
    sample = Sample(tmp_path, SOURCE)
    assert not sets(sample.module)[2]
    old = sample.module
    sample.load()
    found, every, walked = sets(sample.module)
    assert found == every
    assert walked
    assert {id(old.plain), id(sample.module.plain)} <= found
    del old
    gc.collect()
    found, every, walked = sets(sample.module)
    assert found == every
    assert not walked
    sample.forget()


@pytest.mark.long
def test_who_refers_to_module_specs_is_learnt_once(module: ModuleType) -> None:
    also = [importlib.machinery.ModuleSpec("a", None), importlib.machinery.ModuleSpec]
    assert sets(module)[2]
    assert not sets(module)[2]
    also.clear()
    assert not sets(module)[2]
    also.append(importlib.machinery.ModuleSpec)
    assert sets(module)[2]


# --- random holders ---------------------------------------------------------------------------------------------------


class Slots:
    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


HOLDERS: list[Callable[[Any], object]] = [
    lambda f: {"f": f},
    lambda f: [f],
    lambda f: (f,),
    lambda f: functools.partial(f, 1),
    lambda f: types.SimpleNamespace(f=f),
    Slots,
    staticmethod,
    property,
    lambda f: types.MethodType(f, 1),
    lambda f: type("K", (), {"f": f}),
    types.CellType,
    lambda f: map(f, [1]),
    lambda f: iter([f]),
    weakref.ref,
    functools.lru_cache,
    lambda f: types.FunctionType(f.__code__, f.__globals__, closure=f.__closure__),
    lambda f: types.FunctionType(f.__code__.replace(co_name="x"), f.__globals__, closure=f.__closure__),
    lambda f: types.FunctionType(f.__code__, {}, closure=f.__closure__),
    lambda f: lambda: f,
    lambda f: f.__code__,
    lambda f: f.__globals__,
]


@pytest.mark.parametrize("rounds", [20, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.long
def test_of_random_holders_the_search_never_overlooks_one(module: ModuleType, rounds: int) -> None:
    """Inside the module, where it looks, and outside, where only the counts tell."""
    chance = random.Random(20261130)  # noqa: S311
    pools: list[list[object]] = [[], []]
    vars(module)["held"] = pools[0]
    walked = 0
    for _ in range(rounds):
        for pool in pools[: chance.choice([1, 1, 2])]:
            value: Any = chance.choice([module.plain, module.wrapped, module.Shop.method, module.maker(1)])
            for _ in range(chance.randint(1, 3)):
                if type(value) is types.FunctionType:
                    value = chance.choice(HOLDERS)(value)
            pool.append(value)
            del value
        found, every, had_to = sets(module)
        assert found == every
        walked += had_to
        for pool in pools:
            pool.clear()
        gc.collect(1)  # classes are cycles
    assert 0.1 * rounds < walked < 0.9 * rounds  # both ways were taken


# --- and with probes in -----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_rules_come_and_go_without_a_walk(tmp_path: Path) -> None:
    sample = Sample(tmp_path, SOURCE.replace("    return n\n", "    return n  # <plain>\n", 1))
    at = sample.at("plain")
    line = int(at.rpartition(":")[2])
    file = at.rpartition(":")[0]
    rules = [hotlog.Rule(id=str(more), at=f"{file}:{line + more}", message="x") for more in (0, 3, 8)]
    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path), config=Config()) as agent:
        before = _walks[0]
        for most in (1, 2, 3, 2, 1, 0, 3, 0):
            agent.apply(rules[:most])
            assert len([each for each in agent.status().values() if each.state == "installed"]) == most
        assert _walks[0] == before
    sample.forget()


@pytest.mark.long
def test_a_safe_point_keeps_no_frame_and_no_object_of_the_application(tmp_path: Path) -> None:
    """Its own frame in a variable of its own would hold all callers, until the next collection."""
    sample = Sample(tmp_path, "def f(n):\n    return n  # <f>\n")

    class Big:
        pass

    def run() -> weakref.ref[Big]:
        big = Big()
        agent.apply([hotlog.Rule(id="a", at=sample.at("f"), message="{n}")])
        agent.apply([])
        return weakref.ref(big)

    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path), config=Config()) as agent:
        run()
        gc.collect()
        gc.disable()
        try:
            assert run()() is None
        finally:
            gc.enable()
    sample.forget()
