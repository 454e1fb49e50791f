"""Where events go.

A sink takes an event as the line of JSON that it was written to, and as a dict, if it wants one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event

    Permission = tuple[
        tuple[str, ...], str
    ]  # actions of IAM, such as `logs:PutLogEvents`, and the ARN they are done to


class Sink(Protocol):
    """Takes events.

    One that writes to a log stream has a method `stream_of(invocation)`, too, which returns the name of the stream that the
    events of an invocation end up in: a proof holds in that stream alone. It must write a line as it got it.
    """

    def emit(self, event: Event, line: str) -> None:
        """Take one event. May raise `SinkError` or `OSError`; the event is then counted as lost.

        Args:
            event: the event, JSON-safe; empty for a sink with an attribute `lines_only` that is true.
            line: the same as one line of JSON, without newline, as UTF-8 at most `limits.EVENT_MAX_BYTES` long.
        """

    def flush(self, timeout_ms: int) -> None:
        """Deliver what is held back, within so many milliseconds."""

    def close(self) -> None:
        """Release what the sink holds. Nothing is emitted afterwards."""


class SinkOpening(NamedTuple):
    """What a factory of sinks gets to know.

    Attributes:
        rest: what follows the scheme of the address; empty for `module:factory`.
        region: AWS Region of the function; empty: from the environment.
        fallback: `stdout` where that may take what cannot be delivered, else empty.
        log_stream: name of the function's own log stream; empty where there is none.
    """

    rest: str = ""
    region: str = ""
    fallback: str = ""
    log_stream: str = ""


class SinkScheme(NamedTuple):
    """What is known about all sinks whose address begins alike.

    Attributes:
        open: makes the sink.
        own_log: whether events go to the function's own log.
        log_group: the rest of an address -> the log group that events are read back from; empty: from none.
        file: the rest of an address -> the file of this machine that events are read back from; empty: from none.
        permissions: the rest of an address and the function's ARN -> what the function's role must be allowed.
    """

    open: Callable[[SinkOpening], Sink]
    own_log: bool = False
    log_group: Callable[[str], str] = lambda _rest: ""
    file: Callable[[str], str] = lambda _rest: ""
    permissions: Callable[[str, str], tuple[Permission, ...]] = lambda _rest, _arn: ()
