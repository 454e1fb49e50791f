"""What the page says is so: each event once, a line that is the one in view, nothing known that was never read."""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

import hotlog
from hotlog import limits
from hotlog.client import desk_limits
from hotlog.ui.desk import PageDesk
from tests.support.browser import screen_of, serving
from tests.support.canned_aws import canned_aws
from tests.support.cli import settle_in, use_credentials
from tests.support.page_client import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest
    from playwright.sync_api import Browser, Page

    from tests.support.agents import World
    from tests.support.browser import Screen

TOTAL = {"at": "pricing.py:/total = goods/", "message": "{goods}"}


def hide(page: Page, hidden: str) -> None:
    """Let the tab say that nobody sees it, or somebody does again."""
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{configurable: true, get: () => {hidden}}});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_each_event_comes_once_however_often_one_looks_away(screen: Screen, world: World) -> None:
    world.client.change("orders", add=[TOTAL], source=world.folder)
    page = screen.open("/f/orders/code/pricing.py?line=30")
    events = page.locator("#strip .event")
    screen.wait_until(events.count, lambda: world.invoke("order-ok"))

    def logged() -> int:
        return len(world.client.events("orders", kinds="log").events)

    for _ in range(2):
        hide(page, "true")
        world.invoke("order-wrong-total")
        hide(page, "false")
        expect(events.last).to_contain_text("13392")
        expect(events).to_have_count(logged())
    page.wait_for_timeout(300)
    expect(events).to_have_count(logged())
    # What anybody may have printed is marked as such, and no value of the line.
    log = world.folder.parent / "rules" / "events.jsonl"
    [line] = [each for each in log.read_text().splitlines() if '"hotlog":"log"' in each][-1:]
    with log.open("a") as file:
        file.write(line.replace('"13392"', '"forged"') + "\n")
    expect(events.last).to_contain_text("unproven")
    expect(page.locator("#L30 .last")).to_have_text("13392")


def test_what_one_asks_for_twice_is_done_once(screen: Screen, world: World) -> None:
    page = screen.open("/f/orders/code/pricing.py?line=30")
    page.locator("#L30").click()
    expect(page.locator(".answer")).to_contain_text("at most 100 lines")
    page.evaluate("for (const _ of [1, 2]) document.querySelector('form.form').requestSubmit()")
    expect(page.locator("form")).to_have_count(0)
    screen.open("/f/orders/rules")
    page.get_by_role("button", name="error", exact=True).dblclick()
    rules = page.locator("#rules article")
    expect(rules).to_have_count(2)
    expect(page.locator(".obstacles")).not_to_contain_text("has no rules")
    rules.first.get_by_role("button", name="Remove").dblclick()
    expect(rules).to_have_count(1)
    rules.get_by_role("button", name="Remove").click()
    expect(page.locator(".obstacles")).to_contain_text("orders has no rules")
    page.get_by_role("button", name="error", exact=True).click()
    expect(rules).to_have_count(1)
    page.keyboard.press("?")
    for key in ("p", "x"):  # what lies behind the list of keys is out of reach
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.wait_for_timeout(200)
    assert [rule.kind for rule in world.rules()] == ["error"]
    assert not world.client.rules("orders").paused


def test_a_line_that_is_another_one_by_now_gets_no_rule(screen: Screen, world: World) -> None:
    page = screen.open("/f/orders/code/pricing.py?line=30")
    file = world.folder / "pricing.py"
    file.write_text("# a line\n" + file.read_text())
    page.locator("#L31").click()
    expect(page.locator(".answer.error")).to_contain_text("reload the page")
    page.keyboard.press("Enter")
    world.client.change("orders", add=[{"kind": "error"}])  # so that there is something new
    expect(page.locator("#numbers")).to_contain_text("reload the page")
    page.reload()
    expect(page.locator("#numbers")).to_contain_text("1 rule ")
    page.locator("#L31").click()
    expect(page.get_by_label("log", exact=True)).to_have_value("goods={goods} percent={percent}")
    assert [rule.kind for rule in world.rules()] == ["error"]
    screen.faults.clear()  # the browser tells of the refusal


def test_a_rule_says_how_long_ago_and_why_not(screen: Screen, world: World) -> None:
    world.client.change("orders", add=[TOTAL], source=world.folder)
    page = screen.open("/f/orders/rules")
    said = page.locator("#rules .who")
    screen.wait_until(lambda: "ago" in said.inner_text(), lambda: world.invoke("order-ok"))

    def age() -> int:
        return int(re.findall(r"the last (\d+) s ago", said.inner_text())[0])

    # That its condition fails is said of a rule that is live, too.
    world.client.change("orders", add=[{**TOTAL, "if": "goods.nothing"}], source=world.folder)
    screen.wait_until(lambda: page.get_by_text("AttributeError").count(), lambda: world.invoke("order-ok"))
    said = said.first
    first = age()
    screen.wait_until(lambda: age() >= first + 2)


def test_a_recording_of_several_parts_is_one_event_and_whole(
    screen: Screen, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RECORD_PART_MAX_BYTES", 1_000)
    world.client.change("orders", add=[{"kind": "record"}], source=world.folder)
    screen.wait_until(
        lambda: len(world.client.events("orders", kinds="record").events) > 1,
        lambda: world.invoke("order-ok"),
    )
    page = screen.open("/f/orders/events")
    expect(page.locator(".requests a")).to_contain_text("1 event")
    page.keyboard.press("End")
    expect(page.locator("#step")).to_contain_text(re.compile(r"step (\d+) of \1 "))
    expect(page.locator(".line.here")).to_contain_text("with storage.connect()")  # which it leaves at last
    screen.open("/f/orders/rules")
    expect(page.locator("#rules .who")).to_contain_text("1 event")
    screen.open("/f/orders/code/app.py")
    expect(page.locator("#strip .event")).to_have_count(1)


def test_a_long_message_can_be_read_whole_and_a_stack_has_each_frame_once(
    screen: Screen, world: World
) -> None:
    long = "a long message " * 30
    world.client.change(
        "orders",
        add=[{**TOTAL, "message": long + "{goods}", "snapshot": True, "stack": 3}],
        source=world.folder,
    )
    screen.wait_until(
        lambda: "long" in str(world.client.events("orders").events), lambda: world.invoke("order-ok")
    )
    page = screen.open("/f/orders/events")
    expect(page.locator("pre.said")).to_have_text(f"{long}4160")
    frames = [text.split() for text in page.locator(".frames a").all_inner_texts()]
    assert [name for _, name in frames][:3] == ["Cart.total", "place_order", "handler"]


def test_names_of_files_are_no_part_of_an_address(browser: Browser, world: World) -> None:
    names = ("a#b.py", "a?b.py", "a%20b.py", "a&b c.py")
    for name in names:
        (world.folder / name).write_text("def f():\n    odd = 1\n    return odd\n")
    with (
        serving(world.client, str(world.folder), "/f/orders/code/app.py") as served,
        screen_of(browser, served) as screen,
    ):
        page = screen.page
        page.fill("#find", "odd = 1")
        found = page.locator("#found a")
        expect(found).to_have_count(len(names))
        hrefs = [str(each.get_attribute("href")) for each in found.all()]
        assert {screen.open(href).locator("h1").inner_text() for href in hrefs} == set(names)


def test_a_file_that_cannot_be_parsed_has_a_page_that_works(screen: Screen, world: World) -> None:
    (world.folder / "broken.py").write_text("def f(:\n")
    page = screen.open("/f/orders/code/broken.py")
    expect(page.locator("main")).to_contain_text("broken.py cannot be parsed")
    world.client.change("orders", add=[{"kind": "error"}], source=world.folder)
    expect(page.locator("#numbers")).to_contain_text("1 rule ")
    screen.faults[:] = [each for each in screen.faults if "404" not in each]


def test_a_page_without_what_it_shows_says_so(world: World, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with serving(world.client, str(tmp_path / "nothing")) as served:
        asked = Asked(served.url)
        answer = asked.ask("GET", "/f/orders/code", cookie=asked.cookie)
        assert (answer.status, "no Python file" in answer.text) == (404, True)
        answer = asked.ask("GET", "/f/no%20name/code", cookie=asked.cookie)
        assert (answer.status, "Pause all rules" in answer.text) == (409, False)


RULE = {"id": "k3f9", "at": "app.py:42", "message": "{x}", "created": "2026-11-30T18:00:00Z", "expires": "2099-11-30T18:00:00Z"}  # fmt: skip


@contextmanager
def desk_of_account(
    lines: list[dict[str, Any]] | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PageDesk]:
    """A page before an account that has one rule, and these lines in the log of the function; None: nobody may read it."""
    settle_in(folder, monkeypatch)
    use_credentials(folder, monkeypatch)

    def answer(action: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any] | str | bytes]:
        if action == "GetParameter":
            document = json.dumps({"v": 1, "rules": [RULE]})
            return 200, {"Parameter": {"Name": "/hotlog/orders", "Type": "String", "Value": document, "Version": 3, "LastModifiedDate": 1764520000.0}}  # fmt: skip
        if action == "FilterLogEvents" and lines is not None:
            return 200, {"events": [each for each in lines if each["timestamp"] >= asked["startTime"]]}
        return 400, {"__type": "AccessDeniedException", "message": f"{action} is not for you"}

    with canned_aws(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield PageDesk(hotlog.Client(region="eu-central-1"))


def test_what_aws_denies_is_said_and_what_it_gives_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules without the log: they are there, and neither "no event" nor a number of events is claimed."""
    with desk_of_account(None, tmp_path, monkeypatch) as desk:
        desk.feed("orders").wait_read(5)
        state = desk.state("orders")
    assert [each["id"] for each in state["rules"]] == ["k3f9"]
    assert "FilterLogEvents" in state["trouble"]
    assert not state["isRead"]


def test_a_busy_function_has_each_event_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of the last minute are asked for again, as one may become visible later than a younger one."""
    count, now_ms = desk_limits.CURSOR_LINES_MAX + 500, round(time.time() * 1_000)
    lines = [
        {"logStreamName": "s", "timestamp": now_ms + number // 100, "eventId": str(number),
         "message": json.dumps({"hotlog": "log", "v": 2, "rule": "k3f9", "request_id": "r", "message": str(number)})}
        for number in range(count)
    ]  # fmt: skip
    with desk_of_account(lines, tmp_path, monkeypatch) as desk:
        feed = desk.feed("orders")
        for _ in range(3):
            feed.wait_read(10)
        assert feed.look().is_read
        assert feed.last_number() == count
