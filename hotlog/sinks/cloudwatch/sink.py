"""The CloudWatch sink: events go to a log group of their own, with its own readers and retention.

    emit ──> held ── flush: open the stream once, put what is held ──> the log group
                        └── one failure opens a circuit: lost, counted, told; on request to stdout

Everything that talks to AWS happens in `flush`, after the handler, in a thread that `flush` waits for until its
deadline: look-ups of names and slow handshakes included. The thread ends with it; none is there while the application
works. boto3 and watchtower come with the first event.
"""

from __future__ import annotations

import json
import threading
import time
from os import getpid
from threading import get_ident
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, events, internal_errors, limits
from hotlog.errors import SinkError
from hotlog.sinks import SinkScheme
from hotlog.sinks.cloudwatch.held import DELIVERY_THREAD, Held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.events import Event, Invocation
    from hotlog.sinks import Permission, SinkOpening
    from hotlog.sinks.cloudwatch.log_stream import LogStream


class CloudWatchSink:
    """Puts events into a log group.

    Args:
        group: name of the log group; it must exist.
        region: AWS Region; empty: from the environment.
        fallback: takes the lines that cannot be delivered; None: they are dropped. The general log may have more
            readers.
        clock: monotonic seconds.
    """

    lines_only = True

    def __init__(
        self,
        group: str,
        *,
        region: str = "",
        fallback: Callable[[str], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._group, self._region, self._fallback = group, region, fallback
        self._clock = clock
        self._process = getpid()
        self._held: list[Held] = []
        self._held_bytes = 0
        self._name = ""  # of the stream
        self._stream: LogStream | None = None
        self._worker: threading.Thread | None = None
        self._fault = ""  # why the last delivery failed
        self._closed_until_s = 0.0
        self._backoff_s = limits.SINK_FIRST_BACKOFF_S

    def emit(self, event: Event, line: str) -> None:  # noqa: ARG002  # the line is the event
        """Hold it until the end of the invocation.

        Raises:
            SinkError: `sink-failed` while the circuit is open, `sink-full`, `sink-forked`, `sink-recursion`.
        """
        size = events.size_of(line) + limits.LOG_EVENT_OVERHEAD_BYTES
        worker = self._worker
        if worker is not None and get_ident() == worker.ident:
            raise SinkError("sink-recursion", "the delivery of events has itself come by a probe")
        if getpid() != self._process:
            self._refuse(
                [line], "sink-forked", "in a child process no invocation ends, so nothing is delivered"
            )
        elif self._clock() < self._closed_until_s:
            self._refuse([line], "sink-failed", self._fault)
        elif self._held_bytes + size > limits.SINK_HELD_MAX_BYTES:
            self._refuse(
                [line], "sink-full", f"{limits.SINK_HELD_MAX_BYTES} bytes wait for the invocation's end"
            )
        else:
            self._held.append(Held(int(time.time() * 1_000), line))
            self._held_bytes += size

    def stream_of(self, invocation: Invocation) -> str:
        """Return the name of the stream for the events of an invocation."""
        return _stream_name(invocation._asdict())

    def flush(self, timeout_ms: int) -> None:
        """Deliver what is held, within that time; opening the stream may take all of it, a delivery its own limit.

        Raises:
            SinkError: `sink-failed`: it could not be delivered, and is lost.
        """
        if not self._held or getpid() != self._process or timeout_ms <= 0:
            return
        deadline = self._clock() + timeout_ms / 1_000
        self._name = _stream_name(json.loads(self._held[-1].line))
        if not self._open_stream(deadline) or not self._join(deadline):
            return  # under way: it goes on when the environment is thawed, and what is held waits for it
        held, self._held, self._held_bytes = self._held, [], 0
        self._start(lambda: self._put(held))
        limit_ms = min(timeout_ms, limits.FLUSH_TIMEOUT_MS)
        if not self._join(self._clock() + limit_ms / 1_000):
            self._fault = f"no answer within {limit_ms} ms"
        if self._fault:
            self._give_up(held)
        else:
            self._backoff_s = limits.SINK_FIRST_BACKOFF_S

    def close(self) -> None:
        """Deliver what is held."""
        self.flush(limits.SINK_OPEN_TIMEOUT_MS)

    def _open_stream(self, deadline: float) -> bool:
        """Return whether the stream is open; False while that is under way."""
        if self._stream is not None and self._stream.log_stream_name != self._name:
            self._stream = None  # restored from a snapshot: another environment, and dead connections
        if self._stream is not None:
            return True
        if self._worker is None:
            self._start(self._open)
        if not self._join(deadline):
            return False
        if self._stream is None:
            held, self._held, self._held_bytes = self._held, [], 0
            self._give_up(held)
        return self._stream is not None

    def _start(self, task: Callable[[], None]) -> None:
        self._fault = ""
        self._worker = threading.Thread(
            target=internal_errors.run_contained,
            args=(task, self._note_failure),
            name=DELIVERY_THREAD,
            daemon=True,
        )
        self._worker.start()

    def _join(self, deadline: float) -> bool:
        """Wait for the running work; return whether it has ended, one way or the other."""
        if self._worker is None:
            return True
        self._worker.join(max(0.0, deadline - self._clock()))
        if self._worker.is_alive():
            return False
        self._worker = None
        return True

    def _note_failure(self, fault: BaseException) -> None:
        self._fault = internal_errors.describe(fault)

    def _open(self) -> None:
        from hotlog.coldstart.standard_library import find_shadow_for_boto3

        if reason := find_shadow_for_boto3():
            raise SinkError("sink-failed", reason)
        from hotlog.sinks.cloudwatch.log_stream import open_stream

        self._stream = open_stream(self._group, self._name, self._region)

    def _put(self, held: list[Held]) -> None:
        if self._stream is not None:
            self._stream.put(held)

    def _give_up(self, held: list[Held]) -> None:
        """Open the circuit breaker: these events are lost, and so are all others for a while."""
        self._closed_until_s = self._clock() + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, limits.BACKOFF_MAX_S)
        self._refuse([each.line for each in held], "sink-failed", self._fault)

    def _refuse(self, lines: list[str], code: str, reason: str) -> None:
        """Hand the events to the fallback, or report that they are lost."""
        if self._fallback is None:
            raise SinkError(code, f"the log group {self._group}: {reason}", lost=len(lines))
        for line in lines:
            self._fallback(line)


def _stream_name(known: Mapping[str, object]) -> str:
    """Return the log stream's name: function, version and id of the process, as in its events."""
    return "/".join(str(known.get(name) or "-") for name in ("function", "version", "env"))


def _open_address(opening: SinkOpening) -> CloudWatchSink:
    from hotlog.sinks.stdout import to_stdout

    fallback = to_stdout if opening.fallback else None
    return CloudWatchSink(opening.rest, region=opening.region, fallback=fallback)


def _permissions(group: str, arn: str) -> tuple[Permission, ...]:
    _, partition, _, region, account, *_ = arn.split(":")
    streams = f"arn:{partition}:logs:{region}:{account}:log-group:{group}:*"
    return ((("logs:CreateLogStream", "logs:PutLogEvents"), streams),)


SCHEME: Final = SinkScheme(_open_address, log_group=lambda group: group, permissions=_permissions)
