"""A person before `hotlog ui`: the browser that this machine has, a page that is served here, and what the page has asked for."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hotlog.ui.desk import PageDesk
from hotlog.ui.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Playwright

    from hotlog.client.client import Client
    from hotlog.ui.server import ServedPage

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 30
SIZE = {"width": 1_100, "height": 700}


def find_browser(playwright: Playwright) -> str:
    """The path of a browser; empty where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else "")


class Screen:
    """One tab, with all that it has asked for.

    Attributes:
        page: playwright's.
        url: of the page, without a path.
        asked: every address that it has asked for, in order.
        faults: what scripts have thrown, and what the browser has complained of.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.asked: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on("console", self._hear)
        page.on("dialog", self._dismiss)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.faults.append(said.text)

    def _dismiss(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, path: str) -> Page:
        """Go to a screen."""
        self.page.goto(self.url + path)
        return self.page

    def wait_until(self, holds: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
        """Wait until something holds on the page; do something meanwhile, such as invoke the function."""
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until, self.page.inner_text("body")
            meanwhile()
            self.page.wait_for_timeout(50)


@contextmanager
def serving(
    client: Client, source: str = "", start: str = "/", *, read_only: bool = False, where: str = ""
) -> Iterator[ServedPage]:
    """Serve a page in a thread.

    Args:
        client: as for `PageDesk`.
        source: as for it.
        start: path of the first screen.
        read_only: as for `PageDesk`.
        where: what it says of the place of the rules, in a picture; empty: that place.
    """
    desk = PageDesk(client, source, read_only=read_only)
    desk.where = where or desk.where
    served = serve(desk, 0, start)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.close()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@contextmanager
def screen_of(browser: Browser, served: ServedPage, **options: Any) -> Iterator[Screen]:
    """Open a page with the address that it was served at; in the end nothing may have gone wrong in it, nor left this machine."""
    context: BrowserContext = browser.new_context(viewport=SIZE, **options)  # type: ignore[arg-type]  # a plain dict will do
    address = urlsplit(served.url)
    try:
        screen = Screen(context.new_page(), f"{address.scheme}://{address.netloc}")
        screen.page.goto(served.url)
        screen.page.wait_for_url(lambda url: "ticket" not in url)
        yield screen
        assert screen.faults == [], screen.faults
        hosts = {urlsplit(each).netloc for each in screen.asked}
        assert hosts == {address.netloc}, hosts
    finally:
        context.close()
