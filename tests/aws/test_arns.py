"""FUNCTION in every form of Lambda's own API, in every command and method: taken where it is one's own, else nothing is done.

The same table of forms meets every command that has a FUNCTION, and every method of `hotlog.Client`: a new one cannot be left out.
"""

from __future__ import annotations

import inspect
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import pytest

import hotlog
from hotlog.cli.root import COMMANDS
from hotlog.cli.root import hotlog as root
from hotlog.client.typed.tried_edits import TriedEdits, TryOptions
from hotlog.errors import HotlogError
from tests.support.account import NUMBER, Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog as run
from tests.support.cli import settle_in
from tests.support.deployed import zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.canned_aws import Answer

OTHER: Final = "999999999999"
NOTHING_TYPED: Final = TriedEdits("orders", "", "", (), (), (), (), "g1")
TRACEBACK: Final = (
    'Traceback (most recent call last):\n  File "/var/task/app.py", line 2, in handler\nValueError: x\n'
)
RULES: Final = {"hotlog": "rules", "v": 1, "rules": [{"at": "app:handler", "for_s": 900}]}


def stored() -> str:
    """Return a document with one rule that lives."""
    now = datetime.now(UTC)
    rule = {"id": "k3f9", "at": "app:handler", "group": "g1", "message": "x"}
    times = {
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    return json.dumps({"v": 1, "rules": [rule | times]})


# What each command gets beside FUNCTION, here `{}`.
WORDS: Final = {
    "add": ["{}", "app:handler", "x"],
    "attach": ["{}"],
    "clear": ["{}"],
    "detach": ["{}"],
    "doctor": ["{}"],
    "edit": ["{}", "k3f9", "--limit", "5"],
    "export": ["{}"],
    "find": ["{}", "handler"],
    "history": ["{}"],
    "import": ["{}", "rules.json"],
    "invoke": ["app.handler", "--function", "{}", "--store", "ssm:"],
    "ls": ["{}"],
    "pause": ["{}"],
    "promote": ["{}", "k3f9"],
    "resume": ["{}"],
    "rm": ["{}", "k3f9"],
    "rotate": ["{}"],
    "show": ["{}", "k3f9"],
    "status": ["{}"],
    "suspects": ["{}", "--detach"],
    "tail": ["{}", "--no-follow"],
    "try": ["{}", "--base", ".", "--detach"],
    "why": ["{}", "--request", "0aae6dc6"],
}
# It writes about functions, and does nothing to them.
WRITES_ONLY: Final = {"editor", "policy"}
SERVES: Final = {"ui"}  # for as long as it runs, what the client can do
BY_VERSION: Final = {
    "add",
    "find",
    "import",
    "promote",
    "status",
    "tail",
    "try",
}  # these take an alias or a version
BY_LATEST: Final = {*BY_VERSION, "attach", "detach"}

# Not one's own, or none at all; and what the sentence says.
FOREIGN: Final = [
    (f"arn:aws:lambda:eu-west-1:{OTHER}:function:orders", "other-account"),
    (f"eu-west-1:{OTHER}:function:orders", "other-account"),
    (f"{OTHER}:function:orders", "other-account"),
    (f"{OTHER}:orders", "other-account"),
    (f"arn:aws-cn:lambda:cn-north-1:{NUMBER}:function:orders", "other-account"),
    (f"arn:aws-us-gov:lambda:us-gov-west-1:{NUMBER}:function:orders", "other-account"),
    (f"arn:aws:lambda:cn-north-1:{NUMBER}:function:orders", "belongs to aws-cn"),
    (f"arn:aws-cn:lambda:eu-west-1:{NUMBER}:function:orders", "belongs to aws"),
    (f"arn:aws:lambda:eu-west-1:{NUMBER[:11]}:function:orders", "is no function"),
    (f"arn:aws:lambda:eu-west-1:{NUMBER}:layer:orders:3", "is no function"),
    (f"arn:aws:lambda:eu-west-1:{NUMBER}:function:", "is no function"),
    (f"arn:aws:lambda:eu-west-1:{NUMBER}:function:orders:prod:7", "is no function"),
    ("arn:aws:lambda:eu-west-1::function:orders", "is no function"),
    ("arn:aws:s3:::orders", "is no function"),
    (f"{NUMBER}:function:", "is no function"),
    ("orders:", "is no function"),
]
FOREIGN_BY_VERSION: Final = [
    (f"arn:aws:lambda:eu-west-1:{OTHER}:function:orders:prod", "other-account"),
    (f"{OTHER}:function:orders:7", "other-account"),
]
OWN: Final = [
    f"arn:aws:lambda:eu-west-1:{NUMBER}:function:orders",
    f"eu-west-1:{NUMBER}:function:orders",
    f"{NUMBER}:function:orders",
    f"{NUMBER}:orders",
    "function:orders",
]


class Watched(Account):
    """An account that remembers which function, parameter or log each request was about."""

    def __init__(self) -> None:
        super().__init__()
        self.about: set[str] = set()

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        name = request.get("Name") or request.get("logGroupName") or request.get("Qualifier") or ""
        if action != "GetCallerIdentity" and not action.startswith("GET /code/"):  # a package is fetched once
            self.about.add(f"{action} {name}")
        if action in {"FilterLogEvents", "GetParameterHistory"}:
            self.asked.append(action)
            return 200, {"events": [], "Parameters": []}
        if action.startswith("GET") and "/functions" not in action and "/code/" not in action:
            return 403, {"__type": "AccessDeniedException", "message": "no"}
        return super().answer(action, request)

    def reset(self) -> None:
        """Begin anew, with one rule of one function."""
        self.values = {"/hotlog/orders": [stored()]}
        self.about, self.asked = set(), []


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    settle_in(tmp_path, monkeypatch)
    Path("rules.json").write_text(json.dumps(RULES))
    Path("app.py").write_text("def handler(event, context):\n    return event\n")
    account = Watched()
    package = zipped({"app.py": Path("app.py").read_text()})
    account.functions = {"orders": {"$LATEST": package, "7": package}}
    account.aliases = {"prod": ("7",)}
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        yield account


def words(command: str, function: str) -> list[str]:
    return [command, *(word.format(function) for word in WORDS[command])]


def commands_of(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            yield from [(name, command)] if not isinstance(command, click.Group) else commands_of(command)


def test_every_command_with_a_function_is_in_the_table() -> None:
    found = {
        name
        for name, each in commands_of(root)
        if any(param.name in {"function", "functions"} for param in each.params)
    }
    assert found == WORDS.keys() | WRITES_ONLY | SERVES
    assert found <= COMMANDS.keys()


@pytest.mark.in_part(3)
@pytest.mark.long
@pytest.mark.parametrize("command", sorted(WORDS))
def test_what_is_not_ones_own_is_refused_by_every_command(command: str, aws: Watched) -> None:
    for function, reason in [*FOREIGN, *(FOREIGN_BY_VERSION if command in BY_VERSION else [])]:
        aws.reset()
        ran = run(*words(command, function))
        assert ran.code in {1, 2}, (function, ran)
        assert reason in ran.err, (function, ran.err)
        assert ran.out == "", function
        assert aws.about == set(), function
    aws.reset()
    elsewhere = f"arn:aws:lambda:us-east-1:{NUMBER}:function:orders"
    ran = run(*words(command, elsewhere), "--region", "eu-west-1")
    assert (ran.code, aws.about) == (2, set()), ran
    assert "[other-region]" in ran.err


@pytest.mark.in_part(3)
@pytest.mark.long
@pytest.mark.parametrize("command", sorted(set(WORDS) - {"attach", "detach", "invoke"}))
def test_each_form_of_ones_own_is_the_same_function(command: str, aws: Watched) -> None:
    aws.reset()
    plain = run(*words(command, "orders"))
    about = aws.about
    assert about
    for function in OWN:
        aws.reset()
        ran = run(*words(command, function))
        assert (ran.code, aws.about) == (plain.code, about), (function, ran.err)


@pytest.mark.in_part(3)
@pytest.mark.long
@pytest.mark.parametrize("command", sorted(WORDS))
@pytest.mark.parametrize(
    "qualifier", ["prod", *(pytest.param(each, marks=pytest.mark.slow) for each in ("7", "$LATEST"))]
)
def test_a_version_is_taken_where_it_makes_sense_and_else_refused(
    command: str, qualifier: str, aws: Watched
) -> None:
    if command in BY_LATEST - BY_VERSION and qualifier == "$LATEST":
        return  # that is what is changed: see test_attach.py
    if command == "detach" and qualifier == "prod":
        return  # which serves again what it served before: see test_fleet_attach.py
    aws.reset()
    plain = run(*words(command, f"orders:{qualifier}"))
    about = aws.about
    for function in OWN:
        aws.reset()
        ran = run(*words(command, f"{function}:{qualifier}"))
        assert (ran.code, aws.about) == (plain.code, about), (function, ran.err)
        if command in BY_VERSION:
            assert plain.code == (1 if command == "try" or (command == "tail" and not about) else 0), (
                plain.err
            )
        else:
            assert (plain.code, about) == (2, set()), plain.err
            assert re.search(r"whatever its versions|published versions keep", plain.err)


def test_an_arn_is_taken_in_its_region(aws: Watched) -> None:
    aws.reset()
    run("pause", "orders")
    ran = run("ls", f"arn:aws:lambda:us-east-1:{NUMBER}:function:orders")
    assert "hotlog resume orders --region us-east-1" in ran.err


def test_of_rules_in_files_an_arn_says_the_name(aws: Watched) -> None:
    aws.reset()
    assert run("add", f"{OTHER}:function:orders", "app:handler", "x", "--local").code == 0
    assert run("ls", f"arn:aws:lambda:us-east-1:{OTHER}:function:orders", "--local").out
    assert (aws.about, aws.asked) == (set(), [])


# --- hotlog.Client -----------------------------------------------------------------------------------------------------


def find_recording(client: hotlog.Client, name: str) -> None:
    """There is none, which is said when the log was looked into."""
    with pytest.raises(HotlogError) as refused:
        client.find_recording(name, "0aae6dc6")
    if refused.value.code != "missing":
        raise refused.value


def find_event(client: hotlog.Client, name: str) -> None:
    """There is none, which is said when the log was looked into."""
    with pytest.raises(HotlogError) as refused:
        client.find_event(name, "00000000-0000-0000-0000-000000000000")
    if refused.value.code != "missing":
        raise refused.value


def find_value(client: hotlog.Client, name: str) -> None:
    """There is no such event, which is said when the log was looked into."""
    with pytest.raises(HotlogError) as refused:
        client.find_value(name, "00000000-0000-0000-0000-000000000000", "total")
    if refused.value.code != "missing":
        raise refused.value


CALLS: Final[dict[str, Callable[[hotlog.Client, str], object]]] = {
    "change": lambda client, name: client.change(name, [{"at": "app:handler"}]),
    "check": lambda client, name: client.check(name, [{"at": "app:handler"}]),
    "checks": lambda client, name: list(client.checks(name)),
    "clear": lambda client, name: client.clear(name),
    "code": lambda client, name: client.code(name),
    "edit": lambda client, name: client.edit(name, "k3f9", {"limit": 5}),
    "events": lambda client, name: client.events(name),
    "extend": lambda client, name: client.extend(name, ["k3f9"], 900),
    "export": lambda client, name: client.export(name),
    "find": lambda client, name: client.find(name, "handler"),
    "find_event": find_event,
    "find_value": find_value,
    "find_frames": lambda client, name: client.find_frames(name, TRACEBACK),
    "find_rules": lambda client, name: client.find_rules(name, "k3f9"),
    "history": lambda client, name: client.history(name),
    "obstacles": lambda client, name: client.obstacles(name),
    "offer_names": lambda client, name: client.offer_names(name, "app.py", 2),
    "parse": lambda client, name: client.parse(name),
    "parse_name": lambda client, name: client.parse_name(name),
    "parse_one": lambda client, name: client.parse_one(name),
    "pause": lambda client, name: client.pause(name),
    "promote": lambda client, name: client.promote(name, ["k3f9"], "."),
    "plan_follow": lambda client, name: client.plan_follow(name, 60),
    "read_traceback": lambda client, name: client.read_traceback(name, TRACEBACK),
    "find_recording": find_recording,
    "recordings": lambda client, name: client.recordings(name),
    "remove": lambda client, name: client.remove(name, "k3f9"),
    "remove_group": lambda client, name: client.remove_group("g1", name),
    "parse_known": lambda client, name: client.parse_known(name),
    "rotate": lambda client, name: client.rotate(name),
    "rules": lambda client, name: client.rules(name),
    "status": lambda client, name: client.status(name),
    "suspects": lambda client, name: client.suspects(name),
    "try_edits": lambda client, name: client.try_edits(name, base="."),
    "watch_edits": lambda client, name: client.watch_edits(
        name, client.open_working_copy(base="."), TryOptions(), NOTHING_TYPED
    ),
    "why": lambda client, name: client.why(name),
}
OF_ALL_VERSIONS: Final = (
    "checks", "clear", "edit", "export", "extend", "find_rules", "history", "parse_name", "pause", "remove", "remove_group",
    "parse_known", "rotate", "rules", "suspects", "why",
)  # fmt: skip


def test_every_method_with_a_function_is_in_the_table() -> None:
    found = {
        name
        for name, method in inspect.getmembers(hotlog.Client, inspect.isfunction)
        if not name.startswith("_") and "function" in inspect.signature(method).parameters
    }
    assert found == CALLS.keys()


@pytest.mark.in_part(3)
@pytest.mark.parametrize("method", sorted(CALLS))
def test_what_is_not_ones_own_is_refused_by_every_method(method: str, aws: Watched) -> None:
    client = hotlog.Client()
    forms = [*FOREIGN, *FOREIGN_BY_VERSION]
    for function, _ in [*forms, (f"arn:aws:lambda:us-east-1:{NUMBER}:function:orders", "")]:
        aws.reset()
        with pytest.raises(HotlogError) as refused:
            CALLS[method](client, function)
        assert refused.value.code in {"other-account", "other-region", "bad-function"}, function
        assert aws.about == set(), function


@pytest.mark.in_part(3)
@pytest.mark.parametrize("method", sorted(CALLS))
def test_each_form_of_ones_own_is_the_same_function_to_every_method(method: str, aws: Watched) -> None:
    client = hotlog.Client()
    abouts = []
    for function in ("orders", *OWN):
        aws.reset()
        CALLS[method](client, function)
        abouts.append(aws.about)
    assert all(about == abouts[0] for about in abouts)


@pytest.mark.parametrize("method", OF_ALL_VERSIONS)
def test_what_concerns_all_versions_is_not_done_for_one(method: str, aws: Watched) -> None:
    client = hotlog.Client()
    for function in ("orders:prod", "orders:7", f"{OWN[0]}:prod", "orders-*", "*"):
        aws.reset()
        with pytest.raises(HotlogError) as refused:
            CALLS[method](client, function)
        assert (refused.value.code, aws.about) == ("bad-function", set()), function
