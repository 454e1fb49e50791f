"""Who may ask: this machine's browser, opened by the person who has started the page, and nobody through it.

A page of a stranger can send requests to a port of this machine, and a name of a stranger can point to 127.0.0.1. So each
request must name this host, and bear the cookie that the opened address has become; each write must come from this page
(`Origin`) and carry a token that the browser keeps for this port alone, since cookies know no ports.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse

from hotlog.ui.html import el, join

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER: Final = "x-hotlog-token"  # noqa: S105  # the name of the header
RENEWS_HEADER: Final = "x-hotlog-renews"  # of what a page asks by itself: nobody uses it for that
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Door:
    """The secrets of one page, and when somebody last came through.

    Args:
        port: that the page is served at.
        start: path of the screen to begin with.
        read_only: nothing may be written, so there is no token for it.

    Attributes:
        ticket: opens the page once.
        cookie: what the ticket becomes; its name is the port's, as pages on other ports have cookies of their own.
        token: goes along with each write.
        used_s: monotonic seconds of the last request of a person.
    """

    def __init__(self, port: int, start: str, *, read_only: bool) -> None:
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self.start = start
        self.ticket = secrets.token_urlsafe(32)
        self.name = f"hotlog-{port}"
        self.cookie = secrets.token_urlsafe(32)
        self.token = "" if read_only else secrets.token_urlsafe(32)
        self.used_s = time.monotonic()

    def admit(self, ticket: str) -> bool:
        """Return whether a ticket is the one; it counts once."""
        if not self.ticket or not _same(ticket, self.ticket):
            return False
        self.ticket = ""
        return True


class Guard:
    """Lets through what may come, and puts the same headers on each answer.

    Args:
        app: answers.
        door: the secrets.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        answer = self._judge(scope) or self._app
        await answer(scope, receive, send_guarded)

    def _judge(self, scope: Scope) -> Response | None:
        """Return the answer to what may not come in, or to who comes in for the first time; None: let it through."""
        door, headers = self._door, Headers(scope=scope)
        given = QueryParams(scope["query_string"]).get("ticket", "")
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            return PlainTextResponse("GET and POST only.\n", 405, {"allow": "GET, HEAD, POST"})
        reason = self._judge_origin(headers)
        if not reason and given and scope["path"] == "/" and scope["method"] == "GET" and door.admit(given):
            return self._enter()
        if not reason and not _same(cookie_parser(headers.get("cookie", "")).get(door.name, ""), door.cookie):
            reason = (
                "the address that `hotlog ui` prints opens this page, once. Start it again for another one."
            )
        if not reason and scope["method"] == "POST":
            reason = self._judge_write(headers)
        if reason:
            return PlainTextResponse(f"Refused: {reason}\n", 403)
        if RENEWS_HEADER not in headers:
            door.used_s = time.monotonic()
        return None

    def _judge_origin(self, headers: Headers) -> str:
        """Return why a request is not this machine's own, or not this page's; empty: it is."""
        if headers.get("host", "") not in self._door.hosts:
            return "this page answers to 127.0.0.1 alone."
        is_other = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        return "another page has asked." if is_other and headers.get("sec-fetch-mode") != "navigate" else ""

    def _judge_write(self, headers: Headers) -> str:
        door = self._door
        if headers.get("origin") not in {f"http://{host}" for host in door.hosts}:
            return "a write comes from this page alone."
        if not door.token or not _same(headers.get(TOKEN_HEADER, ""), door.token):
            return "the token of this page is missing, or of an earlier one: open it by the address that `hotlog ui` prints."
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return "a write is JSON."
        return ""

    def _enter(self) -> Response:
        """Return the page that keeps the token in the browser, for this port, and leaves an address without a ticket."""
        head = [
            el("meta", charset="utf-8"),
            el("title", "hotlog"),
            el("meta", name="token", content=self._door.token),
            el("meta", name="start", content=self._door.start),
            el("script", type="module", src="/static/enter.js"),
        ]
        response = HTMLResponse("<!doctype html>" + el("html", el("head", join(head)), el("body"), lang="en"))
        response.set_cookie(self._door.name, self._door.cookie, httponly=True, samesite="strict")
        return response


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())
