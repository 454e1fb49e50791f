"""A process that adds and removes rules in a store, and says on stdout what it starts and what is acknowledged.

Run as `python store_writer.py URL FUNCTION NAME COUNT LIVES_S`: adds NAME-0 to NAME-(COUNT - 1), removes every second
one. With LIVES_S above 0 it is killed after so many seconds, wherever it is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from hotlog.addresses import open_store
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.rules.document import Document


def main(url: str, function: str, name: str, count: int, lives_s: float) -> None:
    if lives_s:
        killer = threading.Timer(lives_s, os.kill, (os.getpid(), signal.SIGKILL))
        killer.daemon = True
        killer.start()
    store = open_store(url)

    def add(document: Document) -> Document:
        return document._replace(entries=(*document.entries, {"id": rule}))

    def remove(document: Document) -> Document:
        return document._replace(entries=tuple(entry for entry in document.entries if entry["id"] != rule))

    for number in range(count):
        rule = f"{name}-{number}"
        for what, change in (("add", add), ("remove", remove))[: 1 + number % 2]:
            say("start", what, rule)
            try:
                store.update(function, change)
            except StoreError as fault:
                say("failed", what, rule, fault.code)
                break
            say("done", what, rule)


def say(*words: str) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
