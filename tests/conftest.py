"""Lanes, limits and the fixtures of several lanes.

Imports at the top stay cheap: the engine's tests run without the command, the emulators and their libraries.
"""

from __future__ import annotations

import functools
import gc
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.support.places import TESTS
from tests.support.small_heap import freeze_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.agents import World
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function
    from tests.support.working_desk import Desk

# Folders of tests; each is a marker, too. In this order: the engine looks through all objects of its process at each
# install, and AWS's models in the memory of the other lanes are hundreds of thousands.
LANES = ("engine", "emulator", "unit", "cli", "aws", "faces")
# One of each for all tests: what lies in memory is looked through, too.
MARKS = {name: getattr(pytest.mark, name) for name in (*LANES, "quick", "further")}
ASKED_FOR = (
    "further",
    "slow",
    "heavy",
    "faces",
)  # run only where `-m` names them: `pytest -m engine` is the lane without its long lists
NOT_QUICK = {"aws", "emulator", "faces", "process", "long", "slow", "heavy"}

# Several times what the longest of them takes, so that a busy or a slow machine fails none.
QUICK_MAX_S = 4.0

# Whatever the shell says: hundreds of processes import hotlog, and each would compile it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A full collection in a process as large as that of these tests takes longer than a hit may: it would be charged to
# the hit in whose middle it begins, and its values be unavailable. So there is one after each file instead.
gc.set_threshold(700, 10, 10_000)
COLLECT_AFTER = 5  # collections of the middle generation: 35,000 objects more


def pytest_configure() -> None:
    hear_signals()


def hear_signals() -> None:
    """Have a worker hear what ends a command.

    A shell that starts a process in the background has it ignore Ctrl-C, and a command that cleans up ignores all of them from
    then on; all children inherit that: a test that interrupts one would wait for ever. Workers only: the run itself stays
    in the background.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    for sign, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(sign) is signal.SIG_IGN:
            signal.signal(sign, handler)


def _lane(item: pytest.Item) -> str:
    return _lane_of(item.path)


@functools.cache
def _lane_of(path: Path) -> str:
    return path.relative_to(TESTS).parts[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return two workers for each core: many tests wait for what they have started."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)  # before `-m` picks from the markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LANES.index(_lane(item)))
    for item, lane in zip(items, map(_lane, items), strict=True):
        item.add_marker(MARKS[lane])
        if not any(marker.name in NOT_QUICK for marker in item.iter_markers()):
            item.add_marker(MARKS["quick"])
    _mark_further_rows(items)
    left_out = {name for name in ASKED_FOR if name not in config.option.markexpr}
    unwanted = {item for item in items if any(marker.name in left_out for marker in item.iter_markers())}
    config.hook.pytest_deselected(items=list(unwanted))
    items[:] = [item for item in items if item not in unwanted]


def _mark_further_rows(items: list[pytest.Item]) -> None:
    """Mark what `in_part(N)` leaves out: of each table all rows but every Nth, in the order of the table."""
    rows: Counter[str] = Counter()
    for item in items:
        if (part := item.get_closest_marker("in_part")) is not None:
            table = item.nodeid.partition("[")[0]
            if rows[table] % part.args[0]:
                item.add_marker(MARKS["further"])
            rows[table] += 1


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    freeze_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Hold what `quick` promises: a test that starts a process, or has a fixture that does, says so with `process`."""
    hear_signals()
    if item.get_closest_marker("quick") is None:
        return (yield)

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a quick test starts no process: mark it `process`")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", refuse)
        for name in ("fork", "forkpty", "posix_spawn", "system"):
            patch.setattr(os, name, refuse)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Hold what `quick` promises, too: a test that takes seconds says so with `long`. Only its process's own time counts."""
    began_s = time.process_time()
    result = yield
    if item.get_closest_marker("quick") is not None:
        took_s = time.process_time() - began_s
        assert took_s < QUICK_MAX_S, f"it takes {took_s:.1f} s of CPU: mark it `long`"
    return result


@pytest.fixture(scope="module", autouse=True)
def _collects() -> Iterator[None]:
    """Collect where a file has made much: each collection looks at all that the process holds."""
    yield
    if gc.get_count()[2] > COLLECT_AFTER:
        gc.collect()
        gc.freeze()  # what stays is looked at no more


def absent(reason: str) -> NoReturn:
    """Skip where a developer's machine lacks something; in CI nothing may be lacking."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", name="account")
def _account() -> Iterator[Ministack]:
    if importlib.util.find_spec("ministack") is None:
        absent("ministack is not installed (it comes with the extra `dev`)")
    from tests.support.emulators import Ministack

    with Ministack() as account:
        yield account


@pytest.fixture
def ministack(account: Ministack) -> Ministack:
    """An AWS account with nothing in it."""
    account.reset()
    return account


@pytest.fixture
def aws(ministack: Ministack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ministack:
    """The same, for commands: they run in a folder of their own and look again at once."""
    from hotlog.client.attaching import lambda_configuration
    from tests.support.cli import settle_in

    settle_in(tmp_path, monkeypatch)
    for name, value in ministack.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lambda_configuration, "_LOOK_EVERY_S", 0.05)
    return ministack


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A working copy, and a command that runs in it."""
    from tests.support.cli import settle_in
    from tests.support.working_desk import Desk

    settle_in(tmp_path, monkeypatch)
    made = Desk(tmp_path)
    monkeypatch.chdir(made.work)
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A function of the example at a desk on files, for a coding agent."""
    from tests.support.agents import local_world
    from tests.support.cli import settle_in

    settle_in(tmp_path, monkeypatch)
    with local_world(tmp_path) as found:
        yield found


@pytest.fixture(params=["emulator", pytest.param("runtime-api", marks=pytest.mark.slow)])
def function(request: pytest.FixtureRequest) -> type[Function]:
    """Runs handlers: under AWS's emulator; in the slow lane once more under our own Runtime API."""
    from tests.support.lambda_runtime import RUNTIMES

    runtime = RUNTIMES[request.param]
    if reason := runtime.missing():
        absent(reason)
    return runtime
