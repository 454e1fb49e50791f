"""A rule for a module that is not loaded yet: in as soon as the import is done, and nothing of hotlog's to be seen."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotlog.events import Event


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A directory to import from; what was imported from it is forgotten afterwards."""
    sys.path.insert(0, str(tmp_path))
    before = set(sys.modules)
    importlib.invalidate_caches()
    yield tmp_path
    sys.path.remove(str(tmp_path))
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def agent(folder: Path, events: list[Event]) -> Iterator[hotlog.Agent]:
    finders = list(sys.meta_path)
    with hotlog.Agent(sink=events.append, root=str(folder), config=Config()) as agent:
        yield agent
    assert sys.meta_path == finders


def messages(events: list[Event]) -> list[str]:
    return [event["message"] for event in events if event["hotlog"] == "log"]


def test_the_first_call_after_a_lazy_import_is_hit(
    folder: Path, agent: hotlog.Agent, events: list[Event]
) -> None:
    (folder / "late_a.py").write_text("def f(x):\n    return x\n")
    agent.apply([hotlog.Rule(id="a", at="late_a.py:2", message="{x}")])
    assert agent.status()["a"].state == "pending"
    assert "late_a" not in sys.modules, "hotlog never imports"
    module = importlib.import_module("late_a")
    assert module.f(1) == 1
    assert messages(events) == ["1"]
    assert agent.status()["a"].state == "installed"


@pytest.mark.parametrize("at", ["pack/inner.py:2", "pack.inner:f"])
def test_modules_of_packages_by_file_and_by_name(
    folder: Path, agent: hotlog.Agent, events: list[Event], at: str
) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "inner.py").write_text("def f(x):\n    return x\n")
    (folder / "inner.py").write_text("def f(x):\n    return -x\n")
    agent.apply([hotlog.Rule(id="a", at=at, message="{x}")])
    assert importlib.import_module("inner").f(1) == -1, "the same base name elsewhere is another file"
    assert importlib.import_module("pack.inner").f(2) == 2
    assert messages(events) == ["2"]


def test_a_circular_import(folder: Path, agent: hotlog.Agent, events: list[Event]) -> None:
    (folder / "ring_a.py").write_text("import ring_b\ndef f(x):\n    return ring_b.g(x)\n")
    (folder / "ring_b.py").write_text("import ring_a\ndef g(x):\n    return x\n")
    agent.apply(
        [
            hotlog.Rule(id="a", at="ring_a.py:3", message="a{x}"),
            hotlog.Rule(id="b", at="ring_b.py:3", message="b{x}"),
        ]
    )
    assert importlib.import_module("ring_a").f(1) == 1
    assert messages(events) == ["a1", "b1"]


def test_the_module_never_sees_anything_of_it(folder: Path, agent: hotlog.Agent) -> None:
    (folder / "looks.py").write_text(
        "import sys\n"
        "seen = [type(__loader__).__name__, type(__spec__.loader).__name__]\n"
        "def f(x):\n    return x\n"
    )
    agent.apply([hotlog.Rule(id="a", at="looks.py:4", message="{x}")])
    module = importlib.import_module("looks")
    assert module.seen == ["SourceFileLoader", "SourceFileLoader"]
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert [type(finder).__name__ for finder in sys.meta_path].count("ImportWatch") == 0


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("raise ValueError('no')\n", ValueError),
        ("import nothing_of_that_name\n", ImportError),
        ("x = (\n", SyntaxError),
    ],
)
def test_an_import_that_fails_fails_as_before(
    folder: Path, agent: hotlog.Agent, source: str, fault: type[Exception]
) -> None:
    (folder / "fails.py").write_text(source)
    agent.apply([hotlog.Rule(id="a", at="fails.py:2", message="x")])
    with pytest.raises(fault):
        importlib.import_module("fails")
    assert "fails" not in sys.modules
    assert agent.status()["a"].state == "pending"


def test_a_reload_gets_its_probes_at_the_next_safe_point(
    folder: Path, agent: hotlog.Agent, events: list[Event]
) -> None:
    (folder / "again.py").write_text("def f(x):\n    return x\n")
    module = importlib.import_module("again")
    agent.apply([hotlog.Rule(id="a", at="again.py:2", message="{x}")])
    old = module.f
    importlib.reload(module)
    agent.settle()
    assert (module.f(1), old(2)) == (1, 2)
    assert messages(events) == ["1", "2"]


def test_a_find_spec_of_the_applications_works(folder: Path, agent: hotlog.Agent) -> None:
    agent.apply([hotlog.Rule(id="a", at="never.py:2", message="x")])
    assert importlib.util.find_spec("never_of_that_name") is None
    assert importlib.util.find_spec("json.tool") is not None


def test_an_import_that_has_not_ended_keeps_its_rules_while_another_thread_imports(
    folder: Path, agent: hotlog.Agent, events: list[Event]
) -> None:
    """Between the end of a module's code and that of its import another thread may come by."""
    for name in ("held_up", "other_one", "third_one"):
        (folder / f"{name}.py").write_text("def f(x):\n    return x\n")
    agent.apply(
        [
            hotlog.Rule(id=name, at=f"{name}.py:2", message=f"{name} {{x}}")
            for name in ("held_up", "other_one", "third_one")
        ]
    )
    held = importlib.import_module("held_up")
    spec: Any = held.__spec__
    spec._initializing = True  # as that thread would still see it
    importlib.import_module("other_one").f(1)
    assert held.f(2) == 2
    assert agent.status()["held_up"].state == "installed"
    spec._initializing = False
    importlib.import_module("third_one").f(3)
    assert held.f(4) == 4
    assert messages(events) == ["other_one 1", "held_up 2", "third_one 3", "held_up 4"]


def test_many_threads_import_at_once(folder: Path, agent: hotlog.Agent, events: list[Event]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for number in range(8):
        (folder / f"thread_{number}.py").write_text("def f(x):\n    return x\n")
    agent.apply(
        [hotlog.Rule(id=f"r{number}", at=f"thread_{number}.py:2", message="{x}") for number in range(8)]
    )
    imported: Callable[[int], int] = lambda number: importlib.import_module(f"thread_{number}").f(number)  # noqa: E731
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(imported, range(8))) == list(range(8))
    assert sorted(messages(events)) == [str(number) for number in range(8)]
