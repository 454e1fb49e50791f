"""The faults, one after the other: what the server does, or what becomes of the way to it."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from hotlog.runtime.rule_poller import RulePoller
from tests.support.rule_server import (
    answering,
    http,
    refusing,
    resetting,
    silent,
    slowly,
    with_wrong_clock,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.support.rule_server import Behaviour, RuleServer

DAY_S = 86_400


class Fault(NamedTuple):
    """One fault.

    Attributes:
        name: for people.
        code: of the status event it makes; empty where it has no effect.
        during: brings it over a server that answers well with these bytes.
        waits: whether reads end with their deadline only.
    """

    name: str
    code: str
    during: Callable[[RuleServer, bytes], AbstractContextManager[None]]
    waits: bool = False

    @property
    def stops(self) -> bool:
        """Whether it is an emergency stop: all rules go at once."""
        return self.code in {"denied", "missing"}

    @property
    def is_read(self) -> bool:
        """Whether the store is well, and only what it holds is ill: then nothing becomes too old."""
        return self.code in {"document-damaged", "bad-rules"}


def _server(
    behave: Callable[[bytes], Behaviour],
) -> Callable[[RuleServer, bytes], AbstractContextManager[None]]:
    @contextmanager
    def during(server: RuleServer, good: bytes) -> Iterator[None]:
        before, server.behaviour = server.behaviour, behave(good)
        try:
            yield
        finally:
            server.behaviour = before

    return during


@contextmanager
def _unknown_name(server: RuleServer, _good: bytes) -> Iterator[None]:
    with _looked_up_by(_nobody_knows, server):
        yield


@contextmanager
def _hanging_name(server: RuleServer, _good: bytes) -> Iterator[None]:
    over = threading.Event()

    def hang(_host: bytes, port: int) -> int:
        over.wait(60)
        return port

    with _looked_up_by(hang, server):
        try:
            yield
        finally:
            over.set()


@contextmanager
def _refused_connection(server: RuleServer, _good: bytes) -> Iterator[None]:
    with socket.socket() as deaf:  # bound, and never listening
        deaf.bind(("127.0.0.1", 0))
        port: int = deaf.getsockname()[1]
        with _looked_up_by(lambda *_: port, server):
            yield


@contextmanager
def _no_handshake(server: RuleServer, _good: bytes) -> Iterator[None]:
    """Whoever connects is let in, and nobody speaks to him: TLS waits at the connection, others at their request."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port: int = mute.getsockname()[1]
        with _looked_up_by(lambda *_: port, server):
            yield


@contextmanager
def _part_missing(_server: RuleServer, _good: bytes) -> Iterator[None]:
    """A part of hotlog is not there: each read ends in an AttributeError of hotlog's own."""
    part = RulePoller._note_answer
    del RulePoller._note_answer
    try:
        yield
    finally:
        RulePoller._note_answer = part  # type: ignore[method-assign]


@contextmanager
def _looked_up_by(find_port: Callable[..., int], server: RuleServer) -> Iterator[None]:
    """Names are looked up so; the connections that stand are cut, else nobody would look."""
    real = socket.getaddrinfo

    def look_up(host: bytes, port: int, *rest: Any) -> object:
        return real(host, find_port(host, port), *rest)

    socket.getaddrinfo = look_up  # type: ignore[assignment]  # the resolver is no part of hotlog
    server.hang_up()
    try:
        yield
    finally:
        socket.getaddrinfo = real


def _nobody_knows(host: bytes, _port: int) -> NoReturn:
    raise socket.gaierror(socket.EAI_NONAME, f"{host.decode()} is unknown")


FAULTS = [
    Fault("throttled", "throttled", _server(lambda _: refusing("ThrottlingException"))),
    Fault("status 500", "unreachable", _server(lambda _: answering(http(500, b"<html>oops")))),
    Fault("slow: a byte every 20 ms", "unreachable", _server(slowly), waits=True),
    Fault("silent", "unreachable", _server(lambda _: silent), waits=True),
    Fault("reset in the body", "unreachable", _server(resetting)),
    Fault("no HTTP", "unreachable", _server(lambda _: answering(b"\x16\x03\x01 what?\r\n\r\n"))),
    Fault("no JSON", "unreachable", _server(lambda _: answering(http(200, b"<html>a login page")))),
    Fault("content length too long", "unreachable", _server(lambda _: answering(http(200, b"{}", length=9_999))), waits=True),
    Fault("content length too short", "unreachable", _server(lambda _: answering(http(200, b'{"a": 1}', length=4)))),
    Fault("document cut off", "document-damaged", _server(lambda good: answering(_cut(good)))),
    Fault("document nested too deep", "document-damaged", _server(lambda good: answering(_holding(good, "[" * 100_000)))),
    Fault("deep JSON for an answer", "unreachable", _server(lambda _: answering(http(200, b"[" * 100_000)))),
    Fault("entries that are no rules", "bad-rules", _server(lambda good: answering(_with_entries(good, 2_150)))),
    Fault("expired token", "expired-credentials", _server(lambda _: refusing("ExpiredTokenException"))),
    Fault("clock a day behind", "", _server(lambda good: with_wrong_clock(answering(good), DAY_S))),
    Fault("clock a day ahead", "", _server(lambda good: with_wrong_clock(answering(good), -DAY_S))),
    Fault("name unknown (DNS)", "unreachable", _unknown_name),
    Fault("name never answered (DNS)", "unreachable", _hanging_name, waits=True),
    Fault("TLS that gets no answer", "unreachable", _no_handshake, waits=True),
    Fault("connection refused", "unreachable", _refused_connection),
    Fault("hotlog itself fails", "too-many-faults", _part_missing),
    Fault("status 403", "denied", _server(lambda _: refusing("AccessDeniedException", status=403))),
    Fault("parameter missing", "missing", _server(lambda _: refusing("ParameterNotFound"))),
]  # fmt: skip


def _cut(good: bytes) -> bytes:
    """The same parameter at its next version, whose value ends in the middle."""
    return _holding(good, _value(good)[:-20])


def _with_entries(good: bytes, count: int) -> bytes:
    """The good rule, and so many entries that are none; more than a document may hold."""
    document = json.loads(_value(good))
    document["rules"] += [{"id": f"b{number}", "future": 1} for number in range(count)]
    return _holding(good, json.dumps(document, separators=(",", ":")))


def _value(good: bytes) -> str:
    value: str = json.loads(good.partition(b"\r\n\r\n")[2])["Parameter"]["Value"]
    return value


def _holding(good: bytes, value: str) -> bytes:
    """The same parameter at its next version, with another value."""
    parameter = json.loads(good.partition(b"\r\n\r\n")[2])["Parameter"]
    return http(200, json.dumps({"Parameter": {**parameter, "Value": value, "Version": 2}}).encode())
