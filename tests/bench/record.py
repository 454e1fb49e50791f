"""python -m tests.bench.record: what recording a whole invocation costs, per line, beside PySnooper, snoop, hunter and a bare tracer.

Each tool runs in a process and an environment of its own, and follows all lines of the same module. `number` is what a line
that stores a number costs; `loop` how many times longer a loop takes that has far more lines than
a recording. Nothing is shown on a terminal. The bare tracer keeps line numbers only. Of hotlog alone there are a line that
stores nothing, one that stores a text that came before, a character of a new one, an order of `examples/orders` with `--keep failed`, and an
invocation that the rule does not pick. All in CPU time of the thread, the best of many.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType

REPS = 25
LOOP = 500_000  # of two lines each
FEW = 1_000  # for the others, which take up to 100 µs a line
TEXT_CHARS = 100
TOOLS = ("hotlog", "settrace", "pysnooper", "snoop", "hunter")
_PLAIN = "\n".join(["        a"] * 40)
_MORE = "\n".join(["        a"] * 80)
_NUMBERS = "\n".join(f"        {name} = i" for name in "abce")
_TEXTS = "\n".join(f"        {name} = SEEN" for name in "abce")
SOURCE = f"""
SEEN = "a text that came before, as most do"
TEXTS = ["%d" % i + " of words that nobody has seen in this order before, such as a name or an address of somebody " for i in range(9_000)]

def path(n):
    a = 1
    for i in range(n):
{_PLAIN}

def longer_path(n):
    a = 1
    for i in range(n):
{_MORE}

def numbers(n):
    for i in range(n):
{_NUMBERS}

def more_numbers(n):
    for i in range(n):
{_NUMBERS}
{_NUMBERS}

def texts(n):
    for i in range(n):
{_TEXTS}

def more_texts(n):
    for i in range(n):
{_TEXTS}
{_TEXTS}

def new_texts(n):
    for i in range(n, n + 500):
        a = TEXTS[i]

def empty(n):
    for i in range(n, n + 500):
        a = n

def loop(n):
    total = 0
    for i in range(n):
        total += i
"""
ORDER = {
    "routeKey": "POST /orders",
    "body": json.dumps({"customer": "ben", "lines": [{"sku": "tea-sencha", "quantity": 12}, {"sku": "cup-glass", "quantity": 1}]}),
    "requestContext": {"requestId": "bench"},
}  # fmt: skip

Call = "Callable[[], object]"


def _take_best(call: Callable[[], object], around: Callable[[Callable[[], object]], int], reps: int) -> int:
    return min(around(call) for _ in range(reps))


def _time(call: Callable[[], object]) -> int:
    gc.collect()
    gc.disable()
    try:
        start_ns = time.thread_time_ns()
        call()
        return time.thread_time_ns() - start_ns
    finally:
        gc.enable()


def _load(folder: str) -> ModuleType:
    Path(folder, "recorded_bench.py").write_text(SOURCE, encoding="utf-8")
    sys.path.insert(0, folder)
    return __import__("recorded_bench")


def _make_hotlog(root: str, **fields: Any) -> Callable[[Callable[[], object]], int]:
    import hotlog
    from hotlog.config import Config
    from hotlog.events import Invocation

    agent = hotlog.Agent(sink=lambda _event: None, root=root, config=Config())
    agent.begin(Invocation(request_id="first", event={}))
    agent.apply([hotlog.Rule(kind="record", keep="failed", limit=None, per_second=None, **fields)])
    agent.end()

    def around(call: Callable[[], object]) -> int:
        agent.begin(Invocation(request_id="bench", event={}))
        took = _time(call)
        agent.answer(None)
        agent.end()
        return took

    return around


def _make_settrace(file: str) -> Callable[[Callable[[], object]], int]:
    lines: list[int] = []

    def step(frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            lines.append(frame.f_lineno)
        return step

    def called(frame: FrameType, _event: str, _arg: object) -> Any:
        return step if frame.f_code.co_filename == file else None

    def traced(call: Callable[[], object]) -> None:
        lines.clear()
        sys.settrace(called)
        try:
            call()
        finally:
            sys.settrace(None)

    return lambda call: _time(partial(traced, call))


def _make_peer(tool: str) -> Callable[[Callable[[], object]], int]:
    """Return what runs a call under a peer, which writes to the null device. The peers are in environments of their own."""
    out = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    if tool == "hunter":
        import hunter

        def hunted(call: Callable[[], object]) -> None:
            with hunter.trace(module="recorded_bench", action=hunter.VarsSnooper(stream=out)):
                call()

        return lambda call: _time(partial(hunted, call))
    if tool == "pysnooper":
        import pysnooper

        decorate = pysnooper.snoop(output=os.devnull)
    else:
        import snoop

        snoop.install(out=out, color=False)
        decorate = snoop.snoop
    return lambda call: _time(partial(decorate(call.func), *call.args))  # type: ignore[attr-defined]


def measured(tool: str, folder: str) -> dict[str, float]:
    """What one tool costs, in this process."""
    module = _load(folder)
    reps = REPS if tool == "hotlog" else 7

    def best(
        name: str, n: int, around: Callable[[Callable[[], object]], int] = _time, times: int = reps
    ) -> int:
        return _take_best(partial(getattr(module, name), n), around, times)

    names = ("path", "longer_path", "numbers", "more_numbers", "texts", "more_texts")
    plain = {name: best(name, 200) for name in names}
    plain["loop"] = best("loop", LOOP if tool == "hotlog" else FEW, times=5)
    if tool == "hotlog":
        return _measure_hotlog(module, folder, plain, best)
    around = _make_settrace(str(module.__file__)) if tool == "settrace" else _make_peer(tool)
    return {
        "number": (best("more_numbers", 50, around, 3) - best("numbers", 50, around, 3)) / (50 * 4),
        "loop": best("loop", FEW, around, 2) / plain["loop"],
    }


def _measure_hotlog(
    module: ModuleType, folder: str, plain: dict[str, int], best: Callable[..., int]
) -> dict[str, float]:
    around = _make_hotlog(folder)

    def more(name: str) -> int:
        return int(best(name, 200, around)) - plain[name]

    found = {
        "path": (more("longer_path") - more("path")) / (200 * 40),
        "number": (more("more_numbers") - more("numbers")) / (200 * 4),
        "text": (more("more_texts") - more("texts")) / (200 * 4),
    }
    new = [partial(module.new_texts, 500 * number) for number in range(8)]
    same = best("empty", 0, around)
    found["new"] = max(0.0, (min(map(around, new)) - same) / (500 * TEXT_CHARS))
    found["loop"] = best("loop", LOOP, around, 5) / plain["loop"]
    not_picked = _make_hotlog(folder, condition="@request_id == 'nobody'")
    found["not picked"] = best("loop", LOOP, not_picked, 9) / best("loop", LOOP, times=9)
    found |= _measure_orders()
    return found


def _measure_orders() -> dict[str, float]:
    os.environ["HOTLOG"] = "off"
    os.environ["ORDERS_DB"] = str(Path(tempfile.mkdtemp()) / "orders.db")
    root = str(ROOT / "examples" / "orders")
    sys.path.insert(0, root)
    handler = __import__("app").handler
    call = partial(handler, ORDER, None)
    plain = _take_best(call, _time, 60)
    around, not_picked = _make_hotlog(root), _make_hotlog(root, condition="@request_id == 'nobody'")
    return {
        "orders": _take_best(call, around, 60) / plain,
        "orders not picked": _take_best(call, not_picked, 60) / plain,
    }


_UNITS = {"path": "ns", "number": "ns", "text": "ns", "new": "ns a character"}


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.record", description=__doc__)
    parser.add_argument("--worker", choices=TOOLS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(json.dumps(measured(chosen.worker, os.path.realpath(folder))))
        return 0
    from tests.bench.environments import NotInstallable, of_peer

    sys.stdout.write(f"Python {sys.version_info.major}.{sys.version_info.minor}\n")
    for tool in TOOLS:
        try:
            python = of_peer(tool).python if tool not in {"hotlog", "settrace"} else sys.executable
        except NotInstallable as why:
            sys.stdout.write(f"{tool:12} {why}\n")
            continue
        command = [python, "-m", "tests.bench.record", "--worker", tool]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.stdout.write(f"{tool:12} failed: {ran.stderr.strip().splitlines()[-1]}\n")
            continue
        said = [
            f"{name} {value:.3g} {_UNITS.get(name, 'times')}"
            for name, value in json.loads(ran.stdout).items()
        ]
        sys.stdout.write(f"{tool:12} {', '.join(said)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
