"""What of a payload would be hidden, by which rule, and what would be shown: for whoever wants to know before a hit does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.capture.snapshot import capture
from hotlog.namedtuple import NamedTuple
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.config import Config

_LONG_NS = 10**11  # nobody waits for an answer


class Hidden(NamedTuple):
    """Something that would not be shown.

    Attributes:
        path: where it is: keys and places from the top.
        rule: why, in words.
    """

    path: tuple[str | int, ...]
    rule: str


class Checked(NamedTuple):
    """What was found out about a payload.

    Attributes:
        hidden: what would not be shown, in order.
        shown: the payload as an event would hold it.
    """

    hidden: list[Hidden]
    shown: Any


def check(payload: object, config: Config) -> Checked:
    """Return what a snapshot with this configuration would make of a payload of JSON, or of text."""
    redaction = Redaction(config)
    reader = Reader(redaction, readable=lambda _: False).for_hit(_LONG_NS)
    shown = capture(payload, reader)
    return Checked([*_iter_hidden(payload, shown, redaction, ())], shown)


def _iter_hidden(
    value: object, shown: object, redaction: Redaction, path: tuple[str | int, ...]
) -> Iterator[Hidden]:
    """Return what of a value is not in what is shown of it."""
    if shown == REDACTED and value != REDACTED:
        yield Hidden(path, _why(value, redaction, path))
    elif isinstance(value, dict) and isinstance(shown, dict):
        for name, each in value.items():
            text = redaction.keys(name).text  # a key may hold a secret, too
            if text in shown:
                yield from _iter_hidden(each, shown[text], redaction, (*path, text))
    elif isinstance(value, list) and isinstance(shown, list):
        for place, (each, seen) in enumerate(zip(value, shown, strict=False)):
            yield from _iter_hidden(each, seen, redaction, (*path, place))
    elif isinstance(value, str):
        for rule in redaction.explain(value):
            yield Hidden(path, rule)


def _why(value: object, redaction: Redaction, path: tuple[str | int, ...]) -> str:
    name = path[-1] if path else ""
    if isinstance(name, str) and redaction.says(name):
        return f"the name {name}"
    if isinstance(value, str) and (rules := redaction.explain(value)):
        return rules[0]
    if isinstance(value, int) and redaction.hides_number(value):
        return "the number of a card, or a secret of the environment"
    return "what stands beside it"
