"""Small dicts of harmless values are copied in one go, and texts that were looked through are remembered: nothing else changes."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import pytest

from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.reading.budget import CaptureBounds
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction

ROW = {"sku": "book-number-7", "price": 12.5, "quantity": 3, "gift": False, "coupon": None}


def reader_with(redaction: Redaction, **bounds: int) -> Reader:
    return Reader(redaction, readable=lambda _: True, bounds=CaptureBounds(**bounds)).for_hit()


def shown_twice(value: Any, redaction: Redaction) -> tuple[Any, Any]:
    """What a value is captured as by somebody who sees it the first time, and by one who has seen it before."""
    return capture(value, reader_with(redaction)), capture(value, reader_with(redaction))


def test_a_remembered_text_becomes_secret() -> None:
    redaction = Redaction(Config())
    value = {
        "row": dict(ROW),
        "texts": ["hunter2-hunter2", "book-number-7"],
        "deep": {"a": {"b": "hunter2-hunter2"}},
    }
    assert shown_twice(value, redaction) == (value, value)
    redaction.set_secrets(["hunter2-hunter2"])
    hidden = {**value, "texts": ["@redacted", "book-number-7"], "deep": {"a": {"b": "@redacted"}}}
    assert shown_twice(value, redaction) == (hidden, hidden)


def test_a_key_of_a_small_dict_becomes_secret() -> None:
    redaction = Redaction(Config())
    assert shown_twice({"book-number-7": 1}, redaction) == ({"book-number-7": 1},) * 2
    redaction.set_secrets(["book-number-7"])
    assert shown_twice({"book-number-7": 1}, redaction) == ({"@@redacted": 1},) * 2


def test_who_looks_by_the_old_secrets_leaves_no_memory() -> None:
    """A thread that has looked through a text when the secrets change must not remember it for the new ones."""
    redaction = Redaction(Config())
    before = redaction.known_texts
    redaction.set_secrets(["hunter2-hunter2"])
    before.add("hunter2-hunter2")
    assert capture(["hunter2-hunter2"], reader_with(redaction)) == ["@redacted"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({**ROW, "password": "book-number-7"}, {**ROW, "password": "@redacted"}),
        ({"name": "DB_PASSWORD", "value": "book-number-7"}, {"name": "DB_PASSWORD", "value": "@redacted"}),
        ({"value": "book-number-7", "name": "DB_PASSWORD"}, {"value": "@redacted", "name": "DB_PASSWORD"}),
        ({**ROW, "card": 4111111111111111}, {**ROW, "card": "@redacted"}),
        ({**ROW, "card": 4111111111111111.0}, {**ROW, "card": "@redacted"}),
        ({**ROW, "big": 2.0**70, "nan": float("inf")}, {**ROW, "big": 2.0**70, "nan": "Infinity"}),
        ({"sku": "book-number-7", 7: 1, "7": 2}, {"sku": "book-number-7", "7": 1, "7'": 2}),
        ({"price": 1, "@type": 2}, {"price": 1, "@@type": 2}),
        ({"sku": "José", "price": "\ud800lone"}, {"sku": "José", "price": "\\ud800lone"}),
        ({**ROW, "inner": dict(ROW), "gift": True}, {**ROW, "inner": dict(ROW), "gift": True}),
        ({}, {}),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_copied_in_one_go_is_what_a_look_at_each_gives(value: Any, expected: Any) -> None:
    redaction = Redaction(Config())
    assert shown_twice(dict(ROW), redaction) == (ROW, ROW)  # keys and texts are known now
    for wrapped, shown in (
        (value, expected),
        ([value, value], [expected, expected]),
        ({"a": value}, {"a": expected}),
    ):
        assert json.dumps(shown_twice(wrapped, redaction)) == json.dumps((shown, shown))


def test_the_bounds_of_a_rule_hold_for_small_dicts() -> None:
    redaction = Redaction(Config())
    capture(ROW, reader_with(redaction))
    assert capture(ROW, reader_with(redaction, items=2)) == {
        "sku": "book-number-7", "price": 12.5, "@cut": "items", "@len": 5,
    }  # fmt: skip


def test_a_small_dict_is_cut_where_the_event_is_full() -> None:
    """One that has no room is cut at the same pair, whether its texts are known or not."""
    value = {f"k{number}": "some text " * 5 for number in range(10)}
    known, unknown = Redaction(Config()), Redaction(Config())
    shown_twice(value, known)
    for room in range(0, 900, 30):
        assert capture([value], reader_with(known), room=room) == capture(
            [value], reader_with(unknown), room=room
        )


def test_a_dict_that_another_thread_changes_is_copied_as_it_was_once() -> None:
    redaction = Redaction(Config())
    value: dict[str, Any] = {"a": 0, "b": 0}
    rows = [value] * 20
    capture({"a": 0, "b": 0, "c": "more-text"}, reader_with(redaction))
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            value["c"] = "more-text"
            value["a"] = number % 50_000
            del value["c"]

    thread = threading.Thread(target=change)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(300):
            for row in capture(rows, reader_with(redaction)):
                assert set(row) in ({"a", "b"}, {"a", "b", "c"}), row
                assert row["b"] == 0
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()


def test_texts_that_never_come_again_take_bounded_memory() -> None:
    redaction = Redaction(Config())
    most = 0
    for number in range(200):
        capture([{"id": f"order-number-{number}-{place}"} for place in range(100)], reader_with(redaction))
        most = max(most, len(redaction.known_texts))
    assert 1_000 < most <= 5_000
    capture(["x y " * 100, "x" * 60], reader_with(redaction))
    assert max(map(len, redaction.known_texts)) < 60


class Hostile(str):
    """Text with methods of its own."""

    __slots__ = ()
    ran = 0

    def __eq__(self, other: object) -> bool:
        Hostile.ran += 1
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        Hostile.ran += 1
        return str.__hash__(self)


def test_texts_with_methods_of_their_own_are_never_looked_up() -> None:
    redaction = Redaction(Config())
    shown_twice(ROW, redaction)
    row: dict[Any, Any] = {Hostile("sku"): 1, "price": Hostile("book-number-7")}
    Hostile.ran = 0
    shown = capture([row], reader_with(redaction))[0]
    assert Hostile.ran == 0
    assert shown["price"]["@value"] == "book-number-7"
    assert len(shown) == 2
