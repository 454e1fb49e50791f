"""The example's store in S3 and its sink, over HTTP: rules added, read in the function, and written by two at once."""

from __future__ import annotations

import hashlib
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.addresses import open_store
from hotlog.errors import StoreError
from hotlog.rules.document import Document
from hotlog.runtime.closing import close
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class Bucket(ThreadingHTTPServer):
    """S3 as far as the example uses it: one bucket, writes on a condition."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.lock = threading.Lock()

    def put(self, key: str, data: bytes, condition: str | None) -> bool:
        """Whether the object was what the writer had read; None: not there."""
        with self.lock:
            known = etag(self.objects[key]) if key in self.objects else None
            if known == condition:
                self.objects[key] = data
        return known == condition


class Handler(BaseHTTPRequestHandler):
    @property
    def bucket(self) -> Bucket:
        assert isinstance(self.server, Bucket)
        return self.server

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        data = self.bucket.objects.get(path.removeprefix("/rules/"))
        if "list-type" in query:
            keys = "".join(f"<Contents><Key>{name}</Key></Contents>" for name in self.bucket.objects)
            self.answer(200, f"<ListBucketResult>{keys}</ListBucketResult>".encode())
        elif data is not None:
            self.answer(200, data, etag(data))
        else:
            self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.bucket.put(self.path.removeprefix("/rules/"), data, self.headers.get("If-Match")):
            self.answer(200, b"", etag(data))
        else:
            self.answer(412, b"<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>")

    def answer(self, status: int, data: bytes, tag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", "Mon, 23 Nov 2026 11:00:00 GMT")
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """A test's output is its own."""


@contextmanager
def running() -> Iterator[Bucket]:
    with Bucket() as bucket:
        thread = threading.Thread(target=bucket.serve_forever)
        thread.start()
        try:
            yield bucket
        finally:
            bucket.shutdown()
            thread.join()


@pytest.fixture(name="objects")
def _objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "own_store_and_sink"))
    with running() as bucket:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{bucket.server_port}",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "RULES_BUCKET": "rules",
        }.items():
            monkeypatch.setenv(name, value)
        yield bucket.objects
    for name in ("s3_rules", "counting"):
        sys.modules.pop(name, None)


def add_one(event: int, context: object) -> int:  # what Lambda passes
    return event + 1


def add(name: str) -> Any:
    return lambda document: document._replace(entries=(*document.entries, {"id": name, "at": "app.py:1"}))


def test_the_store_keeps_what_two_write_at_once(objects: dict[str, bytes]) -> None:
    store = open_store("s3_rules:open_store")
    with pytest.raises(StoreError) as caught:
        store.read("orders")
    assert caught.value.code == "missing"
    writers = [
        threading.Thread(target=open_store("s3_rules:open_store").update, args=("orders", add(f"r{n}")))
        for n in range(6)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    answer = store.read("orders", 5_000)
    assert answer.version == 6
    assert sorted(part for part in answer.text.split('"') if part[:1] == "r" and part[1:].isdigit()) == [
        f"r{n}" for n in range(6)
    ]
    assert store.functions() == ["orders"]
    assert (
        store.update("orders", lambda document: document).entries
        == store.update("orders", lambda d: d).entries
    )


def test_a_function_reads_it_and_sends_events_to_the_counting_sink(
    objects: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store("s3_rules:open_store").update("orders", lambda _: Document(entries=({"id": "bad"},)))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("HOTLOG_STORE", "s3_rules:open_store")
    monkeypatch.setenv("HOTLOG_SINK", "counting:open_sink")
    monkeypatch.setenv("HOTLOG_REFRESH_TIMEOUT_MS", "10000")
    wrapped = hotlog.wrap(add_one)
    try:
        assert wrapped(1, None) == 2
    finally:
        close(wrapped)
    assert sys.modules["counting"].counts["bad"] >= 1
    assert objects.keys() == {"orders.json"}
