"""One program, with and without probes: what differs."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.errors import LocationError
from hotlog.probes.probe import Hook, Probe
from hotlog.probes.registry import Outcome, Registry, WantedProbes
from hotlog.source.statements import Location, Source
from tests.programs.generate import generate
from tests.programs.inserted import CALL, with_calls
from tests.programs.run import Program, compile_quietly, load, record
from tests.programs.world import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

from hotlog.probes.probe import Backend

READ = ("a", "b", "x", "y")
Hit = tuple[int, str, int, object]


class Difference(NamedTuple):
    """What the probes changed, or where they fired otherwise than typed calls.

    Attributes:
        seed: of the program.
        what: which comparison failed.
        expected: the first item that differs, without probes or typed.
        found: the same with probes.
    """

    seed: int
    what: str
    expected: object
    found: object


class Checked(NamedTuple):
    """The result for one program.

    Attributes:
        probes: how many were wanted.
        hits: how often they fired.
        outcomes: what became of each probe.
        differences: empty where all is as it must be.
    """

    probes: int
    hits: int
    outcomes: Sequence[Outcome]
    differences: Sequence[Difference]


def check(seed: int, backends: Sequence[Backend] | None = None) -> Checked:
    """Run a program without probes, with probes on every line, and with typed calls.

    Args:
        seed: of the program.
        backends: tried in this order; None means all. A probe that they refuse is left out of the comparison of hits.
    """
    source, filename = generate(seed), f"/programs/p{seed}.py"
    expected = record(load(source, filename, seed))
    probed = load(source, filename, seed)
    codes = _codes(probed)
    hits: list[Hit] = []
    parsed = Source(source.encode(), filename)
    probes = [
        Probe(str(place.line), place, frozenset(READ), _recorder(place.line, hits, probed))
        for place in parsed.places()
    ]
    registry = Registry(backends)
    try:
        outcomes = registry.set([WantedProbes(probed.module, parsed, tuple(probes))])
        found = record(probed)
    finally:
        registry.close()
    differences = _compared(seed, "behaviour", expected, found)
    if any(code is not _codes(probed)[name] for name, code in codes.items()):
        differences.append(Difference(seed, "restored", "the original code objects", "others"))
    typed_hits, typed_lines = _typed(seed, source, filename)
    differences += _compared(seed, "lines", typed_lines, tuple(sorted(int(probe.id) for probe in probes)))
    taken = {int(key) for key, outcome in outcomes.items() if outcome.fault is None}
    differences += _compared(seed, "hits", [hit for hit in typed_hits if hit[0] in taken], hits)
    return Checked(len(probes), len(hits), tuple(outcomes.values()), differences)


def traced(seed: int) -> list[Difference]:
    """Compare the statements that a debugger would stop at, without probes and with probes on every line."""
    source, filename = generate(seed), f"/programs/p{seed}.py"
    parsed = Source(source.encode(), filename)
    expected = _stops(load(source, filename, seed), parsed)
    probed = load(source, filename, seed)
    registry = Registry()
    registry.set([WantedProbes(probed.module, parsed, tuple(_silent(place) for place in parsed.places()))])
    try:
        found = _stops(probed, parsed)
    finally:
        registry.close()
    return _compared(seed, "line events", expected, found)


def _silent(place: Location) -> Probe:
    return Probe(str(place.line), place, frozenset(READ), lambda _: lambda *_: None)


def _stops(program: Program, source: Source) -> list[object]:
    """The trace events. Lines of one statement in a row count as one: a probe makes the first line of `with (` one more."""
    events: list[tuple[str, int, str]] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != program.module.__file__:
            return None
        events.append((event, frame.f_lineno or 0, frame.f_code.co_qualname))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        record(program)
    finally:
        sys.settrace(before)
    first = {line: _first_line(source, line) for _, line, _ in events}
    return [
        (event, first[line], name)
        for (kind, above, _), (event, line, name) in pairwise([("", 0, ""), *events])
        if not (kind == event == "line" and above != line and first.get(above) == first[line])
    ]


def _first_line(source: Source, line: int) -> int:
    try:
        return source.place(line).line
    except LocationError:
        return line


def through(seed: int, convert: Callable[[CodeType], CodeType]) -> list[Difference]:
    """Compare a program with the same whose code went through a conversion that should change nothing."""
    source, filename = generate(seed), f"/programs/p{seed}.py"
    expected = record(load(source, filename, seed))
    converted = convert(compile_quietly(source, filename))
    return _compared(seed, "behaviour", expected, record(load(source, filename, seed, compiled=converted)))


def _typed(seed: int, source: str, filename: str) -> tuple[list[Hit], tuple[int, ...]]:
    tree, lines = with_calls(source)
    hits: list[Hit] = []
    program = load(
        source,
        filename,
        seed,
        compiled=compile_quietly(tree, filename),
    )
    said = program.world.said

    def typed(line: int) -> None:
        hits.append(_hit(line, len(said), sys._getframe(1), {}))

    vars(program.module)[CALL] = typed
    record(program)
    return hits, lines


def _recorder(line: int, hits: list[Hit], program: Program) -> Callable[[tuple[str, ...]], Hook]:
    said = program.world.said.__len__

    def make_hook(passed: tuple[str, ...]) -> Hook:
        def hook(*values: object, frame: FrameType | None = None) -> None:
            frame = frame or sys._getframe(1)
            hits.append(_hit(line, said(), frame, dict(zip(passed, values, strict=True))))

        return hook

    return make_hook


def _hit(line: int, said: int, frame: FrameType, passed: dict[str, object]) -> Hit:
    seen = {**frame.f_locals, **passed}
    values = {name: plain(seen[name]) for name in READ if name in seen}
    return line, frame.f_code.co_qualname, said, values


def _codes(program: Program) -> dict[str, CodeType]:
    return {
        name: value.__code__ for name, value in vars(program.module).items() if hasattr(value, "__code__")
    }


def _compared(seed: int, what: str, expected: Sequence[object], found: Sequence[object]) -> list[Difference]:
    for left, right in zip(expected, found, strict=False):
        if left != right:
            return [Difference(seed, what, left, right)]
    if len(expected) != len(found):
        return [Difference(seed, what, f"{len(expected)} items", f"{len(found)} items")]
    return []
