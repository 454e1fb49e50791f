"""Reading Parameter Store on the standard library: as boto3 would sign and read it, and never longer than the deadline."""

from __future__ import annotations

import os
import ssl
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlog import config, limits
from hotlog.errors import StoreError
from hotlog.stores.ssm.signed_reader import SignedReader, find_endpoint
from hotlog.stores.ssm.sigv4 import Credentials, Service, sign
from tests.support.cli import use_credentials
from tests.support.clock import Clock
from tests.support.rule_server import (
    RuleServer,
    answering,
    found,
    http,
    refusing,
    resetting,
    silent,
    slowly,
    with_wrong_clock,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GOOD = http(200, found('{"v":1}', 7, 1_000.5))
DEADLINE_MS = 200
TOLERATED_S = 1.0  # a loaded machine; what a deadline is worth is printed by `python -m tests.faults`


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_credentials(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-1")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RuleServer]:
    with RuleServer(answering(GOOD)).running() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def new_reader(**clocks: Callable[[], float]) -> SignedReader:
    place = find_endpoint(config.aws(), "eu-west-1")
    assert place is not None
    return SignedReader(place, "eu-west-1", **clocks)


def read(reader: SignedReader, timeout_ms: int = 5_000) -> Any:
    return reader.read("/hotlog/orders", timeout_ms)


def fault_of(reader: SignedReader, timeout_ms: int = 5_000) -> StoreError:
    with pytest.raises(StoreError) as caught:
        read(reader, timeout_ms)
    return caught.value


# --- signature --------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)


@settings(deadline=None)
@given(
    access_key=WORDS,
    secret_key=WORDS,
    token=st.just("") | WORDS,
    region=st.sampled_from(["eu-west-1", "us-gov-west-1", "cn-north-1"]),
    host=st.sampled_from(["ssm.eu-west-1.amazonaws.com", "localhost:4566", "[::1]:8000"]),
    body=st.binary(max_size=200),
    now_s=st.integers(min_value=0, max_value=4_000_000_000),
)
def test_the_signature_is_the_one_that_botocore_makes(
    access_key: str, secret_key: str, token: str, region: str, host: str, body: bytes, now_s: int
) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as BotoCredentials

    ours = sign(
        Service("ssm", region, host),
        "AmazonSSM.GetParameter",
        body,
        Credentials(access_key, secret_key, token),
        now_s + 0.9,
    )

    moment = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%SZ")
    sent = {name: value for name, value in ours.items() if name != "Authorization"}
    request = AWSRequest(method="POST", url=f"https://{host}/", data=body, headers=sent)
    request.context["timestamp"] = moment
    auth = SigV4Auth(BotoCredentials(access_key, secret_key, token or None), "ssm", region)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    assert ours["X-Amz-Date"] == moment
    assert ours["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, Signature={signature}"
    )
    assert ("X-Amz-Security-Token" in ours) == bool(token)


def test_credentials_are_read_anew_for_each_request(
    server: RuleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = new_reader()
    read(reader)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID-2")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-2")
    read(reader)
    first, second = (exchange.headers for exchange in server.exchanges)
    assert (first["x-amz-security-token"], second["x-amz-security-token"]) == ("token-1", "token-2")
    assert "Credential=AKID/" in first["authorization"]
    assert "Credential=AKID-2/" in second["authorization"]


@pytest.mark.parametrize("token", ["a\nX-Evil: 1", "a\r", "\u20ac"])
def test_a_credential_that_fits_into_no_header_is_a_fault_and_not_sent(
    server: RuleServer, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    assert fault_of(new_reader()).code == "unreachable"
    assert server.exchanges == []


@pytest.mark.parametrize("ahead_s", [-86_400, 86_400])
def test_a_wrong_clock_is_put_right_by_the_server_s(server: RuleServer, ahead_s: float) -> None:
    server.behaviour = with_wrong_clock(answering(GOOD), ahead_s)
    reader = new_reader()
    assert read(reader).version == 7
    assert read(reader).version == 7
    assert len(server.exchanges) == 3, "refused once, then right, and right at once"


def test_a_server_that_never_likes_the_clock_is_asked_twice_and_no_more(server: RuleServer) -> None:
    server.behaviour = refusing("InvalidSignatureException", "Signature expired: too late")
    assert fault_of(new_reader()).code == "clock-skew"
    assert len(server.exchanges) == 2


@pytest.mark.parametrize("date_s", [-1e9, 2.0**35, 253402300799.0])
def test_a_clock_that_nobody_can_have_is_not_gone_by(date_s: float, server: RuleServer) -> None:
    body = b'{"__type": "InvalidSignatureException", "message": "Signature expired: too late"}'
    server.behaviour = answering(http(400, body, date_s=date_s))
    reader = new_reader()
    assert fault_of(reader).code == "clock-skew"
    server.behaviour = answering(GOOD)
    assert read(reader).version == 7


DEEP = b"[" * 100_000
HUGE = b"9" * 4_000


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"Parameter": ' + DEEP,
        b'{"Parameter": {"Value": "", "Version": Infinity, "LastModifiedDate": 1}}',
        b'{"Parameter": {"Value": "", "Version": NaN, "LastModifiedDate": 1}}',
        b'{"Parameter": {"Value": "", "Version": 1, "LastModifiedDate": ' + HUGE + b"}}",
        b'{"Parameter": {"Value": [], "Version": 1, "LastModifiedDate": 1}}',
        b'{"Parameter": {"Value": "", "Version": {}, "LastModifiedDate": 1}}',
    ],
    ids=lambda body: body[:40].decode(),
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_json_that_nobody_can_hold_is_no_answer_of_aws(body: bytes, status: int, server: RuleServer) -> None:
    server.behaviour = answering(http(status, body))
    reader = new_reader()
    assert fault_of(reader).code == ("refused" if status == 400 else "unreachable")
    server.behaviour = answering(GOOD)
    assert read(reader).version == 7


# --- where it goes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({"AWS_ENDPOINT_URL": "http://localhost:4566"}, ("localhost", 4566, False, "", None)),
        ({"AWS_ENDPOINT_URL": "https://proxy.example/"}, ("proxy.example", 443, True, "", None)),
        (
            {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SSM": "http://b:1"},
            ("b", 1, False, "", None),
        ),
        ({"AWS_CA_BUNDLE": "/ca.pem"}, ("ssm.eu-west-1.amazonaws.com", 443, True, "/ca.pem", None)),
    ],
)
def test_the_endpoint_is_the_configured_one(
    env: dict[str, str], place: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert find_endpoint(config.aws(), "eu-west-1") == place


@pytest.mark.parametrize(
    "env",
    [
        {"AWS_ACCESS_KEY_ID": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},
        {"AWS_PROFILE": "work"},
        {"HTTPS_PROXY": "https://proxy:8080"},
        {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://localhost:1"},
        {"AWS_ENDPOINT_URL": "nonsense"},
        {"AWS_ENDPOINT_URL": "http://host/with/path"},
        {"AWS_ENDPOINT_URL": "http://host:port"},
    ],
    ids=str,
)
def test_what_only_boto3_knows_is_left_to_boto3(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert find_endpoint(config.aws(), "eu-west-1") is None


# --- the connection ---------------------------------------------------------------------------------------------------


def test_all_reads_go_over_one_connection(server: RuleServer) -> None:
    reader = new_reader()
    answers = [read(reader) for _ in range(5)]
    assert {(answer.text, answer.version, answer.modified) for answer in answers} == {('{"v":1}', 7, 1_000.5)}
    assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_made_anew_within_the_read(server: RuleServer) -> None:
    reader = new_reader()
    read(reader)
    server.hang_up()
    assert read(reader).version == 7
    assert server.connections == 2


def test_a_server_that_hangs_up_each_time_is_tried_twice_and_no_more(server: RuleServer) -> None:
    reader = new_reader()
    read(reader)
    server.behaviour = resetting(b"")
    assert fault_of(reader).code == "unreachable"
    assert len(server.exchanges) == 3
    server.behaviour = answering(GOOD)
    assert read(reader).version == 7


def test_after_hours_in_the_freezer_the_connection_is_not_even_tried(server: RuleServer) -> None:
    """A NAT gateway that has forgotten the connection may stay silent: only the wall clock tells."""
    wall = Clock(time.time())
    reader = new_reader(wall_clock=wall)
    read(reader)
    wall.now += limits.CONNECTION_IDLE_MAX_S - 1
    read(reader)
    assert server.connections == 1
    wall.now += limits.CONNECTION_IDLE_MAX_S
    read(reader)
    assert server.connections == 2
    wall.now -= 60
    read(reader)
    assert server.connections == 3, "a clock that was set back tells nothing"


def test_a_server_that_closes_after_each_answer_is_understood(server: RuleServer) -> None:
    def once(exchange: Any) -> bool:
        exchange.send(GOOD.replace(b"Date:", b"Connection: close\r\nDate:"))
        return False

    server.behaviour = once
    reader = new_reader()
    assert [read(reader).version for _ in range(3)] == [7, 7, 7]
    assert server.connections == 3


def test_chunks_are_read(server: RuleServer) -> None:
    head, _, body = GOOD.partition(b"\r\n\r\n")
    head = head.replace(f"Content-Length: {len(body)}".encode(), b"Transfer-Encoding: chunked")
    server.behaviour = answering(
        head + b"\r\n\r\n" + f"{len(body):x}".encode() + b"\r\n" + body + b"\r\n0\r\n\r\n"
    )
    reader = new_reader()
    assert [read(reader).version for _ in range(2)] == [7, 7]
    assert server.connections == 1


def test_tls_is_checked_against_the_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with RuleServer(answering(GOOD), context).running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert "certificate" in fault_of(new_reader()).message
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        reader = new_reader()
        assert [read(reader).version for _ in range(3)] == [7, 7, 7]
        server.hang_up()
        assert read(reader).version == 7


# --- the deadline, whatever the server does ---------------------------------------------------------------------------


def nobody(host: str) -> Callable[..., Any]:
    def look_up(*args: object, **kwargs: object) -> Any:
        import socket

        raise socket.gaierror(socket.EAI_NONAME, f"{host} is unknown")

    return look_up


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (silent, "unreachable"),
        (slowly(GOOD), "unreachable"),
        (slowly(b"X-Header: y\r\n" * 1_000, 0.0005), "unreachable"),
        (resetting(GOOD), "unreachable"),
        (answering(b"\x16\x03\x01 what is this?\r\n\r\n"), "unreachable"),
        (answering(http(200, b"<html>")), "unreachable"),
        (answering(http(200, b"[" * 100_000)), "unreachable"),
        (answering(http(200, b'{"Parameter": {"Value": 3, "Version": 1, "LastModifiedDate": 1}}')), "unreachable"),
        (answering(http(200, b'{"Parameter": []}')), "unreachable"),
        (answering(http(200, found("{}"), length=10)), "unreachable"),
        (answering(http(200, found("{}"), length=100_000)), "unreachable"),
        (answering(http(200, found("x" * limits.ANSWER_MAX_BYTES))), "unreachable"),
        (answering(http(500, b"<html>")), "unreachable"),
        (answering(http(403, b"")), "denied"),
        (refusing("com.amazonaws.ssm#ParameterNotFound"), "missing"),
        (refusing("ThrottlingException"), "throttled"),
        (refusing("ExpiredTokenException"), "expired-credentials"),
    ],
)  # fmt: skip
def test_a_fault_ends_with_the_deadline_and_the_next_read_is_well(
    server: RuleServer, behaviour: Any, code: str
) -> None:
    reader = new_reader()
    read(reader)
    server.behaviour = behaviour
    start_s = time.monotonic()
    fault = fault_of(reader, DEADLINE_MS)
    assert time.monotonic() - start_s < DEADLINE_MS / 1_000 + TOLERATED_S
    assert (fault.code, "\n" in fault.message) == (code, False)
    server.behaviour = answering(GOOD)
    assert read(reader).version == 7


def test_a_name_that_nobody_knows_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", nobody("ssm.eu-west-1.amazonaws.com"))
    assert "ssm.eu-west-1.amazonaws.com is unknown" in fault_of(new_reader()).message


def test_a_look_up_that_hangs_ends_with_the_deadline_and_what_comes_of_it_later_is_used(
    server: RuleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    answered, asked = threading.Event(), []
    real = socket.getaddrinfo

    def look_up(*args: Any, **kwargs: Any) -> Any:
        asked.append(args[0])
        answered.wait(10)
        return real(*args, **kwargs)

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    reader = new_reader()
    start_s = time.monotonic()
    assert fault_of(reader, DEADLINE_MS).code == "unreachable"
    assert fault_of(reader, DEADLINE_MS).code == "unreachable"
    assert time.monotonic() - start_s < 2 * DEADLINE_MS / 1_000 + TOLERATED_S
    answered.set()
    assert read(reader).version == 7
    assert asked == [b"localhost"], "one look-up at a time"


def test_a_server_that_takes_no_connection_in_time_is_given_up_and_used_once_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import trustme

    authority, ready = trustme.CA(), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with RuleServer(answering(GOOD), context).running() as server, authority.cert_pem.tempfile() as bundle:
        server.accepting = lambda: ready.wait(10)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
        reader = new_reader()
        assert fault_of(reader, DEADLINE_MS).code == "unreachable"
        ready.set()
        assert read(reader).version == 7
        assert server.connections == 1


def test_an_answer_that_came_while_the_process_was_stopped_is_taken(server: RuleServer) -> None:
    """The deadline has passed, but nobody needs to wait any more."""
    clock = Clock(0.0)

    def late(exchange: Any) -> bool:
        exchange.send(GOOD)
        clock.now += 1_000
        return True

    server.behaviour = late
    assert read(new_reader(clock=clock), 5_000).version == 7


def test_a_user_s_own_alarm_is_not_taken_for_a_fault_of_the_network(server: RuleServer) -> None:
    import signal

    def ring(*_: object) -> None:
        raise TimeoutError("the user's own")

    server.behaviour = silent
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(TimeoutError, match="the user's own"):
            read(new_reader())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_forked_child_leaves_its_parent_s_connection_alone(server: RuleServer) -> None:

    reader = new_reader()
    read(reader)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if read(reader).version == 7 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server.connections == 2
    assert read(reader).version == 7
    assert server.connections == 2
