"""`hotlog add` against the code that is deployed: fetched from AWS, checked there, and never shown beyond what was asked for."""

from __future__ import annotations

import json
import os
import shlex
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import config
from hotlog.client.adding.impact import describe_start
from hotlog.client.client import Client
from hotlog.client.diagnosis.environment_reports import Seen
from hotlog.client.diagnosis.function_status import add_invocations
from hotlog.client.diagnosis.status_sentence import RuleStatus
from hotlog.rules.model import Rule
from tests.support.account import Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog
from tests.support.deployed import deploy, files_below, layer, zipped
from tests.support.places import ROOT

if TYPE_CHECKING:
    from tests.support.cli import Ran
    from tests.support.emulators import Ministack

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("aws")]

ORDERS = files_below(ROOT / "examples" / "orders")
APP = """\
import shared
import boxed


def handler(event, context):
    password = event["password"]
    total = sum(event["items"])
    return total


def later():
    return "the last line of the file"
"""
NAME = "orders"


def added(*words: str) -> Ran:
    ran = hotlog("add", *words)
    assert ran.code == 0, ran.err
    return ran


def rules(aws: Ministack, name: str = NAME) -> list[dict[str, Any]]:
    value = aws.client("ssm").get_parameter(Name=f"/hotlog/{name}")["Parameter"]["Value"]
    return list(json.loads(value)["rules"])


def has_rules(aws: Ministack) -> bool:
    return bool(aws.client("ssm").describe_parameters()["Parameters"])


def shown(ran: Ran) -> list[str]:
    """The numbered lines of source that were shown."""
    return [line.strip() for line in ran.err.splitlines() if line.strip()[:1].isdigit()]


# --- the code that is deployed --------------------------------------------------------------------------------------


def test_the_statement_is_looked_up_in_the_code_that_is_deployed_not_in_this_directory(
    aws: Ministack,
) -> None:
    deploy(aws, NAME, {"app.py": APP})
    Path("app.py").write_text("def handler(event, context):\n    return 'another program'\n")

    ran = added(NAME, "app.py:/total =/", "items={event['items']}")

    [rule] = rules(aws)
    assert (rule["at"], rule["text"], rule["in"]) == ("app.py:7", 'total = sum(event["items"])', "handler")
    assert "another program" not in ran.err


def test_of_the_code_only_the_statement_and_its_surroundings_are_shown_and_no_value_of_a_variable(
    aws: Ministack,
) -> None:
    deploy(
        aws,
        NAME,
        {"app.py": APP, "key_cache.py": "KEY = 'in a file nobody asked for'\n"},
        variables={"DB": "s3cret"},
    )

    ran = added(NAME, "app.py:7", "x")

    assert [line.split()[0] for line in shown(ran)][:6] == ["5", "6", "7"]
    for hidden in ("the last line of the file", "nobody asked for", "s3cret"):
        assert hidden not in ran.err + ran.out


def test_a_package_is_fetched_once_and_kept_for_its_owner_alone(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP})
    added(NAME, "app.py:7", "x")

    [cached] = Path(".cache/hotlog/packages").iterdir()
    assert stat.S_IMODE(cached.stat().st_mode) == 0o600
    assert stat.S_IMODE(cached.parent.stat().st_mode) == 0o700
    cached.write_bytes(zipped({"app.py": APP.replace("total", "amount")}))
    added(NAME, "app.py:/amount =/", "x")

    deploy(aws, NAME, {"app.py": APP.replace("total", "count")})
    added(NAME, "app.py:/count =/", "x")
    assert len(list(cached.parent.iterdir())) == 2


def test_the_code_of_a_layer_is_searched_and_may_have_to_be_opened_first(aws: Ministack) -> None:
    arn = layer(aws, "shared", {"python/shared/tax.py": "def rate(country):\n    return 19\n"})
    deploy(aws, NAME, {"app.py": APP}, layers=(arn,))

    ran = added(NAME, "shared.tax:rate", "country={country}")

    assert f"lies in the layer {arn}" in ran.err
    assert "HOTLOG_CODE_ROOTS" in ran.err
    assert rules(aws)[0]["at"] == "shared.tax:rate"
    refused = hotlog("add", NAME, "shared/tax.py:2", "x")
    assert refused.code == 1
    assert "write shared.tax:FUNCTION instead" in refused.err


def test_a_layer_that_cannot_be_had_is_not_searched_and_that_is_said(aws: Ministack) -> None:
    there = layer(aws, "shared", {"python/shared/tax.py": "def rate(country):\n    return 19\n"})
    gone = layer(aws, "gone", {"python/gone.py": ""})
    deploy(aws, NAME, {"app.py": APP}, layers=(gone, there))
    aws.client("lambda").delete_layer_version(LayerName="gone", VersionNumber=1)

    assert f"the layer {gone} is not searched" in added(NAME, "shared.tax:rate", "x").err
    assert hotlog("add", NAME, "other:function", "x").code == 1
    assert "not searched" not in added(NAME, "app.py:7", "x").err


def test_an_installed_distribution_is_refused_unless_its_owner_opened_it(aws: Ministack) -> None:
    files = {
        "app.py": APP,
        "boxed/__init__.py": "def open(box):\n    return box\n",
        "boxed-1.0.dist-info/RECORD": "boxed/__init__.py,,\nboxed-1.0.dist-info/RECORD,,\n",
    }
    deploy(aws, NAME, files)
    deploy(aws, "opened", files, variables={"HOTLOG_CODE_ROOTS": "/var/task/boxed"})

    refused = hotlog("add", NAME, "boxed:open", "x")

    assert refused.code == 1
    assert "boxed belongs to an installed distribution" in refused.err
    assert "[not-allowed]" in refused.err
    assert not has_rules(aws)
    added("opened", "boxed:open", "box={box}")


def test_a_container_image_needs_its_source(aws: Ministack) -> None:
    aws.client("lambda").create_function(
        FunctionName=NAME,
        Role="arn:aws:iam::000000000000:role/orders",
        PackageType="Image",
        Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/orders:1"},
    )
    Path("app.py").write_text(APP)

    refused = hotlog("add", NAME, "app.py:7", "x")

    assert refused.code == 1
    assert "is a container image" in refused.err
    assert "[needs-source]" in refused.err
    assert not has_rules(aws)
    assert "could compare app.py with what is deployed" in added(NAME, "app.py:7", "x", "--source", ".").err


@pytest.mark.parametrize(
    ("deployed", "says"),
    [
        (APP, ""),
        (APP.replace("\n", "\r\n"), ""),
        (APP + "\n# more\n", "differs from what is deployed, though not at this statement"),
        ("# more\n" + APP, "there the statement is at line 8, and the rule follows it"),
        (APP.replace("total =", "amount ="), "no statement reads so any more"),
        (None, "what is deployed has no app.py"),
    ],
)
def test_source_of_this_machine_is_compared_with_what_is_deployed(
    aws: Ministack, deployed: str | None, says: str
) -> None:
    deploy(
        aws,
        NAME,
        {"app.py": deployed or "", "hotlog/__init__.py": ""} if deployed else {"hotlog/__init__.py": ""},
    )
    Path("app.py").write_text(APP)

    ran = added(NAME, "app.py:7", "x", "--source", ".")

    assert ("warning:" in ran.err) is bool(says)
    assert says in ran.err


def test_source_of_this_machine_will_do_for_a_function_that_aws_does_not_know(aws: Ministack) -> None:
    Path("app.py").write_text(APP)

    assert hotlog("add", "ordres", "app.py:7", "x").code == 1
    assert not has_rules(aws)
    assert "there is no function 'ordres'" in added("ordres", "app.py:7", "x", "--source", ".").err


# --- what the rule reads ---------------------------------------------------------------------------------------------


def test_a_snapshot_says_what_it_will_capture_and_what_is_redacted(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP}, variables={"HOTLOG_REDACT": "context"})

    err = added(NAME, "app.py:7").err

    assert "captures event\n" in err
    assert "redacted context, password" in err


def test_the_names_that_the_function_redacts_are_those_of_its_own_settings(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP})
    deploy(aws, "open", {"app.py": APP}, variables={"HOTLOG_REDACT_KEEP": "password"})

    assert "[redacted-name]" in hotlog("add", NAME, "app.py:7", "{password}").err
    assert not has_rules(aws)
    added("open", "app.py:7", "{password}")


def test_settings_that_stand_in_the_way_are_told_before_anybody_waits(aws: Ministack) -> None:
    settings = {
        "HOTLOG": "off",
        "HOTLOG_STORE": "ssm:/team",
        "HOTLOG_ALLOW": "metric",
        "HOTLOG_MAX_FOR": "10m",
        "HOTLOG_REFRESH": "30",
    }
    deploy(aws, NAME, {"app.py": APP}, variables=settings)

    err = added(NAME, "app.py:7", "x", "--properties").err

    for said in (
        "HOTLOG=off",
        "from ssm:/team",
        "the owner allows metric only",
        "the owner allows 600 s",
        "HOTLOG_PROPERTIES=1",
    ):
        assert said in err
    assert "starts 30 s or more after" in err


@pytest.mark.parametrize(
    ("refresh", "says"),
    [
        ("", "at the next invocation"),
        ("each", "at the next invocation"),
        ("background", "within the next invocation"),
        ("30", "at the next invocation of each environment that starts 30 s or more after"),
        ("auto", "at the next invocation of each environment that starts 120 s or more after"),
    ],
)
def test_when_a_rule_goes_live_is_the_functions_refresh_policy(refresh: str, says: str) -> None:
    assert describe_start(config.read({"HOTLOG_REFRESH": refresh})).startswith(says)


def test_a_function_without_hotlog_is_told_before_anybody_waits(aws: Ministack) -> None:
    deploy(aws, "bare", {"app.py": APP})
    deploy(aws, "wrapped", {"app.py": APP, "hotlog/__init__.py": ""})
    deploy(aws, "attached", {"app.py": APP}, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec"})

    assert "hotlog attach bare" in added("bare", "app.py:7", "x").err
    for name in ("wrapped", "attached"):
        assert "warning" not in added(name, "app.py:7", "x").err


def test_the_worst_case_is_of_the_environments_that_were_seen(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP})
    quota = "orders has not run within a day: the account's default quota counts: 100,000 lines, about 40 MB in 1,000"
    assert quota in added(NAME, "app.py:7", "x").err
    aws.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "ConcurrentExecutions",
                "Dimensions": [{"Name": "FunctionName", "Value": NAME}],
                "Timestamp": datetime.now(UTC),
                "Value": 7,
            }
        ],
    )

    err = added(NAME, "app.py:7", "x").err

    assert "orders ran in 7 at once in the last hour: 700 lines, about 0.3 MB." in err


# --- FUNCTION in all its forms ---------------------------------------------------------------------------------------


def test_an_arn_names_function_and_region(aws: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(aws, NAME, {"app.py": APP})
    arn = aws.client("lambda").get_function(FunctionName=NAME)["Configuration"]["FunctionArn"]
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    ran = added(arn, "app.py:7", "x", "--json")
    assert json.loads(ran.out) == rules(aws)[0]
    assert "--region us-east-1" in ran.err

    stranger = arn.replace(arn.split(":")[4], "111122223333")
    refused = hotlog("add", stranger, "app.py:7", "x")
    assert refused.code == 1
    assert "account 111122223333" in refused.err
    assert len(rules(aws)) == 1


def test_an_alias_is_resolved_to_its_versions_and_checked_against_their_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account()
    sources = {
        "1": APP,
        "2": "# moved\n" + APP,
        "$LATEST": "def handler():\n    return 'newer than any alias'\n",
    }
    account.functions[NAME] = {version: zipped({"app.py": code}) for version, code in sources.items()}
    account.aliases = {"live": ("1",), "shift": ("1", "2")}
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        assert "live is version 1 now: the rule is for it alone" in added(f"{NAME}:live", "app.py:7", "x").err
        assert (
            "differs from version 2: there the statement is at line 8"
            in added(f"{NAME}:shift", "app.py:7", "x").err
        )
        added(f"{NAME}:2", "app.py:8", "x")
        added(f"{NAME}:$LATEST", "app.py:2", "x")
        unknown = hotlog("add", f"{NAME}:liv", "app.py:7", "x")

    stored = json.loads(account.values["/hotlog/orders"][-1])["rules"]
    assert [rule["versions"] for rule in stored] == [["1"], ["1", "2"], ["2"], ["$LATEST"]]
    assert unknown.code == 1
    assert "no alias or version 'liv'. Did you mean live?" in unknown.err


def test_a_pattern_adds_one_rule_per_function_that_has_the_target_and_a_group_takes_them_away(
    aws: Ministack,
) -> None:
    for name in ("orders-a", "orders-b", "stock"):
        deploy(aws, name, {"app.py": APP})
    deploy(aws, "orders-c", {"other.py": ""})

    ran = added("orders-*", "app:handler", "hello")

    group = ran.out.strip()
    assert [rules(aws, name)[0]["group"] for name in ("orders-a", "orders-b")] == [group, group]
    assert "orders-c: left out: there is no app.py" in ran.err
    [remove] = [line.partition(": ")[2] for line in ran.err.splitlines() if line.startswith("Remove them")]
    assert hotlog(*shlex.split(remove)[1:]).code == 0
    assert rules(aws, "orders-a") == rules(aws, "orders-b") == []

    listed = json.loads(added("orders-*", "app:handler", "x", "--json", "--group", "night").out)
    assert [entry["function"] for entry in listed] == ["orders-a", "orders-b"]
    assert listed[0]["rule"] == rules(aws, "orders-a")[0]
    assert hotlog("rm", "orders-a", "--group", "night").code == 0
    assert (len(rules(aws, "orders-a")), len(rules(aws, "orders-b"))) == (0, 1)


def test_a_pattern_without_a_function_that_has_the_target_is_a_failure(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP})

    for words, code in (
        (["ord*", "none.py:1", "x"], "no-such-file"),
        (["x*", "app.py:7", "x"], "unknown-function"),
    ):
        ran = hotlog("add", *words)
        assert (ran.code, ran.out) == (1, "")
        assert f"[{code}]" in ran.err
    assert not has_rules(aws)


def test_code_without_source_takes_rules_unchecked_where_somebody_says_so(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.pyc": b"compiled"})

    refused = hotlog("add", NAME, "app.py:7", "x")
    assert refused.code == 1
    assert "the compiled app.pyc alone: --unanchored" in refused.err
    assert not has_rules(aws)
    assert hotlog("add", NAME, "app.py:/total/", "x", "--unanchored").code == 2

    ran = added(NAME, "app.py:7", "total={total}", "--unanchored")
    [rule] = rules(aws)
    assert (rule["at"], rule["unanchored"], "text" in rule) == ("app.py:7", True, False)
    assert "nobody has looked whether app.py:7" in ran.err


def test_code_for_another_python_that_this_one_cannot_parse_is_told_so(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": "def handler(event): )\n"}, runtime="python3.12")

    refused = hotlog("add", NAME, "app.py:1", "x")

    assert "[source-unreadable]" in refused.err
    assert "The function runs python3.12, this command python3." in refused.err


def test_a_large_package_says_that_it_is_fetched(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP, "data.bin": os.urandom(3_000_000)})

    assert "fetching the code of orders: 3 MB" in added(NAME, "app.py:7", "x").err
    assert "fetching" not in added(NAME, "app.py:7", "x").err


def test_a_rule_that_no_invocation_reached_says_how_many_there_were(aws: Ministack) -> None:
    deploy(aws, NAME, {"app.py": APP})
    now = datetime.now(UTC)
    rule = Rule(
        at="app.py:7", message="x", created=now - timedelta(minutes=5), expires=now + timedelta(hours=1)
    )
    never = RuleStatus(
        rule, "installed", "live in one environment: never reached", (Seen("e1", state="installed"),)
    )
    reached = never._replace(environments=(Seen("e1", state="installed", counts={"emitted": 1}),))
    desk = Client().desk

    assert add_invocations(desk, NAME, [never], now) == [never]  # nobody has invoked it
    aws.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Invocations",
                "Dimensions": [{"Name": "FunctionName", "Value": NAME}],
                "Timestamp": now - timedelta(minutes=2),
                "Value": 412,
            }
        ],
    )
    told, same = add_invocations(desk, NAME, [never, reached], datetime.now(UTC))

    said = (
        "live in one environment: never reached. 412 invocations of the last hour did not come by this line"
    )
    assert (told.verdict, same) == (said, reached)
