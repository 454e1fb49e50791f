"""`try_edits` and `promote_rules`: what an agent typed becomes rules with a person's yes, and rules become a diff, with none."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
import pytest

from hotlog.client import desk_limits
from hotlog.client.agents.proposals import check_proposal, folder, read_proposal, withdraw
from hotlog.errors import StoreError
from tests.cli.test_mcp_hostile import HOSTILE, MARK, holds
from tests.support import git
from tests.support.agents import (
    FOR_A_WHILE,
    LEGACY,
    MODERN,
    NO,
    Person,
    agent_of,
    local_world,
    make_server,
    wait_while_invoking,
)
from tests.support.cli import settle_in
from tests.support.live import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import mcp_types as types
    from mcp.client.client import ConnectMode

    from tests.support.agents import Agent, World

pytestmark = [pytest.mark.process, pytest.mark.long]

ERAS = [MODERN, LEGACY]
TOTAL = "        total = goods - goods * percent // 100\n"
BULK = "        price -= price * BULK_PERCENT // 100\n"
LOGGED = "        print(f'{goods=}', percent)\n"
ASKED = {"function": "orders", "reason": "is it the discount?"}


class Desk(NamedTuple):
    """A repository, the current directory, beside the function that runs."""

    world: World
    work: Path

    def git(self, *words: str, given: str = "") -> str:
        return git.git(self.work, *words, given=given.encode())

    def edit(self, file: str, before: str, after: str) -> None:
        text = (self.work / file).read_text()
        assert text.count(before) == 1
        (self.work / file).write_text(text.replace(before, after))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    settle_in(tmp_path, monkeypatch)
    work = tmp_path / "work"
    shutil.copytree(ORDERS, work, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.chdir(work)
    with local_world(tmp_path) as world:
        found = Desk(world, work)
        git.make_repository(work)
        yield found


async def ask(agent: Agent, **more: Any) -> types.InputRequiredResult:
    return await agent.ask("try_edits", **{**ASKED, **more})


async def answer(
    agent: Agent, question: types.InputRequiredResult, tool: str = "try_edits", **more: Any
) -> str:
    return await agent.answer(tool, question, **{**ASKED, **more})


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("by", ["folder", "diff"])
def test_what_was_typed_is_live_until_it_is_removed(by: str, era: ConnectMode, desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)
    desk.edit("pricing.py", BULK, BULK + "        logging.warning('after bulk %s', price)\n")
    desk.edit("pricing.py", "from dataclasses", "import logging\nfrom dataclasses")
    desk.edit("pricing.py", "        return total\n", "        print(self.total())\n        return total\n")
    desk.edit("pricing.py", "BULK_FROM = 10\n", "BULK_FROM = 11\n")
    typed = {"folder": "."} if by == "folder" else {"diff": desk.git("diff")}
    if by == "diff":
        desk.git("checkout", "-q", ".")  # no file is needed

    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(desk.world), era, person) as agent:
            said = await agent.call("try_edits", **ASKED, **typed)
            assert said.startswith("2 rules on orders")
            holds(said, fenced=False)
            first, second = desk.world.rules()
            assert (
                f"{first.id}  pricing.py:30  before `{TOTAL.strip()}`, in Cart.total    log goods={{goods!r}} {{percent}}    typed at pricing.py:"
                in said
            )
            assert (
                f"{second.id}  pricing.py:45  after `{BULK.strip()}`, in line_price    log after bulk {{price}}, level WARNING, behind the statement    typed at"
                in said
            )
            assert re.search(r"^not taken: pricing\.py:\d+  print\(self\.total\(\)\)$", said, re.MULTILINE)
            assert "  refused-call: total() is your code" in said
            assert re.search(
                r"^other edit, not in the running code: pricing\.py:\d+  BULK_FROM = 11$", said, re.MULTILINE
            )
            assert "import logging" not in said, "it is there for the log line alone"
            [question] = person.asked
            assert "asks to add 2 log lines to orders" in question
            for rule in (first, second):
                assert rule.group.startswith("mcp-")
                assert (rule.note, rule.via, rule.limit) == (
                    ASKED["reason"],
                    "tester",
                    desk_limits.AGENT_TYPED_LINES,
                )
                # They end when the question said, which was asked a moment before they were stored.
                assert 590 < (rule.expires - rule.created).total_seconds() <= 600

            again = await agent.call("try_edits", **ASKED, **typed)
            assert "2 rules of the same content are there already" in again
            assert len(person.asked) == 1

            seen = await wait_while_invoking(
                agent, desk.world, "order-wrong-total", group=first.group, count=2
            )
            assert f"{second.id} pricing.py:45 line_price  WARNING after bulk 13392" in seen
            assert f"{first.id} pricing.py:30 Cart.total  goods=13392 10" in seen
            assert "2 rules removed" in await agent.call("remove_rules", function="orders")
            assert desk.world.rules() == []

    anyio.run(talk)


# --- a person's yes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("choice", [NO, "decline", "cancel", "yes", ""])
def test_what_is_no_clear_yes_stores_nothing(choice: str, era: ConnectMode, desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)

    async def talk() -> None:
        person = Person(choice)
        async with agent_of(make_server(desk.world), era, person) as agent:
            said = await agent.call("try_edits", **ASKED, folder=".")
            assert said.startswith("0 rules placed on orders"), said
            assert len(person.asked) == 1
            assert desk.world.rules() == []

    anyio.run(talk)


def test_a_yes_belongs_to_the_lines_that_were_typed_then(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)

    async def talk() -> None:
        async with agent_of(make_server(desk.world), MODERN, Person()) as agent:
            question = await ask(agent, folder=".")
            desk.edit("pricing.py", "{goods=}", "{self=}")
            assert "not the rules that the person has seen" in await answer(agent, question, folder=".")
            assert "belongs to no question that waits" in await answer(agent, question, folder=".")
            assert desk.world.rules() == []
            question = await ask(agent, folder=".")
            assert "not the rules that the person has seen" in await answer(
                agent, question, folder=".", minutes=60
            )
            question = await ask(agent, folder=".")
            other = [{"target": "pricing.py:30", "message": "{self}"}]
            assert "not the rules that the person has seen" in await answer(
                agent, question, "add_rules", rules=other
            )
            assert desk.world.rules() == []
            question = await ask(agent, folder=".")
            assert (await answer(agent, question, folder=".")).startswith("1 rule on orders")

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_who_only_looks_tries_nothing_and_reads_no_file(era: ConnectMode, desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)

    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(desk.world, mode="read"), era, person) as agent:
            said = await agent.call("try_edits", **ASKED, folder=".")
            assert "this server only looks" in said
            assert "goods" not in said
            assert (person.asked, desk.world.rules()) == ([], [])

    anyio.run(talk)


def test_where_names_speak_of_secrets_a_person_is_asked_in_every_mode(desk: Desk) -> None:
    code = "def login(name):\n    found = name\n    return found\n"
    (desk.world.folder / "accounts.py").write_text(code)
    (desk.work / "accounts.py").write_text(code)
    desk.git("add", "-A")
    desk.git("commit", "-qm", "y")
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)

    async def talk() -> None:
        person = Person(NO)
        async with agent_of(make_server(desk.world, mode="auto", auto=("ord*",)), MODERN, person) as agent:
            assert "Nobody was asked" in await agent.call("try_edits", **ASKED, folder=".")
            assert person.asked == []
            desk.edit("accounts.py", "    return", "    print(found)\n    return")
            assert (await agent.call("try_edits", **ASKED, folder=".")).startswith("0 rules placed")
            assert len(person.asked) == 1
            assert len(desk.world.rules()) == 1

    anyio.run(talk)


@pytest.mark.parametrize("era", ERAS)
def test_a_client_that_cannot_ask_leaves_what_was_typed_as_a_proposal(era: ConnectMode, desk: Desk) -> None:
    desk.edit("pricing.py", BULK, BULK + "        logging.info('bulk %s', price, stack_info=True)\n")
    desk.edit("pricing.py", TOTAL, "        breakpoint()\n        print(self.total())\n" + TOTAL)

    async def talk() -> str:
        async with agent_of(make_server(desk.world), era) as agent:
            said = await agent.call("try_edits", **ASKED, folder=".")
            assert "this client cannot ask" in said
            assert "not taken: pricing.py:31  print(self.total())" in said
            assert desk.world.rules() == []
            [name] = re.findall(r"hotlog approve ([a-z0-9]+) ", said)
            return str(name)

    name = anyio.run(talk)
    desk.git("checkout", "-q", ".")  # what is proposed are the rules, and no files
    found = read_proposal(name)
    desk.world.client.store(check_proposal(desk.world.client, found))
    withdraw(found)
    rules = {rule.at: rule for rule in desk.world.rules()}
    assert rules["pricing.py:30"].snapshot
    logged = rules["pricing.py:45"]
    assert (logged.after, logged.watch["typed_level"], logged.snapshot) == (True, "'INFO'", False)
    assert logged.stack
    assert list(folder().glob("*.json")) == []


def test_a_deployment_meanwhile_makes_a_proposal_void(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)

    async def talk() -> str:
        async with agent_of(make_server(desk.world), MODERN) as agent:
            said = await agent.call("try_edits", **ASKED, folder=".")
            return str(re.findall(r"hotlog approve ([a-z0-9]+) ", said)[0])

    name = anyio.run(talk)
    pricing = desk.world.folder / "pricing.py"
    pricing.write_text(pricing.read_text().replace("goods - goods *", "goods - 2 * goods *"))
    with pytest.raises(StoreError, match="are not those that were proposed"):
        check_proposal(desk.world.client, read_proposal(name))
    assert desk.world.rules() == []


def test_ten_lines_are_the_most(desk: Desk) -> None:
    lines = [f"        print({number}, goods)\n" for number in range(desk_limits.AGENT_RULES_MAX + 1)]
    desk.edit("pricing.py", TOTAL, "".join(lines) + TOTAL)

    async def talk() -> None:
        person = Person(FOR_A_WHILE)
        async with agent_of(make_server(desk.world), MODERN, person) as agent:
            said = await agent.call("try_edits", **ASKED, folder=".")
            assert "11 more are asked for" in said
            assert "[too-many-rules]" in said
            assert (person.asked, desk.world.rules()) == ([], [])
            desk.edit("pricing.py", lines[0], "")
            assert (await agent.call("try_edits", **ASKED, folder=".")).startswith("10 rules on orders")
            desk.git("checkout", "-q", ".")

    anyio.run(talk)


# --- what it may look into ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["..", "/", "/etc", "../elsewhere", "link", "~", "\x00", "x" * 5_000])
def test_what_lies_outside_is_not_looked_into(name: str, desk: Desk) -> None:
    elsewhere = desk.work.parent / "elsewhere"
    shutil.copytree(desk.work, elsewhere)
    (elsewhere / "pricing.py").write_text(
        (elsewhere / "pricing.py").read_text().replace(TOTAL, LOGGED + TOTAL)
    )
    (desk.work / "link").symlink_to(elsewhere)

    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(desk.world), MODERN, person) as agent:
            said = await agent.call("try_edits", **ASKED, folder=name)
            assert "[bad-base]" in said
            assert "{goods=}" not in said
            assert (person.asked, desk.world.rules()) == ([], [])

    anyio.run(talk)


def test_the_repository_starts_no_program(desk: Desk) -> None:
    spy = desk.work.parent / "spy.sh"
    spy.write_text(f"#!/bin/sh\ntouch {desk.work.parent / 'ran'}\n")
    spy.chmod(0o755)
    desk.edit("pricing.py", TOTAL, LOGGED + TOTAL)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv"):
        desk.git("config", key, str(spy))
    (desk.work / ".git" / "info" / "attributes").write_text("*.py diff=x\n")

    async def talk() -> None:
        async with agent_of(make_server(desk.world), MODERN, Person()) as agent:
            assert (await agent.call("try_edits", **ASKED, folder=".")).startswith("1 rule on orders")

    anyio.run(talk)
    assert not (desk.work.parent / "ran").exists()


def test_one_says_in_one_way_what_was_typed(desk: Desk) -> None:
    async def talk() -> None:
        async with agent_of(make_server(desk.world), MODERN, Person()) as agent:
            for wrong in ({}, {"folder": ".", "diff": "x"}, {"folder": "", "diff": ""}, {"diff": ""}):
                assert "in one way" in await agent.call("try_edits", **ASKED, **wrong)
            assert "[bad-diff]" in await agent.call("try_edits", **ASKED, diff=" ")
            nothing = await agent.call("try_edits", **ASKED, folder=".")
            assert "no log line was typed in . since the last commit" in nothing
            desk.edit("pricing.py", TOTAL, "        print((\n" + TOTAL)
            assert "[source-unreadable]" in await agent.call("try_edits", **ASKED, folder=".")
            assert desk.world.rules() == []

    anyio.run(talk)


# --- rules as statements --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
def test_a_diff_of_rules_applies_and_gives_the_same_rules_again(era: ConnectMode, desk: Desk) -> None:
    rules = [
        {"target": "pricing.py:30", "message": "goods={goods}", "when": "percent > 5"},
        {"target": "pricing.py:45", "message": "{price}", "after": True},
        {"target": "", "kind": "error"},
    ]

    async def talk() -> None:
        async with agent_of(make_server(desk.world), era, Person()) as agent:
            added = await agent.call("add_rules", **ASKED, rules=rules)
            assert "after `price -= price * BULK_PERCENT // 100`, in line_price" in added
            before = desk.world.rules()
            person = Person()
            async with agent_of(
                make_server(desk.world, mode="read"), era, person
            ) as reader:  # anybody may look
                said = await reader.call(
                    "promote_rules", function="orders", rules=[rule.id for rule in before]
                )
            holds(said, fenced=False)
            assert person.asked == []
            assert desk.world.rules() == before
            assert desk.git("status", "--porcelain") == "", "nothing is written"
            assert f"left out: {before[2].id}: " in said
            assert f"Its paths begin at {desk.work}." in said
            [inside] = re.findall(r"^<<<(\w+)\n(.*)\n\1>>>$", said, re.MULTILINE | re.DOTALL)
            desk.git("apply", given=inside[1] + "\n")
            assert "        if percent > 5:\n" in (desk.work / "pricing.py").read_text()
            again = await agent.call("try_edits", **ASKED, folder=".", minutes=5)
            assert again.startswith("2 rules on orders"), again
            tried = desk.world.rules()[-2:]
            assert [(rule.at, rule.message, rule.condition, rule.after) for rule in tried] == [
                (rule.at, rule.message, rule.condition, rule.after) for rule in before[:2]
            ]
            assert "Live as well, by you: mcp-" in again

    anyio.run(talk)


def test_what_cannot_be_promoted_says_why(desk: Desk) -> None:
    desk.world.client.change("orders", add=[{"at": "pricing.py:30", "message": "{goods}"}])
    [rule] = desk.world.rules()

    async def talk() -> None:
        async with agent_of(make_server(desk.world), MODERN) as agent:
            assert "[unknown-rule]" in await agent.call("promote_rules", function="orders", rules=["zzzz"])
            assert "print(" in await agent.call(
                "promote_rules", function="orders", rules=[rule.id], style="print"
            )
            for place in (desk.work, desk.world.folder):
                (place / "pricing.py").unlink()
            said = await agent.call("promote_rules", function="orders", rules=[rule.id])
            assert said.startswith("No statement below ")
            assert f"left out: {rule.id}: " in said

    anyio.run(talk)


def test_a_diff_that_is_bent_or_cut_says_so(desk: Desk) -> None:
    code = "def f(x):\n\ty = x  # \u202e\n\treturn y\n" + "".join(
        f"def g{n}(x):\n    return x  # {'z' * 900}\n" for n in range(9)
    )
    for place in (desk.work, desk.world.folder):
        (place / "tabs.py").write_text(code)
    added = desk.world.client.change(
        "orders",
        add=[
            {"at": "tabs.py:3", "message": "{y}"},
            *({"at": f"tabs.py:{5 + 2 * n}", "message": "{x}"} for n in range(9)),
        ],
    )
    ids = [each.rule.id for each in added.rules]

    async def talk() -> None:
        async with agent_of(make_server(desk.world), MODERN) as agent:
            bent = await agent.call("promote_rules", function="orders", rules=ids[:1])
            holds(bent)
            assert "\\t" in bent
            assert f"A person runs: hotlog promote orders {ids[0]} --write" in bent
            long = await agent.call("promote_rules", function="orders", rules=ids[1:])
            holds(long)
            assert "more lines are cut off: fewer rules at once; or a person runs hotlog promote" in long

    anyio.run(talk)


# --- hostile texts --------------------------------------------------------------------------------------------------------


def test_no_argument_breaks_a_line(desk: Desk) -> None:
    async def talk() -> None:
        async with agent_of(make_server(desk.world), MODERN, Person()) as agent:
            for text in HOSTILE:
                if re.search("[\ud800-\udfff]", text):
                    continue  # no client can send it
                for tool, arguments in (
                    ("try_edits", {**ASKED, "folder": text}),
                    ("try_edits", {**ASKED, "diff": text}),
                    ("try_edits", {"function": text, "reason": text, "folder": "."}),
                    ("promote_rules", {"function": "orders", "rules": [text]}),
                    ("promote_rules", {"function": text, "rules": ["a"], "style": text}),
                ):
                    holds(await agent.call(tool, **arguments), fenced=False)
            assert desk.world.rules() == []

    anyio.run(talk)


def test_nothing_that_was_typed_breaks_out(desk: Desk) -> None:
    """Other edits, lines that are refused, and the statements beside them are other people's words, too."""
    texts = [text.splitlines()[0] for text in HOSTILE if text.splitlines() and len(text) < 10_000]
    texts = [text for text in texts if MARK in text and not re.search("[\ud800-\udfff\x00]", text)]

    async def talk() -> None:
        person = Person()
        async with agent_of(make_server(desk.world), MODERN, person) as agent:
            for text in texts[::3]:
                lines = f"    print(shipping({text!r}))  # {text}\n    x = {text!r}  # {text}\n"
                old = "def shipping(goods: int) -> int:\n"
                diff = f"--- a/pricing.py\n+++ b/pricing.py\n@@ -50,1 +50,3 @@\n {old}" + "".join(
                    f"+{line}\n" for line in lines.splitlines()
                )
                said = await agent.call("try_edits", **ASKED, diff=diff)
                holds(said)
                assert MARK in said or "source-unreadable" in said, said
            desk.edit(
                "pricing.py",
                TOTAL,
                "".join(f"        print({text!r}, goods)\n" for text in texts[:5]) + TOTAL,
            )
            said = await agent.call("try_edits", **ASKED, folder=".")
            holds(said, fenced=False)
            for question in person.asked:
                assert question.isprintable()

    anyio.run(talk)
