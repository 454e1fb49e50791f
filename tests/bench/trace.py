"""python -m tests.bench.trace: what following one call costs, per line, beside PySnooper, snoop and a bare tracer.

Each tool runs in a process and an environment of its own, and follows the same function: `lines` is what a followed
line costs more than a plain one, `callee` how many times slower a function gets that the followed one calls. Nothing is shown
on a terminal: hotlog's events go to a list, what the others write to the null device. hotlog captures values within limits and redacts them; the bare tracer
keeps line numbers only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ITERATIONS = 100
LINES = 4 * ITERATIONS + 3
CALLEE_ITERATIONS = 20_000
REPS = 15
TOOLS = ("hotlog", "settrace", "pysnooper", "snoop")


def work(n: int) -> int:
    """Four lines an iteration."""
    total = 0
    for i in range(n):
        a = i * 2
        b = a + 1
        total += b
    return total


def caller(n: int) -> int:
    """One line that calls."""
    return callee(n)


def callee(n: int) -> int:
    """What runs below a followed frame."""
    total = 0
    for i in range(n):
        total += i
    return total


def _hotlog() -> Callable[[str], Any]:
    import hotlog
    from hotlog.config import Config
    from hotlog.events import Invocation

    events: list[dict[str, Any]] = []
    agent = hotlog.Agent(sink=events.append, root=str(ROOT), config=Config())
    agent.apply(
        [
            hotlog.Rule(id=name, at=f"{__name__}:{name}", kind="trace", limit=None, per_second=None)
            for name in ("work", "caller")
        ]
    )
    assert {status.state for status in agent.status().values()} == {"installed"}, agent.status()

    def follow(name: str) -> Any:
        plain = globals()[name]

        def call(n: int) -> int:
            agent.begin(Invocation(request_id="bench"))
            events.clear()
            value = int(plain(n))
            assert [event["return"] for event in events] == [value]
            return value

        return call

    return follow


def _settrace() -> Callable[[str], Any]:
    lines: list[int] = []

    def follow(name: str) -> Any:
        plain = globals()[name]

        def step(frame: FrameType, event: str, _arg: object) -> Any:
            if event == "line":
                lines.append(frame.f_lineno)
            return step

        def called(frame: FrameType, _event: str, _arg: object) -> Any:
            return step if frame.f_code is plain.__code__ else None

        def call(n: int) -> int:
            lines.clear()
            sys.settrace(called)
            try:
                return int(plain(n))
            finally:
                sys.settrace(None)

        return call

    return follow


def _pysnooper() -> Callable[[str], Any]:
    import pysnooper  # in an environment of its own

    return lambda name: pysnooper.snoop(output=os.devnull)(globals()[name])


def _snoop() -> Callable[[str], Any]:
    import snoop  # in an environment of its own

    out = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    snoop.install(out=out, color=False)
    return lambda name: snoop.snoop(globals()[name])


_STARTS = {"hotlog": _hotlog, "settrace": _settrace, "pysnooper": _pysnooper, "snoop": _snoop}


def measured(tool: str) -> dict[str, float]:
    """What one tool costs, in this process."""
    plain = {"work": _best_ns(work, ITERATIONS), "caller": _best_ns(caller, CALLEE_ITERATIONS)}
    follow = _STARTS[tool]()
    followed = {
        "work": _best_ns(follow("work"), ITERATIONS),
        "caller": _best_ns(follow("caller"), CALLEE_ITERATIONS),
    }
    return {
        "us_per_line": (followed["work"] - plain["work"]) / LINES / 1_000,
        "callee_times": followed["caller"] / plain["caller"],
    }


def _best_ns(call: Callable[[int], int], n: int) -> int:
    best = sys.maxsize
    for _ in range(REPS):
        start_ns = time.perf_counter_ns()
        call(n)
        best = min(best, time.perf_counter_ns() - start_ns)
    return best


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trace", description=__doc__)
    parser.add_argument("--worker", choices=TOOLS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        sys.stdout.write(json.dumps(measured(chosen.worker)))
        return 0
    from tests.bench.environments import NotInstallable, of_peer

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sys.stdout.write(f"Python {version}    µs per followed line    a callee is slower by\n")
    for tool in TOOLS:
        try:
            python = of_peer(tool).python if tool in {"pysnooper", "snoop"} else sys.executable
        except NotInstallable as why:
            sys.stdout.write(f"{tool:12}   {why}\n")
            continue
        ran = subprocess.run(
            [python, "-m", "tests.bench.trace", "--worker", tool],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            sys.stdout.write(f"{tool:12}   failed: {ran.stderr.strip().splitlines()[-1]}\n")
            continue
        found = json.loads(ran.stdout)
        sys.stdout.write(f"{tool:12} {found['us_per_line']:20.2f} {found['callee_times']:24.2f} times\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.modules.setdefault("tests.bench.trace", sys.modules["__main__"])
    sys.exit(main())
