"""Run a row of the matrix: the same function without hotlog and with it, in each way that hotlog gets into a function.

    layer   /opt holds the layer, AWS_LAMBDA_EXEC_WRAPPER starts it
    wrap    the package holds hotlog and what it needs, and the code ends in `handler = hotlog.wrap(handler)`
    image   /opt holds what the layer would, as wrapper/deploy/container copies it, and the image's command names the shim

All of them run under AWS's emulator, on an interpreter that has `awslambdaric` and nothing else.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import hotlog
from hotlog.client.code.packed_sources import unpack_sources
from hotlog.rules.model import entry_of
from hotlog.stores.file import FileStore
from tests.emulator.start.rows import COPY, LAYER, MESSAGE, PROBE, WRAP, Row, app
from tests.support.lambda_runtime import INIT_MAX_S, EmulatorFunction
from tests.support.layers import own_layer
from tests.support.pythons import VERSIONS, with_runtime_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PACKAGES = "hotlog-packages"
_SHIM = "hotlog_handler.handler"
_STARTS_MAX = 3
_HOTLOGS = '{"hotlog":'
# What differs from one process to the next, in what it writes and not in what it answers.
_VARIES = re.compile(r"0x[0-9a-f]+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*Z?|\b\d+\.\d+ ?m?s\b")


class Ran(NamedTuple):
    """What came of the invocations of one function.

    Attributes:
        answers: byte for byte, but for the request's id.
        lines: what the function wrote, without hotlog's lines.
        events: hotlog's lines.
    """

    answers: list[bytes]
    lines: list[str]
    events: list[dict[str, object]]


class Cell(NamedTuple):
    """One field of the table.

    Attributes:
        row: what is wrong.
        deployment: how hotlog got into the function.
        python: version.
        faults: what differs from the function without hotlog, or from what hotlog had to say; none: as it must be.
    """

    row: Row
    deployment: str
    python: str
    faults: list[str]


def pythons_of(row: Row, pythons: Iterable[str]) -> list[str]:
    """Return the versions that the row runs on."""
    return [row.python] if row.python else list(pythons)


def run_row(row: Row, python: str, deployments: Iterable[str]) -> list[Cell]:
    """Run a row on one Python, in each deployment that it has a cell for."""
    wanted = [each for each in deployments if each not in row.cannot]
    if not wanted:
        return []
    with tempfile.TemporaryDirectory(prefix="start-") as name:
        place = Path(name)
        bare = _run_bare(row, python, place / "bare")
        return [
            Cell(row, each, python, _compare(row, bare, _run_with(each, row, python, place / each)))
            for each in wanted
        ]


def _run_bare(row: Row, python: str, place: Path) -> Ran:
    """Run the function without hotlog: once for all rows that are about hotlog alone."""
    key = repr(
        (python, sorted(row.task.items()), sorted(row.opt.items()), row.handler, row.variables, row.events)
    )
    if key not in _bare:
        task, opt = _lay_out(row, place)
        _bare[key] = _run(row, python, task, opt, row.handler, row.variables)
    return _bare[key]


_bare: dict[str, Ran] = {}


def _run_with(deployment: str, row: Row, python: str, place: Path) -> Ran:
    task, opt = _lay_out(row, place)
    variables = {"HOTLOG_STORE": f"file:{_store(task, place)}", **row.variables, **row.settings}
    if deployment == WRAP:
        _wrap_in_code(task, row)
        return _run(row, python, task, opt, row.handler, variables)
    shutil.copytree(_layer(python), opt, dirs_exist_ok=True)
    _damage(opt, row)
    if deployment == LAYER:
        variables["AWS_LAMBDA_EXEC_WRAPPER"] = "/opt/hotlog-exec"
        return _run(row, python, task, opt, row.handler, variables)
    variables["HOTLOG_HANDLER"] = row.handler
    own = variables.get("PYTHONPATH")
    if own is not None and "/opt/python" not in own:  # as wrapper/deploy/container/Dockerfile says
        folders = [own, "/opt/python"] if own else ["/opt/python"]
        variables |= {"HOTLOG_PYTHONPATH": own, "PYTHONPATH": ":".join(folders)}
    return _run(row, python, task, opt, _SHIM, variables)


def _lay_out(row: Row, place: Path) -> tuple[Path, Path]:
    """Write the function and its other layers."""
    task, opt = place / "task", place / "opt"
    (opt / "python").mkdir(parents=True)  # any layer makes it
    for folder, files in ((task, {"app.py": app(), **row.task}), (opt, row.opt)):
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if content == COPY:
                _install(file.parent.parent, "hotlog")
            elif isinstance(content, bytes):
                file.write_bytes(content)
            else:
                file.write_text(content, newline="")
            if folder == opt and not path.startswith("python/"):
                file.chmod(0o755)
    return task, opt


@functools.cache
def _packages() -> dict[str, bytes]:
    """The packages as `pip install` lays them out, in what a function needs of them."""
    return unpack_sources((_layer("") / _PACKAGES / "sources").read_bytes())


def _install(folder: Path, *names: str) -> None:
    """Put packages into a folder, as `pip install -t` does."""
    for path, content in _packages().items():
        if path.partition("/")[0] in names:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


def _wrap_in_code(task: Path, row: Row) -> None:
    """Put hotlog into the function's package, and wrap the handler in its code."""
    _install(task, "hotlog", "bytecode", "watchtower")
    module = task / f"{row.handler.rpartition('.')[0].replace('.', '/')}.py"
    with module.open("a") as file:
        file.write("\nimport hotlog\nhandler = hotlog.wrap(handler)\n")


def _damage(opt: Path, row: Row) -> None:
    """Do to the layer's files what the row says; a path that ends with `/` stands for all files below it, one with `*` for each such.

    Bytecode would be taken in the place of a damaged source: it goes, unless the row is about it.
    """
    if row.damage and not any("*" in path for path in row.damage):
        for compiled in (opt / _PACKAGES).glob("*.cpython-*"):
            compiled.unlink()
    for path, change in row.damage.items():
        if path.endswith("/"):
            files = sorted(each for each in (opt / path).rglob("*") if each.is_file())
        else:
            files = sorted(opt.glob(path))
        assert files, f"{path} is not in the layer"
        for file in files:
            content = change(file.read_bytes())
            if content is None:
                file.unlink()
            else:
                file.write_bytes(content)


def _store(task: Path, place: Path) -> Path:
    """Rules for the function: one log line, at the handler's marked line."""
    lines = (task / "app.py").read_text().splitlines()
    line = next((number for number, text in enumerate(lines, 1) if PROBE in text), 1)
    now = datetime.now(UTC)
    rule = hotlog.Rule(
        id="a", at=f"app.py:{line}", message=MESSAGE, created=now, expires=now + timedelta(hours=1)
    )
    folder = place / "rules"
    FileStore(str(folder)).update("function", lambda document: document._replace(entries=(entry_of(rule),)))
    return folder


def _run(row: Row, python: str, task: Path, opt: Path, handler: str, variables: Mapping[str, str]) -> Ran:
    """Run the row's invocations; once more where the emulator's port was taken by another one that started just then."""
    for _ in range(_STARTS_MAX - 1):
        try:
            return _invoke(row, python, task, opt, handler, variables)
        except ConnectionError:
            continue
    return _invoke(row, python, task, opt, handler, variables)


def _invoke(row: Row, python: str, task: Path, opt: Path, handler: str, variables: Mapping[str, str]) -> Ran:
    interpreter = with_runtime_client(python)
    answers, lines = [], []
    with EmulatorFunction(
        task, handler, env=variables, layer=opt, timeout_s=INIT_MAX_S, python=interpreter
    ) as function:
        for event in row.events:
            reply = function.invoke(event)
            answers.append(reply.raw.replace(reply.request_id.encode(), b"ID"))
            lines += [line.replace(reply.request_id, "ID") for line in reply.lines]
    return Ran(
        answers,
        [_VARIES.sub("…", line) for line in lines if not line.startswith(_HOTLOGS)],
        [json.loads(line) for line in lines if line.startswith(_HOTLOGS)],
    )


def _compare(row: Row, bare: Ran, ours: Ran) -> list[str]:
    """Return each difference in a sentence."""
    faults = []
    if bare.events:
        faults.append(f"hotlog was there without being there: {bare.events}")
    if ours.answers != bare.answers:
        faults.append(f"answers {ours.answers}, and without hotlog {bare.answers}")
    if ours.lines != bare.lines:
        faults.append(f"writes {ours.lines}, and without hotlog {bare.lines}")
    errors = [event for event in ours.events if event.get("state") == "error"]
    if row.told is not None and [event["code"] for event in errors] != [row.told] * bool(row.told):
        faults.append(f"tells {errors}, and had to tell {row.told or 'nothing'}")
    logged = [event for event in ours.events if event["hotlog"] == "log"]
    # A busy machine may leave no time for the rule: it is pending then, which takes a hotlog that works, too.
    works = bool(logged) or any(event.get("code") == "out-of-time" for event in ours.events)
    if row.told is not None and works != row.logs:
        faults.append(
            f"logs {logged}, and had to log {'something' if row.logs else 'nothing'}: {ours.events}"
        )
    return faults


@functools.cache
def _layer(python: str) -> Path:
    """The layer with the bytecode of one Python; of none where hotlog does not run on it."""
    folder = Path(tempfile.mkdtemp(prefix="layer-"))
    return own_layer(folder, with_runtime_client(python) if python in VERSIONS else None)
