"""A coding agent before `hotlog mcp`: the example as a function on this machine, and the protocol package's own client."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import mcp_types as types
from mcp import Client as ProtocolClient
from mcp.client.client import ConnectMode  # noqa: TC002  # constants have that type

import hotlog
from hotlog.local import Environment
from hotlog.mcp.desk import Settings
from hotlog.mcp.server import AgentServer
from tests.support.live import ORDERS, event_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

PATIENCE_S = 30
MODERN: ConnectMode = "auto"  # which finds the revision of July 2026
LEGACY: ConnectMode = "legacy"
ONCE, FOR_A_WHILE, NO = (
    "once",
    "this function for 15 minutes, at most 10 rules",
    "no",
)  # what a person may answer


class World(NamedTuple):
    """A function on this machine, and a desk for its rules."""

    folder: Path
    client: hotlog.Client
    environment: Environment

    def invoke(self, event: object) -> Any:
        """Invoke the function with a payload, or with one of the example's events."""
        return self.environment.invoke(event_of(event) if isinstance(event, str) else event)

    def rules(self, function: str = "orders") -> list[Any]:
        return list(self.client.rules(function).rules)


@contextmanager
def local_world(folder: Path, source: Path = ORDERS) -> Iterator[World]:
    """Start a copy of the example; its rules and events are files."""
    task = folder / "task"
    shutil.copytree(source, task, ignore=shutil.ignore_patterns("__pycache__"))
    store = f"file:{folder / 'rules'}"
    with Environment(
        "app.handler",
        source=task,
        function="orders",
        store=store,
        sink=f"file:{folder / 'rules' / 'events.jsonl'}",
        variables={"ORDERS_DB": str(folder / "orders.db")},
    ) as environment:
        yield World(task, hotlog.Client(store=store), environment)


class Person:
    """Answers questions.

    Args:
        answer: what is chosen; or `decline`, `cancel`.
        before: is called before each answer.
    """

    def __init__(self, answer: str = ONCE, before: Callable[[], Awaitable[object]] | None = None) -> None:
        self.answer = answer
        self.before = before
        self.asked: list[str] = []

    async def __call__(self, context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        self.asked.append(params.message)
        if self.before is not None:
            await self.before()
        if self.answer in {"decline", "cancel"}:
            return types.ElicitResult(action="decline" if self.answer == "decline" else "cancel")
        return types.ElicitResult(action="accept", content={"answer": self.answer})


class Agent(NamedTuple):
    """Calls tools."""

    protocol: ProtocolClient

    async def call(self, tool: str, **arguments: object) -> str:
        result = await self.protocol.call_tool(tool, arguments)
        [content] = result.content
        assert isinstance(content, types.TextContent)
        return content.text

    async def ask(self, tool: str, **arguments: object) -> types.InputRequiredResult:
        """Call a tool as a client of today that answers by hand; the question that comes back."""
        found = await self.protocol.session.call_tool(tool, arguments, allow_input_required=True)
        assert isinstance(found, types.InputRequiredResult)
        return found

    async def answer(
        self, tool: str, question: types.InputRequiredResult, choice: str | None = ONCE, **arguments: object
    ) -> str:
        """Call it once more with the answer to its question; what the tool says."""
        given: dict[str, Any] = {
            "consent": types.ElicitResult(
                action="accept", content={"answer": choice} if choice is not None else {}
            )
        }
        found = await self.protocol.session.call_tool(
            tool,
            arguments,
            input_responses=given,
            request_state=question.request_state,
            allow_input_required=True,
        )
        assert isinstance(found, types.CallToolResult)
        [content] = found.content
        assert isinstance(content, types.TextContent)
        return content.text


async def wait_while_invoking(agent: Agent, world: World, event: object, **asked: Any) -> str:
    """Invoke until a rule has logged: on a busy machine it may be installed at a later invocation than the next."""
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        world.invoke(event)
        said = await agent.call("wait_for_events", function="orders", **{"seconds": 1, **asked})
        if not said.startswith("No events"):
            return said
        assert time.monotonic() < give_up_at, said


def make_server(world: World, **settings: Any) -> AgentServer:
    return AgentServer(world.client, Settings(source=str(world.folder), **settings))


@asynccontextmanager
async def agent_of(
    server: AgentServer, mode: ConnectMode = MODERN, person: Person | None = None
) -> AsyncIterator[Agent]:
    """Connect an agent with a server, in memory."""
    async with ProtocolClient(
        server.make_protocol_server(),
        mode=mode,
        elicitation_callback=person,
        client_info=types.Implementation(name="tester", version="1"),
    ) as protocol:
        yield Agent(protocol)


def order(*lines: tuple[str, int], **more: object) -> dict[str, Any]:
    """Return the event of an order."""
    event = event_of("order-ok")
    body = {
        "customer": "ana",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        **more,
    }
    return {**event, "body": json.dumps(body)}
