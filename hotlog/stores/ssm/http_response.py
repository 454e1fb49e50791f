"""One HTTP/1.1 answer out of a stream of bytes: as much of it as a JSON service of AWS sends.

`http.client` can do all of it, and with the mail parser behind it takes 13 ms of CPU to import: as long as all of hotlog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_INFORMATIONAL = range(100, 200)


class HttpResponse(NamedTuple):
    """One HTTP answer.

    Attributes:
        status: of HTTP.
        date: the server's `Date` header; empty where there is none.
        body: the body.
        keeps: whether the connection can be used again.
    """

    status: int
    date: str
    body: bytes
    keeps: bool


def receive(more: Callable[[], bytes]) -> HttpResponse:
    """Return one HTTP answer, read from the stream.

    Args:
        more: waits for further bytes; empty where the server has hung up.

    Raises:
        ConnectionError: the server hung up before the end.
        ValueError: it is not HTTP, or larger than `limits.ANSWER_MAX_BYTES`.
    """
    stream = _Stream(more)
    status = _INFORMATIONAL.start
    while status in _INFORMATIONAL:
        version, status, headers = _head(stream.until(b"\r\n\r\n"))
    coding, length = headers.get("transfer-encoding", "").lower(), headers.get("content-length")
    closes = version != "HTTP/1.1" or "close" in headers.get("connection", "").lower()
    if coding == "chunked":
        body = _chunks(stream)
    elif coding:
        raise ValueError(f"the answer is encoded as {coding!r}")
    elif length is not None:
        body = stream.exactly(_size(length, 10))
    else:
        body, closes = stream.rest(), True
    return HttpResponse(status, headers.get("date", ""), body, keeps=not closes and not stream.left)


def _head(head: bytes) -> tuple[str, int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"{first[:40]!r} is no HTTP")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"{line[:40]!r} is no header")
        headers[name.lower()] = value.strip()
    return version, int(rest[:3]), headers


def _chunks(stream: _Stream) -> bytes:
    body = b""
    while size := _size(stream.until(b"\r\n").decode("latin-1").partition(";")[0], 16):
        body += stream.exactly(size)
        stream.until(b"\r\n")
    while stream.until(b"\r\n"):
        pass  # trailers
    return body


def _size(digits: str, base: int) -> int:
    size = int(digits, base)
    if not 0 <= size <= limits.ANSWER_MAX_BYTES:
        raise ValueError(f"the answer is {size} bytes long")
    return size


class _Stream:
    """Bytes as they come; `left` are those that nobody has asked for yet."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._room = limits.ANSWER_MAX_BYTES
        self.left = b""

    def until(self, mark: bytes) -> bytes:
        """Return the bytes before the mark, and drop the mark."""
        while (at := self.left.find(mark)) < 0:
            self._grow()
        found, self.left = self.left[:at], self.left[at + len(mark) :]
        return found

    def exactly(self, size: int) -> bytes:
        while len(self.left) < size:
            self._grow()
        found, self.left = self.left[:size], self.left[size:]
        return found

    def rest(self) -> bytes:
        while data := self._receive():
            self.left += data
        found, self.left = self.left, b""
        return found

    def _grow(self) -> None:
        data = self._receive()
        if not data:
            raise ConnectionError("the server hung up before the end of its answer")
        self.left += data

    def _receive(self) -> bytes:
        data = self._more()
        self._room -= len(data)
        if self._room < 0:
            raise ValueError(f"the answer is longer than {limits.ANSWER_MAX_BYTES} bytes")
        return data
