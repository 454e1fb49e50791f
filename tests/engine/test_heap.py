"""Looking through the live objects disturbs no other thread, and overlooks nothing."""

from __future__ import annotations

import ctypes
import dis
import gc
import subprocess
import sys
import threading
import time
from types import FunctionType, GeneratorType
from typing import TYPE_CHECKING, Any, Self

import pytest

import hotlog
from hotlog.config import Config
from hotlog.interpreter import live_objects
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from hotlog.events import Event


PATIENCE_S = 1.0
WORKERS = 3


class Marker:
    """Something to look for."""


class Odd(type):
    """Its classes run code where they are hashed or compared."""

    asked = 0

    def __hash__(cls) -> int:
        Odd.asked += 1
        return 1

    def __eq__(cls, other: object) -> bool:
        Odd.asked += 1
        return False


class Workers:
    """Threads that build tuples from generators all the time."""

    def __init__(self) -> None:
        self.failed: list[Exception] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                assert len(tuple(str(n) for n in range(200))) == 200
            except SystemError as fault:
                self.failed.append(fault)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def everything() -> list[Any]:
    """The plain way, which is not taken."""
    return [each for each in gc.get_objects() if type(each) is not tuple]


def disturbed(walk: Callable[[], object]) -> int:
    """How many tuples of other threads come to nothing while the objects are looked through."""
    with Workers() as workers:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            walk()
    return len(workers.failed)


@pytest.mark.parametrize(
    "walk", [lambda: list(live_objects.iter_functions()), lambda: list(live_objects.iter_of_types(Marker))]
)
@pytest.mark.long
def test_a_walk_lets_the_tuples_of_other_threads_be(walk: Callable[[], object]) -> None:
    assert disturbed(walk) == 0


@pytest.mark.long
def test_the_plain_way_breaks_them() -> None:
    """Else the test above would hold nothing. The more objects, the longer the list is held."""
    if sys.version_info >= (3, 14):
        pytest.skip("since 3.14 it breaks none in ten tries")
    ballast = [[each] for each in range(200_000)]
    assert any(disturbed(everything) for _ in range(10))
    assert len(ballast) == 200_000


def endless() -> Iterator[int]:
    while True:
        yield 1


def test_functions_and_generators_are_found() -> None:
    def inner() -> None: ...

    suspended = endless()
    next(suspended)
    assert any(each is inner for each in live_objects.iter_functions())
    assert any(each is suspended for each in live_objects.iter_of_types(dict, GeneratorType))
    assert {type(each) for each in live_objects.iter_of_types(dict, GeneratorType)} == {dict, GeneratorType}


def while_clearing(later: list[object], look: Callable[[], None]) -> None:
    """Look while the collector clears what is in the list: before the list, which is the last thing that refers to it.

    It looks when a capsule goes; a `__del__` runs before anything is cleared.
    """
    destructor = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(lambda _: look())
    new_capsule = ctypes.pythonapi.PyCapsule_New
    new_capsule.restype = ctypes.py_object
    later.append(new_capsule(1, None, destructor))  # the last goes first
    later.append(later)
    del later
    gc.collect()


def find_cleared() -> list[FunctionType]:
    found = [each for each in gc.get_objects() if type(each) is FunctionType and each.__globals__ is None]
    assert found, "this Python clears otherwise: the test shows nothing"
    return found


def test_a_function_that_the_collector_clears_is_none() -> None:
    seen: list[object] = []

    def look() -> None:
        find_cleared()
        seen.append([each for each in live_objects.iter_functions() if each.__globals__ is None])

    def make() -> list[object]:
        def inner() -> None:
            pass

        later: list[object] = [inner]
        inner.later = later  # type: ignore[attr-defined]
        return later

    while_clearing(make(), look)
    assert seen == [[]]


def test_a_function_that_the_collector_clears_keeps_no_rule_in(tmp_path: Path) -> None:
    """It has no cells any more, so that it takes no code: neither may stop what the others get."""
    sample = Sample(tmp_path, "def make(n):\n    def inner(x):\n        return x + n\n    return inner\n")
    kept = sample.module.make(2)
    events: list[Event] = []
    seen: list[object] = []

    def make() -> list[object]:
        inner = sample.module.make(1)
        assert inner(1) == 2
        later: list[object] = [inner]
        inner.later = later
        return later

    def look() -> None:
        seen.extend(each.__code__.co_qualname for each in find_cleared())
        agent.apply([])

    before = kept.__code__
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at=f"{sample.module.__name__}:make.<locals>.inner", message="{x}")])
        assert agent.status()["a"].state == "installed"
        assert kept.__code__ is not before
        while_clearing(make(), look)
        assert kept.__code__ is before
    sample.forget()
    assert seen == ["make.<locals>.inner"]
    assert [event for event in events if event.get("state") == "error"] == []


@pytest.mark.skipif(sys.version_info < (3, 13), reason="one instruction makes a function, cells and all")
def test_a_function_that_is_half_made_keeps_no_rule_out(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "def make(n):\n    def inner(x):\n        return x + n\n    return inner\n")
    make = sample.module.make
    kept, code = make(2), make.__code__
    gives = {each.offset for each in dis.get_instructions(code) if each.opname == "SET_FUNCTION_ATTRIBUTE"}
    events: list[Event] = []
    met: list[str] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not code:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in gives:
            every = (each for each in gc.get_objects() if type(each) is FunctionType)
            met.extend(
                each.__qualname__ for each in every if each.__code__.co_freevars and not each.__closure__
            )
            agent.apply(
                [hotlog.Rule(id="a", at=f"{sample.module.__name__}:make.<locals>.inner", message="{x}")]
            )
        return trace

    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            inner = make(1)
        finally:
            sys.settrace(before)
        assert agent.status()["a"].state == "installed", events
        assert (inner(1), kept(3)) == (2, 5)
    sample.forget()
    assert met == ["make.<locals>.inner"]
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["3"]


def test_no_class_is_asked() -> None:
    strange = Odd("strange", (), {"held": []})()
    before = Odd.asked
    assert [*live_objects.iter_of_types(Marker)] == []
    assert [each for each in live_objects.iter_of_types(type(strange)) if each is strange]
    assert Odd.asked == before


@pytest.mark.parametrize("walk", [live_objects.iter_functions, lambda: live_objects.iter_of_types(Marker)])
def test_nothing_is_kept_but_what_was_asked_for(walk: Callable[[], object]) -> None:
    """A list of everything that something holds, such as itself, would be held while other threads go on."""
    marker = ["somebody's"]
    holders = len(gc.get_referrers(marker))
    found = walk()
    assert len(gc.get_referrers(marker)) == holders
    del found


FROZEN = """
import gc
from hotlog.interpreter import live_objects as heap
def early(): ...
holder = (early,)
del early
gc.collect(); gc.freeze()
def late(): ...
found = {each.__name__ for each in heap.iter_functions()}
assert {"early", "late"} <= found, found
"""


@pytest.mark.process
def test_what_was_frozen_is_found() -> None:
    subprocess.run([sys.executable, "-c", FROZEN], check=True)


STANDSTILL = """
import faulthandler, gc, sys, threading, time, weakref
from hotlog.interpreter.thread_frames import current_frames

class Node:
    pass

def callback(_):
    for _ in range(20):
        pass

def churn():
    node = Node()
    node.itself = node
    noted.append(weakref.ref(node, callback))
    if len(noted) > 300:
        noted.clear()

def look():
    ASK()
    churn()

def repeat(work):
    while time.monotonic() < until_s:
        work()

noted = []
faulthandler.dump_traceback_later(60, exit=True)
until_s = time.monotonic() + 3
sys.setswitchinterval(1e-5)
gc.set_threshold(3)
threads = [threading.Thread(target=repeat, args=[work]) for work in (churn, churn, look, look, look)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("it goes on", gc.isenabled())
gc.disable()
current_frames()
print(gc.isenabled())
"""


@pytest.mark.process
@pytest.mark.long
def test_who_asks_for_the_frames_of_all_threads_waits_for_none_for_ever() -> None:
    """With `sys._current_frames` instead, 3.11.7 stands still within three seconds."""
    program = STANDSTILL.replace("ASK", "current_frames")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.splitlines() == ["it goes on True", "False"], done.stderr
