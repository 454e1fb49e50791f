"""How the page looks to what reads it aloud (axe), and pictures of it for the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import absent
from tests.support.browser import screen_of, serving
from tests.support.places import TESTS

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
