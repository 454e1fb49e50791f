"""Objects of the application that refuse, raise or compute what they are asked for: nothing of that reaches the handler."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

import hotlog
from hotlog import internal_errors
from hotlog.source.import_watch import ImportWatch
from hotlog.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from hotlog.events import Event
    from hotlog.stores import Answer

pytestmark = pytest.mark.engine


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):  # noqa: N818
    code: int


class Computes(Exception):  # noqa: N818
    @property
    def __traceback__(self) -> TracebackType | None:  # type: ignore[override]
        raise KeyError("the traceback")


class Refuses(Exception):  # noqa: N818
    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError("it is as it is")


FAULTS: list[Exception] = [Frozen(7), Computes(7), Refuses(7)]


def files(fault: BaseException) -> list[str]:
    entries = vars(BaseException)["__traceback__"].__get__(fault)
    return [entry.filename for entry in traceback.extract_tb(entries)]


def echo(event: object, _context: object) -> object:
    return event


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_an_exception_that_refuses_attributes_passes_as_it_is(fault: Exception) -> None:
    def handler(event: object, context: object) -> NoReturn:
        raise fault

    wrapped = hotlog.wrap(handler, store=MemoryStore(), sink=list[Any]().append)
    with pytest.raises(type(fault)) as caught:
        wrapped({}, None)
    assert caught.value is fault
    assert files(fault) == [__file__, __file__]  # this test's line, and the handler's


def test_so_it_does_out_of_a_finder_while_a_rule_waits_for_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, *_: object) -> NoReturn:
            raise Frozen(7)

    watch = ImportWatch(lambda *_: False, lambda _: None, lambda _: None)
    monkeypatch.setattr(sys, "meta_path", [watch, Finder()])
    with pytest.raises(Frozen) as caught:
        watch.find_spec("late", None)
    assert [name for name in files(caught.value) if name != __file__] == []


class Asked:
    """Raises whatever it is asked for."""

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(name)

    def __call__(self, event: object, context: object) -> object:
        return event


class Endless:
    """Comes to no end when it is asked for anything that it does not have."""

    def __getattr__(self, name: str) -> NoReturn:
        while True:
            pass

    def __call__(self, event: object, context: object) -> object:
        return event


class Named:
    @property
    def __name__(self) -> str:
        raise ValueError("the name")

    def __call__(self, event: object, context: object) -> object:
        return event


class Described:
    __slots__ = ()

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        raise ValueError("the fields")

    def __call__(self, event: object, context: object) -> object:
        return event


@pytest.mark.parametrize("kind", [Asked, Endless, Named, Described])
def test_a_handler_that_raises_where_an_attribute_is_asked_for_is_wrapped(kind: type) -> None:
    events: list[Event] = []
    store = MemoryStore()
    wrapped: Callable[..., object] = hotlog.wrap(kind(), store=store, sink=events.append)
    assert wrapped({"n": 7}, None) == {"n": 7}
    assert hasattr(wrapped, "__hotlog__")
    assert hotlog.wrap(wrapped, store=store, sink=events.append) is wrapped


@dataclasses.dataclass
class Sink:  # without a hash, as each dataclass that can be compared
    events: list[Event]

    def __call__(self, event: Event) -> None:
        self.events.append(event)


@dataclasses.dataclass
class Ill(MemoryStore):
    fault: BaseException

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        raise self.fault


@pytest.mark.parametrize(
    "fault", [ValueError("no"), SystemExit(3), Frozen(7)], ids=lambda fault: type(fault).__name__
)
def test_a_store_and_a_sink_without_a_hash_and_what_the_store_raises_harm_nobody(
    fault: BaseException,
) -> None:
    sink = Sink([])
    wrapped = hotlog.wrap(echo, store=Ill(fault), sink=sink)
    assert [wrapped(number, None) for number in range(3)] == [0, 1, 2]
    assert sink.events[0]["code"] == "internal-fault"
    assert type(fault).__name__ in sink.events[0]["reason"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_a_context_that_would_end_the_process_or_task_is_one_that_tells_nothing(
    error: type[BaseException],
) -> None:
    class Context:
        @property
        def aws_request_id(self) -> str:
            raise error("no")

        def get_remaining_time_in_millis(self) -> int:
            raise error("no")

    wrapped = hotlog.wrap(echo, store=MemoryStore(), sink=list[Any]().append)
    assert wrapped(7, Context()) == 7


def test_finders_are_told_apart_by_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def __eq__(self, other: object) -> bool:
            raise ValueError("compared")

        __hash__ = None  # type: ignore[assignment]

    there = Finder()
    monkeypatch.setattr(sys, "meta_path", [there])
    watch = ImportWatch(lambda *_: False, lambda _: None, lambda _: None)
    watch.start()
    watch.start()
    assert [type(finder).__name__ for finder in sys.meta_path] == ["ImportWatch", "Finder"]
    watch.stop()
    assert [type(finder).__name__ for finder in sys.meta_path] == ["Finder"]


def test_a_clock_of_the_applications_that_raises_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> NoReturn:
        raise RuntimeError("the clock")

    wrapped = hotlog.wrap(echo, store=MemoryStore(), sink=list[Any]().append)
    monkeypatch.setattr(time, "time", broken)
    monkeypatch.setattr(time, "monotonic", broken)
    assert wrapped(7, None) == 7


@pytest.mark.parametrize("name", ["getpid", "urandom", "write", "stat", "listdir"])
def test_a_function_of_os_that_raises_harms_nobody(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise RuntimeError(name)

    monkeypatch.setattr(os, name, broken)
    wrapped = hotlog.wrap(echo, store=MemoryStore(), sink=list[Any]().append)
    assert [wrapped(number, None) for number in range(4)] == [0, 1, 2, 3]


def test_an_exit_in_hotlogs_own_frame_is_the_applications() -> None:
    """`signal.signal(SIGTERM, sys.exit)` has no frame: it arrives in whatever frame runs, and must end the process."""
    code = compile("def work(): exit_()", internal_errors.__file__, "exec")
    names: dict[str, Any] = {"exit_": sys.exit}
    exec(code, names)  # noqa: S102
    with pytest.raises(SystemExit):
        internal_errors.run_contained(names["work"], lambda _: None)


def test_an_exit_of_the_applications_code_that_hotlog_came_to_run_ends_there() -> None:
    told: list[BaseException] = []
    assert internal_errors.run_contained(lambda: sys.exit(3), told.append) is None
    assert [type(fault) for fault in told] == [SystemExit]
