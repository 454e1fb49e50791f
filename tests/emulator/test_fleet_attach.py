"""hotlog onto many functions at once: counted, the first seen starting under AWS's emulator, the others, and off again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hotlog.client import desk_limits
from hotlog.client.account.function_name import FunctionName
from hotlog.client.attaching import verification
from hotlog.client.attaching.alias import check_alias, publish_and_move
from hotlog.client.client import Client
from tests.support.cli import hotlog
from tests.support.deployed import deploy
from tests.support.lambda_service import LambdaService

if TYPE_CHECKING:
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

pytestmark = [pytest.mark.parametrize("function", ["emulator"], indirect=True)]

APP = {"app.py": "def handler(event, context):\n    total = 1\n    return total\n"}
NAMES = ("orders-api", "orders-cart", "orders-stock")


def attached(aws: Ministack) -> dict[str, str]:
    """The policy of each function that has hotlog."""
    found = aws.client("lambda").list_functions()["Functions"]
    variables = {each["FunctionName"]: each.get("Environment", {}).get("Variables", {}) for each in found}
    return {
        name: its.get("HOTLOG_REFRESH", "") for name, its in variables.items() if "HOTLOG_ATTACHED" in its
    }


def test_many_are_attached_and_detached_by_one_command_each(
    aws: Ministack, function: type[Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        deploy(aws, name, APP, timeout_s=30)
    deploy(aws, "orders-own", {**APP, "hotlog.py": "mine = 1\n"})
    deploy(aws, "orders-old", APP, runtime="python3.9")
    deploy(aws, "orders-wrapped", APP, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/other"})
    deploy(aws, "billing", APP)
    monkeypatch.setattr(verification, "_PAUSE_S", 0.1)
    monkeypatch.setattr(desk_limits, "FUNCTION_CHANGES_PER_S", 1_000.0)
    with LambdaService(aws, function) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        _walk(aws, service)


def _walk(aws: Ministack, service: LambdaService) -> None:
    dry = hotlog("attach", "orders-*", "--dry-run")
    assert dry.code == 0, dry.err
    said = " ".join(dry.err.split())
    assert "orders-*: 6 functions in us-east-1, account …0000." in said
    assert "4 would get hotlog" in said
    assert "2 cannot: " in said
    assert "roles need the permission first" in said
    assert "Reads: 4 functions with hotlog had 0 environments" in said
    assert attached(aws) == {}

    ran = hotlog("attach", "orders-*", "--yes")
    assert ran.code == 1, ran.err
    assert len(service.payloads) == 1, "the first was seen starting"
    assert attached(aws) == dict.fromkeys(NAMES, "auto"), ran.err
    failed = [line for line in ran.out.splitlines() if line.startswith("failed")]
    assert len(failed) == 3
    assert "orders-own  hotlog.py of the package" in " ".join(failed)
    assert "Attached: 3. Failed: 3." in ran.err

    again = hotlog("attach", *NAMES, "--yes")
    assert (again.code, "Attached already: 3." in again.err) == (0, True), again.err
    off = hotlog("detach", "*", "--yes", "--json")
    assert off.code == 0, off.err
    assert [each["function"] for each in json.loads(off.out) if each["state"] == "done"] == list(NAMES)
    assert attached(aws) == {}


@pytest.mark.slow
def test_what_is_listed_changes_nothing(aws: Ministack, function: type[Function]) -> None:
    deploy(aws, "orders-api", APP)
    deploy(aws, "orders-old", APP, runtime="python3.9")
    assert "orders-old" in hotlog("attach", "orders-*", "--list", "cannot").out
    assert "parameter/hotlog/orders-" in hotlog("attach", "orders-*", "--list", "permission").out
    assert hotlog("attach", "orders-*").code == 2, "nobody can be asked"
    assert aws.client("lambda").list_layers()["Layers"] == []
    assert attached(aws) == {}


@pytest.mark.slow
def test_where_the_first_does_not_start_no_other_is_touched(
    aws: Ministack, function: type[Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(aws, "orders-api", {"app.py": "raise ValueError('no')\n"}, timeout_s=30)
    deploy(aws, "orders-cart", APP, timeout_s=30)
    monkeypatch.setattr(verification, "_PAUSE_S", 0.1)
    with LambdaService(aws, function) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        ran = hotlog("attach", "orders-*", "--yes")
    assert ran.code == 1
    assert "orders-api does not start" in ran.err
    assert "the others are as they were" in ran.err
    assert attached(aws) == {}


def serving(aws: Ministack) -> tuple[str, list[str]]:
    found = aws.client("lambda").get_alias(FunctionName="orders", Name="prod")
    version = aws.client("lambda").get_function_configuration(FunctionName="orders", Qualifier="prod")
    return found["FunctionVersion"], sorted(version.get("Environment", {}).get("Variables", {}))


def released(aws: Ministack) -> str:
    client = aws.client("lambda")
    deploy(aws, "orders", APP, variables={"STAGE": "prod"}, timeout_s=30)
    version = client.publish_version(FunctionName="orders")["Version"]
    client.create_alias(FunctionName="orders", Name="prod", FunctionVersion=version)
    return version


def hotlog_of_another_version(aws: Ministack, served: str) -> str:
    """Let the alias serve a version with another hotlog, published on top of one that has one."""
    desk, function = Client().desk, FunctionName("orders", "prod")
    seen = check_alias(desk, function)
    aws.client("lambda").update_function_configuration(FunctionName="orders", Description="")
    moved = publish_and_move(desk, function, seen)
    assert moved.before == served
    return moved.after


def test_a_version_with_hotlog_is_served_and_taken_back(
    aws: Ministack, function: type[Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = released(aws)
    monkeypatch.setattr(verification, "_PAUSE_S", 0.1)
    with LambdaService(aws, function) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        dry = hotlog("attach", "orders:prod", "--publish", "--dry-run")
        assert f"orders:prod would serve a new version, which is {version} with hotlog" in dry.err
        assert hotlog("attach", "orders:prod", "--publish", "--snippet", "sam").code == 2
        assert (serving(aws), attached(aws), service.payloads) == ((version, ["STAGE"]), {}, [])
        ran = hotlog("attach", "orders:prod", "--publish")
        assert "published-versions" not in ran.err, "that is what was done"
        again = hotlog("attach", "orders:prod", "--publish")
        assert (again.code, "which has hotlog already" in again.err) == (0, True), again.err
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    assert (ran.code, len(service.payloads)) == (0, 1), ran.err
    served, variables = serving(aws)
    assert (int(served), variables) == (
        int(version) + 1,
        ["AWS_LAMBDA_EXEC_WRAPPER", "HOTLOG_ATTACHED", "STAGE"],
    )
    assert f"orders:prod serves version {served}, which is {version} with hotlog." in ran.err
    assert f"would serve version {version} again" in hotlog("detach", "orders:prod", "--dry-run").err
    assert serving(aws)[0] == served
    newer = hotlog_of_another_version(aws, served)
    assert serving(aws)[0] == newer
    back = hotlog("detach", "orders:prod")
    assert back.code == 0, back.err
    assert serving(aws) == (version, ["STAGE"])
    latest = aws.client("lambda").get_function_configuration(FunctionName="orders")
    assert latest["Environment"]["Variables"] == {"STAGE": "prod"}
    assert hotlog("detach", "orders:prod").code == 2, "it is not hotlog's"
