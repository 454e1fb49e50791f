"""How the page looks to what reads it aloud (axe), and pictures of it for the documents."""

from __future__ import annotations

import itertools
import os
import struct
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import absent
from tests.support.browser import SIZE, screen_of, serving
from tests.support.places import ROOT, TESTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.agents import World

AXE = TESTS / "support" / "foreign" / "node_modules" / "axe-core" / "axe.min.js"


def findings(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds serious or worse: rule, where, why."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        (each["id"], node["target"][0], node["failureSummary"])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_serious(browser: Browser, world: World, scheme: str) -> None:
    if not AXE.exists():
        absent("axe-core is not installed: npm install --prefix tests/support/foreign --no-package-lock")
    world.client.change(
        "orders",
        source=world.folder,
        add=[
            {"at": "pricing.py:/total = goods/", "message": "{goods}", "snapshot": True},
            {"at": "pricing.py:/return price/", "message": "never {price}", "if": "price < 0"},
            {"at": "pricing:Cart.total", "kind": "trace"},
            {"kind": "error"},
        ],
    )
    with (
        serving(world.client, str(world.folder), "/f/orders/code/pricing.py") as served,
        screen_of(browser, served, color_scheme=scheme) as screen,
    ):
        page = screen.page
        screen.wait_until(lambda: page.locator("#strip .event").count() > 2, lambda: world.invoke("order-ok"))
        world.invoke("order-raises")
        page.locator(".line.can", has_text="percent = self").click()
        expect(page.locator(".answer")).not_to_be_empty()
        wrong = {"code with the form": findings(page)}
        page.get_by_label("log", exact=True).fill("{nothing}")
        expect(page.locator(".answer.error")).to_be_visible()
        wrong["a refusal"] = findings(page)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        wrong["keys"] = findings(page)
        for path in ("/", "/f/orders/rules", "/f/orders/events"):
            screen.open(path)
            page.wait_for_timeout(300)
            wrong[path] = findings(page)
        for link in page.locator("#story a, .requests a").all()[:3]:
            page.goto(screen.url + str(link.get_attribute("href")))
            wrong[page.url] = findings(page)
            screen.open("/f/orders/events")
        assert {where: found for where, found in wrong.items() if found} == {}


PICTURES = ROOT / "hotlog" / "docs"
WRITES = os.environ.get("HOTLOG_TEST_PICTURES") == "write"


def take_picture(page: Page, name: str) -> None:
    """Take a picture of the page; with HOTLOG_TEST_PICTURES=write, the one that the documents show."""
    data = page.screenshot(path=PICTURES / name if WRITES else None)
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (SIZE["width"], SIZE["height"])
    assert (PICTURES / name).read_bytes()[16:24] == data[16:24]
    assert any(f"]({start}{name})" in text for start, text in PAGES)


PAGES = (
    ("hotlog/docs/", (ROOT / "README.md").read_text(encoding="utf-8")),
    ("", (PICTURES / "page.md").read_text(encoding="utf-8")),
)


def test_the_pictures_in_the_documents_are_of_this_page(browser: Browser, world: World) -> None:
    """The walk of `hotlog help page`: a log line with its values, the next one being written; then its request's story."""
    add = world.client.change
    add(
        "orders",
        source=world.folder,
        add=[{"at": "pricing.py:/total = goods/", "message": "goods={goods} percent={percent}"}],
    )
    start, where = "/f/orders/code/pricing.py?line=28", "rules in file:.hotlog"
    with (
        serving(world.client, str(world.folder), start, where=where) as served,
        screen_of(browser, served, color_scheme="dark") as screen,
    ):
        page = screen.page
        requests = itertools.cycle(("order-ok", "order-wrong-total"))
        screen.wait_until(
            lambda: page.locator("#strip .event").count() >= 8, lambda: world.invoke(next(requests))
        )
        page.locator(".line.can", has_text="total += shipping").click()
        expect(page.get_by_label("log", exact=True)).to_have_value("total={total}")
        page.get_by_label("if", exact=True).fill("percent > 5")
        expect(page.locator(".answer")).to_contain_text("5 a second")
        expect(page.locator(".last")).to_contain_text("goods=")
        take_picture(page, "page-code.png")
        page.keyboard.press("Enter")
        add("orders", source=world.folder, add=[{"at": "pricing:Cart.total", "kind": "trace"}])
        screen.wait_until(
            lambda: any("lines" in each for each in world.client.events("orders").events),
            lambda: world.invoke("order-wrong-total"),
        )
        page.emulate_media(color_scheme="light")
        screen.open("/f/orders/events")
        page.locator("#story a", has_text="lines").click()
        screen.wait_until(
            lambda: page.locator(".changed", has_text="total = 12053").count(),
            lambda: page.keyboard.press("ArrowRight"),
        )
        take_picture(page, "page-story.png")
