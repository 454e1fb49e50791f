"""Datadog's wrapper, put there by the application."""

from __future__ import annotations

from typing import Any

from datadog_lambda.wrapper import datadog_lambda_wrapper
from work import work


@datadog_lambda_wrapper
def handler(event: Any, context: Any) -> Any:
    return work(event)
