"""A stream of a log group, as watchtower puts events into it, with what it does differently from its habits.

watchtower tries five times, waits between, prints warnings and creates groups: fine for a server, too long for an
invocation. Here the client is our own, with short time limits and no retries; the stream is made beforehand, since
watchtower drops events while it makes one; and a call that fails is kept from it and raised.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import boto3
import watchtower
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from hotlog import __builtins__, limits
from hotlog.config import CALLED_PACKAGES
from hotlog.errors import SinkError
from hotlog.sinks.cloudwatch.held import DELIVERY_THREAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.sinks.cloudwatch.held import Held

_WAYS_OUT = {
    "ResourceNotFoundException": "there is no such log group: create it, with the retention you want",
    "AccessDeniedException": "the function's role needs logs:CreateLogStream and logs:PutLogEvents on it",
}


class LogStream(watchtower.CloudWatchLogHandler):
    """A stream that takes batches of events. It is no handler of any logger: nothing is logged to it.

    Args:
        group: name of the log group.
        stream: name of the stream; it exists.
        client: of CloudWatch Logs.
    """

    def __init__(self, group: str, stream: str, client: _Client) -> None:
        super().__init__(
            log_group_name=group,
            log_stream_name=stream,
            use_queues=False,
            create_log_group=False,
            create_log_stream=False,
            boto3_client=client,  # type: ignore[arg-type]  # what it calls of one
        )
        self._client = client
        self.sequence_tokens[stream] = None

    def put(self, held: Sequence[Held]) -> None:
        """Deliver them with one call.

        Raises:
            SinkError: `sink-failed`.
        """
        batch = [{"timestamp": each.at_ms, "message": each.line} for each in held]
        self._submit_batch(batch, self.log_stream_name, max_retries=1)  # type: ignore[no-untyped-call]
        self._client.check()


class _Client:
    """The client as watchtower sees it: no call fails, so that none is repeated, and none printed as a warning."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions
        self._fault: Exception | None = None
        self._rejected = ""

    def put_log_events(self, **request: Any) -> dict[str, Any]:
        """Call it, and keep what it says."""
        self._fault, self._rejected = None, ""
        try:
            answer = self._client.put_log_events(**request)
            self._rejected = str(answer.get("rejectedLogEventsInfo") or "")
        except (BotoCoreError, ClientError) as fault:
            self._fault = fault
        return {}

    def check(self) -> None:
        """Raise what the last call failed with."""
        fault, self._fault = self._fault, None
        if fault is not None:
            raise SinkError("sink-failed", _sentence("logs:PutLogEvents", fault)) from fault
        if self._rejected:
            raise SinkError("sink-failed", f"logs:PutLogEvents rejected events: {self._rejected}")


def open_stream(group: str, stream: str, region: str) -> LogStream:
    """Return a new stream of the log group.

    Args:
        group: an existing log group.
        stream: what it is called; one that is there already is taken.
        region: AWS Region; empty: from the environment.

    Raises:
        SinkError: `sink-failed`.
    """
    timeout_s = limits.SINK_CALL_TIMEOUT_MS / 1_000
    settings = Config(
        connect_timeout=timeout_s,
        read_timeout=timeout_s,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    try:
        _silence()
        client = boto3.Session(region_name=region or None).client("logs", config=settings)
        _silence()  # botocore loads parts of itself with the first client
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    except (BotoCoreError, ClientError) as fault:
        if _code(fault) != "ResourceAlreadyExistsException":
            raise SinkError("sink-failed", _sentence("logs:CreateLogStream", fault)) from fault
    return LogStream(group, stream, _Client(client))


def _silence() -> None:
    """Keep what the delivery itself makes boto log from the application's log, whatever level that is set to."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in CALLED_PACKAGES:
            logging.getLogger(name).addFilter(_is_the_applications)


def _is_the_applications(record: logging.LogRecord) -> bool:
    return record.threadName != DELIVERY_THREAD


def _code(fault: Exception) -> str:
    return str(fault.response.get("Error", {}).get("Code", "")) if isinstance(fault, ClientError) else ""


def _sentence(action: str, fault: Exception) -> str:
    return f"{action}: {_WAYS_OUT.get(_code(fault)) or fault}"
