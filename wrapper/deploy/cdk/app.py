"""A function with hotlog's layer; its code knows nothing of it."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

FUNCTION = Path(__file__).parent.parent / "function"

app = cdk.App()
stack = cdk.Stack(app, "Orders")

function = lambda_.Function(
    stack,
    "Orders",
    function_name="orders",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="app.handler",
    code=lambda_.Code.from_asset(str(FUNCTION)),
    # The ARN that `hotlog layer publish` prints: cdk deploy -c hotlog_layer=ARN
    layers=[
        lambda_.LayerVersion.from_layer_version_arn(stack, "Hotlog", app.node.get_context("hotlog_layer"))
    ],
    environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec"},
)
function.add_to_role_policy(
    iam.PolicyStatement(
        actions=["ssm:GetParameter"],
        resources=[stack.format_arn(service="ssm", resource="parameter", resource_name="hotlog/orders")],
    )
)

app.synth()
