"""A debugger in a function with rules around its calls: it stops where it would without, and at the `def` line as docs/how-it-works.md says."""

from __future__ import annotations

import bdb
import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from tests.support.markers import line_of
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType, TracebackType

SOURCE = """
import contextlib

def inner(n):
    if n:
        raise ValueError(n)
    return n

def plain(n):  # <plain>
    x = n
    inner(n)
    return x

def cleans(n):  # <cleans>
    x = 1
    try:
        inner(n)
    finally:
        x = 2
    with contextlib.nullcontext():
        y = inner(0)
    return y

def again(n):  # <again>
    try:
        inner(n)
    except ValueError:
        x = 3
        raise
    return 4

def within(n):  # <within>
    with contextlib.nullcontext():
        x = n
        return inner(x)

def steps(n):  # <steps>
    yield 1
    inner(n)

def call(work, n):
    try:
        result = work(n)
        if hasattr(result, "send"):
            for _ in result:
                x = 2
    except ValueError:
        pass
    return 0
"""
WORKS = ["plain", "cleans", "again", "within", "steps"]
COMMANDS = ["n", "s", "nnnr", "sr", "sn", "ssr", "c"]  # next, step, return and continue, over and over

Stop = tuple[str, str, int]  # what happened, in which function, at which line


class _Debugger(bdb.Bdb):
    """Stops as it is told to, and writes down where; hotlog's own modules are skipped, as a person would have them."""

    def __init__(self, filename: str, commands: str) -> None:
        super().__init__(skip=["hotlog", "hotlog.*"])
        self._filename, self._commands = filename, commands
        self.stops: list[Stop] = []

    def _stop(self, kind: str, frame: FrameType) -> None:
        if frame.f_code.co_filename == self._filename:
            self.stops.append((kind, frame.f_code.co_name, frame.f_lineno))
        {
            "n": lambda: self.set_next(frame),
            "s": self.set_step,
            "r": lambda: self.set_return(frame),
            "c": self.set_continue,
        }[self._commands[len(self.stops) % len(self._commands)]]()

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        self._stop("call", frame)

    def user_line(self, frame: FrameType) -> None:
        self._stop("line", frame)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        self._stop("return", frame)

    def user_exception(
        self, frame: FrameType, exc_info: tuple[type[BaseException], BaseException, TracebackType]
    ) -> None:
        self._stop("exception", frame)


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, SOURCE) as made:
        yield made


def _stops(probed: Probed, work: str, n: int, commands: str, break_at: int | None = None) -> list[Stop]:
    debugger = _Debugger(probed.module.__file__, commands)
    if break_at is not None:
        assert debugger.set_break(probed.module.__file__, break_at) is None
    before = sys.gettrace()
    try:
        debugger.runcall(probed.module.call, getattr(probed.module, work), n)
    finally:
        sys.settrace(before)
        debugger.clear_all_breaks()
    return debugger.stops


def _events(probed: Probed, work: str, n: int) -> list[Stop]:
    found: list[Stop] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != probed.module.__file__:
            return None
        found.append((event, frame.f_code.co_name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        probed.module.call(getattr(probed.module, work), n)
    finally:
        sys.settrace(before)
    return found


def _apply(probed: Probed, *kinds: str) -> None:
    probed.apply(
        *(hotlog.Rule(at=probed.at(work), kind=kind, per_second=None) for work in WORKS for kind in kinds)
    )


LEAVES_LATER = {
    ("call", "within")
}  # the `return` has still to leave a `with`, and the rule's own end stands behind that
KINDS = pytest.mark.parametrize("kind", ["call", "error", "trace"])
EACH_WORK = pytest.mark.parametrize("work", WORKS)


@KINDS
@EACH_WORK
def test_a_call_that_returns_is_stepped_through_as_without_rules(
    probed: Probed, work: str, kind: str
) -> None:
    if (kind, work) in LEAVES_LATER:
        pytest.skip("stops at the `def` line once, as the next test says")
    first = line_of(probed.sample.source, work)
    ways: list[tuple[str, int | None]] = [
        (commands, at) for commands in COMMANDS for at in (None, first, first + 1)
    ]
    before = [_stops(probed, work, 0, *way) for way in ways]
    _apply(probed, kind)
    assert [_stops(probed, work, 0, *way) for way in ways] == before
    assert any(before)


def _without(found: list[Stop], work: str, line: int) -> list[Stop]:
    """The events but for those of a line and of its function's return, which bears the line that was last."""
    return [each for each in found if each[1] != work or (each[2] != line and each[0] != "return")]


@KINDS
@EACH_WORK
@pytest.mark.parametrize("n", [0, 5], ids=["returns", "raises"])
def test_no_line_is_added_but_that_of_the_def(probed: Probed, work: str, kind: str, n: int) -> None:
    """The page says so. The events decide where a debugger can stop."""
    first = line_of(probed.sample.source, work)
    before = _events(probed, work, n)
    _apply(probed, kind)
    found = _events(probed, work, n)
    assert _without(found, work, first) == _without(before, work, first)
    added = found.count(("line", work, first)) - before.count(("line", work, first))
    ways_out = 0 if kind == "trace" else int(n > 0) + int((kind, work) in LEAVES_LATER)
    assert added == ways_out
    assert ways_out or found == before


@KINDS
@EACH_WORK
def test_next_over_an_exception_comes_back_to_the_caller(probed: Probed, work: str, kind: str) -> None:
    def of_caller(found: list[Stop]) -> list[Stop]:
        return [each for each in found if each[1] == "call"]

    before = _stops(probed, work, 5, "n")
    _apply(probed, kind)
    assert of_caller(_stops(probed, work, 5, "n")) == of_caller(before)
