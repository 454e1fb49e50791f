"""`hotlog ui` and `hotlog demo --ui` as processes: an address on stdout, a page behind it, Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.cli import hotlog, settle_in
from tests.support.page_client import Asked
from tests.support.processes import run_python
from tests.unit.test_extras import BARE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 60


class Page(NamedTuple):
    """A page that a command serves."""

    process: subprocess.Popen[str]
    asked: Asked


@contextmanager
def command(folder: Path, *words: str) -> Iterator[Page]:
    """Run `hotlog WORDS`, end it with Ctrl-C: that is no failure."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    with subprocess.Popen(
        [sys.executable, "-m", "hotlog.cli", *words, "--no-browser"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield Page(process, Asked(process.stdout.readline().strip()))
        finally:
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, talk
        assert "Traceback" not in talk


def test_the_page_of_code_on_this_machine(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text("def charge(total):\n    return total + 1\n")
    with command(tmp_path, "ui", "app", "--local") as page:
        answer = page.asked.ask("GET", "/f/app/code/shop/app.py", cookie=page.asked.cookie)
        assert answer.status == 200
        assert 'id="L2"' in answer.text
        rule = {"at": "shop/app.py:2", "message": "total={total}"}
        assert page.asked.write("/f/app/api/change", {"add": [rule]}) == 200
    assert (tmp_path / ".hotlog" / "app.json").exists()


def test_the_demo_runs_the_example_and_leaves_nothing(tmp_path: Path) -> None:
    with command(tmp_path, "demo", "--ui") as page:
        asked = page.asked
        assert "total = goods" in asked.ask("GET", "/f/orders/code/pricing.py", cookie=asked.cookie).text
        rule = {"at": "pricing.py:/total = goods/", "message": "found {goods}"}
        assert asked.write("/f/orders/api/change", {"add": [rule]}) == 200
        until = time.monotonic() + PATIENCE_S
        while "found 13392" not in asked.ask("GET", "/f/orders/api/state", cookie=asked.cookie).text:
            assert time.monotonic() < until
            time.sleep(0.2)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = hotlog("ui", "app", "--local", "--no-browser", "--port", port)
    assert (done.code, done.err) == (
        2,
        f"error: nobody can listen on port {port}: Address already in use. [bad-port]\n",
    )


@pytest.mark.parametrize("hidden", ["starlette", "uvicorn"])
def test_without_its_extra_it_says_so_in_one_line(hidden: str, tmp_path: Path) -> None:
    program = BARE.format(hidden={hidden}) + "from hotlog.cli import main; sys.exit(main(['ui', '--local']))"
    done = run_python("-c", program, folder=tmp_path, environ=dict(os.environ))
    assert done.returncode == 2
    assert f"needs the extra `cli` ({hidden} is not installed)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
