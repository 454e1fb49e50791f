"""`python -m tests.fleet.account`: many functions of an account over HTTP, each verb by one command, one of them interrupted.

The account is ministack; the first function that is attached really starts, under a Runtime API. Prints how long each command took.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from tests.support.deployed import ROLE, RUNTIME, zipped
from tests.support.emulators import Ministack
from tests.support.lambda_runtime import EmulatorFunction
from tests.support.lambda_service import LambdaService

APP = {"app.py": "def handler(event, context):\n    total = 1\n    return total\n"}


def document() -> str:
    """Return a document with one live rule."""
    now = datetime.now(UTC)
    times = {
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{now + timedelta(hours=6):%Y-%m-%dT%H:%M:%SZ}",
    }
    rule = {"id": "k3f9", "at": "app.py:3", "text": "return total", "message": "total={total}", **times}
    return json.dumps({"v": 1, "base": 0, "rules": [rule]})


def run(env: dict[str, str], *words: str, interrupt_after_s: float = 0.0) -> float:
    """Run a command; say what came of it and return how long it took."""
    began_s = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "hotlog.cli", *words],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # no thread runs yet
    )
    if interrupt_after_s:
        time.sleep(interrupt_after_s)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    took_s = time.monotonic() - began_s
    last = [line for line in err.splitlines() if line.strip()][-1:]
    sys.stdout.write(
        f"| `hotlog {' '.join(words)}` | {took_s:.0f} s | exit {process.returncode}, {len(out.splitlines())} lines; {' '.join(last)} |\n"
    )
    sys.stdout.flush()
    return took_s


def main() -> None:
    """Make the functions, then attach, pause, resume, inspect and detach them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.account", description=__doc__)
    parser.add_argument("--functions", type=int, default=500)
    parser.add_argument(
        "--interrupt", type=float, default=60.0, help="the first attach, after so many seconds"
    )
    given = parser.parse_args()
    with Ministack() as aws, LambdaService(aws, EmulatorFunction) as service:
        package, client = zipped(APP), aws.client("lambda")
        for number in range(given.functions):
            name = f"orders-{number:03}"
            client.create_function(
                FunctionName=name,
                Runtime=RUNTIME,
                Handler="app.handler",
                Role=ROLE,
                Timeout=30,
                Code={"ZipFile": package},
            )
            aws.client("ssm").put_parameter(Name=f"/hotlog/{name}", Value=document(), Type="String")
        env = os.environ | aws.env() | {"AWS_ENDPOINT_URL": service.url}
        run(env, "attach", "orders-*", "--yes", interrupt_after_s=given.interrupt)
        run(env, "attach", "orders-*", "--yes")
        for words in (
            ("ls", "--everywhere"), ("status", "orders-*"), ("pause", "orders-*", "--yes"), ("resume", "orders-*", "--yes"),
            ("stop",), ("start",), ("ls", "orders-*"), ("clear", "orders-*", "--yes"), ("detach", "orders-*", "--yes"),
            ("gc",),
        ):  # fmt: skip
            run(env, *words)


if __name__ == "__main__":
    main()
