"""An application, or a test of it, replaces builtins and functions of the standard library: hits go on, and call none of it."""

from __future__ import annotations

import builtins
import importlib
import json
import pkgutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.interpreter.supported import has_replaced_builtins
from tests.support import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "support" / "replaced.py"
DESK = (
    "hotlog.cli",
    "hotlog.dap",
    "hotlog.local",
    "hotlog.mcp",
    "hotlog.ui",
)  # nothing of these runs in a function


@pytest.mark.in_part(3)
@pytest.mark.process
@pytest.mark.parametrize("backend", ["recompile", "splice", "monitor"])
def test_hits_call_nothing_that_stands_in(backend: str) -> None:
    """Every builtin and every function of two dozen modules, one after the other, at hits of each kind of rule."""
    ran = subprocess.run(
        [sys.executable, str(PROGRAM), backend], capture_output=True, text=True, check=True, timeout=300
    )
    found = json.loads(ran.stdout)
    assert len(found) == len(replaced.RULES) + 2 if backend == "recompile" else 4
    wrong = {name: {what: labels for what, labels in seen.items() if labels} for name, seen in found.items()}
    assert {name: seen for name, seen in wrong.items() if seen} == {}


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(hotlog.__path__, "hotlog."):
        if not found.name.startswith(DESK):
            yield importlib.import_module(found.name)


def _functions(names: dict[str, object], module: str) -> Iterator[FunctionType]:
    for value in names.values():
        if isinstance(value, FunctionType) and value.__module__ == module:
            yield value
        elif isinstance(value, type) and value.__module__ == module:
            yield from _functions(dict(vars(value)), module)


def test_each_function_has_builtins_of_its_own() -> None:
    """Whoever writes a module for a function of Lambda's and forgets the import sees it here."""
    own = hotlog.__builtins__
    without = {
        f"{module.__name__}.{function.__qualname__}"
        for module in _modules()
        for function in _functions(vars(module), module.__name__)
        if vars(FunctionType)["__builtins__"].__get__(function) is not own
        and function.__code__.co_filename.startswith(hotlog.__path__[0])
    }
    assert without == set()


def test_its_own_builtins_are_a_copy() -> None:
    own: object = hotlog.__builtins__
    assert isinstance(own, dict)
    assert own is not vars(builtins)
    assert own["len"] is len


@pytest.mark.parametrize(("name", "counts"), [("len", True), ("isinstance", True), ("print", False), ("open", False)])  # fmt: skip
def test_a_replaced_builtin_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, counts: bool) -> None:
    """But for those that programs replace for good: text would never be looked through."""
    assert not has_replaced_builtins()
    original = vars(builtins)[name]
    with monkeypatch.context() as patched:
        patched.setattr(builtins, name, partial(original))
        found = has_replaced_builtins()
    assert found is counts
