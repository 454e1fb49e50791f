"""The browser, one for all tests of this lane; and the example as a function, with its page open, or before an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotlog import limits
from tests.conftest import absent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.support.agents import World
    from tests.support.browser import Screen
    from tests.support.editors import Scene


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    sync_api = pytest.importorskip("playwright.sync_api")
    from tests.support.browser import find_browser

    with sync_api.sync_playwright() as playwright:
        path = find_browser(playwright)
        if not path:
            absent("no browser: install chromium, or run `python -m playwright install chromium`")
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a rule go in at once, however busy the machine is: a browser works beside it."""
    monkeypatch.setattr(limits, "INSTALL_MAX_MS", 60_000)


@pytest.fixture
def screen(browser: Browser, world: World) -> Iterator[Screen]:
    """The page of the example."""
    from tests.support.browser import screen_of, serving

    with (
        serving(world.client, str(world.folder), "/f/orders/code") as served,
        screen_of(browser, served) as found,
    ):
        yield found


@pytest.fixture
def scene(world: World, tmp_path: Path) -> Scene:
    """The example, and an editor with its code open."""
    from tests.support.editors import FOLDER, Scene

    if not (FOLDER / "node_modules").is_dir():
        absent(
            "Microsoft's DebugClient is not there: `npm install --prefix tests/support/editor --no-package-lock`"
        )
    return Scene(tmp_path, world, world.folder)
