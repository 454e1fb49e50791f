"""A scripted agent without a model finds each of eight planted bugs with six calls and 15,000 characters at most.

Each way of looking knows what Python code looks like, and none knows this code: what it asks next stands in what it was told.
Run again on copies with other names for files, functions and variables, it does the same.
"""

from __future__ import annotations

import ast
import itertools
import operator
import re
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio
import pytest

from tests.support.agents import FOR_A_WHILE, MODERN, Person, agent_of, local_world, make_server
from tests.support.cli import hotlog, settle_in
from tests.support.planted_bugs import BUGS, plant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.support.agents import Agent, World
    from tests.support.planted_bugs import Bug

pytestmark = pytest.mark.long

_AT_ONCE: Final = 25  # requests
MOST_CALLS, MOST_CHARS = 6, 15_000
_PLACE: Final = re.compile(r"^(- )?(\S+\.py:\d+)  (.*?)(?:  in (\S+))?(?:  \((.*)\))?$", re.MULTILINE)
_EVENT: Final = re.compile(r"^\d\d:\d\d:\d\d [0-9a-f]+ (\w+) (\S+) \S+  (.*)$", re.MULTILINE)
_OBJECTS: Final = r"""\[(\w+\(|\{"@type")"""  # a list of what is no mapping
_COMPARES: Final[dict[type, Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Place(NamedTuple):
    """A line of an answer of `find_places`."""

    target: str
    text: str
    held_by: str
    takes_rule: bool
    note: str


class Verdict(NamedTuple):
    """Where the bug is, and the values that say so."""

    place: str
    values: str


class Detective:
    """Calls tools, and counts what that takes."""

    def __init__(self, agent: Agent, world: World, bug: Bug) -> None:
        self._agent, self._world, self._bug = agent, world, bug
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._traffic = itertools.cycle(bug.traffic)
        self.chars = 0

    async def ask(self, tool: str, **arguments: Any) -> str:
        """Call a tool; requests come in while it waits."""
        self.asked.append((tool, arguments))
        busy = tool in {"wait_for_events", "explain_failure"}
        if tool == "wait_for_events":
            await self._send_some()  # a busy machine does not get through them while the tool waits
        async with anyio.create_task_group() as group:
            if busy:
                group.start_soon(self._invoke)
            text = await self._agent.call(tool, function="orders", **arguments)
            group.cancel_scope.cancel()
        self.chars += len(text)
        return text

    async def _invoke(self) -> None:
        await anyio.sleep(0.2)
        for _ in range(20):
            await self._send_some()

    async def _send_some(self) -> None:
        for event in itertools.islice(self._traffic, min(len(self._bug.traffic), _AT_ONCE)):
            await anyio.to_thread.run_sync(self._world.invoke, event)
            await anyio.sleep(0.02)

    async def find(self, query: str) -> list[Place]:
        return [
            Place(target, text, held_by, not no_rule, note)
            for no_rule, target, text, held_by, note in _PLACE.findall(
                await self.ask("find_places", query=query)
            )
        ]

    async def log(self, messages: dict[str, str]) -> dict[str, list[str]]:
        """Log a message at each target; return what came, by target."""
        rules = [{"target": target, "message": text, "limit": 20} for target, text in messages.items()]
        said = await self.ask("add_rules", rules=rules, reason="which value is wrong?", partial=True)
        fix = re.search(r'use target "([^"]+)"', said)
        if said.startswith("0 of") and fix:
            rules = [{**rules[0], "target": fix[1]}]
            said = await self.ask("add_rules", rules=rules, reason="which value is wrong?")
        ids = dict(re.findall(r"^  (\w+)  (\S+\.py:\d+)", said, re.MULTILINE))
        seen = defaultdict(list)
        [group] = re.findall(r"^group (mcp-\w+)", said, re.MULTILINE)
        told = await self.ask("wait_for_events", group=group, count=20, seconds=2)
        for rule, _, message in _EVENT.findall(told):
            seen[ids[rule]].append(message)
        return seen


def operands(test: ast.expr) -> tuple[str, str, Callable[[Any, Any], bool]] | None:
    """Return the two sides of a comparison by size, and the comparison."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or type(test.ops[0]) not in _COMPARES:
        return None
    return ast.unparse(test.left), ast.unparse(test.comparators[0]), _COMPARES[type(test.ops[0])]


def parsed(text: str) -> ast.stmt | None:
    """Return the statement that begins with a line."""
    for whole in (text, f"{text}\n    pass", f"try:\n    pass\n{text}\n    pass"):
        try:
            return ast.parse(whole).body[0]
        except SyntaxError:
            continue
    return None


def comparisons(text: str) -> list[tuple[str, str, Callable[[Any, Any], bool]]]:
    statement = parsed(text)
    return (
        [found for node in ast.walk(statement) if isinstance(node, ast.expr) and (found := operands(node))]
        if statement
        else []
    )


# --- one way of looking for each kind of bug ------------------------------------------------------------------------------


async def where_none_came_from(me: Detective, _bug: Bug) -> Verdict:
    said = await me.ask("explain_failure", seconds=20)
    [name] = re.findall(r"^  (\w+) = None$", said, re.MULTILINE)[:1]
    places = await me.find(rf"re:\b{name}\s*=[^=]")
    [place] = [each for each in places if re.search(r"\.get\([^,()]*\)$", each.text)]
    return Verdict(place.target, said)


async def which_bound_is_met_exactly(me: Detective, _bug: Bug) -> Verdict:
    places = [(place, comparisons(place.text)) for place in await me.find("re: [<>]=? ") if place.takes_rule]
    seen = await me.log(
        {place.target: f"{{{found[0][0]}}} {{{found[0][1]}}}" for place, found in places if found}
    )
    equal = [(at, message) for at, told in seen.items() for message in told if len(set(message.split())) == 1]
    [at] = {at for at, _ in equal}
    return Verdict(at, equal[0][1])


async def which_branch_is_taken(me: Detective, bug: Bug) -> Verdict:
    [defined] = await me.find(f"re:= *{bug.value}$")
    name = defined.text.partition(" ")[0]
    [use] = await me.find(rf"re:\b{name}\b.* if .* else|if .* else .*\b{name}\b")
    [(left, right, compare)] = comparisons(use.text)
    seen = await me.log({use.target: f"{{{left}}} {{{right}}}"})
    first = re.search(rf"\b{name}\b if ", use.text) is not None  # what the customer pays stands in front
    for message in seen[use.target]:
        one, other = map(int, message.split())
        if compare(one, other) is first and one >= other:
            return Verdict(use.target, message)
    raise AssertionError(seen)


async def what_was_written(me: Detective, _bug: Bug) -> Verdict:
    said = await me.ask("explain_failure", seconds=20)
    assert "TypeError" in said
    assert "must be a mapping" in said
    places = await me.find(r"re:\bdumps\(")
    messages = {}
    for place in places:
        inside = re.search(r"in ([\w.]+)\]", place.text) or re.search(r"dumps\((\w+)", place.text)
        assert inside is not None
        messages[place.target] = f"{{{inside[1]}}}"
    seen = await me.log(messages)
    [at] = [at for at, told in seen.items() if any(re.match(_OBJECTS, message) for message in told)]
    return Verdict(at, seen[at][0])


async def what_a_module_remembers(me: Detective, _bug: Bug) -> Verdict:
    made = await me.find(r"re:^\w+(: [^=]+)? = (\{\}|\[\])$")
    names = [re.match(r"\w+", place.text)[0] for place in made]  # type: ignore[index]
    uses = [
        each for each in await me.find(rf"re:\b({'|'.join(names)})\b") if each.held_by and each.takes_rule
    ]
    named = {use.target: next(name for name in names if re.search(rf"\b{name}\b", use.text)) for use in uses}
    seen = await me.log({target: f"{{{name}}}" for target, name in named.items()})
    changes = [use for use in uses if len(set(seen[use.target])) > 1 and use.text.startswith("if ")]
    [use] = changes
    return Verdict(use.target, " ".join(seen[use.target]))


async def whose_zone_it_is(me: Detective, _bug: Bug) -> Verdict:
    [place] = await me.find(r"re:strptime|fromtimestamp|fromisoformat|utcnow|now\(")
    statement = parsed(place.text)
    assert isinstance(statement, ast.Assign)
    target = ast.unparse(statement.targets[0])
    read = [node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)]
    text = next(name for name in read if re.search(rf"\b{name}\[", place.text))
    [told] = (await me.log({place.target: f"{{{target}}} | {{{text}}}"})).values()
    for message in told:
        made, came = message.split(" | ")
        if re.search(r"[+-](?!0000)\d{4}$", came) and not re.search(r"[+-]\d\d:\d\d$", made):
            return Verdict(place.target, message)
    raise AssertionError(told)


async def which_setting_is_missing(me: Detective, _bug: Bug) -> Verdict:
    found = await me.find("re:environ|getenv")
    [place] = [
        each for each in found if re.search(r"""get(env)?\(["']\w+["'], ["'][^"']*["']\)""", each.text)
    ]
    name = place.text.partition(" ")[0]
    default = re.findall(r"""["']([^"']*)["']""", place.text)[-1]
    use = next(each for each in await me.find(rf"re:\b{name}\b") if each.takes_rule and each.held_by)
    seen = await me.log({use.target: f"{{{name}}}"})
    assert set(seen[use.target]) == {default}
    return Verdict(place.target, default)


async def what_nobody_hears_of(me: Detective, _bug: Bug) -> Verdict:
    places = await me.find(r"re:^\s*except\b.*:$")
    named = {each.target: re.search(r" as (\w+):$", each.text) for each in places}
    seen = await me.log(
        {target: f"{{repr({found[1]})}}" if found else "caught" for target, found in named.items()}
    )
    [place] = [
        each
        for each in places
        if seen[each.target] and re.match(r"except (Exception|BaseException)\b|except:", each.text)
    ]
    line = re.search(r"line (\d+)", place.note)
    at = f"{place.target.partition(':')[0]}:{line[1]}" if line else place.target
    return Verdict(at, seen[place.target][0])


WAYS: Final[dict[str, Callable[[Detective, Bug], Awaitable[Verdict]]]] = {
    "none": where_none_came_from,
    "off by one": which_bound_is_met_exactly,
    "wrong branch": which_branch_is_taken,
    "data shape": what_was_written,
    "stale state": what_a_module_remembers,
    "time zone": whose_zone_it_is,
    "configuration": which_setting_is_missing,
    "swallowed": what_nobody_hears_of,
}


class Told(NamedTuple):
    """What it took to find a bug."""

    kind: str
    asked: list[tuple[str, dict[str, Any]]]
    chars: int
    seconds: float

    @property
    def calls(self) -> int:
        return len(self.asked)


def hunt(bug: Bug, folder: Path, *, renamed: bool) -> Told:
    """Let the agent loose on a copy with the bug; check that it finds it."""
    source, guilty = plant(bug, folder / "source", renamed=renamed)
    began_s = time.monotonic()
    with local_world(folder, source) as world:

        async def talk() -> Detective:
            async with agent_of(make_server(world), MODERN, Person(FOR_A_WHILE)) as agent:
                me = Detective(agent, world, bug)
                verdict = await WAYS[bug.kind](me, bug)
                await me.ask("remove_rules")
                assert verdict.place == guilty
                assert bug.shows in verdict.values
                assert world.rules() == []
                return me

        me = anyio.run(talk)
    return Told(bug.kind, me.asked, me.chars, time.monotonic() - began_s)


@pytest.mark.in_part(3)
@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.kind)
def test_the_agent_finds_the_bug_by_what_it_is_told(
    bug: Bug, renamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    told = hunt(bug, tmp_path, renamed=renamed)
    assert told.calls <= MOST_CALLS
    assert told.chars <= MOST_CHARS


def test_each_kind_has_its_way() -> None:
    assert [bug.kind for bug in BUGS] == list(WAYS)
    assert len(BUGS) == 8


# --- the same by the plain command line, for the figures of `hotlog help agents` -------------------------------------------


def commands_for(tool: str, arguments: dict[str, Any]) -> list[list[str]]:
    """Return what a person, or an agent with a shell, types in the place of a tool."""
    if tool == "find_places":
        return [["find", "orders", arguments["query"]]]
    if tool == "add_rules":
        return [
            ["add", "orders", each["target"], each["message"], "--group", "g"] for each in arguments["rules"]
        ]
    if tool == "explain_failure":
        return [["add", "orders", "--on-error", "--group", "g"], ["tail", "orders", "--no-follow"]]
    return [["tail", "orders", "--no-follow"]] if tool == "wait_for_events" else [["rm", "--group", "g"]]


def by_hand(bug: Bug, asked: list[tuple[str, dict[str, Any]]], folder: Path) -> tuple[int, int]:
    """Return how many commands it takes to ask the same, and how many characters they print."""
    source, _ = plant(bug, folder / "source")
    count = chars = 0
    with local_world(folder, source) as world, pytest.MonkeyPatch.context() as patch:
        patch.chdir(world.folder)
        store = ("--store", f"file:{folder / 'rules'}")
        for tool, arguments in asked:
            for words in commands_for(tool, arguments):
                if words[0] == "tail":
                    for event in bug.traffic * 2:
                        world.invoke(event)
                ran = hotlog(*words, *store)
                count, chars = count + 1, chars + len(ran.out) + len(ran.err)
    return count, chars


if __name__ == "__main__":
    import os
    import tempfile
    from pathlib import Path as Folder

    for each in BUGS:
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            os.environ["HOME"] = one
            done = hunt(each, Folder(one), renamed=False)
            commands, printed = by_hand(each, done.asked, Folder(two))
            sys.stdout.write(
                f"| {done.kind} | {done.calls} | {done.chars:,} | {done.seconds:.1f} | {commands} | {printed:,} |\n"
            )
