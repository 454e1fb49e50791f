"""Who must be asked before an agent's rules are stored: whatever is no clear yes, in time, to these very rules, stores none."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
import pytest

from hotlog.client import desk_limits
from hotlog.client.agents.asked import end_as_told
from hotlog.client.agents.proposals import check_proposal, folder, read_proposal, withdraw
from hotlog.errors import RuleError, StoreError
from tests.support.agents import (
    FOR_A_WHILE,
    LEGACY,
    MODERN,
    NO,
    ONCE,
    Person,
    agent_of,
    make_server,
)
from tests.support.cli import hotlog
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from mcp.client.client import ConnectMode

    from tests.support.agents import Agent, World

pytestmark = pytest.mark.long

ERAS = [MODERN, LEGACY]
RULE = {"target": "pricing.py:30", "message": "goods={goods}"}
ASKED = {"function": "orders", "rules": [RULE], "reason": "why?"}
ACCOUNTS = "def login(name):\n    found = name\n    return found\n"


async def ask(agent: Agent, **more: Any) -> types.InputRequiredResult:
    return await agent.ask("add_rules", **{**ASKED, **more})


async def answer(
    agent: Agent, question: types.InputRequiredResult, choice: str | None = ONCE, **more: Any
) -> str:
    return await agent.answer("add_rules", question, choice, **{**ASKED, **more})


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("choice", [NO, "decline", "cancel", "yes", "ONCE", "", "once "])
def test_what_is_no_clear_yes_stores_nothing(choice: str, era: ConnectMode, world: World) -> None:
    async def talk() -> None:
        person = Person(choice)
        async with agent_of(make_server(world), era, person) as agent:
            said = await agent.call("add_rules", **ASKED)
            assert said.startswith("0 rules placed on orders"), said
            assert len(person.asked) == 1
            assert world.rules() == []

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_once_is_once_and_a_while_is_for_this_function(era: ConnectMode, world: World) -> None:
    async def talk() -> None:
        person = Person(ONCE)
        async with agent_of(make_server(world), era, person) as agent:
            for number in range(2):
                await agent.call(
                    "add_rules", **{**ASKED, "rules": [{**RULE, "message": f"{number}{{goods}}"}]}
                )
            assert len(person.asked) == 2
            person.answer = FOR_A_WHILE
            for number in range(2, 5):
                await agent.call(
                    "add_rules", **{**ASKED, "rules": [{**RULE, "message": f"{number}{{goods}}"}]}
                )
            assert len(person.asked) == 3
            assert len(world.rules()) == 5

    anyio.run(talk)


def test_a_yes_belongs_to_the_rules_that_were_shown(world: World) -> None:
    changed: list[dict[str, Any]] = [
        {"rules": [{**RULE, "message": "{self}"}]},
        {"rules": [{**RULE, "target": "pricing.py:31"}]},
        {"rules": [{**RULE, "when": "goods > 1"}]},
        {"rules": [{**RULE, "limit": 20}]},
        {"rules": [RULE, {"target": "pricing.py:31", "message": "{total}"}]},
        {"minutes": 60},
        {"reason": "another"},
    ]

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            for more in changed:
                question = await ask(agent)
                said = await answer(agent, question, **more)
                assert "not the rules that the person has seen" in said, more
                assert world.rules() == [], more
                # The question is spent, also for the rules that it was about.
                assert "belongs to no question that waits" in await answer(agent, question)
                assert world.rules() == [], more

    anyio.run(talk)


def test_a_yes_counts_once_and_only_where_it_was_asked(world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            question = await ask(agent)
            assert (await answer(agent, question)).startswith("1 rule on orders")
            await agent.call("remove_rules", function="orders")
            assert "belongs to no question that waits" in await answer(agent, question)
            forged = question.model_copy(update={"request_state": "x" * 22})
            assert "belongs to no question that waits" in await answer(agent, forged)
            assert "belongs to no question that waits" in await answer(
                agent, question.model_copy(update={"request_state": None})
            )
            of_first = await ask(agent)
            async with agent_of(make_server(world), MODERN, Person()) as other:
                assert "belongs to no question that waits" in await answer(other, of_first)
            assert world.rules() == []

    anyio.run(talk)


def test_a_question_of_2026_says_what_a_form_needs(world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            question = await ask(agent)
            [(key, request)] = (question.input_requests or {}).items()
            assert key == "consent"
            assert isinstance(request, types.ElicitRequest)
            assert isinstance(request.params, types.ElicitRequestFormParams)
            schema = request.params.requested_schema
            assert schema["properties"]["answer"]["enum"] == [ONCE, FOR_A_WHILE, NO]
            assert world.rules() == []

    anyio.run(talk)


def test_a_late_yes_counts_for_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_limits, "CONSENT_MAX_S", 0.3)

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            question = await ask(agent)
            await anyio.sleep(0.5)
            assert "belongs to no question that waits" in await answer(agent, question)
        person = Person(before=lambda: anyio.sleep(1))
        async with agent_of(make_server(world), LEGACY, person) as agent:
            said = await agent.call("add_rules", **ASKED)
            assert "nobody answered in time" in said
            await anyio.sleep(1)
        assert world.rules() == []

    anyio.run(talk)


def test_a_deployment_while_one_thinks_stores_nothing(world: World) -> None:
    pricing = world.folder / "pricing.py"

    async def deploy() -> None:
        pricing.write_text(pricing.read_text().replace("goods - goods *", "goods - 3 * goods *"))

    async def talk() -> None:
        async with agent_of(make_server(world), LEGACY, Person(before=deploy)) as agent:
            assert "not the rules that the person has seen" in await agent.call("add_rules", **ASKED)
            assert world.rules() == []
        async with agent_of(make_server(world), MODERN, Person()) as agent:
            question = await ask(agent)
            pricing.write_text(pricing.read_text().replace("goods - 3 *", "goods - 2 *"))
            assert "not the rules that the person has seen" in await answer(agent, question)
            assert world.rules() == []

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_who_only_looks_places_nothing(era: ConnectMode, world: World) -> None:
    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(world, mode="read"), era, person) as agent:
            assert "this server only looks" in await agent.call("add_rules", **ASKED)
            assert "this server only looks" in await agent.call("explain_failure", function="orders")
            assert "this server only looks" in await agent.call("remove_rules", function="orders")
            assert person.asked == []
            assert world.rules() == []

    anyio.run(talk)


@pytest.mark.parametrize(
    ("auto", "target", "asks"),
    [
        (("ord*",), "pricing.py:30", False),
        (("dev-*",), "pricing.py:30", True),
        ((), "pricing.py:30", True),
        (("*",), "accounts.py:2", True),  # def login
        (("*",), "token_store.py:2", True),
        (("*",), "accounts:login", True),
    ],
)
def test_auto_asks_nobody_where_a_pattern_matches_and_no_name_speaks_of_secrets(
    auto: tuple[str, ...], target: str, asks: bool, world: World
) -> None:
    (world.folder / "accounts.py").write_text(ACCOUNTS)
    (world.folder / "token_store.py").write_text(ACCOUNTS.replace("login", "keep"))

    async def talk() -> None:
        person = Person(NO)
        async with agent_of(make_server(world, mode="auto", auto=auto), MODERN, person) as agent:
            rules = [{"target": target, "message": "hello"}]
            said = await agent.call("add_rules", **{**ASKED, "rules": rules})
            assert bool(person.asked) is asks
            assert len(world.rules()) == (0 if asks else 1)
            assert ("Nobody was asked" in said) is not asks

    anyio.run(talk)


@pytest.mark.parametrize("asks", [False, True])
def test_auto_asks_for_an_error_rule_where_any_file_speaks_of_secrets(asks: bool, world: World) -> None:
    if asks:
        (world.folder / "token_store.py").write_text(ACCOUNTS)

    async def talk() -> None:
        person = Person(NO)
        async with agent_of(make_server(world, mode="auto", auto=("*",)), MODERN, person) as agent:
            await agent.call("add_rules", **{**ASKED, "rules": [{"kind": "error"}]})
            assert bool(person.asked) is asks
            assert len(world.rules()) == (0 if asks else 1)

    anyio.run(talk)


# --- a client that cannot ask --------------------------------------------------------------------------------------------


async def propose(world: World, era: ConnectMode) -> tuple[str, str]:
    """Return what an agent is told whose client cannot ask, and the proposal's name."""
    async with agent_of(make_server(world), era) as agent:
        said = await agent.call("add_rules", **ASKED)
        found = re.search(r"hotlog approve ([a-z0-9]+) ", said)
        assert found is not None, said
        return said, found[1]


@pytest.mark.parametrize("era", ERAS)
def test_a_client_that_cannot_ask_gets_a_command_for_a_person(era: ConnectMode, world: World) -> None:
    async def talk() -> None:
        async with agent_of(make_server(world), era) as agent:
            said = await agent.call("add_rules", **ASKED)
            assert "needs a person's yes, and this client cannot ask" in said
            name = re.findall(r"hotlog approve ([a-z0-9]+) ", said)[0]
            assert world.rules() == []
            [path] = folder().glob("*.json")
            assert path.stat().st_mode & 0o777 == 0o600
            assert folder().stat().st_mode & 0o777 == 0o700
            group = f"mcp-{name}"
            waits = await agent.call("wait_for_events", function="orders", group=group, seconds=0)
            assert f"hotlog approve {name}" in waits

            def approve() -> None:
                time.sleep(0.5)
                found = read_proposal(name)
                world.client.store(check_proposal(world.client, found))
                withdraw(found)
                for _ in range(5):
                    world.invoke("order-ok")
                    time.sleep(0.1)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.to_thread.run_sync, approve)
                seen = await agent.call("wait_for_events", function="orders", group=group, count=1, seconds=9)
            assert "goods=4160" in seen
            assert "1 rule removed" in await agent.call("remove_rules", function="orders")

    anyio.run(talk)


def test_where_no_proposal_can_lie_the_agent_is_told(world: World) -> None:
    folder().parent.write_text("in the way")

    async def talk() -> None:
        async with agent_of(make_server(world), MODERN) as agent:
            assert "cannot be written" in await agent.call("add_rules", **ASKED)
            assert world.rules() == []

    anyio.run(talk)


def test_a_proposal_that_somebody_changed_stores_nothing(world: World) -> None:
    _, name = anyio.run(propose, world, MODERN)
    path = folder() / f"{name}.json"
    content = json.loads(path.read_text())
    for key, value in {
        "rules": [{**RULE, "message": "{self}"}],
        "minutes": 60,
        "reason": "another",
        "function": "other",
        "digest": "0" * 64,
    }.items():
        path.write_text(json.dumps({**content, key: value}))
        with pytest.raises(StoreError, match="are not those that were proposed"):
            check_proposal(world.client, read_proposal(name))
    odd = (
        {"until": "x"},
        {"minutes": "5"},
        {"rules": [3]},
        {"function": 3},
        {"reason": None},
        {"id": "other"},
        {"more": 1},
    )
    damaged = [json.dumps({**content, **each}) for each in odd]
    for broken in ("", "{}", "[]", '{"v": 1, "rules": 3}', "\x00", *damaged):
        path.write_text(broken)
        with pytest.raises(StoreError, match=r"cannot be read"):
            read_proposal(name)
    assert world.rules() == []


def test_a_proposal_ends_by_itself_and_is_taken_once(world: World) -> None:
    _, name = anyio.run(propose, world, LEGACY)
    path = folder() / f"{name}.json"
    content = json.loads(path.read_text())
    found = read_proposal(name)
    withdraw(found)
    with pytest.raises(StoreError, match="no proposal"):
        withdraw(found)
    path.write_text(json.dumps({**content, "until": 0}))
    with pytest.raises(StoreError, match="no proposal"):
        read_proposal(name)
    assert not path.exists()
    path.write_text(json.dumps(content))
    with pytest.raises(StoreError, match="no proposal"):
        withdraw(found._replace(until=time.time() - 1))  # the yes came late
    assert not path.exists()
    for wrong in ("../orders", "", "a/b", "nothing"):
        with pytest.raises(StoreError, match="no proposal"):
            read_proposal(wrong)


def test_approve_wants_a_person_at_a_terminal(world: World) -> None:
    _, name = anyio.run(propose, world, MODERN)
    ran = hotlog("approve", name)
    assert ran.code == 2
    assert "a person answers this, at a terminal" in ran.err
    assert world.rules() == []
    assert hotlog("approve", "nothing").code == 1


@pytest.mark.process
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(("typed", "stored"), [("y", 1), ("n", 0), ("", 0)])
def test_approve_shows_asks_and_places(typed: str, stored: int, world: World, tmp_path: Path) -> None:
    _, name = anyio.run(propose, world, MODERN)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".hotlog").symlink_to(Path.home() / ".hotlog")
    with Terminal(home, {}) as terminal:
        terminal.enter(f"hotlog approve {name}")
        terminal.see("Place them?")
        terminal.run(typed)
        shown = terminal.shown()
    assert 'client "tester", reason: "why?"' in shown.replace("\n", "")
    assert len(world.rules()) == stored
    assert list(folder().glob("*.json")) == []


@pytest.mark.process
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_deployment_while_one_looks_at_a_proposal_stores_nothing(world: World, tmp_path: Path) -> None:
    _, name = anyio.run(propose, world, MODERN)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".hotlog").symlink_to(Path.home() / ".hotlog")
    pricing = world.folder / "pricing.py"
    with Terminal(home, {}) as terminal:
        terminal.enter(f"hotlog approve {name}")
        terminal.see("Place them?")
        pricing.write_text(pricing.read_text().replace("goods - goods *", "goods - 2 * goods *"))
        terminal.run("y")
        shown = terminal.shown()
    assert "are not those that were proposed" in " ".join(shown.split())
    assert world.rules() == []
    assert list(folder().glob("*.json")) == []


def test_the_words_of_an_agent_end_no_quote_and_hide_no_rule(world: World) -> None:
    forged = 'why?") asks to add 1 log line to toy (…9012): app.py:1 log hi. Gone at 12:17. ("'

    async def talk() -> None:
        person = Person(NO)
        async with agent_of(make_server(world), MODERN, person) as agent:
            await agent.call("add_rules", **{**ASKED, "reason": forged})
            assert person.asked[0].count('"') == 6, "two quotes around three texts"
            await agent.call("add_rules", **{**ASKED, "reason": "z " * 10_000})
            assert len(person.asked[1]) < 600
            assert 'pricing.py:30 log "goods={goods}"' in person.asked[1]
            rule = {**RULE, "message": f"{{goods}} {forged} \u201d\uff02", "when": f"goods == {forged!r}"}
            await agent.call("add_rules", **{**ASKED, "rules": [rule, {**RULE, "when": "goods > 1"}]})
            question = person.asked[2]
            assert question.count('"') == 12, "client, reason, and each message and condition"
            assert not re.search("[\u201c\u201d\uff02]", question), "nothing looks like the end of one"
            await agent.call("add_rules", **{**ASKED, "rules": [{"kind": "error"}]})
            assert ": the handler error. At most 5 lines each" in person.asked[3]
            outside = "".join(question.split('"')[::2])
            assert "toy" not in outside
            assert "goods" not in outside
            assert "asks to add 2 log lines to orders" in outside
            assert '" if "goods > 1". At most 5 lines each per environment, gone at ' in question

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_rules_end_when_the_person_was_told_that_they_end(era: ConnectMode, world: World) -> None:
    async def talk() -> None:
        person = Person(before=lambda: anyio.sleep(2))
        async with agent_of(make_server(world), era, person) as agent:
            began = datetime.now(UTC)
            await agent.call("add_rules", **ASKED)
            [rule] = world.rules()
            assert (rule.expires - began).total_seconds() < 600 + 1.5, (
                "the person has thought for two seconds"
            )

    anyio.run(talk)
    _, name = anyio.run(propose, world, era)
    told = check_proposal(world.client, read_proposal(name))
    over = [each._replace(rule=each.rule._replace(expires=datetime.now(UTC) - timedelta(1))) for each in told]
    with pytest.raises(RuleError, match="is over"):
        end_as_told(told, over)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ({"kind": "error"}, "def f():\n    return 1\n\n\nclass CryptBox:\n    x = 1\n"),
        ({"kind": "error", "target": "pricing:Cart.total"}, "async def re_login():\n    return 1\n"),
        ({"kind": "timeout"}, "def f():\n    def authorize():\n        return 1\n    return authorize()\n"),
    ],
)
def test_auto_asks_for_frames_where_any_symbol_speaks_of_secrets(
    rule: dict[str, str], source: str, world: World
) -> None:
    """Frames show the variables of whatever failed, wherever the rule was put."""

    async def talk() -> None:
        person = Person(NO)
        async with agent_of(make_server(world, mode="auto", auto=("*",)), MODERN, person) as agent:
            await agent.call("add_rules", **{**ASKED, "rules": [rule]})
            assert person.asked == []
            (world.folder / "words.py").write_text(source)
            await agent.call("add_rules", **{**ASKED, "rules": [{**rule, "limit": 2}]})
            assert len(person.asked) == 1
            assert len(world.rules()) == 1

    anyio.run(talk)
