"""Events on stdout: whole lines whoever writes at the same time, and none that Lambda's own log filter drops."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog import limits
from hotlog.rules.model import entry_of
from hotlog.sinks import descriptor
from hotlog.stores.file import FileStore
from tests.support.log_filter import LEVELS, passes

if TYPE_CHECKING:
    from tests.support.lambda_runtime import Function

WRITERS = """
import sys, threading
from hotlog.sinks.stdout import StdoutSink

sink, length = StdoutSink(), int(sys.argv[1])
threads = [threading.Thread(target=lambda c=c: [sink.emit({}, c * length) for _ in range(30)]) for c in "abcd"]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.process
@pytest.mark.parametrize("length", [100, 4_095, 5_000, limits.EVENT_MAX_BYTES])
def test_lines_of_several_threads_do_not_mix(length: int) -> None:
    """On a pipe, as in Lambda, with a reader that is slower than the writers."""
    writers = subprocess.Popen([sys.executable, "-c", WRITERS, str(length)], stdout=subprocess.PIPE)
    assert writers.stdout is not None
    pieces = []
    while piece := os.read(writers.stdout.fileno(), 5_000):
        pieces.append(piece)
    writers.stdout.close()
    assert writers.wait() == 0
    lines = b"".join(pieces).splitlines()
    assert len(lines) == 120
    assert {(len(line), len(set(line))) for line in lines} == {(length, 1)}


@pytest.mark.process
def test_lines_of_several_processes_do_not_mix_up_to_what_a_pipe_takes_at_once() -> None:
    """As on managed instances, where several processes share an environment."""
    reader, writer = os.pipe()
    processes = [subprocess.Popen([sys.executable, "-c", WRITERS, "4095"], stdout=writer) for _ in range(3)]
    os.close(writer)
    pieces = []
    while piece := os.read(reader, 5_000):
        pieces.append(piece)
    os.close(reader)
    assert [process.wait() for process in processes] == [0, 0, 0]
    lines = b"".join(pieces).splitlines()
    assert len(lines) == 360
    assert {(len(line), len(set(line))) for line in lines} == {(4_095, 1)}


def test_an_event_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(target: int, data: bytes) -> int:
        written.append(bytes(data))
        return len(data)

    monkeypatch.setattr(descriptor, "write", write)  # the system call, as that module has it
    descriptor.write_line(99, '{"hotlog":"log"}')
    assert written == [b'{"hotlog":"log"}\n']


def test_what_a_pipe_takes_in_pieces_comes_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(target: int, data: bytes) -> int:
        written.append(bytes(data[:3]))
        return len(written[-1])

    monkeypatch.setattr(descriptor, "write", write)  # the system call, as that module has it
    descriptor.write_line(99, "0123456789")
    assert b"".join(written) == b"0123456789\n"


@pytest.mark.process
def test_a_child_whose_parent_was_writing_waits_for_nobody() -> None:
    """The thread that had its turn does not run in the child."""
    program = (
        "import os, threading, time; from hotlog import limits; from hotlog.sinks import descriptor\n"
        "limits.SINK_TURN_MAX_MS = 10\n"
        "taken, done = threading.Event(), threading.Event()\n"
        "def hold():\n    turn = descriptor._take(); taken.set(); done.wait(); turn.release()\n"
        "thread = threading.Thread(target=hold); thread.start(); taken.wait()\n"
        "child = os.fork()\n"
        "if child == 0:\n    descriptor.write_line(1, 'child'); descriptor.write_line(1, 'again'); os._exit(0)\n"
        "os.waitpid(child, 0); done.set(); thread.join(); descriptor.write_line(1, 'parent')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.stdout.splitlines() == ["child", "again", "parent"]


APP = """
import logging

LOGGER = logging.getLogger("shop")


def handler(event, context):
    print("plain")
    LOGGER.info("an info of the application's")
    return event
"""


def add_rule(store: Path) -> None:
    now = datetime.now(UTC)
    rule = hotlog.Rule(
        id="a", at="app.py:8", message="at {event}", created=now, expires=now + timedelta(hours=1)
    )
    FileStore(str(store)).update("function", lambda document: document._replace(entries=(entry_of(rule),)))


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
@pytest.mark.parametrize("level", ["text", *LEVELS])
def test_the_platforms_filter_keeps_every_event(function: type[Function], tmp_path: Path, level: str) -> None:
    task, store = tmp_path / "task", tmp_path / "rules"
    task.mkdir()
    (task / "app.py").write_text("import hotlog\n" + APP + "\nhandler = hotlog.wrap(handler)\n")
    add_rule(store)
    env = {"HOTLOG_STORE": f"file:{store}", "PYTHONPATH": str(Path.cwd())}
    if level != "text":
        env |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": level}
    with function(task, "app.handler", env=env) as running:
        lines = running.invoke("x").lines
    events = [line for line in lines if line.startswith('{"hotlog"')]
    assert [json.loads(line)["hotlog"] for line in events][:2] == ["status", "log"]
    assert json.loads(events[1])["message"] == "at x"
    if level != "text":
        assert all(passes(line, level) for line in events)
        assert passes("plain", level) is (level in {"TRACE", "DEBUG", "INFO"})


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("plain", "INFO"),
        ('{"level": "DEBUG"}', "INFO"),  # without a timestamp it counts as INFO
        ('{"level": "debug", "timestamp": "2024-11-02T16:51:31.587199Z"}', "DEBUG"),
        ('{"level": "ERROR", "timestamp": "2024-11-02 16:51:31"}', "INFO"),
        ('{"level": "loud", "timestamp": "2024-11-02T16:51:31Z"}', "INFO"),
        ('{"level": "FATAL", "timestamp": "2024-11-02T16:51:31+01:00"}', "FATAL"),
        ("[1]", "INFO"),
    ],
)
def test_the_filter_goes_by_the_documentation(line: str, level: str) -> None:
    assert passes(line, level)
    above = LEVELS[LEVELS.index(level) + 1 :]
    assert not any(passes(line, higher) for higher in above)
