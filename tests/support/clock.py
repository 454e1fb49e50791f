"""Time as a test wants it: a clock that the test moves, and the context of an invocation that has time left."""

from __future__ import annotations

import time


class Clock:
    """Stands still; a test moves it."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Context:
    """What Lambda passes, as far as hotlog looks at it."""

    aws_request_id = "request-1"

    def __init__(self, remaining_ms: int = 30_000) -> None:
        self._epoch_deadline_time_in_ms = int(time.time() * 1_000) + remaining_ms
