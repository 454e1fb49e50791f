"""Requests for the example, one after the other, as a process of its own: `python -m hotlog.ui.demo_traffic CODE STORE SINK`.

It ends when the process that has started it does: nobody writes to its standard input any more.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from pathlib import Path
from typing import Final

from hotlog.local import Environment

_EVERY_S: Final = 0.8
# What customers order: the second is the one who complains; every tenth request is no order at all, and fails.
_EVENTS: Final = (*("order-ok", "order-wrong-total", "stock") * 3, "order-raises")


def send_requests(code: str, store: str, sink: str) -> None:
    """Invoke the example until standard input is closed."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    payloads = {name: json.loads(Path(code, "events", f"{name}.json").read_bytes()) for name in _EVENTS}
    variables = {"ORDERS_DB": str(Path(code, "orders.db"))}
    with Environment(
        "app.handler", source=code, function="orders", store=store, sink=sink, variables=variables
    ) as environment:
        for name in itertools.cycle(_EVENTS):
            if ended.is_set():
                return
            environment.invoke(payloads[name])
            time.sleep(_EVERY_S)


if __name__ == "__main__":
    send_requests(*sys.argv[1:])
