"""What one page works with: a client, the source where nothing is deployed, a feed of each function that is looked at."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hotlog.errors import HotlogError
from hotlog.ui.feed import FunctionFeed
from hotlog.ui.state import describe_state

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.viewer import Viewer
    from hotlog.rules.model import Rule


class PageDesk:
    """The desk of one page. Requests come in several threads.

    Args:
        client: does all the work.
        source: root of the code, where it is not deployed; empty: what is deployed.
        read_only: nothing may be changed.

    Attributes:
        client: asks.
        writer: changes; None: nothing may be changed.
        where: Region and account.
    """

    def __init__(self, client: Client, source: str = "", *, read_only: bool = False) -> None:
        self.client: Viewer = client
        self.writer = None if read_only else client
        client.desk.remembers = True
        self.source = source or None
        self.read_only = read_only
        self.where = client.describe_where()
        self._lock = threading.Lock()
        self._feeds: dict[FunctionName, FunctionFeed] = {}
        self._places: dict[tuple[str, str], tuple[str, int]] = {}

    def code(self, function: str) -> FunctionCode:
        """Return the code of a function."""
        return self.client.code(function, self.source)

    def state(self, function: str) -> dict[str, Any]:
        """Return what is known of a function at the moment."""
        return describe_state(self.feed(function), lambda rule: self._locate(function, rule))

    def _locate(self, function: str, rule: Rule) -> tuple[str, int]:
        """Return file and line of a rule by the code; nothing where it leads nowhere."""
        target, key = rule.target, (function, rule.at)
        if target.line or not rule.at:
            return target.file, target.line
        if key not in self._places:
            try:
                code = self.code(function)
                file = target.file or code.find_file(target.module)
                self._places[key] = file, code.find_line(file, target.function) if target.function else 0
            except HotlogError:
                self._places[key] = "", 0
        return self._places[key]

    def looked_at(self) -> list[str]:
        """Return the functions that somebody has looked at here; without an account nothing else names one that has no rules."""
        with self._lock:
            return sorted({name.name for name in self._feeds})

    def feed(self, function: str) -> FunctionFeed:
        """Return the feed of a function."""
        name = self.client.parse_one(function)
        with self._lock:
            if name not in self._feeds:
                self._feeds[name] = FunctionFeed(self.client, function)
            return self._feeds[name]
