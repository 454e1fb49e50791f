"""Who may ask the page, and what of a value a browser obeys: nothing."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from hotlog.client import desk_limits
from hotlog.ui.desk import PageDesk
from hotlog.ui.server import serve
from tests.support.browser import PATIENCE_S, screen_of, serving
from tests.support.page_client import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.support.agents import World
    from tests.support.browser import Screen

HOSTILE = (
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg/onload=window.hit=1>",
    "'\"><svg onload=window.hit=1>",
    '"onfocus=window.hit=1 autofocus tabindex=1 x="',
    "' onmouseover=window.hit=1 '",
    "javascript:window.hit=1",
    "<a href=javascript:window.hit=1>x</a>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<math><mtext></table><img src=x onerror=window.hit=1>",
    "<!--><script>window.hit=1</script>-->",
    "<style>@import'//evil.example/x'</style>",
    "<link rel=stylesheet href=//evil.example/x>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button autofocus>",
    "{{constructor.constructor('window.hit=1')()}}",
    "${window.hit=1}",
    "`-window.hit=1-`",
    "\u2028window.hit=1//",
    "\u202e<script>window.hit=1</script>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "%3Cscript%3Ewindow.hit=1%3C/script%3E",
    "\\u003cscript\\u003ewindow.hit=1",
    "]]><script>window.hit=1</script>",
    '\n\nevent: state\ndata: {"rules": []}\n\n',
    "\x1b]0;x\x07<script>window.hit=1</script>",
    "<template><script>window.hit=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'>",
    "<details open ontoggle=window.hit=1>",
    "<video><source onerror=window.hit=1></video>",
    "<object data='javascript:window.hit=1'>",
    "<x onclick=window.hit=1 id=code>",
    "<input id=slider onfocus=window.hit=1 autofocus>",
)  # fmt: skip

SOURCE = '''\
"""{each}"""
import hotlog


@hotlog.wrap
def handler(event, context):
    value = event["value"]
    note = {each!r}
    tried = {{value: [value, {{"@type": value}}]}}
    if event.get("fails"):
        raise ValueError(value)
    return len(note)
'''


def test_nothing_that_comes_from_elsewhere_is_executed(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In values, names, messages, errors, notes of rules, names of files and source: the browser executes none of it."""
    from hotlog.client.client import Client
    from hotlog.local import Environment
    from tests.support.cli import settle_in

    settle_in(tmp_path, monkeypatch)
    task, store = tmp_path / "task", f"file:{tmp_path / 'rules'}"
    task.mkdir()
    (task / "app.py").write_text(SOURCE.format(each="\n".join(HOSTILE).replace('"""', "").replace("\\", "/")))
    names = [f"{each.translate({ord('/'): '-', 0: '-'})[:60]}.py" for each in HOSTILE]
    for each in names:
        (task / each).write_text("def f():\n    return 1\n")
    client = Client(store=store)
    client.change("app", source=task, add=[
        {"at": "app.py:/return len/", "snapshot": True, "message": "{value} <img src=x onerror=window.hit=1>", "note": HOSTILE[2], "watch": {"<b>w": "value"}},
        {"kind": "error"},
        {"at": "app:handler", "kind": "trace"},
    ])  # fmt: skip
    with Environment(
        "app.handler",
        source=task,
        function="app",
        store=store,
        sink=f"file:{tmp_path / 'rules/events.jsonl'}",
    ) as environment:
        for each in HOSTILE * 2:
            environment.invoke({"value": each, "fails": each == HOSTILE[0]})
    # And lines that an application has printed, which look like events.
    with (tmp_path / "rules" / "events.jsonl").open("a") as file:
        for each in HOSTILE:
            forged = {"hotlog": "log", "timestamp": "2026-11-30T15:00:00Z", "rule": each, "at": f"{each}.py:1", "request_id": each,
                      "qualname": each, "message": each, "vars": {each: {each: each}}, "stack": [{"at": each, "qualname": each}]}  # fmt: skip
            file.write(json.dumps(forged | {"timestamp": "2099-11-30T15:00:00Z"}) + "\n")
    with serving(client, str(task), "/f/app/code/app.py") as served, screen_of(browser, served) as screen:
        page = screen.page
        expect(page.locator("#strip .event").last).to_be_visible()
        page.locator(".line.can", has_text="return len").click()
        expect(page.locator(".answer")).not_to_be_empty()
        page.get_by_label("log", exact=True).fill("<img src=x onerror=window.hit=1>{value}")
        page.keyboard.press("Escape")
        seen = {page.url}
        screen.open("/f/app/events")
        for request in page.locator(".requests a").all()[:80:2]:
            seen.add(screen.url + str(request.get_attribute("href")))
        seen |= {f"{screen.url}/f/app/rules", f"{screen.url}/"}
        screen.open("/f/app/code/app.py")
        seen |= {screen.url + str(link.get_attribute("href")) for link in page.locator("#files a").all()}
        for address in seen:
            answer = page.goto(address)
            assert answer is not None
            broken = "%0A" in address  # no route takes a line break
            assert answer.status == (404 if broken else 200), address
            assert page.evaluate("window.hit") is None, address
            for summary in page.locator("summary").all()[:6]:
                summary.click()
            assert page.evaluate("window.hit") is None, address
            assert (
                page.locator(
                    "script:not([src]), iframe, object, embed, base, style, form[action], [onerror], [onload]"
                ).count()
                == 0
            )
        assert len(seen) > 50
        screen.faults[:] = [each for each in screen.faults if "404" not in each]


@pytest.fixture
def asked(world: World) -> Iterator[Asked]:
    world.client.change("orders", add=[{"kind": "error"}])
    with serving(world.client, str(world.folder)) as served:
        yield Asked(served.url)


def wrong_writes(port: int, cookie: str) -> list[dict[str, str]]:
    """Headers with which no write may pass."""
    name, _, value = cookie.partition("=")
    return [
        {"host": "evil.example"},
        {"host": f"evil.example:{port}"},
        {"host": "127.0.0.1"},
        {"host": f"127.0.0.1:{port + 1}"},
        {"host": f"127.0.0.1:{port}.evil.example"},
        {"host": f"[::1]:{port}"},
        {"origin": ""},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": f"https://127.0.0.1:{port}"},
        {"origin": f"http://127.0.0.1:{port + 1}"},
        {"cookie": ""},
        {"cookie": f"{name}=x"},
        {"cookie": f"hotlog-{port + 1}={value}"},
        {"x-hotlog-token": ""},
        {"x-hotlog-token": "x"},
        {"x-hotlog-token": value},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ]


METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")
BODIES: tuple[tuple[object, int], ...] = (
    (b"paused", 400),
    ([1], 400),
    ({"add": ["x" * 100_000]}, 413),
    ({"add": [{"at": "app.py:45", "properties": True}]}, 409),
    ({"add": [{"at": "app.py:45", "unanchored": True}]}, 409),
    ({"add": ["app.py:45"]}, 409),
    ({"add": 1}, 409),
    ({"add": [{"at": "app.py:45", "kind": ["log"]}]}, 409),
    ({"add": [{"at": "app.py:45", "seen": "another text"}]}, 409),
    ({"remove": None}, 409),
    (b"[" * 30_000, 400),
)
READ = ("/", "/f/orders/code/app.py", "/f/orders/api/state", "/static/page.js", "/f/orders/api/live")
OUTSIDE = (
    "/static/../server.py",
    "/static/%2e%2e/server.py",
    "/f/orders/code/..%2f..%2frules%2forders.json",
    "/f/orders/code//etc/passwd",
    "/f/orders/code/../../../etc/passwd.py",
    "/f/orders/code/../outside.py",
    "/f/orders/code/..%2foutside.py",
    "/f/orders/api/lines?file=../outside.py",
    "/f/orders/api/names?file=../outside.py&line=2",
)


def test_what_is_wrong_is_refused(asked: Asked, world: World) -> None:
    change, with_cookie = "/f/orders/api/change", {"cookie": asked.cookie}
    (world.folder.parent / "outside.py").write_text("def f():\n    return 1\n")

    def status(method: str, path: str, **headers: str) -> int:
        return asked.ask(method, path, **headers).status

    rows = [
        *((str(each), asked.write(**each), 403) for each in wrong_writes(asked.port, asked.cookie)),
        *((method, status(method, change, **with_cookie), 405) for method in METHODS),
        ("a change by GET", status("GET", change, **with_cookie), 405),
        ("a screen by POST", asked.write("/f/orders/rules"), 405),
        *((str(body)[:80], asked.write(body=body), wanted) for body, wanted in BODIES),
        *((f"{path} without a cookie", status("GET", path), 403) for path in READ),
        *((f"{path} by another name", status("GET", path, host="evil.example", **with_cookie), 403) for path in READ),
        *((f"{path} for another page", status("GET", path, sec_fetch_site="same-site", **with_cookie), 403) for path in READ),
        *((path, status("GET", path, **with_cookie), 409 if "/api/" in path else 404) for path in OUTSIDE),
    ]  # fmt: skip
    assert [row for row in rows if row[1] != row[2]] == []
    assert not world.client.rules("orders").paused
    assert asked.write() == 200
    assert world.client.rules("orders").paused


def test_the_address_opens_the_page_once(asked: Asked) -> None:
    assert asked.ask("GET", f"/?{asked.address.query}").status == 403
    assert asked.ask("GET", "/?ticket=").status == 403
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in asked.set_cookie
    page = asked.ask("GET", "/f/orders/code/app.py", cookie=asked.cookie)
    assert asked.token not in page.text
    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"


def test_a_page_that_only_looks_has_no_way_to_write(world: World, browser: Browser) -> None:
    world.client.change("orders", add=[{"at": "pricing.py:30", "message": "{goods}"}], source=world.folder)
    with (
        serving(world.client, str(world.folder), "/f/orders/code/pricing.py", read_only=True) as served,
        screen_of(browser, served) as screen,
    ):
        page = screen.page
        page.locator("#L30").click()
        page.keyboard.press("Enter")
        page.keyboard.press("x")
        page.keyboard.press("p")
        page.wait_for_timeout(300)
        expect(page.locator("form")).to_have_count(0)
        expect(page.get_by_role("button", name="Pause all rules")).to_have_count(0)
        assert page.evaluate("localStorage.getItem('hotlog-token')") == ""
        screen.open("/f/orders/rules")
        expect(page.get_by_role("button", name="Remove")).to_have_count(0)
        status = page.evaluate(
            """async () => (await fetch("/f/orders/api/change", {method: "POST", body: "{}", headers: {"content-type": "application/json"}})).status"""
        )
        assert status == 403
        screen.faults.clear()  # the browser tells of the refusal
    assert len(world.rules()) == 1


def test_a_page_that_nobody_uses_closes_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_limits, "UI_IDLE_MAX_S", 1)
    served = serve(PageDesk(world.client, str(world.folder)))
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    asked = Asked(served.url)
    assert asked.ask("GET", "/", cookie=asked.cookie).status == 200
    until = time.monotonic() + PATIENCE_S
    while thread.is_alive() and time.monotonic() < until:  # a page that is left open goes on asking
        with suppress(OSError, http.client.HTTPException):
            asked.ask("GET", "/f/orders/events", cookie=asked.cookie, x_hotlog_renews="1")
        thread.join(0.1)
    assert not thread.is_alive()


def test_the_token_is_nowhere_that_another_port_can_read(screen: Screen) -> None:
    page = screen.page
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("localStorage.getItem('hotlog-token').length") > 30
    assert "ticket" not in page.url
    assert "ticket" not in page.evaluate("performance.getEntriesByType('navigation')[0].name")
