"""The page's routes: screens and questions by GET, a check and a change by POST, what is new as server-sent events."""

from __future__ import annotations

import asyncio
import functools
import json
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hotlog.client import desk_limits
from hotlog.client.events.recordings import is_further_part
from hotlog.client.words import escape
from hotlog.errors import ConfigError, HotlogError, LocationError
from hotlog.ui.code_screen import CODE, choose_file, iter_blocks, render_code
from hotlog.ui.event_view import row_of
from hotlog.ui.functions_screen import render_functions
from hotlog.ui.guard import Door, Guard
from hotlog.ui.html import el
from hotlog.ui.layout import link, render_page
from hotlog.ui.rules_screen import render_rules
from hotlog.ui.story_screen import group_requests, render_story
from hotlog.ui.writing import change_rules, check_rule, describe_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from hotlog.client.client import Client
    from hotlog.ui.desk import PageDesk
    from hotlog.ui.feed import FunctionFeed

_STATIC: Final = Path(__file__).parent / "static"
_STREAM_S: Final = (
    15  # what is known goes out at least so often: numbers of the last minutes grow old by themselves
)
_FIRST_READ_S: Final = 2.0


class Routes:
    """Answers requests for one desk; whatever takes time runs in a thread."""

    def __init__(self, desk: PageDesk) -> None:
        self._desk = desk
        self.is_closing: Callable[[], bool] = lambda: False

    # --- screens -------------------------------------------------------------------------------------------------------

    def functions(self, _request: Request) -> Response:
        """Return the list of functions."""
        return HTMLResponse(
            render_page(self._desk, "Functions", render_functions(self._desk), script="functions")
        )

    def code(self, request: Request) -> Response:
        """Return a file with its lines; without a file the one to begin with."""
        function, file = request.path_params["function"], request.path_params.get("file", "")
        code = self._desk.code(function)
        if not file:
            return RedirectResponse(link(function, "code", choose_file(code)), 303)
        content = render_code(function, code, file)
        data = {"state": self._desk.state(function), "file": file, "seen": code.digest(file)}
        page = render_page(
            self._desk,
            f"{file} · {function}",
            content,
            function=function,
            tab="code",
            data=data,
            script="code",
        )
        before, after = page.split(CODE)

        def parts() -> Iterator[str]:
            """Yield what stands around the lines at once, as a large file takes a moment."""
            yield before
            yield "".join((*iter_blocks(code, file), after))

        return StreamingResponse(parts(), media_type="text/html")

    def events(self, request: Request) -> Response:
        """Return the story of a request."""
        function, wanted = request.path_params["function"], request.path_params.get("request", "")
        feed = self._desk.feed(function)
        feed.wait_read(_FIRST_READ_S)
        try:
            code = self._desk.code(function)
        except HotlogError:  # a container image, or no right to fetch it: the events are there all the same
            code = None
        asked = request.query_params
        number, frame = _number(asked, "e"), _number(asked, "frame")
        known = feed.look()
        unread = escape(known.trouble) or ("" if known.is_read else "The log is being read …")
        requests = group_requests(feed.all_events())
        content, data = render_story(function, code, requests, wanted, number, frame, unread)
        data["state"] = self._desk.state(function)
        return HTMLResponse(
            render_page(
                self._desk,
                f"Requests · {function}",
                content,
                function=function,
                tab="events",
                data=data,
                script="story",
            )
        )

    def rules(self, request: Request) -> Response:
        """Return the rules of a function."""
        function = request.path_params["function"]
        feed = self._desk.feed(function)
        feed.wait_read(_FIRST_READ_S)
        data = {"state": self._desk.state(function)}
        return HTMLResponse(
            render_page(
                self._desk,
                f"Rules · {function}",
                render_rules(self._desk, function),
                function=function,
                tab="rules",
                data=data,
                script="rules",
            )
        )

    # --- questions -----------------------------------------------------------------------------------------------------

    def lines(self, request: Request) -> Response:
        """Return of each line that has no probe of its own where one goes, or why none can."""
        code, asked = self._desk.code(request.path_params["function"]), request.query_params
        code.require_same(asked.get("file", ""), asked.get("seen", ""))
        found = code.explain_lines(asked.get("file", ""))
        return JSONResponse({str(line): each for line, each in found.items()})

    def names(self, request: Request) -> Response:
        """Return what may be named at a line."""
        asked = request.query_params
        function, file = request.path_params["function"], asked.get("file", "")
        self._desk.code(function).require_same(file, asked.get("seen", ""))
        offered = self._desk.client.offer_names(function, file, _number(asked, "line"), self._desk.source)
        return JSONResponse(
            {
                "line": offered.line,
                "message": offered.message,
                "names": offered.names,
                "hidden": offered.hidden,
            }
        )

    def find(self, request: Request) -> Response:
        """Return places of the deployed code."""
        function, query = request.path_params["function"], request.query_params.get("q", "")
        found = self._desk.client.find(function, query, source=self._desk.source)
        return JSONResponse(
            [
                {
                    "file": each.file,
                    "line": each.line,
                    "text": each.text,
                    "in": each.qualname,
                    "why": each.why_not,
                }
                for each in found
            ]
        )

    def state(self, request: Request) -> Response:
        """Return what is known of a function."""
        function = request.path_params["function"]
        self._desk.feed(function).wait_read(_FIRST_READ_S)
        return JSONResponse(self._desk.state(function))

    async def live(self, request: Request) -> Response:
        """Return what is new, as it comes; from the event on that the browser has seen last."""
        function = request.path_params["function"]
        feed = await to_thread.run_sync(self._desk.feed, function)
        # The browser says it by itself where the connection broke; a tab that was hidden, in the address.
        after = _number({"after": request.headers.get("last-event-id", "")}, "after")
        after = after or _number(request.query_params, "after")
        after = after or max(0, feed.last_number() - desk_limits.UI_EVENTS_SHOWN)
        asked = request.query_params
        look = functools.partial(self._look, function, asked.get("file", ""), asked.get("seen", ""))
        return StreamingResponse(self._stream(feed, after, look), media_type="text/event-stream")

    def _look(self, function: str, file: str, seen: str) -> dict[str, Any]:
        """Return what is known, for a screen that shows a file as it was: marks would stand at other lines of another one."""
        state = self._desk.state(function)
        if seen and not state["trouble"]:
            try:
                self._desk.code(function).require_same(file, seen)
            except HotlogError as fault:
                state["trouble"] = escape(fault.message)
        return state

    async def _stream(
        self, feed: FunctionFeed, number: int, look: Callable[[], dict[str, Any]]
    ) -> AsyncIterator[str]:
        version, sent_s = -1, time.monotonic()
        while not self.is_closing():
            known = feed.look()
            events, skipped = feed.events_after(number, desk_limits.UI_BATCH)
            if skipped > desk_limits.UI_EVENTS_SHOWN:
                number = feed.last_number() - desk_limits.UI_EVENTS_SHOWN
                continue
            if events:
                number = events[-1].number
                said = [row_of(each) for each in events if not is_further_part(each.event)]
                rows = json.dumps({"rows": said})
                yield f"id: {number}\nevent: rows\ndata: {rows}\n\n"
            if known.version != version or time.monotonic() - sent_s > _STREAM_S:
                version, sent_s = known.version, time.monotonic()
                state = await to_thread.run_sync(look)
                yield f"event: state\ndata: {json.dumps(state)}\n\n"
            elif not events:
                await asyncio.sleep(desk_limits.UI_TICK_S)

    # --- writing -------------------------------------------------------------------------------------------------------

    async def check(self, request: Request) -> Response:
        """Check a rule; nothing is stored."""
        return await self._write(request, check_rule)

    def change_by(self, writer: Client) -> Callable[[Request], Awaitable[Response]]:
        """Return what adds and removes rules in one write, or pauses them."""

        async def change(request: Request) -> Response:
            return await self._write(request, functools.partial(change_rules, writer))

        return change

    async def _write(
        self, request: Request, write: Callable[[PageDesk, str, Mapping[str, Any]], dict[str, Any]]
    ) -> Response:
        body = b""
        try:
            async for part in request.stream():
                body += part
                if len(body) > desk_limits.UI_BODY_MAX_BYTES:
                    return JSONResponse({"error": "too much at once."}, 413)
            asked = json.loads(body)
        except (ValueError, RecursionError, ClientDisconnect):  # nobody waits for the answer to the last
            asked = None
        if not isinstance(asked, dict):
            return JSONResponse({"error": "an object of JSON is expected."}, 400)
        return JSONResponse(
            await to_thread.run_sync(write, self._desk, request.path_params["function"], asked)
        )


def _number(asked: Mapping[str, str], name: str) -> int:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def make_app(desk: PageDesk, door: Door, routes: Routes) -> ASGIApp:
    """Return the application that answers at one door."""
    found = [
        Route("/", routes.functions),
        Route("/f/{function}/code", routes.code),
        Route("/f/{function}/code/{file:path}", routes.code),
        Route("/f/{function}/events", routes.events),
        Route("/f/{function}/events/{request:path}", routes.events),
        Route("/f/{function}/rules", routes.rules),
        Route("/f/{function}/api/lines", routes.lines),
        Route("/f/{function}/api/names", routes.names),
        Route("/f/{function}/api/find", routes.find),
        Route("/f/{function}/api/state", routes.state),
        Route("/f/{function}/api/live", routes.live),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]
    if desk.writer is not None:
        found += [
            Route("/f/{function}/api/check", routes.check, methods=["POST"]),
            Route("/f/{function}/api/change", routes.change_by(desk.writer), methods=["POST"]),
        ]

    def miss(_request: Request, _fault: Exception) -> Response:
        said = el("p", "There is nothing at this address. ", el("a", "All functions", href="/"))
        return HTMLResponse(
            render_page(desk, "Nothing", el("main", said, class_="empty"), script="story"), 404
        )

    def refuse(request: Request, fault: Exception) -> Response:
        if not isinstance(fault, HotlogError):
            raise fault
        if "/api/" in request.url.path:
            return JSONResponse(describe_error(fault), 409)
        # What has no such name has no screens either.
        function = "" if isinstance(fault, ConfigError) else str(request.path_params.get("function", ""))
        said = el(
            "main",
            el("p", fault.message),
            el("p", el("a", "All functions", href="/")),
            class_="empty",
        )
        return HTMLResponse(
            render_page(desk, fault.code, said, function=function, script="story"),
            404 if isinstance(fault, LocationError) else 409,
        )

    return Guard(Starlette(routes=found, exception_handlers={HotlogError: refuse, 404: miss}), door)


class ServedPage(NamedTuple):
    """A page that is ready to be served.

    Attributes:
        url: opens it, once.
        run: serves it, until it is closed.
        close: closes it, from any thread.
    """

    url: str
    run: Callable[[], None]
    close: Callable[[], None]


def serve(desk: PageDesk, port: int = 0, start: str = "/") -> ServedPage:
    """Return a page on a port of this machine alone.

    Args:
        desk: what it works with.
        port: 0: any free one.
        start: path of the screen to begin with.

    Raises:
        OSError: the port is taken.
    """
    listening = socket.create_server(("127.0.0.1", port))
    port = listening.getsockname()[1]
    door = Door(port, start, read_only=desk.read_only)
    routes = Routes(desk)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(desk, door, routes),
            log_config=None,  # of the process: its stdout may be closed
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http="h11",
            timeout_graceful_shutdown=1,
        )
    )
    routes.is_closing = lambda: server.should_exit

    async def close_when_idle() -> None:
        while not server.should_exit:
            if time.monotonic() - door.used_s > desk_limits.UI_IDLE_MAX_S:
                server.should_exit = True
            await asyncio.sleep(1)

    async def run() -> None:
        idle = asyncio.create_task(close_when_idle())
        await server.serve(sockets=[listening])
        idle.cancel()

    def close() -> None:
        server.should_exit = True

    return ServedPage(f"http://127.0.0.1:{port}/?ticket={door.ticket}", lambda: asyncio.run(run()), close)
