"""Exceptions from outside, threads, forks, full stacks: the application gets what is its own, and keeps nothing of ours.

`HOTLOG_TEST_ROUNDS=10000 pytest tests/engine/test_robustness.py` fires that many exceptions of each kind.
"""

from __future__ import annotations

import ctypes
import gc
import os
import random
import signal
import sys
import threading
import time
import warnings
import weakref
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

import hotlog
from hotlog import internal_errors
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.events import Event, Invocation
from hotlog.hits.rate_limit import Limiter
from tests.support.places import ROOT
from tests.support.processes import run_python
from tests.support.sample import Sample

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

pytestmark = [
    # One that is delivered while a destructor or a callback of a weak reference runs is lost, with or without hotlog.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _what_was_lost_is_told_here() -> Iterator[None]:
    """Callbacks of the collector swallow what arrives in them; those of the test tools are not under test."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = callbacks
    gc.collect()


ROUNDS = int(os.environ.get("HOTLOG_TEST_ROUNDS", "60"))
PATIENCE_S = 5.0

HOT = """
def step(n, thing=None):
    m = n + 1
    return m  # <hit>

def loop(patience):
    n = 0
    while n < patience:
        n = n + 1  # <loop>
    return n

def deep(n):
    if n == 0:  # <deep>
        return 0
    return 1 + deep(n - 1)

class Thing:
    def __init__(self):
        self.data = [1, 2, 3]

def make():
    def inner(thing):
        return len(thing.data)  # <inner>
    return inner
"""


class Stop(Exception):  # noqa: N818  # as applications name what ends something
    """An application's own, of a time-out."""


def state_of_process() -> dict[str, object]:
    """What hotlog might leave behind."""
    state: dict[str, object] = {
        "trace": sys.gettrace(),
        "profile": sys.getprofile(),
        "trace of threads": threading.gettrace(),
        "finders": list(sys.meta_path),
        "path hooks": list(sys.path_hooks),
        "threads": set(threading.enumerate()),
        "filters": list(warnings.filters),
        "collector": gc.isenabled(),
    }
    if sys.version_info >= (3, 12):
        state["tools"] = [sys.monitoring.get_tool(number) for number in range(6)]
    return state


class Bench:
    """A probed module, the events of its probes, and what must be as before once the agent is closed."""

    def __init__(self, folder: Path) -> None:
        self.sample = Sample(folder, HOT)
        self.module: Any = self.sample.module
        self.events: list[Event] = []
        self.before = state_of_process()
        self.frozen = gc.get_freeze_count()
        self.codes = self._codes()
        self.agent = hotlog.Agent(sink=self.events.append, root=str(folder), config=Config())

    def probe(self, marker: str = "hit", **more: Any) -> None:
        more = {"message": "m={m}", **more}
        rule = hotlog.Rule(
            id="r", at=self.sample.at(marker), limit=None, per_second=None, expires=None, **more
        )
        self.agent.apply([rule])
        assert self.status().state == "installed"

    def status(self) -> hotlog.Status:
        return self.agent.status()["r"]

    def logs(self) -> list[Event]:
        return [event for event in self.events if event["hotlog"] == "log"]

    def fresh(self) -> None:
        """A new invocation has a new budget."""
        self.events.clear()
        self.agent.begin(Invocation())

    def fires(self) -> None:
        """Exactly one event comes of exactly one call."""
        self.fresh()
        assert self.module.step(1) == 2
        assert [event["message"] for event in self.logs()] == ["m=2"]

    def fires_after_a_flood(self) -> None:
        """The probe is still armed; another one fires as soon as the bound of bytes per second lets it."""
        assert self.status().state == "installed"
        self.probe()
        self.pause_of_a_flood()
        self.fires()

    def pause_of_a_flood(self) -> None:
        """Until the second is over that the bound of bytes holds for."""
        time.sleep(1 - time.time() % 1)
        self.fresh()

    def close(self) -> None:
        self.agent.close()
        codes = self._codes()
        assert all(codes[name] is code for name, code in self.codes.items())
        assert state_of_process() == self.before
        # Some of what `conftest.py` has frozen is gone. Nothing came to it, and it was not given back.
        assert self.frozen / 2 < gc.get_freeze_count() <= self.frozen
        self.sample.forget()

    def _codes(self) -> dict[str, CodeType]:
        return {name: getattr(self.module, name).__code__ for name in ("step", "loop", "deep", "make")}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


# --- exceptions that arrive from outside ---------------------------------------------------------------------------


class Handler:
    """Raises at each signal, in one of the ways a handler may be written, and counts."""

    def __init__(self, fault: Callable[[], Exception]) -> None:
        self.fault, self.fired = fault, 0

    def method(self, *_: object) -> None:
        self.fired += 1
        raise self.fault()

    __call__ = method


def in_a_library(handler: Handler) -> Callable[..., None]:
    """One that says it comes from the standard library."""
    names: dict[str, Any] = {"__name__": "asyncio.timeouts", "call": handler.method}
    exec("def on_alarm(number, frame):\n    call()", names)  # noqa: S102
    function: Callable[..., None] = names["on_alarm"]
    return function


def that_leaves(handler: Handler) -> Callable[..., None]:
    """One that is no signal's handler any more when it raises."""

    def on_alarm(number: int, frame: object) -> None:  # as it is called
        signal.signal(number, signal.SIG_DFL)
        handler.fired += 1
        raise handler.fault()

    return on_alarm


HANDLERS: dict[str, Callable[[Handler], Any]] = {
    "leaves": that_leaves,
    "method": lambda handler: handler.method,
    "function": lambda handler: lambda *_: handler.method(),
    "partial": lambda handler: partial(handler.method, 1),
    "object": lambda handler: handler,
    "library": in_a_library,
}
FAULTS: dict[str, Callable[[], Exception]] = {
    "own": lambda: Stop("time is up"),
    "own without arguments": Stop,
    "builtin": lambda: TimeoutError("time is up"),
    "builtin without arguments": TimeoutError,
    "hotlog's": lambda: RuleError("mine", "an application may use it"),
}


@pytest.fixture
def alarm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


RULES: dict[str, dict[str, Any]] = {
    "log": {"marker": "loop", "message": "n={n}"},
    "condition": {"marker": "loop", "message": "n={n}", "condition": "str(n) == '0'"},
    "snapshot": {"marker": "loop", "message": "n={n}", "snapshot": True, "stack": 5},
}


def hot_until_fired(bench: Bench, handler: Handler, after_s: float) -> None:
    """Run the probed loop until the alarm. No `try` here: 3.13 has gaps in its tables around a loop in one."""
    before, deadline_s = handler.fired, time.monotonic() + PATIENCE_S
    signal.setitimer(signal.ITIMER_REAL, after_s)
    while handler.fired == before and time.monotonic() < deadline_s:
        bench.module.loop(10)


@pytest.mark.in_part(4)
@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.long
def test_every_exception_of_a_signal_handler_arrives(bench: Bench, fault: str, rule: str) -> None:
    bench.probe(**RULES[rule])
    rng = random.Random(1)  # noqa: S311  # moments that repeat
    lost = 0
    for kind, make in HANDLERS.items():
        handler = Handler(FAULTS[fault])
        for _ in range(ROUNDS // len(HANDLERS)):
            signal.signal(signal.SIGALRM, make(handler))
            bench.fresh()
            arrived, before = 0, handler.fired
            try:
                hot_until_fired(bench, handler, rng.uniform(0.000_02, 0.001))
            except type(handler.fault()):
                arrived = 1
            lost += not arrived
            assert handler.fired == before + 1, kind
    assert lost == 0
    bench.fires_after_a_flood()


class Late(Stop):
    """Has arguments, although it is made from its class."""

    def __init__(self) -> None:
        super().__init__("time is up")


ASYNCHRONOUS = [Stop, Late, TimeoutError, OSError, SystemExit, KeyboardInterrupt]


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can: more moments, and a hundred times as many a second."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.000_01)
    yield
    sys.setswitchinterval(before)


@pytest.mark.in_part(4)
@pytest.mark.usefixtures("hasty_threads")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ASYNCHRONOUS)
@pytest.mark.long
def test_every_exception_of_another_thread_arrives(
    bench: Bench, kind: type[BaseException], rule: str
) -> None:
    bench.probe(**RULES[rule])
    rng = random.Random(2)  # noqa: S311
    main, go, sent = threading.get_ident(), threading.Semaphore(0), threading.Event()

    def deliver() -> None:
        for _ in range(ROUNDS):
            go.acquire()
            time.sleep(rng.uniform(0, 0.000_5))
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), ctypes.py_object(kind))
            sent.set()

    thread = threading.Thread(target=deliver)
    thread.start()
    arrived = 0
    for _ in range(ROUNDS):
        bench.fresh()
        sent.clear()
        try:
            go.release()
            while not sent.is_set():
                bench.module.loop(10)
            for _ in range(100):
                bench.module.loop(1)
        except kind:
            arrived += 1
    thread.join()
    assert arrived == ROUNDS
    bench.fires_after_a_flood()


@pytest.mark.usefixtures("alarm")
def test_a_sink_of_the_applications_may_fail_and_time_out(tmp_path: Path) -> None:
    """What the sink raises stays with it; what a signal handler raises meanwhile does not."""
    sample = Sample(tmp_path, HOT)

    def sink(event: Event) -> None:
        if event["hotlog"] == "log":
            if event["message"] == "m=1":
                raise Stop("the sink's own")
            signal.raise_signal(signal.SIGALRM)

    handler = Handler(FAULTS["own"])
    signal.signal(signal.SIGALRM, handler.method)
    with hotlog.Agent(sink=sink, root=str(tmp_path), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="r", at=sample.at("hit"), message="m={m}")])
        assert sample.module.step(0) == 1
        with pytest.raises(Stop, match="time is up") as raised:
            sample.module.step(1)
    own = str(ROOT / "hotlog")
    assert [entry.name for entry in raised.traceback if str(entry.path).startswith(own)] == []
    assert [entry.name for entry in raised.traceback][-1] == "method"
    sample.forget()


def raised_in(names: dict[str, Any], source: str) -> BaseException:
    """What a piece of code raises, in a module of that name."""
    try:
        exec(compile(source, names.pop("__file__", "/app.py"), "exec"), names)  # noqa: S102
    except BaseException as fault:  # noqa: BLE001
        return fault
    raise AssertionError(source)


OURS = internal_errors.__file__
WHOSE = [
    # what raises, in which file and module, whether it is ours
    ("1 / 0", OURS, "hotlog.hits.rule_handler", True),
    ("int('x')", OURS, "hotlog.hits.rule_handler", True),
    ("import json; json.loads('{')", OURS, "hotlog.hits.rule_handler", True),
    ("raise KeyError", OURS, "hotlog.hits.rule_handler", True),
    ("next(iter(()))", OURS, "hotlog.hits.rule_handler", True),
    ("raise fault('code', 'text')", OURS, "hotlog.hits.rule_handler", True),
    ("1 / 0", "/app.py", "app", True),
    ("raise stop('x')", OURS, "hotlog.hits.rule_handler", True),
    ("call()", OURS, "hotlog.hits.rule_handler", True),
    ("import re; re.sub('a', call, 'a')", OURS, "hotlog.hits.rule_handler", True),
    (
        "import signal; alarm(int(signal.SIGALRM), __import__('sys')._getframe())",
        OURS,
        "hotlog.hits.rule_handler",
        False,
    ),
    ("tracer(__import__('sys')._getframe(), 'line', None)", OURS, "hotlog.hits.rule_handler", False),
    ("audit('sys._getframe', (__import__('sys')._getframe(),))", OURS, "hotlog.hits.rule_handler", True),
    ("tracer(__import__('sys')._getframe(), 'import', None)", OURS, "hotlog.hits.rule_handler", True),
    ("watcher(__import__('sys')._getframe().f_code, 4)", OURS, "hotlog.hits.rule_handler", False),
    ("list(steps(None, 3))", OURS, "hotlog.hits.rule_handler", True),
    ("__import__('sys').exit(3)", "/app.py", "app", True),
    ("__import__('sys').exit()", "/app.py", "app", True),
    ("__import__('_queue').SimpleQueue().get_nowait()", "/app.py", "app", True),
    ("raise stop", "/app.py", "app", True),
    ("raise KeyboardInterrupt", OURS, "hotlog.hits.rule_handler", True),
    *(
        (f"deliver_{kind}(); [0 for _ in range(9)]", file, module, False)
        for file, module, kinds in (
            (OURS, "hotlog.hits.rule_handler", "Stop Late TimeoutError SystemExit KeyboardInterrupt"),
            (
                "/python/json/encoder.py",
                "json.encoder",
                "Stop Late TimeoutError SystemExit KeyboardInterrupt",
            ),
            ("/app.py", "app", "Stop TimeoutError KeyboardInterrupt"),
        )
        for kind in kinds.split()
    ),
    *(
        (f"later(deliver_{kind}).start()\nwhile True: pass", "/app.py", "app", False)
        for kind in ("Late", "SystemExit", "ValueError")
    ),
]


@pytest.mark.parametrize(("source", "file", "module", "own"), WHOSE)
def test_whose_fault(source: str, file: str, module: str, *, own: bool) -> None:
    def call(*_: object) -> None:
        raise ValueError("of the application")

    class Watch:
        def alarm(self, number: int, frame: FrameType) -> None:
            raise ValueError("time is up")

        def audit(self, event: str, args: tuple[object, ...]) -> None:
            raise ValueError("no frames")

    def tracer(frame: FrameType, event: str, _: object) -> None:
        raise ValueError("the debugger quits")

    def watcher(code: CodeType, offset: int) -> None:
        raise ValueError("the debugger quits")

    def steps(*_: object) -> Iterator[int]:
        yield 1
        raise ValueError("of the application")

    names = {"__file__": file, "__name__": module, "stop": Stop, "fault": RuleError, "call": call}
    names |= {"alarm": Watch().alarm, "audit": Watch().audit, "tracer": tracer}
    names |= {"watcher": watcher, "steps": steps, "later": partial(threading.Timer, 0.05)}
    me = ctypes.c_ulong(threading.get_ident())
    for kind in (*ASYNCHRONOUS, ValueError):
        names[f"deliver_{kind.__name__}"] = partial(
            ctypes.pythonapi.PyThreadState_SetAsyncExc, me, ctypes.py_object(kind)
        )
    fault = raised_in(names, source)
    # The frame of this test is in the traceback, as the application's frames never are: cut it off.
    at = fault.__traceback__
    assert at is not None
    assert internal_errors.takes(fault.with_traceback(at.tb_next), internal_errors.forget) is own


# --- the mark of a thread ------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Raised between two instructions of hotlog's."""


def killed_at(number: int, frames: frozenset[str], call: Callable[[], object]) -> bool:
    """Raise at this instruction of these functions; False where the call is over before."""
    left = number

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename.startswith(str(ROOT / "hotlog")) and frame.f_code.co_name in frames:
            frame.f_trace_opcodes = True
            if event == "opcode":
                left -= 1
                if left < 0:
                    raise Killed
        return trace

    before, frame = sys.gettrace(), sys._getframe()
    frame.f_trace_opcodes = True  # 3.12.1 makes these events only once a running frame has asked for them
    sys.settrace(trace)
    try:
        call()
    except Killed:
        return True
    finally:
        sys.settrace(before)
        frame.f_trace_opcodes = False
    return False


def test_no_mark_stays_wherever_a_hit_is_interrupted(bench: Bench) -> None:
    bench.probe(condition="str(m) == '2'")
    number = 0
    while killed_at(number, frozenset({"hook", "reach", "_outcome", "takes"}), lambda: bench.module.step(1)):
        bench.fires()
        number += 1
    assert number > 30
    assert bench.status().state == "installed"


def test_a_lock_that_was_left_taken_is_replaced(bench: Bench) -> None:
    """On 3.14 an exception can arrive between taking a lock and the `with` statement that would give it back."""
    bench.probe()
    handler: Any = bench.agent._managed["r"].handler
    handler._limiter._lock.acquire()
    bench.fires()
    start_s = time.monotonic()
    bench.fires()
    assert time.monotonic() - start_s < 0.05


def test_a_probe_reached_from_its_own_hit_is_counted_and_not_followed(tmp_path: Path) -> None:
    sample = Sample(tmp_path, HOT)
    module: Any = sample.module
    events: list[Event] = []

    def sink(event: Event) -> None:
        events.append(event)
        if event["hotlog"] == "log":
            module.step(10)

    with hotlog.Agent(sink=sink, root=str(tmp_path), config=Config()) as agent:
        agent.apply([hotlog.Rule(id="r", at=sample.at("hit"), message="m={m}")])
        assert module.step(1) == 2
        agent.end()
        assert agent.status()["r"].hits == 1
    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["m=2"]
    assert [event.get("reentrant") for event in events if event["hotlog"] == "counts"] == [1]
    sample.forget()


# --- the end of the stack ------------------------------------------------------------------------------------------


def deepest(call: Callable[[int], object]) -> int:
    """The greatest depth that still returns."""
    low, high = 1, sys.getrecursionlimit()
    while high - low > 1:
        middle = (low + high) // 2
        try:
            call(middle)
        except RecursionError:
            high = middle
        else:
            low = middle
    return low


def test_the_recursion_limit_comes_little_earlier_and_disarms_nothing(bench: Bench) -> None:
    unprobed = deepest(bench.module.deep)
    bench.probe("deep", message="n={n}", snapshot=True, condition="str(n) != 'x'")
    bench.fresh()
    probed = deepest(bench.module.deep)
    assert unprobed - 20 <= probed <= unprobed
    bench.fresh()
    with pytest.raises(RecursionError):
        bench.module.deep(sys.getrecursionlimit() * 2)
    assert bench.status().state == "installed"
    bench.pause_of_a_flood()
    assert bench.module.deep(0) == 0
    assert [event["message"] for event in bench.logs()] == ["n=0"]


@pytest.mark.long
def test_installing_near_the_recursion_limit_installs_or_says_why(bench: Bench) -> None:
    rule = hotlog.Rule(id="r", at=bench.sample.at("hit"), message="m={m}", limit=None, per_second=None)
    outcomes = set()

    def down(left: int) -> None:
        if left:
            down(left - 1)
            return
        try:
            bench.agent.apply([rule])
            outcomes.add(bench.status().state)
        except RecursionError:
            outcomes.add("RecursionError")
        finally:
            assert bench.module.step(1) == 2

    room = deepest(lambda depth: down(depth) if depth < 0 else bench.module.deep(depth))
    for spare in (400, 200, 100, 60, 40, 25, 15, 8):
        try:
            down(room - spare)
        except RecursionError:
            outcomes.add("RecursionError")
        bench.agent.apply([])
        assert bench.module.step.__code__ is bench.codes["step"]
    assert outcomes <= {"installed", "pending", "error", "RecursionError"}, (
        "pending: a busy machine had no time"
    )
    bench.probe()
    bench.fires()


# --- threads and processes -----------------------------------------------------------------------------------------


@pytest.mark.long
def test_probes_come_and_go_while_threads_run_the_function(bench: Bench) -> None:
    stop, wrong = threading.Event(), []

    def run() -> None:
        while not stop.is_set():
            if bench.module.step(1) != 2 or bench.module.deep(3) != 3:
                wrong.append(1)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(10):
            bench.probe("hit" if number % 2 else "deep", message="x")
            bench.agent.begin(Invocation())
            time.sleep(0.02)
            bench.agent.apply([])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert bench.logs()
    bench.probe()
    bench.fires_after_a_flood()


FORKS = """
import os, signal, sys, threading, time
import hotlog
from hotlog.config import Config
import app

faults = []

def take(event):
    time.sleep(0)
    if event.get("state") == "error":
        faults.append(event)

agent = hotlog.Agent(sink=take, root=".", config=Config())
rule = hotlog.Rule(id="r", at="app.py:4", message="m={m}", limit=None, per_second=1e6)
agent.apply([rule])
stop = False

def run():
    while not stop:
        app.step(1)
        agent.begin(hotlog.events.Invocation())

def flip():
    while not stop:
        agent.apply([])
        agent.apply([rule])

sys.setswitchinterval(1e-5)
import hotlog.events
threads = [threading.Thread(target=run) for _ in range(3)] + FLIP
for thread in threads:
    thread.start()
stuck = 0
for _ in range(ROUNDS):
    time.sleep(0.002)
    child = os.fork()
    if not child:
        signal.alarm(30)  # ends a child that waits for a lock which nobody will give back; a busy machine takes seconds
        agent.apply([rule])
        agent.begin(hotlog.events.Invocation())
        before = agent.status()["r"].hits
        assert [app.step(1) for _ in range(50)] == [2] * 50
        ok = agent.status()["r"].hits > before
        if not ok or faults:
            print(agent.status()["r"], faults, file=sys.stderr, flush=True)
        agent.close()
        os._exit(0 if ok else 3)
    stuck += os.waitpid(child, 0)[1] != 0
    if stuck:
        break
stop = True
for thread in threads:
    thread.join()
agent.close()
print("stuck", stuck, *faults)
"""


@pytest.mark.process
def test_a_forked_child_has_its_own_locks(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HOT.lstrip("\n").replace("def step", "\ndef step", 1))
    done = in_process(FORKS.replace("FLIP", "[]").replace("ROUNDS", "30"), tmp_path)
    assert done.stdout.strip() == "stuck 0", done.stderr


@pytest.mark.process
def test_a_child_forked_while_rules_change_has_its_own_locks(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HOT.lstrip("\n").replace("def step", "\ndef step", 1))
    program = FORKS.replace("FLIP", "[threading.Thread(target=flip)]").replace("ROUNDS", "40")
    done = in_process(program, tmp_path)
    assert done.stdout.strip() == "stuck 0", done.stderr


def in_process(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run_python("-W", "ignore", "-c", program, folder=folder, timeout_s=300)


# --- nothing stays -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        {"message": "m={m} {thing.data}"},
        {"message": "x", "snapshot": True, "stack": 3},
        {"message": "{thing.gone}"},
        {"message": "x", "condition": "thing.gone > 1"},
        {"message": "x", "watch": {"a": "thing", "b": "thing.data[7]"}},
    ],
)
@pytest.mark.long
def test_no_object_of_the_applications_is_kept(bench: Bench, rule: dict[str, Any]) -> None:
    bench.probe(**rule)
    thing = bench.module.Thing()
    gone = weakref.ref(thing)
    bench.fresh()
    assert bench.module.step(1, thing) == 2
    assert bench.status().hits == 1
    bench.events.clear()
    gc.disable()
    try:
        del thing
        assert gone() is None  # at once: not even a cycle holds it
    finally:
        gc.enable()


def test_closures_made_meanwhile_are_restored_and_not_kept(bench: Bench) -> None:
    bench.probe("inner", message="{thing.data}")
    inner = bench.module.make()
    original = next(code for code in bench.codes["make"].co_consts if hasattr(code, "co_code"))
    assert inner(bench.module.Thing()) == 3
    assert len(bench.logs()) == 1
    bench.agent.close()
    assert inner.__code__ is original
    gone = weakref.ref(inner)
    del inner
    assert gone() is None


@pytest.mark.long
def test_the_module_can_go_once_the_agent_is_closed(bench: Bench) -> None:
    bench.probe()
    bench.fires()
    bench.agent.close()
    code = weakref.ref(bench.module.step.__code__)
    gone = weakref.ref(bench.module.Thing)
    bench.sample.forget()
    codes, bench.codes = bench.codes, {}
    del codes, bench.sample.module, bench.module
    gc.collect()
    assert gone() is None
    assert code() is None
    bench.close = lambda: None  # type: ignore[method-assign]  # nothing is left to look at


@pytest.mark.usefixtures("alarm")
# The application's exception may reach importlib between opening a file and closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_install_that_is_interrupted_anywhere_leaves_nothing_behind(bench: Bench) -> None:
    rule = hotlog.Rule(id="r", at=bench.sample.at("inner"), message="x")
    handler = Handler(FAULTS["own"])
    signal.signal(signal.SIGALRM, handler.method)
    for number in range(ROUNDS // 2):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.000_05 + number * 0.000_1)
            for _ in range(3):
                bench.agent.apply([rule])
                bench.agent.apply([])
        except Stop:
            pass
        signal.setitimer(signal.ITIMER_REAL, 0)
        bench.agent.apply([])
        assert bench.module.make.__code__ is bench.codes["make"]
    bench.probe()
    bench.fires()


def test_a_thread_that_was_interrupted_does_not_wait_for_itself() -> None:
    """It has the lock still: another one in its place would tell that it waited."""
    limiter = Limiter(None, 1.0, 0)
    kept = limiter.acquire_lock()
    assert limiter.admit(1) == (1, "")
    assert limiter.acquire_lock() is kept


DECIDING = (
    "agent.py",
    "reconcile.py",
    "rule_state.py",
    "registry.py",
    "backend.py",
    "instruction_events.py",
)


class Interruption:
    """Delivers an exception to this thread at one of the lines that decide what is installed.

    Args:
        at: how many such lines run before.
    """

    def __init__(self, at: int) -> None:
        self.left = at

    def __enter__(self) -> Self:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, _: str, __: object) -> Any:
        path = Path(frame.f_code.co_filename)
        return self._line if path.name in DECIDING and "hotlog" in path.parts else None

    def _line(self, _: FrameType, event: str, __: object) -> Any:
        if event == "line":
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                kind = ctypes.py_object(Stop)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(threading.get_ident()), kind)
                return None
        return self._line


@pytest.mark.long
@pytest.mark.parametrize("every", [601, pytest.param(40, marks=pytest.mark.slow)])
def test_what_was_interrupted_at_any_line_is_done_at_the_next_safe_point(bench: Bench, every: int) -> None:
    """An exception of the application's may arrive anywhere in hotlog; then neither a rule nor an original is lost."""
    rule = hotlog.Rule(id="r", at=bench.sample.at("inner"), message="x")
    thing = bench.module.Thing()
    arrived = 0
    for wanted, others in (([rule], []), ([], [rule])):
        for at in range(1, 2_000, min(every, max(1, 2_400 // ROUNDS))):
            bench.agent.apply(others)
            bench.agent.set_wanted(wanted)
            interruption = Interruption(at)
            try:
                with interruption:
                    bench.agent.settle()
                    interruption.left = -1
            except Stop:
                arrived += 1
            if interruption.left < 0:
                break
            bench.agent.settle()
            bench.fresh()
            assert bench.module.make()(thing) == 3
            assert len(bench.logs()) == len(wanted), f"after line {at}"
            assert (bench.module.make.__code__ is bench.codes["make"]) == (not wanted)
    assert arrived > 20
