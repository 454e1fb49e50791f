"""The layout of the package: no circles, few modules at the root, no name with two meanings."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.places import ROOT

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "hotlog").rglob("*.py")
    if not path.is_relative_to(ROOT / "hotlog" / "_examples")
}
ROOT_MODULES_MAX = 8


def imported_by(module: str) -> set[str]:
    """The modules of hotlog that a module imports anywhere: in functions and for annotations, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                full if (full := f"{node.module}.{each.name}") in FILES else node.module
                for each in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
    return {each for each in found if each in FILES} - {module}


def test_nothing_goes_in_circles() -> None:
    graph = {module: imported_by(module) for module in FILES if module != "hotlog"}
    graph = {module: others - {"hotlog"} for module, others in graph.items()}
    assert any(graph.values())
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as fault:
        pytest.fail(" -> ".join(fault.args[1]))


def test_few_modules_lie_at_the_root() -> None:
    assert len(list((ROOT / "hotlog").glob("*.py"))) <= ROOT_MODULES_MAX


def test_no_class_has_a_name_with_two_meanings() -> None:
    homes: dict[str, set[str]] = {}
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, set()).add(module)
    assert homes
    assert {name: sorted(found) for name, found in homes.items() if len(found) > 1} == {}


def test_folders_of_what_runs_in_lambda_load_nothing_with_their_init() -> None:
    """A package's `__init__` runs whenever one of its modules is imported: at a cold start, too."""
    desk = ("hotlog.cli", "hotlog.client", "hotlog.mcp", "hotlog.dap", "hotlog.ui")
    light = {
        "hotlog",
        "hotlog.config",
        "hotlog.errors",
        "hotlog.namedtuple",
        "hotlog.events",
        "hotlog.limits",
    }
    for module, path in FILES.items():
        if path.name == "__init__.py" and module != "hotlog" and not module.startswith(desk):
            top = ast.parse(path.read_text(encoding="utf-8")).body
            imports = {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
            assert {each for each in imports if each.startswith("hotlog")} <= light, module
