"""The README's picture of the page: a rule in the deployed code, what it logs, and the form of the next one.

`python -m tests.faces.test_page_picture` takes it anew.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.support.agents import local_world
from tests.support.browser import find_browser, screen_of, serving
from tests.support.cli import settle_in
from tests.support.markers import line_with
from tests.support.places import ROOT

if TYPE_CHECKING:
    from tests.support.agents import World
    from tests.support.browser import Screen

PICTURE = ROOT / "hotlog" / "docs" / "page.png"
PNG = b"\x89PNG"
ORDERS = ROOT / "examples" / "orders"
LOGGED, ASKED = (
    line_with(ORDERS / "pricing.py", text) for text in ("total = goods - goods", "total += shipping")
)


def take_picture(screen: Screen, world: World) -> bytes:
    """Return the picture: one line logs, another is about to."""
    world.client.change(
        "orders",
        add=[{"at": f"pricing.py:{LOGGED}", "message": "goods={goods} percent={percent}"}],
        source=world.folder,
    )
    page = screen.open(f"/f/orders/code/pricing.py?line={LOGGED}")
    value = page.locator(f"#L{LOGGED} .last")
    screen.wait_until(value.count, lambda: world.invoke("order-wrong-total"))
    page.locator(f"#L{ASKED}").click()
    expect(page.locator(".answer")).to_contain_text("at most 100 lines")
    return page.screenshot()


def test_the_picture_can_be_taken(screen: Screen, world: World) -> None:
    assert take_picture(screen, world).startswith(PNG)
    assert PICTURE.read_bytes().startswith(PNG)


def write() -> None:
    """Take it anew."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
        sync_playwright() as playwright,
    ):
        settle_in(Path(folder), monkeypatch)
        browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=["--no-sandbox"])
        with (
            local_world(Path("shop")) as world,
            serving(world.client, str(world.folder), "/f/orders/code") as served,
            screen_of(browser, served) as screen,
        ):
            PICTURE.write_bytes(take_picture(screen, world))
        browser.close()


if __name__ == "__main__":
    write()
