"""Processes of one environment share a read, and believe nothing that another could have put there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.config import Config
from hotlog.errors import StoreError
from hotlog.runtime.shared_reads import SharedStore, share_reads
from hotlog.stores import Answer
from hotlog.stores.lock import hold_lock
from hotlog.stores.memory import MemoryStore
from tests.support.clock import Clock
from tests.support.places import ROOT
from tests.support.rule_server import RuleServer, answering, found, http

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Lambda's /tmp and its owners are a thing of Linux"),
]


class CountingStore(MemoryStore):
    """Says a version that counts the reads, or a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[int | None] = []
        self.fault: StoreError | None = None

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        self.reads.append(timeout_ms)
        if self.fault is not None:
            raise self.fault
        return Answer('{"v":1}', len(self.reads), 1.5)


class Neighbours:
    """Processes of one environment, as far as they see each other: stores that share a folder."""

    def __init__(self, tmp_path: Path) -> None:
        self.store, self.wall = CountingStore(), Clock(1_000_000.0)
        self.folder = tmp_path / "hotlog-{}"
        self.place = Path(str(self.folder).format(os.geteuid()))
        self.file = self.place / "orders.json"

    def one(self) -> SharedStore:
        return SharedStore(self.store, folder=str(self.folder), wall_clock=self.wall)

    def version(self) -> int:
        return self.one().read("orders", 500).version


@pytest.fixture
def neighbours(tmp_path: Path) -> Neighbours:
    return Neighbours(tmp_path)


def test_within_a_moment_one_read_is_enough(neighbours: Neighbours) -> None:
    assert [neighbours.version() for _ in range(3)] == [1, 1, 1]
    assert neighbours.one().read("orders", 500) == Answer('{"v":1}', 1, 1.5)
    neighbours.wall.now += 1.01
    assert neighbours.version() == 2
    neighbours.wall.now -= 3_600
    assert neighbours.version() == 3, "an answer from the future is none"


@pytest.mark.parametrize("code", ["missing", "denied", "throttled", "unreachable"])
def test_a_fault_is_shared_too(neighbours: Neighbours, code: str) -> None:
    neighbours.store.fault = StoreError(code, "no")
    for _ in range(3):
        with pytest.raises(StoreError, match="no") as caught:
            neighbours.version()
        assert caught.value.code == code
    assert len(neighbours.store.reads) == 1
    neighbours.store.fault = None
    neighbours.wall.now += 2
    assert neighbours.version() == 2


def test_the_functions_of_one_environment_are_kept_apart(neighbours: Neighbours) -> None:
    assert neighbours.version() == 1
    assert neighbours.one().read("invoices", 500).version == 2
    with pytest.raises(StoreError) as caught:
        neighbours.one().read("../orders", 500)
    assert caught.value.code == "bad-function"


def link_elsewhere(neighbours: Neighbours) -> None:
    there = neighbours.place.parent / "elsewhere"
    neighbours.file.rename(there)
    neighbours.file.symlink_to(there)


def folder_elsewhere(neighbours: Neighbours) -> None:
    there = neighbours.place.parent / "elsewhere"
    neighbours.place.rename(there)
    neighbours.place.symlink_to(there)


def pipe(neighbours: Neighbours) -> None:
    neighbours.file.unlink()
    os.mkfifo(neighbours.file, 0o600)


def say(change: Callable[[dict[str, Any]], object]) -> Callable[[Neighbours], None]:
    def tamper(neighbours: Neighbours) -> None:
        content = json.loads(neighbours.file.read_text())
        change(content)
        neighbours.file.write_text(json.dumps(content))

    return tamper


@pytest.mark.parametrize(
    "tamper",
    [
        link_elsewhere,
        folder_elsewhere,
        pipe,
        lambda n: n.file.chmod(0o644),
        lambda n: n.file.chmod(0o620),
        lambda n: n.place.chmod(0o777),
        lambda n: n.file.write_text(""),
        lambda n: n.file.write_bytes(b"\xff\xfe{"),
        lambda n: n.file.write_text(n.file.read_text()[:-10]),
        lambda n: n.file.write_text("[]"),
        say(lambda content: content.update(store="ssm:/other")),
        say(lambda content: content.update(function="invoices")),
        say(lambda content: content.update(said=["x"])),
        say(lambda content: content.update(said=["x", "y", "z"])),
        say(lambda content: content.update(said=["x", 1, 2.0, 3])),
        say(lambda content: content.update(asked_s="now")),
        say(lambda content: content.pop("said")),
        lambda n: n.file.write_text("[" * 100_000),
        lambda n: n.file.write_text('{"store": ' + '{"a":' * 50_000),
        lambda n: n.file.write_text("9" * 100_000),
        lambda n: n.file.write_text("null"),
        lambda n: n.file.write_text(json.dumps("x" * 1_000_000)),
        say(lambda content: content.update(asked_s=10**400)),
        say(lambda content: content.update(asked_s=float("nan"))),
        say(lambda content: content.update(asked_s=float("-inf"))),
        say(lambda content: content.update(said=["x", float("inf"), 1.0])),
        say(lambda content: content.update(said=["x", 1, 10**400])),
        say(lambda content: content.update(said=[[], 1, 2.0])),
        say(lambda content: content.update(said=[["x"], "y"])),
        say(lambda content: content.update(said="xy!!")),
        say(lambda content: content.update(said={"x": 1})),
    ],
)
def test_what_is_not_whole_ours_and_about_this_is_not_believed(
    neighbours: Neighbours, tamper: Callable[[Neighbours], None]
) -> None:
    assert neighbours.version() == 1
    tamper(neighbours)
    assert neighbours.version() == 2


def test_what_belongs_to_another_user_is_not_believed(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert neighbours.version() == 1
    folder, me = str(neighbours.place), os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert (
        SharedStore(neighbours.store, folder=folder, wall_clock=neighbours.wall).read("orders", 500).version
        == 2
    )
    assert (
        SharedStore(neighbours.store, folder=folder, wall_clock=neighbours.wall).read("orders", 500).version
        == 3
    )


def test_what_is_left_is_for_this_user_s_eyes_only(neighbours: Neighbours) -> None:
    before = os.umask(0)
    try:
        neighbours.version()
    finally:
        os.umask(before)
    assert (neighbours.place.stat().st_mode & 0o777, neighbours.file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_what_a_dead_process_left_half_written_is_in_nobody_s_way(neighbours: Neighbours) -> None:
    neighbours.version()
    neighbours.file.with_suffix(".new").write_text('{"store"')
    neighbours.wall.now += 2
    assert [neighbours.version(), neighbours.version()] == [2, 2]


def test_without_a_place_to_share_each_reads_for_itself(tmp_path: Path) -> None:
    store = CountingStore()
    (tmp_path / "file").touch()
    for number in (1, 2):
        assert SharedStore(store, folder=str(tmp_path / "file" / "no")).read("orders", 500).version == number


def test_whoever_waits_in_vain_for_another_s_answer_reads_for_itself_within_the_deadline(
    neighbours: Neighbours,
) -> None:
    neighbours.version()
    neighbours.wall.now += 2
    with hold_lock(neighbours.file.with_suffix(".lock")):
        assert neighbours.version() == 2
    timeout_ms = neighbours.store.reads[-1]
    assert timeout_ms is not None
    assert timeout_ms <= 250, "half of the time has gone by"


def test_a_process_that_comes_while_another_reads_waits_for_its_answer(neighbours: Neighbours) -> None:
    began, goes_on, versions = threading.Event(), threading.Event(), []

    class Slow(CountingStore):
        def read(self, function: str, timeout_ms: int | None = None) -> Answer:
            began.set()
            goes_on.wait(10)
            return super().read(function, timeout_ms)

    neighbours.store = Slow()

    def run() -> None:
        versions.append(neighbours.one().read("orders", 20_000).version)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert began.wait(10)
    goes_on.set()
    for thread in threads:
        thread.join()
    assert versions == [1, 1, 1, 1]


@pytest.mark.parametrize("refresh", ["each", "background", "60", "0.5"])
def test_no_rule_is_later_than_the_policy_promises(refresh: str) -> None:
    store, config = share_reads(MemoryStore(), Config(refresh=refresh))
    assert isinstance(store, SharedStore)
    if refresh in {"each", "background"}:
        assert (config.refresh, store._max_age_s) == (refresh, 1.0)
    else:
        assert float(config.refresh) + store._max_age_s == float(refresh)


@pytest.mark.process
def test_on_a_managed_instance_the_wrapper_shares() -> None:
    """Whole: eight processes, each wrapped as in Lambda, all invoked at the same time for a while."""
    name = f"orders-{os.getpid()}-{time.monotonic_ns()}"
    program = """
import time, hotlog
handler = hotlog.wrap(lambda event, context: event)
for number in range(50):
    assert handler(number, None) == number
    time.sleep(0.01)
"""
    with RuleServer(answering(http(200, found('{"v":1}')))).running() as server:
        env = {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_MAX_CONCURRENCY": "8",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": server.url,
            "HOTLOG_REFRESH_TIMEOUT_MS": "5000",
            "PYTHONPATH": str(ROOT),
        }
        start_s = time.monotonic()
        processes = [subprocess.Popen([sys.executable, "-c", program], env=env) for _ in range(8)]
        assert [process.wait(60) for process in processes] == [0] * 8
        lasted_s = time.monotonic() - start_s
        assert 1 <= len(server.exchanges) <= lasted_s + 2, "one a second, of 408"
    for left in Path(f"/tmp/hotlog-{os.geteuid()}").glob(f"{name}.*"):  # noqa: S108  # where Lambda has it
        left.unlink()
