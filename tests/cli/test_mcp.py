"""`hotlog mcp`: what an agent is offered, and what each tool says, in both eras of the protocol."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio
import pytest
from jsonschema import Draft202012Validator

from hotlog.client import desk_limits
from hotlog.mcp.server import INSTRUCTIONS, TOOLS
from tests.support.agents import (
    FOR_A_WHILE,
    LEGACY,
    MODERN,
    Person,
    agent_of,
    make_server,
    order,
    wait_while_invoking,
)
from tests.support.cli import hotlog

if TYPE_CHECKING:
    from pathlib import Path

    from mcp.client.client import ConnectMode

    from tests.support.agents import World

pytestmark = pytest.mark.long

DEFINITIONS_SHA256 = "0ac7f4090b5a79104bf97c94574eef5816a9af9ad0150644586182f8ff454ffc"
DEFINITIONS_MAX_BYTES = 8 * 1024
ERAS = [MODERN, LEGACY]
TOTAL = {"target": "pricing.py:30", "message": "goods={goods} percent={percent}"}


def test_the_definitions_are_small_valid_and_never_change() -> None:
    text = json.dumps(TOOLS, separators=(",", ":"))
    assert len(text.encode()) <= DEFINITIONS_MAX_BYTES
    assert hashlib.sha256(text.encode()).hexdigest() == DEFINITIONS_SHA256, "say so in the changelog"
    for tool in TOOLS:
        Draft202012Validator.check_schema(tool["inputSchema"])
        assert re.fullmatch(r"[a-z_]{1,64}", tool["name"])
    assert len(INSTRUCTIONS) <= 400


@pytest.mark.parametrize("era", ERAS)
def test_an_agent_goes_from_a_question_to_the_removed_rule(era: ConnectMode, world: World) -> None:
    person = Person()

    async def talk() -> None:
        async with agent_of(make_server(world), era, person) as agent:
            tools = await agent.protocol.list_tools()
            assert [tool.name for tool in tools.tools] == [tool["name"] for tool in TOOLS]
            assert agent.protocol.instructions == INSTRUCTIONS
            assert (agent.protocol.protocol_version == "2026-07-28") is (era == MODERN)

            found = await agent.call("find_places", function="orders", query="total = goods")
            assert "pricing.py:30  total = goods - goods * percent // 100  in Cart.total" in found
            code = await agent.call(
                "read_code", function="orders", path="pricing.py", around="Cart.total", lines=10
            )
            assert "  28          goods = sum(line_price(line) for line in self.lines)" in code
            assert "names at line 27: self" in code

            added = await agent.call(
                "add_rules", function="orders", rules=[TOTAL], reason="is it the discount?"
            )
            assert re.search(
                r"1 rule on orders \(.*\), live at the next invocation, until \d\d:\d\d\. Allowed by the person",
                added,
            )
            assert "before `total = goods - goods * percent // 100`, in Cart.total" in added
            [question] = person.asked
            assert 'client "tester", reason: "is it the discount?"' in question
            assert 'pricing.py:30 log "goods={goods} percent={percent}"' in question
            [rule] = world.rules()
            assert (rule.note, rule.via) == ("is it the discount?", "tester")
            assert rule.group.startswith("mcp-")
            assert f'next: wait_for_events(function="orders", group="{rule.group}")' in added

            said = await wait_while_invoking(agent, world, "order-wrong-total", group=rule.group, count=1)
            assert f"{rule.id} pricing.py:30 Cart.total  goods=13392 percent=10" in said
            cursor = re.search(r"^cursor (\S+)$", said, re.MULTILINE)
            assert cursor is not None
            again = await agent.call(
                "wait_for_events", function="orders", group=rule.group, seconds=0, cursor=cursor[1]
            )
            assert again.startswith("No events in 0 s")
            assert "reached " in again

            gone = await agent.call("remove_rules", function="orders")
            assert gone.startswith("1 rule removed from orders")
            assert world.rules() == []

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_all_faults_of_all_rules_come_at_once_each_with_its_fix(era: ConnectMode, world: World) -> None:
    rules = [
        {"target": "pricing.py:30", "message": "{goodz} {percend}"},
        TOTAL,
        {"target": "pricing.py:30", "message": "{total}"},
        {"target": "pricing.py:26"},
        {"target": "gone.py:3", "when": "x >"},
    ]

    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(world), era, person) as agent:
            said = await agent.call("add_rules", function="orders", rules=rules, reason="?")
            assert said.startswith("0 of 5 rules placed.")
            assert (
                "[0] unknown-name: 'goodz' is no name of this function. Did you mean 'goods'?  use message \"{goods} {percend}\""
                in said
            )
            assert 'use message "{goodz} {percent}"' in said
            assert "[1] ok" in said
            assert "not-yet-assigned" in said
            assert 'use target "pricing.py:31"' in said
            assert "[4] no-such-file" in said
            assert said.count("[4]") == 2
            assert person.asked == []
            partly = await agent.call("add_rules", function="orders", rules=rules, reason="?", partial=True)
            assert partly.startswith("2 rules on orders")
            assert "  [4] no-such-file" in partly
            assert [rule.at for rule in world.rules()] == ["pricing.py:30", "pricing.py:26"]

    anyio.run(talk)


def test_the_same_rules_are_there_once(world: World) -> None:
    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(world), MODERN, person) as agent:
            first = await agent.call("add_rules", function="orders", rules=[TOTAL], reason="why?")
            again = await agent.call("add_rules", function="orders", rules=[TOTAL], reason="why?")
            [rule] = world.rules()
            assert f"group {rule.group}" in first
            assert f"group {rule.group}" in again
            assert "there already" in again
            assert len(person.asked) == 1

    anyio.run(talk)


def test_one_rule_written_twice_is_one_rule(world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            other = {**TOTAL, "message": "{goods}"}
            said = await agent.call("add_rules", function="orders", rules=[TOTAL, other, TOTAL], reason="?")
            assert said.startswith("2 rules on orders")
            assert [rule.message for rule in world.rules()] == [TOTAL["message"], "{goods}"]

    anyio.run(talk)


def test_the_same_rules_asked_for_at_once_are_there_once(world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world, mode="auto", auto=("*",)), MODERN) as agent:
            said: list[str] = []

            async def add() -> None:
                said.append(await agent.call("add_rules", function="orders", rules=[TOTAL], reason="why?"))

            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(add)
            [rule] = world.rules()
            assert all(f"group {rule.group}" in each for each in said), said
            assert sum("there already" in each for each in said) == 3

    anyio.run(talk)


def test_an_event_of_a_version_has_a_handle_that_reads_back(world: World) -> None:
    version = "orders:$LATEST"

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            rules = [{"target": "app.py:65"}]
            await agent.call("add_rules", function="orders", rules=rules, reason="?")
            await wait_while_invoking(agent, world, "order-ok", count=1)
            said = await agent.call("wait_for_events", function=version, count=1, seconds=0)
            [handle] = re.findall(r"\[(e1\.[^\]]+)\]", said)
            assert "order" in await agent.call("read_value", event=handle, path="vars.order")
            assert handle.startswith("e1.orders.")

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_a_number_is_whole_however_a_client_writes_it(era: ConnectMode, world: World) -> None:
    """JSON Schema calls `5.0` an integer."""

    async def talk() -> None:
        async with agent_of(make_server(world), era, Person()) as agent:
            code = await agent.call(
                "read_code", function="orders", path="pricing.py", around="30", lines=10.0
            )
            assert "lines 25 to 34" in code
            rules = [{**TOTAL, "limit": 2.0}]
            added = await agent.call(
                "add_rules", function="orders", rules=rules, reason="?", minutes=3.0, partial=False
            )
            assert added.startswith("1 rule on orders"), added
            waited = await agent.call("wait_for_events", function="orders", count=1.0, seconds=0.0)
            assert waited.startswith("No events in 0 s"), waited
            assert "is not of type 'integer'" in await agent.call(
                "wait_for_events", function="orders", seconds=0.5
            )
            assert [rule.limit for rule in world.rules()] == [2]

    anyio.run(talk)


NINES = "9" * 5_000  # Python makes no number of so many digits


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("find_places", {"query": f"pricing.py:{NINES}"}),
        ("find_places", {"query": f'File "/var/task/pricing.py", line {NINES}, in total'}),
        ("find_places", {"query": "re:" + NINES}),
        ("find_places", {"query": "re:a\0b"}),
        ("read_code", {"path": "pricing.py", "around": NINES}),
        ("read_code", {"path": f"pricing.py:{NINES}"}),
        ("add_rules", {"rules": [{"target": f"pricing.py:{NINES}", "message": "x"}], "reason": "?"}),
        ("try_edits", {"diff": f"--- a/pricing.py\n+++ b/pricing.py\n@@ -{NINES} +1 @@\n+print(1)\n", "reason": "?"}),
    ],
)  # fmt: skip
def test_no_argument_is_too_large_for_an_answer(
    tool: str, arguments: dict[str, object], world: World
) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            said = await agent.call(tool, function="orders", **arguments)
            assert said
            assert len(said) <= desk_limits.AGENT_RESULT_MAX_CHARS
            assert world.rules() == []

    anyio.run(talk)


def test_ten_rules_are_the_most(world: World) -> None:
    async def talk() -> None:
        person = Person(FOR_A_WHILE)
        async with agent_of(make_server(world), MODERN, person) as agent:
            for number in range(desk_limits.AGENT_RULES_MAX):
                rule = {**TOTAL, "message": f"{number} {{goods}}"}
                assert "1 rule on" in await agent.call(
                    "add_rules", function="orders", rules=[rule], reason="?"
                )
            refused = await agent.call("add_rules", function="orders", rules=[TOTAL], reason="?")
            assert "[too-many-rules]" in refused
            assert len(world.rules()) == desk_limits.AGENT_RULES_MAX
            assert len(person.asked) == 1

    anyio.run(talk)


def test_it_hands_out_so_many_events_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_limits, "AGENT_EVENTS_MAX", 3)

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            await agent.call("add_rules", function="orders", rules=[TOTAL], reason="?")
            await wait_while_invoking(agent, world, "order-ok", count=1)
            for _ in range(4):
                world.invoke("order-ok")
            rest = await agent.call("wait_for_events", function="orders", count=20, seconds=0)
            assert rest.startswith("2 events")
            assert "More may be there" in rest
            assert "hotlog tail orders" in await agent.call("wait_for_events", function="orders", seconds=0)
            world.client.change("orders", add=[{"kind": "error"}], source=world.folder)
            for _ in range(3):
                world.invoke("order-raises")
            assert "hotlog tail orders" in await agent.call("explain_failure", function="orders", seconds=0)

    anyio.run(talk)


def test_a_failure_is_compared_with_good_requests(world: World) -> None:
    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(world), MODERN, person) as agent:
            nothing = await agent.call("explain_failure", function="orders", seconds=0)
            assert nothing.startswith("No failed request was seen")
            assert "record" in person.asked[0]
            assert sorted(rule.kind for rule in world.rules()) == ["error", "record"]
            for quantity in (1, 2, 3) * 3:  # a rule may wait for time: not all of them are recorded
                world.invoke(order(("tea-assam", quantity)))
            world.invoke("order-raises")
            said = await agent.call("explain_failure", function="orders")
            assert "KeyError: 'quantity'" in said
            assert "differs from 3 good requests: " in said
            assert "has no 'quantity'; good: always there" in said
            await agent.call("remove_rules", function="orders")
            unknown = await agent.call(
                "explain_failure", function="orders", request="latest", bad="@status == 404", seconds=0
            )
            assert unknown.startswith("No failed request was seen")
            for quantity in (1, 2, 3):
                world.invoke(order(("tea-assam", quantity)))
            world.invoke(order(("tea-earl-grey", 1)))
            said = await agent.call("explain_failure", function="orders", bad="@status == 404")
            assert said.startswith("A bad request on orders")
            assert "raised KeyError" in said
            assert "raised KeyError" in said
            assert "sku = 'tea-earl-grey'" in said
            assert len(said) <= desk_limits.AGENT_RESULT_MAX_CHARS

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_a_failure_is_explained_from_its_error_event(era: ConnectMode, world: World) -> None:
    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(world), era, person) as agent:
            nothing = await agent.call("explain_failure", function="orders", seconds=0)
            assert nothing.startswith("No failed request was seen")
            assert len(person.asked) == 1
            await wait_while_invoking(agent, world, "order-raises", count=1)
            said = await agent.call("explain_failure", function="orders")
            assert "KeyError: 'quantity'" in said
            assert "line = {'sku': 'tea-assam'}" in said
            assert "order = {'customer': 'dee', 'lines': [{'sku': 'tea-assam'}]}" in said
            assert 'app.py:46 handler   return ROUTES[event["routeKey"]](event)' in said
            handle = re.search(r"^event (\S+)$", said, re.MULTILINE)
            assert handle is not None
        # Another process goes on with the handle.
        async with agent_of(make_server(world), era) as other:
            value = await other.call("read_value", event=handle[1], path="frames[1].order.lines[0].sku")
            assert "'tea-assam'" in value
            wrong = await other.call("read_value", event=handle[1], path="frames[1].nothing")
            assert "leads nowhere" in wrong
            assert "[bad-handle]" in await other.call("read_value", event="e1.x")

    anyio.run(talk)


def test_others_rules_stay(world: World) -> None:
    [mine] = world.client.change("orders", add=[{"at": "pricing.py:31", "message": "{total}"}]).rules

    async def talk() -> None:
        async with (
            agent_of(make_server(world), MODERN, Person()) as first,
            agent_of(make_server(world), LEGACY, Person()) as second,
        ):
            await first.call("add_rules", function="orders", rules=[TOTAL], reason="a")
            await second.call("add_rules", function="orders", rules=[TOTAL], reason="b")
            _, one, two = world.rules()
            for names in ({"rules": [mine.rule.id]}, {"rules": [two.id]}, {"group": two.group}):
                refused = await first.call("remove_rules", function="orders", **names)
                assert "others' rules need a person" in refused
                assert "hotlog rm orders" in refused
            assert len(world.rules()) == 3
            assert "1 rule removed" in await first.call("remove_rules", function="orders")
            assert [rule.id for rule in world.rules()] == [mine.rule.id, two.id]
            assert one.group != two.group

    anyio.run(talk)


def test_wrong_arguments_are_told_all_at_once(world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN) as agent:
            said = await agent.call("add_rules", function=3, rules=[], minutes=61)
            for part in ("function: ", "rules: ", "minutes: ", "'reason' is a required property"):
                assert part in said
            assert "There is no tool 'nope'" in await agent.call("nope")
            assert "[bad-function]" in await agent.call("find_places", function="a b", query="x")
            assert (
                "of one function" in await agent.call("add_rules", function="ord*", rules=[TOTAL], reason="?")
                or world.rules() == []
            )

    anyio.run(talk)


def test_odd_arguments_are_told_as_what_they_are(world: World) -> None:
    [others] = world.client.change("orders", add=[{"at": "pricing.py:31", "message": "{total}"}]).rules
    others_id = others.rule.id
    cases: list[tuple[str, dict[str, object], str]] = [
        ("wait_for_events", {"rules": [""]}, "rules[0]: nothing stands there"),
        ("wait_for_events", {"rules": [others_id, " \u3164"]}, "rules[1]: nothing stands there"),
        ("wait_for_events", {"rules": [others_id[:2]], "seconds": 0}, f"No rule {others_id[:2]} on orders"),
        ("wait_for_events", {"rules": [others_id], "group": "mcp-x", "seconds": 0}, "in the group mcp-x"),
        ("wait_for_events", {"group": "", "cursor": None, "seconds": 0}, "there is no rule of yours"),
        ("add_rules", {"rules": [TOTAL], "reason": "\u200b \u2800"}, "reason: nothing stands there"),
        ("add_rules", {"rules": [{**TOTAL, "when": "x" * 501}], "reason": "?"}, "when is longer than 500"),
        ("find_places", {"query": "\n"}, "query: nothing stands there"),
        ("find_places", {"query": "x" * 1_000_000}, "[bad-arguments]"),
        ("find_places", {"query": [[]] * 3}, "is not of type 'string'"),
        ("read_code", {"path": "pricing", "around": "Cart"}, "names at line 27"),
        ("remove_rules", {"rules": ["zz"]}, "0 rules removed from orders"),
        ("remove_rules", {"rules": ["zz"]}, "there is no zz."),
        ("remove_rules", {}, "1 rule of others stays."),
    ]
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            for tool, arguments, shows in cases:
                said = await agent.call(tool, function="orders", **arguments)
                assert shows in said, (tool, arguments, said)
            assert "[bad-arguments]" in await agent.call("find_places", function="orders", query=deep)
            assert "No function is called so" in await agent.call("find_functions", query="*")
            await agent.call("add_rules", function="orders", rules=[TOTAL], reason="?")
            mine = world.rules()[1].id
            kept = await agent.call("remove_rules", function="orders", rules=["zz"])
            assert "1 rule of yours stays. 1 rule of others stays." in kept
            unknown = await agent.call("wait_for_events", function="orders", rules=["zz"], seconds=0)
            assert f"Yours are: {mine}." in unknown
            both = await agent.call("wait_for_events", function="orders", rules=[mine, others_id], seconds=0)
            assert both.startswith("No events in 0 s")

    anyio.run(talk)


def test_many_waits_leave_room_for_what_does_not_wait(world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world, mode="auto", auto=("*",)), MODERN) as agent:
            await agent.call("add_rules", function="orders", rules=[TOTAL], reason="?")
            async with anyio.create_task_group() as group:
                for _ in range(60):
                    group.start_soon(functools.partial(agent.call, "wait_for_events", function="orders"))
                await anyio.sleep(0.5)
                with anyio.fail_after(10):
                    assert "1 rule removed" in await agent.call("remove_rules", function="orders")
                group.cancel_scope.cancel()

    anyio.run(talk)


def test_calls_at_once_hand_out_no_more_events_than_one_may(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_limits, "AGENT_EVENTS_MAX", 5)
    said: list[str] = []

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            rule = {**TOTAL, "limit": 20}
            await agent.call("add_rules", function="orders", rules=[rule], reason="?")
            while len(list(world.client.events("orders", since_s=600).events)) < 4:
                world.invoke("order-ok")

            async def wait() -> None:
                said.append(await agent.call("wait_for_events", function="orders", count=4, seconds=0))

            async with anyio.create_task_group() as group:
                for _ in range(6):
                    group.start_soon(wait)

    anyio.run(talk)
    assert sum(text.count(" pricing.py:30 Cart.total ") for text in said) == 5, said


def test_a_person_sees_what_an_agent_did_and_takes_it_away(world: World, tmp_path: Path) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            await agent.call("add_rules", function="orders", rules=[TOTAL], reason="why so cheap?")

    anyio.run(talk)
    [rule] = world.rules()
    store = ("--store", f"file:{tmp_path / 'rules'}")
    assert "via tester" in hotlog("ls", "orders", *store).out
    shown = hotlog("show", "orders", rule.id, *store).out
    assert "why so cheap?" in shown
    assert re.search(r"via +tester", shown)
    removed = hotlog("rm", "--group", "mcp-*", *store)
    assert removed.code == 0
    assert rule.id in removed.err
    assert world.rules() == []


def test_a_traceback_leads_to_its_frames(world: World) -> None:
    traceback = (
        'Traceback (most recent call last):\n  File "/var/task/app.py", line 46, in handler\n'
        '    return ROUTES[event["routeKey"]](event)\n  File "/var/lang/lib/python3.12/json/decoder.py", line 353, in raw_decode\n'
        "  File \"/var/task/app.py\", line 54, in place_order\n    lines = [\nKeyError: 'quantity'\n"
    )

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN) as agent:
            said = await agent.call("find_places", function="orders", query=traceback)
            assert said.startswith("2 places of the traceback")
            assert said.index("app.py:54") < said.index("app.py:46")
            one = await agent.call("find_places", function="orders", query="pricing.py:30")
            assert "pricing.py:30  total = goods" in one
            nothing = await agent.call("find_places", function="orders", query="no such words")
            assert "pricing.py" in nothing

    anyio.run(talk)


def test_what_is_to_be_called_next_is_of_use(world: World) -> None:
    """Each `next:` names what this event and these rules have, not what others would have."""

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            assert 'find_places(function="NAME"' in await agent.call("find_functions")
            assert "no rule yet" in await agent.call("find_functions", query="orders")
            found = await agent.call("find_places", function="orders", query="total")
            assert "query re:total finds lines that read so" in found
            code = await agent.call("read_code", function="orders", path="pricing.py", around="30")
            assert """next: add_rules(function="orders", rules=[{"target": "pricing.py:30", """ in code
            rules = [{"target": "pricing:Cart.total", "kind": "call"}, {"kind": "error"}]
            added = await agent.call("add_rules", function="orders", rules=rules, reason="?")
            assert "Each rule: at most" in added
            waits = await agent.call("wait_for_events", function="orders", seconds=0)
            assert 'next: wait_for_events(function="orders") once a request has come' in waits
            said = await wait_while_invoking(agent, world, "order-ok", count=1)
            [handle] = re.findall(r"\[(e1\S+)\]", said)[:1]
            whole = await agent.call("read_value", event=handle)
            assert f'next: read_value(event="{handle}", path="args")' in whole
            for path in ("args.self.lines[0].sku", "self.lines[0].sku", "vars.self.lines[0].sku"):
                assert "'tea" in await agent.call("read_value", event=handle, path=path)
            await agent.call("remove_rules", function="orders")
            nothing = await agent.call("remove_rules", function="orders")
            assert nothing.startswith("0 rules removed")
            assert "none of yours is there" in nothing

    anyio.run(talk)


@pytest.mark.parametrize(
    ("message", "fixed"),
    [
        ("{self.total()}", "self.lines={self.lines} self.coupon={self.coupon}"),
        ("a {goods} b {self.total()} c", "a {goods} b self.lines={self.lines} self.coupon={self.coupon} c"),
        ("{self.discount_percent() > 3}", "self.coupon={self.coupon} self.lines={self.lines}"),
    ],
)
def test_a_call_of_ones_own_is_mended_by_what_it_reads(message: str, fixed: str, world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            rules = [{"target": "pricing.py:30", "message": message}]
            said = await agent.call("add_rules", function="orders", rules=rules, reason="?")
            [found] = re.findall(r'use message "(.*)"$', said, re.MULTILINE)
            assert found == fixed
            again = [{"target": "pricing.py:30", "message": found}]
            said = await agent.call("add_rules", function="orders", rules=again, reason="?")
            assert said.startswith("1 rule on orders"), said

    anyio.run(talk)


def test_a_failure_that_nobody_proves_decides_nothing(world: World, tmp_path: Path) -> None:
    """A forged error event keeps no rule from being asked for, hides no true one, and is told as what it is."""

    def forge(kind: str) -> None:
        stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        event = {"hotlog": "error", "v": 2, "timestamp": stamp, "rule": "x", "function": "orders"}
        event |= {"request_id": "0aae6dc6", "error": {"type": kind, "message": "no"}, "frames": []}
        (tmp_path / "rules").mkdir(exist_ok=True)
        with (tmp_path / "rules" / "events.jsonl").open("a") as file:
            file.write(f"{json.dumps(event)}\n")

    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(world), MODERN, person) as agent:
            forge("Forged")
            said = await agent.call("explain_failure", function="orders", seconds=0)
            assert len(person.asked) == 1
            assert [rule.kind for rule in world.rules()] == ["error", "record"]
            assert said.startswith("unproven: a line of the log on orders")
            await wait_while_invoking(agent, world, "order-raises", count=1)
            forge("Forged")
            said = await agent.call("explain_failure", function="orders", seconds=0)
            assert "KeyError: 'quantity'" in said
            assert "Forged" not in said
            assert "1 request of 1 seen to fail" in said
            assert "2 error events in the log are unproven, and left out." in said

    anyio.run(talk)
