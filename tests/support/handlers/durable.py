"""A durable function: a step, a wait that ends the first invocation, and code before and after them."""

from __future__ import annotations

import json
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration
from work import work


class History:
    """The service that keeps what was done. It tells the log, so that a test can hand it to the next invocation."""

    def checkpoint_durable_execution(self, **request: Any) -> dict[str, Any]:
        done = [self._operation(update) for update in request["Updates"]]
        for operation in done:
            print("done", json.dumps(operation))  # noqa: T201
        return {"CheckpointToken": "next", "NewExecutionState": {"Operations": done}}

    def _operation(self, update: dict[str, Any]) -> dict[str, Any]:
        status = {"START": "STARTED", "SUCCEED": "SUCCEEDED"}[update["Action"]]
        kept: dict[str, Any] = {
            key: update[key] for key in ("Id", "Type", "Name", "SubType") if key in update
        }
        details = {"STEP": "StepDetails", "WAIT": "WaitDetails"}[update["Type"]]
        return {**kept, "Status": status, details: {"Result": update.get("Payload")}}


@durable_execution(boto3_client=History())
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    name = event["name"]
    before = len(name)  # <before>
    done = context.step(lambda _: work(event), name="work")
    between = len(done)  # <between>
    context.wait(Duration.from_seconds(60))
    after = before + between  # <after>
    return {"done": done, "after": after}
