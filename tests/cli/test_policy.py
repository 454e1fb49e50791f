"""`hotlog policy`: the policies of the five roles allow what the commands do, and nothing else."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import anyio
import pytest
from botocore.client import BaseClient

from hotlog.client.attaching.roles import ROLES, Scene
from hotlog.client.client import Client
from hotlog.errors import StoreError
from hotlog.mcp.desk import Settings
from hotlog.mcp.server import AgentServer
from tests.support.agents import agent_of
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import deploy
from tests.support.places import ROOT

if TYPE_CHECKING:
    from hotlog.client.attaching.permissions import Statement
    from tests.support.emulators import Ministack

ARN = "arn:aws:lambda:us-east-1:000000000000:function:orders"
APP = "def charge(total):\n    twice = total * 2\n    return twice\n\n\ndef handler(event, context):\n    return charge(1)\n"
ALL = "arn:aws:lambda:us-east-1:000000000000:function:*"


def test_the_policies_are_json_for_each_role_and_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    place = ("--region", "eu-west-1", "--account", "123456789012")

    ran = hotlog("policy", "orders", *place)

    assert (ran.code, ran.err) == (0, "")
    policies = json.loads(ran.out)
    assert list(policies) == ["function", "reader", "operator", "agent", "installer"]
    for role, policy in policies.items():
        assert json.loads(hotlog("policy", "orders", *place, "--role", role).out) == policy
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            assert not [action for action in statement["Action"] if "*" in action]
    assert json.loads(hotlog("policy", "orders", *place, "--json").out) == policies
    (statement,) = policies["function"]["Statement"]
    assert statement["Action"] == ["ssm:GetParameter"]
    assert statement["Resource"] == "arn:aws:ssm:eu-west-1:123456789012:parameter/hotlog/orders"


@pytest.mark.parametrize(
    ("words", "resource"),
    [
        (["orders", "--store", "ssm:/team/"], "arn:aws:ssm:eu-west-1:1:parameter/team/orders"),
        (["orders", "--local"], "arn:aws:ssm:eu-west-1:1:parameter/hotlog/orders"),
        (["o-*"], "arn:aws:ssm:eu-west-1:1:parameter/hotlog/o-*"),
        (["orders", "--region", "cn-north-1"], "arn:aws-cn:ssm:cn-north-1:1:parameter/hotlog/orders"),
        (
            ["arn:aws:lambda:eu-west-3:123456789012:function:orders"],
            "arn:aws:ssm:eu-west-3:1:parameter/hotlog/orders",
        ),
    ],
)
def test_the_function_may_read_the_parameter_that_holds_its_rules(
    words: list[str], resource: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    if "--region" not in words and not words[0].startswith("arn:"):
        words = [*words, "--region", "eu-west-1"]

    ran = hotlog("policy", *words, "--account", "1", "--role", "function")

    assert [each["Resource"] for each in json.loads(ran.out)["Statement"]] == [resource]


def test_readers_may_read_the_log_group_of_the_sink_too() -> None:
    statements = ROLES["reader"](Scene(ARN, sink="cloudwatch:/team/snapshots"))

    read = [
        each.resource.rpartition("log-group:")[2]
        for each in statements
        if "logs:FilterLogEvents" in each.actions
    ]
    assert read == ["/team/snapshots:*", "/aws/lambda/orders:*"]


def test_a_log_group_of_its_own_is_the_one_that_may_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    words = ("--region", "eu-west-1", "--account", "1", "--log-group", "/team/orders")
    for role in ("reader", "operator", "agent", "installer"):
        policy = hotlog("policy", "orders", "--role", role, *words).out
        assert "log-group:/team/orders:*" in policy
        assert "/aws/lambda/" not in policy


def test_without_an_account_the_policy_says_that_it_is_wider_than_it_could_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)

    ran = hotlog("policy", "orders", "--role", "function")

    assert ran.code == 0
    assert "arn:aws:ssm:*:*:parameter/hotlog/orders" in ran.out
    assert "add --region and --account" in ran.err


def test_every_action_that_hotlog_takes_belongs_to_a_role_and_no_other_does() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "hotlog").rglob("*.py"))
    taken = set(re.findall(r'translate_errors\(\s*"([a-z0-9]+:[A-Z]\w+)"', sources)) - {
        "sts:GetCallerIdentity"
    }
    allowed = {
        action
        for statements in ROLES.values()
        for each in statements(Scene(ALL, sink="cloudwatch:g"))
        for action in each.actions
    }

    assert len(taken) > 10
    assert allowed - {"logs:CreateLogStream", "logs:PutLogEvents"} == taken


# --- what the commands do, asked of botocore -----------------------------------------------------------------------


class Call(NamedTuple):
    """A request to AWS, as IAM sees it."""

    action: str
    resource: str


_SAME_ACTION = {"lambda:GetLayerVersionByArn": "lambda:GetLayerVersion"}


def call(service: str, operation: str, request: dict[str, Any]) -> Call:
    action = f"{service}:{operation}"
    place = f"arn:aws:{service}:us-east-1:000000000000:"
    resource = "*"
    if "Name" in request:
        resource = f"{place}parameter{request['Name']}"
    elif "Path" in request:
        resource = f"{place}parameter{request['Path']}"
    elif "logGroupName" in request:
        resource = f"{place}log-group:{request['logGroupName']}:*"
    elif "SettingId" in request:
        resource = f"{place}servicesetting{request['SettingId']}"
    elif "LayerName" in request:
        resource = f"{place}layer:{request['LayerName']}"
    elif "FunctionName" in request:
        qualifier = f":{request['Qualifier']}" if "Qualifier" in request else ""
        resource = f"{place}function:{request['FunctionName']}{qualifier}"
    else:
        resource = request.get("Arn", request.get("Resource", request.get("PolicySourceArn", "*")))
    return Call(_SAME_ACTION.get(action, action), resource)


@pytest.fixture(name="calls")
def _calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every request that boto3 sends."""
    made: list[Call] = []
    send = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore has no public place before the endpoint

    def record(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        made.append(call(client.meta.service_model.service_name, operation, request))
        return send(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return made


def allows(statements: list[Statement], made: Call) -> bool:
    return any(
        made.action in each.actions and fnmatch.fnmatchcase(made.resource, each.resource)
        for each in statements
    )


COMMANDS = {
    "reader": [
        "ls orders",
        "show orders k3f9",
        "status orders",
        "history orders",
        "tail orders:prod --no-follow",
    ],
    "operator": [
        "add orders app.py:3 twice={twice} --id new",
        "add orders:prod app.py:3 twice={twice}",
        "doctor orders",
        "pause orders",
        "resume orders",
        "rm orders k3f9",
        "clear orders",
    ],
    "agent": [
        "find orders charge",
        "add orders app.py:3 twice={twice} --id new",
        "status orders",
        "tail orders --no-follow",
        "rm orders new",
    ],
    "installer": [
        "attach orders --dry-run",
        "attach orders --verify --dry-run",
        "attach orders",
        "detach orders",
    ],
}


@pytest.mark.emulator
@pytest.mark.parametrize("role", COMMANDS)
def test_the_commands_of_a_role_ask_aws_for_nothing_that_it_may_not_do(
    role: str, calls: list[Call], aws: Ministack
) -> None:
    deploy_orders(aws)
    Path("app.py").write_text(APP)
    assert hotlog("add", "orders", "app.py:3", "--id", "k3f9").code == 0
    statements = ROLES[role](Scene(ARN))
    # A reader may not look at functions: where it is refused, the usual log group is taken.
    # Who debugs one function may not list all: the reads that `doctor` counts are then of this one.
    optional = {"sts:GetCallerIdentity"} | {
        "reader": {"lambda:GetFunction"},
        "operator": {"lambda:ListFunctions"},
        "installer": {"lambda:ListFunctions"},
    }.get(role, set())

    for words in COMMANDS[role]:
        calls.clear()
        ran = hotlog(*words.split())
        # The emulator simulates no permission, so `doctor` finds that one is missing.
        assert ran.code == (1 if words.startswith("doctor") else 0), ran.err
        made = [each for each in calls if each.action not in optional]
        assert made
        assert [each for each in made if not allows(statements, each)] == [], words


@pytest.mark.emulator
def test_an_agents_server_asks_aws_for_nothing_that_its_role_may_not_do(
    calls: list[Call], aws: Ministack
) -> None:
    deploy_orders(aws)
    statements = ROLES["agent"](Scene(ARN))
    server = AgentServer(Client(), Settings(mode="auto", auto=("orders",)))
    rules = [{"target": "app.py:3", "message": "{twice}"}]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("find_places", {"query": "charge"}),
        ("read_code", {"path": "app.py"}),
        ("add_rules", {"rules": rules, "reason": "why?"}),
        ("wait_for_events", {"seconds": 0}),
        ("explain_failure", {"seconds": 0}),
        ("remove_rules", {}),
    ]

    async def talk() -> None:
        async with agent_of(server) as agent:
            for tool, arguments in asked:
                calls.clear()
                said = await agent.call(tool, function="orders", **arguments)
                assert not said.startswith("0 rules"), said
                made = [each for each in calls if each.action != "sts:GetCallerIdentity"]
                assert made, tool
                assert [each for each in made if not allows(statements, each)] == [], tool

    anyio.run(talk)


def test_an_agent_that_may_not_list_functions_still_asks_for_one_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)
    assert hotlog("add", "orders", "app.py:3", "--id", "k3f9", "--local").code == 0
    client = Client(store="file:.hotlog")

    def denied(_query: str) -> NoReturn:
        raise StoreError("denied", "lambda:ListFunctions is not allowed.")

    monkeypatch.setattr(client, "functions", denied)

    async def talk() -> None:
        async with agent_of(AgentServer(client, Settings())) as agent:
            assert "k3f9  app.py:3" in await agent.call("find_functions", query="orders")
            assert "[denied]" in await agent.call("find_functions")

    anyio.run(talk)


def deploy_orders(ministack: Ministack) -> None:
    deploy(ministack, "orders", {"app.py": APP})
    ministack.client("lambda").publish_version(FunctionName="orders")
    ministack.client("lambda").create_alias(FunctionName="orders", Name="prod", FunctionVersion="1")
    ministack.client("logs").create_log_group(logGroupName="/aws/lambda/orders")
