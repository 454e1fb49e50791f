"""Through a proxy the reader asks for the same as botocore does, and never waits longer than its deadline."""

from __future__ import annotations

import socket
import ssl
import sys
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import trustme

from hotlog import config
from hotlog.errors import StoreError
from hotlog.stores.ssm.proxy import Proxy, read_proxy
from hotlog.stores.ssm.signed_reader import SignedReader, find_endpoint
from tests.support.cli import use_credentials
from tests.support.forward_proxy import ForwardProxy
from tests.support.rule_server import RuleServer, answering, found, http

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = http(200, found('{"v":1}', 7, 1_000.5))
BASIC = "Basic YW5hOnA6L3c="  # ana, and p:/w
TOLERATED_S = 1.0  # a loaded machine


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_credentials(tmp_path, monkeypatch)


@pytest.fixture(params=["http", "https"])
def server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[RuleServer]:
    context = None
    if request.param == "https":
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with RuleServer(answering(GOOD), context).running() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def go_through(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setenv("HTTP_PROXY", url)


def read(timeout_ms: int = 5_000, times: int = 1) -> list[Any]:
    place = find_endpoint(config.aws(), "eu-west-1")
    assert place is not None
    reader = SignedReader(place, "eu-west-1")
    return [reader.read("/hotlog/orders", timeout_ms) for _ in range(times)]


def read_with_boto3() -> int:
    client = boto3.client("ssm", region_name="eu-west-1")
    return int(client.get_parameter(Name="/hotlog/orders")["Parameter"]["Version"])


def asked_of(proxy: ForwardProxy) -> list[set[str]]:
    """What a proxy was asked for, without what differs from Python to Python: 3.11 tunnels with HTTP/1.0, and names no host."""
    kept = ("CONNECT ", "POST ", "Proxy-Authorization:", "X-Amz-Target:")
    return [{line.partition(" HTTP/")[0] for line in lines if line.startswith(kept)} for lines in proxy.asked]


@pytest.mark.parametrize("who", ["", "ana:p%3A%2Fw@"])
def test_it_asks_a_proxy_for_what_botocore_asks(
    server: RuleServer, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy(BASIC if who else "").running() as proxy:
        go_through(proxy.url.replace("//", f"//{who}"), monkeypatch)
        assert [answer.version for answer in read(times=3)] == [7, 7, 7]
        assert len(proxy.asked) == 1  # one connection, kept open
        assert read_with_boto3() == 7
        ours, botocores = asked_of(proxy)
    assert ours == botocores
    assert (f"Proxy-Authorization: {BASIC}" in ours) is bool(who)


def test_what_a_proxy_refuses_is_said(server: RuleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy, said in (
        (ForwardProxy(BASIC), "407"),
        (ForwardProxy(answer=b"HTTP/1.1 403 Forbidden by policy\r\n\r\n"), "403"),
        (ForwardProxy(answer=b"nonsense\r\n\r\n"), ""),
        (ForwardProxy(answer=b"HTTP/1.1 200 OK\r\n" + b"a" * 2_000_000), ""),
    ):
        with proxy.running():
            go_through(proxy.url, monkeypatch)
            with pytest.raises(StoreError) as caught:
                read()
            assert caught.value.code in {"unreachable", "refused", "denied"}
            assert said in caught.value.message
    assert server.exchanges == []
    go_through("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(StoreError, match="refused"):
        read()


def test_a_proxy_that_is_silent_costs_the_deadline(
    server: RuleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        go_through(f"http://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
        began = time.monotonic()
        with pytest.raises(StoreError) as caught:
            read(200)
        assert caught.value.code == "unreachable"
        assert time.monotonic() - began < 0.2 + TOLERATED_S
    assert server.exchanges == []


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://p:3128", Proxy("p", 3128)),
        ("p:3128", Proxy("p", 3128)),
        ("//p", Proxy("p", 80)),
        ("http://[::1]:1/", Proxy("::1", 1)),
        ("http://ana@p:1", Proxy("p", 1)),
        ("http://ana:@p:1", Proxy("p", 1, "Basic YW5hOg==")),
        ("https://p:1", None),
        ("socks5://p:1", None),
        ("http://p:port", None),
        ("http://", None),
        ("http://pé:1", None),
    ],
)
def test_the_urls_of_proxies(url: str, proxy: Proxy | None) -> None:
    assert read_proxy(url) == proxy


def test_no_proxy_costs_no_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "hotlog.stores.ssm.proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", "amazonaws.com")
    assert find_endpoint(config.aws(), "eu-west-1") is not None
    assert "hotlog.stores.ssm.proxy" not in sys.modules
