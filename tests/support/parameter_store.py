"""A model of AWS Systems Manager Parameter Store, where the emulators are kinder than AWS.

As in AWS: versions count up, 100 are kept, there is no conditional write, `{{…}}` is refused, a value has 4 KB, or 8 KB
with the advanced tier. `Server` speaks it over HTTP, with faults.
"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from hotlog.stores import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS_KEPT = 100
PAGE_MAX = 50


class RefusedError(Exception):
    """AWS says no, with one of its codes."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass
class ParameterStore:
    """All parameters of one account and Region."""

    versions: dict[str, list[Answer]] = field(default_factory=dict)
    tiers: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, text: str, tier: str = "") -> int:
        if "{{" in text and "}}" in text:
            raise RefusedError("ValidationException", "Parameter value can't nest another parameter.")
        advanced = "Advanced" in {tier, self.tiers.get(name)}
        if len(text.encode()) > (8192 if advanced else 4096):
            raise RefusedError(
                "ValidationException", "Standard tier parameters support a maximum of 4096 characters."
            )
        if tier == "Standard" and advanced:
            raise RefusedError("ValidationException", "You can't downgrade a parameter.")
        self.tiers[name] = "Advanced" if advanced else "Standard"
        kept = self.versions.setdefault(name, [])
        number = kept[-1].version + 1 if kept else 1
        kept.append(Answer(text, number, time.time()))
        del kept[:-VERSIONS_KEPT]
        return number

    def get(self, name: str) -> Answer:
        if not self.versions.get(name):
            raise RefusedError("ParameterNotFound")
        return self.versions[name][-1]

    def history(self, name: str) -> list[Answer]:
        self.get(name)
        return list(self.versions[name])


@dataclass
class Faults:
    """What goes wrong, as shares of the requests from 0 to 1.

    Attributes:
        throttle: refused, nothing done.
        silent_before: nothing done, no answer until the client gives up.
        silent_after: done, no answer until the client gives up.
        fail_after: done, and answered with status 500.
        delay_s: up to so long before anything is done.
        canned: the answer to everything: status, body, further headers.
    """

    throttle: float = 0
    silent_before: float = 0
    silent_after: float = 0
    fail_after: float = 0
    delay_s: float = 0
    canned: tuple[int, bytes, dict[str, str]] | None = None


class Server:
    """Parameter Store over HTTP on a free loopback port."""

    def __init__(self) -> None:
        self.store = ParameterStore()
        self.faults = Faults()
        self.random = random.Random(7)  # noqa: S311  (dice of a test)
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.denied: set[str] = set()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._http = _Http(self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def env(self) -> dict[str, str]:
        """What makes boto3 in another process come here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self._http.shutdown()
            thread.join()
            self._http.hang_up()
            self._http.server_close()

    @property
    def connections(self) -> int:
        """How many connections clients have opened so far."""
        return self._http.connections

    def chance(self, share: float) -> bool:
        return share > 0 and self.random.random() < share

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        if action in self.denied:
            raise RefusedError("AccessDeniedException", f"not authorized to perform: ssm:{action}")
        with self.lock:
            self.requests.append((action, request))
            return getattr(self, f"_{action}")(request)  # type: ignore[no-any-return]

    def _PutParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  (AWS's names)
        number = self.store.put(request["Name"], request["Value"], request.get("Tier", ""))
        return {"Version": number, "Tier": self.store.tiers[request["Name"]]}

    def _GetParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Parameter": _told(request["Name"], self.store.get(request["Name"]))}

    def _GetParameterHistory(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._page(
            [_told(request["Name"], one) for one in self.store.history(request["Name"])], PAGE_MAX, request
        )

    def _GetParametersByPath(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        names = sorted(name for name in self.store.versions if name.rpartition("/")[0] == request["Path"])
        return self._page([_told(name, self.store.get(name)) for name in names], 10, request)

    @staticmethod
    def _page(found: list[dict[str, Any]], size: int, request: dict[str, Any]) -> dict[str, Any]:
        start = int(request.get("NextToken", "0"))
        rest = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"Parameters": found[start : start + size], **rest}


def _told(name: str, answer: Answer) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "String",
        "Value": answer.text,
        "Version": answer.version,
        "LastModifiedDate": answer.modified,
        "LastModifiedUser": "arn:aws:iam::123456789012:user/ana",
    }


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, owner: Server) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner
        self._connections: set[socket.socket] = set()

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if isinstance(request, socket.socket):
            self._connections.add(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        """End the connections that clients keep open: their threads would wait for the next request."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def connections(self) -> int:
        """How many connections clients have opened so far."""
        return len(self._connections)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed or gave up is part of the test, no news for the terminal."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else headers and body are 40 ms apart
    server: _Http

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Quiet."""

    def do_POST(self) -> None:
        owner = self.server.owner
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].partition(".")[2]
        faults = owner.faults
        time.sleep(owner.random.random() * faults.delay_s)
        if faults.canned is not None:
            self._send(*faults.canned)
        elif owner.chance(faults.throttle):
            self._refuse(RefusedError("ThrottlingException", "Rate exceeded"))
        elif owner.chance(faults.silent_before):
            self._stay_silent()
        else:
            try:
                answer = owner.answer(action, request)
            except RefusedError as refused:
                self._refuse(refused)
                return
            if owner.chance(faults.silent_after):
                self._stay_silent()
            elif owner.chance(faults.fail_after):
                self._refuse(RefusedError("InternalServerError", "oops", status=500))
            else:
                self._send(200, json.dumps(answer).encode(), {})

    def _refuse(self, refused: RefusedError) -> None:
        body = {"__type": f"com.amazonaws.ssm#{refused.code}", "message": str(refused)}
        self._send(refused.status, json.dumps(body).encode(), {})

    def _stay_silent(self) -> None:
        self.server.owner.closing.wait(15)
        self.close_connection = True

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/x-amz-json-1.1",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
