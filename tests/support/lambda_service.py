"""Lambda's API over real HTTP, with functions that really run: configuration by ministack, `Invoke` by AWS's emulator.

ministack answers for everything but `Invoke`, which with it would run a handler without its exec wrapper. Here a
function is run as it is configured at that moment: its package and its layers, downloaded and laid over each other,
under the runtime interface emulator. What it writes goes to its log group, with Lambda's own lines around it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import tempfile
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.layers import unpack

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply

_INVOCATIONS = "/invocations"
_TIMED_OUT = "Sandbox.Timedout"
_OUT_OF_INIT = ("Runtime.", _TIMED_OUT)


class Refusal(NamedTuple):
    """What `Invoke` answers instead of running the function."""

    status: int
    code: str
    message: str = "no"


class Environment:
    """An execution environment: a function as it was configured when the environment started.

    Args:
        aws: where the function and its layers are.
        kind: of runtime.
        name: of the function.
        python: the interpreter; None: this process's own.
    """

    def __init__(self, aws: Ministack, kind: type[Function], name: str, python: Path | None = None) -> None:
        client = aws.client("lambda")
        found = client.get_function(FunctionName=name)
        settings = found["Configuration"]
        self.revision = settings["RevisionId"]
        self.is_cold = True
        self.stream = f"2026/01/01/[$LATEST]{uuid.uuid4().hex}"
        self._folder = tempfile.TemporaryDirectory(prefix="environment-")
        task, opt = Path(self._folder.name, "task"), Path(self._folder.name, "opt")
        task.mkdir()
        opt.mkdir()
        unpack(_downloaded(found["Code"]["Location"]), task)
        for layer in settings.get("Layers", []):
            content = client.get_layer_version_by_arn(Arn=layer["Arn"])["Content"]
            unpack(_downloaded(content["Location"]), opt)
        own = {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.stream,
            **settings.get("Environment", {}).get("Variables", {}),
        }
        self._function = kind(
            task,
            settings["Handler"],
            layer=opt,
            env=aws.env() | own,
            timeout_s=settings.get("Timeout", 3),
            python=python,
        )

    def invoke(self, event: object) -> Reply:
        """Run the handler once."""
        return self._function.invoke(event)

    def stop(self) -> None:
        """End it."""
        self._function.__exit__(None, None, None)
        self._folder.cleanup()


class LambdaService:
    """The endpoint.

    Args:
        aws: answers for everything but `Invoke`.
        kind: of runtime that functions run in.
        python: the interpreter of functions; None: this process's own.

    Attributes:
        url: of the endpoint.
        refusal: what `Invoke` answers, where it shall run nothing.
        payloads: of every `Invoke` that reached a function.
        drops: keys that are taken out of every answer of ministack.
        trouble: what is answered in the place of ministack: an account that throttles, credentials that are over.
    """

    def __init__(self, aws: Ministack, kind: type[Function], python: Path | None = None) -> None:
        self.url = ""
        self.refusal: Refusal | None = None
        self.payloads: list[object] = []
        self.drops: frozenset[str] = frozenset()
        self.trouble: Refusal | None = None
        self._aws, self._kind, self._python = aws, kind, python
        self._environments: dict[str, Environment] = {}
        self._lock = threading.Lock()
        self._server = _server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def request(self, name: str, event: object) -> Reply:
        """Invoke a function as its users do."""
        with self._lock:
            return self._run(name, event)

    def invoke(self, name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer `Invoke`: status, headers and body."""
        if self.refusal is not None:
            status, code, message = self.refusal
            return status, {"X-Amzn-ErrorType": code}, json.dumps({"Message": message}).encode()
        event = json.loads(body or b"null")
        self.payloads.append(event)
        reply = self.request(name, event)
        failed = {"X-Amz-Function-Error": "Unhandled"} if reply.failed else {}
        raw = reply.raw if not reply.failed else json.dumps(_error_of(reply)).encode()
        return 200, {"X-Amz-Executed-Version": "$LATEST", **failed}, raw

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Let ministack answer."""
        if self.trouble is not None:
            status, code, message = self.trouble
            return status, json.dumps({"__type": code, "message": message}).encode()
        host = self._aws.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.request(method, path, body, headers | {"Host": host})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if self.drops and data.startswith(b"{"):
            data = json.dumps({k: v for k, v in json.loads(data).items() if k not in self.drops}).encode()
        return answer.status, data

    def __enter__(self) -> Self:
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for environment in self._environments.values():
            environment.stop()

    def _run(self, name: str, event: object) -> Reply:
        environment = self._environment(name)
        began = time.time()
        reply = environment.invoke(event)
        lines, was_cold = list(reply.lines), environment.is_cold
        kind = _error_of(reply)["errorType"] if reply.failed else ""
        failed_in_init = was_cold and kind.startswith(_OUT_OF_INIT)
        if was_cold:
            lines.insert(0, "INIT_START Runtime Version: python:3.v1\tRuntime Version ARN: arn")
        if failed_in_init:
            status = "timeout" if kind == _TIMED_OUT else f"error\tError Type: {kind}"
            lines.append(f"INIT_REPORT Init Duration: 10.00 ms\tPhase: init\tStatus: {status}")
            self._environments.pop(name).stop()
        elif was_cold:
            lines.append(
                f"REPORT RequestId: {reply.request_id}\tDuration: 1.00 ms\tInit Duration: 10.00 ms\t"
            )
        environment.is_cold = False
        self._log(name, environment.stream, lines, began)
        return reply

    def _environment(self, name: str) -> Environment:
        revision = self._aws.client("lambda").get_function_configuration(FunctionName=name)["RevisionId"]
        there = self._environments.get(name)
        if there is None or there.revision != revision:
            if there is not None:
                there.stop()
            there = self._environments[name] = Environment(self._aws, self._kind, name, self._python)
        return there

    def _log(self, name: str, stream: str, lines: list[str], began_s: float) -> None:
        logs, group = self._aws.client("logs"), f"/aws/lambda/{name}"
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        at_ms = int(began_s * 1_000)
        events = [{"timestamp": at_ms + number, "message": line} for number, line in enumerate(lines)]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)  # type: ignore[arg-type]


def _error_of(reply: Reply) -> dict[str, Any]:
    """The error as Lambda tells it: the emulator tells a time-out in plain words, and of an exit nothing."""
    if isinstance(reply.payload, dict):
        return reply.payload
    if reply.raw:
        return {"errorType": _TIMED_OUT, "errorMessage": str(reply.payload)}
    return {
        "errorType": "Runtime.ExitError",
        "errorMessage": "Error: Runtime exited with error: exit status 1",
    }


def _downloaded(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # the emulator's own
        data: bytes = answer.read()
    return data


def _server(service: LambdaService) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            headers: dict[str, str] = {}
            if self.command == "POST" and path.endswith(_INVOCATIONS):
                status, headers, data = service.invoke(path.split("/")[-2], body)
            else:
                status, data = service.forward(self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """A test's output is its own."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
