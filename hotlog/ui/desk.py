"""What one page works with: a client, the source where nothing is deployed, a feed of each function that is looked at."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hotlog.ui.feed import FunctionFeed

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
    from hotlog.client.code.function_code import FunctionCode


class PageDesk:
    """The desk of one page. Requests come in several threads.

    Args:
        client: does all the work.
        source: root of the code, where it is not deployed; empty: what is deployed.
        read_only: nothing may be changed.
    """

    def __init__(self, client: Client, source: str = "", *, read_only: bool = False) -> None:
        self.client = client
        client.desk.remembers = True
        self.source = source or None
        self.read_only = read_only
        self.where = client.describe_where()
        self._lock = threading.Lock()
        self._feeds: dict[FunctionName, FunctionFeed] = {}

    def code(self, function: str) -> FunctionCode:
        """Return the code of a function."""
        return self.client.code(function, self.source)

    def feed(self, function: str) -> FunctionFeed:
        """Return the feed of a function."""
        name = self.client.parse_one(function)
        with self._lock:
            if name not in self._feeds:
                self._feeds[name] = FunctionFeed(self.client, function)
            return self._feeds[name]
