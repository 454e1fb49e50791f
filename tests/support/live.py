"""A function that is deployed and runs: its code at the emulator of AWS, its process under Lambda's own runtime client."""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.deployed import deploy, files_below
from tests.support.lambda_runtime import LOG_STREAM
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply

ORDERS = ROOT / "examples" / "orders"
PATIENCE_S = 10


class Live:
    """The example as the function `orders`, with hotlog in its package.

    Args:
        aws: the account; what the function writes goes to its log group there, as Lambda would send it.
        running: its process.
    """

    def __init__(self, aws: Ministack, running: Function) -> None:
        self._logs = aws.client("logs")
        self._running = running
        self._group = {"logGroupName": "/aws/lambda/orders", "logStreamName": LOG_STREAM}
        self._logs.create_log_group(logGroupName=self._group["logGroupName"])
        self._logs.create_log_stream(**self._group)

    def invoke(self, event: str) -> Reply:
        """Invoke it with one of the example's events, and send what it wrote to its log group."""
        reply = self._running.invoke(event_of(event))
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
    """Deploy the example and start it.

    Args:
        aws: the account.
        runtime: what runs it.
        folder: where its files go.
    """
    task = folder / "task"
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ORDERS, task, ignore=without_caches)
    shutil.copytree(ROOT / "hotlog", task / "hotlog", ignore=without_caches)
    deploy(aws, "orders", files_below(task))
    shutil.copytree(
        ROOT / "hotlog", task / "hotlog", dirs_exist_ok=True
    )  # and bytecode: compiling takes long on a busy machine
    _give_time(task / "hotlog" / "limits.py")
    variables = aws.env() | {"AWS_LAMBDA_FUNCTION_NAME": "orders", "ORDERS_DB": str(folder / "orders.db")}
    with runtime(task, "app.handler", env=variables, timeout_s=PATIENCE_S) as running:
        yield Live(aws, running)
