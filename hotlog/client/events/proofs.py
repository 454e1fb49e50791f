"""What a line of the log is worth: whether it comes from the function's hotlog, or only looks so (`rules.proof`).

Only what is proven decides anything. All else is shown with its verdict: an environment may have troubles before it has a key.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.words import count_of, parse_timestamp
from hotlog.errors import StoreError
from hotlog.events import PROOF
from hotlog.rules import document as documents
from hotlog.rules.proof import ProofKey, Prover, load_key, split_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hotlog.events import Event
    from hotlog.stores import Answer, Store

PROVEN: Final = "proven"
UNPROVEN: Final = "unproven"  # a proof that is wrong, or none
UNCHECKED: Final = (
    "unchecked"  # the key may not be read, or is gone; or that of then is, since it was exchanged
)
REPEATED: Final = "repeated"  # a proven line for the second time
VERDICTS: Final = (PROVEN, UNPROVEN, UNCHECKED, REPEATED)


class LogLine(NamedTuple):
    """A line of the log; all three together tell it from any other, since each event of hotlog has its own number.

    Attributes:
        stream: name of the log stream; empty in a file.
        at_ms: when it was logged, milliseconds since the epoch by the clock of AWS; 0 in a file.
        text: what was logged.
    """

    stream: str
    at_ms: int
    text: str


class UsedKey(NamedTuple):
    """A key, and until when lines can have been proven with it: milliseconds since the epoch; None: it is in use."""

    key: ProofKey
    until_ms: float | None = None


class KnownKeys(NamedTuple):
    """The keys of a function that can be read.

    Attributes:
        keys: the newest first.
        since_ms: from when on no other key than these was in use, milliseconds since the epoch.
    """

    keys: tuple[UsedKey, ...] = ()
    since_ms: float = 0.0


class Proofs:
    """Judges lines, in the order in which they were logged.

    Args:
        store: holds the keys.
        function: whose lines they are.
        seen: proofs that have been read already, and when their lines were logged.
        clock: monotonic seconds.

    Attributes:
        seen: the same, with what has been judged since.
    """

    def __init__(
        self,
        store: Store,
        function: str,
        seen: Mapping[str, int] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._function, self._clock = store, function, clock
        self.seen = dict(seen or {})
        self._known = KnownKeys()
        self._next_look_s: dict[Callable[..., KnownKeys], float] = {}  # by what reads them
        self._provers: dict[tuple[ProofKey, str], Prover] = {}

    def judge(self, line: LogLine, event: Event) -> str:
        """Return the verdict on a line.

        Args:
            line: as it stands in the log.
            event: what it says.
        """
        text = line.text.rstrip("\n")
        _, proof = split_proof(text)
        if not self._proves(line, text, is_signed=bool(proof)):
            may_be_older = bool(proof) and line.at_ms < self._known.since_ms
            return UNPROVEN if self._known.keys and not may_be_older else UNCHECKED
        if proof in self.seen or _is_late(line, event):
            return REPEATED
        self.seen[proof] = line.at_ms
        if len(self.seen) > desk_limits.PROOFS_REMEMBERED_MAX:
            self.forget(line.at_ms)
        return PROVEN

    def forget(self, now_ms: int) -> None:
        """Forget proofs that are so old that their lines cannot come again, and the oldest where there are too many."""
        since_ms = now_ms - desk_limits.PROOF_LATE_MAX_S * 1_000
        kept = [each for each in self.seen.items() if each[1] >= since_ms]
        self.seen = dict(kept[-desk_limits.PROOFS_REMEMBERED_MAX // 2 :])

    def _proves(self, line: LogLine, text: str, *, is_signed: bool) -> bool:
        """Return whether a key proves the line. Keys are read where that is of use, and not again a moment later."""
        if is_signed and self._is_proven_by(self._known.keys, line, text):
            return True
        if self._known.keys and not is_signed:
            return False
        for read in (read_newest_key, read_keys) if is_signed else (read_newest_key,):
            if self._clock() < self._next_look_s.get(read, 0.0):
                continue
            self._next_look_s[read] = self._clock() + desk_limits.PROOF_KEYS_EVERY_S
            found = read(self._store, self._function)
            self._known = found if found.keys else self._known  # a store may be busy
            if is_signed and self._is_proven_by(self._known.keys, line, text):
                return True
        return False

    def _is_proven_by(self, keys: Sequence[UsedKey], line: LogLine, text: str) -> bool:
        # A function that is restored from snapshots does not know its stream.
        return any(
            self._prover(used.key, stream).proves(text)
            for used in keys
            if used.until_ms is None or line.at_ms < used.until_ms
            for stream in dict.fromkeys((line.stream, ""))
        )

    def _prover(self, key: ProofKey, stream: str) -> Prover:
        prover = self._provers.get((key, stream))
        if prover is None:
            prover = self._provers[key, stream] = Prover(key, stream)
        return prover


def read_newest_key(store: Store, function: str) -> KnownKeys:
    """Return the key that a function has now; none where it cannot be read, or there is none."""
    try:
        key = _key_in(store.read(function))
    except StoreError:
        return KnownKeys()
    return KnownKeys() if key is None else KnownKeys((UsedKey(key),), 0.0 if key.number == 1 else math.inf)


def read_keys(store: Store, function: str) -> KnownKeys:
    """Return all keys that a function has had; where the store keeps no history, or one may not read it, the one that it has.

    A key that was exchanged proves what was logged before, and for as long after as an environment keeps its last rules.
    """
    try:
        versions = store.history(function) if hasattr(store, "history") else ()
    except StoreError:  # `denied`: who may read the parameter need not be one who may read its history
        versions = ()
    found: dict[ProofKey, float | None] = {}
    newest: ProofKey | None = None
    began_ms = 0.0
    for version in versions:
        key = _key_in(version.answer)
        if key is None or key == newest:
            continue
        if newest is None:
            began_ms = version.answer.modified * 1_000
        else:
            found[newest] = (version.answer.modified + limits.STALE_MAX_S) * 1_000
        found[key], newest = None, key
    if newest is None:
        return read_newest_key(store, function)
    oldest = next(iter(found))  # versions before it may be gone
    since_ms = 0.0 if oldest.number == 1 else began_ms + limits.STALE_MAX_S * 1_000
    return KnownKeys(tuple(UsedKey(*each) for each in reversed(found.items())), since_ms)


def _key_in(answer: Answer) -> ProofKey | None:
    try:
        return load_key(documents.loads(answer.text).key)
    except StoreError:
        return None


def _is_late(line: LogLine, event: Event) -> bool:
    """Return whether CloudWatch got a line long after, or before, the moment that it tells."""
    at = parse_timestamp(event.get("timestamp"))
    return bool(line.at_ms) and (
        at is None or abs(at.timestamp() * 1_000 - line.at_ms) > desk_limits.PROOF_LATE_MAX_S * 1_000
    )


def explain_left_out(what: str, events: Iterable[Event]) -> str:
    """Return a sentence on the events that decide nothing, since they are not proven; empty where all are.

    Args:
        what: what each of them is.
        events: as they were read.
    """
    found = [str(event.get(PROOF)) for event in events if not is_proven(event)]
    if not found:
        return ""
    is_or_are = "is" if len(found) == 1 else "are"
    return f"{count_of(len(found), what)} in the log {is_or_are} {' or '.join(dict.fromkeys(found))}, and left out."


def is_proven(event: Event) -> bool:
    """Return whether an event that was read is proven: only such a one decides anything."""
    return event.get(PROOF) == PROVEN
