"""`hotlog suspects`: counts what good and bad invocations do, and ranks what separates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.comparing.suspects import rank_suspects
from hotlog.client.comparing.watched_rule import WatchedRule
from hotlog.client.events.proofs import explain_left_out, is_proven
from hotlog.client.showing.lines import object_in
from hotlog.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.comparing.suspects import Suspects
    from hotlog.client.comparing.watched_rule import RuleDesk
    from hotlog.events import Event


class Counted(NamedTuple):
    """How many invocations were counted so far."""

    good: int
    bad: int


class SuspectSearch:
    """A rule of the kind `suspects`, and what came of it.

    Args:
        desk: the client.
        function: its name.
        code: what is deployed.
        bad: expression for a bad invocation; empty: one that fails.
        for_s: how long the rule lives.

    Raises:
        RuleError: `bad` has faults.
    """

    def __init__(self, desk: RuleDesk, function: str, code: FunctionCode, bad: str, for_s: float) -> None:
        self._code = code
        fields = {
            "kind": "suspects",
            "bad": bad,
            "for_s": for_s + desk_limits.WATCHED_GRACE_S,
            "note": "hotlog suspects",
        }
        self.rule = WatchedRule(desk, function, fields, ("kind", "bad"))
        self.function, self.bad = function, bad
        self._events: list[Event] = []
        self._left_out: list[Event] = []

    def read(self, follow_s: float = 0.0) -> Counted:
        """Read what came, and wait so long for more; return how many invocations there are."""
        self._take(self.rule.read(follow_s))
        return self.counted

    @property
    def counted(self) -> Counted:
        """Return how many invocations there are."""
        told = [object_in(event, "invocations") for event in self._events]
        good, bad = (sum(each.get(name, 0) for each in told) for name in ("good", "bad"))
        return Counted(good, bad)

    def end(self) -> bool:
        """Take the rule away, and read the last that environments tell; return whether it was taken away."""
        is_gone = self.rule.remove()
        self._take(self.rule.read_last())
        return is_gone

    @property
    def doubtful(self) -> str:
        """Return a sentence on the counts that decide nothing, since they are not proven; empty where there is none."""
        return explain_left_out("count", self._left_out)

    def rank(self) -> Suspects:
        """Return what separates bad invocations from good ones."""
        return rank_suspects(self._events, self._text_of)

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            (self._events if is_proven(event) else self._left_out).append(event)

    def _text_of(self, file: str, span: tuple[int, int, int, int]) -> str:
        try:
            lines = self._code.text(file).split("\n")
        except LocationError:  # generated code, or a file that the package has not
            return ""
        first, begin, last, end = span
        if not 0 < first <= last <= len(lines):
            return ""
        if first == last:
            return lines[first - 1].encode()[begin:end].decode(errors="replace")
        return f"{lines[first - 1].encode()[begin:].decode(errors='replace')} …"
