"""An HTTP proxy on this machine: tunnels by CONNECT, and forwards what names a whole URL."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


class ForwardProxy:
    """Takes what is sent to it on, and remembers what it was asked for.

    Args:
        wants: the authorization that it takes; empty: none is needed.
        answer: says this instead of connecting; empty: it does what it is asked.

    Attributes:
        asked: the head of each request, line by line.
        url: where it listens.
    """

    def __init__(self, wants: str = "", answer: bytes = b"") -> None:
        self.asked: list[list[str]] = []
        self._wants, self._answer = wants, answer
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    @contextmanager
    def running(self) -> Iterator[ForwardProxy]:
        """Listen for as long as the block runs."""
        with socket.create_server(("127.0.0.1", self._port)) as listening:
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
            yield self
            listening.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                part = client.recv(65_536)
                if not part:
                    return
                data += part
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            self.asked.append(lines)
            if self._answer:
                client.sendall(self._answer)
                return
            if self._wants and f"Proxy-Authorization: {self._wants}" not in lines:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            method, where, version = lines[0].split()
            place = urlsplit(f"//{where}" if method == "CONNECT" else where)
            with socket.create_connection((place.hostname or "", place.port or 80)) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    lines[0] = f"{method} {place.path} {version}"
                    server.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + rest)
                threading.Thread(target=_copy, args=(server, client), daemon=True).start()
                _copy(client, server)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
