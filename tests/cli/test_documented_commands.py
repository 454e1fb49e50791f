"""Each command line of the README and of the pages is run as a reader types it: here those that work on files.

`tests/aws/test_documented_in_an_account.py` runs the others. What the cookbook and the tour print is compared in `test_cookbook.py`.
"""

from __future__ import annotations

import importlib.util
import io
import re
import shlex
import shutil
import signal
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotlog.cli.listing import list_commands
from tests.support import git
from tests.support.cli import hotlog, settle_in
from tests.support.documented import Shown, as_typed, name_of, needs_account, shown_commands, unknown_options
from tests.support.places import ROOT
from tests.support.rows import each_row
from tests.support.stories import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SHOWN = [shown for shown in shown_commands("hotlog") if shown.words and shown.words[0] != "…"]
# They serve until somebody ends them: tests/cli/test_mcp_process.py, tests/faces, and the tests of the page and the editor run them.
SERVING = {"mcp", "ui", "dap"}
TAKE_SECONDS = {
    "suspects",
    "layer build",
}  # tests/cli/test_why.py and tests/emulator/test_layer.py run them always
HERE = [
    shown
    for shown in SHOWN
    if not needs_account(shown) and name_of(shown.words) not in SERVING and shown.words != ("demo", "--ui")
]
LOOKS_EVERY_S = 0.02
FOLLOWING = ROOT / "hotlog" / "client" / "events"
ENDED_BY_CTRL_C = 130
# What a page shows because it fails, or because it belongs to other code than the example's.
FAILS = {
    "hotlog add orders pricing.py:30 '{goodz} {cart.total()}' --if 'total > 5'": 2,
    "hotlog add orders pricing.py:36 'coupon={self.coupon!r}' --if 'percnt < 5' --local": 2,
    'hotlog add orders app.py:54 \'{event["headers"]["authorization"]}\'': 2,
    'hotlog try orders --if "left < 0"': 1,  # of the page's FastAPI application: tests/emulator/test_try_applications.py
    "hotlog why orders --request 5b1f0e77": 1,  # nobody has recorded these
    "hotlog why orders": 1,  # no bad request comes until Ctrl-C
    "hotlog why orders --bad '@status == 404'": 1,
    "hotlog why orders --request 2fb4455c --against 9c48d0f1": 1,
    "hotlog show orders --event 9c48d0f1 --path 'event[\"items\"][0]'": 2,  # k3f9 there captures no values
    "hotlog show orders --event 708d8559 --path 'event[\"items\"][0]'": 2,  # the same
    "hotlog approve 7f3kz": 1,  # no agent has proposed anything
    "hotlog add orders app.py:65 'total={total}' --environments 5": 2,  # a number needs an account that knows how many there are
    "hotlog edit orders k3f9 --limit 50 --if 'line.quantity > 3'": 2,  # k3f9 of that incident is elsewhere: `test_cookbook.py`
    "hotlog invoke app.handler --function orders --event events/order-raises.json --local": 1,
}
TYPED = ("    return price\n", '    print(f"{price=}")\n    return price\n')


def test_every_page_has_command_lines_and_they_are_found() -> None:
    assert len(SHOWN) > 140
    assert {"README.md", "hotlog/docs/tour.md", "hotlog/docs/troubleshooting.md"} <= {
        each.page for each in SHOWN
    }


@each_row("shown", SHOWN)
def test_each_names_a_command_that_there_is_and_its_options(shown: Shown) -> None:
    assert f"hotlog {name_of(shown.words)}" in list_commands(), shown.page
    assert unknown_options(shown) == [], shown.page


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example, a rule, what it logged, and a line that somebody has typed."""
    folder = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as monkeypatch:
        settle_in(folder, monkeypatch)
        orders = folder / "orders"
        shutil.copytree(ORDERS, orders, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copytree(ORDERS, folder / "running", ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copytree(folder / "running", orders / "services" / "orders")
        git.make_repository(orders)
        (orders / "pricing.py").write_text((orders / "pricing.py").read_text().replace(*TYPED))
        shutil.copy(ORDERS / "events" / "order-ok.json", orders / "event.json")
        monkeypatch.chdir(orders)
        for function, id_, group in (
            ("orders", "k3f9", "strange"),
            ("orders", "m2pp", "mcp-7f"),
            ("app", "q7tz", ""),
        ):
            words = ("pricing.py:30", "line", "--id", id_, "--group", group, "--local")
            said = hotlog("add", function, *words)
            assert said.code == 0, said.err
        ran = hotlog(
            "invoke",
            "app.handler",
            "--function",
            "orders",
            "--event",
            "event.json",
            "--repeat",
            "3",
            "--local",
        )
        assert ran.code == 0, ran.err
        for book in ("book.json", "discounts.json"):
            Path(book).write_text(hotlog("export", "orders", "k3f9", "--local").out)
    return folder


@pytest.mark.long
@pytest.mark.parametrize(
    "shown_here",
    [
        [shown for shown in HERE if name_of(shown.words) not in TAKE_SECONDS],
        pytest.param(
            [shown for shown in HERE if name_of(shown.words) in TAKE_SECONDS], marks=pytest.mark.slow
        ),
    ],
    ids=["quick ones", "slow ones"],
)
def test_each_does_what_a_reader_expects(
    shown_here: list[Shown], desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {}
    for number, shown in enumerate(shown_here):
        folder = tmp_path / str(number)
        unused = set() if shown.words[0] in {"try", "promote"} else {".git", "running"}
        unused |= set() if "services/orders" in shown.words else {"services"}
        shutil.copytree(desk, folder, ignore=shutil.ignore_patterns(*unused))
        settle_in(folder, monkeypatch)
        monkeypatch.chdir(folder / "orders")
        monkeypatch.setattr(sys, "stdin", io.StringIO("orders\n") if "-" in shown.words else Keyboard())
        words = [*as_typed(shown), *on_files(as_typed(shown))]
        found = {"9c48d0f1": handle_of_an_event(), "python3.13": sys.executable}
        words = [found.get(word, word) for word in words]
        with interrupted() if follows(words) else nullcontext():
            ran = hotlog(*words)
        shutil.rmtree(folder)
        expected = {FAILS.get(shown.text, 0)} | ({ENDED_BY_CTRL_C} if follows(words) else set())
        if ran.code not in expected:
            wrong[shown.text] = f"{shown.page}: exit {ran.code}: {ran.err[-400:]}"
    assert not wrong, "\n".join(f"{text}\n    {why}" for text, why in wrong.items())


class Keyboard(io.StringIO):
    """A terminal at which nobody types anything."""

    def isatty(self) -> bool:
        return True


def on_files(words: list[str]) -> list[str]:
    """Return the options that make a command work on the files here."""
    if "--help" in words:
        return []
    command = list_commands()[f"hotlog {name_of(tuple(words))}"]
    known = {name for param in command.params for name in param.opts}
    added = ["--local"] if "--local" in known and "--local" not in words and words[0] != "demo" else []
    return [*added, "--source", "../running"] if words[0] == "try" else added


def follows(words: list[str]) -> bool:
    return "--help" not in words and (
        "--tail" in words
        or "--wait" in words
        or (words[0] in {"tail", "try", "why", "suspects"} and "--no-follow" not in words)
    )


def handle_of_an_event() -> str:
    """Return the request that the rules here have logged."""
    (found, *_) = re.findall(
        r'"hotlog":"log".*?"request_id":"(\w{8})', Path(".hotlog/events.jsonl").read_text()
    )
    return str(found)


@contextmanager
def interrupted() -> Iterator[None]:
    """Press Ctrl-C, for commands that follow until then: as soon as they read events, or wait for them."""

    def press(_: int, frame: FrameType | None) -> None:
        if frame is not None and FOLLOWING in Path(frame.f_code.co_filename).parents:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, LOOKS_EVERY_S, LOOKS_EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- what a developer types ---------------------------------------------------------------------------------------------


@each_row("shown", shown_commands("python"))
def test_each_module_that_is_run_is_there(shown: Shown) -> None:
    flag, module = shown.words[:2]
    assert flag == "-m"
    assert module == "build" or importlib.util.find_spec(module) is not None, shown.page


@each_row("shown", shown_commands("pip"))
def test_each_extra_that_is_installed_is_there(shown: Shown) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r"\[([\w,]+)\]", shlex.join(shown.words))
    assert [each for names in wanted for each in names.split(",") if f"\n{each} = [" not in text] == []
