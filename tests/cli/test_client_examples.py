"""The examples in the docstrings of `hotlog.Client` are typed in, and must answer as they are written."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest

import hotlog

if TYPE_CHECKING:
    from tests.support.agents import World

# These show what only an account, traffic or a working copy has.
ELSEWHERE = {
    "functions",
    "history",
    "status",
    "obstacles",
    "find_event",
    "find_value",
    "describe_where",
    "try_edits",
    "recordings",
    "suspects",
    "why",
}


@pytest.mark.process  # git makes the diff of `promote`
def test_examples_answer_as_they_are_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.folder)
    examples = {
        name: method.__doc__
        for one in hotlog.Client.__mro__
        for name, method in vars(one).items()
        if callable(method) and ">>>" in (method.__doc__ or "")
    }
    said: list[str] = []
    for name in sorted(examples.keys() - ELSEWHERE):
        world.client.change("orders", remove=[rule.id for rule in world.rules()])
        world.client.change("orders", add=[{"at": "pricing.py:30", "message": "{goods}", "id": "k3f9"}])
        names = {"client": world.client, "hotlog": hotlog}
        example = doctest.DocTestParser().get_doctest(examples[name], names, name, None, 0)
        assert example.examples, name
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(example, out=said.append)
    assert said == []
    assert len(examples) - len(ELSEWHERE) >= 12, "most can be tried"
    assert examples.keys() >= ELSEWHERE
