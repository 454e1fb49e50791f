"""A rule walks forward, from the command line to the store."""

from __future__ import annotations

from tests.cli.walk import read_steps, walk


def test_a_rule_enters_few_files_and_returns_to_fewer() -> None:
    whole, value = walk()
    assert {"cli/commands/add.py", "client/adding/check.py", "stores/file.py"} <= set(whole.entered)
    assert len(whole.entered) <= 55, whole.entered
    assert len(whole.returned) <= 26, whole.returned
    assert {"client/adding/check.py", "stores/file.py", "cli/adding/summary.py"} <= set(value.entered)
    assert len(value.entered) <= 18, value.entered
    assert len(value.returned) <= 2, value.returned


def test_what_is_counted_as_a_return() -> None:
    assert read_steps(["a", "b", "b", "c"]).returned == frozenset()
    assert read_steps(["a", "b", "a", "c", "b"]).returned == {"a", "b"}
