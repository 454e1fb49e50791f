"""One answer of HTTP out of bytes as they come: as `http.client` reads it, or a fault that says what is wrong."""

from __future__ import annotations

import contextlib
import io
import itertools
from http.client import HTTPResponse
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlog import limits
from hotlog.stores.ssm.http_response import HttpResponse, receive

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable


HEAD = b"HTTP/1.1 200 OK\r\n"


def pieces(*data: bytes) -> Callable[[], bytes]:
    """Each piece in its turn, then the end."""
    coming = iter(data)
    return lambda: next(coming, b"")


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Whole answers of every shape that is understood."""
    status = draw(st.integers(200, 599).filter(lambda code: code not in {204, 304}))  # those have no body
    body = draw(st.binary(max_size=300))
    lines = [f"HTTP/1.1 {status} {draw(st.sampled_from(['OK', '', 'Not so good']))}"]
    lines += draw(
        st.lists(st.sampled_from(["X-A: b", "x-amzn-requestid:  1-2 ", "Date: Mon"]), max_size=3, unique=True)
    )
    lines += draw(st.sampled_from([[], ["Connection: close"], ["connection: Keep-Alive"]]))
    shape = draw(st.sampled_from(["length", "chunks", "end"]))
    if shape == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif shape == "chunks":
        lines.append("Transfer-Encoding: chunked")
        parts = [part for part in cut(body, draw(st.lists(st.integers(0, 300), max_size=4))) if part]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    before = draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n"]))
    return before + "\r\n".join((*lines, "", "")).encode() + body


class Recorded:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


@settings(deadline=None)
@given(answers(), st.lists(st.integers(0, 1_000), max_size=5))
def test_an_answer_is_read_as_http_client_reads_it_however_it_is_cut(data: bytes, places: list[int]) -> None:
    theirs = HTTPResponse(cast("socket.socket", Recorded(data)), method="POST")
    theirs.begin()
    body = theirs.read()
    ours = receive(pieces(*cut(data, places)))
    keeps = not theirs.will_close
    assert ours == HttpResponse(theirs.status, theirs.getheader("Date", ""), body, keeps)


@settings(deadline=None)
@given(answers(), st.integers(0, 1_000))
def test_an_answer_that_ends_too_early_is_never_taken_for_whole(data: bytes, place: int) -> None:
    at = place % len(data)
    lines = data.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")[0]
    if (
        b"Content-Length" not in lines
        and b"chunked" not in lines
        and at > len(data) - len(data.partition(lines)[2])
    ):
        return  # the end of the connection is the end of the answer
    with pytest.raises(ConnectionError):
        receive(pieces(data[:at]))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_can_do_more_than_fail_in_two_ways(data: bytes) -> None:
    for start in (b"", HEAD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n"):
        with contextlib.suppress(ConnectionError, ValueError):
            assert isinstance(receive(pieces(start + data)), HttpResponse)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", ConnectionError),
        (b"SSH-2.0-OpenSSH\r\n\r\n", ValueError),
        (b"HTTP/2 200\r\n\r\n", ValueError),
        (b"HTTP/1.1 OK\r\n\r\n", ValueError),
        (HEAD + b"no header\r\n\r\n", ValueError),
        (HEAD + b"Content-Length: -1\r\n\r\n", ValueError),
        (HEAD + b"Content-Length: 5, 5\r\n\r\nhello", ValueError),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", ValueError),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", ValueError),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", ValueError),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", ValueError),
        (HEAD + b"Content-Length: 9\r\n\r\nhello", ConnectionError),
        (HEAD + b"X: " + b"x" * limits.ANSWER_MAX_BYTES, ValueError),
        (HEAD + b"\r\n" + b"x" * limits.ANSWER_MAX_BYTES, ValueError),
    ],
)
def test_what_is_no_answer_is_a_fault(data: bytes, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        receive(pieces(data))


def test_a_connection_on_which_more_came_than_was_asked_for_is_not_used_again() -> None:
    assert receive(pieces(HEAD + b"Content-Length: 2\r\n\r\n{}")).keeps
    assert not receive(pieces(HEAD + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK")).keeps
    assert not receive(pieces(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}")).keeps
