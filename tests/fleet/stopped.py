"""`python -m tests.fleet.stopped`: `hotlog stop` while many environments are invoked once a second: when the last hit was.

Each environment is a process with the real runtime client under a Runtime API, frozen between two invocations, and reads its
rules from ministack over HTTP. Half of them read at each invocation, half by `auto`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.fleet.account import document
from tests.support.emulators import Ministack
from tests.support.lambda_runtime import ApiFunction

WRAPPED = """\
import hotlog

@hotlog.wrap
def handler(event, context):
    total = event
    return total
"""
POLICIES = ("each", "auto")


class Environment(threading.Thread):
    """One environment and its caller.

    Attributes:
        hits: when its rule logged, by the wall clock.
        served: how many invocations it has answered.
    """

    def __init__(
        self, task: Path, env: dict[str, str], name: str, begins_s: float, ends: threading.Event
    ) -> None:
        super().__init__()
        self.hits: list[float] = []
        self.served = 0
        self._begins_s, self._ends = begins_s, ends
        self._function = ApiFunction(
            task, "app.handler", env=env | {"AWS_LAMBDA_FUNCTION_NAME": name}, timeout_s=60
        )

    def run(self) -> None:
        with self._function as function:
            self._ends.wait(self._begins_s)
            while not self._ends.is_set():
                began_s = time.monotonic()
                reply = function.invoke(self.served)
                self.served += 1
                if any('"hotlog":"log"' in line for line in reply.lines):
                    self.hits.append(time.time())
                self._ends.wait(max(0.0, began_s + 1 - time.monotonic()))


def main() -> None:
    """Start them, wait for hits of all, stop, and say when the last hit was."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.stopped", description=__doc__)
    parser.add_argument("--environments", type=int, default=100)
    parser.add_argument("--warm", type=float, default=60.0, help="seconds before the stop")
    parser.add_argument("--after", type=float, default=60.0, help="seconds after it")
    given = parser.parse_args()
    ends = threading.Event()
    with Ministack() as aws, tempfile.TemporaryDirectory() as folder:
        task = Path(folder)
        (task / "app.py").write_text(WRAPPED)
        for number in range(10):
            rules = json.loads(document()) | {"refresh": 18}
            rules["rules"][0] |= {"at": "app.py:6", "limit": None, "per_second": None}
            aws.client("ssm").put_parameter(
                Name=f"/hotlog/orders-{number}", Value=json.dumps(rules), Type="String"
            )
        environments = [
            (policy, Environment(task, aws.env() | {"HOTLOG_REFRESH": policy}, f"orders-{number % 10}", number / 10, ends))
            for number in range(given.environments)
            for policy in [POLICIES[number % 2]]
        ]  # fmt: skip
        for _, environment in environments:
            environment.start()
        time.sleep(given.environments / 10 + given.warm)
        began_s = time.time()
        ran = subprocess.run(
            [sys.executable, "-m", "hotlog.cli", "stop"], env=os.environ | aws.env(), check=True, capture_output=True, text=True
        )  # fmt: skip
        took_s = time.time() - began_s
        time.sleep(given.after)
        ends.set()
        for _, environment in environments:
            environment.join()
        sys.stdout.write(f"{ran.stderr}{ran.stdout}`hotlog stop` took {took_s:.1f} s\n")
        for policy in POLICIES:
            own = [environment for each, environment in environments if each == policy]
            hits = [at_s - began_s - took_s for environment in own for at_s in environment.hits]
            hitting = sum(any(at_s < began_s for at_s in environment.hits) for environment in own)
            sys.stdout.write(
                f"{policy}: {len(own)} environments, {sum(each.served for each in own)} invocations, {hitting} hit before the stop; "
                f"last hit {max(hits):+.1f} s after the stop's end, {max(hits) + took_s:.1f} s after its begin\n"
            )


if __name__ == "__main__":
    main()
