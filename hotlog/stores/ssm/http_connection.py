"""One HTTP connection, kept open, on which every wait ends with a deadline of the whole request.

A socket knows a time limit per call only: a server that sends a byte now and then would hold a request, and the
invocation around it, for as long as it likes. And nothing limits the look-up of a name. So all waits go through
`_Limited`, and a new connection is dialled in a thread that is waited for, and left alone when it takes too long.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.namedtuple import NamedTuple
from hotlog.stores.ssm.http_response import receive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.stores.ssm.http_response import HttpResponse
    from hotlog.stores.ssm.proxy import Proxy

PORTS: Final = {"https": 443, "http": 80}
_PACKET_BYTES = 65_536


class Endpoint(NamedTuple):
    """Where a server is.

    Attributes:
        host: its name or address.
        port: its port.
        secure: whether it speaks TLS.
        ca_bundle: file of the authorities that are trusted; empty: the system's.
        proxy: what stands in the way.
    """

    host: str
    port: int
    secure: bool = True
    ca_bundle: str = ""
    proxy: Proxy | None = None

    @property
    def host_header(self) -> str:
        """Return what a request calls it: its host, and the port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


class Connection:
    """A connection to one server; opened when needed, closed after any error.

    Args:
        place: where the server is.
        clock: monotonic seconds, for deadlines.
        wall_clock: seconds since the epoch, to see how long a connection has lain idle: a frozen environment's monotonic
            clock may have stood still.
    """

    def __init__(
        self,
        place: Endpoint,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.place = place
        self._clock, self._wall_clock = clock, wall_clock
        self._socket: _Limited | None = None
        self._dial: _Dial | None = None
        self._used_s, self._process = 0.0, 0

    def post(self, body: bytes, headers: Mapping[str, str], deadline: float) -> HttpResponse:
        """Post to `/`; post once more on a new connection where the server has closed the kept one.

        Args:
            body: what to send.
            headers: all of them but those that say how long and how encoded the body is.
            deadline: on the clock; later than that only what has already arrived is taken.

        Raises:
            OSError: `TimeoutError` among others.
            ValueError: the name of the host can't be one, or the answer is not HTTP.
        """
        opened = self._socket is not None and self._is_fresh()
        if not opened:
            self.close()
        try:
            return self._post(body, headers, deadline)
        except OSError as fault:
            if not opened or isinstance(fault, TimeoutError) or internal_errors.is_async_exception(fault):
                raise
        return self._post(body, headers, deadline)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.hang_up()
            self._socket = None

    def _post(self, body: bytes, headers: Mapping[str, str], deadline: float) -> HttpResponse:
        limited = self._socket or self._connect(deadline)
        self._socket = (
            None  # until all has gone well: whatever ends it otherwise leaves half an answer in there
        )
        limited.deadline = deadline
        try:
            limited.send(_head(self.place, headers, len(body)) + body)
            reply = receive(limited.receive)
        except BaseException:
            limited.hang_up()
            raise
        if reply.keeps:
            self._socket, self._used_s, self._process = limited, self._wall_clock(), os.getpid()
        else:
            limited.hang_up()
        return reply

    def _is_fresh(self) -> bool:
        """Return whether the connection may still work: not long idle, and not inherited by a fork."""
        idle_s = self._wall_clock() - self._used_s
        return 0 <= idle_s < limits.CONNECTION_IDLE_MAX_S and self._process == os.getpid()

    def _connect(self, deadline: float) -> _Limited:
        """Return a new connection; one that came too late for the request before is used first."""
        dial, self._dial = self._dial, None
        if dial is None or dial.is_over(self._wall_clock()):
            dial = _Dial(self.place, self._wall_clock())
        dial.join(max(0.0, deadline - self._clock()))
        if dial.is_alive():
            self._dial = dial
            raise TimeoutError(f"no connection to {self.place.host} in time")
        return _Limited(dial.opened(), self._clock)


def _head(place: Endpoint, headers: Mapping[str, str], length: int) -> bytes:
    """Return the request's head, made here: `http.client` would double the time of a request.

    Raises:
        ValueError: a header's value would end its line.
    """
    lines = [f"{name}: {value}" for name, value in headers.items()]
    where = "/"
    if place.proxy is not None and not place.secure:  # no tunnel: the proxy itself asks
        where, lines = f"http://{place.host_header}/", [*place.proxy.headers, *lines]
    lines = [
        f"POST {where} HTTP/1.1",
        *lines,
        f"Content-Length: {length}",
        "Accept-Encoding: identity",
        "",
        "",
    ]
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError("a credential holds a line break")
    return head.encode("latin-1")


class _Dial(threading.Thread):
    """A connection in the making: looking up the name, connecting, TLS. Ends by itself."""

    def __init__(self, place: Endpoint, now_s: float) -> None:
        self._place, self._began_s = place, now_s
        self._open_socket: socket.socket | None = None
        self._fault: Exception | None = None
        try:
            super().__init__(name="hotlog-dial", daemon=True)
            self.start()
        except RuntimeError as fault:  # no more threads are allowed here
            raise OSError(str(fault)) from fault

    def run(self) -> None:
        try:
            self._open_socket = _open_socket(self._place)
        except (OSError, ValueError) as fault:
            self._fault = fault

    def is_over(self, now_s: float) -> bool:
        """Return whether the connection is of no use: it failed, or the server has closed it by now."""
        if self.is_alive():
            return False  # one that hangs is enough: the resolver lets go in the end
        old = not 0 <= now_s - self._began_s < limits.DIAL_MAX_S
        if old and self._open_socket is not None:
            self._open_socket.close()
        return old or self._fault is not None

    def opened(self) -> socket.socket:
        """Return the connected socket; raise what stopped the connection."""
        if self._open_socket is None:
            raise self._fault or OSError("interrupted")
        return self._open_socket


def _open_socket(place: Endpoint) -> socket.socket:
    first = place.proxy or place
    # Text would be looked up by way of the IDNA codec: 2 ms of a cold start.
    host, address = place.host.encode("ascii"), (first.host.encode("ascii"), first.port)
    opened = socket.create_connection(address, limits.DIAL_MAX_S)  # type: ignore[arg-type]  # it takes both
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if place.secure and place.proxy is not None:
            from hotlog.stores.ssm.proxy import open_tunnel  # most functions have no proxy

            open_tunnel(opened, place.proxy, place.host, place.port)
        if place.secure:
            import ssl  # 6 ms of a cold start, and an endpoint on this machine does without

            context = ssl.create_default_context(cafile=place.ca_bundle or None)
            return context.wrap_socket(opened, server_hostname=host)
    except BaseException:
        opened.close()
        raise
    return opened


class _Limited:
    """A socket on which each wait is no longer than until the deadline."""

    def __init__(self, opened: socket.socket, clock: Callable[[], float]) -> None:
        self._socket, self._clock = opened, clock
        self.deadline = 0.0
        self.hang_up = weakref.finalize(self, opened.close)

    def send(self, data: bytes) -> None:
        self._limit()
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """Return the next bytes; empty where the server hung up. Past the deadline only what is there."""
        waits = self._limit()
        try:
            return self._socket.recv(_PACKET_BYTES)
        except OSError as fault:
            if waits:
                raise
            raise TimeoutError("no answer in time") from fault

    def _limit(self) -> bool:
        """Set the time that is left; False where none is."""
        left_s = max(0.0, self.deadline - self._clock())
        self._socket.settimeout(left_s)
        return left_s > 0.0
