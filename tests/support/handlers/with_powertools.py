"""Powertools around the handler, and as a router."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.middleware_factory import lambda_handler_decorator
from work import work

logger = Logger(service="shop")
metrics = Metrics(namespace="shop", service="shop")
tracer = Tracer(service="shop")
app = APIGatewayRestResolver()


@lambda_handler_decorator
def middleware(handler: Any, event: Any, context: Any) -> Any:
    return {"through": handler(event, context)}


@logger.inject_lambda_context(log_event=True, clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
@middleware
def handler(event: Any, context: Any) -> Any:
    metrics.add_metric(name="orders", unit="Count", value=1)
    logger.info("an order of %s", event["name"])
    return work(event)


@app.get("/<name>")
def route(name: str) -> Any:
    return work({"name": name})


def router(event: Any, context: Any) -> Any:
    request = {
        "httpMethod": "GET",
        "path": f"/{event['name']}",
        "headers": {},
        "requestContext": {"requestId": "r", "stage": "prod"},
    }
    return app.resolve(request, context)
