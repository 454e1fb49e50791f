"""Twelve stories at the page, each as a person sees it: in a browser, on the example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from hotlog import limits
from hotlog.kinds.recording import values
from tests.support.live import ORDERS

if TYPE_CHECKING:
    import pytest
    from playwright.sync_api import Locator, Page

    from tests.support.agents import World
    from tests.support.browser import Screen

TOTAL = "total = goods - goods * percent // 100"
BULK = "price -= price * BULK_PERCENT // 100"
DEF_TOTAL = "def total(self) -> int:"


def number_of(file: str, text: str) -> int:
    """The line of the example that reads so."""
    lines = (ORDERS / file).read_text(encoding="utf-8").split("\n")
    [number] = [number for number, line in enumerate(lines, 1) if line.strip() == text]
    return number


def line_at(screen: Screen, file: str, text: str) -> Locator:
    """That line on the code screen, which is opened at it."""
    number = number_of(file, text)
    return screen.open(f"/f/orders/code/{file}?line={number}").locator(f"#L{number}")


def add(world: World, file: str, text: str, **rule: Any) -> str:
    """Add a rule as somebody else would; its id."""
    added = world.client.change(
        "orders", add=[{"at": f"{file}:{number_of(file, text)}", **rule}], source=world.folder
    )
    return added.rules[0].rule.id


def log_until(screen: Screen, world: World, event: str, *rules: str) -> None:
    """Invoke until each rule has logged."""
    screen.wait_until(
        lambda: set(rules) <= {each["rule"] for each in logged(world)}, lambda: world.invoke(event)
    )


def logged(world: World) -> list[Any]:
    return [
        each for each in world.client.events("orders").events if each["hotlog"] not in {"status", "counts"}
    ]


def test_one_finds_a_line_and_adds_a_log(screen: Screen, world: World) -> None:
    page = screen.open("/f/orders/code/app.py")
    page.keyboard.press("/")
    page.keyboard.type("total = goods")
    found = page.locator("#found a")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(f"pricing.py:{number_of('pricing.py', TOTAL)}")
    found.click()
    line = page.locator(f"#L{number_of('pricing.py', TOTAL)}")
    expect(line).to_be_in_viewport()
    line.click()
    message = page.get_by_label("log", exact=True)
    expect(message).to_have_value("goods={goods} percent={percent}")
    expect(page.locator(".answer")).to_contain_text("at most 100 lines from each environment, 5 a second")
    page.get_by_role("button", name="Add log line").click()
    expect(line.locator(".sign")).to_have_text("◌")
    [rule] = world.rules()
    assert (rule.at, rule.message) == (
        f"pricing.py:{number_of('pricing.py', TOTAL)}",
        "goods={goods} percent={percent}",
    )
    screen.wait_until(lambda: line.locator(".last").count(), lambda: world.invoke("order-wrong-total"))
    expect(line.locator(".last")).to_have_text("goods=13392 percent=10")
    expect(line.locator(".sign")).to_have_text("●")
    expect(page.locator("#strip .event").last).to_contain_text("goods=13392 percent=10")
    expect(page.locator("#files a", has_text="pricing").locator(".count")).to_have_text("1")


def test_an_expression_is_refused_and_mended_while_one_types(screen: Screen, world: World) -> None:
    line = line_at(screen, "pricing.py", TOTAL)
    page = screen.page
    line.click()
    message = page.get_by_label("log", exact=True)
    expect(message).to_have_value(re.compile("goods"))
    message.fill("goods={goodz}")
    expect(page.locator(".answer.error")).to_contain_text("Did you mean")
    expect(page.locator(".under u")).to_have_count(1)
    expect(page.get_by_role("button", name="Add log line")).to_be_disabled()
    page.keyboard.press("Enter")
    assert world.rules() == []
    page.get_by_role("button", name="Use goods={goods}").click()
    expect(message).to_have_value("goods={goods}")
    expect(page.locator(".under u")).to_have_count(0)
    page.get_by_label("if", exact=True).fill("total > 5")
    expect(page.locator(".answer.error")).to_contain_text("total")
    page.get_by_label("if", exact=True).fill("percent > 5")
    expect(page.get_by_role("button", name="Add log line")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator("form")).to_have_count(0)
    assert [rule.condition for rule in world.rules()] == ["percent > 5"]


def test_a_snapshot_is_opened(screen: Screen, world: World) -> None:
    log_until(screen, world, "order-ok", add(world, "pricing.py", TOTAL, snapshot=True))
    page = screen.open("/f/orders/events")
    here = page.locator(".line.here")
    expect(here).to_contain_text(TOTAL)
    goods = page.locator(".code .line", has_text="goods = sum(")
    expect(goods.locator(".value")).to_contain_text(re.compile(r"goods = \d+"))
    whole = page.locator(".values > details", has_text="self")
    whole.locator("summary").first.click()
    expect(whole.locator("details, .leaf", has_text="lines").first).to_be_visible()
    lines = whole.locator("details", has_text="lines").first
    lines.locator("summary").first.click()
    expect(lines).to_contain_text("sku")


def test_one_request_is_followed_through_three_rules(screen: Screen, world: World) -> None:
    rules = [
        add(world, "stock.py", "price_of(line.sku)", message="take {line.sku}"),
        add(world, "pricing.py", BULK, message="bulk {price}"),
        add(world, "pricing.py", TOTAL, message="goods={goods}"),
    ]
    log_until(screen, world, "order-wrong-total", *rules)
    page = screen.open("/f/orders/code/pricing.py")
    row = page.locator("#strip .event", has_text="goods=13392").last
    row.focus()
    page.keyboard.press(".")
    request = row.locator(".id").first.inner_text()
    expect(page.locator("#strip .event:not([hidden])").first).to_contain_text(request)
    assert page.locator("#strip .event:not([hidden])", has_not_text=request).count() == 0
    row.click()
    page.wait_for_url("**/events/**")
    story = page.locator("#story .text")
    screen.wait_until(lambda: story.count() == 3)
    assert story.all_inner_texts() == ["take tea-sencha", "bulk 14880", "goods=13392"]
    expect(page.locator(".line.here")).to_contain_text(TOTAL)
    page.locator("#story a").nth(1).click()
    expect(page.locator(".line.here")).to_contain_text(BULK)
    expect(page.locator(".line.here .value")).to_contain_text("bulk 14880")


def test_a_stack_frame_is_clicked(screen: Screen, world: World) -> None:
    added = world.client.change("orders", add=[{"kind": "error"}])
    log_until(screen, world, "order-raises", added.rules[0].rule.id)
    page = screen.open("/f/orders/events")
    expect(page.locator("h1")).to_contain_text("KeyError: 'quantity'")
    expect(page.locator(".line.here")).to_contain_text('line["quantity"]')
    expect(page.locator(".where-code")).to_contain_text("place_order")
    frames = page.locator(".frames a")
    assert frames.count() >= 2
    frames.nth(frames.count() - 1).click()
    expect(page.locator(".where-code")).to_contain_text("handler")
    expect(page.locator(".line.here")).to_contain_text('ROUTES[event["routeKey"]](event)')
    expect(page.locator(".values")).to_contain_text("event")


def test_a_pending_rule_explains_itself(screen: Screen, world: World) -> None:
    add(world, "pricing.py", TOTAL, message="{goods}")
    line = line_at(screen, "pricing.py", TOTAL)
    expect(line.locator(".sign")).to_have_text("◌")
    expect(line.locator(".told")).to_contain_text("waits for the next invocation")
    page = screen.page
    page.keyboard.press("r")
    expect(page.locator("#rules .verdict")).to_have_text("pending: no environment has reported yet")
    expect(page.locator(".obstacles")).to_contain_text("rules are read at the next invocation")


def test_a_rule_that_is_silent_says_why(screen: Screen, world: World) -> None:
    """One whose condition is never true shows what it compared; one whose line was deployed anew shows how it reads now."""
    add(world, "pricing.py", BULK, message="m", **{"if": "price < 0"})
    moved = add(world, "pricing.py", TOTAL, message="m")
    path = Path(world.client.desk.options.url.removeprefix("file:")) / "orders.json"
    path.write_text(path.read_text().replace(TOTAL, "total = 0"))
    line = line_at(screen, "pricing.py", BULK)
    screen.wait_until(
        lambda: line.get_by_text("condition never true").count(), lambda: world.invoke("order-wrong-total")
    )
    expect(line.locator(".told")).to_contain_text("`price` was 14880")
    broken = screen.page.locator(f"#L{number_of('pricing.py', TOTAL)}")
    expect(broken.locator(".sign")).to_have_text("▲")
    expect(broken).to_contain_text("source-changed")
    expect(broken.locator(".told")).to_contain_text("was `total = 0` when the rule was added")
    screen.open("/f/orders/rules")
    row = screen.page.locator("#rules article", has_text=moved)
    expect(row.locator(".why")).to_contain_text("Add the rule again")


def test_a_trace_is_stepped_through(screen: Screen, world: World) -> None:
    log_until(screen, world, "order-wrong-total", add(world, "pricing.py", DEF_TOTAL, kind="trace"))
    page = screen.open("/f/orders/events")
    expect(page.locator("#step")).to_contain_text("step 1 of")
    here = page.locator(".line.here")
    page.keyboard.press("End")
    expect(here).to_contain_text("return total")
    expect(page.locator(".code .line", has_text=TOTAL).locator(".value")).to_contain_text("total = ")
    page.keyboard.press("ArrowLeft")
    expect(here).to_contain_text("total += shipping(total)")
    page.keyboard.press("ArrowLeft")
    expect(here).to_contain_text(TOTAL)
    expect(page.locator(".changed")).to_contain_text("total = 12053")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".code .line", has_text=TOTAL).locator(".value")).to_have_text("")


def test_a_recording_is_stepped_backwards(
    screen: Screen, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the answer back to where the second discount came from, into other calls and out again."""
    for name in ("RECORD_MAX_MS", "RECORD_SETTLE_MAX_MS"):  # a busy machine would cut it short
        monkeypatch.setattr(limits, name, 60_000)
    monkeypatch.setattr(values, "_VALUE_MAX_NS", 60_000_000_000)
    page = screen.open("/f/orders/rules")
    page.get_by_role("button", name="record", exact=True).click()
    expect(page.locator("#rules article .does")).to_have_text(re.compile("record"))
    [rule] = world.rules()
    log_until(screen, world, "order-wrong-total", rule.id)
    page = screen.open("/f/orders/events")
    expect(page.locator("#story .text")).to_contain_text("POST /orders -> 201")
    expect(page.locator("pre")).to_contain_text("discount_percent -> 10")
    page.keyboard.press("End")
    expect(page.locator("#step")).to_have_text(re.compile(r"step (\d+) of \1\b"))
    here = page.locator(".line.here")
    screen.wait_until(
        lambda: "percent += BULK_PERCENT" in here.inner_text(),
        lambda: page.keyboard.press("ArrowLeft"),
    )
    expect(page.locator(".changed")).to_have_text("percent = 10")
    expect(page.locator(".where-code:visible")).to_contain_text("Cart.discount_percent")
    percent = page.locator("section:visible .line", has_text="percent = COUPONS")
    expect(percent.locator(".value")).to_have_text("")
    page.keyboard.press("ArrowLeft")
    expect(here).to_contain_text("if any(")
    expect(percent.locator(".value")).to_contain_text("percent = 0")
    screen.wait_until(
        lambda: page.locator(".where-code:visible", has_text="line_price").count(),
        lambda: page.keyboard.press("ArrowLeft"),
    )
    expect(page.locator("section:visible .line", has_text=BULK).locator(".value")).to_contain_text(
        "price = 13392"
    )


def test_one_pauses_and_resumes(screen: Screen, world: World) -> None:
    log_until(screen, world, "order-ok", add(world, "pricing.py", TOTAL, message="{goods}"))
    page = screen.open("/f/orders/code/pricing.py")
    page.keyboard.press("p")
    expect(page.locator("#numbers")).to_contain_text("paused")
    expect(page.locator("#pause")).to_have_text("Resume all rules")
    assert world.client.rules("orders").paused
    before = len(logged(world))
    world.invoke("order-ok")
    assert len(logged(world)) == before
    page.get_by_role("button", name="Resume all rules").click()
    expect(page.locator("#numbers")).not_to_contain_text("paused")
    assert not world.client.rules("orders").paused


def test_one_removes_a_rule(screen: Screen, world: World) -> None:
    gone, stays = (add(world, "pricing.py", text, message="m") for text in (TOTAL, BULK))
    page = screen.open("/f/orders/rules")
    expect(page.locator("#rules article")).to_have_count(2)
    page.locator("#rules article", has_text=gone).get_by_role("button", name="Remove").click()
    expect(page.locator("#rules article")).to_have_count(1)
    expect(page.locator("#toast")).to_contain_text(f"Removed {gone}")
    assert [rule.id for rule in world.rules()] == [stays]


def test_the_whole_by_keyboard_alone(screen: Screen, world: World) -> None:
    page: Page = screen.open("/")
    page.keyboard.press("/")
    expect(page.locator("#open, #filter").first).to_be_visible()
    page = screen.open("/f/orders/code/pricing.py")
    page.keyboard.press("/")
    page.keyboard.type("total = goods")
    expect(page.locator("#found a")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/pricing.py?line=*")
    number = number_of("pricing.py", TOTAL)
    line = page.locator(f"#L{number}")
    expect(line).to_have_class(re.compile("chosen"))
    page.keyboard.press("k")
    expect(page.locator(f"#L{number - 1}")).to_have_class(re.compile("chosen"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_label("log", exact=True)).to_be_focused()
    expect(page.get_by_label("log", exact=True)).to_have_value(re.compile("percent"))
    page.keyboard.press("End")
    page.keyboard.type(" coupon={self.cou")
    expect(page.locator(".names kbd")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("}")
    expect(page.get_by_label("log", exact=True)).to_have_value(
        "goods={goods} percent={percent} coupon={self.coupon}"
    )
    page.keyboard.press("Enter")
    expect(line.locator(".sign")).to_be_visible()
    expect(page.locator("form")).to_have_count(0)
    screen.wait_until(
        lambda: page.locator("#strip .event").count(), lambda: world.invoke("order-wrong-total")
    )
    page.keyboard.press("e")
    expect(page.locator("#strip .event").last).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/**")
    expect(page.locator(".line.here .value")).to_contain_text("goods=13392 percent=10")
    page.keyboard.press("r")
    page.wait_for_url("**/rules")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#rules article")).to_have_count(0)
    assert world.rules() == []
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
