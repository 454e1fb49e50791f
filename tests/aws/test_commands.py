"""What the commands ask of AWS, and what they say where it refuses: against an emulator, and canned answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hotlog.client.account.aws import Aws
from hotlog.client.options import Options
from hotlog.errors import StoreError
from hotlog.stores.ssm.errors import policy_line
from tests.support.deployed import ROLE, RUNTIME, deploy, layer

if TYPE_CHECKING:
    from tests.support.emulators import Ministack

pytestmark = pytest.mark.emulator

KEY_DENIAL = "User: ana is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/2 because no"
DENIAL = (
    "User: arn:aws:iam::1:user/ana is not authorized to perform: lambda:GetFunction on resource: "
    "arn:aws-cn:lambda:cn-north-1:1:function:orders because no identity-based policy allows it"
)
CODE = {"app.py": "def handler(event, context):\n    return event\n"}


@pytest.fixture
def session(aws: Ministack) -> Aws:
    return Aws(Options("ssm:"))


def refusal(fault: pytest.ExceptionInfo[StoreError]) -> str:
    return f"{fault.value.message} [{fault.value.code}]"


def test_a_function_is_told_without_the_values_of_its_variables(session: Aws, ministack: Ministack) -> None:
    of_layer = layer(ministack, "shared", {"python/shared.py": "X = 1\n"})
    variables = {
        "DB_PASSWORD": "s3cret",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "HOTLOG_REFRESH": "30",
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec",
    }
    deploy(ministack, "orders", CODE, variables=variables, layers=(of_layer,))

    found = session.function("orders")

    assert (found.name, found.version, found.runtime, found.role) == ("orders", "$LATEST", RUNTIME, ROLE)
    assert (found.handler, found.layers, found.log_group) == (
        "app.handler",
        (of_layer,),
        "/aws/lambda/orders",
    )
    assert (found.config.refresh, found.wrapper) == ("30", "/opt/hotlog-exec")
    assert set(found.variables) == set(variables)
    assert "s3cret" not in repr(found)
    assert found.package is not None
    assert session.layer(of_layer).url != found.package.url


def test_an_alias_is_the_versions_it_sends_traffic_to(session: Aws, ministack: Ministack) -> None:
    deploy(ministack, "orders", CODE)
    made = ministack.client("lambda")
    first = made.publish_version(FunctionName="orders")["Version"]
    deploy(ministack, "orders", {"app.py": "handler = print\n"})
    second = made.publish_version(FunctionName="orders")["Version"]
    made.create_alias(FunctionName="orders", Name="live", FunctionVersion=first)
    made.create_alias(
        FunctionName="orders",
        Name="shift",
        FunctionVersion=first,
        RoutingConfig={"AdditionalVersionWeights": {second: 0.1}},
    )

    assert session.aliases("orders") == {"live": (first,), "shift": (first, second)}
    assert session.function("orders", "live").version == first
    assert session.function("orders", second).package != session.function("orders", first).package


def test_what_is_not_there_is_answered_with_near_names(session: Aws, ministack: Ministack) -> None:
    deploy(ministack, "orders", CODE)
    ministack.client("lambda").create_alias(FunctionName="orders", Name="prod", FunctionVersion="$LATEST")

    with pytest.raises(StoreError) as typo:
        session.function("ordres")
    with pytest.raises(StoreError) as other:
        session.function("quite-another")
    with pytest.raises(StoreError) as alias:
        session.function("orders", "prdo")

    assert refusal(typo) == (
        "there is no function 'ordres' in us-east-1. Did you mean orders? [unknown-function]"
    )
    assert "another Region (--region) or account" in refusal(other)
    assert refusal(alias) == ("orders has no alias or version 'prdo'. Did you mean prod? [unknown-qualifier]")


@pytest.mark.parametrize(
    ("action", "resource", "words", "arn"),
    [
        ("ssm:GetParameter", "/hotlog/orders", "", "arn:aws:ssm:*:*:parameter/hotlog/orders"),
        ("lambda:GetFunction", "orders", "", "arn:aws:lambda:*:*:function:orders"),
        ("lambda:ListFunctions", "*", "", "*"),
        ("lambda:ListLayerVersions", "hotlog", "", "*"),
        ("lambda:PublishLayerVersion", "hotlog", "", "arn:aws:lambda:*:*:layer:hotlog"),
        ("logs:FilterLogEvents", "/aws/lambda/x", "", "arn:aws:logs:*:*:log-group:/aws/lambda/x:*"),
        (
            "lambda:GetFunction",
            "orders",
            DENIAL,
            "arn:aws-cn:lambda:cn-north-1:1:function:orders",
        ),
    ],
)
def test_the_policy_line_names_the_resource_as_exactly_as_is_known(
    action: str, resource: str, words: str, arn: str
) -> None:
    assert json.loads(policy_line(action, resource, words)) == {
        "Effect": "Allow",
        "Action": action,
        "Resource": arn,
    }


@pytest.mark.parametrize("words", ["The ciphertext refers to a key that you may not use.", KEY_DENIAL])
def test_a_read_that_lacks_the_key_of_a_parameter_is_told_as_that(words: str) -> None:
    assert json.loads(policy_line("ssm:GetParameter", "/hotlog/orders", words))["Action"] == "kms:Decrypt"
