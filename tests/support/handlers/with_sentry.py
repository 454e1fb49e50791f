"""Sentry, which replaces functions of the runtime client itself."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration
from work import work

sentry_sdk.init(integrations=[AwsLambdaIntegration(timeout_warning=True)], transport=lambda _: None)


def handler(event: Any, context: Any) -> Any:
    return work(event)
