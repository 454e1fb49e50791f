"""The X-Ray SDK: segments around the work, libraries patched."""

from __future__ import annotations

from typing import Any

from aws_xray_sdk.core import patch, xray_recorder
from work import work

patch(("botocore",))


@xray_recorder.capture("order")
def traced(event: Any) -> Any:
    return work(event)


def handler(event: Any, context: Any) -> Any:
    with xray_recorder.in_subsegment("handler"):
        return traced(event)
