"""One invocation: the rules of this moment, then the handler, exactly once, with its own result or exception."""

from __future__ import annotations

import contextlib
import gc
import itertools
import sys
import threading
import time
import traceback
import types
import weakref
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
import hotlog.runtime.closing
import hotlog.runtime.wrapper
from hotlog import config, limits
from hotlog.errors import StoreError
from hotlog.rules.document import Document
from hotlog.rules.model import entry_of
from hotlog.stores.memory import MemoryStore
from tests.support.clock import Context
from tests.support.places import ROOT
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotlog.events import Event
    from hotlog.stores import Answer


SOURCE = """
class Stop(BaseException):
    pass

def work(n):
    doubled = n * 2
    return doubled  # <work>

def handler(event, context):
    if event == "raise":
        raise KeyError(event)  # <raise>
    if event == "stop":
        raise Stop(event)
    if event == "chain":
        try:
            work("x") / 2
        except TypeError as fault:
            raise ValueError("chained") from fault
    return work(event)

def streaming(event, context):
    for n in range(event):
        yield work(n)

class Api:
    def __call__(self, event, context):
        return work(event)

    def method(self, event, context):
        return work(event)
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sample]:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
    sample = Sample(tmp_path, SOURCE)
    yield sample
    sample.forget()


@pytest.fixture(autouse=True)
def _installs_however_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installing has a fifth of a second of an invocation; on a busy machine the rule would go in at the next one."""
    monkeypatch.setattr(limits, "INSTALL_MAX_MS", 60_000)


@pytest.fixture
def events() -> list[Event]:
    return []


def stored(store: MemoryStore, *rules: hotlog.Rule) -> None:
    entries = tuple(entry_of(rule) for rule in rules)
    store.update("orders", lambda document: document._replace(entries=entries))


def rule(at: str, **fields: Any) -> hotlog.Rule:
    now = datetime.now(UTC)
    return hotlog.Rule(at=at, created=now, expires=now + timedelta(hours=1), **fields)


def messages(events: list[Event]) -> list[str]:
    return [event["message"] for event in events if event["hotlog"] == "log"]


def test_a_rule_added_between_two_invocations_is_live_in_the_second(app: Sample, events: list[Event]) -> None:
    store = MemoryStore()
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    before = app.module.work.__code__
    assert handler(1, Context()) == 2
    stored(store, rule(app.at("work"), message="n={n} id={@request_id}"))
    assert handler(2, Context()) == 4
    stored(store)
    assert handler(3, Context()) == 6
    assert messages(events) == ["n=2 id=request-1"]
    assert app.module.work.__code__ is before


def test_the_first_read_is_in_init(app: Sample, events: list[Event]) -> None:
    store = MemoryStore()
    stored(store, rule(app.at("work"), message="x"))
    hotlog.wrap(app.module.handler, store=store, sink=events.append)
    assert app.module.work(1) == 2
    assert messages(events) == ["x"], "the rule is in before the first invocation"


@pytest.mark.parametrize(
    ("pick", "argument"),
    [
        (lambda m: m.handler, 3),
        (lambda m: m.Api(), 3),
        (lambda m: m.Api().method, 3),
        (lambda m: lambda event, context: m.work(event), 3),
    ],
    ids=["function", "instance", "method", "lambda"],
)
def test_every_kind_of_callable_is_wrapped(
    app: Sample, events: list[Event], pick: Callable[[Any], Callable[..., int]], argument: int
) -> None:
    store = MemoryStore()
    stored(store, rule(app.at("work"), message="x"))
    handler = hotlog.wrap(pick(app.module), store=store, sink=events.append)
    assert handler(argument, Context()) == 6
    assert messages(events) == ["x"]


def test_a_generator_comes_back_as_it_is(app: Sample, events: list[Event]) -> None:
    store = MemoryStore()
    stored(store, rule(app.at("work"), message="{n}"))
    handler = hotlog.wrap(app.module.streaming, store=store, sink=events.append)
    assert list(handler(3, Context())) == [0, 2, 4]
    assert messages(events) == ["0", "1", "2"]


def outcome(handler: Callable[..., object], event: object) -> tuple[BaseException, list[str]]:
    try:
        handler(event, Context())
    except BaseException as fault:  # noqa: BLE001  # a handler may raise anything
        return fault, traceback.format_exception(fault)
    raise AssertionError("it did not raise")


@pytest.mark.parametrize("event", ["raise", "stop", "chain"])
def test_an_exception_is_the_one_the_handler_raised(app: Sample, events: list[Event], event: str) -> None:
    raised: list[BaseException] = []

    def recording(event: object, context: object) -> object:
        try:
            return app.module.handler(event, context)
        except BaseException as fault:
            raised.append(fault)
            raise

    bare, bare_text = outcome(recording, event)
    wrapped, wrapped_text = outcome(hotlog.wrap(recording, store=MemoryStore(), sink=events.append), event)
    assert wrapped is raised[1]
    assert wrapped_text == bare_text
    assert str(ROOT / "hotlog") not in "".join(wrapped_text)
    assert type(wrapped.__cause__) is type(bare.__cause__)
    assert wrapped.__context__ is wrapped.__cause__


def test_wrong_arguments_raise_what_they_raised_before(app: Sample) -> None:
    handler = hotlog.wrap(app.module.handler, store=MemoryStore(), sink=lambda _: None)
    with pytest.raises(TypeError, match=r"handler\(\) missing 1 required positional argument") as caught:
        handler(1)
    trace = caught.value.__traceback__
    assert trace is not None
    assert trace.tb_next is None, "only this test's own frame"


def test_wrapping_twice_is_wrapping_once(app: Sample) -> None:
    once = hotlog.wrap(app.module.handler, store=MemoryStore())
    assert hotlog.wrap(once, store=MemoryStore()) is once


def test_the_wrapper_looks_like_the_handler(app: Sample) -> None:
    wrapped = hotlog.wrap(app.module.handler, store=MemoryStore())
    assert (wrapped.__name__, wrapped.__module__) == ("handler", app.name)
    assert wrapped.__wrapped__ is app.module.handler


def test_as_a_decorator_with_arguments(app: Sample, events: list[Event]) -> None:
    store = MemoryStore()

    @hotlog.wrap(store=store, sink=events.append)
    def handler(event: int, context: object) -> int:
        return int(app.module.work(event))

    stored(store, rule(app.at("work"), message="x"))
    assert handler(1, Context()) == 2
    assert messages(events) == ["x"]


def test_the_kill_switch_hands_the_handler_back(app: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLOG", "off")
    assert hotlog.wrap(app.module.handler, store=MemoryStore()) is app.module.handler


def test_outside_of_lambda_and_without_a_store_nothing_is_wrapped(
    app: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    monkeypatch.delenv("HOTLOG_STORE", raising=False)
    assert hotlog.wrap(app.module.handler) is app.module.handler


class IllStore(MemoryStore):
    """Answers with faults when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Exception | None = None

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        if self.fault is not None:
            raise self.fault
        return super().read(function, timeout_ms)


def statuses(events: list[Event]) -> list[tuple[str, str]]:
    return [(event["state"], event.get("code", "")) for event in events if event["hotlog"] == "status"]


@pytest.mark.parametrize("code", ["missing", "denied"])
def test_an_emergency_stop_takes_every_probe_out_and_says_so_once(
    app: Sample, events: list[Event], code: str
) -> None:
    store = IllStore()
    stored(store, rule(app.at("work"), message="x"))
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    before = app.module.work.__code__
    handler(1, Context())
    store.fault = StoreError(code, "stop")
    for _ in range(3):
        assert handler(1, Context()) == 2
    assert messages(events) == ["x"]
    assert app.module.work.__code__ is not before
    assert statuses(events) == [("installed", ""), ("removed", ""), ("error", code)]
    store.fault = None
    handler(1, Context())
    assert messages(events) == ["x", "x"]


@pytest.mark.parametrize("fault", [StoreError("throttled", "busy"), StoreError("unreachable", "no route")])
def test_a_store_that_is_ill_keeps_the_rules(app: Sample, events: list[Event], fault: StoreError) -> None:
    store = IllStore()
    stored(store, rule(app.at("work"), message="x"))
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    handler(1, Context())
    store.fault = fault
    handler(1, Context())
    handler(1, Context())
    assert messages(events) == ["x"] * 3
    assert statuses(events) == [("installed", ""), ("error", fault.code)]


@pytest.mark.parametrize(
    "fault", [RuntimeError("a bug in hotlog"), AttributeError("another"), OSError("the disk")], ids=repr
)
def test_a_bug_of_hotlog_never_reaches_the_handler(
    app: Sample, events: list[Event], fault: Exception
) -> None:
    """The store stands in for any part of hotlog: this test's folder is not hotlog's, so it names itself as it."""
    store = IllStore()
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    store.fault = fault
    read = IllStore.read.__code__
    own = sys.modules["hotlog.stores.memory"].__file__
    assert own is not None
    IllStore.read.__code__ = read.replace(co_filename=own)
    try:
        assert handler(2, Context()) == 4
        assert handler(3, Context()) == 6
    finally:
        IllStore.read.__code__ = read
    assert statuses(events) == [("error", "internal-fault")]
    assert type(fault).__name__ in events[0]["reason"]


def test_a_store_nobody_knows_is_reported_and_harmless(
    app: Sample, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOG_STORE", "redis:somewhere")
    handler = hotlog.wrap(app.module.handler, sink=events.append)
    assert handler(2, Context()) == 4
    assert statuses(events) == [("error", "bad-store")]


def test_with_little_time_left_installing_waits(app: Sample, events: list[Event]) -> None:
    store = MemoryStore()
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    stored(store, rule(app.at("work"), message="x"))
    handler(1, Context(remaining_ms=100))
    assert messages(events) == []
    handler(1, Context(remaining_ms=3_000))
    assert messages(events) == ["x"]


def test_only_one_read_per_invocation(app: Sample, events: list[Event]) -> None:
    reads: list[str] = []

    class Counting(MemoryStore):
        def read(self, function: str, timeout_ms: int | None = None) -> Answer:
            reads.append(function)
            return super().read(function, timeout_ms)

    store = Counting()
    store.update("orders", lambda _: Document(paused=True))
    reads.clear()
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    for n in range(3):
        handler(n, Context())
    assert reads == ["orders"] * 4, "one in INIT, one in each invocation"
    assert events == []


def test_a_rule_that_is_there_at_cold_start_is_live_in_the_first_invocation(
    tmp_path: Path, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decorator reads the rules while the module that it stands in is being imported, function by function."""
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    store = MemoryStore()
    given = types.SimpleNamespace(store=store, take=events.append)
    monkeypatch.setitem(sys.modules, "given", given)
    number = Sample(tmp_path, "x = 1").name.partition("_")[2]
    stored(store, rule(f"sample_{int(number) + 1}.py:10", message="{n}"))
    app = Sample(
        tmp_path,
        """
        import hotlog
        import given

        @hotlog.wrap(store=given.store, sink=given.take)
        def handler(event, context):
            return work(event)

        def work(n):
            return n * 2
        """,
    )
    assert app.module.handler(21, Context()) == 42
    assert messages(events) == ["21"]
    app.forget()


# --- a read in the background -------------------------------------------------------------------------------------------


class GatedStore(MemoryStore):
    """Lets a read through when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.reads: list[int | None] = []
        self.threads: list[threading.Thread] = []

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        self.reads.append(timeout_ms)
        self.threads.append(threading.current_thread())
        self.gate.wait(10)
        return super().read(function, timeout_ms)


def until(holds: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < give_up_s
        time.sleep(0.002)


def test_in_the_background_a_rule_is_live_while_the_handler_that_did_not_wait_for_it_runs(
    app: Sample, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOG_REFRESH", "background")
    store = GatedStore()

    def handler(event: int, context: object) -> int:
        assert app.module.work(1) == 2
        store.gate.set()
        until(lambda: any(event["hotlog"] == "status" for event in events))
        return int(app.module.work(event))

    wrapped = hotlog.wrap(handler, store=store, sink=events.append)
    assert store.reads == [limits.FIRST_REFRESH_TIMEOUT_MS], "the first is in INIT"
    stored(store, rule(app.at("work"), message="n={n}"))
    store.gate.clear()
    assert wrapped(5, Context()) == 10
    assert messages(events) == ["n=5"]
    assert store.threads[1] is not threading.current_thread()
    agent = getattr(wrapped, hotlog.runtime.wrapper.WRAPPED)._agent
    assert agent._reconciler.context.thread == threading.get_ident(), "the invocation's, not the reader's"
    hotlog.runtime.closing.close(wrapped)


def test_a_read_in_the_background_is_over_before_the_environment_may_freeze(
    app: Sample, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOG_REFRESH", "background")
    monkeypatch.setenv("HOTLOG_REFRESH_TIMEOUT_MS", "10000")
    store = GatedStore()
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    assert store.reads == [10_000], "who is patient, is so with the first read too"
    stored(store, rule(app.at("work"), message="n={n}"))
    store.gate.clear()
    opener = threading.Timer(0.05, store.gate.set)
    opener.start()
    assert handler(1, Context()) == 2
    opener.join()
    assert not store.threads[1].is_alive()
    store.gate.clear()
    assert app.module.work(3) == 6
    assert messages(events) == ["n=3"]
    hotlog.runtime.closing.close(handler)


@contextlib.contextmanager
def reading_in_the_background(
    app: Sample, events: list[Event], timeout_ms: int
) -> Iterator[tuple[Any, GatedStore]]:
    """A wrapped handler whose next read hangs, until the block ends."""
    store = GatedStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOG_REFRESH", "background")
        patch.setenv("HOTLOG_REFRESH_TIMEOUT_MS", str(timeout_ms))
        handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    store.gate.clear()
    try:
        yield handler, store
    finally:
        store.gate.set()
        store.threads[1].join()
    assert handler(1, Context()) == 2
    assert len(store.reads) == 3
    hotlog.runtime.closing.close(handler)


def test_a_read_in_the_background_that_hangs_holds_nobody_and_stays_alone(
    app: Sample, events: list[Event]
) -> None:
    with reading_in_the_background(app, events, timeout_ms=20) as (handler, store):
        for _ in range(5):
            assert handler(1, Context()) == 2
        assert len(store.reads) == 2, "INIT, and the one that hangs"


def test_a_read_in_the_background_is_not_waited_for_when_the_invocation_has_no_time_left(
    app: Sample, events: list[Event]
) -> None:
    with reading_in_the_background(app, events, timeout_ms=60_000) as (handler, store):
        start_s = time.monotonic()
        assert handler(1, Context(remaining_ms=limits.FLUSH_TIMEOUT_MS)) == 2
        assert time.monotonic() - start_s < 5
        assert store.threads[1].is_alive()


# --- snapshots ----------------------------------------------------------------------------------------------------------


def test_a_process_restored_from_a_snapshot_is_a_new_environment(
    app: Sample, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    restored: list[Callable[[], None]] = []
    monkeypatch.setitem(
        sys.modules, "snapshot_restore_py", types.SimpleNamespace(register_after_restore=restored.append)
    )
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    store = GatedStore()
    stored(store, rule(app.at("work"), message="old"))
    handler = hotlog.wrap(app.module.handler, store=store, sink=events.append)
    stored(store, rule(app.at("work"), message="new {@cold_start}"))
    (restore,) = restored
    restore()
    assert app.module.work(1) == 2
    assert store.reads == [limits.FIRST_REFRESH_TIMEOUT_MS] * 2, "in INIT, and again on restore"
    handler(1, Context())
    assert messages(events) == ["new False", "new True"]
    installed = [event for event in events if event.get("state") == "installed"]
    assert len({event["env"] for event in installed}) == 2, "each copy says what is live in it"
    hotlog.runtime.closing.close(handler)


def test_rules_from_an_old_snapshot_go_where_the_store_cannot_be_read_on_restore(
    app: Sample, events: list[Event]
) -> None:
    clock = itertools.count(0, limits.STALE_MAX_S)
    store = IllStore()
    stored(store, rule(app.at("work"), message="old"))
    runtime = hotlog.runtime.wrapper.Runtime(
        config.read(), store, events.append, clock=lambda: float(next(clock))
    )
    runtime.start()
    store.fault = StoreError("unreachable", "no route")
    runtime.on_restore()
    assert app.module.work(1) == 2
    assert messages(events) == []
    runtime.close()


class Payload(dict[str, object]):
    """A payload that can be looked for."""


def test_the_payload_is_let_go_when_the_invocation_is_over(app: Sample, events: list[Event]) -> None:
    """Else the next one is decoded while this one is still there: twice the memory."""
    store = MemoryStore()
    stored(store, rule(f"{app.name}:work", message="{@event['n']}"), rule("", id="e", kind="error"))

    def handle(event: Any, context: object) -> Any:
        return app.module.work(event["n"])

    wrapped = hotlog.wrap(handle, store=store, sink=events.append)
    payload = Payload(n=3)
    known = weakref.ref(payload)
    assert wrapped(payload, Context()) == 6
    assert messages(events) == ["3"]
    del payload
    gc.collect()
    assert known() is None


def test_a_handler_that_calls_itself_is_one_invocation(app: Sample, events: list[Event]) -> None:
    """For each record of a batch: to read the store for each of them may take longer than the function has."""

    class Counting(MemoryStore):
        reads = 0

        def read(self, function: str, timeout_ms: int | None = None) -> Answer:
            self.reads += 1
            return super().read(function, timeout_ms)

    store = Counting()
    stored(store, rule(f"{app.name}:work", message="{n}"))

    def handle(event: Any, context: Context) -> Any:
        return (
            [wrapped(record, context) for record in event]
            if type(event) is list
            else app.module.handler(event, context)
        )

    wrapped = hotlog.wrap(handle, store=store, sink=events.append)
    assert wrapped(1, Context()) == 2
    before = store.reads
    assert wrapped([2, 3, [4, 5]], Context()) == [4, 6, [8, 10]]
    assert store.reads == before + 1
    assert messages(events) == ["1", "2", "3", "4", "5"]
    with pytest.raises(KeyError) as raised:
        wrapped([["raise"]], Context())
    assert {entry.name for entry in traceback.extract_tb(raised.value.__traceback__)[1:]} <= {
        "handle",
        "handler",
        "<listcomp>",
    }
    assert wrapped(6, Context()) == 12
    assert store.reads == before + 3


def test_what_is_no_exception_ends_at_the_safe_point(app: Sample, events: list[Event]) -> None:
    """`asyncio.CancelledError` of code of the application's that hotlog came to run: the handler runs all the same."""

    class Stop(BaseException):
        pass

    class Ill(MemoryStore):
        def read(self, function: str, timeout_ms: int | None = None) -> Answer:
            raise Stop

    wrapped = hotlog.wrap(app.module.handler, store=Ill(), sink=events.append)
    assert [wrapped(number, Context()) for number in range(3)] == [0, 2, 4]
