"""FUNCTION in each of its forms, and nothing else."""

from __future__ import annotations

import pytest

from hotlog.client.account.function_name import FunctionName, parse_function
from hotlog.client.account.functions import match
from hotlog.errors import ConfigError, StoreError

ARN = "arn:aws:lambda:eu-west-1:123456789012:function"

FORMS = [
    ("orders", FunctionName("orders")),
    ("orders:prod", FunctionName("orders", "prod")),
    ("orders:12", FunctionName("orders", "12")),
    ("orders:$LATEST", FunctionName("orders", "$LATEST")),
    ("orders-*", FunctionName("orders-*")),
    ("[ab]-orders?", FunctionName("[ab]-orders?")),
    (f"{ARN}:orders", FunctionName("orders", "", "eu-west-1", "123456789012", "aws")),
    (f"{ARN}:orders:prod", FunctionName("orders", "prod", "eu-west-1", "123456789012", "aws")),
    ("123456789012:function:orders:7", FunctionName("orders", "7", "", "123456789012")),
    ("123456789012:orders", FunctionName("orders", "", "", "123456789012")),
    ("function:orders:prod", FunctionName("orders", "prod")),
    (
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders",
        FunctionName("orders", "", "us-gov-west-1", "123456789012", "aws-us-gov"),
    ),
]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_function_is_taken_apart(text: str, name: FunctionName) -> None:
    assert parse_function(text) == name
    assert parse_function(text).is_pattern is any(sign in text for sign in "*?[")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../orders",
        "orders:",
        "orders:a b",
        "orders:$OLDEST",
        "orders-*:prod",
        "o" * 65,
        f"{ARN}:orders-*",
        f"{ARN}:orders:prod:more",
        "arn:aws:s3:::orders",
        "órders",
    ],
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ConfigError, match="NAME:ALIAS, NAME:VERSION or a pattern"):
        parse_function(text)


def test_a_pattern_stands_for_names_as_in_a_shell_and_not_for_too_many() -> None:
    assert match("o*-[ab]", ["o-b", "stock", "o-a", "o-c", "O-a"]) == ["o-a", "o-b"]
    with pytest.raises(StoreError) as none:
        match("x*", ["orders"])
    with pytest.raises(StoreError) as many:
        match("*", [f"f{number}" for number in range(51)])
    assert (none.value.code, many.value.code) == ("unknown-function", "too-many-functions")
