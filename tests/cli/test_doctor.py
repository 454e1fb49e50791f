"""`hotlog doctor`: one line per question, ok or how to mend it; and never the value of a variable."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client.deployed import OURS
from hotlog.rules.proof import dump_key
from tests.support.account import ARN as CALLER
from tests.support.account import IDENTITY, NUMBER, REFUSED
from tests.support.canned_aws import canned_aws, use
from tests.support.cli import hotlog, settle_in
from tests.support.proven import KEY, key_of, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.canned_aws import Answer

SECRET = "hunter2-of-the-application"  # noqa: S105 - it must not be seen
DOCUMENT = {"v": 1, "base": 0, "key": dump_key(KEY), "rules": []}
ROLE = f"arn:aws:iam::{NUMBER}:role/service/orders-role"
PACKAGE = b"PK\x05\x06" + bytes(18)  # a zip without files


NO_ENDPOINTS = "<DescribeVpcEndpointsResponse><vpcEndpointSet/></DescribeVpcEndpointsResponse>"


def simulated(decision: str) -> str:
    return f"""\
<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>
<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>ssm:GetParameter</EvalActionName>
<EvalDecision>{decision}</EvalDecision></member></EvaluationResults>
</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"""


class Account:
    """One function that is in good order; a test spoils one thing."""

    def __init__(self) -> None:
        self.variables = {"AWS_LAMBDA_EXEC_WRAPPER": OURS, "HOTLOG_REFRESH": "each", "DB_PASSWORD": SECRET}
        self.configuration: dict[str, Any] = {
            "FunctionName": "orders",
            "FunctionArn": f"arn:aws:lambda:eu-west-1:{NUMBER}:function:orders",
            "Version": "$LATEST",
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Role": ROLE,
            "CodeSha256": base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode(),
            "Layers": [{"Arn": f"arn:aws:lambda:eu-west-1:{NUMBER}:layer:hotlog:3"}],
        }
        self.parameter: Answer = self.stored(DOCUMENT)
        self.simulation: Answer = (200, simulated("allowed"))
        self.identity: Answer = (200, IDENTITY)
        self.function: Answer | None = None
        self.logs: Answer = (200, {"events": []})
        self.endpoints: Answer = (200, NO_ENDPOINTS)
        self.invocations = 60.0
        self.concurrency = 10.0
        self.higher_throughput = "false"
        self.endpoint = ""

    @staticmethod
    def stored(document: object) -> Answer:
        text = document if isinstance(document, str) else json.dumps(document)
        return 200, {"Parameter": {"Name": "p", "Value": text, "Version": 7, "LastModifiedDate": 1.0}}

    def told(self, **fields: object) -> None:
        event = {
            "hotlog": "status",
            "env": "4f1c9a02bb",
            "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        record = {"eventId": "1", "timestamp": int(datetime.now(UTC).timestamp() * 1000)}
        self.logs = (200, {"events": [{**record, "message": prove({**event, **fields})}]})

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        if action.startswith("GET ") and "/functions/" in action:
            whole = {**self.configuration, "Environment": {"Variables": self.variables}}
            return self.function or (
                200,
                {"Configuration": whole, "Code": {"Location": f"{self.endpoint}/code"}},
            )
        if action == "GET /code":
            return 200, PACKAGE
        answers: dict[str, Callable[[], Answer]] = {
            "GetCallerIdentity": lambda: self.identity,
            "GetParameter": lambda: self.parameter,
            "SimulatePrincipalPolicy": lambda: self.simulation,
            "FilterLogEvents": lambda: self.logs,
            "DescribeVpcEndpoints": lambda: self.endpoints,
        }
        if action in answers:
            return answers[action]()
        if action.startswith("GET "):
            return 200, {"Functions": []}
        if action == "GetServiceSetting":
            return 200, {"ServiceSetting": {"SettingValue": self.higher_throughput}}
        assert action == "GetMetricData"
        five_minutes = {"Invocations": 5 * self.invocations, "ConcurrentExecutions": self.concurrency}
        return 200, {
            "MetricDataResults": [
                {"Id": query["Id"], "Values": [five_minutes[query["MetricStat"]["Metric"]["MetricName"]]]}
                for query in request["MetricDataQueries"]
            ]
        }


@pytest.fixture(name="account")
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    account = Account()
    with canned_aws(account.answer) as endpoint:
        account.endpoint = endpoint
        use(endpoint, monkeypatch)
        yield account


def examined() -> tuple[int, dict[str, dict[str, str]]]:
    ran = hotlog("doctor", "orders", "--json")
    assert SECRET not in ran.out + ran.err
    return ran.code, {finding["check"]: finding for finding in json.loads(ran.out)}


def test_a_function_in_good_order_is_ok_line_by_line(account: Account) -> None:
    account.told(rule="k3f9", state="installed")

    ran = hotlog("doctor", "orders")

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 10
    assert [line[6:19].strip() for line in lines] == [
        "region",
        "credentials",
        "function",
        "wrapping",
        "variables",
        "permission",
        "rules",
        "reads",
        "log",
        "last status",
    ]
    text = ran.out
    assert CALLER in text
    assert "orders, python3.13, app.handler" in text
    assert "layer hotlog:3" in text
    assert "HOTLOG_REFRESH" in text
    assert f"ssm:GetParameter on arn:aws:ssm:eu-west-1:{NUMBER}:parameter/hotlog/orders" in text
    assert "0 in ssm:/hotlog, version 7" in text
    assert "`each` is at most 1.0 reads a second" in text
    assert "/aws/lambda/orders" in text
    assert "k3f9 installed in 4f1c9a02" in text
    assert "DB_PASSWORD" not in text
    assert SECRET not in text


def no_region(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")


def expired(account: Account, _: pytest.MonkeyPatch) -> None:
    account.identity = (403, REFUSED.replace("AccessDenied", "ExpiredToken"))


def no_function(account: Account, _: pytest.MonkeyPatch) -> None:
    account.function = (404, {"__type": "ResourceNotFoundException", "Message": "no"})


def hidden_function(account: Account, _: pytest.MonkeyPatch) -> None:
    account.function = (403, {"__type": "AccessDeniedException", "Message": "no"})


def old_runtime(account: Account, _: pytest.MonkeyPatch) -> None:
    account.configuration["Runtime"] = "python3.9"


def detached(account: Account, _: pytest.MonkeyPatch) -> None:
    del account.variables["AWS_LAMBDA_EXEC_WRAPPER"]


def without_layer(account: Account, _: pytest.MonkeyPatch) -> None:
    account.configuration["Layers"] = []


def switched_off(account: Account, _: pytest.MonkeyPatch) -> None:
    account.variables["HOTLOG"] = "off"


def other_store(account: Account, _: pytest.MonkeyPatch) -> None:
    account.variables["HOTLOG_STORE"] = "ssm:/team"


def bad_setting(account: Account, _: pytest.MonkeyPatch) -> None:
    account.variables["HOTLOG_REFRESH_TIMEOUT_MS"] = "soon"


def role_denied(account: Account, _: pytest.MonkeyPatch) -> None:
    account.simulation = (200, simulated("implicitDeny"))


def role_unknown(account: Account, _: pytest.MonkeyPatch) -> None:
    account.simulation = (403, REFUSED)


def damaged(account: Account, _: pytest.MonkeyPatch) -> None:
    account.parameter = account.stored("{")


def bad_rule(account: Account, _: pytest.MonkeyPatch) -> None:
    account.parameter = account.stored({**DOCUMENT, "rules": [{"id": "a"}]})


def denied_parameter(account: Account, _: pytest.MonkeyPatch) -> None:
    account.parameter = (400, {"__type": "AccessDeniedException", "message": "no"})


def no_parameter(account: Account, _: pytest.MonkeyPatch) -> None:
    account.parameter = (400, {"__type": "ParameterNotFound"})


def busy(account: Account, _: pytest.MonkeyPatch) -> None:
    account.invocations, account.concurrency = 12_000.0, 300.0


def in_a_vpc(account: Account, _: pytest.MonkeyPatch) -> None:
    account.configuration["VpcConfig"] = {"VpcId": "vpc-1"}


def in_a_vpc_that_may_not_be_seen(account: Account, _: pytest.MonkeyPatch) -> None:
    account.configuration["VpcConfig"] = {"VpcId": "vpc-1"}
    account.endpoints = (403, REFUSED)


def grown(account: Account, patch: pytest.MonkeyPatch) -> None:
    busy(account, patch)
    account.variables["HOTLOG_REFRESH"] = "auto"
    account.parameter = account.stored({**DOCUMENT, "refresh": 5})


def crowded(account: Account, _: pytest.MonkeyPatch) -> None:
    account.invocations, account.concurrency = 120_000.0, 9_000.0
    account.variables["HOTLOG_REFRESH"] = "auto"


def higher(account: Account, patch: pytest.MonkeyPatch) -> None:
    busy(account, patch)
    account.higher_throughput = "true"


def never_logged(account: Account, _: pytest.MonkeyPatch) -> None:
    account.logs = (400, {"__type": "ResourceNotFoundException", "message": "no"})


def denied_log(account: Account, _: pytest.MonkeyPatch) -> None:
    account.logs = (400, {"__type": "AccessDeniedException", "message": "no"})


def error_told(account: Account, _: pytest.MonkeyPatch) -> None:
    account.told(rule="k3f9", state="error", code="source-changed", reason="line 3 reads otherwise")


# What is wrong, the exit code, the check that says so, and what its line says.
TROUBLES: list[tuple[Callable[[Account, pytest.MonkeyPatch], None], int, str, str, str]] = [
    (no_region, 1, "region", "fail", "set AWS_REGION or add --region"),
    (expired, 1, "credentials", "fail", "sign in again"),
    (no_function, 1, "function", "fail", "there is no function 'orders' in eu-west-1"),
    (hidden_function, 1, "function", "fail", '"Action": "lambda:GetFunction"'),
    (old_runtime, 1, "function", "fail", "hotlog runs in python3.11"),
    (detached, 0, "wrapping", "warn", "hotlog attach orders"),
    (without_layer, 0, "wrapping", "warn", "no layer is called hotlog"),
    (switched_off, 0, "wrapping", "warn", "HOTLOG=off"),
    (other_store, 0, "variables", "warn", "reads its rules from ssm:/team"),
    (bad_setting, 0, "variables", "warn", "HOTLOG_REFRESH_TIMEOUT_MS must be a whole number"),
    (role_denied, 1, "permission", "fail", "aws iam put-role-policy --role-name orders-role"),
    (role_unknown, 0, "permission", "warn", "IAM does not say"),
    (damaged, 1, "rules", "fail", "hotlog clear orders --force"),
    (bad_rule, 1, "rules", "fail", "hotlog rm orders a"),
    (denied_parameter, 1, "rules", "fail", '"Action": "ssm:GetParameter"'),
    (no_parameter, 0, "rules", "ok", "none yet in ssm:/hotlog"),
    (in_a_vpc, 0, "network", "warn", "vpc-1 has no endpoint for com.amazonaws.eu-west-1.ssm"),
    (in_a_vpc, 0, "network", "warn", "→ aws ec2 create-vpc-endpoint --vpc-id vpc-1"),
    (in_a_vpc_that_may_not_be_seen, 0, "network", "warn", "ec2:DescribeVpcEndpoints"),
    (busy, 0, "reads", "warn", "`auto` 19.8 (every 16 s)"),
    (busy, 0, "reads", "warn", "hotlog attach orders --refresh auto"),
    (grown, 0, "reads", "warn", "its document says every 5 s: the next change of its rules writes 16"),
    (crowded, 0, "reads", "warn", "→ higher throughput"),
    (higher, 0, "reads", "ok", "`each` is at most 201.0 reads a second"),
    (never_logged, 0, "log", "warn", "invoke orders once"),
    (denied_log, 1, "log", "fail", '"Action": "logs:FilterLogEvents"'),
    (error_told, 0, "last status", "warn", "source-changed: line 3 reads otherwise"),
]


@pytest.mark.parametrize(
    ("spoil", "code", "check", "state", "says"), TROUBLES, ids=[case[0].__name__ for case in TROUBLES]
)
@pytest.mark.long
def test_what_is_wrong_is_one_line_with_the_way_out(
    spoil: Callable[[Account, pytest.MonkeyPatch], None],
    code: int,
    check: str,
    state: str,
    says: str,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoil(account, monkeypatch)

    found = examined()

    assert found[0] == code
    assert found[1][check]["state"] == state, found[1][check]
    assert says in f"{found[1][check]['text']} → {found[1][check]['fix']}"
    others = {name: each for name, each in found[1].items() if name != check}
    assert [each for each in others.values() if each["state"] == "fail"] == []


def test_rules_in_files_are_looked_at_without_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def f():\n    return 1\n")
    assert hotlog("add", "app", "app.py:2", "--local").code == 0

    ran = hotlog("doctor", "app", "--local")

    assert (ran.code, ran.err) == (0, "")
    assert [line[6:19].strip() for line in ran.out.splitlines()] == ["rules", "log", "last status"]
    assert "1 in file:.hotlog" in ran.out


def test_the_last_proven_state_stands_beside_a_newer_one_that_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def f():\n    return 1\n")
    assert hotlog("add", "app", "app.py:2", "--local", "--id", "k3f9").code == 0
    document = json.loads(Path(".hotlog/app.json").read_text())
    key = key_of(json.dumps(document))
    now = datetime.now(UTC)
    told = [
        {
            "hotlog": "status",
            "v": 2,
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "rule": "k3f9",
            "env": env,
            "state": state,
            "function": "app",
            "created": document["rules"][0]["created"],
        }
        for at, env, state in (
            (now - timedelta(seconds=9), "e1", "installed"),
            (now, "e7", "error"),
        )
    ]

    def states() -> list[tuple[str, str]]:
        found = json.loads(hotlog("doctor", "app", "--local", "--json").out)
        return [(each["state"], each["text"]) for each in found if each["check"] == "last status"]

    events = Path(".hotlog/events.jsonl")
    events.write_text(f"{prove(told[0], key)}\n{json.dumps(told[1])}\n")
    [proven, other] = states()
    assert (proven[0], other[0]) == ("ok", "warn")
    assert proven[1].startswith("k3f9 installed in e1")
    assert "k3f9 error in e7" in other[1]
    assert other[1].endswith(", unproven")
    events.write_text(
        f"{prove(told[0], key)}\n{json.dumps({**told[1], 'timestamp': told[0]['timestamp'][:-5] + '.000Z'})}\n"
    )
    assert len(states()) == 1, "an older one is not shown"
    events.write_text(f"{json.dumps(told[1])}\n")
    [alone] = states()
    assert alone[0] == "warn"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HOTLOG_STORE", "s3://b/r", "the function has no rules"),
        ("HOTLOG_STORE", "SSM:/hotlog", "Did you mean 'ssm:/hotlog'"),
        ("HOTLOG_SINK", "cloudwach:/g", "its events go to stdout"),
        ("HOTLOG_SINK", "STDOUT", "Did you mean 'stdout'"),
    ],
)
@pytest.mark.long
def test_an_address_that_is_none_fails_its_check_and_the_others_go_on(
    account: Account, name: str, value: str, says: str
) -> None:
    account.variables[name] = value

    code, found = examined()

    assert code == 1
    assert found["variables"]["state"] == "fail"
    assert f"{name} of the function: " in found["variables"]["fix"]
    assert says in found["variables"]["fix"]
    assert [check for check, finding in found.items() if finding["state"] == "fail"] == ["variables"]
    assert list(found)[-1] == "last status"


def test_what_a_deployed_setting_names_is_not_imported_here(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trap.py").write_text("open('sprung', 'w').close()")
    monkeypatch.syspath_prepend(str(tmp_path))
    account.variables |= {"HOTLOG_STORE": "trap:open", "HOTLOG_SINK": "trap:open"}

    _, found = examined()

    assert "reads its rules from trap:open" in found["variables"]["fix"]
    assert "sends its events to trap:open" in found["variables"]["fix"]
    assert not Path("sprung").exists()


def test_a_store_of_ones_own_that_is_none_is_a_finding_too(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLOG_STORE", "s3://b/r")

    code, found = examined()

    assert code == 1
    assert "'s3://b/r' is no store" in found["store"]["text"]
    assert [check for check, finding in found.items() if finding["state"] == "fail"] == ["store"]
    assert list(found)[-1] == "last status"
