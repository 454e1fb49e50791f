"""One run: every tool in a process of its own, asked in turn, so that noise on the machine meets all of them alike."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tests.bench import targets
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.bench.environments import Environment

REPETITION_S, REPETITIONS = 0.002, 25
FRESH_ROUNDS = 3  # of what takes a peer half a minute

Figures = dict[str, float]


class Workload(NamedTuple):
    """What is measured.

    Attributes:
        key: its name in the results.
        order: the worker's method, its arguments and its options.
        only: the tools it is for; empty: all.
        fresh: it needs a process that has done nothing yet.
    """

    key: str
    order: tuple[str, list[Any], dict[str, Any]]
    only: tuple[str, ...] = ()
    fresh: bool = False


_PATCHING = (
    "hotlog",
    "ddtrace",
    "rook",
    "lightrun",
    "settrace",
    "monitoring",
    "hunter",
    "pysnooper",
    "snoop",
)

WORKLOADS = (
    *(
        Workload(name, ("w1", [name], {}))
        for name in ("w1_int", "w1_float", "w1_str", "w1_other", "w1_attribute", "w1_library")
    ),
    Workload("w2", ("w2", [], {}), _PATCHING),
    Workload("w3", ("hits", ["w3_log"], {})),
    Workload("w4", ("hits", ["w4_snapshot"], {})),
    Workload("w5", ("w5", [], {}), _PATCHING, fresh=True),
    *(Workload(f"w7_{rules}", ("w7", [rules], {}), ("hotlog",)) for rules in (0, 1, 10, 100)),
    Workload("w8_exhausted", ("w8", [], {"limit": 1}), _PATCHING),
    Workload("w8_rate_limited", ("w8", [], {"per_second": 0.001}), _PATCHING),
)


class Worker:
    """A process with one tool in it."""

    def __init__(self, environment: Environment, folder: Path, *, rep_s: float, reps: int) -> None:
        command = [
            environment.python,
            "-m",
            "tests.bench.worker",
            environment.name,
            str(folder),
            str(rep_s),
            str(reps),
        ]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**_plain_environment(), "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._name = environment.name
        self.hello = self._answer()

    def ask(self, order: Sequence[Any]) -> dict[str, Any]:
        """Have it measure one workload.

        Raises:
            RuntimeError: the process has ended; with what it said.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._log.seek(0)
            raise RuntimeError(f"{self._name} ended: {self._log.read().decode(errors='replace')[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()


def _plain_environment() -> dict[str, str]:
    """Of a Lambda function without credentials; nothing of the developer's own settings."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def run(
    environments: Sequence[Environment],
    *,
    rounds: int,
    rep_s: float = REPETITION_S,
    reps: int = REPETITIONS,
    say: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """Measure all tools with all workloads.

    Args:
        environments: the tools that are installed.
        rounds: how often; of each figure the median is taken.
        rep_s: how long one repetition takes, about.
        reps: repetitions within a round; of them the fastest.
        say: told what goes on.

    Returns:
        JSON-safe: when, where, and for each tool its version and the figures of each workload.

    Raises:
        RuntimeError: a tool's process ended; or what is not a peer emitted an event too many or too few. That of a peer
            is a finding: `fired` and `due` are among its figures.
    """
    seen: dict[tuple[str, str], list[Figures]] = {}
    versions: dict[str, str] = {}
    bytecode_ms: list[float] = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        _write_modules(folder)
        settings: Mapping[str, Any] = {"rep_s": rep_s, "reps": reps}
        workers = {each.name: stack.enter_context(Worker(each, folder, **settings)) for each in environments}
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            bytecode_ms.append(_import_bytecode_ms())
            for workload in WORKLOADS:
                for each in environments:
                    if workload.only and each.name not in workload.only:
                        continue
                    if workload.fresh and number >= FRESH_ROUNDS:
                        continue
                    if workload.fresh:
                        with Worker(each, folder, **settings) as fresh:
                            versions[each.name] = fresh.hello["version"]
                            seen.setdefault((each.name, "w6"), []).append(fresh.hello["start"])
                            figures = fresh.ask(workload.order)
                    else:
                        figures = workers[each.name].ask(workload.order)
                    if "unsupported" in figures:
                        continue
                    if figures["fired"] != figures["due"] and each.site_packages is None:
                        raise RuntimeError(
                            f"{each.name}, {workload.key}: {figures['fired']} events, {figures['due']} were due"
                        )
                    seen.setdefault((each.name, workload.key), []).append(figures)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "rounds": rounds,
        "import_bytecode_ms": statistics.median(bytecode_ms),
        "tools": {
            each.name: {
                "version": versions.get(each.name, ""),
                "figures": {
                    key: _medians(figures) for (name, key), figures in seen.items() if name == each.name
                },
            }
            for each in environments
        },
    }


def _write_modules(folder: Path) -> None:
    (folder / "bench_targets.py").write_text(targets.source(), encoding="utf-8")
    for number in range(targets.MODULES):
        (folder / f"bench_many_{number}.py").write_text(targets.many_source(), encoding="utf-8")


def _medians(rounds: Sequence[Figures]) -> Figures:
    return {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}


def _import_bytecode_ms() -> float:
    """What `import bytecode` costs a process like Lambda's: the measure of a first install."""
    program = (
        "import json, logging, os, time, traceback, urllib.parse, http, signal, random, types, importlib\n"
        "start = time.process_time_ns()\nimport bytecode\nprint((time.process_time_ns() - start) / 1e6)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)
