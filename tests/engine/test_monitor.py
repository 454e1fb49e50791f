"""The `monitor` backend: code that runs already fires too, without anything in it being changed.

For old frames the expectation comes from a fresh call: a frame that was suspended when the probes went in must hit,
from there on, exactly what a frame that began with the probes in hits from there on.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import textwrap
import threading
import weakref
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hotlog
from hotlog.config import Config
from hotlog.probes.backends import choose_backends
from hotlog.probes.probe import Probe
from hotlog.probes.registry import Registry, WantedProbes
from tests.oracle.live import Hits, Marker, Probed, load, markers, probe, source_of
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import CodeType, FrameType, ModuleType

    from hotlog.events import Event

HAS_MONITORING = sys.version_info >= (3, 12)
with_monitoring = pytest.mark.skipif(not HAS_MONITORING, reason="sys.monitoring came with Python 3.12")
with_tracing = pytest.mark.skipif(HAS_MONITORING, reason="sys.settrace is for Python 3.11 only")
MISSED = "already cannot be monitored on this Python"
MONITORED = "1 frame that runs already is monitored"


def tools() -> list[str | None]:
    """Who holds which id of `sys.monitoring`."""
    monitoring: Any = getattr(sys, "monitoring", None)
    return [monitoring.get_tool(number) for number in range(6)] if monitoring else []


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = tools(), sys.gettrace(), threading.gettrace()
    yield
    assert (tools(), sys.gettrace(), threading.gettrace()) == before


# --- frames that run already -----------------------------------------------------------------------------------------


class Body(NamedTuple):
    """The body of a generator `f(n)` that yields at least once before its first marked line."""

    name: str
    source: str


BODIES = [
    Body(
        "a line of a loop",
        """
        yield n
        for i in range(n):
            n += i  # <- i n
            yield n
        """,
    ),
    Body(
        "the loop is under way",
        """
        for i in range(3):
            yield i
            n += i  # <- i n
        """,
    ),
    Body(
        "a header fires once, and not on the way back",
        """
        yield 0
        while n > 0:  # <- n
            n -= 1
            yield n
        """,
    ),
    Body(
        "a header whose loop is under way does not fire",
        """
        while n > 0:  # <- n
            yield n
            n -= 1
        while True:  # <- n
            n += 1
            if n > 2:
                break
        """,
    ),
    Body(
        "an outer loop enters the inner header anew",
        """
        yield 0
        for a in range(2):
            for b in range(2):  # <- a
                n += b
                yield n
        """,
    ),
    Body(
        "nested loops, the inner one first in the body",
        """
        yield 0
        while n < 3:
            while True:  # <- n
                n += 1
                if n % 2:
                    break
            yield n
        """,
    ),
    Body(
        "a loop on one line fires once",
        """
        yield 0
        for i in range(2):
            while n < 9: n += 1; yield n  # <- n
            n = 7
        """,
    ),
    Body(
        "a loop on one line that is under way does not fire",
        """
        while n < 5: n += 1; yield n  # <- n
        while n: n -= 1; yield n  # <- n
        """,
    ),
    Body(
        "every copy of a finally body",
        """
        yield 0
        for i in range(3):
            try:
                if i == 1:
                    continue
                yield i
            finally:
                n += 1  # <- i n
        """,
    ),
    Body(
        "a handler, and what follows it",
        """
        yield 0
        try:
            raise ValueError(n)
        except ValueError as e:
            m = e.args  # <- n
        yield m  # <- m
        """,
    ),
    Body(
        "with, match and a conditional",
        """
        import contextlib
        yield 0
        with contextlib.suppress(KeyError):  # <- n
            match n:  # <- n
                case 2:
                    n = 5  # <- n
            yield n
        if n > 3:  # <- n
            yield n
        """,
    ),
    Body(
        "several lines of one statement",
        """
        yield 0
        total = sum(  # <- n
            x * n
            for x in range(3)
        )
        yield total
        """,
    ),
    Body(
        "the statement that it is suspended in has begun",
        """
        got = yield n  # <- n
        n = (  # <- n
            yield n
        )
        yield got  # <- got
        """,
    ),
    Body(
        "more names than an instruction's byte can tell",
        """
        if n < 0:
            n = [MANY]
        yield 0
        for i in range(2):
            n = max(n, late)  # <- i n
            yield n
        """,
    ),
]


def as_function(body: Body) -> str:
    many = ", ".join(f"name_{number}" for number in range(300))
    return (
        "late = 1\n\ndef f(n):\n"
        + textwrap.indent(textwrap.dedent(body.source).strip(), "    ").replace("MANY", many)
        + "\n"
    )


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
@pytest.mark.long
def test_a_suspended_frame_fires_from_there_on(body: Body, steps: int, tmp_path: Path) -> None:
    module = load(tmp_path, as_function(body))
    with Probed(module) as typed:
        whole = module.f(2)
        begun = [next(whole) for _ in range(steps)]
        seen = len(typed.hits)
        rest = list(whole)
        expected = typed.hits[seen:]

    old = module.f(2)
    assert [next(old) for _ in range(steps)] == begun
    with Probed(module) as probed:
        assert {outcome.note for outcome in probed.outcomes.values()} == {MONITORED}
        assert list(old) == rest
        assert probed.hits == expected


COUNT = """
def f(n):
    for i in range(n):
        yield i
        n = n + 0  # <- i n
"""


def test_it_stops_with_the_removal(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    old = module.f(5)
    next(old)
    with Probed(module) as probed:
        next(old)
        next(old)
        assert probed.hits == [(0, 5), (1, 5)]
    assert list(old) == [3, 4]
    assert probed.hits == [(0, 5), (1, 5)]


def test_old_frames_and_new_calls_fire_once_each(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    begun, fresh = module.f(2), module.f(3)
    next(begun)
    with Probed(module) as probed:
        assert probed.outcomes["line 5"].backend == "recompile"
        assert probed.outcomes["line 5"].note == "2 frames that run already are monitored"
        assert [list(module.f(1)), list(begun), list(fresh)] == [[0], [1], [0, 1, 2]]
        assert probed.hits == [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def test_entry_of_a_generator_that_has_not_started(tmp_path: Path) -> None:
    module = load(tmp_path, "def f(n):  # <- n\n    while True:\n        n += 1\n        yield n\n")
    made, begun = module.f(1), module.f(2)
    next(begun)
    with Probed(module) as probed:
        assert [next(made), next(made), next(begun)] == [2, 3, 4]
        assert probed.hits == [(1,)]
    made.close()
    begun.close()


ASYNC = """
import asyncio

async def task(n, seen):
    while n:
        await asyncio.sleep(0)
        n -= 1
        seen.append(n)  # <- n

async def each(n):
    for i in range(n):
        yield i
        n = n + 0  # <- i
"""


def test_a_task_of_a_running_loop(tmp_path: Path) -> None:
    module = load(tmp_path, ASYNC)

    async def main() -> tuple[Hits, list[int], list[int]]:
        seen: list[int] = []
        task = asyncio.create_task(module.task(4, seen))
        values = module.each(3)
        await anext(values)
        for _ in range(3):
            await asyncio.sleep(0)
        assert seen == [3, 2]
        with Probed(module) as probed:
            assert [outcome.note for outcome in probed.outcomes.values()] == [MONITORED, MONITORED]
            await task
            rest = [value async for value in values]
        return probed.hits, seen, rest

    hits, seen, rest = asyncio.run(main())
    assert (seen, rest) == ([3, 2, 1, 0], [1, 2])
    assert hits == [(1,), (0,), (0,), (1,), (2,)]


def test_the_frame_that_asked_for_the_probe(tmp_path: Path) -> None:
    """As when a handler that runs for long reads its rules itself."""
    module = load(
        tmp_path,
        "def f(n, call):\n    for i in range(n):\n        call(i)\n        n += 1  # <- i n\n    return n\n",
    )
    probed = Probed(module)
    assert module.f(3, lambda i: probed.__enter__() if i == 1 else None) == 6
    with probed:
        pass
    assert probed.hits == [(1, 4), (2, 5)]


# The first instruction of its line is also where its own loop comes back to: only the way there tells.
ENDLESS = """
def entered(steps):  # <- steps
    while True: steps.pop()

def after(iterator, steps):
    for _ in iterator: pass
    while True: steps.pop()  # <- steps
"""


def test_a_line_that_its_own_loop_comes_back_to_fires_once(tmp_path: Path) -> None:
    module = load(tmp_path, ENDLESS)
    with Probed(module, backend="monitor") as probed:
        for number in range(3):
            steps = [number] * 3
            with pytest.raises(IndexError):
                module.entered(steps)
            with pytest.raises(IndexError):
                module.after(range(2), steps)
            assert probed.hits == [(steps,), (steps,)]
            del probed.hits[:]


def test_a_frame_knows_which_way_it_was_going(tmp_path: Path) -> None:
    module = load(tmp_path, ENDLESS)
    probed = Probed(module)

    class Last:
        """An iterator during whose end the probes go in."""

        def __iter__(self) -> Last:
            return self

        def __next__(self) -> None:
            probed.__enter__()
            raise StopIteration

    with pytest.raises(IndexError):
        module.after(Last(), [1, 2])
    with probed:
        pass
    assert probed.hits == [([],)]


@pytest.mark.long
def test_a_loop_of_another_thread(tmp_path: Path) -> None:
    module = load(tmp_path, "def f(go):\n    n = 0\n    while go:\n        n += 1  # <- n\n    return n\n")
    go = [True]
    thread = threading.Thread(target=module.f, args=(go,))
    thread.start()
    try:
        with Probed(module) as probed:
            note = probed.outcomes["line 4"].note
            if HAS_MONITORING:
                assert until(lambda: len(probed.hits) > 3)
                numbers: list[Any] = [hit[0] for hit in probed.hits[:3]]
                assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
            else:
                assert not probed.hits
        assert note == (
            MONITORED
            if HAS_MONITORING
            else "1 frame that runs already is not reached: armed for the next call"
        )
    finally:
        go.clear()
        thread.join()


def until(condition: Callable[[], bool], timeout_s: float = 20) -> bool:
    end = monotonic() + timeout_s
    while not condition() and monotonic() < end:
        sleep(0.001)
    return condition()


def test_a_frame_with_some_of_the_probes_in_gets_the_others(tmp_path: Path) -> None:
    module = load(
        tmp_path, "def f(n):\n    for i in range(n):\n        a = i  # <- i\n        yield a  # <- a\n"
    )
    source, hits = source_of(module), list[Any]()
    first, second = (
        probe(source, marker, hits, key)
        for marker, key in zip(markers(source.data.decode()), "ab", strict=True)
    )
    registry = Registry(choose_backends())
    registry.set([WantedProbes(module, source, (first,))])
    old = module.f(4)
    next(old)
    registry.set([WantedProbes(module, source, (first, second))])
    next(old)
    assert hits == [("a", 0), ("a", 1), ("b", 1)]
    registry.set([WantedProbes(module, source, (second,))])
    del hits[:]
    next(old)
    registry.close()
    assert ("b", 2) in hits
    assert hits.count(("b", 2)) == 1
    old.close()


# --- statuses --------------------------------------------------------------------------------------------------------

EACH = """
def each(n):
    for i in range(n):
        yield i
        n += 0  # <after>
"""


@contextmanager
def agent_of(sample: Sample, events: list[Event], backend: str = "") -> Iterator[hotlog.Agent]:
    with hotlog.Agent(sink=events.append, root=str(sample.folder), config=Config(backend=backend)) as agent:
        yield agent
    sample.forget()


def rule(sample: Sample) -> hotlog.Rule:
    return hotlog.Rule(at=sample.at("after"), message="i={i}", id="r", limit=None, per_second=None)


def messages(events: list[Event]) -> list[object]:
    return [event["message"] for event in events if event["hotlog"] == "log"]


def test_the_status_tells_of_old_frames_as_long_as_there_are_any(tmp_path: Path) -> None:
    sample, events = Sample(tmp_path, EACH), list[Any]()
    with agent_of(sample, events) as agent:
        old = sample.module.each(3)
        next(old)
        agent.apply([rule(sample)])
        status = agent.status()["r"]
        assert (status.state, status.backend, status.reason) == ("installed", "recompile", MONITORED)
        assert tools().count("hotlog") == HAS_MONITORING
        agent.settle()
        assert list(old) == [1, 2]
        assert messages(events) == ["i=0", "i=1", "i=2"]
        agent.settle()
        status = agent.status()["r"]
        assert (status.state, status.backend, status.reason) == ("installed", "recompile", "")
        assert tools().count("hotlog") == 0
        assert sys.gettrace() is None
        assert list(sample.module.each(1)) == [0]
        assert messages(events)[3:] == ["i=0"]


def test_it_can_be_forced(tmp_path: Path) -> None:
    sample, events = Sample(tmp_path, EACH), list[Any]()
    code = sample.module.each.__code__
    with agent_of(sample, events, "monitor") as agent:
        agent.apply([rule(sample)])
        status = agent.status()["r"]
        assert (status.state, status.backend) == ("installed", "monitor")
        assert status.reason == "" or (
            not HAS_MONITORING and MISSED in status.reason
        )  # the test runner's threads
        assert sample.module.each.__code__ is code
        assert list(sample.module.each(2)) == [0, 1]
    assert messages(events) == ["i=0", "i=1"]


# --- beside others, and leaving nothing ------------------------------------------------------------------------------


class Kept:
    pass


@pytest.mark.parametrize("backend", ["", "monitor"])
@pytest.mark.long
def test_nothing_of_the_application_is_held(backend: str, tmp_path: Path) -> None:
    module = load(
        tmp_path, "def f(kept):\n    n = 2\n    yield 1\n    n += 0  # <- n\n    yield n\n    yield 3\n"
    )
    kept = Kept()
    gone = weakref.ref(kept)
    old = module.f(kept)
    del kept
    next(old)
    with Probed(module, backend=backend) as probed:
        assert next(old) == 2
        assert probed.hits == [(2,)]
        assert next(module.f(1)) == 1
    frame = old.gi_frame
    assert (frame.f_trace, frame.f_trace_opcodes) == (None, False)
    del frame, old
    gc.collect()
    assert gone() is None
    registry = weakref.ref(probed.registry)
    assert probed.registry._monitoring is not None, "a frame ran already"
    device = weakref.ref(probed.registry._monitoring._device)
    del probed
    gc.collect()
    assert (registry(), device()) == (None, None)


def test_an_exception_that_arrives_within_a_hit_is_the_application_s(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    module = load(
        tmp_path,
        "def f(n):\n    try:\n        n += 1  # <-\n    except KeyError:\n        return -1\n    return n\n",
    )
    source = source_of(module)

    def alarm(_number: int, _frame: FrameType | None) -> None:
        raise KeyError(1)

    def interrupted(*_: object, frame: object = None) -> None:  # as a hook is called
        signal.raise_signal(signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, alarm)
    request.addfinalizer(lambda: signal.signal(signal.SIGALRM, before))

    place = source.place(3)
    registry = Registry(choose_backends("monitor"))
    registry.set([WantedProbes(module, None, (Probe("a", place, frozenset(), lambda _: interrupted),))])
    assert module.f(1) == -1
    registry.close()
    assert module.f(1) == 2


@with_monitoring
def test_only_the_probed_code_has_events_and_only_what_matters_is_told(tmp_path: Path) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    module = load(
        tmp_path,
        "def f(n):\n    for i in range(n):\n        pass\n    n += 1  # <- n\n    return n\n\ndef g(n):\n    return n\n",
    )
    with Probed(module, backend="monitor") as probed:
        tool = tools().index("hotlog")
        assert monitoring.get_events(tool) == 0
        assert monitoring.get_local_events(tool, module.f.__code__) == monitoring.events.INSTRUCTION
        assert monitoring.get_local_events(tool, module.g.__code__) == 0
        assert probed.registry._monitoring is not None
        device: Any = probed.registry._monitoring._device
        told: list[int] = []

        def counted(code: CodeType, offset: int) -> object:
            told.append(offset)
            return device._instruction(code, offset)

        before = monitoring.register_callback(tool, monitoring.events.INSTRUCTION, counted)
        assert module.f(1000) == 1001
        first = len(told)
        assert module.f(1000) == 1001
        assert len(told) - first == 1
        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, before)
    assert monitoring.get_local_events(tool, module.f.__code__) == 0


@with_monitoring
def test_another_tool_on_the_same_code_is_told_what_it_was_told_before(tmp_path: Path) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    module = load(tmp_path, COUNT)
    told: list[int] = []

    def line(code: CodeType, number: int) -> object:
        told.append(number)
        return monitoring.DISABLE if number == 3 else None

    def lines(probe_at: int) -> list[int]:
        """What a coverage-like tool sees of one generator; the probe goes in after some steps."""
        del told[:]
        code = module.f.__code__
        monitoring.set_local_events(1, code, monitoring.events.LINE)
        old = module.f(4)
        got = [next(old), next(old)]
        if probe_at:
            with Probed(module) as probed:
                got.append(next(old))
            assert probed.hits == [(1, 4)]
        got += old
        assert got == [0, 1, 2, 3]
        monitoring.set_local_events(1, code, 0)
        return list(told)

    monitoring.use_tool_id(1, "lines")
    monitoring.register_callback(1, monitoring.events.LINE, line)
    try:
        assert lines(probe_at=2) == lines(probe_at=0)
        assert tools()[1] == "lines"
    finally:
        monitoring.register_callback(1, monitoring.events.LINE, None)
        monitoring.free_tool_id(1)


@with_monitoring
def test_without_a_free_tool_id_the_reason_is_told(tmp_path: Path) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    module = load(tmp_path, COUNT)
    taken = [5, 4, 3]
    for number in taken:
        monitoring.use_tool_id(number, f"tool {number}")
    try:
        old = module.f(2)
        next(old)
        with Probed(module) as probed:
            outcome = probed.outcomes["line 5"]
            assert (outcome.backend, outcome.fault) == ("recompile", None)
            assert "is not reached (other tools (tool 5, tool 4, tool 3)" in outcome.note
            assert outcome.note.endswith("armed for the next call")
            assert list(old) == [1]
            assert probed.hits == []
            assert list(module.f(1)) == [0]
            assert probed.hits == [(0, 1)]
        with Probed(module, backend="monitor") as probed:
            fault = probed.outcomes["line 5"].fault
            assert fault is not None
            assert fault.code == "no-tool-id"
        monitoring.free_tool_id(taken.pop())
        with Probed(module, backend="monitor") as probed:
            assert tools()[3] == "hotlog"
            assert list(module.f(1)) == [0]
            assert probed.hits == [(0, 1)]
    finally:
        for number in taken:
            monitoring.free_tool_id(number)


@with_monitoring
def test_two_agents_have_a_tool_id_each(tmp_path: Path) -> None:
    one, two = load(tmp_path, COUNT), load(tmp_path, COUNT)
    with Probed(one, backend="monitor") as first, Probed(two, backend="monitor") as second:
        assert tools().count("hotlog") == 2
        assert [list(one.f(1)), list(two.f(2))] == [[0], [0, 1]]
        assert (first.hits, second.hits) == ([(0, 1)], [(0, 2), (1, 2)])


class Tracer:
    """A tracer as a debugger written in Python is one."""

    def __init__(self, module: ModuleType) -> None:
        self._file, self.told = module.__file__, list[tuple[str, int]]()

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != self._file:
            return None
        self.told.append((event, frame.f_lineno))
        return self.trace


@with_tracing
@pytest.mark.long
def test_a_tracer_that_is_there_is_called_as_before(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)

    def told(backend: str | None) -> list[tuple[str, int]]:
        tracer = Tracer(module)
        trace = tracer.trace
        sys.settrace(trace)
        try:
            old = module.f(3)
            got = [next(old)]
            if backend is not None:
                with Probed(module, backend=backend) as probed:
                    got += old
                assert sys.gettrace() is trace
                assert probed.hits == [(0, 3), (1, 3), (2, 3)]
            got += old
            assert got == [0, 1, 2]
        finally:
            sys.settrace(None)
        return tracer.told

    assert told("") == told("monitor") == told(None)


class Foreign:
    """A tracer of which nobody can tell what calling it does, as one written in C."""

    def __call__(self, *_: object) -> None:
        return None


@with_tracing
def test_a_tracer_that_cannot_be_called_keeps_its_place(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    tracer = Foreign()
    sys.settrace(tracer)
    try:
        with Probed(module, backend="monitor") as probed:
            fault = probed.outcomes["line 5"].fault
            assert fault is not None
            assert (fault.code, fault.message) == (
                "tracer-in-use",
                "another tracer (Foreign) runs in this thread.",
            )
            assert sys.gettrace() is tracer
    finally:
        sys.settrace(None)


@with_tracing
def test_a_debugger_that_takes_the_place_is_left_it(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    tracer = Tracer(module).trace
    with Probed(module, backend="monitor") as probed:
        assert not probed.registry.has_outlived(module)
        sys.settrace(tracer)
        assert probed.registry.has_outlived(module)
    try:
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(None)


@with_tracing
def test_without_an_old_frame_no_tracer_is_set(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    with Probed(module) as probed:
        assert sys.gettrace() is None
        assert probed.outcomes["line 5"].note == ""


def test_threads_that_start_later_fire_too(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    with Probed(module, backend="monitor") as probed:
        thread = threading.Thread(target=lambda: list(module.f(2)))
        thread.start()
        thread.join()
        assert probed.hits == [(0, 2), (1, 2)]


@with_tracing
def test_threads_that_run_already_are_told_of(tmp_path: Path) -> None:
    module = load(tmp_path, COUNT)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    others = threading.active_count() - 1
    try:
        with Probed(module, backend="monitor") as probed:
            note = probed.outcomes["line 5"].note
            assert MISSED in note
            assert int(note.split()[0]) >= others
    finally:
        stop.set()
        thread.join()


def test_the_marker_of_a_line_that_has_no_instruction_is_refused(tmp_path: Path) -> None:
    module = load(tmp_path, "def f(n):\n    if 0:\n        n += 1\n    return n\n")
    source = source_of(module)
    registry = Registry(choose_backends("monitor"))
    outcome = registry.set([WantedProbes(module, None, (probe(source, Marker(3, ()), []),))])["line 3"]
    registry.close()
    assert outcome.fault is not None
    assert outcome.backend == ""
