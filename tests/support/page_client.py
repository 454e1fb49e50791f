"""Asks the page as a program would that is no browser."""

from __future__ import annotations

import http.client
import json
from typing import NamedTuple
from urllib.parse import urlsplit

PATIENCE_S = 30


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


class Asked:
    """Asks the page without a browser.

    Args:
        url: opens the page; its ticket is used.
    """

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url)
        self.port = self.address.port or 0
        answer = self.ask("GET", f"/?{self.address.query}")
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        self.set_cookie = answer.headers["set-cookie"]
        self.token = answer.text.partition('name="token" content="')[2].partition('"')[0]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.address.netloc, timeout=PATIENCE_S)
        given = {name.replace("_", "-"): value for name, value in headers.items() if value}
        connection.putrequest(method, path, skip_host="host" in given, skip_accept_encoding=True)
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        for name, value in given.items():
            connection.putheader(name, value)
        if data:
            connection.putheader("content-length", str(len(data)))
        connection.endheaders(data or None)
        got = connection.getresponse()
        is_stream = "event-stream" in got.headers.get("content-type", "")
        answer = Answer(got.status, dict(got.headers), "" if is_stream else got.read().decode())
        connection.close()
        return answer

    def write(self, path: str = "/f/orders/api/change", body: object = None, **headers: str) -> int:
        """Write as the page does, but for some headers; the status."""
        good = {
            "cookie": self.cookie,
            "origin": f"http://{self.address.netloc}",
            "x-hotlog-token": self.token,
            "content-type": "application/json",
        }
        answer = self.ask("POST", path, {"paused": True} if body is None else body, **{**good, **headers})
        return answer.status
