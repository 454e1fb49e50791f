"""Contexts and payloads of any kind: the handler runs once, with the same objects, and what cannot be told is missing."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

import hotlog
from hotlog.config import Config
from hotlog.runtime.wrapper import Runtime, _around
from hotlog.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event, Invocation

pytestmark = pytest.mark.engine


def ends_in(left_ms: float) -> int:
    return int(time.time() * 1_000 + left_ms)


class Plain:
    """As the runtime's own: attributes of the instance, and a method, which is not called."""

    def __init__(self, request_id: object = "r-1", ends_ms: object = None) -> None:
        self.aws_request_id = request_id
        self._epoch_deadline_time_in_ms = ends_in(3_000) if ends_ms is None else ends_ms

    def get_remaining_time_in_millis(self) -> NoReturn:
        while True:
            pass


class Method:
    """Holds no end of its own, only a method that would tell it."""

    aws_request_id = "r-1"

    def get_remaining_time_in_millis(self) -> NoReturn:
        raise AssertionError("called")


class Endless:
    """Properties that come to no end."""

    @property
    def aws_request_id(self) -> NoReturn:
        while True:
            pass

    @property
    def _epoch_deadline_time_in_ms(self) -> NoReturn:
        while True:
            pass


class Descriptor:
    def __get__(self, instance: object, owner: object) -> NoReturn:
        while True:
            pass


class Described:
    aws_request_id = Descriptor()
    _epoch_deadline_time_in_ms = Descriptor()


class OwnDict:
    """Answers for its own dict."""

    @property
    def __dict__(self) -> NoReturn:  # type: ignore[override]
        while True:
            pass


class Meta(type):
    def __getattribute__(cls, name: str) -> NoReturn:
        while True:
            pass


def of_meta() -> object:
    """An object whose class cannot be asked for anything; pytest would ask it."""

    class OfMeta(metaclass=Meta):
        def __init__(self) -> None:
            self.aws_request_id = "r-1"

    return OfMeta()


class Slots:
    __slots__ = ("aws_request_id",)

    def __init__(self) -> None:
        self.aws_request_id = "r-1"


class EmptySlots:
    __slots__ = ("_epoch_deadline_time_in_ms", "aws_request_id")


class Asks:
    """Asks for what it does not have, for ever."""

    def __getattr__(self, name: str) -> NoReturn:
        while True:
            pass


class AsksAll:
    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError("nobody may look")


class Hostile:
    """A value that runs code of its own wherever it is touched."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> NoReturn:
        raise AssertionError("compared")

    def __bool__(self) -> NoReturn:
        raise AssertionError("asked for its truth")

    def __str__(self) -> NoReturn:
        raise AssertionError("made text")

    def __float__(self) -> NoReturn:
        raise AssertionError("made a number")

    def __lt__(self, other: object) -> NoReturn:
        raise AssertionError("ordered")


class Text(str):
    __slots__ = ()

    def __str__(self) -> NoReturn:
        raise AssertionError("made text")


NOTHING, ID, ALL = (
    (False, False),
    (True, False),
    (True, True),
)  # whether the request's id is told, and its end

CONTEXTS: dict[str, tuple[Callable[[], object], tuple[bool, bool]]] = {
    "as the runtime's": (Plain, ALL),
    "a method alone": (Method, ID),
    "properties without end": (Endless, NOTHING),
    "descriptors without end": (Described, NOTHING),
    "a dict of its own": (OwnDict, NOTHING),
    "a class that cannot be asked": (of_meta, ID),
    "slots": (Slots, ID),
    "None": (lambda: None, NOTHING),
    "a dict": (lambda: {"aws_request_id": "r-1"}, NOTHING),
    "a class": (lambda: Plain, NOTHING),
    "a number": (lambda: 7, NOTHING),
    "an end that is text": (lambda: Plain(ends_ms="3000"), ID),
    "an end nan": (lambda: Plain(ends_ms=math.nan), ID),
    "an end inf": (lambda: Plain(ends_ms=math.inf), ID),
    "an end huge": (lambda: Plain(ends_ms=10**400), ID),
    "an end in the past": (lambda: Plain(ends_ms=ends_in(-(10**9))), ALL),
    "an end True": (lambda: Plain(ends_ms=True), ID),
    "an end hostile": (lambda: Plain(ends_ms=Hostile()), ID),
    "an id None": (lambda: Plain(None), (False, True)),
    "an id that is a number": (lambda: Plain(5), (False, True)),
    "an id that is hostile": (lambda: Plain(Hostile()), (False, True)),
    "an id of a class of text": (lambda: Plain(Text("r-1")), (False, True)),
    "an id of a megabyte": (lambda: Plain("x" * 1_000_000), (False, True)),
    "slots that are empty": (EmptySlots, NOTHING),
    "__getattr__ without end": (Asks, NOTHING),
    "__getattribute__ that raises": (AsksAll, NOTHING),
}


def _invoked(payload: object, context: object) -> tuple[list[Event], Invocation]:
    """The events of one invocation with a rule on the error that the handler ends in, and what was known of it."""
    events: list[Event] = []
    calls: list[tuple[object, object]] = []
    seen: list[Invocation] = []
    fault = ValueError("the handler's")

    def handler(event: object, context: object) -> None:
        calls.append((event, context))
        assert runtime._agent is not None
        seen.append(runtime._agent._invocation)
        raise fault

    store = MemoryStore()
    runtime = Runtime(Config(refresh_timeout_ms=1_000), store, events.append)
    runtime.start()
    assert runtime._agent is not None
    runtime._agent.apply([hotlog.Rule(id="e", kind="error")])
    try:
        with pytest.raises(ValueError, match="the handler's") as caught:
            _around(handler, runtime)(payload, context)
    finally:
        runtime.close()
    assert caught.value is fault
    assert len(calls) == 1
    assert calls[0][0] is payload
    assert calls[0][1] is context
    assert not [event for event in events if event.get("code") == "internal-fault"]
    return [event for event in events if event["hotlog"] == "error"], seen[0]


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_context(name: str) -> None:
    make, (has_id, has_end) = CONTEXTS[name]
    events, invocation = _invoked({"n": 1}, make())
    assert invocation.request_id == ("r-1" if has_id else "")
    assert (invocation.deadline > 0.0) is has_end
    for event in events:
        assert ("request_id" in event) is has_id


class Payload(dict[str, Any]):
    """A payload of a class of its own."""

    def __contains__(self, key: object) -> NoReturn:
        raise AssertionError("asked")

    def __getitem__(self, key: object) -> NoReturn:
        raise AssertionError("asked")

    def get(self, key: object, default: object = None) -> NoReturn:
        raise AssertionError("asked")


@pytest.mark.parametrize(
    "make",
    [
        lambda: None,
        list,
        lambda: Payload(DurableExecutionArn="arn"),
        Hostile,
        lambda: {"DurableExecutionArn": Hostile()},
        lambda: {"DurableExecutionArn": "arn", "InitialExecutionState": Payload()},
        lambda: {"DurableExecutionArn": "arn", "InitialExecutionState": {"NextMarker": Hostile(), "Operations": Hostile()}},
        AsksAll,
    ],
    ids=["None", "list", "class of dict", "hostile", "hostile arn", "state", "marker", "getattribute"],
)  # fmt: skip
def test_a_payload(make: Callable[[], object]) -> None:
    _, invocation = _invoked(make(), Plain())
    assert invocation.request_id == "r-1"
    assert not invocation.replays
