"""An ASGI application behind Mangum."""

from __future__ import annotations

import json
from typing import Any

from mangum import Mangum
from work import work


async def app(scope: Any, receive: Any, send: Any) -> None:
    body = json.dumps(work({"name": scope["path"].strip("/")})).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": body})


adapter = Mangum(app, lifespan="off")


def handler(event: Any, context: Any) -> Any:
    request = {
        "resource": "/",
        "path": f"/{event['name']}",
        "httpMethod": "GET",
        "headers": {"host": "shop.example"},
        "multiValueHeaders": {"host": ["shop.example"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"identity": {"sourceIp": "127.0.0.1"}, "stage": "prod"},
        "body": None,
        "isBase64Encoded": False,
    }
    return adapter(request, context)
