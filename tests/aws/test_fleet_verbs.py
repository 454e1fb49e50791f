"""Verbs over many functions of an account over HTTP: counted, asked for, the first alone, goes on where it was interrupted."""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import click
import pytest

from hotlog.cli.showing.fleet import Verb, change_many
from hotlog.client import desk_limits
from hotlog.client.account.function_name import parse_function
from hotlog.client.attaching.attach import AttachOptions
from hotlog.client.client import Client
from hotlog.client.fleet.attaching import plan_fleet_attach
from hotlog.client.fleet.housekeeping import find_leftovers
from hotlog.client.fleet.plan import FleetPlan
from hotlog.client.fleet.run import FAILED, FunctionOutcome, Pace, do_all, group_failures
from hotlog.client.fleet.selection import Selection
from hotlog.errors import HotlogError, StoreError
from hotlog.rules import document as documents
from hotlog.stores.ssm.store import SsmStore
from tests.fleet.account import document
from tests.support.canned_aws import canned_aws
from tests.support.cli import hotlog
from tests.support.deployed import deploy, layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.rules.document import Document
    from tests.support.cli import Ran
    from tests.support.emulators import Ministack

KEY = "arn:aws:kms:us-east-1:000000000000:key/1234"
KEY_DENIED = f"User: arn:aws:sts::1:assumed-role/dev/ana is not authorized to perform: kms:Decrypt on resource: {KEY} because no"
APP = {"app.py": "def handler(event, context):\n    total = 1\n    return total\n"}
NAMES = ("orders-api", "orders-cart", "orders-stock")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulator bears more than AWS does."""
    for name in ("PARAMETER_WRITES_PER_S", "FUNCTION_CHANGES_PER_S"):
        monkeypatch.setattr(desk_limits, name, 1_000.0)


def stored(name: str) -> Document:
    return documents.loads(SsmStore().read(name).text)


def with_rules(aws: Ministack, *names: str) -> None:
    for name in names:
        aws.client("ssm").put_parameter(Name=f"/hotlog/{name}", Value=document(), Type="String")


def ask_parameter_store(aws: Ministack, action: str, request: dict[str, Any]) -> tuple[int, bytes]:
    """Send a request on to the account."""
    head = {
        "X-Amz-Target": f"AmazonSSM.{action}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ssm/aws4_request",
    }
    sent = urllib.request.Request(aws.url, json.dumps(request).encode(), head)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(sent, timeout=10) as answer:  # noqa: S310
            return 200, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def states(ran: Ran) -> dict[str, str]:
    return {each["function"]: each["state"] for each in json.loads(ran.out)}


@pytest.mark.emulator
def test_a_pattern_is_counted_and_asked_for_and_refused_where_nobody_can_be_asked(aws: Ministack) -> None:
    with_rules(aws, *NAMES, "billing")
    refused = hotlog("pause", "orders-*")
    assert refused.code == 2
    assert "Pause the rules of 3 functions? First orders-api alone." in refused.err
    assert "--yes" in refused.err
    assert not stored("orders-api").paused

    done = hotlog("pause", "orders-*", "--yes", "--json")
    assert (done.code, states(done)) == (0, dict.fromkeys(NAMES, "done"))
    assert [stored(name).paused for name in (*NAMES, "billing")] == [True, True, True, False]
    again = hotlog("pause", "orders-*", "--json")
    assert (again.code, states(again)) == (0, dict.fromkeys(NAMES, "already")), "nothing is left to ask for"

    assert hotlog("resume", "orders-api", "orders-cart", "--yes").code == 0
    assert [stored(name).paused for name in NAMES] == [False, False, True]
    removed = hotlog("rm", "orders-*", "app.py:3", "--yes")
    assert removed.code == 0, removed.err
    assert "Removed from: 3." in removed.err
    assert not any(stored(name).entries for name in NAMES)
    assert hotlog("rm", "no-*", "app.py:3", "--yes").code == 1
    assert hotlog("clear", "*", "--yes").code == 0
    assert not stored("billing").entries


@pytest.mark.emulator
def test_names_come_from_a_list_and_by_tag(aws: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(aws, *NAMES)
    monkeypatch.setattr(
        sys,
        "stdin",
        StringIO("\ufefforders-api\torders-api\r\n\n# not this one: orders-cart\norders-stock  # slow\n"),
    )
    listed = hotlog("pause", "-", "--yes", "--json")
    assert states(listed) == {"orders-api": "done", "orders-stock": "done"}, listed.err

    for name in NAMES[:2]:
        deploy(aws, name, APP)
        arn = aws.client("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
        aws.client("lambda").tag_resource(Resource=arn, Tags={"team": "shop" if name == NAMES[0] else "cart"})
    tagged = hotlog("resume", "--tag", "team=shop", "--yes", "--json")
    assert states(tagged) == {"orders-api": "done"}, tagged.err
    assert states(hotlog("resume", "--tag", "team", "--yes", "--json")) == {
        "orders-api": "already",
        "orders-cart": "already",
    }
    assert hotlog("resume", "--tag", "team=none", "--yes").code == 1
    assert hotlog("pause", "--tag", "team=", "--yes").code == 1, (
        "an unset variable of a shell means no team, not all"
    )
    assert "--tag '=shop' names no tag" in hotlog("pause", "--tag", "=shop", "--yes").err
    assert hotlog("pause").code == 2
    monkeypatch.setattr(sys, "stdin", StringIO("# none\n"))
    assert "the list on stdin names no function" in hotlog("pause", "-", "--yes").err
    removed = hotlog("rm", "orders-*", "app.py:3", "--tag", "team=cart", "--yes", "--json")
    assert states(removed) == {"orders-cart": "done"}, removed.err
    removed = hotlog("rm", "--group", "none", "--tag", "team=shop", "--yes", "--json")
    assert states(removed) == {"orders-api": "already"}, removed.err
    mistyped = hotlog("pause", "orders-api", "odrers-api", "--yes", "--json")
    assert (mistyped.code, states(mistyped)) == (1, {"odrers-api": "failed", "orders-api": "done"})


@pytest.mark.emulator
def test_failures_come_first_one_line_for_each_reason_and_the_others_are_done(aws: Ministack) -> None:
    with_rules(aws, *NAMES)
    for name in ("orders-x", "orders-y", "orders-z"):
        aws.client("ssm").put_parameter(Name=f"/hotlog/{name}", Value="{", Type="String")
    ran = hotlog("pause", "orders-*", "--yes")
    assert ran.code == 1
    [line] = ran.out.splitlines()
    assert line.startswith("failed  orders-x, orders-y, orders-z  the stored rules cannot be read")
    assert "[document-damaged]" in line
    assert "Paused: 3. Failed: 3." in ran.err
    listed = hotlog("ls", "orders-*")
    assert listed.out.splitlines()[0].startswith("failed  orders-x, orders-y, orders-z")
    assert sum(line.startswith("orders-") for line in listed.out.splitlines()) == 3


@pytest.mark.emulator
def test_what_was_interrupted_goes_on_from_the_functions_own_state(
    aws: Ministack, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"orders-{number:02}" for number in range(20)]
    with_rules(aws, *names)
    pause, paused = Client.pause, 0

    def interrupted(client: Client, function: str, **more: Any) -> Any:
        nonlocal paused
        paused += 1
        if paused == 5:
            import _thread

            _thread.interrupt_main()
        return pause(client, function, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "pause", interrupted)
        patch.setattr(desk_limits, "PARAMETER_WRITES_PER_S", 20.0)
        ran = hotlog("pause", "orders-*", "--yes")
    assert ran.code == 130
    assert "The same command goes on from there." in ran.err
    before = sum(stored(name).paused for name in names)
    assert 4 <= before < 20
    again = hotlog("pause", "orders-*", "--yes", "--json")
    assert list(states(again).values()).count("done") == 20 - before
    assert all(stored(name).paused for name in names)


# --- without an account ----------------------------------------------------------------------------------------------------


def test_what_begins_is_as_much_as_aws_bears_and_less_while_it_throttles() -> None:
    slept: list[float] = []
    pace = Pace(4, clock=lambda: 0.0, sleep=slept.append)
    for _ in range(4):
        pace.wait()
    assert slept == [0.0, 0.25, 0.5, 0.75]
    for _ in range(9):
        pace.slow_down()
    slept.clear()
    for _ in range(60):
        pace.wait()
    gaps = [after - before for before, after in pairwise(slept)]
    assert gaps[0] == pytest.approx(2.0), "eight times as slow"
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] == pytest.approx(0.25)


def test_a_function_that_aws_throttles_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    tries: dict[str, int] = {}
    at_once, most = 0, 0
    lock = threading.Lock()

    def work(name: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
            tries[name] = tries.get(name, 0) + 1
        time.sleep(0)
        with lock:
            at_once -= 1
        if name == "never" or tries[name] == 1:
            raise StoreError("throttled", f"{name}: too many requests")
        return True

    outcomes = {each.function: each for each in do_all(["a", "b", "never"], work, Pace(1_000))}
    assert {name: each.state for name, each in outcomes.items()} == {
        "a": "done",
        "b": "done",
        "never": "failed",
    }
    assert tries == {"a": 2, "b": 2, "never": desk_limits.FLEET_ATTEMPTS_MAX}
    assert most <= desk_limits.FLEET_WORKERS


def plan(work: Callable[[str], bool]) -> FleetPlan:
    return FleetPlan(tuple("abcde"), (), work, lambda _: "", 1_000)


def test_the_first_that_can_be_done_is_the_first_and_a_stop_waits_for_none() -> None:
    def work(name: str) -> bool:
        if name in "abd":
            raise StoreError("denied", f"no {name}")
        return True

    states = {each.function: each.state for each in plan(work).run()}
    assert states == {"a": "failed", "b": "failed", "c": "done", "d": "failed", "e": "done"}
    assert {each.function: each.state for each in plan(work)._replace(verify=None).run()} == states

    tried: list[str] = []

    def refuse(name: str) -> bool:
        tried.append(name)
        raise StoreError("denied", f"no {name}")

    with pytest.raises(HotlogError, match=r"no c\. So ended the first 3: the others are as they were\."):
        list(plan(refuse).run())
    assert tried == ["a", "b", "c"]


def test_ctrl_c_tells_what_was_under_way_and_lets_nothing_else_begin(
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun: list[str] = []

    def work(name: str) -> bool:
        begun.append(name)
        if len(begun) == 3:
            import _thread

            _thread.interrupt_main()
            time.sleep(0.2)
        return True

    many = FleetPlan(tuple(map(str, range(200))), (), work, lambda _: "", 20)
    with pytest.raises(click.Abort):
        change_many(many, Verb("Try", "trying", "Tried", "Tried already"), yes=True)
    assert f"Stopped after {len(begun)} of 200." in capsys.readouterr().err
    assert 3 <= len(begun) < 100


def test_reasons_that_differ_in_the_name_alone_are_one() -> None:
    failed = [FunctionOutcome(name, FAILED, "denied", f"you may not read {name}.") for name in ("b", "a")]
    other = FunctionOutcome("c", FAILED, "missing", "c is gone.")
    groups = group_failures([other, FunctionOutcome("d", "done"), *failed])
    assert [(names, one.code) for names, one in groups] == [(["a", "b"], "denied"), (["c"], "missing")]


# --- stop and start, housekeeping, looking --------------------------------------------------------------------------------


@pytest.mark.emulator
def test_a_stop_pauses_all_and_a_start_switches_on_what_the_stop_has_switched_off(aws: Ministack) -> None:
    with_rules(aws, *NAMES, "billing")
    aws.client("ssm").put_parameter(Name="/hotlog/quiet", Value='{"v": 1, "rules": []}', Type="String")
    assert hotlog("pause", "billing").code == 0
    version = SsmStore().read("quiet").version

    stopped = hotlog("stop")
    assert stopped.code == 0, stopped.err
    statement = json.loads(stopped.out)
    assert statement == {
        "Effect": "Deny",
        "Action": ["ssm:GetParameter"],
        "Resource": "arn:aws:ssm:*:*:parameter/hotlog/*",
    }
    assert "3 rules in 3 documents paused at" in stopped.err
    assert "Undo: hotlog start" in stopped.err
    assert all(stored(name).paused for name in (*NAMES, "billing"))
    assert SsmStore().read("quiet").version == version, "it has no rules"
    assert "Pausing 0 documents of rules" in hotlog("stop").err

    started = hotlog("start", "--json")
    assert states(started) == dict.fromkeys(NAMES, "done"), started.err
    assert [stored(name).paused for name in (*NAMES, "billing")] == [False, False, False, True]
    assert stored("orders-api").extra == ()

    assert hotlog("stop").code == 0
    assert "The rules of 4 functions are paused. Go on with: hotlog start after a stop" in hotlog("ls").err
    for words in (("resume", "orders-api"), ("pause", "orders-api"), ("pause", "orders-cart")):
        assert hotlog(*words).code == 0
    assert states(hotlog("pause", "orders-s*", "billing", "--yes", "--json")) == {
        "orders-stock": "done",
        "billing": "already",
    }
    assert states(hotlog("start", "--json")) == {}, "whoever has paused since means it"


@pytest.mark.emulator
def test_what_one_function_lacks_does_not_keep_the_others(
    aws: Ministack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(aws, *NAMES)

    def answer(action: str, request: dict[str, Any]) -> tuple[int, dict[str, Any] | bytes]:
        listed = action == "GetParametersByPath" and request["WithDecryption"]
        written = action == "PutParameter" and request["Name"].endswith("orders-api")
        if listed or written:
            return 400, {"__type": "AccessDeniedException", "message": KEY_DENIED}
        return ask_parameter_store(aws, action, request)

    with canned_aws(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        paused = hotlog("pause", "orders-*", "--yes")
        resumed = hotlog("resume", "orders-*", "--yes", "--json")
        stopped = hotlog("stop")
    assert (paused.code, "Paused: 2. Failed: 1." in paused.err) == (1, True), paused.err
    line, hint = paused.out.splitlines()
    assert line.startswith("failed  orders-api  AWS denies ssm:PutParameter")
    assert json.loads(hint) == {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}
    assert states(resumed) == {"orders-api": "already", "orders-cart": "done", "orders-stock": "done"}
    assert (stopped.code, "Stopped: 2. Failed: 1." in stopped.err) == (1, True), stopped.err
    assert "Undo: hotlog start" in stopped.err


@pytest.mark.emulator
def test_several_accounts_are_gone_through_one_by_one(aws: Ministack) -> None:
    Path(".aws").mkdir()
    accounts = {"a": "111111111111", "b": "222222222222"}
    Path(".aws/config").write_text(
        "".join(
            f"[profile {name}]\naws_access_key_id = {number}\naws_secret_access_key = x\nregion = us-east-1\n"
            for name, number in accounts.items()
        )
    )
    for name in accounts:
        session = boto3.Session(profile_name=name, region_name="us-east-1")
        session.client("ssm").put_parameter(Name=f"/hotlog/orders-{name}", Value=document(), Type="String")
    both = ("--profile", "a", "--profile", "b")
    ran = hotlog("stop", *both)
    assert ran.code == 0, ran.err
    assert [line for line in ran.err.splitlines() if line in {"a:", "b:"}] == ["a:", "b:"]
    for name in accounts:
        [found] = json.loads(hotlog("ls", "--json", "--profile", name).out)
        assert (found["function"], found["paused"]) == (f"orders-{name}", True)
    assert hotlog("stop", "--profile", "none", "--profile", "a").code == 1, "one of them is not there"
    lines = hotlog("ls", "--json", "--profile", "none", *both).out.splitlines()
    first, *others = map(json.loads, lines)
    assert (first["profile"], first["error"]["code"]) == ("none", "no-credentials")
    assert [(each["profile"], each["data"][0]["function"]) for each in others] == [
        ("a", "orders-a"),
        ("b", "orders-b"),
    ]
    assert hotlog("add", "orders", "app.py:3", *both).code == 2


@pytest.mark.emulator
def test_what_is_left_of_functions_that_are_gone_is_removed_on_a_yes(aws: Ministack) -> None:
    deploy(aws, "orders-api", APP)
    with_rules(aws, "orders-api", "gone-1", "gone-2")
    text = stored("orders-api")
    old = {
        **text.entries[0],
        "id": "old1",
        "created": "2001-01-01T00:00:00Z",
        "expires": "2001-01-01T01:00:00Z",
    }
    aws.client("ssm").put_parameter(
        Name="/hotlog/orders-api",
        Value=documents.dumps(text._replace(entries=(*text.entries, old))),
        Overwrite=True,
    )
    foreign = {"config": "mine", "a.b": '{"v": 1, "rules": []}'}
    for name, value in foreign.items():
        aws.client("ssm").put_parameter(Name=f"/hotlog/{name}", Value=value, Type="String")
    said = hotlog("gc")
    assert "No rules of a function, and left alone: a.b, config." in said.err
    assert (said.code, said.out.splitlines()) == (0, ["gone-1", "gone-2"])
    assert "1 expired rule in 1 document. Nothing removed (--yes)." in said.err
    assert SsmStore().functions() == ["a.b", "config", "gone-1", "gone-2", "orders-api"]
    plan = find_leftovers(Client().desk).plan
    deploy(aws, "gone-1", APP)
    assert {each.function: each.state for each in plan.run()} == {
        "gone-1": "already",
        "gone-2": "done",
        "orders-api": "done",
    }, "it has come since"
    ran = hotlog("gc", "--yes")
    assert ran.code == 0, ran.err
    assert SsmStore().functions() == ["a.b", "config", "gone-1", "orders-api"]
    assert [entry["id"] for entry in stored("orders-api").entries] == ["k3f9"]
    assert json.loads(hotlog("gc", "--json").out) == {
        "gone": [],
        "foreign": ["a.b", "config"],
        "expired": {},
    }


@pytest.mark.emulator
def test_all_of_an_account_is_seen_at_once(aws: Ministack) -> None:
    ours = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec", "HOTLOG_REFRESH": "auto"}
    deploy(aws, "orders-api", APP, variables=ours)
    deploy(aws, "orders-cart", APP)
    deploy(aws, "plain", APP)
    other, own = layer(aws, "my-hotlog-config", APP), layer(aws, "hotlog", APP)
    deploy(aws, "off", APP, variables={**ours, "HOTLOG": "off"}, layers=(other, own))
    deploy(aws, "team", APP, variables={**ours, "HOTLOG_STORE": "ssm:/team"}, layers=(other,))
    with_rules(aws, "orders-api", "gone", "off")
    assert hotlog("pause", "off").code == 0
    found = {each["function"]: each for each in json.loads(hotlog("ls", "--everywhere", "--json").out)}
    assert found.keys() == {"orders-api", "gone", "off", "team"}
    assert [found["off"][key] for key in ("hotlog", "refresh", "paused")] == ["hotlog:1", "off", True]
    assert [found["team"][key] for key in ("hotlog", "trouble")] == ["unknown layer", "reads ssm:/team"]
    assert [found["orders-api"][key] for key in ("hotlog", "refresh", "rules")] == ["no layer", "auto", 1]
    assert found["gone"]["hotlog"] == "gone"
    table = hotlog("ls", "--everywhere")
    assert "3 functions with hotlog, 2 live rules, 1 paused." in table.err

    mistyped = hotlog("status", "orders-cart", "odrers")
    assert (mistyped.code, "there is no function 'odrers'" in mistyped.out) == (1, True)
    status = hotlog("status", "orders-*", "--json")
    [line] = json.loads(status.out)
    assert {key: line[key] for key in ("function", "rules", "live", "reads")} == {
        "function": "orders-api", "rules": 1, "live": 0, "reads": "ok",
    }  # fmt: skip
    assert "1 more without rules." in status.err
    assert hotlog("tail", "orders-*", "--no-follow").code == 0

    examined = hotlog("doctor", "orders-*")
    assert examined.code == 1, "their roles may not read"
    lines = examined.out.splitlines()
    assert lines[0].startswith("failed  orders-api, orders-cart  orders may not ssm:GetParameter"), (
        examined.out
    )
    assert "0 of 2 functions are in good order." in examined.err


@pytest.mark.emulator
def test_an_attach_begins_with_what_nobody_saw_starting_and_tells_the_interval_of_all(aws: Ministack) -> None:
    own = layer(aws, "hotlog", APP)
    until_s = int(time.time()) + 60
    half = {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec",
        "HOTLOG_REFRESH": "auto",
        "HOTLOG_ATTACHED": f"{own.rpartition(':')[0]} AWS_LAMBDA_EXEC_WRAPPER HOTLOG_REFRESH verify=t0ken:",
    }
    deploy(
        aws,
        "orders-api",
        APP,
        variables={**half, "HOTLOG_ATTACHED": f"{half['HOTLOG_ATTACHED']}1"},
        layers=(own,),
    )
    deploy(
        aws,
        "orders-cart",
        APP,
        variables={**half, "HOTLOG_ATTACHED": f"{half['HOTLOG_ATTACHED']}{until_s}"},
        layers=(own,),
    )
    deploy(aws, "orders-stock", APP)
    aws.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "FunctionName", "Value": "orders-stock"}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=10),
                "Value": value,
            }
            for metric, value in (("ConcurrentExecutions", 3_000.0), ("Invocations", 3_000_000.0))
        ],
    )
    wanted = Selection((parse_function("orders-*"),))
    found = plan_fleet_attach(Client().desk, wanted, AttachOptions(layer=own))
    assert (found.plan.todo, found.have) == (("orders-cart", "orders-stock"), ("orders-api",))
    assert found.load is not None
    assert found.plan.work("orders-cart")
    assert stored("orders-cart").refresh == found.load.choose_refresh() == 300


# --- what an alias serves; that it is moved is tested with functions that start -------------------------------------------------


def serving(aws: Ministack) -> tuple[str, list[str]]:
    found = aws.client("lambda").get_alias(FunctionName="orders", Name="prod")
    version = aws.client("lambda").get_function_configuration(FunctionName="orders", Qualifier="prod")
    return found["FunctionVersion"], sorted(version.get("Environment", {}).get("Variables", {}))


def released(aws: Ministack) -> str:
    client = aws.client("lambda")
    deploy(aws, "orders", APP, variables={"STAGE": "prod"})
    version = client.publish_version(FunctionName="orders")["Version"]
    client.create_alias(FunctionName="orders", Name="prod", FunctionVersion=version)
    return version


@pytest.mark.emulator
def test_what_would_be_a_release_or_is_another_ones_to_move_is_refused(aws: Ministack) -> None:
    version, client = released(aws), aws.client("lambda")
    for words in (("orders",), ("orders:7",), ("orders-*",)):
        assert hotlog("attach", *words, "--publish").code == 2

    deploy(aws, "orders", {"app.py": "def handler(event, context):\n    return 2\n"})
    assert "[unreleased-code]" in hotlog("attach", "orders:prod", "--publish").err
    deploy(aws, "orders", APP)
    client.update_function_configuration(FunctionName="orders", Timeout=9)
    assert "[unreleased-code]" in hotlog("attach", "orders:prod", "--publish").err
    client.update_function_configuration(FunctionName="orders", Timeout=3)

    arn = client.get_function_configuration(FunctionName="orders")["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"aws:cloudformation:stack-name": "shop"})
    assert "[deployment-owned]" in hotlog("attach", "orders:prod", "--publish").err
    client.untag_resource(Resource=arn, TagKeys=["aws:cloudformation:stack-name"])
    other = client.publish_version(FunctionName="orders")["Version"]
    client.update_alias(
        FunctionName="orders", Name="prod", RoutingConfig={"AdditionalVersionWeights": {other: 0.1}}
    )
    assert "[weighted-alias]" in hotlog("attach", "orders:prod", "--publish").err
    assert serving(aws) == (version, ["STAGE"])
    assert "HOTLOG_ATTACHED" not in str(client.get_function_configuration(FunctionName="orders"))
