"""One tool in a process of its own: takes orders as lines of JSON, measures, answers likewise.

    python -m tests.bench.worker TOOL FOLDER

Runs within the tool's virtual environment, so it needs nothing but the standard library. FOLDER holds the modules to be
probed. Descriptor 1 is where the tool's events go: nowhere while something is timed, to a file while it is counted.
"""

from __future__ import annotations

# What is not used here is what the managed runtime has loaded before it imports a handler: no tool pays for that.
import http  # noqa: F401
import importlib
import json
import logging  # noqa: F401
import os
import random  # noqa: F401
import signal  # noqa: F401
import sys
import time
import traceback  # noqa: F401
import types  # noqa: F401
import urllib.parse  # noqa: F401
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import targets
from tests.bench.tools.tool import Probe, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.bench.tools.tool import Tool

ANSWERS = 3  # a descriptor that no tool writes to

_Figures = dict[str, float]


class Bench:
    """A tool, the modules it probes, and the workloads.

    Args:
        tool: started already.
        folder: where the modules are.
        rep_s: how long one repetition of a timed loop takes, about.
        reps: repetitions; the fastest counts, because noise only ever adds.
    """

    def __init__(self, tool: Tool, folder: Path, *, rep_s: float, reps: int) -> None:
        self.tool, self.folder = tool, folder
        self.rep_s, self.reps = rep_s, reps
        self.module = importlib.import_module("bench_targets")
        self.text = (folder / "bench_targets.py").read_text(encoding="utf-8")

    def probe(self, name: str, **limits: Any) -> Probe:
        """The probe of a target."""
        target = targets.TARGETS[name]
        file = str(self.folder / "bench_targets.py")
        line = targets.line_of(name, self.text)
        return Probe("bench_targets", file, line, name, target.condition, target.message, **limits)

    def count(self, run: Callable[[], object]) -> int:
        """How many events come out while that runs."""
        path = self.folder / f"events-{os.getpid()}"
        self.tool.drain()
        with path.open("w+b") as file:
            _redirect(file.fileno())
            try:
                run()
                self.tool.drain()
            finally:
                _to_nowhere()
            file.seek(0)
            return self.tool.events(file.read())

    def added_ns(self, name: str, arguments: Callable[[], tuple[Any, ...]] = tuple) -> float:
        """What a run of the marked line costs more than in the twin."""
        probed, twin = self.timed_ns(name, arguments)
        return probed - twin

    def timed_ns(self, name: str, arguments: Callable[[], tuple[Any, ...]] = tuple) -> tuple[float, float]:
        """Nanoseconds per run of the marked line, in the probed function and in its twin."""
        probed, twin = self.tool.function(self.module, name), getattr(self.module, f"{name}_twin")
        n = self._calibrated(probed, arguments)
        times = [
            [self._once(function, n, arguments()) for function in (probed, twin)] for _ in range(self.reps)
        ]
        return min(time[0] for time in times) / n, min(time[1] for time in times) / n

    def _calibrated(self, function: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]]) -> int:
        """How many runs fill a repetition."""
        n = 20
        while True:
            took_ns = self._once(function, n, arguments())
            if took_ns >= self.rep_s * 1e9 / 4 or n >= 1_000_000:
                return max(3, min(1_000_000, int(n * self.rep_s * 1e9 / took_ns)))
            n *= 4

    def _once(self, function: Callable[..., Any], n: int, arguments: tuple[Any, ...]) -> int:
        self.tool.begin()
        self.tool.drain()
        start_ns = time.perf_counter_ns()
        targets_below(self.module, function, n, arguments)
        return time.perf_counter_ns() - start_ns

    # --- workloads: each returns figures, and `fired` beside `due` for what was counted ---

    def w1(self, name: str) -> _Figures:
        """A condition that is never true, in a hot loop."""
        self.tool.add([self.probe(name)])
        function = self.tool.function(self.module, name)
        try:
            fired = self.count(lambda: function(10, *targets.thrice(self.module, name)))
            never = self.count(lambda: function(1_000, *targets.never(self.module, name)))
            self.tool.settle()
            added = self.added_ns(name, lambda: targets.never(self.module, name))
        finally:
            self.tool.remove()
        due = 10 if name == "w1_str" else 3
        return {"fired": fired + never, "due": due, "ns": added}

    def w2(self) -> _Figures:
        """What is not probed, while something is and after it was."""
        self.tool.add([self.probe("w2_body"), self.probe("w2_call")])
        body, call = (self.tool.function(self.module, name) for name in ("w2_body", "w2_call"))
        try:
            fired = self.count(lambda: (body(5), call(5)))
            lines, line_twin = self.timed_ns("w2_body")
            other, other_twin = self.timed_ns("w2_other")
        finally:
            self.tool.remove()
        body, call = (self.tool.function(self.module, name) for name in ("w2_body", "w2_call"))
        gone = self.count(lambda: (body(5), call(5)))
        after, after_twin = self.timed_ns("w2_body")
        return {
            "fired": fired + gone,
            "due": 2,
            "lines": lines / line_twin,
            "other": other / other_twin,
            "removed": after / after_twin,
            "call_ns": self._calls_ns(call) - self._calls_ns(self.module.w2_call_twin),
        }

    def _calls_ns(self, function: Callable[[int], object]) -> float:
        """Of one call, from a loop of its own: the call is specialised for this function alone."""
        names: dict[str, Any] = {}
        exec("def calls(function, n):\n    for _ in range(n):\n        function(n)\n", names)  # noqa: S102
        n = 10_000
        times = []
        for _ in range(self.reps):
            start_ns = time.perf_counter_ns()
            names["calls"](function, n)
            times.append(time.perf_counter_ns() - start_ns)
        return min(times) / n

    def hits(self, name: str) -> _Figures:
        """Each run of the marked line is a hit that emits an event."""
        fired, added = self._measure(name, 7)
        return {"fired": fired, "due": 7, "us": added / 1_000}

    def w8(self, **limits: Any) -> _Figures:
        """Hits that emit nothing more, because of their limit or their rate."""
        fired, added = self._measure("w8_limited", 20, **limits)
        return {"fired": fired, "due": 1, "ns": added}

    def _measure(self, name: str, argument: int, **limits: Any) -> tuple[int, float]:
        """Probe a function; how often it fires in one call, and what that adds in nanoseconds."""
        self.tool.add([self.probe(name, **limits)])
        function = self.tool.function(self.module, name)
        try:
            return self.count(lambda: function(argument)), self.added_ns(name)
        finally:
            self.tool.remove()

    def w5(self) -> _Figures:
        """Installing: the first of the process, a warm one, many at once, and their removal. CPU time."""
        figures: _Figures = {}
        first = [self.probe("w3_log")]
        figures["first_ms"] = self._cpu_ms(lambda: self.tool.add(first))
        fired = self.count(lambda: self.tool.function(self.module, "w3_log")(3))
        self.tool.remove()
        figures["warm_ms"] = self._cpu_ms(lambda: self.tool.add(first))
        figures["remove_ms"] = self._cpu_ms(self.tool.remove)
        for number in range(targets.MODULES):
            importlib.import_module(f"bench_many_{number}")
        due = 3
        for many in (10, 100, 1_000):
            try:
                figures |= self._many(many)
            except Unsupported:
                break
            fired += int(figures.pop("fired"))
            due += many
        return {**figures, "fired": fired, "due": due}

    def _many(self, many: int) -> _Figures:
        """Install so many in one go, run each function once, remove them."""
        probes = []
        for number in range(many):
            at, function = divmod(number, targets.FUNCTIONS)
            name = f"bench_many_{at}"
            file = str(self.folder / f"{name}.py")
            probes.append(
                Probe(name, file, targets.many_line(function), f"f{function}", message="x={x} y={y}")
            )
        install_ms = self._cpu_ms(lambda: self.tool.add(probes))
        functions = [getattr(sys.modules[probe.module], probe.function) for probe in probes]
        fired = self.count(lambda: [function(20) for function in functions])
        remove_ms = self._cpu_ms(self.tool.remove)
        return {f"install_{many}_ms": install_ms, f"remove_{many}_ms": remove_ms, "fired": fired}

    def w7(self, rules: int) -> _Figures:
        """An invocation with so many rules that have not changed, of a handler that does nothing."""
        return {"fired": 0, "due": 0, "us": self.tool.invocation_us(rules, self.reps)}

    def _cpu_ms(self, run: Callable[[], object]) -> float:
        start_ns = time.process_time_ns()
        run()
        return (time.process_time_ns() - start_ns) / 1e6


def targets_below(
    module: ModuleType, function: Callable[..., Any], n: int, arguments: tuple[Any, ...]
) -> None:
    """Call it five frames deeper."""
    module.below(5, function, n, *arguments)


def _to_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    _redirect(nowhere)
    os.close(nowhere)


def _redirect(descriptor: int) -> None:
    os.dup2(descriptor, 1)
    stdout = sys.modules.get("hotlog.sinks.stdout")
    if stdout is not None:  # it writes to nothing that took the place of the old one without its knowledge
        stdout.note_descriptors()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Start the tool, then do as told until there are no more orders."""
    name, folder, rep_s, reps = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    answers = os.fdopen(os.dup(1), "w")
    _to_nowhere()
    sys.path.insert(0, str(folder))
    before_ns, before_mb = time.process_time_ns(), _resident_mb()
    tool: Tool = importlib.import_module(f"tests.bench.tools.{name}").TOOL()
    tool.start(folder)
    start = {"cpu_ms": (time.process_time_ns() - before_ns) / 1e6, "mb": _resident_mb() - before_mb}
    bench = Bench(tool, folder, rep_s=rep_s, reps=reps)
    print(json.dumps({"version": tool.version(), "start": start}), file=answers, flush=True)
    for line in sys.stdin:
        workload, arguments, options = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = getattr(bench, workload)(*arguments, **options)
        except Unsupported as why:
            answer = {"unsupported": str(why)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
