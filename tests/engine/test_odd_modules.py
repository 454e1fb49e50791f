"""Modules that are not as importlib makes them: a rule finds its own, the others are not disturbed, nothing is asked."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.hits import identity
from hotlog.source.live_functions import functions_of, is_loaded, key_of, walk_for_functions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hotlog.events import Event

SOURCE = "def f(x):\n    y = x\n    return y\n"


class Plugins:
    """Modules of files that all hold the same function.

    Args:
        folder: where they lie.
        monkeypatch: takes them out of `sys.modules` again.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch

    def load(self, file: str, name: str, key: str = "") -> Any:
        """Load a file under a name, and put it into `sys.modules` under a key."""
        path = self.folder / file
        path.write_text(SOURCE)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._monkeypatch.setitem(sys.modules, key or name, module)
        return module


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    return Plugins(tmp_path, monkeypatch)


def rules(*names: str) -> list[hotlog.Rule]:
    return [hotlog.Rule(id=name, at=f"{name}.py:2", message=f"{name} {{x}}") for name in names]


def messages(events: list[Event]) -> list[str]:
    return [event["message"] for event in events if event["hotlog"] == "log"]


def test_modules_of_one_name_have_their_own_rules(plugins: Plugins) -> None:
    """As loaders of plugins make them: a line of the one never comes from another."""
    one, two = (plugins.load(f"odd_{key}.py", "plugin", f"plugin_{key}") for key in "ab")
    before = [one.f.__code__, two.f.__code__]
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(plugins.folder), config=Config()) as agent:
        agent.apply(rules("odd_a", "odd_b"))
        settled = agent.status()
        code = one.f.__code__
        agent.settle()
        assert one.f.__code__ is code, "what is in is not touched again"
        assert (one.f(1), two.f(2)) == (1, 2)
        assert [settled[key].location for key in ("odd_a", "odd_b")] == ["odd_a.py:2", "odd_b.py:2"]
        agent.apply(rules("odd_b"))
        assert (one.f(3), two.f(4)) == (3, 4)
    assert messages(events) == ["odd_a 1", "odd_b 2", "odd_b 4"]
    assert all(now is was for now, was in zip((one.f.__code__, two.f.__code__), before, strict=True))


class Nameless(ModuleType):
    """A module that computes its name."""

    @property
    def __name__(self) -> str:  # type: ignore[override]
        raise RuntimeError("asked")


class Unreadable(ModuleType):
    """A module that answers no question."""

    def __getattribute__(self, name: str) -> Any:
        if name == "f":
            return super().__getattribute__(name)
        raise RuntimeError(f"asked for {name}")


class Loader:
    """A loader whose files cannot be had."""

    def get_data(self, _: str) -> bytes:
        raise KeyError("no data here")


def lose_name(module: Any) -> None:
    del module.__name__


def number_name(module: Any) -> None:
    module.__name__ = 5


def compute_name(module: Any) -> None:
    module.__class__ = Nameless


def answer_nothing(module: Any) -> None:
    module.__class__ = Unreadable


def lose_spec(module: Any) -> None:
    module.__spec__ = object()
    module.__loader__ = Loader()


def empty_spec(module: Any) -> None:
    module.__spec__ = ModuleSpec.__new__(ModuleSpec)


def break_loader(module: Any) -> None:
    module.__spec__.loader = module.__loader__ = Loader()


@pytest.mark.parametrize(
    "spoil",
    [lose_name, number_name, compute_name, answer_nothing, lose_spec, empty_spec, break_loader],
)
def test_an_odd_module_takes_its_rule_and_keeps_no_other_out(
    spoil: Callable[[Any], None], plugins: Plugins
) -> None:
    odd, plain = plugins.load("odd_c.py", "odd_c"), plugins.load("odd_d.py", "odd_d")
    spoil(odd)
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(plugins.folder), config=Config()) as agent:
        agent.apply(rules("odd_c", "odd_d"))
        for n in range(2):
            assert (odd.f(n), plain.f(n)) == (n, n)
            agent.settle()
        assert [status.state for status in agent.status().values()] == ["installed"] * 2
    assert messages(events) == ["odd_c 0", "odd_d 0", "odd_c 1", "odd_d 1"]
    assert not [event for event in events if event.get("state") == "error"]


def test_a_module_that_was_imported_anew_is_loaded_no_more(
    plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plugins.load("odd_e.py", "odd_e")
    monkeypatch.setitem(sys.modules, "kept_as", first)
    assert is_loaded(first)
    second = plugins.load("odd_e.py", "odd_e")
    assert key_of(first) == key_of(second)
    assert (is_loaded(first), is_loaded(second)) == (False, True)


class Refusing(dict[str, Any]):
    """Names for `exec` that refuse to be read but by the interpreter."""

    def get(self, *_: object) -> Any:
        raise RuntimeError("asked")


def test_globals_of_a_class_of_their_own_are_not_asked(plugins: Plugins) -> None:
    module = plugins.load("odd_f.py", "odd_f")
    other = FunctionType(module.f.__code__, Refusing(__spec__=module.__spec__))
    found = walk_for_functions([module])[key_of(module)]
    assert {id(module.f), id(other)} <= set(map(id, found))
    assert other in functions_of([module])[key_of(module)]


@pytest.mark.parametrize("odd", [None, object(), ModuleType("empty")])
def test_an_event_bears_no_span_where_telemetry_is_shut_out(
    odd: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sys.modules[name] = None` keeps others from importing it."""
    for name in ("opentelemetry.context", "opentelemetry.trace.propagation"):
        monkeypatch.setitem(sys.modules, name, odd)
    assert identity._read_span() is None
