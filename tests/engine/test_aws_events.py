"""Events of AWS are shown whole, and what is hidden in them does not depend on the order in which they are gone through."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import limits
from hotlog.capture.snapshot import Walk, capture, capture_vars
from hotlog.config import Config
from hotlog.reading.budget import CaptureBounds
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction
from tests.engine.tables.aws_events import EVENTS
from tests.support.rows import each_row

if TYPE_CHECKING:
    from collections.abc import Iterator

READER = Reader(Redaction(Config()), readable=lambda _: True)
# Names that the list of secret names has, in the samples.
HIDDEN = {
    "S3": {"sourceIPAddress"},
    "ALB": {"x-forwarded-for"},
    "AppSync": {"x-forwarded-for"},
    "API Gateway v2": {"cookies"},
}
_ROOM = 10**9


class DepthFirst(Walk):
    """Goes through a value depth first."""

    def run(self) -> None:
        while self.waiting:
            begun = len(self.waiting)
            self.fill(*self.waiting.pop()[:4])
            self.waiting[begun - 1 :] = self.waiting[begun - 1 :][::-1]


def _captured(walk: type[Walk], value: object) -> Any:
    reader = READER.for_hit(10**12)
    reader.budget.output_bytes = _ROOM
    made = walk(reader)
    shown = made.variables({"event": value})
    made.finish()
    return shown["event"]


def _changes(value: Any, shown: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict) and isinstance(shown, dict):
        for key in value.keys() | shown.keys():
            yield from _changes(value.get(key), shown.get(key), (*path, key))
    elif isinstance(value, list) and isinstance(shown, list) and len(value) == len(shown):
        for place, (each, other) in enumerate(zip(value, shown, strict=True)):
            yield from _changes(each, other, (*path, place))
    elif value != shown:
        yield path, shown


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_shown_whole(name: str) -> None:
    shown = capture_vars({"event": EVENTS[name]}, READER.for_hit(10**12))["event"]

    for path, instead in _changes(EVENTS[name], shown):
        assert instead == REDACTED, path
        assert path[-1] in HIDDEN[name], path
    assert json.loads(json.dumps(shown)) == shown


SECRETS = (
    {"password": "hunter2", "token": "abcdef123456", "nested": {"api_key": "k" * 12, "plain": 1}},
    {"name": "DB_PASSWORD", "value": "hunter2"},
    [{"Key": "secret", "Value": "hunter2"}, {"Key": "size", "Value": "L"}],
    {"statement": "INSERT INTO users (name, password) VALUES (?, ?)", "params": ["ana", "hunter2"]},
    [["name", "password"], ["ana", "hunter2"], ["bob", "swordfish"]],
    ["--password", "hunter2", "--size", "3"],
    [("Authorization", "Basic YW5hOmh1bnRlcjI="), ("Accept", "text/html")],
    {"body": json.dumps({"password": "hunter2"}), "isBase64Encoded": False},
    {"text": "x" * 3_000 + " password=hunter2 " + "y" * 3_000},
    {"values": {"password": "hunter2"}.values(), "items": {"password": "hunter2"}.items()},
)


def _placed(event: Any, secret: Any) -> Iterator[Any]:
    """Yield the event with the secret in each of its dicts and lists, one after the other."""
    count = sum(1 for _ in _containers(event))
    for number in range(count):
        made = copy.deepcopy(event)
        at = [*_containers(made)][number]
        if isinstance(at, dict):
            at["extra"] = secret
        else:
            at.append(secret)
        yield made


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _containers(each)


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_hidden_is_the_same_in_either_order(name: str) -> None:
    event = EVENTS[name]
    assert _captured(Walk, event) == _captured(DepthFirst, event)
    for number, secret in enumerate(SECRETS):
        for place, made in enumerate(_placed(event, secret)):
            if place % 7 != number % 7:
                continue  # each place with one or two of them
            breadth = _captured(Walk, made)
            assert breadth == _captured(DepthFirst, made)
            assert "hunter2" not in json.dumps(breadth)


@pytest.mark.parametrize("room", [200, 1_000, 4_000, 12_000])
@each_row("name", EVENTS)
def test_what_is_cut_shows_no_more_than_the_whole(name: str, room: int) -> None:
    event = {"event": EVENTS[name], "secrets": list(SECRETS)}
    reader = READER.for_hit(10**12)
    reader.budget.output_bytes = room
    shown = capture(event, reader)

    assert "hunter2" not in json.dumps(shown)
    assert not [*_not_in(shown, _captured(Walk, event))]
    assert len(json.dumps(shown)) < room * 1.5 + 1_500, "the marks of what is cut come on top"


def _not_in(shown: Any, whole: Any) -> Iterator[Any]:
    """Yield what is shown and not in the whole, marks aside."""
    if isinstance(shown, dict) and "@cut" in shown:
        shown = {key: each for key, each in shown.items() if key[:1] != "@" or key[:2] == "@@"}
        if not shown:
            return
    if isinstance(shown, dict) and isinstance(whole, dict):
        for key, each in shown.items():
            yield from _not_in(each, whole[key])
    elif isinstance(shown, list) and isinstance(whole, list):
        some = shown[:-1] if shown and isinstance(shown[-1], dict) and "@cut" in shown[-1] else shown
        for each, other in zip(some, whole, strict=False):
            yield from _not_in(each, other)
    elif shown != whole:
        yield shown


def test_what_is_large_is_cut_evenly() -> None:
    rows = [{"id": number, "name": "n" * 40, "inner": {"a": [number, "b" * 20]}} for number in range(2_000)]
    shown = capture({"first": rows, "few": [1, 2], "second": rows, "third": {"rows": rows}}, READER.for_hit())
    counts = [len(shown["first"]), len(shown["second"]), len(shown["third"]["rows"])]

    assert shown["few"] == [1, 2]
    assert min(counts) > 20
    assert max(counts) < 2 * min(counts)
    for each in (shown["first"], shown["second"], shown["third"]["rows"]):
        assert each[-1] == {"@cut": "size", "@len": 500} or each[-1]["@len"] == 2_000
        assert each[:-1] == rows[: len(each) - 1], "what is shown of it is whole"
    assert limits.EVENT_MAX_BYTES / 4 < len(json.dumps(shown)) < limits.EVENT_MAX_BYTES


def test_long_texts_share_what_is_left() -> None:
    texts = {"a": "a" * 40_000, "b": "b" * 700, "c": "c" * 40_000, "d": {"e": "e" * 3_033}}
    shown = capture(texts, READER.for_hit())

    assert (shown["b"], shown["d"]["e"]) == (texts["b"], "e" * 3_033)
    sizes = [len(shown[name]["@text"]) for name in "ac"]
    assert min(sizes) > 10_000
    assert max(sizes) - min(sizes) < 100
    assert shown["a"]["@len"] == 40_000


def test_a_rule_may_have_bounds_of_its_own() -> None:
    value = {"a": {"b": {"c": 1}}, "items": [*range(10)], "text": "x" * 2_000}
    reader = Reader(Redaction(Config()), readable=lambda _: True, bounds=CaptureBounds(2, 3, 1_000)).for_hit()

    assert capture(value, reader) == {
        "a": {"b": {"@cut": "depth", "@len": 1}},
        "items": [0, 1, 2, {"@cut": "items", "@len": 10}],
        "text": {"@cut": "chars", "@len": 2_000, "@text": "x" * 1_000},
    }
