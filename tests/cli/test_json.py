"""What a command's help says about `--json` is what comes out: kind and keys, for every command."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hotlog.cli.listing import json_of, list_commands
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import deploy
from tests.support.proven import as_read

if TYPE_CHECKING:
    from tests.support.emulators import Ministack

pytestmark = pytest.mark.emulator

APP = "def charge(total):\n    twice = total * 2\n    return twice\n\n\ndef handler(event, context):\n    return charge(1)\n"
EVENT = {
    "hotlog": "log",
    "v": 2,
    "rule": "k3f9",
    "at": "app.py:3",
    "qualname": "charge",
    "message": "é\x1b",
    "env": "e1",
}
STATUS = {"hotlog": "status", "v": 2, "rule": "k3f9", "state": "installed", "env": "e1"}

# Each command once, as its help describes it, in an order that gives all of them something to tell.
SESSION = [
    "hotlog layer build --output layer.zip",
    "hotlog layer publish",
    "hotlog attach orders",
    "hotlog add orders app.py:3 twice={twice} --id k3f9",
    "hotlog try orders typed --dry-run",
    "hotlog promote orders k3f9",
    "hotlog find orders charge",
    "hotlog explain denied",
    "hotlog help codes",
    "hotlog schema",
    "hotlog queries",
    "hotlog ls",
    "hotlog show orders k3f9",
    "hotlog edit orders k3f9 --limit 3",
    "hotlog pause orders",
    "hotlog resume orders",
    "hotlog stop",
    "hotlog start",
    "hotlog gc",
    "hotlog tail orders --no-follow --all",
    "hotlog status orders",
    "hotlog history orders",
    "hotlog export orders",
    "hotlog import orders rules.json",
    "hotlog rotate orders",
    "hotlog doctor orders",
    "hotlog policy orders",
    "hotlog add orders app.py:2 --id zz11",
    "hotlog rm orders k3f9",
    "hotlog clear orders",
    "hotlog detach orders",
    "hotlog invoke app.handler --event event.json --local",
    "hotlog redact check event.json",
    "hotlog skill install",
    "hotlog demo",
]
OF_RECORDINGS = {"hotlog suspects", "hotlog why"}  # nothing is compared here: see their own tests
BY_A_PERSON = {"hotlog approve"}  # at a terminal: tests/cli/test_approve.py
WITHOUT_DATA = {
    "hotlog completion",  # a script for a shell
    "hotlog dap",  # stdout is the protocol's
    "hotlog editor",  # files, or a text for an editor
    "hotlog mcp",  # stdout is the protocol's
    "hotlog ui",  # a page
}


class Shape(NamedTuple):
    """What a sentence promises.

    Attributes:
        many: a list of objects, not one.
        keys: of the object.
        inner: of the objects below some of the keys.
    """

    many: bool
    keys: set[str]
    inner: dict[str, set[str]]


RULE = Shape(many=False, keys={"id", "at"}, inner={})


def promised(sentence: str) -> Shape:
    """The shape that a sentence of the help describes, for a FUNCTION that is one."""
    sentence = sentence.partition(", for a pattern")[0].partition("; of many functions")[0]
    many = bool(re.match(r"a list of (?:objects|the)", sentence))
    found = re.search(r"with the keys (.+?)(?:\.$|, or |, each |; |$)", sentence)
    if not found:
        return RULE._replace(many=many)
    text = found[1]
    inner = {
        key: set(re.split(r", | and ", names))
        for key, names in re.findall(r"(\w+) \(([^)]*)\)", text)
        if re.fullmatch(r"\w+(, \w+)+", names)
    }
    names = re.sub(r" \([^)]*\)", "", text).removesuffix(".")
    return Shape(many, set(re.split(r", | and ", names)), inner)


@pytest.fixture(scope="module", name="session")
def _session(account: Ministack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Each command's data with `--json`, by the command's name."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        account.reset()
        settle_in(tmp_path_factory.mktemp("session"), monkeypatch)
        for name, value in account.env().items():
            monkeypatch.setenv(name, value)
        deploy_orders(account)
        return {command_of(line): run(line) for line in SESSION}


def command_of(line: str) -> str:
    return next(
        name for name in sorted(list_commands(), key=len, reverse=True) if f"{line} ".startswith(f"{name} ")
    )


def run(line: str) -> Any:
    ran = hotlog(*line.split()[1:], "--json")
    # The emulator simulates no permission, so `doctor` finds that one is missing.
    assert ran.code == (1 if line.startswith("hotlog doctor") else 0), (line, ran.err)
    assert ran.out.isascii(), "no terminal and no locale can mistake it"
    if line.startswith("hotlog export"):
        Path("rules.json").write_text(ran.out)
    return [json.loads(each) for each in ran.out.splitlines()]


def deploy_orders(account: Ministack) -> None:
    Path("app.py").write_text(APP)
    Path("typed").mkdir()
    Path("typed/app.py").write_text(APP.replace("    return twice", "    print(twice)\n    return twice"))
    Path("event.json").write_text('{"password": "hunter22"}')
    deploy(account, "orders", {"app.py": APP})
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/orders")
    logs.create_log_stream(logGroupName="/aws/lambda/orders", logStreamName="s")
    logs.put_log_events(
        logGroupName="/aws/lambda/orders",
        logStreamName="s",
        logEvents=[
            {"timestamp": int(time.time() * 1_000), "message": json.dumps(each)} for each in (EVENT, STATUS)
        ],
    )


def test_every_command_says_what_it_prints_for_a_program() -> None:
    assert {name for name, command in list_commands().items() if not json_of(command)} == WITHOUT_DATA
    assert {command_of(line) for line in SESSION} == (
        set(list_commands()) - WITHOUT_DATA - BY_A_PERSON - OF_RECORDINGS
    )


OBJECTS = [
    line
    for line in SESSION
    if not line.startswith(("hotlog tail", "hotlog invoke", "hotlog demo", "hotlog policy"))
]


@pytest.mark.parametrize("line", OBJECTS)
def test_what_is_promised_is_what_is_printed(line: str, session: dict[str, Any]) -> None:
    name = command_of(line)
    shape = promised(json_of(list_commands()[name]))
    (printed,) = session[name]

    assert isinstance(printed, list) is shape.many
    objects = printed if shape.many else [printed]
    assert objects
    for each in objects:
        if shape.keys == RULE.keys:
            assert each.keys() >= shape.keys
        else:
            assert each.keys() == shape.keys
    for key, keys in shape.inner.items():
        below = [inner for each in objects for inner in each[key]]
        assert below
        assert {frozenset(inner) for inner in below} == {frozenset(keys)}


def test_events_responses_and_policies_are_what_they_are_without_json(session: dict[str, Any]) -> None:
    assert session["hotlog tail"] == [as_read(EVENT, "unproven"), as_read(STATUS, "unproven")]
    assert session["hotlog invoke"] == [2]
    (policies,) = session["hotlog policy"]
    assert list(policies) == ["function", "reader", "operator", "agent", "installer"]


def test_fields_that_nothing_has_are_told_with_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def charge(n):\n    return n\n")

    wrong = hotlog("find", "orders", "charge", "--local", "--json", "--fields", "nope")
    right = hotlog("find", "orders", "charge", "--local", "--json", "--fields", "target,nope")

    assert json.loads(wrong.out) == [{}]
    assert "note: --fields nope: there is none of them; there are target, file, line," in wrong.err
    assert json.loads(right.out) == [{"target": "app:charge"}]
    assert right.err == ""
