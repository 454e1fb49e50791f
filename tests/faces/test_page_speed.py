"""How long a person waits at the page: ceilings are generous, as this machine may be busy; what was measured is printed (`-s`)."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import screen_of, serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.support.agents import World
    from tests.support.browser import Screen

LINES = 5_000
EVENTS = 10_000
BUSY = 10  # so many times the goal a busy machine may take
# The longest time that the page did not answer, by what the browser itself has noticed.
WATCH = """() => { window.longest = 0; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
}).observe({type: "longtask", buffered: true}); }"""
PAINTED = """() => performance.getEntriesByType("paint").find((each) => each.name === "first-contentful-paint")?.startTime"""


def test_a_file_of_5000_lines_is_painted_at_once(browser: Browser, world: World) -> None:
    function = 'def f{0}(value):\n    total = {{"a": value}}  # {0}\n    if value > {0}:\n        return total["a"]\n    return None\n\n\n'
    text = "".join(function.format(number) for number in range(LINES // 7 + 1))
    (world.folder / "large.py").write_text(text)
    with serving(world.client, str(world.folder)) as served, screen_of(browser, served) as screen:
        painted = []
        for _ in range(3):
            page = screen.open("/f/orders/code/large.py")
            assert page.locator(".line").count() >= LINES
            painted.append(float(page.evaluate(PAINTED)))
        print(f"first paint of {LINES} lines: {painted} ms")  # noqa: T201  # what was measured, with -s
        assert min(painted) < 500 * BUSY
        page.keyboard.press("/")
        page.keyboard.type("f700")
        page.locator("#found a").first.click()
        page.wait_for_url("**line=*")
        expect(page.locator(".line.chosen")).to_be_in_viewport()


def events_of(count: int, path: Path) -> str:
    """Lines of a log as the function has written its last, so often."""
    [line] = [each for each in path.read_text().splitlines() if '"hotlog":"log"' in each][-1:]
    event: dict[str, Any] = json.loads(line)
    return "".join(
        json.dumps(event | {"message": f"event {number}", "request_id": f"{number // 50:08x}-0000"}) + "\n"
        for number in range(count)
    )


def test_10000_events_come_without_a_pause(browser: Browser, world: World) -> None:
    world.client.change(
        "orders", add=[{"at": "pricing.py:/total = goods/", "message": "{goods}"}], source=world.folder
    )
    path = world.folder.parent / "rules" / "events.jsonl"
    while not path.exists() or '"hotlog":"log"' not in path.read_text():
        world.invoke("order-ok")
    with (
        serving(world.client, str(world.folder), "/f/orders/code/pricing.py") as served,
        screen_of(browser, served) as screen,
    ):
        page = screen.page
        expect(page.locator("#strip .event").first).to_be_visible()
        page.evaluate(WATCH)
        with path.open("a") as file:
            file.write(events_of(EVENTS, path))
        screen.wait_until(
            lambda: page.locator("#strip .event").last.inner_text().endswith(f"event {EVENTS - 1}")
        )
        assert page.locator("#strip .event").count() <= 200
        longest = float(page.evaluate("window.longest"))
        print(f"longest pause while {EVENTS} events come: {longest} ms")  # noqa: T201  # what was measured, with -s
        assert longest < 100 * BUSY
        screen.open("/f/orders/events")
        expect(page.locator(".requests a").first).to_contain_text("50 events")


@pytest.mark.parametrize("field", ["log", "if"])
def test_what_is_typed_is_checked_while_one_types(screen: Screen, world: World, field: str) -> None:
    page = screen.open("/f/orders/code/pricing.py?line=30")
    page.locator("#L30").click()
    expect(page.locator(".answer")).to_contain_text("at most 100 lines")
    times: list[float] = []
    page.get_by_label(field, exact=True).fill("{percent" if field == "log" else "percent > ")
    for _ in range(12):
        page.get_by_label(field, exact=True).press("End")
        # From the last key to the answer on the screen, by the browser's own clock.
        page.evaluate(
            """() => { const box = document.querySelector(".answer"); box.textContent = ""; window.took = null;
            document.activeElement.addEventListener("input", () => { window.at = performance.now(); }, {once: true});
            new MutationObserver((_, seen) => { if (box.textContent) { window.took = performance.now() - window.at; seen.disconnect(); } })
                .observe(box, {childList: true, characterData: true, subtree: true}); }"""
        )
        page.keyboard.type("1")
        screen.wait_until(lambda: page.evaluate("window.took !== null"))
        times.append(float(page.evaluate("window.took")))
    print(f"checked after {statistics.median(times):.0f} ms (median), {max(times):.0f} ms at most")  # noqa: T201  # what was measured, with -s
    assert statistics.median(times) < 150 * BUSY
