"""Functions whose code a type checker or a test runner has made anew: hit where the source says, or told once what rewrote them."""

from __future__ import annotations

import ast
import importlib.machinery
import itertools
import json
import os
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOURCE = """
def total(x: int) -> int:
    y: int = x + 1
    z = y * 2
    assert y == (
        x + 1
    ), "why"
    for i in range(2):
        z += i
        assert z
    if z > 3:
        z = max(z, 3)
    return z
"""
LINES = [3, 4, 5, 8, 9, 10, 9, 10, 11, 12, 13]  # that are hit, in order


class Checks(ast.NodeTransformer):
    """As type checkers do: arguments are checked first, then each annotated assignment, and what is returned."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        check = ast.parse("import typeguard_of_tests\ncheck = typeguard_of_tests\nmemo = check(x)").body
        for each in check:
            for part in ast.walk(each):
                if isinstance(part, ast.expr | ast.stmt):
                    ast.copy_location(part, node.body[0])
        node.body[:0] = check
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = ast.copy_location(self._checked(node.value), node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        node.value = ast.copy_location(self._checked(node.value), node)
        return node

    def _checked(self, value: ast.expr | None) -> ast.expr:
        return ast.Call(
            ast.Name("check", ast.Load()), [ast.Constant("total"), value or ast.Constant(None)], []
        )


def _check_types(tree: ast.Module, _path: str) -> ast.Module:
    checked: ast.Module = Checks().visit(tree)
    return ast.fix_missing_locations(checked)


def _rewrite_asserts(tree: ast.Module, path: str) -> ast.Module:
    from _pytest.assertion.rewrite import rewrite_asserts

    rewrite_asserts(tree, SOURCE.encode(), path)
    return tree


def _both(tree: ast.Module, path: str) -> ast.Module:
    return _rewrite_asserts(_check_types(tree, path), path)


_numbers = itertools.count()


class Loaded:
    """A module whose code a tool has made of its file, and an agent."""

    def __init__(
        self,
        folder: Path,
        rewrite: Callable[[ast.Module, str], ast.Module],
        backend: str = "",
        file_text: str = SOURCE,
    ) -> None:
        self.name = f"rewritten_{next(_numbers)}"
        path = folder / f"{self.name}.py"
        path.write_text(file_text)
        self.module: Any = types.ModuleType(self.name)
        self.module.__file__ = str(path)
        self.module.__spec__ = importlib.machinery.ModuleSpec(self.name, None, origin=str(path))
        vars(self.module)["check"] = lambda _, value: value
        sys.modules[self.name] = self.module
        tree = rewrite(ast.parse(SOURCE), str(path))
        exec(compile(tree, str(path), "exec", dont_inherit=True), vars(self.module))  # noqa: S102
        self.events: list[Any] = []
        self.agent = hotlog.Agent(sink=self.events.append, root=str(folder), config=Config(backend=backend))

    def close(self) -> None:
        self.agent.close()
        del sys.modules[self.name]

    def apply(self, *lines: int) -> dict[str, tuple[str, str]]:
        self.agent.apply(
            hotlog.Rule(id=str(line), at=f"{self.name}.py:{line}", message="x", per_second=None)
            for line in lines
        )
        return {key: (status.state, status.code) for key, status in self.agent.status().items()}

    def hits(self) -> list[int]:
        self.events.clear()
        assert self.module.total(1) == 5
        return [int(event["rule"]) for event in self.events if event["hotlog"] == "log"]


@pytest.fixture(autouse=True)
def _checker(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Any = types.ModuleType("typeguard_of_tests")
    monkeypatch.setitem(sys.modules, "typeguard_of_tests", _Callable(made))


class _Callable(types.ModuleType):
    def __init__(self, _: object) -> None:
        super().__init__("typeguard_of_tests")

    def __call__(self, *values: Any) -> Any:
        return values[-1]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., Loaded]]:
    made: list[Loaded] = []

    def loaded(*args: Any, **named: Any) -> Loaded:
        made.append(Loaded(tmp_path, *args, **named))
        return made[-1]

    yield loaded
    for each in made:
        each.close()


@pytest.mark.parametrize("backend", ["", "splice", "monitor"])
@pytest.mark.parametrize("rewrite", [_check_types, _rewrite_asserts, _both])
def test_each_statement_is_hit_where_the_source_says(
    load: Callable[..., Loaded], rewrite: Callable[[ast.Module, str], ast.Module], backend: str
) -> None:
    loaded = load(rewrite, backend)
    before = loaded.module.total.__code__
    assert set(loaded.apply(*set(LINES)).values()) == {("installed", "")}
    assert loaded.hits() == LINES
    loaded.agent.apply([])
    assert loaded.module.total.__code__ is before


# The file as somebody edits it after the import: what is said of it now is another line of what runs.
EDITS = {
    "a line more above": ("def total", "\ndef total"),
    "a statement more": ("    y: int", "    w = 1\n    y: int"),
    "a statement less": ("    z = y * 2\n", ""),
    "another statement": ("    y: int = x + 1\n    z = y * 2\n", "    z = x - 7\n    y = other(z)\n"),
    "two exchanged": ("    y: int = x + 1\n    z = y * 2\n", "    z = y * 2\n    y: int = x + 1\n"),
}


@pytest.mark.parametrize("backend", ["", "splice", "monitor"])
@pytest.mark.parametrize("edit", EDITS)
def test_a_file_that_was_edited_since_proves_nothing(
    load: Callable[..., Loaded], edit: str, backend: str
) -> None:
    loaded = load(_check_types, backend, SOURCE.replace(*EDITS[edit], 1))
    found = loaded.apply(4)
    assert found["4"][0] == "error"
    assert loaded.hits() == []


def test_what_rewrote_it_is_said_and_once(load: Callable[..., Loaded]) -> None:
    loaded = load(_rewrite_asserts, file_text=SOURCE.replace("def total", "\n\ndef total"))
    loaded.apply(6)
    reason = loaded.agent.status()["6"].reason
    assert reason.count("does not run the code of its source: pytest has rewritten it") == 1
    assert reason.startswith("recompile, splice, monitor: ")


def _statuses_and_hits(
    name: str, folder: Path, offset: int = 0
) -> tuple[dict[str, hotlog.Status], list[int]]:
    """Import the module, put a rule on each of the lines, and call it."""
    sys.path.insert(0, str(folder))
    events: list[Any] = []
    try:
        module: Any = __import__(name)
        with hotlog.Agent(sink=events.append, root=str(folder), config=Config()) as agent:
            agent.apply(
                hotlog.Rule(id=str(line), at=f"{name}.py:{line + offset}", message="x", per_second=None)
                for line in set(LINES)
            )
            statuses = dict(agent.status())
            assert module.total(1) == 5
        return statuses, [int(event["rule"]) for event in events if event["hotlog"] == "log"]
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)


def test_with_typeguard_itself(tmp_path: Path) -> None:
    pytest.importorskip("typeguard")
    name = f"guarded_{next(_numbers)}"
    text = "from typeguard import typechecked\n\n\n@typechecked\n" + SOURCE.lstrip()
    (tmp_path / f"{name}.py").write_text(text)
    statuses, hits = _statuses_and_hits(name, tmp_path, 3)
    assert {status.state for status in statuses.values()} == {"installed"}
    assert hits == LINES


def test_with_the_assert_rewriting_of_pytest_itself(tmp_path: Path) -> None:
    name = f"asserting_{next(_numbers)}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    pytest.register_assert_rewrite(name)
    statuses, hits = _statuses_and_hits(name, tmp_path)
    reasons = {status.reason for status in statuses.values() if status.backend == "splice"}
    assert reasons == {"recompile: total does not run the code of its source: pytest has rewritten it"}
    assert {status.state for status in statuses.values()} == {"installed"}
    assert hits == LINES


@pytest.mark.process  # its import hook stays for as long as the process lives
def test_with_beartype_itself(tmp_path: Path) -> None:
    pytest.importorskip("beartype")
    (tmp_path / "bearing.py").write_text(SOURCE)
    (tmp_path / "main.py").write_text(BEARTYPE)
    told = subprocess.run(
        [sys.executable, str(tmp_path / "main.py"), *map(str, set(LINES))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    found = json.loads(told.stdout)
    assert found["states"] == ["installed"]
    assert found["reasons"] == [
        "recompile: total does not run the code of its source: beartype has rewritten it"
    ]
    assert found["hits"] == LINES


BEARTYPE = """
import json
import pathlib
import sys

from beartype.claw import beartype_package

beartype_package("bearing")
import bearing
import hotlog
from hotlog.config import Config

events = []
with hotlog.Agent(sink=events.append, root=str(pathlib.Path(__file__).parent), config=Config()) as agent:
    agent.apply(hotlog.Rule(id=line, at=f"bearing.py:{line}", message="x", per_second=None) for line in sys.argv[1:])
    statuses = agent.status().values()
    bearing.total(1)
hits = [int(event["rule"]) for event in events if event["hotlog"] == "log"]
print(json.dumps({"states": sorted({each.state for each in statuses}), "reasons": sorted({each.reason for each in statuses}), "hits": hits}))
"""
