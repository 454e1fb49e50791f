"""What a person sees on a terminal: a spinner while nothing comes, whole lines when something does, no colour unless wanted."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotlog.cli.showing.follow import follow
from hotlog.client.client import Client
from hotlog.client.options import Options
from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT
from tests.support.proven import prove, put_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event

EVENTS = Path(".hotlog/events.jsonl")
APP = """\
def größe(länge):
    fläche = länge * 2  # <- ü
    return fläche
"""
_WAIT_MAX_S = 20


class Terminal:
    """A command on a terminal of its own.

    Args:
        words: after `hotlog`.
        columns: how wide the terminal is.
    """

    def __init__(self, *words: str, columns: int = 80) -> None:
        self._ours, theirs = pty.openpty()
        environ = {"TERM": "xterm", **os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(columns)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hotlog.cli", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """Read until the text is there; what was read since the last call."""
        before, give_up_at = len(self.seen), time.monotonic() + _WAIT_MAX_S
        while text not in self.seen[before:]:
            assert time.monotonic() < give_up_at, self.seen
            if not self._read():
                break
        assert text in self.seen[before:], self.seen
        return self.seen[before:]

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self._process.wait(timeout=_WAIT_MAX_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 1)
        if not ready:
            return True
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # the other side is closed
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

    def close(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._ours)


@pytest.fixture(name="opened")
def _opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Terminal]]:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP, encoding="utf-8")
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def write(message: str, **fields: object) -> None:
    event = {
        "hotlog": "log",
        "rule": "k3f9",
        "at": "app.py:3",
        "qualname": "größe",
        "message": message,
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "function": "app",
        **fields,
    }
    put_key(Path(".hotlog/app.json"))
    with EVENTS.open("a") as file:
        file.write(f"{prove(event)}\n")


@pytest.mark.process
def test_while_nothing_comes_tail_says_that_it_waits_and_ctrl_c_leaves_a_clean_line(
    opened: list[Terminal],
) -> None:
    terminal = Terminal("tail", "app", "--local")
    opened.append(terminal)

    terminal.wait_for("waiting for events of app")
    write("fläche=6 [bold]ü[/bold]", vars={"länge": 3})
    shown = terminal.wait_for("länge = 3")
    code = terminal.interrupt()

    lines = [line for line in plain(shown).replace("\r", "\n").splitlines() if "k3f9" in line]
    assert [line.partition("k3f9  ")[2] for line in lines] == ["app.py:3 größe  fläche=6 [bold]ü[/bold]"]
    assert "\x1b[34m" in shown, "a terminal that wants colour gets it"
    assert code == 0
    assert "Traceback" not in terminal.seen
    assert terminal.seen.rfind("\x1b[?25h") > terminal.seen.rfind("\x1b[?25l"), "the cursor is back"


@pytest.mark.process
@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_without_colour_nothing_but_text_is_written(
    variable: str, value: str, opened: list[Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    write("total=120")
    terminal = Terminal("tail", "app", "--local", "--no-follow")
    opened.append(terminal)

    assert terminal.end() == 0
    assert "k3f9  app.py:3 größe  total=120" in terminal.seen
    assert "\x1b[3" not in terminal.seen, "no colour"
    assert "\x1b[1m" not in terminal.seen


@pytest.mark.usefixtures("opened")
def test_after_a_while_tail_says_once_what_may_keep_events_away(capsys: pytest.CaptureFixture[str]) -> None:
    client = Client.with_options(Options("file:.hotlog", flags=("--local",)))

    follow(client, "app", iter([None] * 4), clock=iter([0.0, 14.9, 15.0, 40.0, 60.0]).__next__)

    assert capsys.readouterr().err.splitlines() == [
        "Nothing in 15 s. What may keep events away:",
        "  - app has no rules: `hotlog add app TARGET MESSAGE --local` adds one.",
        "  - rules are read at the next invocation: `hotlog invoke MODULE.FUNCTION --event FILE --local`.",
    ]


@pytest.mark.usefixtures("opened")
def test_where_events_come_there_is_no_hint(capsys: pytest.CaptureFixture[str]) -> None:
    client = Client.with_options(Options("file:.hotlog"))
    events: list[Event | None] = [None, {"hotlog": "log"}, None]

    follow(client, "app", iter(events), clock=iter([0.0, 1.0, 99.0]).__next__)

    assert capsys.readouterr() == ("-  environment  \n", "")


@pytest.mark.process
@pytest.mark.parametrize("words", ["status app", "ls app", "doctor app", "show app k3f9"])
def test_reading_commands_fit_into_80_columns_with_source_of_any_letters(
    words: str, opened: list[Terminal]
) -> None:
    assert (
        hotlog(
            "add", "app", "app.py:3", "fläche={fläche}", "--if", "länge > 1", "--id", "k3f9", "--local"
        ).code
        == 0
    )
    terminal = Terminal(*words.split(), "--local", columns=80)
    opened.append(terminal)

    assert terminal.end() == 0
    assert "fläche" in terminal.seen or words.startswith("doctor")
    if words.startswith("ls"):
        assert max(len(line) for line in plain(terminal.seen).splitlines()) <= 80


@pytest.mark.process
def test_in_a_pipe_each_line_is_whole_and_a_reader_that_leaves_is_no_fault(opened: list[Terminal]) -> None:
    assert opened == []
    for number in range(3_000):
        write(f"{number} " + "x" * 200)
    command = f"{sys.executable} -m hotlog.cli tail app --local --no-follow | head -1"

    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert line.endswith("x" * 200)
    assert "\x1b" not in line
