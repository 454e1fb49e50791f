"""An application's module with a name of the standard library's is never run by hotlog: it stays out, and says so."""

from __future__ import annotations

import ast
import functools
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.coldstart.standard_library import BOTO3, ENGINE, START, find_shadow, is_standard
from hotlog.rules.model import Rule, entry_of
from hotlog.stores.file import FileStore
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_THE_DESK = {"client", "cli", "mcp", "dap", "docs", "ui"}
WITH_BOTO3 = {"cloudwatch", "boto.py", "boto_reader.py"}  # looks for all names, see `find_shadow_for_boto3`
LOCAL = {"local"}

APP = """
import json
import sys
import hotlog
{top}

@hotlog.wrap
def handler(event, context):
    {body}
    return event
"""
CALLS = "import app\nfor n in range({count}):\n    assert app.handler({{'n': n}}, None) == {{'n': n}}\nprint('ANSWERED')\n"
LOUD = {
    "exits": "import sys\nprint('RAN')\nsys.exit(3)\n",
    "raises": "print('RAN')\nraise RuntimeError('of the application')\n",
    "is another": "print('RAN')\nVALUE = 1\n",
}


def imported_by_hotlog() -> set[str]:
    """Names that hotlog's modules inside the function import, anywhere in them."""
    names: set[str] = set()
    for file in sorted((ROOT / "hotlog").rglob("*.py")):
        if set(file.relative_to(ROOT).parts) & (AT_THE_DESK | WITH_BOTO3 | LOCAL):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {
        name for name in names if not name.startswith("hotlog.client")
    }  # what `hotlog.Client` loads, and only it


# What AWS's runtime client imports before it imports a handler (`python -X importtime -m awslambdaric`).
LOADED = "import contextlib, decimal, importlib, json, logging, os, random, re, tokenize, traceback, types, warnings\n"
LOADED = LOADED.replace(" random,", "").replace(" tokenize,", "")  # of which not all versions do


@pytest.mark.process
def test_the_lists_name_all_that_is_imported() -> None:
    wanted = sorted(
        {*imported_by_hotlog(), "bytecode", "hotlog.probes.splice.backend"}
        - {"mypy_boto3_ssm", "tests", "snapshot_restore_py"}
    )
    program = LOADED + (
        "import sys\nbefore = {name.partition('.')[0] for name in sys.modules}\n"
        f"for name in {wanted!r}:\n"
        "    if name.partition('.')[0] in {*sys.stdlib_module_names, 'hotlog', 'bytecode'}:\n"
        "        __import__(name)\n"
        "found = {name.partition('.')[0] for name in sys.modules} - before\n"
        "print(*sorted(found))"
    )
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": os.pathsep.join([str(ROOT)])}, capture_output=True, text=True, check=True)  # fmt: skip
    found = {
        name
        for name in done.stdout.split()
        if name in sys.stdlib_module_names and not is_in_the_interpreter(name)
    }
    assert found <= {*START, *ENGINE}
    assert len(found) > 20, "it must have imported hotlog"


WITH_A_CALL = """
import sys
before = {name.partition(".")[0] for name in sys.modules}
import boto3, watchtower
for service in ("logs", "ssm"):
    client = boto3.client(
        service, "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b", endpoint_url="http://127.0.0.1:9"
    )
    try:
        client.describe_log_groups() if service == "logs" else client.get_parameter(Name="/a")
    except Exception as fault:
        assert type(fault).__name__ == "EndpointConnectionError", fault
print(*sorted({name.partition(".")[0] for name in sys.modules} - before))
"""


@pytest.mark.process
def test_the_list_names_all_that_boto3_imports() -> None:
    env = {"AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run([sys.executable, "-I", "-c", WITH_A_CALL], env=env, capture_output=True, text=True, check=True)  # fmt: skip
    found = {
        name
        for name in done.stdout.split()
        if name in sys.stdlib_module_names and not is_in_the_interpreter(name)
    }
    assert found <= {*BOTO3}
    assert len(found) > 60, "it must have imported boto3"


def is_in_the_interpreter(name: str) -> bool:
    import _imp

    return name in sys.builtin_module_names or _imp.is_frozen(name)


@functools.cache
def loaded_before() -> frozenset[str]:
    """Return the modules that a process has that has loaded what Lambda's runtime loads."""
    program = LOADED + "import sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    return frozenset(done.stdout.split())


def run(
    folder: Path, files: dict[str, str], *, top: str = "", body: str = "pass", count: int = 5, **env: str
) -> tuple[list[dict[str, Any]], str]:
    """Run a wrapped handler some times in a new process, with a rule; its events, and what else it wrote."""
    task, rules = folder / "task", folder / "rules"
    task.mkdir()
    for name, content in {"app.py": APP.format(top=top, body=body), **files}.items():
        file = task / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    line = next(
        n for n, text in enumerate((task / "app.py").read_text().splitlines(), 1) if "return event" in text
    )
    now = datetime.now(UTC)
    rule = Rule(
        id="a", at=f"app.py:{line}", message="n={event[n]}", created=now, expires=now + timedelta(hours=1)
    )
    FileStore(str(rules)).update("orders", lambda document: document._replace(entries=(entry_of(rule),)))
    done = subprocess.run(
        [sys.executable, "-c", LOADED + "import sys\nsys.path.insert(0, '.')\n" + CALLS.format(count=count)],
        cwd=task,
        env={"PYTHONPATH": f"{task}:{ROOT}", "HOTLOG_STORE": f"file:{rules}", "AWS_LAMBDA_FUNCTION_NAME": "orders", "LAMBDA_TASK_ROOT": str(task), **env},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "ANSWERED" in done.stdout, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    events = [json.loads(text) for text in lines if text.startswith('{"hotlog"')]
    return events, "\n".join([*(text for text in lines if not text.startswith('{"hotlog"')), done.stderr])


@pytest.mark.process
@pytest.mark.parametrize("does", LOUD)
@pytest.mark.parametrize("name", ["ast", "bisect", "opcode", "copy", "symtable"])
def test_a_module_that_only_the_engine_would_import_is_not_run(tmp_path: Path, name: str, does: str) -> None:
    if name in loaded_before():
        pytest.skip("this Python's own `logging` imports it: it is there before the application is")
    events, others = run(tmp_path, {f"{name}.py": LOUD[does]})
    assert "RAN" not in others
    assert [event.get("code") for event in events] == ["shadowed-module"]
    assert events[0]["rule"] == "a"
    assert f"{name}.py" in events[0]["reason"]


@pytest.mark.process
@pytest.mark.parametrize("name", ["typing", "socket", "datetime", "select", "ssl", "array"])
def test_a_module_that_the_start_would_import_is_not_run(tmp_path: Path, name: str) -> None:
    if name in loaded_before() or is_in_the_interpreter(name):
        pytest.skip("this Python has it before the application is there")
    events, others = run(tmp_path, {f"{name}.py": LOUD["exits"]})
    assert "RAN" not in others
    assert [event.get("code") for event in events] == ["shadowed-module"]
    assert f"{name}.py" in events[0]["reason"]


@pytest.mark.process
def test_a_package_in_a_folder_that_the_module_puts_in_front_is_not_run(tmp_path: Path) -> None:
    events, others = run(
        tmp_path, {"late/symtable/__init__.py": LOUD["exits"]}, top="sys.path.insert(0, 'late')"
    )
    assert [event.get("code") for event in events] == ["shadowed-module"]
    assert "RAN" not in others


@pytest.mark.process
def test_one_that_comes_after_the_engine_is_not_run(tmp_path: Path) -> None:
    events, others = run(
        tmp_path, {"late/symtable/__init__.py": LOUD["exits"]}, body="sys.path.insert(0, 'late')"
    )
    assert [event["hotlog"] for event in events if event["hotlog"] != "counts"] == ["status", *["log"] * 5]
    assert "RAN" not in others


@pytest.mark.process
def test_one_that_the_application_has_imported_is_not_called(tmp_path: Path) -> None:
    source = "def parse(*_, **__):\n    print('RAN')\n\ndef __getattr__(name):\n    print('RAN')\n    raise AttributeError(name)\n"
    events, others = run(tmp_path, {"symtable.py": source}, top="import symtable")
    assert [event.get("code") for event in events] == ["shadowed-module"]
    assert "RAN" not in others


@pytest.mark.process
@pytest.mark.parametrize(
    "top",
    [
        "sys.modules['ast'] = type('Odd', (), {'__getattr__': lambda self, name: print('RAN')})()",
        "sys.modules['ast'] = None",
        "import types; sys.modules['bisect'] = types.SimpleNamespace(bisect=print)",
    ],
)
def test_an_object_that_stands_in_for_a_module_is_not_asked(tmp_path: Path, top: str) -> None:
    events, others = run(tmp_path, {}, top=top)
    assert [event.get("code") for event in events] == ["shadowed-module"]
    assert "RAN" not in others


@pytest.mark.process
def test_what_stands_in_for_no_module_does_not_matter(tmp_path: Path) -> None:
    """A folder without `__init__.py`, a name that hotlog does not need, a module of a class of its own."""
    events, _ = run(
        tmp_path,
        {"ast/notes.txt": "", "queue.py": LOUD["exits"], "secrets.py": LOUD["exits"]},
        top="import ast, types\nast.__class__ = type('Own', (types.ModuleType,), {})",
    )
    assert [event["hotlog"] for event in events if event["hotlog"] != "counts"] == ["status", *["log"] * 5]


@pytest.fixture(name="own")
def _own(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "symtable.py").write_text("raise AssertionError('it ran')")
    sys.path.insert(0, str(tmp_path))
    loaded = sys.modules.pop("symtable", None)
    yield str(tmp_path / "symtable.py")
    sys.path.remove(str(tmp_path))
    if loaded is not None:
        sys.modules["symtable"] = loaded


def test_the_sentence_names_the_file_and_the_module(own: str) -> None:
    assert own in find_shadow(["symtable"])
    assert "module symtable" in find_shadow(["symtable"])
    assert not find_shadow(["no_module_of_this_name", "sys", "os"])


def test_entries_of_the_path_that_are_no_folders_do_not_matter(
    own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    odd: list[Any] = [None, 7, "\0", "/none", "", str(tmp_path / "file"), tmp_path]
    with monkeypatch.context() as patched:  # before `own` takes its folder out of the path again
        patched.setattr(sys, "path", [*odd[:2], *odd[3:], *sys.path])
        assert own in find_shadow(["symtable"])
        patched.setattr(sys, "path", ["\0", *sys.path])
        assert not find_shadow(["ast"])


def test_a_finder_that_knows_a_module_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
            return ModuleSpec(name, self, origin="bundle") if name == "symtable" else None  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "symtable", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert find_shadow(["symtable"]).startswith("bundle ")
    assert not find_shadow(["bisect"])


def test_where_a_module_comes_from() -> None:
    folder = str(Path(os.__file__).parent)
    assert is_standard("frozen")
    assert is_standard("built-in")
    assert is_standard(f"{folder}/ast.py")
    assert is_standard(f"{folder}/lib-dynload/_bisect.so")
    assert not is_standard(f"{folder}/site-packages/ast.py")
    assert not is_standard("/var/task/ast.py")
    assert not is_standard(f"{folder}2/ast.py")
