"""Lines typed into applications of others show what they would print, from the function under the emulator.

`HOTLOG_TEST_HANDLERS` names a folder of them: each a folder with its modules, an `event.json`, and in `handler.txt` the
handler's name. What they import must be installed.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hotlog
from tests.support.git import make_repository
from tests.support.live import live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply

HANDLERS = "HOTLOG_TEST_HANDLERS"
_INVOCATIONS_MAX = 30
_WRAPPED = "import hotlog\nfrom {module} import {function}\nhandler = hotlog.wrap({function})\n"


class Typed(NamedTuple):
    """A module with lines typed into it.

    Attributes:
        text: of the module.
        lines: how many were typed.
    """

    text: str
    lines: int


def type_lines(text: str) -> Typed:
    """Type a line behind each statement of a function that stores a name, and one at the head of each for its arguments."""
    lines, typed = text.splitlines(), 0
    for line, column, name in sorted(places_in(ast.parse(text)), reverse=True):
        typed += 1
        lines.insert(line, f'{" " * column}print(f"{line}: {{{name}}}")')
    return Typed("\n".join(lines) + "\n", typed)


def places_in(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    """Give the line to type behind, the column, and the name to show."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = function.body[0]
        if function.args.args:
            yield first.lineno - 1, first.col_offset, function.args.args[0].arg
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                if isinstance(target, ast.Name):
                    yield node.end_lineno or node.lineno, node.col_offset, target.id


def answer_of(reply: Reply) -> Any:
    """Return the answer; an error's payload names its request."""
    return {**reply.payload, "requestId": None} if reply.failed else reply.payload


def applications() -> list[Path]:
    """Return the folders of applications; where none is named, the test says so."""
    return sorted(path.parent for path in Path(os.environ.get(HANDLERS, "/nowhere")).glob("*/event.json"))


@pytest.mark.parametrize("application", applications(), ids=lambda path: path.name)
@pytest.mark.parametrize("function", ["emulator"], indirect=True)
def test_lines_typed_into_it_show_what_it_would_print(
    aws: Ministack,
    function: type[Function],
    application: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, _, entry = (application / "handler.txt").read_text().strip().rpartition(".")
    event = json.loads((application / "event.json").read_text())
    work = tmp_path / "work"
    shutil.copytree(application, work, ignore=shutil.ignore_patterns("__pycache__"))
    (work / "wrapped.py").write_text(_WRAPPED.format(module=module, function=entry))
    make_repository(work)
    own = work / f"{module}.py"
    plain = own.read_text()
    typed = type_lines(plain)
    own.write_text(typed.text)
    with live(aws, function, tmp_path / "edited", work, name="edited", handler="wrapped.handler") as edited:
        reply = edited.invoke(event)
        printed = [line for line in reply.lines if line.partition(":")[0].isdigit()]
    own.write_text(plain)
    with live(aws, function, tmp_path / "plain", work, name="plain", handler="wrapped.handler") as running:
        before = running.invoke(event)
        client = hotlog.Client()
        own.write_text(typed.text)
        monkeypatch.chdir(work)
        tried = client.try_edits("plain")
        assert [line.say for line in tried.taken if line.checked is None] == []
        assert len(tried.taken) == typed.lines
        messages: list[str] = []
        for _ in range(_INVOCATIONS_MAX):
            during = running.invoke(event)
            assert answer_of(during) == answer_of(before)
            messages = [
                json.loads(line)["message"] for line in during.lines if line.startswith('{"hotlog":"log"')
            ]
            if messages:
                break
        own.write_text(plain)
        client.remove_group(tried.group, "plain")
        assert client.rules("plain").rules == ()
    print(f"{application.name}: {typed.lines} typed, {len(printed)} printed")  # noqa: T201  # read with -s
    different = [pair for pair in zip(printed, messages, strict=False) if pair[0] != pair[1]]
    print(*different, sep="\n")  # noqa: T201
    assert [line.partition(":")[0] for line in messages] == [line.partition(":")[0] for line in printed]
