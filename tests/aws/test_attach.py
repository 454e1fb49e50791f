"""`hotlog attach` and `detach` on functions of an AWS account over HTTP, and against canned answers of AWS."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client.account.aws import Aws
from hotlog.client.attaching import lambda_configuration
from hotlog.client.attaching.attachment import MARK
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.client.options import Options
from hotlog.errors import StoreError
from tests.support.account import IDENTITY
from tests.support.canned_aws import canned_aws, use
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import RUNTIME, deploy, layer, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_lambda.literals import RuntimeType

    from tests.support.canned_aws import Answer
    from tests.support.cli import Ran
    from tests.support.emulators import Ministack

CODE = {"app.py": "def handler(event, context):\n    return event\n"}
CHANGING = {"RevisionId", "LastModified"}


def configuration(aws: Ministack, name: str = "orders") -> dict[str, Any]:
    """What Lambda says about the function, apart from when and how often it was written."""
    lambda_configuration.read(Aws(Options("ssm:")), name)  # waits until no update is under way
    found: dict[str, Any] = dict(aws.client("lambda").get_function_configuration(FunctionName=name))
    return {key: value for key, value in found.items() if key not in {*CHANGING, "ResponseMetadata"}}


def as_json(*words: str) -> dict[str, Any]:
    ran = hotlog(*words, "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


@pytest.mark.emulator
class TestOnAnAccount:
    def test_attach_twice_is_once_and_detach_leaves_the_configuration_as_it_was(self, aws: Ministack) -> None:
        other = layer(aws, "deps", {"python/deps.py": ""})
        deploy(aws, "orders", CODE, variables={"DB_PASSWORD": "s3cret"}, layers=(other,))
        before = configuration(aws)

        first = hotlog("attach", "orders")
        attached = configuration(aws)
        second = hotlog("attach", "orders")

        assert first.code == second.code == 0, first.err + second.err
        own = attached["Layers"][1]["Arn"]
        assert [entry["Arn"] for entry in attached["Layers"]] == [other, own]
        assert attached["Environment"]["Variables"] == {
            "DB_PASSWORD": "s3cret",
            EXEC_WRAPPER: OURS,
            MARK: f"{own.rpartition(':')[0]} {EXEC_WRAPPER}",
        }
        assert first.out == f"  + layer {own}\n  + variable {EXEC_WRAPPER} = {OURS}\n"
        assert f"Published {own}." in first.err
        assert "starts every environment anew" in first.err
        assert "s3cret" not in first.out + first.err
        assert "attached already" in second.err
        assert second.out == ""
        assert configuration(aws) == attached
        assert len(aws.client("lambda").list_layer_versions(LayerName="hotlog")["LayerVersions"]) == 1

        gone = hotlog("detach", "orders")
        assert gone.code == 0
        assert gone.out == f"  - layer {own}\n  - variable {EXEC_WRAPPER}\n"
        assert json.dumps(configuration(aws)) == json.dumps(before)
        assert "nothing of hotlog's" in hotlog("detach", "orders").err

    def test_the_layer_has_the_bytecode_of_the_function(
        self, aws: Ministack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runtime: RuntimeType = "python3.14" if RUNTIME != "python3.14" else "python3.13"
        deploy(aws, "orders", CODE)
        deploy(aws, "other", CODE, runtime=runtime)
        monkeypatch.setenv("PATH", str(tmp_path))

        def layer_of(function: str) -> str:
            arn = aws.client("lambda").get_function_configuration(FunctionName=function)["Layers"][0]["Arn"]
            return str(aws.client("lambda").get_layer_version_by_arn(Arn=arn)["Description"])

        lacking = f"no bytecode for {runtime}"
        first = hotlog("attach", "other")
        assert lacking in first.err
        assert layer_of("other").endswith(" bytecode none")
        assert lacking in hotlog("doctor", "other").out
        assert lacking not in hotlog("attach", "orders").err  # its own is here: a layer of its own
        assert layer_of("orders").endswith(f" bytecode {RUNTIME}")
        assert lacking not in hotlog("doctor", "orders").out
        broken = tmp_path / runtime  # as pyenv leaves one, of a version that is not chosen
        broken.write_text("#!/bin/sh\nexit 127\n")
        broken.chmod(0o755)
        assert lacking in hotlog("attach", "other").err
        broken.unlink()
        broken.symlink_to(sys.executable)  # its bytecode is another's: that counts, not its name
        assert lacking in hotlog("attach", "other").err

    def test_a_dry_run_says_all_and_changes_nothing(self, aws: Ministack) -> None:
        deploy(aws, "orders", CODE)
        before = configuration(aws)
        told = as_json("attach", "orders", "--dry-run", "--store", "ssm:/team")
        statement = {
            "Effect": "Allow",
            "Action": ["ssm:GetParameter"],
            "Resource": "arn:aws:ssm:us-east-1:000000000000:parameter/team/orders",
        }
        assert told == {
            "function": "orders",
            "dry_run": True,
            "changed": True,
            "layer": "(a new version of the layer hotlog)",
            "set": {EXEC_WRAPPER: OURS, "HOTLOG_STORE": "ssm:/team"},
            "added": ["(a new version of the layer hotlog)", EXEC_WRAPPER, "HOTLOG_STORE"],
            "removed": [],
            "notes": [],
            "policy": {"Version": "2012-10-17", "Statement": [statement]},
            "missing": [statement],
        }
        assert configuration(aws) == before
        assert aws.client("lambda").list_layer_versions(LayerName="hotlog")["LayerVersions"] == []
        arn = layer(aws, "hotlog", {"python/x.py": ""})
        assert as_json("attach", "orders", "--layer", arn)["added"] == [arn, EXEC_WRAPPER]
        assert as_json("detach", "orders", "--dry-run")["removed"] == [arn, EXEC_WRAPPER]
        assert configuration(aws) != before

    def test_the_policy_is_told_until_the_role_has_it(self, aws: Ministack) -> None:
        deploy(aws, "orders", CODE)
        told = hotlog("attach", "orders")
        [command] = [line for line in told.err.splitlines() if "aws iam put-role-policy" in line]
        policy = command.partition("--policy-document '")[2].rstrip("'")
        iam = _iam(aws)
        iam.create_role(RoleName="orders", AssumeRolePolicyDocument="{}")
        iam.put_role_policy(RoleName="orders", PolicyName="hotlog", PolicyDocument=policy)
        assert as_json("attach", "orders")["missing"] == []

    def test_what_surrounds_the_function_is_told(self, aws: Ministack) -> None:
        deploy(aws, "orders", CODE)
        client = aws.client("lambda")
        version = client.publish_version(FunctionName="orders")["Version"]
        client.create_alias(FunctionName="orders", Name="prod", FunctionVersion=version)
        arn = configuration(aws)["FunctionArn"]
        client.tag_resource(Resource=arn, Tags={"aws:cloudformation:stack-name": "shop"})
        notes = {note["code"]: note["text"] for note in as_json("attach", "orders", "--dry-run")["notes"]}
        assert "the stack shop manages" in notes["drift"]
        assert f"prod ({version})" in notes["published-versions"]
        assert set(notes) == {"drift", "published-versions"}

    @pytest.mark.parametrize("tool", ["sam", "cdk", "terraform", "serverless"])
    def test_a_snippet_names_the_same_and_changes_nothing(self, aws: Ministack, tool: str) -> None:
        deploy(aws, "orders", CODE)
        before = configuration(aws)
        arn = layer(aws, "hotlog", {"python/x.py": ""})
        told = as_json("attach", "orders", "--dry-run", "--layer", arn)
        ran = hotlog("attach", "orders", "--layer", arn, "--snippet", tool)
        assert ran.code == 0
        for word in (arn, *told["set"], *told["set"].values(), told["missing"][0]["Resource"]):
            assert word in ran.out
        assert MARK not in ran.out
        assert configuration(aws) == before


def _iam(aws: Ministack) -> Any:
    import boto3

    return boto3.client(
        "iam",
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
    )


def test_a_function_in_lambda_reads_no_files_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    ran = hotlog("attach", "orders", "--local")
    assert ran.code == 2
    assert "--store ssm:" in ran.err


# --- what no emulator plays ------------------------------------------------------------------------------------------

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:hotlog:3"
SIGNING = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-1"
PACKAGE = zipped(CODE)
SHA256 = base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode()
NO_ENDPOINTS = "<DescribeVpcEndpointsResponse><vpcEndpointSet/></DescribeVpcEndpointsResponse>"
DENIED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


class Account:
    """One function, as Lambda answers for it; each test changes what it needs."""

    def __init__(self) -> None:
        self.function: dict[str, Any] = {
            "FunctionName": "orders",
            "FunctionArn": ARN,
            "Runtime": "python3.13",
            "Role": "arn:aws:iam::123456789012:role/service-role/orders",
            "Environment": {"Variables": {"A": "1"}},
            "RevisionId": "r1",
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }
        self.before_write: list[Callable[[], Answer | None]] = []  # what happens before each write that comes
        self.provisioned: list[str] = []
        self.signing = ""
        self.signed_layer = False
        self.refuses_tags = False
        self.busy = 0.0  # of each metric, in five minutes
        self.endpoint = ""
        self.writes: list[dict[str, Any]] = []

    def variables(self) -> dict[str, str]:
        found: dict[str, str] = self.function["Environment"]["Variables"]
        return found

    def answer(self, action: str, request: dict[str, Any]) -> Answer:  # noqa: PLR0911  # one for each service
        if action.startswith("PUT "):
            return self._write(request)
        if action == "GetCallerIdentity":
            return 200, IDENTITY
        if action in {"GetMetricStatistics", "GetMetricData", "GetServiceSetting"}:
            return self._metric(action, request)
        if action in {"DescribeVpcEndpoints", "SimulatePrincipalPolicy"}:
            return (200, NO_ENDPOINTS) if request.get("Filter.1.Value.1") == ["vpc-1"] else (403, DENIED)
        if "/tags/" in action and self.refuses_tags:
            return 403, {"__type": "AccessDeniedException", "Message": "no"}
        answers: dict[str, Any] = {
            "/orders/configuration": self.function,
            "/aliases": {"Aliases": []},
            "/provisioned-concurrency": {
                "ProvisionedConcurrencyConfigs": [
                    {"FunctionArn": f"{ARN}:{name}"} for name in self.provisioned
                ]
            },
            "/orders/code-signing-config": {"CodeSigningConfigArn": SIGNING if self.signing else ""},
            "/code-signing-configs/": {
                "CodeSigningConfig": {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": self.signing}}
            },
            "/layers": {"Content": {"SigningJobArn": "arn:job"} if self.signed_layer else {}},
            "/tags/": {"Tags": {}},
            "/functions/orders": {
                "Configuration": {
                    **self.function,
                    "Version": "$LATEST",
                    "Handler": "app.handler",
                    "CodeSha256": SHA256,
                },
                "Code": {"Location": f"{self.endpoint}/code"},
            },
        }
        if action == "GET /code":
            return 200, PACKAGE
        listing = {"Functions": [self.function]}
        return 200, next((answer for part, answer in answers.items() if part in action), listing)

    def _metric(self, action: str, request: dict[str, Any]) -> Answer:
        if action == "GetMetricStatistics":
            kind = request["Statistics"][0]
            return 200, {"Datapoints": [{"Timestamp": 1.0, kind: self.busy}] if self.busy else []}
        queries = request.get("MetricDataQueries", [])
        return 200, {"MetricDataResults": [{"Id": query["Id"], "Values": [self.busy]} for query in queries]}

    def _write(self, request: dict[str, Any]) -> Answer:
        answer = self.before_write.pop(0)() if self.before_write else None
        if answer is not None:
            return answer
        if request["RevisionId"] != self.function["RevisionId"]:
            return 412, {"__type": "PreconditionFailedException", "Message": "another revision"}
        self.writes.append(request)
        self.function |= {
            "Environment": request["Environment"],
            "Layers": [{"Arn": arn} for arn in request["Layers"]],
            "RevisionId": f"r{len(self.writes) + 1}",
        }
        return 200, self.function


@pytest.fixture(name="canned")
def _canned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setattr(lambda_configuration, "_LOOK_EVERY_S", 0.0)
    account = Account()
    with canned_aws(account.answer) as endpoint:
        account.endpoint = endpoint
        use(endpoint, monkeypatch)
        yield account


def attach(*words: str) -> Ran:
    return hotlog("attach", "orders", "--layer", LAYER, *words)


def test_a_change_that_comes_in_between_is_kept(canned: Account) -> None:
    def somebody_else() -> None:
        canned.function |= {"Environment": {"Variables": {"A": "1", "NEW": "2"}}, "RevisionId": "theirs"}

    def busy() -> Answer:
        return 409, {"__type": "ResourceConflictException", "Message": "an update is in progress"}

    canned.before_write = [somebody_else, busy]
    assert attach().code == 0
    [write] = canned.writes
    assert write["RevisionId"] == "theirs"
    assert canned.variables() | {MARK: ""} == {"A": "1", "NEW": "2", EXEC_WRAPPER: OURS, MARK: ""}


def test_who_is_always_too_late_is_told(canned: Account) -> None:
    def somebody_else() -> None:
        canned.function["RevisionId"] += "x"

    canned.before_write = [somebody_else] * 10
    ran = attach()
    assert (ran.code, canned.writes) == (1, [])
    assert "[contended]" in ran.err


def test_an_update_that_is_under_way_is_waited_for(canned: Account) -> None:
    canned.function["LastUpdateStatus"] = "InProgress"
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        canned.function["LastUpdateStatus"] = "Successful" if len(waits) > 3 else "InProgress"

    assert lambda_configuration.read(Aws(Options("ssm:")), "orders", sleep=sleep).revision == "r1"
    assert len(waits) == 4


def test_an_update_that_never_ends_is_told(canned: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    canned.function["State"] = "Pending"
    monkeypatch.setattr(lambda_configuration, "_LOOK_EVERY_S", 100.0)
    with pytest.raises(StoreError) as fault:
        lambda_configuration.read(Aws(Options("ssm:")), "orders", sleep=lambda _: None)
    assert fault.value.code == "update-unfinished"


def test_an_update_that_fails_is_told_and_an_old_failure_is_no_hindrance(canned: Account) -> None:
    canned.function |= {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "The role is gone."}
    ran = attach()
    assert ran.code == 1
    assert "The role is gone." in ran.err
    assert "[update-failed]" in ran.err
    assert len(canned.writes) == 1


def test_variables_that_cannot_be_decrypted_are_not_overwritten(canned: Account) -> None:
    canned.function["Environment"] = {"Error": {"ErrorCode": "AccessDenied", "Message": "kms says no"}}
    canned.function["KMSKeyArn"] = "arn:key"
    ran = attach()
    assert (ran.code, canned.writes) == (1, [])
    assert "kms:Decrypt on arn:key" in ran.err
    assert "[variables-unreadable]" in ran.err


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"PackageType": "Image"}, "container-image"),
        ({"Runtime": "python3.10"}, "unsupported-runtime"),
        ({"Environment": {"Variables": {EXEC_WRAPPER: "/opt/other"}}}, "other-wrapper"),
        (
            {"Layers": [{"Arn": f"arn:aws:lambda:eu-west-1:1:layer:l{n}:1"} for n in range(5)]},
            "too-many-layers",
        ),
    ],
)
def test_what_does_not_suit_is_refused_before_anything_is_written(
    canned: Account, how: dict[str, Any], code: str
) -> None:
    canned.function |= how
    for words in ((), ("--dry-run",)):
        ran = attach(*words)
        assert (ran.code, canned.writes) == (1, [])
        assert f"[{code}]" in ran.err


def test_another_wrapper_is_chained_with_consent_and_comes_back(canned: Account) -> None:
    canned.function["Environment"] = before = {"Variables": {EXEC_WRAPPER: "/opt/other", "A": "1"}}
    assert attach("--chain").code == 0
    assert canned.variables()["HOTLOG_EXEC_NEXT"] == "/opt/other"
    ran = hotlog("detach", "orders")
    assert f"~ variable {EXEC_WRAPPER} = /opt/other" in ran.out
    assert canned.function["Environment"] == before


@pytest.mark.parametrize(
    ("policy", "signed", "exit_code", "said"),
    [
        ("Enforce", False, 1, "[code-signing]"),
        ("Warn", False, 0, "code-signing: the layer is not signed"),
        ("Enforce", True, 0, ""),
    ],
)
def test_a_function_that_takes_signed_code_only(
    canned: Account, policy: str, signed: bool, exit_code: int, said: str
) -> None:
    canned.signing, canned.signed_layer = policy, signed
    ran = attach()
    assert ran.code == exit_code
    assert (said or "hotlog") in ran.err
    assert ("code-signing" in ran.err) is bool(said)
    assert len(canned.writes) == 1 - exit_code


def test_the_network_snapshots_and_provisioned_environments_are_thought_of(canned: Account) -> None:
    canned.function |= {"VpcConfig": {"VpcId": "vpc-1"}, "SnapStart": {"ApplyOn": "PublishedVersions"}}
    canned.provisioned = ["prod"]
    notes = {note["code"]: note["text"] for note in json.loads(attach("--dry-run", "--json").out)["notes"]}
    assert set(notes) == {"no-endpoint", "snap-start", "provisioned-concurrency"}
    assert "com.amazonaws.eu-west-1.ssm" in notes["no-endpoint"]
    assert "serve prod" in notes["provisioned-concurrency"]


def test_reads_that_the_quota_does_not_bear_are_told(canned: Account) -> None:
    canned.busy = 9_000.0
    assert (
        "reads-over-quota: 1 function with hotlog had 9,000 environments at once" in attach("--dry-run").err
    )
    assert "Attach it with --refresh auto." in attach("--dry-run").err
    canned.function |= {"Environment": {"Variables": {"HOTLOG_REFRESH": "auto"}}}
    assert "reads-over-quota" not in attach("--dry-run").err
    canned.function |= {"Environment": {"Variables": {}}}
    canned.busy = 10.0
    assert "reads-over-quota" not in attach("--dry-run").err


def test_what_may_not_be_asked_is_no_reason_to_fail(canned: Account) -> None:
    canned.refuses_tags = True
    ran = attach()
    assert ran.code == 0
    assert "not-asked: AWS denies lambda:ListTags" in ran.err
    assert "could not be checked. It needs:" in ran.err
    assert "put-role-policy --role-name orders " in ran.err


@pytest.mark.parametrize(
    ("command", "function"),
    [*(("attach", each) for each in ("orders:prod", "orders:12", f"{ARN}:prod")), ("detach", "orders:12")],
)
def test_what_is_published_cannot_be_changed(canned: Account, command: str, function: str) -> None:
    ran = hotlog(command, function)
    assert (ran.code, canned.writes) == (2, [])
    assert "publish a new version" in ran.err


def test_a_function_may_be_named_by_its_arn(canned: Account) -> None:
    assert hotlog("attach", ARN, "--layer", LAYER).code == 0
    assert len(canned.writes) == 1
