"""What waits for its delivery."""

from __future__ import annotations

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

DELIVERY_THREAD = "hotlog-delivery"


class Held(NamedTuple):
    """An event that waits for the end of the invocation: when it was emitted, in ms since the epoch, and its line."""

    at_ms: int
    line: str
