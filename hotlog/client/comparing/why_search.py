"""`hotlog why`: finds the recording of a bad request and of good ones, or records until there is one; then compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.comparing.watched_rule import WatchedRule
from hotlog.client.comparing.why import compare
from hotlog.client.events.proofs import explain_left_out, is_proven
from hotlog.client.events.recordings import find_recordings
from hotlog.errors import LocationError, StoreError
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.comparing.watched_rule import RuleDesk
    from hotlog.client.comparing.why import ComparedRequest
    from hotlog.client.events.recordings import RecordedInvocation
    from hotlog.events import Event


class AskedRequests(NamedTuple):
    """Which requests are compared.

    Attributes:
        request: id of the bad one, or its beginning; empty: the latest bad one.
        bad: expression for a bad one; empty: one that fails.
        against: id of the request that it is compared with, or its beginning; empty: good ones.
    """

    request: str = ""
    bad: str = ""
    against: str = ""


class WhySearch:
    """The recordings of a function, and what sets the bad one apart.

    Args:
        desk: the client.
        function: its name.
        code: what is deployed; None: nobody can say.
        asked: which requests.
        since_s: how far to look back for recordings.

    Attributes:
        rule: the recorder that was placed; None while the log has what is asked for.
    """

    def __init__(
        self, desk: RuleDesk, function: str, code: FunctionCode | None, asked: AskedRequests, since_s: float
    ) -> None:
        self._desk, self.function, self._code, self.asked = desk, function, code, asked
        self.rule: WatchedRule | None = None
        self._events: list[Event] = []
        self._cursor = ""
        self._since_s = since_s
        self._lines: dict[str, list[str]] = {}
        self._read_log(self._find_recorders() if asked.bad else ())
        if asked.request and self.bad is None:
            raise StoreError("missing", self._explain_missing(asked.request))
        if asked.against and not self._named(asked.against):
            raise StoreError("missing", self._explain_missing(asked.against))

    def record(self, for_s: float) -> None:
        """Place a recorder, unless one is on that keeps what is asked for."""
        keep = {"keep": "all", "bad": self.asked.bad} if self.asked.bad else {"keep": "failed", "bad": ""}
        fields = {"kind": "record", **keep, "limit": desk_limits.WHY_RECORDINGS_MAX, "note": "hotlog why"}
        self.rule = WatchedRule(
            self._desk,
            self.function,
            {**fields, "for_s": for_s + desk_limits.WATCHED_GRACE_S},
            ("kind", "keep", "bad"),
        )

    def read(self, follow_s: float = 0.0) -> bool:
        """Read what came, and wait so long for more; return whether there is a bad recording, with its good ones."""
        if self.rule is not None:
            self._events += self.rule.read(follow_s)
        return self.bad is not None

    def look_again(self, follow_s: float) -> None:
        """Read what came to the log since, of recorders of anybody's, and wait so long for it."""
        self._read_log(self._find_recorders() if self.asked.bad else (), follow_s)

    def end(self) -> bool:
        """Take the recorder away; return whether it was placed here."""
        return self.rule is not None and self.rule.remove()

    @property
    def recordings(self) -> list[RecordedInvocation]:
        """Return all recordings that are proven and have any step: beside another tracer nothing is recorded."""
        return [each for each in find_recordings(self._events) if each.steps and is_proven(each.event)]

    @property
    def doubtful(self) -> str:
        """Return a sentence on the recordings that decide nothing, since they are not proven; empty where there is none."""
        return explain_left_out("recording", [each.event for each in find_recordings(self._events)])

    @property
    def bad(self) -> RecordedInvocation | None:
        """Return the recording that is asked about; None where there is none yet."""
        if self.asked.request:
            return next(iter(self._named(self.asked.request)), None)
        return next((each for each in reversed(self.recordings) if _is_bad(each)), None)

    @property
    def counted(self) -> tuple[int, int]:
        """Return how many good and bad requests the recorders have counted, as far as is told."""
        last = next(
            (each.event.get("counted") for each in reversed(self.recordings) if not each.is_good), None
        )
        if not isinstance(last, dict):
            return 0, 0
        return int(last.get("good", 0)), int(last.get("bad", 0))

    def compare(self) -> ComparedRequest:
        """Return what sets the bad request apart.

        Raises:
            StoreError: `missing`: there is no bad recording.
        """
        bad = self.bad
        if bad is None:
            raise StoreError("missing", f"no bad request of {self.function} was recorded.")
        if self.asked.against:
            return compare(bad, self._named(self.asked.against)[:1])
        known = {
            each.request_id: each
            for each in self.recordings
            if each.request_id != bad.request_id and not _is_bad(each)
        }
        beside = [each for each in known.values() if each.event.get("beside") == bad.id]
        others = [each for each in known.values() if each not in beside]
        good = [*beside, *others[::-1]][: desk_limits.WHY_GOOD_MAX]
        similar = [each for each in self.recordings if _is_bad(each) and each.id != bad.id]
        return compare(bad, good, similar[-desk_limits.WHY_GOOD_MAX :])

    def text_of(self, file: str, line: int) -> str:
        """Return the text of a line, with its indentation; empty where nobody knows it."""
        if file not in self._lines:
            try:
                text = self._code.text(file) if self._code is not None else ""
            except LocationError:
                text = ""
            self._lines[file] = text.split("\n")
        lines = self._lines[file]
        if 0 < line <= len(lines) and lines != [""]:
            return lines[line - 1]
        bad = self.bad
        return bad.source(file, line) if bad is not None else ""

    def _named(self, request: str) -> Sequence[RecordedInvocation]:
        """Return the recordings of a request, by the beginning of its id or of the recording's."""
        found = [
            each
            for each in self.recordings
            if each.request_id.startswith(request) or each.id.startswith(request)
        ]
        return sorted(found, key=lambda each: each.is_good)

    def _find_recorders(self) -> Sequence[str]:
        """Return the rules that record what this expression calls bad; a name that no rule has, where there are none."""
        rules = self._desk.rules(self.function).rules
        found = [each.id for each in rules if isinstance(each, Rule) and each.bad == self.asked.bad]
        return [each for each in found if each] or ["none"]

    def _read_log(self, rules: Sequence[str], follow_s: float = 0.0) -> None:
        for _ in range(desk_limits.WHY_PAGES_MAX):
            page = self._desk.events(
                self.function,
                self._cursor,
                since_s=self._since_s,
                rules=rules,
                kinds=("record",),
                follow_s=follow_s,
            )
            self._events += page.events
            self._cursor = page.cursor
            if not page.has_more:
                return

    def _explain_missing(self, request: str) -> str:
        known = ", ".join(dict.fromkeys(each.request_id[:8] for each in self.recordings if _is_bad(each)))
        there = f" There are recordings of {known}." if known else ""
        return (
            f"no recording of request {request} is in the log: a request is recorded where a recorder was on before it came."
            f"{there}{self.doubtful and f' {self.doubtful}'} hotlog why {self.function} records until one fails."
        )


def _is_bad(recording: RecordedInvocation) -> bool:
    """Return whether a recording was kept as a bad one, or is of a rule that keeps all, and failed."""
    return recording.event.get("kept") in {"failed", "slow", "bad"} or "failure" in recording.event
