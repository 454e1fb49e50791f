"""The Runtime API, as far as the runtime client uses it: hands out invocations, takes the answers, freezes.

One `RuntimeApi` serves one process.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from tests.support.processes import end

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

_LOOK_EVERY_S = 0.02


class Invocation(NamedTuple):
    """One event on its way to the handler."""

    event: bytes
    request_id: str
    timeout_s: float

    @classmethod
    def of(cls, event: bytes, timeout_s: float) -> Invocation:
        """An invocation with a request id of its own."""
        return cls(event, str(uuid.uuid4()), timeout_s)


class RuntimeApi:
    """Serves one process on a free loopback port.

    Args:
        freezes: stop the process while it waits for an invocation.

    Attributes:
        address: host and port.
    """

    def __init__(self, *, freezes: bool) -> None:
        self._freezes = freezes
        self._server = _Server()
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK_EVERY_S,))
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, process: subprocess.Popen[bytes]) -> None:
        """Serve this process from now on."""
        self._process = process
        self._thread.start()

    def give(self, invocation: Invocation) -> None:
        """Let the process go on with this invocation."""
        if self._freezes:
            self._signal(signal.SIGCONT)
        self._server.invocations.put(invocation)

    def restore(self) -> None:
        """Let the process go on as a copy of its snapshot (SnapStart)."""
        if self._freezes:
            self._signal(signal.SIGCONT)
        self._server.restored.set()

    def wait(self, timeout_s: float) -> tuple[str, bytes]:
        """What the process says next, and the body.

        Returns:
            `next` (it is ready for an invocation), `snapshot` (it is ready to be copied), `response`, `error`,
            `init-error`; `silence` where it said nothing for so long, `exit status N` or `signal N` where it ended.
        """
        give_up_at = time.monotonic() + timeout_s
        while time.monotonic() < give_up_at:
            code = self._process.poll() if self._process is not None else None
            try:
                what, body = self._server.said.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                if code is not None:
                    return (f"exit status {code}" if code >= 0 else f"signal {-code}"), b""
            else:
                if what in {"next", "snapshot"} and self._freezes:
                    self._freeze()
                return what, body
        return "silence", b""

    def kill(self) -> None:
        """End the process without a word to it."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End the process and the server."""
        if self._process is not None:
            end(self._process)
            self._server.restored.set()
            self._server.invocations.put(None)
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _freeze(self) -> None:
        self._signal(signal.SIGSTOP)
        if self._process is not None:  # it takes a moment to stand still
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, number)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined by `server_close`

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.invocations: queue.Queue[Invocation | None] = queue.Queue()
        self.said: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.restored = threading.Event()


class _Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else headers and body are 40 ms apart
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """A test's output is its own."""

    def do_GET(self) -> None:
        if self.path.endswith("/runtime/restore/next"):
            self.server.said.put(("snapshot", b""))
            self.server.restored.wait()
            self._send(200, b"", {})
            return
        assert self.path.endswith("/runtime/invocation/next"), self.path
        self.server.said.put(("next", b""))
        invocation = self.server.invocations.get()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + invocation.timeout_s) * 1_000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:function",
            "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
        }
        self._send(200, invocation.event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        what = self.path.rpartition("/")[2]
        self._send(202, b"", {})
        self.server.said.put(("init-error" if "/init/" in self.path else what, body))

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
