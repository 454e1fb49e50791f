"""A table that is checked in one test loses no row, and names each that is wrong."""

from __future__ import annotations

import inspect

import pytest

from tests.support.rows import each_row


def test_each_wrong_row_is_named_and_none_stops_the_others() -> None:
    seen: list[int] = []

    @each_row("number", [1, 2, 3, 4])
    def check(number: int) -> None:
        seen.append(number)
        assert number % 2, "it is even"

    with pytest.raises(ExceptionGroup, match="2 of 4 rows are wrong") as caught:
        check()
    assert seen == [1, 2, 3, 4]
    assert [fault.__notes__ for fault in caught.value.exceptions] == [["in the row 2"], ["in the row 4"]]


def test_fields_and_fixtures_are_told_apart() -> None:
    seen: list[tuple[str, int, str]] = []

    @each_row(("left", "right"), [("a", 1), ("b", 2)])
    def check(left: str, right: int, shared: str) -> None:
        seen.append((left, right, shared))

    assert list(inspect.signature(check).parameters) == ["shared"]
    check(shared="x")
    assert seen == [("a", 1, "x"), ("b", 2, "x")]


def test_a_table_without_rows_proves_nothing() -> None:
    @each_row("row", [])
    def check(row: object) -> None:
        raise AssertionError(row)

    with pytest.raises(AssertionError, match="without rows"):
        check()
