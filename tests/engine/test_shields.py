"""Every way from the application or the interpreter into hotlog: a fault inside is contained and told.

The faults are real: what the entry works with is taken away or fails, so that hotlog's own code raises. `operator.truediv`
is called with 1 and 0 where a function is wanted: it is in C, so the fault is raised in hotlog's frames.
"""

from __future__ import annotations

import importlib
import importlib.util
import operator
import sys
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

import hotlog
from hotlog.agent import agent as agents
from hotlog.config import Config
from hotlog.expressions import grammar as expressions
from hotlog.expressions.compiled.condition_test import ASK, make_test
from hotlog.kinds import call, trace
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction
from hotlog.runtime.wrapper import Runtime
from hotlog.stores.background import Background
from hotlog.stores.memory import MemoryStore
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

SOURCE: Final = """
class Order:
    def __init__(self, total):
        self.total = total

def work(order, n):
    found = n + 1
    with open("/dev/null"):
        return found

def fails(order, n):
    raise ValueError(n)

def steps(order, n):
    yield n
    yield n + 1
"""
RUNS: Final = """
def inner(n):
    return n + 1

def work(call):
    n = 1
    call()
    for _ in range(5):
        n += 1
    return n

def steps(call):
    n = 1
    call()
    yield n + 1
    yield n + 2
"""
DIVIDES: Final[Any] = partial(operator.truediv, 1, 0)  # whatever it is called with


def _handlers(probed: Probed) -> Iterator[Any]:
    for managed in probed.agent._managed.values():
        assert managed.handler is not None
        yield managed.handler


def no_session(probed: Probed) -> None:
    """Points that have lost what they share."""
    for handler in _handlers(probed):
        handler._context = SimpleNamespace(busy=set(), news=False, on_fault=lambda _fault: None)


def no_limiter(probed: Probed) -> None:
    """Points whose limit and rate are gone."""
    for handler in _handlers(probed):
        handler._limiter = None


def no_counts(probed: Probed) -> None:
    """Points without their counts."""
    for handler in _handlers(probed):
        handler.tally = SimpleNamespace(stop=lambda state: None)


def no_reader(probed: Probed) -> None:
    """Points that cannot read a value."""
    for handler in _handlers(probed):
        handler._reader = None


HOOKS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "log": ({"message": "{n}"}, "line"),
    "condition": ({"message": "{n}", "condition": "n > 0 and order.total > 1"}, "line"),
    "snapshot": ({"snapshot": True, "stack": 2}, "line"),
    "metric": ({"kind": "metric", "metric": "M", "value": "n"}, "line"),
    "ring": ({"message": "{n}", "ring": 3}, "line"),
    "trace": ({"kind": "trace"}, "work"),
    "call": ({"kind": "call"}, "work"),
    "call of a generator": ({"kind": "call"}, "steps"),
    "call that raises": ({"kind": "call"}, "fails"),
    "error": ({"kind": "error"}, "fails"),
}
BREAKS: Final = [
    (kind, break_it)
    for kind, (_, place) in HOOKS.items()
    for break_it in (no_session, no_reader, no_limiter, no_counts)
    # A hook at a line holds its counts itself, a plain message needs no reader, and an error's exception is read first.
    if not (place == "line" and break_it is no_counts)
    and not (kind in {"log", "metric", "ring"} and break_it in {no_reader, no_limiter})
    and not (kind == "condition" and break_it is no_reader)  # it is compiled, with a message of plain values
]


@pytest.mark.parametrize(("kind", "break_it"), BREAKS)
def test_a_hook(tmp_path: Path, kind: str, break_it: Callable[[Probed], None]) -> None:
    """The application's result is as without, and the agent says that hotlog failed, or that the rule is in error."""
    settings, place = HOOKS[kind]
    with Probed(tmp_path, SOURCE) as probed:
        at = f"{probed.sample.name}.py:7" if place == "line" else probed.at(place)
        probed.apply(hotlog.Rule(id="a", at=at, limit=None, per_second=None, **settings))
        handlers = list(_handlers(probed))
        kept = [dict(vars(handler)) for handler in handlers]
        break_it(probed)
        order = probed.module.Order(5)
        try:
            if place == "fails":
                with pytest.raises(ValueError, match="7") as caught:
                    probed.module.fails(order, 7)
                assert len(caught.value.args) == 1
            elif place == "steps":
                assert list(probed.module.steps(order, 7)) == [7, 8]
            else:
                assert probed.module.work(order, 7) == 8
        finally:
            troubles = [handler.trouble for handler in handlers]
            for handler, was in zip(handlers, kept, strict=True):
                vars(handler).clear()
                vars(handler).update(was)
            probed.context.busy.clear()
        assert [code for code, _ in troubles] == ["internal-fault"], "it is told"


def told(probed: Probed) -> list[str]:
    """What the agent has said about faults of hotlog's own."""
    return [str(event.get("reason")) for event in probed.events if event.get("code") == "internal-fault"]


def _log(probed: Probed) -> None:
    probed.apply(hotlog.Rule(id="a", at=f"{probed.sample.name}.py:7", message="{n}"))


def _invocation(probed: Probed) -> None:
    """A listener of the context's that fails is a rule's; what the agent itself does is not."""
    _log(probed)
    runtime = Runtime(Config(), MemoryStore(), probed.events.append)
    runtime._agent, runtime._refresher = probed.agent, DIVIDES
    runtime.begin(({}, None))
    runtime._agent = probed.agent
    runtime.on_restore()
    runtime._background = DIVIDES
    runtime.end()


def _error_of_the_handler(probed: Probed) -> None:
    _log(probed)
    runtime = Runtime(Config(), MemoryStore(), probed.events.append)
    runtime._agent = probed.agent
    kept, probed.context.listening = probed.context.listening, None  # type: ignore[assignment]
    runtime.error(ValueError("the handler's"))
    probed.context.listening = kept


def _finder(probed: Probed) -> None:
    probed.agent.apply([hotlog.Rule(id="a", at="never_imported.py:1")])
    assert probed.agent._reconciler is not None
    watch = probed.agent._reconciler._imports
    assert watch in sys.meta_path
    watch._is_wanted = DIVIDES
    sys.modules.pop("this", None)
    assert importlib.util.find_spec("json.tool") is not None


def _import_that_is_waited_for(probed: Probed) -> None:
    folder = probed.sample.folder
    (folder / "waited_for.py").write_text("def f(x):\n    return x\n")
    importlib.invalidate_caches()
    probed.agent.apply([hotlog.Rule(id="a", at="waited_for.py:2", message="{x}")])
    reconciler = probed.agent._reconciler
    assert reconciler is not None
    kept, reconciler._registry = reconciler._registry, None  # type: ignore[assignment]
    sys.path.insert(0, str(folder))
    try:
        assert importlib.import_module("waited_for").f(3) == 3
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("waited_for")
        reconciler._registry = kept


def _fork(probed: Probed) -> None:
    probed.agent.renew_lock = DIVIDES  # type: ignore[method-assign]
    agents._in_forked_child()


def _watchdog(probed: Probed) -> None:
    _log(probed)
    dog = probed.context.watchdog
    dog.arm("owner", 0.0, DIVIDES)
    assert dog._thread is not None
    dog._thread.join(10)
    assert not dog._thread.is_alive()


def _thread_beside(probed: Probed) -> None:
    beside = Background(DIVIDES, probed.agent.report_failure)
    assert beside.start()
    beside.wait(10)
    assert not beside.busy


def _likely(probed: Probed) -> None:
    condition = expressions.parse("order.total > 100", lambda name: False)
    reader = Reader(Redaction(Config()), readable=lambda _: True)
    reader.origin = lambda _: DIVIDES()  # type: ignore[assignment]  # it fails
    test = make_test(condition.tree, ["order"], [], reader)
    assert test is not None
    assert test(probed.module.Order(5)) is ASK


ENTRIES: Final[dict[str, Callable[[Probed], None]]] = {
    "an invocation begins, is restored, ends": _invocation,
    "the handler fails": _error_of_the_handler,
    "a finder of imports": _finder,
    "a module that is waited for": _import_that_is_waited_for,
    "a forked child": _fork,
    "the watchdog's thread": _watchdog,
    "a thread beside the handler": _thread_beside,
    "a condition that patched code asks first": _likely,
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry(tmp_path: Path, name: str) -> None:
    with Probed(tmp_path, SOURCE) as probed:
        ENTRIES[name](probed)
        assert told(probed)


def _device(probed: Probed) -> tuple[Any, str]:
    assert probed.agent._reconciler is not None
    return cast("Any", probed.agent._reconciler._registry._monitoring)._device, "_armed"


def _calls(probed: Probed) -> tuple[Any, str]:
    assert probed.agent._reconciler is not None
    return cast("Any", probed.agent._reconciler._registry._monitoring)._calls, "_watched"


# What the interpreter tells, by the rule that asks for it, and the table that is looked into.
TOLD: Final[dict[str, tuple[str, dict[str, Any], Callable[[Probed], tuple[Any, str]]]]] = {
    "an instruction": ("monitor", {"message": "{n}"}, _device),
    "a line": ("", {"kind": "trace"}, lambda _: (trace._steps, "_followed")),
}
if sys.version_info >= (3, 12):
    TOLD["a call"] = ("monitor", {"kind": "call"}, _calls)
    TOLD["a pause"] = ("", {"kind": "call"}, lambda _: (call._pauses, "_watched"))


@pytest.mark.parametrize("name", TOLD)
def test_what_the_interpreter_tells(tmp_path: Path, name: str) -> None:
    """The table goes while the function runs: each callback after that fails, and the function does not."""
    backend, rule, table = TOLD[name]
    with Probed(tmp_path, RUNS, Config(backend=backend)) as probed:
        place = "steps" if name == "a pause" else "work"
        probed.apply(hotlog.Rule(id="a", limit=None, per_second=None, at=probed.at(place), **rule))
        kept: list[Any] = []

        def take_away() -> None:
            holder, field = table(probed)
            kept[:] = [holder, field, getattr(holder, field)]
            setattr(holder, field, None)

        try:
            if place == "steps":
                assert list(probed.module.steps(take_away)) == [2, 3]
            else:
                assert probed.module.work(take_away) == 6
        finally:
            setattr(*kept)
        if name in {"a line", "a pause"}:
            kept[2].clear()  # the frame has ended, and nobody could be told
        assert told(probed)
    trace._steps.leave(cast("Any", None))  # their ids go with what is followed, here with nothing
    call._pauses.forget(cast("Any", None))
