"""Requests for the example, one after the other, by a process of its own: `python -m hotlog.ui.demo_traffic CODE STORE SINK`.

It ends when the process that has started it does: nobody writes to its standard input any more.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hotlog.local import Environment, neutral_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.options import Options

_EVERY_S: Final = 0.8
# What customers order: the second is the one who complains; every tenth request is no order at all, and fails.
_EVENTS: Final = (*("order-ok", "order-wrong-total", "stock") * 3, "order-raises")


@contextmanager
def running(code: Path, options: Options) -> Iterator[None]:
    """Let the example run in a process of its own.

    Args:
        code: a copy of it.
        options: where its rules are.
    """
    words = (sys.executable, "-m", "hotlog.ui.demo_traffic", str(code), options.url, options.sink)
    # A session of its own: Ctrl-C is for the page.
    with subprocess.Popen(  # noqa: S603  # this very module
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            yield
        finally:
            process.communicate()


def send_requests(code: str, store: str, sink: str) -> None:
    """Invoke the example until standard input is closed."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    payloads = {name: json.loads(Path(code, "events", f"{name}.json").read_bytes()) for name in _EVENTS}
    variables = neutral_variables() | {"ORDERS_DB": str(Path(code, "orders.db"))}
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
