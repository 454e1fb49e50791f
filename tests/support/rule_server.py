"""A server on this machine that answers GetParameter as a test tells it to, byte by byte: well, or with a fault.

Unlike `parameter_store.Server` it knows nothing of HTTP: whatever can go wrong on a connection can be written down here.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    Behaviour = Callable[["Exchange"], bool]  # whether the connection is kept

SECONDS_MAX = 10  # no fault lasts longer within one exchange


class Exchange(NamedTuple):
    """One request, and the way to answer it."""

    server: RuleServer
    connection: socket.socket
    headers: dict[str, str]
    body: bytes

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def wait(self, seconds: float) -> None:
        self.server.closing.wait(seconds)


class RuleServer:
    """Listens on a free loopback port.

    Attributes:
        behaviour: what it does with a request; may be changed at any time.
        accepting: what it does with a new connection before it reads from it; False: hang up.
        exchanges: all requests so far.
        connections: how many connections were opened.
    """

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour
        self.accepting: Callable[[], bool] = lambda: True
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.closing = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"

    @contextmanager
    def running(self) -> Iterator[RuleServer]:
        self._start(self._accept)
        try:
            yield self
        finally:
            self.closing.set()
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self.hang_up()
            for thread in self._threads:
                thread.join(SECONDS_MAX)

    def hang_up(self) -> None:
        """End every connection, as a server does with one that has been idle for long."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with suppress(OSError, ValueError), connection:
            if not self.accepting():
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                self._open.discard(connection)
                connection = self._tls.wrap_socket(connection, server_side=True)  # the same one, secured
                self._open.add(connection)
            with connection, connection.makefile("rb") as reader:
                while (exchange := self._read(connection, reader.readline, reader.read)) is not None:
                    self.exchanges.append(exchange)
                    if not self.behaviour(exchange):
                        break
        self._open.discard(connection)

    def _read(
        self, connection: socket.socket, line: Callable[[], bytes], read: Callable[[int], bytes]
    ) -> Exchange | None:
        if not line():
            return None
        headers = {}
        while (text := line().decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        return Exchange(self, connection, headers, read(int(headers["content-length"])))


# --- what a server may do ---------------------------------------------------------------------------------------------


def http(status: int, body: bytes, *, length: int | None = None, date_s: float | None = None) -> bytes:
    """A whole answer; `length` and `date_s` may lie."""
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Date: {formatdate(time.time() if date_s is None else date_s, usegmt=True)}",
        "Content-Type: application/x-amz-json-1.1",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join((*lines, "", "")).encode() + body


def found(text: str, version: int = 1, modified: float = 1_000.0) -> bytes:
    """The body of a good answer."""
    parameter = {
        "Name": "/hotlog/orders",
        "Type": "String",
        "Value": text,
        "Version": version,
        "LastModifiedDate": modified,
    }
    return json.dumps({"Parameter": parameter}).encode()


def answering(data: bytes) -> Behaviour:
    """Sends that, and keeps the connection."""

    def answer(exchange: Exchange) -> bool:
        exchange.send(data)
        return True

    return answer


def refusing(code: str, message: str = "no", status: int = 400) -> Behaviour:
    """Says no, in AWS's form."""
    return answering(http(status, json.dumps({"__type": code, "message": message}).encode()))


def silent(exchange: Exchange) -> bool:
    """No answer."""
    exchange.wait(SECONDS_MAX)
    return False


def slowly(data: bytes, every_s: float = 0.02) -> Behaviour:
    """A byte now and then: each comes within every time limit, all of them never."""

    def answer(exchange: Exchange) -> bool:
        for at in range(len(data)):
            if exchange.server.closing.is_set():
                return False
            exchange.send(data[at : at + 1])
            exchange.wait(every_s)
        return True

    return answer


def resetting(data: bytes) -> Behaviour:
    """Half of it, then a reset."""

    def answer(exchange: Exchange) -> bool:
        exchange.send(data[: len(data) - len(data) // 4])
        exchange.wait(0.02)  # else the reset may overtake the data
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return answer


def with_wrong_clock(answer: Behaviour, ahead_s: float) -> Behaviour:
    """Refuses signatures more than 5 minutes away from its own clock, as AWS does."""

    def behave(exchange: Exchange) -> bool:
        now_s = time.time() + ahead_s
        signed = time.strptime(exchange.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        import calendar

        if abs(calendar.timegm(signed) - now_s) < 300:
            return answer(exchange)
        body = {
            "__type": "InvalidSignatureException",
            "message": "Signature expired: it is now too late",
        }
        exchange.send(http(400, json.dumps(body).encode(), date_s=now_s))
        return True

    return behave
