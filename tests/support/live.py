"""A function that is deployed and runs: its code at the emulator of AWS, its process under Lambda's own runtime client."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.deployed import deploy, files_below
from tests.support.lambda_runtime import LOG_STREAM
from tests.support.places import ROOT
from tests.support.processes import run_python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply

ORDERS = ROOT / "examples" / "orders"
PATIENCE_S = 10


class Live:
    """A function that is deployed and runs, with hotlog in its package.

    Args:
        aws: the account; what the function writes goes to its log group there, as Lambda would send it.
        running: its process.
        name: of the function.
    """

    def __init__(self, aws: Ministack, running: Function, name: str) -> None:
        self._logs = aws.client("logs")
        self._running = running
        self._group = {"logGroupName": f"/aws/lambda/{name}", "logStreamName": LOG_STREAM}
        self._logs.create_log_group(logGroupName=self._group["logGroupName"])
        self._logs.create_log_stream(**self._group)

    def invoke(self, event: object) -> Reply:
        """Invoke it with an event, or one of the example's by name, and send what it wrote to its log group."""
        reply = self._running.invoke(event_of(event) if isinstance(event, str) else event)
        at_ms = int(time.time() * 1_000)
        lines = [{"timestamp": at_ms, "message": line} for line in reply.lines if line]
        if lines:
            self._logs.put_log_events(**self._group, logEvents=lines)  # type: ignore[arg-type]  # as boto3 takes them
        return reply


def _give_time(limits: Path) -> None:
    """Let a rule go in at once, however busy the machine is: what is recorded has one invocation for it."""
    before = limits.read_text()
    after = re.sub(
        r"^INSTALL_MAX_MS: Final = 200\b", "INSTALL_MAX_MS: Final = 10_000", before, flags=re.MULTILINE
    )
    assert after != before
    limits.write_text(after)


def event_of(name: str) -> Any:
    """An event of the example."""
    return json.loads((ORDERS / "events" / f"{name}.json").read_text())


@contextmanager
def live_orders(aws: Ministack, runtime: type[Function], folder: Path) -> Iterator[Live]:
    """Deploy the example as the function `orders`, and start it."""
    with live(aws, runtime, folder, ORDERS, variables={"ORDERS_DB": str(folder / "orders.db")}) as running:
        yield running


@contextmanager
def live(  # each is one fact of a function
    aws: Ministack,
    runtime: type[Function],
    folder: Path,
    source: Path,
    *,
    name: str = "orders",
    handler: str = "app.handler",
    variables: Mapping[str, str] | None = None,
) -> Iterator[Live]:
    """Deploy an application and start it.

    Args:
        aws: the account.
        runtime: what runs it.
        folder: where its files go.
        source: the application's files.
        name: of the function.
        handler: such as `app.handler`.
        variables: its environment, beside what every function has.
    """
    task = folder / "task"
    without_caches = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(source, task, ignore=without_caches)
    shutil.copytree(ROOT / "hotlog", task / "hotlog", ignore=without_caches)
    deploy(aws, name, files_below(task), handler=handler)
    shutil.copytree(
        ROOT / "hotlog", task / "hotlog", dirs_exist_ok=True
    )  # and bytecode: compiling takes long on a busy machine
    _give_time(task / "hotlog" / "limits.py")
    environment = aws.env() | {"AWS_LAMBDA_FUNCTION_NAME": name} | dict(variables or {})
    with runtime(task, handler, env=environment, timeout_s=PATIENCE_S) as running:
        yield Live(aws, running, name)


def command(aws: Ministack, *words: str) -> str:
    """Run `hotlog WORDS` in a process of its own, for that account; what it says on stdout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    ran = run_python("-m", "hotlog.cli", *words, environ=clean | aws.env())
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
