"""What the layer costs a function: its first invocation and the ones after it, under AWS's runtime interface emulator.

    python -m tests.bench lambda_overhead [--python 3.13] [--rounds 7]

CPU time of the function's process says it: what a busy machine does to wall-clock times says nothing. A cold start is
all the process used until its handler was entered for the first time, start of the interpreter included; the variants
differ in hotlog alone. Rules are read over HTTP from a server in this process.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import hotlog
from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.rules.model import entry_of
from tests.support.lambda_runtime import EmulatorFunction
from tests.support.layers import own_layer
from tests.support.parameter_store import Server
from tests.support.pythons import versions, with_runtime_client

APP = """
import time


def handler(event, context):
    now_ns = time.process_time_ns()
    return now_ns
"""
RULE_AT = "app.py:7"
WARM = 300


class Cost(NamedTuple):
    """What one process used, in ms.

    Attributes:
        cold_cpu: until the handler was entered first.
        cold_wall: from the request that started the process to its answer.
        warm_cpu: of an invocation, on average.
        warm_wall: the same, its median.
    """

    cold_cpu: float
    cold_wall: float
    warm_cpu: float
    warm_wall: float


def variants(endpoint: dict[str, str]) -> dict[str, dict[str, str]]:
    """The variables of each variant; all of them have the layer's files in /opt."""
    wrapped = endpoint | {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec"}
    return {
        "without hotlog": {},
        "HOTLOG=off": wrapped | {"HOTLOG": "off"},
        "no rules": wrapped | {"AWS_LAMBDA_FUNCTION_NAME": "none"},
        "no rules, read every 30 s": wrapped | {"AWS_LAMBDA_FUNCTION_NAME": "none", "HOTLOG_REFRESH": "30"},
        "a log line per invocation": wrapped | {"AWS_LAMBDA_FUNCTION_NAME": "one"},
    }


def measure(task: Path, opt: Path, env: dict[str, str], python: Path) -> Cost:
    """One fresh process."""
    with EmulatorFunction(task, "app.handler", layer=opt, env=env, timeout_s=60, python=python) as running:
        start = time.perf_counter()
        first_ns = int(running.answer(b"0"))
        cold_wall = time.perf_counter() - start
        walls = []
        for _ in range(WARM):
            start = time.perf_counter()
            last_ns = int(running.answer(b"0"))
            walls.append(time.perf_counter() - start)
    warm_cpu = (last_ns - first_ns) / 1e6 / WARM
    return Cost(first_ns / 1e6, cold_wall * 1e3, warm_cpu, statistics.median(walls) * 1e3)


def compare(python: Path, rounds: int) -> dict[str, list[Cost]]:
    """Every variant, each in turn, so that all see the machine at its best and at its worst."""
    now = datetime.now(UTC)
    rule = hotlog.Rule(
        id="a",
        at=RULE_AT,
        message="now={now_ns}",
        limit=None,
        per_second=None,
        created=now,
        expires=now + timedelta(hours=1),
    )
    with tempfile.TemporaryDirectory() as name, Server().running() as server:
        folder = Path(name)
        task, opt = folder / "task", own_layer(folder / "opt", python)
        task.mkdir()
        (task / "app.py").write_text(APP)
        for function, rules in (("none", ()), ("one", (entry_of(rule),))):
            server.store.put(f"/hotlog/{function}", documents.dumps(Document(entries=rules)))
        found: dict[str, list[Cost]] = {}
        for _ in range(rounds):
            for variant, env in variants(server.env()).items():
                found.setdefault(variant, []).append(measure(task, opt, env, python))
    return found


def table(version: str, found: dict[str, list[Cost]]) -> str:
    """The best of all rounds, and what it is above the function alone."""
    bare = _best(found["without hotlog"])
    head = f"Python {version}, ms, best of {len(found['without hotlog'])} rounds"
    lines = [f"{head:<40} {'cold CPU':>16} {'cold wall':>16} {'warm CPU':>16} {'warm wall':>16}"]
    for variant, costs in found.items():
        best = _best(costs)
        cells = (f"{own:8.3f} ({own - base:+.3f})" for own, base in zip(best, bare, strict=True))
        lines.append(f"  {variant:<38} " + " ".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


def _best(costs: list[Cost]) -> Cost:
    return Cost(*(min(values) for values in zip(*costs, strict=True)))


def main() -> None:
    """Measure on every Python there is, and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench lambda_overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--python", action="append", choices=versions(), help="only this version")
    given = parser.parse_args()
    for version in given.python or versions():
        found = compare(with_runtime_client(version), given.rounds)
        sys.stdout.write(table(version, found) + "\n\n")


if __name__ == "__main__":
    main()
