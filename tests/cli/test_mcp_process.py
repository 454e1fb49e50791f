"""`hotlog mcp` as the process that an agent's program starts: what it costs, what it writes, and what is left when it dies."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final

import anyio
import pytest
from mcp import Client as ProtocolClient
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

import hotlog as package
from hotlog.mcp.server import INSTRUCTIONS, TOOLS
from tests.support.agents import LEGACY, MODERN, ONCE, Person, agent_of, make_server
from tests.support.cli import settle_in
from tests.support.live import ORDERS
from tests.support.places import ROOT
from tests.unit.test_extras import BARE

if TYPE_CHECKING:
    from pathlib import Path

    from mcp.client.client import ConnectMode

    from hotlog.stores import Store
    from tests.support.agents import World

pytestmark = [pytest.mark.process, pytest.mark.long]

START_MAX_CPU_S: Final = 3  # it takes 1 s; a busy machine counts what others do to its caches
ADDED_TO_SEEN_MAX_S: Final = 2.0
FOREIGN = ROOT / "tests" / "support" / "foreign"
RULE = {"target": "pricing.py:30", "message": "goods={goods}"}
ADD = {"function": "orders", "rules": [RULE], "reason": "why?", "minutes": 3}
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def words_for(folder: Path, source: Path, *more: str) -> list[str]:
    return ["mcp", "--store", f"file:{folder / 'rules'}", "--source", str(source), *more]


def environ(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(folder)}


def start(folder: Path, source: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hotlog.cli", *words_for(folder, source, *more)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(folder),
        cwd=folder,
    )


def pipe(found: IO[str] | None) -> IO[str]:
    assert found is not None
    return found


def send(process: subprocess.Popen[str], *messages: object) -> None:
    for message in messages:
        pipe(process.stdin).write(json.dumps(message) + "\n")
    pipe(process.stdin).flush()


def call(number: int, tool: str, **arguments: object) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def begin_and_end(folder: Path, source: Path) -> tuple[list[str], float]:
    """Start a server, list its tools, end it; return what it wrote, and the CPU that it took."""
    process = start(folder, source)
    send(process, HELLO)
    lines = [pipe(process.stdout).readline()]
    send(process, READY, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    lines.append(pipe(process.stdout).readline())
    pipe(process.stdin).close()
    rest = pipe(process.stdout).read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = pipe(process.stderr).read()
    for stream in (process.stdout, process.stderr):
        pipe(stream).close()
    assert (process.returncode, said, rest) == (0, "", "")
    return lines, usage.ru_utime + usage.ru_stime


def test_it_starts_quickly_and_writes_nothing_but_the_protocol(world: World, tmp_path: Path) -> None:
    took_s: list[float] = []
    for _ in range(3):
        lines, cpu_s = begin_and_end(tmp_path, world.folder)
        took_s.append(cpu_s)
    hello, tools = map(json.loads, lines)
    assert hello["result"]["instructions"] == INSTRUCTIONS
    assert hello["result"]["serverInfo"] == {"name": "hotlog", "version": package.__version__}
    assert [each["name"] for each in tools["result"]["tools"]] == [each["name"] for each in TOOLS]
    assert min(took_s) <= START_MAX_CPU_S


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            BARE.format(hidden={"mcp"}) + "from hotlog.cli import main; sys.exit(main(['mcp', '--local']))",
        ],
        cwd=tmp_path,
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "needs the extra `mcp`: pip install '.[cli,mcp]'" in line
    assert line.endswith("[missing-extra]")


@pytest.mark.parametrize("era", [MODERN, LEGACY])
def test_over_pipes_the_loop_is_quick(era: ConnectMode, world: World, tmp_path: Path) -> None:
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "hotlog.cli", *words_for(tmp_path, world.folder)],
        env=environ(tmp_path),
        cwd=tmp_path,
    )

    async def talk() -> None:
        async with ProtocolClient(
            stdio_client(program), mode=era, elicitation_callback=Person(ONCE)
        ) as protocol:
            took_s: list[float] = []
            for number in range(3):  # a busy machine may install a rule at a later invocation than the next
                rule = {**RULE, "message": f"{number} {{goods}}"}
                began_s = time.monotonic()
                added = await protocol.call_tool("add_rules", {**ADD, "rules": [rule]})
                assert not added.is_error
                world.invoke("order-ok")
                seen = await protocol.call_tool(
                    "wait_for_events", {"function": "orders", "count": 1, "seconds": 3}
                )
                if f"{number} 4160" in str(seen.content):
                    took_s.append(time.monotonic() - began_s)
                await protocol.call_tool("remove_rules", {"function": "orders"})
            assert min(took_s) <= ADDED_TO_SEEN_MAX_S

    anyio.run(talk)
    assert world.rules() == []


class Counting:
    """A store that counts what is asked of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        return getattr(self._store, name)


def test_between_two_calls_nothing_is_read(world: World) -> None:
    store = Counting(world.client.desk.open_store())
    world.client.desk._store = store

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            await agent.call("add_rules", **ADD)
            world.invoke("order-ok")
            await agent.call("wait_for_events", function="orders", count=1)
            before = store.asked
            assert before > 0
            await anyio.sleep(3)
            assert store.asked == before
            assert threading.active_count() < 20

    anyio.run(talk)


def is_bounded(world: World, minutes: int) -> None:
    """Check that whatever is stored ends by itself, and says whose it is and why."""
    for rule in world.rules():
        assert rule.group.startswith("mcp-")
        assert rule.note == "why?"
        assert rule.via == "by hand"
        assert (rule.expires - rule.created).total_seconds() <= minutes * 60


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_whenever_its_client_dies_no_rule_outlives_its_minutes(
    times: int, world: World, tmp_path: Path
) -> None:
    chance = random.Random(7)  # noqa: S311  # moments, no secrets
    stored = 0
    for number in range(times):
        process = start(tmp_path, world.folder, "--mode", "auto", "--auto", "orders")
        send(process, HELLO)
        pipe(process.stdout).readline()
        rules = [{**RULE, "message": f"{number} {index} {{goods}}"} for index in range(3)]
        send(process, READY, call(1, "add_rules", **{**ADD, "rules": rules}))
        if number % 4 == 0:
            pipe(process.stdout).readline()
        time.sleep(chance.uniform(0, 0.5))
        if number % 2:
            process.kill()  # as the machine does that runs out of memory
        pipe(process.stdin).close()  # as an agent's program that dies
        assert process.wait(20) in {0, -9}
        for stream in (process.stdout, process.stderr):
            pipe(stream).close()
        is_bounded(world, ADD["minutes"])  # type: ignore[arg-type]
        groups = {rule.group for rule in world.rules()}
        for group in groups:
            assert len([rule for rule in world.rules() if rule.group == group]) == 3, "all of a call, or none"
        stored += len(world.rules())
        if groups:
            world.client.remove_group("mcp-*")
        assert world.rules() == []
    assert stored


YES = {"action": "accept", "content": {"answer": ONCE}}
CANCELLED = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "stored"),
    [
        ([{"result": YES}], 1),
        ([{"result": YES}, {"result": YES}], 1),
        ([CANCELLED, {"result": YES}], 0),
        ([{"id": 77, "result": YES}], 0),
        ([{"result": {**YES, "content": {"answer": [ONCE]}}}], 0),
        ([{"result": {**YES, "content": {"answer": {"a": ONCE}}}}], 0),
        ([{"result": {**YES, "action": "ACCEPT"}}], 0),
        ([{"result": {"action": "accept"}}], 0),
        ([{"error": {"code": -1, "message": "yes"}}], 0),
        ([], 0),
    ],
)
def test_a_sent_question_is_answered_once_and_clearly(
    answers: list[dict[str, Any]], stored: int, world: World, tmp_path: Path
) -> None:
    """Whatever a client sends: no answer to another question, none twice, none that is no clear yes, none after it gave up."""
    process = start(tmp_path, world.folder)
    send(process, {**HELLO, "params": {**HELLO["params"], "capabilities": {"elicitation": {}}}})  # type: ignore[dict-item]
    pipe(process.stdout).readline()
    send(process, READY, call(1, "add_rules", **ADD))
    asked = json.loads(pipe(process.stdout).readline())
    assert asked["method"] == "elicitation/create"
    for each in answers:
        send(process, {"jsonrpc": "2.0", "id": asked["id"], **each} if "method" not in each else each)
    if stored:
        pipe(process.stdout).readline()
    time.sleep(1)
    pipe(process.stdin).close()
    pipe(process.stdout).read()
    assert process.wait(20) == 0
    assert pipe(process.stderr).read() == ""
    for stream in (process.stdout, process.stderr):
        pipe(stream).close()
    assert len(world.rules()) == stored


@pytest.mark.parametrize("rounds", [4])
def test_two_agents_and_a_person_on_one_function_lose_no_rule(rounds: int, world: World) -> None:
    """Each adds and removes as fast as it can: in the end exactly what each has left is there."""
    kept: list[str] = []

    async def work(name: str, left: list[str]) -> None:
        async with agent_of(make_server(world, mode="auto", auto=("*",)), MODERN) as agent:
            for number in range(rounds):
                rule = {**RULE, "message": f"{name}{number} {{goods}}"}
                said = await agent.call("add_rules", **{**ADD, "rules": [rule]})
                assert said.startswith("1 rule"), said
                [group] = re.findall(r"^group (mcp-\w+)", said, re.MULTILINE)
                if number < rounds - 1:
                    gone = await agent.call("remove_rules", function="orders", group=group)
                    assert gone.startswith("1 rule removed"), gone
                else:
                    left.append(rule["message"])

    def person() -> None:
        for number in range(3 * rounds):
            message = f"p{number} {{goods}}"
            [done] = world.client.change(
                "orders", add=[{"at": "pricing.py:30", "message": message}], source=world.folder
            ).rules
            if number % 3:
                world.client.remove("orders", [done.rule.id])
            else:
                kept.append(message)

    async def talk() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(work, "a", kept)
            group.start_soon(work, "b", kept)
            group.start_soon(anyio.to_thread.run_sync, person)

    anyio.run(talk)
    assert sorted(rule.message for rule in world.rules()) == sorted(kept)
    assert len(kept) == rounds + 2


# --- a client that is not written in Python -------------------------------------------------------------------------------


def foreign(
    folder: Path, source: Path, answer: str, calls: list[tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    if not (FOREIGN / "node_modules" / "@modelcontextprotocol" / "sdk").is_dir():
        pytest.skip("`npm install --prefix tests/support/foreign` was not run here")
    done = subprocess.run(
        [node, str(FOREIGN / "agent.mjs"), sys.executable, "-m", "hotlog.cli", *words_for(folder, source)],
        input=json.dumps(calls),
        env={**environ(folder), **({"ANSWER": answer} if answer else {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.in_part(3)
@pytest.mark.parametrize("answer", [ONCE, "decline", ""])
def test_a_foreign_client_gets_the_same(answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    task = shutil.copytree(ORDERS, tmp_path / "task", ignore=shutil.ignore_patterns("__pycache__"))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("find_places", {"function": "orders", "query": "total = goods"}),
        ("add_rules", ADD),
        ("wait_for_events", {"function": "orders", "seconds": 0}),
    ]
    found = foreign(tmp_path, task, answer, calls)
    places, added, waited = found["texts"]
    assert found["tools"] == [tool["name"] for tool in TOOLS]
    assert found["instructions"] == INSTRUCTIONS
    assert "pricing.py:30  total = goods" in places
    assert len(found["asked"]) == bool(answer)
    stored = package.Client(store=f"file:{tmp_path / 'rules'}").rules("orders").rules
    if answer == ONCE:
        assert added.startswith("1 rule on orders")
        assert "pending: no environment has reported yet" in waited
        assert [rule.via for rule in stored if not hasattr(rule, "fault")] == ["foreign"]
    else:
        assert stored == ()
        assert ("the person said no" if answer else "hotlog approve") in added


@pytest.mark.in_part(2)
@pytest.mark.parametrize(
    ("method", "more", "shows"),
    [
        ("tools/list", (), "try_edits"),
        pytest.param("find_places", ("function=orders", "query=total ="), "pricing.py:30  total = goods", marks=pytest.mark.slow),
        ("add_rules", ("function=orders", f"rules={json.dumps([RULE])}", "reason=why?"), "hotlog approve"),
        pytest.param("try_edits", ("function=orders", "folder=.", "reason=why?"), "no log line was typed", marks=pytest.mark.slow),
        pytest.param("promote_rules", ("function=orders", 'rules=["abcd"]'), "[unknown-rule]", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_the_inspector_gets_the_same(
    method: str, more: tuple[str, ...], shows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector = FOREIGN / "node_modules" / ".bin" / "mcp-inspector"
    if not inspector.exists():
        pytest.skip("`npm install --prefix tests/support/foreign` was not run here")
    settle_in(tmp_path, monkeypatch)
    task = shutil.copytree(ORDERS, tmp_path / "task", ignore=shutil.ignore_patterns("__pycache__"))
    asks = ["--method", method]
    if method != "tools/list":
        asks = ["--method", "tools/call", "--tool-name", method]
        asks += [word for each in more for word in ("--tool-arg", each)]
    done = subprocess.run(
        [str(inspector), "--cli", sys.executable, "-m", "hotlog.cli", *words_for(tmp_path, task), *asks],
        env=environ(tmp_path),
        cwd=task,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert done.stderr == ""
    if method == "tools/list":
        assert [tool["name"] for tool in found["tools"]] == [tool["name"] for tool in TOOLS]
    else:
        assert shows in found["content"][0]["text"]
