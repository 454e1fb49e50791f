"""The layer: a handler is wrapped without a change of its code, and runs untouched where anything is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.code.packed_sources import unpack_sources
from hotlog.rules.model import entry_of
from hotlog.stores.file import FileStore
from tests.support.layers import own_layer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.lambda_runtime import Function


PLAIN = """
def work(n):
    doubled = n * 2
    return doubled


def handler(event, context):
    if event == "raise":
        raise KeyError(event)
    return work(event)
"""


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """What would be /opt."""
    return own_layer(tmp_path / "opt")


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """What would be /var/task."""
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "app.py").write_text(PLAIN)
    (folder / "broken.py").write_text("import nothing_of_this_name\n")
    return folder


def variables(function: type[Function], layer: Path, store: Path) -> dict[str, str]:
    opt = "/opt" if function.name == "emulator" else str(layer)
    return {"AWS_LAMBDA_EXEC_WRAPPER": f"{opt}/hotlog-exec", "HOTLOG_STORE": f"file:{store}"}


def add_rule(store: Path, **fields: Any) -> None:
    now = datetime.now(UTC)
    rule = hotlog.Rule(id="a", created=now, expires=now + timedelta(hours=1), **fields)
    FileStore(str(store)).update("function", lambda document: document._replace(entries=(entry_of(rule),)))


def test_a_plain_handler_gets_its_log_line(
    function: type[Function], layer: Path, task: Path, tmp_path: Path
) -> None:
    store = tmp_path / "rules"
    with function(task, "app.handler", layer=layer, env=variables(function, layer, store)) as running:
        before = running.invoke(21)
        add_rule(store, at="app.py:4", message="doubled={doubled}")
        after = running.invoke_until_logged(21)
    assert before.lines == []
    assert after.raw == before.raw == b"42"
    (line,) = [line for line in after.lines if '"hotlog":"log"' in line]
    assert '"message":"doubled=42"' in line
    assert f'"request_id":"{after.request_id}"' in line


FAILING = """
def connect(settings):
    return settings["host"]


TABLE = connect({"port": 1})
"""


def test_what_the_import_of_its_module_raised_is_told_and_raised(
    function: type[Function], layer: Path, task: Path, tmp_path: Path
) -> None:
    store = tmp_path / "rules"
    (task / "failing.py").write_text(FAILING)
    with function(task, "failing.handler", layer=layer) as running:
        bare = running.invoke(1)
    add_rule(store, kind="error")
    with function(
        task, "failing.handler", layer=layer, env=variables(function, layer, store), timeout_s=10
    ) as running:
        told = running.invoke(1)
    assert told.payload["errorType"] == bare.payload["errorType"] == "KeyError"
    assert told.payload["stackTrace"] == bare.payload["stackTrace"]
    errors = [json.loads(line) for line in told.lines if line.startswith('{"hotlog":"error"')]
    assert errors
    assert errors[0]["failure"] == {"how": "init"}
    assert errors[0]["frames"][0]["vars"] == {"settings": {"port": 1}}


@pytest.mark.in_part(2)
@pytest.mark.parametrize("handler", ["app.handler", "app.nobody", "broken.handler", "missing.handler"])
def test_errors_are_those_of_the_function_alone(
    function: type[Function], layer: Path, task: Path, tmp_path: Path, handler: str
) -> None:
    wrapped = variables(function, layer, tmp_path / "rules")
    answers = []
    for env in (wrapped, {**wrapped, "HOTLOG": "off"}, {}):
        with function(task, handler, layer=layer, env=env) as running:
            payload = running.invoke("raise").payload
        if isinstance(payload, dict):
            payload.pop("requestId", None)
        answers.append(payload)
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("switch", ["", "off"])
def test_another_exec_wrapper_comes_after_ours(
    function: type[Function], layer: Path, task: Path, tmp_path: Path, switch: str
) -> None:
    other = layer / "other"
    other.write_text('#!/bin/sh\nexport SEEN="$_HANDLER"\nexec "$@"\n')
    other.chmod(0o755)
    (task / "look.py").write_text("import os\ndef handler(event, context):\n    return os.environ['SEEN']\n")
    env = variables(function, layer, tmp_path)
    env |= {
        "HOTLOG_EXEC_NEXT": env["AWS_LAMBDA_EXEC_WRAPPER"].replace("hotlog-exec", "other"),
        "HOTLOG": switch,
    }
    with function(task, "look.handler", layer=layer, env=env) as running:
        assert running.invoke().payload == ("look.handler" if switch else "hotlog_handler.handler")


def test_a_handler_that_is_wrapped_in_its_code_too_is_wrapped_once(
    function: type[Function], layer: Path, task: Path, tmp_path: Path
) -> None:
    """The code brings its own hotlog, and that one does it all."""
    (task / "app.py").write_text(PLAIN.replace("def handler", "import hotlog\n@hotlog.wrap\ndef handler"))
    for path, content in unpack_sources((layer / "hotlog-packages" / "sources").read_bytes()).items():
        if path.startswith("hotlog/"):
            (task / path).parent.mkdir(parents=True, exist_ok=True)
            (task / path).write_bytes(content)
    store = tmp_path / "rules"
    add_rule(store, at="app.py:4", message="doubled={doubled}")
    with function(task, "app.handler", layer=layer, env=variables(function, layer, store)) as running:
        reply = running.invoke(21)
    assert reply.raw == b"42"
    assert len([line for line in reply.lines if '"hotlog":"log"' in line]) == 1
    assert len([line for line in reply.lines if '"state":"installed"' in line]) == 1
