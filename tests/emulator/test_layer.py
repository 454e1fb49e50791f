"""The layer: what is in it, what it weighs, and that it is the same whenever and from wherever it is built."""

from __future__ import annotations

import ast
import io
import json
import marshal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotlog.client import desk_limits
from hotlog.client.attaching.layer_bytecode import is_bytecode
from hotlog.client.attaching.layer_compiler import lighten
from hotlog.client.attaching.layer_zip import Layer, build
from hotlog.client.code.packed_sources import unpack_sources
from tests.support.cli import hotlog, settle_in
from tests.support.layers import unpack
from tests.support.places import ROOT
from tests.support.processes import free_port
from tests.support.pythons import VERSIONS, interpreter, versions

if TYPE_CHECKING:
    from tests.support.emulators import Ministack


def unpacked(layer: Layer) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(layer.data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def modules_of(files: dict[str, bytes]) -> dict[str, bytes]:
    """The modules that a layer has in one file."""
    return unpack_sources(files["hotlog-packages/sources"])


def test_two_builds_agree_byte_for_byte() -> None:
    assert build() == build()


TAG = sys.implementation.cache_tag
HALF_OF_THE_FUNCTION = {
    "__init__.py",
    "addresses",
    "agent",
    "capture",
    "coldstart",
    "config.py",
    "errors.py",
    "events.py",
    "expressions",
    "hits",
    "internal_errors.py",
    "interpreter",
    "kinds",
    "limits.py",
    "namedtuple.py",
    "probes",
    "reading",
    "redaction",
    "rules",
    "runtime",
    "sinks",
    "source",
    "stores",
    "values",
}


def test_it_is_small() -> None:
    layer = build()
    assert len(build(()).data) <= desk_limits.LAYER_MAX_BYTES <= 250_000
    assert len(layer.data) <= desk_limits.LAYER_MAX_BYTES + desk_limits.LAYER_PYTHON_MAX_BYTES <= 940_000
    assert sum(map(len, unpacked(layer).values())) == layer.unpacked_bytes
    assert layer.unpacked_bytes <= 3_000_000


def test_it_holds_what_runs_in_lambda_and_nothing_else() -> None:
    files = unpacked(build())
    assert {path.split("/")[0] for path in files} == {"hotlog-exec", "python", "hotlog-packages"}
    on_the_path = {path for path in files if path.startswith("python/")}
    assert on_the_path == {"python/hotlog_handler.py"}, (
        "nothing stands in front of the function's own packages"
    )
    modules = modules_of(files)
    assert {path.split("/")[0] for path in modules} == {"bytecode", "hotlog", "watchtower"}
    assert {path.split("/")[1] for path in modules if path.startswith("hotlog/")} == HALF_OF_THE_FUNCTION
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "hotlog").rglob("*.py")
        if path.relative_to(ROOT).parts[1] in HALF_OF_THE_FUNCTION
    }
    assert {path for path in modules if path.startswith("hotlog/")} == package
    packages = {path.split("/")[1] for path in files if path.startswith("hotlog-packages/")}
    assert packages == {
        "bytecode",
        f"compiled.{TAG}",
        f"hotlog_start.{TAG}",
        f"hotlog_verify.{TAG}",
        "hotlog_start.py",
        "hotlog_verify.py",
        "sources",
        "watchtower",
    }
    assert b"MIT License" in files["hotlog-packages/bytecode/COPYING"]
    assert "hotlog-packages/watchtower/LICENSE" in files


def test_a_cold_start_without_rules_compiles_nothing(tmp_path: Path) -> None:
    """The layer is read-only in Lambda: what is compiled is thrown away."""
    unpack(build().data, tmp_path)
    program = (
        "import sys; sys.path.insert(0, 'python'); seen = []\n"
        "def hook(name, found):\n"
        "    if name == 'compile' and found[1] and 'hotlog-packages' in str(found[1]): seen.append(found[1])\n"
        "sys.addaudithook(hook)\n"
        "import hotlog_handler; hotlog_handler.handler({}, None)\n"
        "print(seen, sys.modules['hotlog_layer.hotlog.runtime.wrapper'].wrap.__code__.co_filename)"
    )
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return event\n")
    ran = subprocess.run(
        [sys.executable, "-B", "-S", "-c", program],
        cwd=tmp_path,
        env={
            "HOTLOG_HANDLER": "app.handler",
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines()[-1] == f"[] {tmp_path}/hotlog-packages/hotlog/runtime/wrapper.py"


@pytest.mark.further
def test_bytecode_of_another_python_is_added_on_request() -> None:
    other = next((found for name in versions() if (found := interpreter(name)) != Path(sys.executable)), None)
    pythons = [sys.executable, *([str(other)] if other else [])]
    layer = build(pythons)
    assert layer == build(pythons)
    assert layer.sources == build().sources
    tags = {path.rpartition(".")[2] for path in unpacked(layer) if is_bytecode(path)}
    assert len(tags) == len(pythons)
    assert sys.implementation.cache_tag in tags
    ran = hotlog("layer", "build", "--python", "no-such-python")
    assert ran.code == 1
    assert "[no-bytecode]" in ran.err


def test_it_has_the_bytecode_of_all_its_modules() -> None:
    files = unpacked(build())
    compiled = files[f"hotlog-packages/compiled.{TAG}"]
    _, index = marshal.loads(compiled[16 : 16 + int.from_bytes(compiled[12:16], "little")])  # noqa: S302  # our own
    assert set(index) == modules_of(files).keys()
    assert build(()).sources == build().sources


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("python", versions())
def test_each_of_its_modules_can_be_imported(python: str, compiled: bool, tmp_path: Path) -> None:
    unpack(build([str(interpreter(python))] if compiled else ()).data, tmp_path)
    program = (
        "import sys; sys.path.insert(0, 'hotlog-packages'); import hotlog_start as start\n"
        "layer = start.LayerPackages('hotlog-packages')\n"
        "names = [path[:-3].replace('/', '.').removesuffix('.__init__') for path in layer._modules.index]\n"
        "for name in names:\n"
        "    try: layer.load(name)\n"
        "    except ModuleNotFoundError as fault: assert fault.name.partition('.')[0] in ('boto3', 'botocore'), fault\n"
        "print(type(layer._modules).__name__, len(names), 'typing' in sys.modules)"
    )
    ran = subprocess.run(
        [
            str(interpreter(python)),
            "-I",
            "-S",
            "-B",
            "-c",
            program.replace("'hotlog-packages'", f"{str(tmp_path / 'hotlog-packages')!r}"),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    modules = modules_of(unpacked(build(())))
    assert ran.stdout.split()[:2] == ["CompiledModules" if compiled else "SourceModules", str(len(modules))]


def test_a_module_that_its_package_imports_is_run_once(tmp_path: Path) -> None:
    unpack(build().data, tmp_path)
    program = (
        "import hotlog_start as start; layer = start.LayerPackages('.'); module = layer.load('bytecode.instr')\n"
        "print(module is layer.load('bytecode.instr'), layer.load('bytecode').Instr is module.Instr)"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-B", "-c", program],
        cwd=tmp_path / "hotlog-packages",
        check=True,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.split() == ["True", "True"]


_FORKS = """
import os, threading
import hotlog_start as start

layer = start.LayerPackages(".")
layer.load("hotlog.coldstart")
begun, end, run = threading.Event(), threading.Event(), start._run

def run_slowly(code, scope):
    if scope["__name__"].endswith(".standard_library"):
        begun.set()
        end.wait(20)
    run(code, scope)

start._run = run_slowly
thread = threading.Thread(target=layer.load, args=("hotlog.coldstart.standard_library",))
thread.start()
begun.wait(20)
child = os.fork()
if child == 0:
    start._run = run
    os._exit(7 if layer.load("hotlog.coldstart.standard_library").START else 1)
end.set()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(layer._under_way))
"""


def test_a_forked_child_has_no_module_that_is_half_run(tmp_path: Path) -> None:
    unpack(build().data, tmp_path)
    ran = subprocess.run(
        [sys.executable, "-S", "-B", "-c", _FORKS],
        cwd=tmp_path / "hotlog-packages",
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.split() == ["7", "0"], ran.stderr


def test_its_sources_say_what_they_said() -> None:
    """Without comments, docstrings and annotations of functions, each statement where it was."""
    files = modules_of(unpacked(build(())))
    package = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "hotlog").rglob("*.py")}
    kept = [path for path in package if path in files]
    assert len(kept) > 200
    for path in kept:
        before, after = ast.parse(package[path].read_bytes()), ast.parse(files[path])
        assert lines_of(before) == lines_of(after), path
        before, after = (lighten(without_docstrings(each)) for each in (before, after))
        assert ast.unparse(before) == ast.unparse(after), path
        assert b"# noqa" not in files[path], path


def without_docstrings(module: ast.Module) -> ast.Module:
    for node in ast.walk(module):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                first.value.value = ""
    return module


def lines_of(module: ast.Module) -> list[int]:
    """The lines of all statements, but for what only a type checker reads."""
    for node in module.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass(lineno=node.body[0].lineno)]
    return [node.lineno for node in ast.walk(module) if isinstance(node, ast.stmt)]


def test_no_file_carries_a_time_and_only_the_script_may_be_run() -> None:
    with zipfile.ZipFile(io.BytesIO(build().data)) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    rights = {entry.filename: entry.external_attr >> 16 for entry in entries}
    assert rights.pop("hotlog-exec") == 0o100755
    assert set(rights.values()) == {0o100644}


@pytest.mark.further
def test_layer_build_writes_it_and_says_what_it_weighs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    ran = hotlog("layer", "build", "--output", "made/here.zip", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "path": "made/here.zip",
        "bytes": len(build().data),
        "unpacked_bytes": build().unpacked_bytes,
        "sha256": build().sha256,
    }
    assert Path("made/here.zip").read_bytes() == build().data
    assert hotlog("layer", "build").out == "hotlog-layer.zip\n"


def test_the_build_script_writes_the_same(tmp_path: Path) -> None:
    target = tmp_path / "dist" / "layer.zip"
    subprocess.run(
        [sys.executable, ROOT / "wrapper" / "build.py", target], check=True, capture_output=True, timeout=60
    )
    assert target.read_bytes() == build().data


def test_what_is_too_large_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_limits, "LAYER_MAX_BYTES", -500_000)
    ran = hotlog("layer", "build")
    assert ran.code == 1
    assert "[layer-too-large]" in ran.err


@pytest.mark.slow
def test_the_installed_wheel_builds_the_same_layer(tmp_path: Path) -> None:
    """Without a checkout the script and the shim come out of the wheel."""
    run = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*run, "wheel", "--no-deps", "-w", tmp_path, ROOT], check=True, timeout=120)
    [wheel] = tmp_path.glob("hotlog_lambda-*.whl")
    subprocess.run([*run, "install", "--no-deps", "-t", tmp_path / "site", wheel], check=True, timeout=120)
    program = (
        "import hotlog.client.attaching.layer_zip as z, hotlog; print(z.build().sha256, hotlog.__file__)"
    )
    built = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    digest, file = built.stdout.split()
    assert file.startswith(str(tmp_path))
    assert digest == build().sha256


@pytest.mark.emulator
def test_layer_publish_makes_a_version_that_downloads_as_it_was_built(aws: Ministack) -> None:
    ran = hotlog("layer", "publish", "--name", "team-hotlog")
    assert ran.code == 0
    arn = ran.out.strip()
    assert arn.endswith(":layer:team-hotlog:1")
    assert f"hotlog attach FUNCTION --layer {arn}" in ran.err
    version = aws.client("lambda").get_layer_version_by_arn(Arn=arn)
    assert version["Content"]["CodeSize"] == len(build().data)
    assert set(version["CompatibleArchitectures"]) == {"x86_64", "arm64"}
    assert set(version["CompatibleRuntimes"]) == {f"python{each}" for each in VERSIONS}
    assert build().sources in version["Description"]
