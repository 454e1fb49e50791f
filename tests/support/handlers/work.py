"""What every handler of this folder does in the end; the line that tests put a probe on is here."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class UnpayableError(Exception):
    """An exception of the application's own."""

    def __init__(self, amount: int) -> None:
        super().__init__(f"cannot pay {amount}")
        self.amount = amount


def work(event: Any) -> dict[str, Any]:
    name = event["name"]
    length = len(name)
    outcome = OUTCOMES.get(name)  # <probe>
    if outcome is not None:
        outcome(length)
    return {"name": name, "length": length}


def _raise(length: int) -> None:
    raise UnpayableError(length)


def _chain(length: int) -> None:
    try:
        _raise(length)
    except UnpayableError as fault:
        raise KeyError("chained") from fault


OUTCOMES: dict[str, Callable[[int], object]] = {
    "raise": _raise,
    "chain": _chain,
    "exit": sys.exit,
    "die": os._exit,
    "sleep": lambda _: time.sleep(60),
}
