"""What a function may do, for the harness to tell the truth about."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

CALLS: list[str] = []


def handler(event: dict[str, Any], context: Any) -> Any:
    CALLS.append(context.aws_request_id)
    return {"event": event, "request_id": context.aws_request_id, "calls": len(CALLS)}


def see(event: object, context: Any) -> Any:
    return {
        "task": os.environ["LAMBDA_TASK_ROOT"],
        "file": __file__,
        "name": context.function_name,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "variables": dict(os.environ),
        "path": sys.path,
    }


def speak(event: str, context: object) -> None:
    print(event)  # noqa: T201  # that is what it is for
    os.write(1, b"written to 1\n")
    os.write(2, b"written to 2\n")


def fail(event: str, context: object) -> None:
    raise ValueError(event)


def leave(event: int, context: object) -> None:
    os._exit(event)


def sleep(event: float, context: object) -> str:
    time.sleep(event)
    return "awake"


def layered(event: object, context: object) -> str:
    import from_layer  # type: ignore[import-not-found]  # there is one in some tests only

    return str(from_layer.NAME)
