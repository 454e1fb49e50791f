"""A handler under the real `awslambdaric`, in a process of its own, as Lambda runs it. Two runtimes, one interface:

    with EmulatorFunction(task_dir, "app.handler", env={"STAGE": "test"}) as function:
        reply = function.invoke({"id": 7})

- `EmulatorFunction`: AWS's own runtime interface emulator, with the function in `/var/task` and its layer in `/opt`.
- `ApiFunction`: a Runtime API of this module; needs no rights and no download, and freezes the process between two
  invocations as Lambda does.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from tests.support.pythons import with_runtime_client
from tests.support.runtime.api import Invocation, RuntimeApi
from tests.support.runtime.emulator import Emulator, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

RUNTIME_DIR = Path(__file__).parent / "runtime" / "start"  # alone there: a function finds what lies beside it
INIT_MAX_S = 10  # as in Lambda
_INVOCATIONS_MAX = 30
LOG_STREAM = "2026/01/01/[$LATEST]0"
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

_PLATFORM_LINE = re.compile(r"(START|END|REPORT) RequestId: |.* \(rapid\) ")
_STARTED = re.compile(r"^START RequestId: (\S+)", re.MULTILINE)


class Reply(NamedTuple):
    """What came of one invocation.

    Attributes:
        raw: the answer, byte for byte.
        payload: the same as data; where it is no JSON, as text.
        failed: the handler raised, did not finish in time or took its process along. The emulator marks none of
            these, so an answer counts as failed that is no JSON or has both `errorType` and `errorMessage`.
        request_id: of the invocation.
        lines: what the function wrote to stdout and stderr meanwhile, init included, without the platform's lines.
    """

    raw: bytes
    payload: Any
    failed: bool
    request_id: str
    lines: list[str]


class Function(ABC):
    """One function with one execution environment, which starts with the first invocation.

    Args:
        task_dir: what would be `/var/task`.
        handler: such as `app.handler`.
        env: variables of the function's configuration.
        layer: what would be `/opt`.
        timeout_s: how long an invocation may take.
        python: the interpreter, with `awslambdaric`; None: this process's own.
    """

    name: ClassVar[str]

    def __init__(
        self,
        task_dir: Path,
        handler: str,
        *,
        env: Mapping[str, str] | None = None,
        layer: Path | None = None,
        timeout_s: int = 3,
        python: Path | None = None,
    ) -> None:
        # A layer is tried where nothing of this checkout can be imported: what is installed here would win over it.
        self.python = python or (with_runtime_client(_VERSION) if layer else Path(sys.executable))
        self.task_dir, self.handler, self.layer, self.timeout_s = task_dir, handler, layer, timeout_s
        self._env = dict(env or {})
        self._folder = tempfile.TemporaryDirectory(prefix="function-")
        self._log = Path(self._folder.name, "log")
        self._log.touch()

    @classmethod
    @abstractmethod
    def missing(cls) -> str:
        """Why functions cannot run so on this machine, in one sentence; empty where they can."""

    @abstractmethod
    def answer(self, event: bytes) -> bytes:
        """Invoke the handler once and return its answer."""

    @abstractmethod
    def stop(self) -> None:
        """End every process."""

    def invoke(self, event: object = None) -> Reply:
        """Invoke the handler with an event.

        Args:
            event: anything that JSON can say.
        """
        start = len(self.log())
        raw = self.answer(json.dumps(event).encode())
        written = self.log()[start:]
        payload, failed = _judged(raw)
        lines = [line for line in written.splitlines() if not _PLATFORM_LINE.match(line)]
        return Reply(raw, payload, failed, _STARTED.findall(written)[-1], lines)

    def invoke_until_logged(self, event: object = None) -> Reply:
        """Invoke until there is an event of a log rule: on a busy machine a rule goes in over several invocations."""
        for _ in range(_INVOCATIONS_MAX):
            reply = self.invoke(event)
            if any('"hotlog":"log"' in line for line in reply.lines):
                return reply
        raise AssertionError(f"no rule has logged in {_INVOCATIONS_MAX} invocations:\n{self.log()}")

    def log(self) -> str:
        """All that was written so far, the platform's START, END and REPORT lines included."""
        return self._log.read_text(errors="replace")

    def variables(self, runtime_dir: str, task_root: str) -> dict[str, str]:
        """The whole environment of the function's process; nothing of this process's own gets in."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": self._folder.name,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": task_root,
            "LAMBDA_RUNTIME_DIR": runtime_dir,
            "LAMBDA_PYTHON": str(self.python),
            "_HANDLER": self.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{_VERSION}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout_s),
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
            "AWS_LAMBDA_LOG_STREAM_NAME": LOG_STREAM,
            **self._env,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()


def _judged(raw: bytes) -> tuple[Any, bool]:
    try:
        payload = json.loads(raw)
    except ValueError:  # the emulator reports a time-out in plain words
        return raw.decode(errors="replace"), True
    return payload, isinstance(payload, dict) and {"errorType", "errorMessage"} <= payload.keys()


def _runtime_client_missing() -> str:
    found = importlib.util.find_spec("awslambdaric")
    return "" if found else "awslambdaric is not installed (it comes with the extra `dev`)"


class EmulatorFunction(Function):
    """A function under AWS's runtime interface emulator."""

    name = "emulator"
    _emulator: Emulator | None = None

    @classmethod
    def missing(cls) -> str:
        return _runtime_client_missing() or unusable()

    def answer(self, event: bytes) -> bytes:
        if self._emulator is None:
            variables = self.variables("/var/runtime", "/var/task")
            shown = {"/var/task": self.task_dir, "/var/runtime": RUNTIME_DIR}
            if self.layer is not None:
                shown["/opt"] = self.layer
            self._emulator = Emulator(shown, "/var/runtime/bootstrap", self.handler, variables, self._log)
        return self._emulator.post(event)

    def stop(self) -> None:
        if self._emulator is not None:
            self._emulator.stop()


class ApiFunction(Function):
    """A function under a Runtime API of our own.

    Attributes:
        freezes: whether its process stands still between two invocations.
        asleep: called while it stands still: before each invocation but the first, and as a snapshot (SnapStart).
    """

    name = "runtime-api"
    freezes = True
    asleep: Callable[[], object] = staticmethod(lambda: None)
    _api: RuntimeApi | None = None

    @classmethod
    def missing(cls) -> str:
        return _runtime_client_missing()

    def answer(self, event: bytes) -> bytes:
        invocation = Invocation.of(event, self.timeout_s)
        self._write(f"START RequestId: {invocation.request_id} Version: $LATEST")
        answer = self._answer(invocation)
        self._write(f"END RequestId: {invocation.request_id}")
        return answer

    def stop(self) -> None:
        api, self._api = self._api, None
        if api is not None:
            api.stop()

    def kill(self) -> None:
        """End the process at once, as Lambda does with an environment that it needs no more."""
        if self._api is not None:
            self._api.kill()
        self.stop()

    def _answer(self, invocation: Invocation) -> bytes:
        if self._api is None:
            self._api = RuntimeApi(freezes=self.freezes)
            self._api.run(self._start(self._api.address))
            what, body = self._api.wait(INIT_MAX_S)
            if what == "snapshot":
                self.asleep()
                self._api.restore()
                what, body = self._api.wait(INIT_MAX_S)
            if what != "next":
                self.stop()
                return body if what == "init-error" else _exit_of(what, invocation)
        else:
            self.asleep()
        self._api.give(invocation)
        what, body = self._api.wait(self.timeout_s)
        if what in {"response", "error"}:
            following, _ = self._api.wait(
                self.timeout_s
            )  # what runs after the answer belongs to the invocation
            if following != "next":
                self.stop()
            return body
        self.stop()
        if what == "silence":
            return _failure(
                invocation, "Sandbox.Timedout", f"Task timed out after {self.timeout_s:.2f} seconds"
            )
        return _exit_of(what, invocation)

    def _start(self, address: str) -> subprocess.Popen[bytes]:
        variables = self.variables(str(RUNTIME_DIR), str(self.task_dir.resolve()))
        variables["AWS_LAMBDA_RUNTIME_API"] = address
        # Nowhere, where there is no layer: the /opt of this machine is none.
        variables["LAMBDA_LAYER_ROOT"] = str(self.layer or Path(self._folder.name, "no-layer"))
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(RUNTIME_DIR / "bootstrap")],
                env=variables,
                cwd=self.task_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _write(self, line: str) -> None:
        with self._log.open("a") as log:
            log.write(line + "\n")


def _exit_of(what: str, invocation: Invocation) -> bytes:
    return _failure(invocation, "Runtime.ExitError", f"Runtime exited with error: {what}")


def _failure(invocation: Invocation, kind: str, message: str) -> bytes:
    said = f"RequestId: {invocation.request_id} Error: {message}"
    return json.dumps({"errorType": kind, "errorMessage": said}).encode()


RUNTIMES: dict[str, type[Function]] = {kind.name: kind for kind in (EmulatorFunction, ApiFunction)}
