"""Which invocation an event belongs to, and by which ids it is joined with what others log."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import json
import sys
import threading
import time
import types
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import events
from hotlog.events import Invocation, ids_of_traceparent, ids_of_xray
from hotlog.runtime.closing import close
from hotlog.runtime.correlation import find_correlation
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotlog.events import Event

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
TRACE = "5759e988bd862e3fe1be46a994272793"
W3C = "4bf92f3577b34da6a3ce929d0e0e4736"

XRAY = [
    (f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1", (TRACE, "53995c3f42cd8ad8", ROOT)),
    (f"Sampled=0; Root={ROOT}", (TRACE, "", ROOT)),
    (f"Root={ROOT};Parent=nonsense;Lineage=a:b", (TRACE, "", ROOT)),
    ("Root=2-5759e988-bd862e3fe1be46a994272793", ("", "", "")),
    ("Root=1-5759e988", ("", "", "")),
    ("", ("", "", "")),
    ("=;;==", ("", "", "")),
]
TRACEPARENT = [
    (f"00-{W3C}-00f067aa0ba902b7-01", (W3C, "00f067aa0ba902b7")),
    (f"cc-{W3C}-00f067aa0ba902b7-01-more", (W3C, "00f067aa0ba902b7")),
    (f"ff-{W3C}-00f067aa0ba902b7-01", ("", "")),
    (f"00-{'0' * 32}-00f067aa0ba902b7-01", ("", "")),
    (f"00-{W3C.upper()}-00f067aa0ba902b7-01", ("", "")),
    (f"00-{W3C}", ("", "")),
    (7, ("", "")),
]


@pytest.mark.parametrize(("header", "ids"), XRAY)
def test_the_header_of_xray_is_taken_apart(header: str, ids: tuple[str, str, str]) -> None:
    assert ids_of_xray(header) == ids


@pytest.mark.parametrize(("header", "ids"), TRACEPARENT)
def test_the_header_of_the_standard_is_taken_apart(header: object, ids: tuple[str, str]) -> None:
    # Version 00 of all zeros in the first part is valid; ids of all zeros are not.
    assert ids_of_traceparent({"headers": {"traceparent": header}}) == ids
    assert ids_of_traceparent({"headers": header}) == ("", "")


PATHS = [
    ("headers.x-correlation-id", {"headers": {"X-Correlation-Id": "c"}}, "c"),
    ("Records.1.messageId", {"Records": [{}, {"messageId": "m"}]}, "m"),
    ("Records.9.messageId", {"Records": [{}]}, ""),
    ("Records.²", {"Records": [{}]}, ""),
    ("a.b | id", {"id": 7}, "7"),
    ("id", {"id": True}, ""),
    ("id", {"id": "x" * 1_000}, ""),
    ("headers.authorization", {"headers": {"authorization": "Bearer abc"}}, ""),
    ("id", "text", ""),
]


@pytest.mark.parametrize(("path", "payload", "found"), PATHS)
def test_the_correlation_id_stands_where_the_owner_says(path: str, payload: object, found: str) -> None:
    assert find_correlation(payload, path) == found


class Context:
    aws_request_id = "r"
    tenant_id = "acme"


SHOP = """
import threading

def work(n):
    return n  # <line>

def loop(ready, go, done):
    ready.set()
    go.wait(5)
    work(1)
    done.set()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SHOP) as probed:
        probed.apply(
            hotlog.Rule(id="r", at=probed.sample.at("line"), message="{n} {@request_id}", per_second=None)
        )
        yield probed


def told(shop: Probed) -> list[tuple[str, str]]:
    return [(each["message"], each.get("request_id", "")) for each in shop.said("log")]


def test_a_thread_that_outlives_its_invocation_bears_its_identity(shop: Probed) -> None:
    ready, go, done = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        threading.Thread(target=shop.module.loop, args=(ready, go, done)).start()
        assert ready.wait(5)

    def second() -> None:
        shop.module.work(2)
        go.set()
        assert done.wait(5)

    shop.invoke(first, request_id="one")
    shop.invoke(second, request_id="two")
    shop.invoke(lambda: shop.module.work(3), request_id="three")
    assert told(shop) == [("2 two", "two"), ("1 one", "one"), ("3 three", "three")]


def test_a_worker_of_a_pool_works_for_who_asks_it(shop: Probed) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for name in ("one", "two", "three"):
            shop.invoke(lambda: pool.submit(shop.module.work, 1).result(), request_id=name)
    assert told(shop) == [(f"1 {name}", name) for name in ("one", "two", "three")]


def test_a_task_that_outlives_its_invocation_bears_its_identity(shop: Probed) -> None:
    loop = asyncio.new_event_loop()
    tasks: list[Any] = []

    async def later(n: int) -> None:
        await asyncio.sleep(0.01)
        shop.module.work(n)

    async def begin() -> None:
        tasks.append(asyncio.ensure_future(later(1)))

    async def go_on() -> None:
        await later(2)
        await asyncio.gather(*tasks)

    def isolated(call: Callable[[], object], name: str) -> None:
        contextvars.copy_context().run(lambda: shop.invoke(call, request_id=name))

    isolated(lambda: loop.run_until_complete(begin()), "one")
    isolated(lambda: loop.run_until_complete(go_on()), "two")
    loop.close()
    assert sorted(told(shop)) == [("1 one", "one"), ("2 two", "two")]


def test_events_bear_all_ids_of_their_invocation(shop: Probed) -> None:
    invocation = Invocation(
        request_id="r",
        trace_id=W3C,
        span_id="00f067aa0ba902b7",
        xray_trace_id=ROOT,
        tenant="acme",
        correlation_id="c",
    )
    shop.apply(
        hotlog.Rule(
            id="r",
            at=shop.sample.at("line"),
            message="{@tenant} {@correlation_id}",
            condition="@tenant == 'acme'",
        )
    )
    shop.agent.begin(invocation)
    shop.agent.settle()
    shop.module.work(1)
    shop.agent.end()
    [event] = shop.said("log")
    assert event["message"] == "acme c"
    assert {name: event[name] for name in events.IDENTITY if name in event} == events.fields_of(invocation)


class Span:
    def __init__(self, trace: int, span: int) -> None:
        self._context = (trace, span, False)


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> contextvars.ContextVar[dict[str, object]]:
    """What OpenTelemetry's API keeps in its modules, under the names that it has there; the real one: tests/emulator."""
    current: contextvars.ContextVar[dict[str, object]] = contextvars.ContextVar("current_context")
    runtime = types.SimpleNamespace(_current_context=current)
    for name, fields in (
        ("opentelemetry.context", {"_RUNTIME_CONTEXT": runtime}),
        ("opentelemetry.trace.propagation", {"_SPAN_KEY": "current-span-1"}),
    ):
        module = types.ModuleType(name)
        vars(module).update(fields)
        monkeypatch.setitem(sys.modules, name, module)
    return current


def test_an_event_bears_the_span_that_is_open_at_the_hit(
    shop: Probed, telemetry: contextvars.ContextVar[dict[str, object]]
) -> None:
    def handler() -> None:
        shop.module.work(1)
        for trace, span in ((0xABC, 0xDEF), (0, 0)):
            token = telemetry.set({"current-span-1": Span(trace, span)})
            shop.module.work(2)
            telemetry.reset(token)

    shop.invoke(handler)
    ids = [(each.get("trace_id"), each.get("span_id")) for each in shop.said("log")]
    assert ids == [(None, None), (f"{0xABC:032x}", f"{0xDEF:016x}"), (None, None)]


def test_an_invocation_of_a_wrapped_handler_has_the_ids_of_lambda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOG_CORRELATION", "headers.x-correlation-id")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1")
    folder = tmp_path / "rules"
    folder.mkdir()
    now = time.time()
    rule = {
        "id": "e",
        "kind": "error",
        "limit": 10,
        "per_second": 1000,
        "created": stamp(now),
        "expires": stamp(now + 600),
    }
    (folder / "local.json").write_text(json.dumps({"v": 1, "rules": [rule]}))
    found: list[Event] = []

    def handler(event: object, context: object) -> object:
        return {"statusCode": 500}

    decorated = hotlog.wrap(handler, store=f"file:{folder}", sink=found.append)
    try:
        decorated({"headers": {"X-Correlation-ID": "c"}}, Context())
        decorated({"headers": {"traceparent": f"00-{W3C}-00f067aa0ba902b7-01"}}, Context())
    finally:
        close(decorated)
    errors = [each for each in found if each["hotlog"] == "error"]
    names = ("request_id", "trace_id", "span_id", "xray_trace_id", "tenant", "correlation_id")
    assert [tuple(each.get(name) for name in names) for each in errors] == [
        ("r", TRACE, "53995c3f42cd8ad8", ROOT, "acme", "c"),
        ("r", W3C, "00f067aa0ba902b7", ROOT, "acme", None),
    ]


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
