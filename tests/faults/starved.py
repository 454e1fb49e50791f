"""`python -m tests.faults.starved`: a function that has a tenth of a CPU.

The process is stopped for 90 of each 100 ms. It is invoked bare and wrapped, under a store that is well and under one that
is silent, and a rule is added on the way.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hotlog
from hotlog import limits
from hotlog.rules.document import Document, dumps
from hotlog.rules.model import entry_of
from tests.support.places import ROOT
from tests.support.rule_server import RuleServer, answering, found, http, silent

if TYPE_CHECKING:
    from tests.support.rule_server import Behaviour

RUNS_S, STOPS_S = 0.01, 0.09
INVOCATIONS, ADDED_AT = 40, 10

APP = """
import json, sys, time
import hotlog

def handler(event, context):
    end = time.process_time() + 0.002  # its own work: 2 ms of CPU
    while time.process_time() < end:
        pass
    return {"n": event}

if sys.argv[1] == "wrapped":
    handler = hotlog.wrap(handler)
sys.stdout.write("ready\\n")
sys.stdout.flush()
for number in range(int(sys.argv[2])):
    sys.stdin.readline()
    start = time.monotonic()
    right = handler(number, None) == {"n": number}
    sys.stdout.write(json.dumps({"right": right, "took_s": time.monotonic() - start}) + "\\n")
    sys.stdout.flush()
"""


class Life(NamedTuple):
    """What a function did that was invoked `INVOCATIONS` times.

    Attributes:
        right: how many results were right.
        took_ms: how long each invocation took.
        live_after: how many invocations after the rule was added logged its line first; None: none did.
    """

    right: int
    took_ms: list[float]
    live_after: int | None

    @property
    def median_ms(self) -> float:
        return statistics.median(self.took_ms)


def live(mode: str, *, store: str = "well") -> Life:
    """Let a function live on a tenth of a CPU.

    Args:
        mode: `bare` or `wrapped`.
        store: `well`, or `silent` from the moment on at which the rule would come.
    """
    now = datetime.now(UTC)
    rule = hotlog.Rule(
        at="app.py:6", message="m", per_second=None, created=now, expires=now + timedelta(hours=1)
    )
    with_rule = answering(http(200, found(dumps(Document(entries=(entry_of(rule),))), 2)))
    with (
        RuleServer(answering(http(200, found('{"v":1}')))).running() as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        Path(folder, "app.py").write_text(APP, encoding="utf-8")
        process = _started(folder, mode, server.url)
        try:
            return _through(process, server, silent if store == "silent" else with_rule)
        finally:
            process.kill()
            process.communicate()


def _through(process: subprocess.Popen[str], server: RuleServer, later: Behaviour) -> Life:
    lines = iter(process.stdout or ())
    assert next(lines) == "ready\n"
    over = threading.Event()
    starving = threading.Thread(target=_starve, args=(process, over))
    starving.start()
    took_ms, right, live_after = [], 0, None
    try:
        for number in range(INVOCATIONS):
            if number == ADDED_AT:
                server.behaviour = later
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            for line in lines:
                said: dict[str, Any] = json.loads(line)
                if "took_s" in said:
                    break
                if said.get("hotlog") == "log" and live_after is None:
                    live_after = number - ADDED_AT
            right += said["right"]
            took_ms.append(said["took_s"] * 1_000)
    finally:
        over.set()
        starving.join()
    return Life(right, took_ms, live_after)


def _starve(process: subprocess.Popen[str], over: threading.Event) -> None:
    while not over.is_set() and process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        over.wait(STOPS_S)
        process.send_signal(signal.SIGCONT)
        over.wait(RUNS_S)


def _started(folder: str, mode: str, endpoint: str) -> subprocess.Popen[str]:
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "LAMBDA_TASK_ROOT": folder,
        "AWS_LAMBDA_FUNCTION_NAME": "orders",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
    }
    command = [sys.executable, str(Path(folder, "app.py")), mode, str(INVOCATIONS)]
    return subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Print what each function did."""
    sys.stdout.write(f"{'':<34}{'right':>8}{'median ms':>12}{'slowest ms':>12}   rule live after\n")
    for name, life in {
        "bare": live("bare"),
        "wrapped": live("wrapped"),
        "wrapped, the store falls silent": live("wrapped", store="silent"),
    }.items():
        after = "" if life.live_after is None else f"{life.live_after} more invocations"
        sys.stdout.write(
            f"{name:<34}{life.right:>5}/{INVOCATIONS}{life.median_ms:>12.0f}{max(life.took_ms):>12.0f}   {after}\n"
        )
    sys.stdout.write(
        f"deadlines: {limits.REFRESH_TIMEOUT_MS} ms to read, {limits.FLUSH_TIMEOUT_MS} ms to flush\n"
    )


if __name__ == "__main__":
    main()
