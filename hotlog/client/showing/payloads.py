"""Payloads that AWS sends, in a few words: `POST /orders`, `SQS batch of 10`, `S3 ObjectCreated:Put bucket/key`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog.client.showing.lines import object_in, objects_in, text_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Payload = Mapping[str, Any]

_BATCHES: Final = {
    "aws:sqs": "SQS",
    "aws:kinesis": "Kinesis",
    "aws:dynamodb": "DynamoDB stream",
    "aws:SNS": "SNS",
    "aws:s3": "S3",
    "aws:ses": "SES",
}


def name_payload(value: object) -> str:
    """Return what a captured payload is, in words; empty where it is none that is known."""
    if not isinstance(value, dict):
        return ""
    return next((words for say in _SAYING if (words := say(value))), "")


def _http(event: Payload) -> str:
    context = object_in(event, "requestContext")
    http = object_in(context, "http")
    method = text_in(http, "method") or text_in(event, "httpMethod")
    path = text_in(http, "path") or text_in(event, "rawPath") or text_in(event, "path")
    if method and path:
        return f"{method} {path}"
    return text_in(event, "routeKey") if " /" in text_in(event, "routeKey") else ""


def _web_socket(event: Payload) -> str:
    context = object_in(event, "requestContext")
    route = text_in(context, "routeKey")
    return f"WebSocket {route}" if route and "connectionId" in context else ""


def _records(event: Payload) -> str:
    held = event.get("Records", event.get("records"))
    if not isinstance(held, list) or not held or not isinstance(held[0], dict):
        return ""
    records = objects_in(event, "Records") or objects_in(event, "records")
    first, last = records[0], held[-1]
    count = len(held)
    if isinstance(last, dict) and "@cut" in last:
        size = last.get("@len")
        count = size if isinstance(size, int) else count - 1
    if "cf" in first:
        request = object_in(object_in(first, "cf"), "request")
        return f"CloudFront {text_in(request, 'method')} {text_in(request, 'uri')}".rstrip()
    if "kinesisRecordMetadata" in first or "deliveryStreamArn" in event:
        return f"Firehose batch of {count}"
    name = _BATCHES.get(text_in(first, "eventSource") or text_in(first, "EventSource"), "")
    if name == "S3" and count == 1:
        s3 = object_in(first, "s3")
        bucket, key = object_in(s3, "bucket"), object_in(s3, "object")
        return f"S3 {text_in(first, 'eventName')} {text_in(bucket, 'name')}/{text_in(key, 'key')}"
    if name == "SNS" and count == 1:
        return f"SNS {text_in(object_in(first, 'Sns'), 'Subject')}".rstrip() + " message"
    return f"{name} batch of {count}" if name else ""


def _event_bridge(event: Payload) -> str:
    kind, source = text_in(event, "detail-type"), text_in(event, "source")
    return f"EventBridge {kind} from {source}" if kind and source else ""


def _cognito(event: Payload) -> str:
    trigger = text_in(event, "triggerSource")
    return f"Cognito {trigger}" if trigger and "userPoolId" in event else ""


def _app_sync(event: Payload) -> str:
    info = object_in(event, "info")
    field, parent = text_in(info, "fieldName"), text_in(info, "parentTypeName")
    return f"AppSync {parent}.{field}" if field and parent else ""


def _logs(event: Payload) -> str:
    return "CloudWatch Logs batch" if "data" in object_in(event, "awslogs") else ""


_SAYING: Final[tuple[Callable[[Payload], str], ...]] = (
    _web_socket,
    _http,
    _records,
    _event_bridge,
    _cognito,
    _app_sync,
    _logs,
)
