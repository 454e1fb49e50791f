"""An AWS endpoint that answers what a test tells it to, over real HTTP, for an unmodified boto3."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    # An action, such as `FilterLogEvents`, or where the service has paths, such as Lambda, `GET /…/configuration`; and
    # its request. The answer is a status and a body, as JSON, as XML or as it is.
    Answer = tuple[int, dict[str, Any] | str | bytes]
    Answerer = Callable[[str, dict[str, Any]], Answer]


class HalfWay(bytes):
    """An answer that breaks off half way."""

    __slots__ = ()


@contextmanager
def canned_aws(answerer: Answerer, port: int = 0) -> Iterator[str]:
    """Serve on a port of this machine, any that is free or the one that is given; yields the URL of the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self._body()
            action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            query = parse_qs(body.decode())
            self._answer(*answerer(action or query["Action"][0], json.loads(body) if action else dict(query)))

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            self._answer(*answerer(f"{self.command} {path}", dict(parse_qs(query))))

        def do_PUT(self) -> None:
            self._answer(*answerer(f"{self.command} {self.path}", json.loads(self._body())))

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _answer(self, status: int, answer: dict[str, Any] | str | bytes) -> None:
            text = json.dumps(answer) if isinstance(answer, dict) else answer
            data = text.encode() if isinstance(text, str) else text
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if isinstance(data, HalfWay) else data)

        def log_message(self, *_: object) -> None:
            """A test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def use(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send boto3 to the endpoint, with credentials that are good for nothing else."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
