"""A rule walks forward, from the command line to the store."""

from __future__ import annotations

from tests.cli.walk import read_steps, walk


def test_a_rule_enters_few_files_and_returns_to_fewer() -> None:
    found = walk()
    assert {"cli/commands/add.py", "client/adding/check.py", "stores/file.py"} <= set(found.entered)
    assert len(found.entered) <= 51, found.entered
    assert len(found.returned) <= 22, found.returned


def test_what_is_counted_as_a_return() -> None:
    assert read_steps(["a", "b", "b", "c"]).returned == frozenset()
    assert read_steps(["a", "b", "a", "c", "b"]).returned == {"a", "b"}
