"""Lines that look like events of a function's hotlog and are none of its own, in ten kinds: what who prints into its log can think of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.rules.proof import ProofKey, Prover, make_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hotlog.events import Event

LATE_MS: Final = 400_000  # more than an event may need to its log


class Forged(NamedTuple):
    """A line as somebody puts it into the log.

    Attributes:
        kind: of the ten.
        text: the line.
        later_ms: so long after the moment that it tells.
    """

    kind: str
    text: str
    later_ms: int = 0


class Forger:
    """Forges lines.

    Args:
        key: of the function.
        stream: in whose log the lines stand.
    """

    def __init__(self, key: ProofKey, stream: str) -> None:
        self._key, self._stream = key, stream

    def true(self, event: Event, *, key: ProofKey | None = None, stream: str | None = None) -> str:
        """Return the line that hotlog itself would log."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))[:-1]
        return Prover(key or self._key, self._stream if stream is None else stream).prove(body)

    def forge(self, events: Sequence[Event], earlier: Sequence[Event]) -> Iterator[Forged]:
        """Yield each event in each way of each kind.

        Args:
            events: what hotlog would have told.
            earlier: states and counts of an earlier rule with the same id.
        """
        for event in events:
            for kind, ways in self._ways().items():
                for way in ways:
                    text = way(event)
                    if text != self.true(event):
                        yield Forged(kind, text)
            for later_ms in (LATE_MS, -LATE_MS, 9 * 86_400_000):
                yield Forged("replayed verbatim", self.true(event), later_ms)
        for event in earlier:
            yield Forged("replayed after the id was added again", self.true(event), 20_000)

    def _ways(self) -> dict[str, Sequence[Callable[[Event], str]]]:
        key, stream, true = self._key, self._stream, self.true
        flipped = bytes([key.secret[0] ^ 1, *key.secret[1:]])
        return {
            "no proof": (
                json.dumps,
                lambda event: _compact({**event, "proof": ""}),
                lambda event: _compact({**event, "proof": "proven"}),
                lambda event: _compact({**event, "proof": None}),
            ),
            "a wrong key": (
                lambda event: true(event, key=make_key()),
                lambda event: true(event, key=key._replace(number=key.number + 1)),
                lambda event: true(event, key=ProofKey(key.number, flipped)),
                lambda event: _compact({**event, "proof": "AAAAAAAAAAAA"}),
            ),
            "truncated": (
                lambda event: true(event).rpartition(',"proof"')[0] + "}",
                lambda event: f'{true(event)[:-3]}"}}',
                lambda event: f'{true(event)[:-8]}"}}',
                lambda event: true(event)[: len(true(event)) // 2],
            ),
            "a field changed": (
                lambda event: _with(true(event), rule="m2pp"),
                lambda event: _with(true(event), env="e7"),
                lambda event: _with(true(event), state="installed"),
                lambda event: _with(true(event), timestamp="2026-11-30T12:00:00.000Z"),
                lambda event: _with(true(event), extra=1),
                lambda event: _compact(dict(sorted(json.loads(true(event)).items()))),
                lambda event: json.dumps(json.loads(true(event))),
            ),
            "of another stream": (
                lambda event: true(event, stream="2026/11/30/[$LATEST]ffff"),
                lambda event: true(event, stream=f"{stream}\n"),
                lambda event: true(event, stream=stream.upper()),
                lambda event: true(event, stream=stream[:-1]),
            ),
            "of another function": (
                lambda event: true(event, key=ProofKey(1, b"another-function")),
                lambda event: true({**event, "function": "payments"}, key=ProofKey(1, b"payments-payment")),
            ),
            "nested in the JSON log format": (
                lambda event: _compact({"level": "INFO", "message": true(event), "requestId": "r1"}),
                lambda event: _compact({"level": "INFO", "message": json.loads(true(event))}),
                lambda event: _compact({"hotlog": "status", "state": "installed", "message": true(event)}),
                lambda event: _compact(
                    {**event, "message": true(event), "proof": json.loads(true(event))["proof"]}
                ),
            ),
            "glued behind a part of a line": (
                lambda event: f'{{"hotlog":"status","state":"installed","x":{true(event)}',
                lambda event: f"paid 12 {true(event)}",
                lambda event: f"[INFO]\t2026-11-30T12:00:00.000Z\tr1\t{true(event)}",
                lambda event: f'{_compact(event)[:-1]},"x":{true(event)}}}',
                lambda event: f'{true(event)[:-1]},"state":"installed"}}',
                lambda event: f"{true(event)}{true(event)}",
            ),
        }  # fmt: skip


def _compact(event: Event) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _with(line: str, **fields: Any) -> str:
    return _compact({**json.loads(line), **fields})
