"""The application installs import hooks that rewrite modules before it imports hotlog: hotlog's own are as they are written."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import run_python

pytestmark = [pytest.mark.engine, pytest.mark.process]

ROOT = Path(__file__).parents[2]

# What a type checker does to a function: it evaluates its annotations, and refuses what it is called with.
REWRITES = """
import ast, builtins, sys, typing
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, PathFinder, SourceFileLoader

def checked(function):
    typing.get_type_hints(function)
    def refuse(*args, **named):
        raise TypeError(function.__qualname__)
    return refuse

builtins.checked = checked

class Loader(SourceFileLoader):
    def get_code(self, name):  # never from a cache
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data, path, *, _optimization=-1):
        tree = ast.parse(data)
        for node in ast.walk(tree):
            # The package itself, which the application imports, is so simple that a checker lets it pass.
            is_rewritten = "/hotlog/" in path and not path.endswith("hotlog/__init__.py")
            if isinstance(node, ast.FunctionDef) and is_rewritten:
                node.decorator_list.append(ast.Name("checked", ast.Load()))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)

class Finder:
    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and name.partition(".")[0] in ("hotlog", "hotlog_layer", "app"):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
            return spec
        return None
"""
BY_PATH = "sys.path_hooks.insert(0, FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (Loader, SOURCE_SUFFIXES)))\nsys.path_importer_cache.clear()\n"
BY_META_PATH = "sys.meta_path.insert(0, Finder())\n"
TYPEGUARD = """
import warnings
from typeguard import install_import_hook
warnings.simplefilter("ignore")
install_import_hook(["hotlog", "bytecode"])
"""
BEARTYPE = "from beartype.claw import beartype_all\nbeartype_all()\n"

APP = "def work(x):\n    y = x\n    return y\n\ndef fail(n):\n    return {}[n]\n"
PROGRAM = """
import sys
import hotlog
import app

rules = [
    hotlog.Rule(at="app.py:3", message="x={x}", condition="x > 1"),
    hotlog.Rule(at="app.py:3", snapshot=True, stack=2),
    *(hotlog.Rule(at="app:work", kind=kind) for kind in ("call", "trace")),
    hotlog.Rule(at="app:fail", kind="error"),
]
events = []
with hotlog.Agent(sink=events.append, root=sys.path[0]) as agent:
    agent.apply(rules)
    app.work(7)
    try:
        app.fail(1)
    except KeyError:
        pass
print(sorted(event["hotlog"] for event in events if event["hotlog"] not in ("status", "counts")))
print([event for event in events if event.get("state") == "error"])

handler = hotlog.wrap(lambda event, context: event, store="file:rules", sink=events.append)
print(handler({"n": 1}, None), hasattr(handler, "__hotlog__"))
"""


@pytest.mark.parametrize(
    ("hook", "needs"),
    [("", ""), (REWRITES + BY_PATH, ""), (REWRITES + BY_META_PATH, ""), (TYPEGUARD, "typeguard"), (BEARTYPE, "beartype")],
    ids=["none", "path-hook", "meta-path", "typeguard", "beartype"],
)  # fmt: skip
def test_hotlog_is_not_rewritten(hook: str, needs: str, tmp_path: Path) -> None:
    if needs and importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "main.py").write_text(hook + PROGRAM)
    ran = run_python("main.py", folder=tmp_path, timeout_s=120)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["['call', 'error', 'log', 'log', 'trace']", "[]", "{'n': 1} True"]


CANNOT = """
import sys
sys.modules["hotlog.config"] = None
import hotlog

def handler(event, context):
    return event

print(hotlog.wrap(handler) is handler, hotlog.wrap(store="file:rules")(handler) is handler)
"""


@pytest.mark.parametrize("function", ["orders", ""])
def test_wrap_steps_aside_where_hotlog_cannot_be_imported(function: str, tmp_path: Path) -> None:
    """In a function alone: at a desk a person wants to see what is wrong."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_LAMBDA")}
    environ |= {"PYTHONPATH": str(ROOT)} | ({"AWS_LAMBDA_FUNCTION_NAME": function} if function else {})
    ran = subprocess.run(
        [sys.executable, "-c", CANNOT],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if function:
        assert ran.stderr == ""
        told, answer = ran.stdout.splitlines()
        assert '"code":"own-copy-failed"' in told
        assert answer == "True True"
    else:
        assert "ModuleNotFoundError: import of hotlog.config halted" in ran.stderr
