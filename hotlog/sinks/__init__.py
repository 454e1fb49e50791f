"""Where events go.

A sink takes an event as the line of JSON that it was written to, and as a dict, if it wants one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__, config
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event


class Sink(Protocol):
    """Takes events."""

    def emit(self, event: Event, line: str) -> None:
        """Take one event. May raise `SinkError` or `OSError`; the event is then counted as lost.

        Args:
            event: the event, JSON-safe; empty for a sink with an attribute `lines_only` that is true.
            line: the same as one line of ASCII JSON, without newline, at most `limits.EVENT_MAX_BYTES` long.
        """

    def flush(self, timeout_ms: int) -> None:
        """Deliver what is held back, within so many milliseconds."""

    def close(self) -> None:
        """Release what the sink holds. Nothing is emitted afterwards."""


def open_sink(target: str | Callable[[Event], object] | Sink) -> Sink:
    """The sink a URL names, or one that hands each event to a callable.

    Args:
        target: `stdout`, `file:PATH`, `cloudwatch:GROUP`, a callable that takes one event as a plain dict, or a sink.

    Raises:
        ConfigError: `bad-sink`.
    """
    if callable(target):
        from hotlog.sinks.callback import CallSink

        return CallSink(target)
    if not isinstance(target, str):
        return target
    scheme, _, rest = target.partition(":")
    if target == "stdout":
        from hotlog.sinks.stdout import StdoutSink

        return StdoutSink()
    if scheme == "file" and rest:
        from hotlog.sinks.file import FileSink

        return FileSink(rest)
    if scheme == "cloudwatch" and rest:
        return _cloudwatch(rest)
    raise ConfigError(
        "bad-sink", f"{target!r} is no sink. Use stdout, file:PATH, cloudwatch:GROUP or a callable."
    )


def _cloudwatch(group: str) -> Sink:
    from hotlog.sinks.cloudwatch.sink import CloudWatchSink
    from hotlog.sinks.stdout import to_stdout

    settings = config.read()
    fallback = to_stdout if settings.sink_fallback == "stdout" else None
    return CloudWatchSink(group, region=settings.region, fallback=fallback)
