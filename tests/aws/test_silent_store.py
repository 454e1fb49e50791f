"""A store that never answers costs an environment one wait: from then on it is read beside the handler, until it answers."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import hotlog
from hotlog import config, limits
from hotlog.config import Config
from hotlog.rules.document import Document, dumps
from hotlog.rules.model import entry_of
from hotlog.runtime.wrapper import Runtime, _around
from tests.support.clock import Clock, Context
from tests.support.rule_server import RuleServer, answering, found, http, silent, slowly
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hotlog.events import Event
    from hotlog.runtime.rule_poller import RulePoller

SOURCE = """
def handler(event, context):
    return event + 1  # <here>
"""
INIT_S = limits.FIRST_REFRESH_TIMEOUT_MS / 1_000
WAIT_S = limits.REFRESH_TIMEOUT_MS / 1_000
TOLERATED_S = 0.5
NO_WAIT_S = 0.15  # nothing is waited for: what a loaded machine takes
PATIENCE_S = 20.0


class Life:
    """A wrapped handler on a server that is to fall silent, with a policy clock of the test's."""

    def __init__(self, folder: Path, server: RuleServer, settings: Config) -> None:
        self.app = Sample(folder, SOURCE)
        now = datetime.now(UTC)
        rule = hotlog.Rule(
            at=self.app.at("here"), message="{event}", limit=None, per_second=None, created=now,
            expires=now + timedelta(hours=1),
        )  # fmt: skip
        self.good = http(200, found(dumps(Document(entries=(entry_of(rule),)))))
        self.server, self.clock = server, Clock()
        self.events: list[Event] = []
        self.runtime = Runtime(settings, "ssm:", self.events.append, clock=self.clock)
        self.handler = _around(self.app.module.handler, self.runtime)

    def start(self) -> float:
        return self._timed(self.runtime.start)

    def invoke(self, after_s: float = 400.0) -> float:
        """Seconds that an invocation takes, so long after the last."""
        self.clock.now += after_s

        def run() -> None:
            assert self.handler(1, Context()) == 2

        return self._timed(run)

    def _timed(self, work: Callable[[], object]) -> float:
        began_s = time.monotonic()
        work()
        return time.monotonic() - began_s

    def is_logged(self) -> bool:
        """Whether an invocation logs the rule's line; the read beside the one before has had its time."""
        background = self.runtime._background
        if background is not None:
            background.wait(PATIENCE_S)
        before = len(self.events)
        self.invoke(after_s=30.0)
        return any(event["hotlog"] == "log" for event in self.events[before:])

    @property
    def refresher(self) -> RulePoller:
        found = self.runtime._refresher
        assert found is not None
        return found

    def told(self) -> list[tuple[str, str]]:
        """What the environment has said about itself."""
        said = [event for event in self.events if event["hotlog"] == "status" and not event["rule"]]
        return [(event["state"], event.get("code", "")) for event in said]

    def close(self) -> None:
        self.runtime.close()
        self.app.forget()


Fault = Callable[[Life], "AbstractContextManager[None]"]


@contextmanager
def never_answering(life: Life) -> Iterator[None]:
    with behaving(life, silent):
        yield


@contextmanager
def a_byte_now_and_then(life: Life) -> Iterator[None]:
    with behaving(life, slowly(life.good)):
        yield


@contextmanager
def behaving(life: Life, behaviour: Callable[..., bool]) -> Iterator[None]:
    before, life.server.behaviour = life.server.behaviour, behaviour
    try:
        yield
    finally:
        life.server.behaviour = before


@contextmanager
def no_name(life: Life) -> Iterator[None]:
    """The look-up of the name hangs."""
    real, over = socket.getaddrinfo, threading.Event()

    def look_up(*args: Any) -> Any:
        over.wait(PATIENCE_S)
        return real(*args)

    socket.getaddrinfo = look_up  # type: ignore[assignment]  # the resolver is no part of hotlog
    life.server.hang_up()
    try:
        yield
    finally:
        socket.getaddrinfo = real
        over.set()


@contextmanager
def no_connection(life: Life) -> Iterator[None]:
    """The queue of connections that wait is full, as where a firewall drops packets."""
    with socket.socket() as full, ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        with led_to(full.getsockname()[1], life):
            yield


@contextmanager
def no_handshake(life: Life) -> Iterator[None]:
    """Somebody takes the connection, and says nothing to the TLS that he is spoken to."""
    with speaking(b"", life):
        yield


@contextmanager
def a_handshake_now_and_then(life: Life) -> Iterator[None]:
    """Somebody begins a TLS record, and sends a byte of it now and then."""
    with speaking(b"\x16\x03\x03\x40\x00" + bytes(16_384), life):
        yield


@contextmanager
def speaking(data: bytes, life: Life) -> Iterator[None]:
    over = threading.Event()
    taken: list[threading.Thread] = []

    def accept() -> None:
        while not over.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                taken.append(threading.Thread(target=speak, args=(connection,)))
                taken[-1].start()

    def speak(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            for byte in data:
                if over.wait(0.02):
                    return
                connection.sendall(bytes([byte]))
            over.wait(PATIENCE_S)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            with led_to(listener.getsockname()[1], life):
                yield
        finally:
            over.set()
            for each in (thread, *taken):
                each.join(PATIENCE_S)


@contextmanager
def led_to(port: int, life: Life) -> Iterator[None]:
    """New connections go to that port, and the old ones are cut."""
    real = socket.create_connection
    socket.create_connection = lambda _, timeout: real(("127.0.0.1", port), timeout)  # type: ignore[assignment,misc]
    life.server.hang_up()
    try:
        yield
    finally:
        socket.create_connection = real


PLAIN: list[Fault] = [never_answering, a_byte_now_and_then, no_name, no_connection]
SECURE: list[Fault] = [no_handshake, a_handshake_now_and_then, never_answering]


CASES = [*((fault, False) for fault in PLAIN), *((fault, True) for fault in SECURE)]


@pytest.fixture(params=CASES, ids=[f"{fault.__name__}, {'https' if tls else 'http'}" for fault, tls in CASES])
def case(request: pytest.FixtureRequest) -> tuple[Fault, bool]:
    found: tuple[Fault, bool] = request.param
    return found


@pytest.fixture
def life(
    case: tuple[Fault, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> Iterator[Life]:
    context = None
    if case[1]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with RuleServer(answering(b""), context).running() as server:
        for name, value in {
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "LAMBDA_TASK_ROOT": str(tmp_path),
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": server.url,
        }.items():
            monkeypatch.setenv(name, value)
        made = Life(tmp_path, server, config.read())
        server.behaviour = answering(made.good)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def assert_it_recovers(life: Life) -> None:
    """The rule is live soon, and then the store is read as configured again: before the handler."""
    tries = 0
    give_up_s = time.monotonic() + PATIENCE_S
    while not life.is_logged():
        tries += 1
        assert tries < 100
        assert time.monotonic() < give_up_s
        time.sleep(0.05)
    assert life.is_logged()
    assert life.refresher.waits
    before = len(life.server.exchanges)
    life.invoke()
    assert len(life.server.exchanges) == before + 1
    assert life.told() == [("error", "unreachable"), ("recovered", "unreachable")]


def test_a_store_that_never_answers_costs_the_wait_of_init_and_no_other(
    case: tuple[Fault, bool], life: Life
) -> None:
    with case[0](life):
        assert life.start() < INIT_S + TOLERATED_S
        took_s = [life.invoke() for _ in range(20)]
        assert max(took_s) < NO_WAIT_S, took_s
        assert life.told() == [("error", "unreachable")]
    assert_it_recovers(life)


def test_a_store_that_falls_silent_costs_one_wait(case: tuple[Fault, bool], life: Life) -> None:
    life.start()
    assert life.is_logged()
    with case[0](life):
        assert life.invoke() < WAIT_S + TOLERATED_S
        took_s = [life.invoke(after_s=2.0) for _ in range(20)]
        assert max(took_s) < NO_WAIT_S, took_s
        assert life.is_logged(), "rules stay"
    assert_it_recovers(life)


def test_after_a_long_pause_a_silent_store_still_costs_nothing(case: tuple[Fault, bool], life: Life) -> None:
    with case[0](life):
        life.start()
        assert max(life.invoke(after_s=2 * limits.STALE_MAX_S) for _ in range(5)) < NO_WAIT_S


@pytest.mark.parametrize("refresh", ["each", "background", "30"])
def test_without_a_read_in_init_the_first_invocation_waits(
    refresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with RuleServer(silent).running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        life = Life(tmp_path, server, Config(refresh=refresh, root=str(tmp_path)))
        try:
            assert life.start() < NO_WAIT_S
            assert WAIT_S <= life.invoke() < WAIT_S + TOLERATED_S
            assert max(life.invoke() for _ in range(10)) < NO_WAIT_S
        finally:
            life.close()
