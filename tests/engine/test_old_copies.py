"""A module loaded again, while functions of its former text live on: rules go into what the file says, and only there."""

from __future__ import annotations

import importlib
import itertools
import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from tests.support.markers import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OLD = """
def changed(a):
    b = a + 1  # <edited>
    if b > 100:
        raise ValueError(b)
    return b  # <returned>

def same(a):
    b = a + 1
    return b  # <kept>

def walk(a):
    b = a + 1  # <begun>
    yield b  # <yielded>
    a = b + 1  # <ended>
"""
NEW = OLD.replace("a + 1  # <edited>", "2 * a  # <edited>").replace("a + 1  # <begun>", "2 * a  # <begun>")

_numbers = itertools.count()


class Reloaded:
    """A module that is imported, edited and loaded again; what holds the former functions is up to the test."""

    def __init__(self, folder: Path, backend: str) -> None:
        self.name = f"reloaded_{next(_numbers)}"
        self._path = folder / f"{self.name}.py"
        self.write(OLD)
        self.module: Any = importlib.import_module(self.name)
        self.events: list[Any] = []
        self.agent = hotlog.Agent(sink=self.events.append, root=str(folder), config=Config(backend=backend))

    def write(self, text: str) -> None:
        self._path.write_text(text)
        importlib.invalidate_caches()

    def load_again(self, text: str = NEW) -> None:
        self.write(text)
        self.module = importlib.reload(self.module)

    def import_anew(self) -> None:
        self.write(NEW)
        del sys.modules[self.name]
        self.module = importlib.import_module(self.name)

    def at(self, marker: str) -> str:
        return f"{self.name}.py:{line_of(self._path, marker)}"

    def apply(self, *targets: str) -> dict[str, tuple[str, str]]:
        self.agent.apply(
            hotlog.Rule(id=f"r{number}", at=target, message="a={a}", per_second=None)
            for number, target in enumerate(targets)
        )
        return {key: (status.state, status.code) for key, status in self.agent.status().items()}

    def hits(self, call: Callable[[], object]) -> list[str]:
        self.events.clear()
        call()
        return [event["message"] for event in self.events if event["hotlog"] == "log"]


@pytest.fixture(params=["recompile", "splice", "monitor"])
def reloaded(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reloaded]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(
        sys, "dont_write_bytecode", True
    )  # a text written within one second is another all the same
    made = Reloaded(tmp_path, request.param)
    yield made
    made.agent.close()
    sys.modules.pop(made.name, None)


def _keep_function(reloaded: Reloaded) -> object:
    return reloaded.module.changed


def _keep_exception(reloaded: Reloaded) -> object:
    try:
        reloaded.module.changed(100)
    except ValueError as fault:
        return fault
    raise AssertionError("it raises")


def _keep_module(reloaded: Reloaded) -> object:
    return reloaded.module


HOLDERS = [_keep_function, _keep_exception, _keep_module]


@pytest.mark.parametrize("hold", HOLDERS)
@pytest.mark.parametrize("how", ["load_again", "import_anew"])
def test_the_rule_goes_into_the_new_function(
    reloaded: Reloaded, hold: Callable[[Reloaded], object], how: str
) -> None:
    held = hold(reloaded)
    before = reloaded.module.changed
    getattr(reloaded, how)()
    now = reloaded.module.changed.__code__
    assert now != before.__code__
    found = reloaded.apply(reloaded.at("edited"), reloaded.at("returned"), f"{reloaded.name}:changed")
    assert set(found.values()) == {("installed", "")}
    assert reloaded.hits(lambda: reloaded.module.changed(3)) == ["a=3", "a=3", "a=3"]
    reloaded.agent.close()
    assert reloaded.module.changed.__code__ is now
    assert held is not None


def test_the_old_function_is_never_hit_at_a_statement_that_it_has_not(reloaded: Reloaded) -> None:
    old = reloaded.module.changed
    reloaded.load_again()
    assert reloaded.apply(reloaded.at("edited")) == {"r0": ("installed", "")}
    assert reloaded.hits(lambda: old(3)) == []
    assert old(3) == 4
    assert reloaded.hits(lambda: reloaded.module.changed(3)) == ["a=3"]


def test_a_function_that_both_texts_have_is_hit_in_both_copies(reloaded: Reloaded) -> None:
    old = reloaded.module.same
    reloaded.load_again()
    assert reloaded.apply(reloaded.at("kept")) == {"r0": ("installed", "")}
    assert reloaded.hits(lambda: (old(3), reloaded.module.same(4))) == ["a=3", "a=4"]


def test_a_suspended_generator_of_the_old_text_is_left_alone(reloaded: Reloaded) -> None:
    suspended = reloaded.module.walk(3)
    next(suspended)
    reloaded.load_again()
    assert set(reloaded.apply(reloaded.at("begun"), reloaded.at("yielded")).values()) == {("installed", "")}
    assert reloaded.hits(lambda: list(suspended)) == []
    assert reloaded.hits(lambda: list(reloaded.module.walk(4))) == ["a=4", "a=4"]


def test_where_no_copy_is_what_the_file_says_it_is_refused(reloaded: Reloaded) -> None:
    old = reloaded.module.changed
    reloaded.load_again()
    reloaded.write(NEW.replace("2 * a  # <edited>", "a - 7  # <edited>"))
    assert reloaded.apply(reloaded.at("edited")) == {"r0": ("error", "source-differs")}
    assert reloaded.hits(lambda: (old(3), reloaded.module.changed(3))) == []
