"""What a module sees while it is imported, and what comes out of it: the same whether or not a rule waits for it."""

from __future__ import annotations

import importlib
import importlib.util
import runpy
import sys
import traceback
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from pathlib import Path
    from types import ModuleType

    from hotlog.events import Event

pytestmark = pytest.mark.engine

LOOKS = """
import inspect, sys, traceback
STACK = [(frame.filename, frame.lineno, frame.function) for frame in inspect.stack(0)]
LOADER = [type(__loader__).__name__, type(__spec__.loader).__name__, __loader__ is __spec__.loader]
FIELDS = sorted(vars(__loader__))
METHOD = __loader__.exec_module.__qualname__
SPEC = [type(__spec__).__name__, __spec__.name, __spec__.origin, __spec__.cached, __spec__.has_location]
"""
FUNCTION = "def f(x):\n    return x\n"

SOURCES = {
    "raises": {"late.py": "raise ValueError('no')\n"},
    "raises in a function": {"late.py": "def g():\n    raise KeyError('no')\ng()\n"},
    "raises an ImportError": {"late.py": "import nothing_of_that_name\n"},
    "chains ImportErrors": {
        "late.py": "try:\n    import nothing_of_that_name\nexcept ImportError as fault:\n    raise ImportError('no') from fault\n"
    },
    "imports a name that is not there": {"late.py": "from json import nothing_of_that_name\n"},
    "is no Python": {"late.py": "x = (\n"},
    "ends the process": {"late.py": "raise SystemExit(3)\n"},
    "another imports it and it raises": {
        "outer.py": "import late\n",
        "late.py": "raise ValueError('no')\n",
    },
    "it imports another that raises": {
        "late.py": "import inner\n",
        "inner.py": "raise ValueError('no')\n",
    },
    "it imports another that lacks a module": {
        "late.py": "import inner\n",
        "inner.py": "import nothing_of_that_name\n",
    },
    "a package raises": {"late/__init__.py": "raise ValueError('no')\n"},
    "a package whose module raises": {
        "late/__init__.py": "from late import part\n",
        "late/part.py": "1 / 0\n",
    },
    "a ring": {
        "late.py": "import inner\nx = 1\n",
        "inner.py": "from late import x\n",
    },
    "warns": {
        "outer.py": "import late\n",
        "late.py": "import warnings\nfor level in range(1, 5):\n    warnings.warn(f'at {level}', stacklevel=level)\n",
    },
    "looks around": {"outer.py": "import late\n", "late.py": LOOKS},
    "a package looks around": {"late/__init__.py": LOOKS},
    "an import within a function": {
        "outer.py": "def get():\n    import late\n    return late\nget()\n",
        "late.py": LOOKS,
    },
    "by importlib, from a module": {
        "outer.py": "import importlib\nimportlib.import_module('late')\n",
        "late.py": "import sys\nNAMES = [sys._getframe(n).f_code.co_name for n in range(8)]\nraise ValueError('no')\n",
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A directory to import from; what was imported from it is forgotten afterwards."""
    sys.path.insert(0, str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    sys.path.remove(str(tmp_path))
    _forget(before)


def _forget(before: set[str]) -> None:
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in {"late", "outer", "inner"}:
            del sys.modules[name]
    importlib.invalidate_caches()


def _write(folder: Path, sources: dict[str, str]) -> None:
    for name, text in sources.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _frames(fault: BaseException | None) -> list[list[object]]:
    """The frames and positions of an exception, and of those that it came from."""
    found = []
    while fault is not None:
        at = traceback.extract_tb(fault.__traceback__)
        found.append([type(fault), str(fault), [(each.filename, each.lineno, each.name) for each in at]])
        fault = fault.__cause__ or fault.__context__
    return found


def _rules(events: list[Event], folder: Path, *files: str) -> hotlog.Agent:
    """An agent whose rules wait for these files."""
    agent = hotlog.Agent(sink=events.append, root=str(folder), config=Config())
    agent.apply([hotlog.Rule(id=f"r{number}", at=f"{file}:1") for number, file in enumerate(files)])
    assert {status.state for status in agent.status().values()} <= {"pending"}
    return agent


def _both(folder: Path, look: Callable[[], object], *files: str) -> tuple[object, object]:
    """What is seen without a rule, and with rules that wait for these files."""
    seen = []
    for waiting in ((), files):
        before = set(sys.modules)
        events: list[Event] = []
        with _rules(events, folder, *waiting):
            seen.append(look())
        _forget(before)
        assert not [event for event in events if event.get("code") == "internal-fault"]
    return seen[0], seen[1]


@pytest.mark.parametrize("shape", SOURCES)
def test_a_module_sees_and_says_what_it_does_without_a_rule(folder: Path, shape: str) -> None:
    _write(folder, SOURCES[shape])
    first = "outer" if "outer.py" in SOURCES[shape] else "late"

    def look() -> object:
        importlib.invalidate_caches()
        fault, module = None, None
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                __import__(first)
                module = sys.modules["late"]
            except BaseException as raised:  # noqa: BLE001  # SystemExit is one of the shapes
                fault = raised
        seen = {name: value for name, value in vars(module).items() if name.isupper()} if module else {}
        told = [(str(each.message), each.filename, each.lineno) for each in warned]
        after = (
            [sorted(vars(module.__loader__)), module.__loader__ is vars(module)["__spec__"].loader]
            if module
            else []
        )
        text = "".join(traceback.format_exception(fault)) if fault is not None else ""
        return _frames(fault), text, seen, told, after

    without, with_rule = _both(folder, look, *SOURCES[shape])
    assert with_rule == without
    assert "hotlog/source" not in str(with_rule)


def test_a_reload_that_raises(folder: Path) -> None:
    """The rule waits for another module of the same loader's class, and for this one as it is imported anew."""

    def look() -> object:
        (folder / "late.py").write_text("x = 1\n")
        importlib.invalidate_caches()
        module = importlib.import_module("late")
        (folder / "late.py").write_text("x = 22\nraise ValueError('no')\n")
        try:
            importlib.reload(module)
        except ValueError as fault:
            return _frames(fault)
        return None

    without, with_rule = _both(folder, look, "late.py", "inner.py")
    assert with_rule == without is not None


@pytest.mark.parametrize("run", [lambda folder: runpy.run_module("late"), lambda folder: runpy.run_path(str(folder / "late.py"), run_name="__main__")])  # fmt: skip
def test_a_module_that_is_run(folder: Path, run: Callable[[Path], dict[str, Any]]) -> None:
    (folder / "late.py").write_text("import sys\nNAMES = [sys._getframe(n).f_code.co_name for n in range(6)]\n1 / 0\n")  # fmt: skip

    def look() -> object:
        importlib.invalidate_caches()
        try:
            run(folder)
        except ZeroDivisionError as fault:
            return _frames(fault)
        return None

    without, with_rule = _both(folder, look, "late.py")
    assert with_rule == without is not None


class _Raising:
    """A finder of the application's that fails."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "late":
            raise ValueError("the finder")


def test_a_finder_that_raises(folder: Path) -> None:
    def look() -> object:
        sys.meta_path.append(finder := _Raising())
        try:
            importlib.import_module("late")
        except ValueError as fault:
            return _frames(fault)
        finally:
            sys.meta_path.remove(finder)
        return None

    without, with_rule = _both(folder, look, "late.py")
    assert with_rule == without is not None


def test_a_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "pack.zip", "w") as packed:
        packed.writestr("late.py", LOOKS + "raise ValueError('no')\n")

    def look() -> object:
        sys.path.insert(0, str(folder / "pack.zip"))
        try:
            importlib.import_module("late")
        except ValueError as fault:
            return _frames(fault)
        finally:
            del sys.path[0]
        return None

    without, with_rule = _both(folder, look, "pack.zip/late.py")
    assert with_rule == without is not None


def _plain(folder: Path) -> ModuleType:
    return importlib.import_module("late")


def _lazy(folder: Path) -> ModuleType:
    """As in the documentation of `importlib.util.LazyLoader`."""
    spec = importlib.util.find_spec("late")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["late"] = module
    spec.loader.exec_module(module)
    return module


def _by_hand(folder: Path) -> ModuleType:
    spec = importlib.util.find_spec("late")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["late"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _after_a_look(folder: Path) -> ModuleType:
    assert importlib.util.find_spec("late") is not None
    return importlib.import_module("late")


def _zipped(folder: Path) -> ModuleType:
    with zipfile.ZipFile(folder / "pack.zip", "w") as packed:
        packed.write(folder / "late.py", "late.py")
    (folder / "late.py").unlink()
    sys.path.insert(0, str(folder / "pack.zip"))
    try:
        return importlib.import_module("late")
    finally:
        del sys.path[0]


class _Chained:
    """A loader as tools put it around another: its method is an attribute of the instance."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.exec_module = self._exec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self.loader.create_module(spec)
        return made

    def _exec(self, module: ModuleType) -> None:
        assert vars(self)["exec_module"] == self._exec, "what was there before is there again"
        self.loader.exec_module(module)


class _Hooking:
    """A finder that asks the others, and wraps the loader of what they find."""

    def __init__(self) -> None:
        self._asks = False

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        if name != "late" or self._asks:
            return None
        self._asks = True
        spec = importlib.util.find_spec(name)
        self._asks = False
        assert spec is not None
        spec.loader = _Chained(spec.loader)  # type: ignore[assignment]
        return spec


def _hooked(position: int) -> Callable[[Path], ModuleType]:
    """An import with another tool's finder, before hotlog's or behind it."""

    def load(folder: Path) -> ModuleType:
        sys.meta_path.insert(position, finder := _Hooking())
        try:
            module = importlib.import_module("late")
        finally:
            sys.meta_path.remove(finder)
        assert isinstance(vars(module)["__loader__"], _Chained)
        return module

    return load


LOADED = {
    "plain": _plain,
    "lazy": _lazy,
    "by hand": _by_hand,
    "after a look": _after_a_look,
    "zip": _zipped,
    "another tool before": _hooked(0),
    "another tool behind": _hooked(1),
}


@pytest.mark.parametrize("way", LOADED)
def test_the_first_call_is_hit(folder: Path, way: str) -> None:
    (folder / "late.py").write_text(FUNCTION)
    importlib.invalidate_caches()
    events: list[Event] = []
    file = "pack.zip/late.py" if way == "zip" else "late.py"
    finders = list(sys.meta_path)
    with hotlog.Agent(sink=events.append, root=str(folder), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at=f"{file}:2", message="{x}")])
        module = LOADED[way](folder)
        assert module.f(1) == 1
        assert agent.status()["a"].state == "installed"
        assert sys.meta_path == finders
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["1"]


class _Decides:
    """A loader that decides itself what its attributes are."""

    def __init__(self, loader: Any) -> None:
        object.__setattr__(self, "loader", loader)

    def __setattr__(self, name: str, value: object) -> None:
        raise AssertionError("hotlog sets nothing here")

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)  # type: ignore[attr-defined]


class _Deciding(_Hooking):
    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        spec = super().find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Decides(spec.loader.loader)  # type: ignore[union-attr, assignment]
        return spec


def test_a_loader_that_decides_its_attributes_is_left_alone(folder: Path) -> None:
    """Nothing is set on it; the probe is in at the next safe point at the latest."""
    (folder / "late.py").write_text(FUNCTION)
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(folder), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at="late.py:2", message="{x}")])
        sys.meta_path.insert(1, finder := _Deciding())
        try:
            module = importlib.import_module("late")
        finally:
            sys.meta_path.remove(finder)
        loader = vars(module)["__loader__"]
        assert isinstance(loader, _Decides)
        assert sorted(vars(loader)) == ["loader"]
        agent.settle()
        assert module.f(1) == 1
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["1"]


def test_a_module_that_is_loaded_at_its_first_use_is_not_used(folder: Path) -> None:
    """`importlib.util.LazyLoader` loads it when it is asked for any attribute; what its code raises is the application's."""
    (folder / "late.py").write_text(f"import sys\nsys.seen.append(1)\n{FUNCTION}")
    importlib.invalidate_caches()
    seen = vars(sys).setdefault("seen", [])
    events: list[Event] = []
    try:
        module = _lazy(folder)
        with hotlog.Agent(sink=events.append, root=str(folder), config=Config()) as agent:
            agent.apply([hotlog.Rule(id="a", at="late.py:4", message="{x}")])
            assert seen == []
            assert agent.status()["a"].state == "pending"
            assert module.f(1) == 1
            agent.settle()
            assert agent.status()["a"].state == "installed"
            assert module.f(2) == 2
    finally:
        del vars(sys)["seen"]
    assert seen == [1]
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["2"]
