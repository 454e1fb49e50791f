"""Why a request is bad and others are not: the first step that no good one took, and the values that led there.

    bad recording, good recordings ── read_taken ──> steps and values ── compare ──> ComparedRequest

1. All steps of all good recordings together are what good ones do. The first step of the bad one that is none of them is where it
   went another way. Of several bad ones of the same sort, only steps that they share count: what one has alone is chance.
2. Where there is none, the first value that is of another kind than all good ones is told; else one out of their range.
3. What led there are the values that the deciding line reads, and the call's arguments: those that differ, kinds first. Each is
   traced back to where it came from: a variable of a caller, a part of the event.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client.comparing.origins import find_origin
from hotlog.client.comparing.steps import read_taken
from hotlog.client.comparing.value_profiles import KIND, MEMBER, RANGE, Difference, Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.comparing.origins import Origin
    from hotlog.client.comparing.steps import SeenValue, Step, StepKey, Taken, ValueKey
    from hotlog.client.events.recordings import RecordedInvocation

_LED_MAX: Final = 3
_SHARED_BY: Final = 0.25  # of the bad ones of the same sort: a step that fewer take is chance
_SLOW_US: Final = 5_000
_SLOW_TIMES: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class LedThere(NamedTuple):
    """A value that led to the step.

    Attributes:
        name: as it is written there, with the part that differs: `line.quantity`.
        seen: where.
        difference: in what it is another than good ones.
        origin: where it came from; None: nobody knows.
    """

    name: str
    seen: SeenValue
    difference: Difference
    origin: Origin | None


class SlowLine(NamedTuple):
    """A line that took longer than in all good ones.

    Attributes:
        at: file and line.
        us: how long, in microseconds.
        good_us: the same of good ones: the shortest and the longest.
    """

    at: str
    us: int
    good_us: tuple[int, int]


class ComparedRequest(NamedTuple):
    """What sets a bad request apart.

    Attributes:
        bad: its recording.
        good: how many good ones it was compared with.
        step: the first step that no good one took; None: there is none.
        decides: the line of the same call that decided that, or raised; 0: none did.
        led: the values that led there; without a step the first that differs comes first.
        others: how many further steps and values differ: they follow from it.
        steps: how many steps the bad one took.
        slow: lines that took longer.
        callers: the places that called the step's call, innermost first.
        took_longer: it did not fail, took twice as long as any good one, and the first of `slow` half of that.
    """

    bad: RecordedInvocation
    good: int
    step: Step | None
    decides: int
    led: tuple[LedThere, ...]
    others: int
    steps: int
    slow: tuple[SlowLine, ...]
    callers: tuple[str, ...] = ()
    took_longer: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        """Return the lines that are to blame, as file and line; none where a value is only out of the range of good ones.

        A line that took longer is to blame where nothing else is sure.
        """
        if self.step is not None:
            line = self.step.line
            lines = (self.decides, line.line if line is not None else self.step.call.first)
            return tuple(dict.fromkeys(f"{self.step.call.file}:{each}" for each in lines if each))
        if self.is_only_slow:
            return (self.slow[0].at,)
        return tuple(
            f"{each.seen.call.file}:{each.seen.line}"
            for each in self.led[:1]
            if each.difference.weight == KIND
        )

    @property
    def is_only_slow(self) -> bool:
        """Return whether that a line took longer is all that is sure."""
        has_kind = bool(self.led) and self.led[0].difference.weight == KIND
        return self.step is None and not has_kind and self.took_longer


def compare(
    bad: RecordedInvocation, good: Sequence[RecordedInvocation], similar: Sequence[RecordedInvocation] = ()
) -> ComparedRequest:
    """Return what sets a bad request apart from good ones.

    Args:
        bad: its recording.
        good: recordings of good ones.
        similar: of other bad ones.
    """
    taken, others = read_taken(bad), [read_taken(each) for each in good]
    usual = {step.key for other in others for step in other.steps}
    also_bad = [read_taken(each) for each in similar if _sort_of(each) == _sort_of(bad)]
    new = [step for step in taken.steps if step.key not in usual] if others else []
    shared = _keep_shared(new, also_bad)
    profiles = _profile(others)
    step = _prefer_raise(shared) if shared else None
    if step is None:
        differing = _find_values(taken, profiles, also_bad)
        led = tuple(_trace(taken, *each) for each in differing[:_LED_MAX])
        slow = _find_slow(taken, others)
        return ComparedRequest(
            bad,
            len(good),
            None,
            0,
            led,
            len(differing) - len(led),
            len(taken.steps),
            slow,
            took_longer=_took_longer(bad, good, slow),
        )
    decides = step.before
    led = tuple(_trace(taken, *each) for each in _find_led(taken, step, decides, profiles))
    slow, callers = _find_slow(taken, others), _find_callers(taken, step)
    return ComparedRequest(bad, len(good), step, decides, led, len(new) - 1, len(taken.steps), slow, callers)


def _sort_of(recording: RecordedInvocation) -> tuple[str, ...]:
    """Return of what sort a bad recording is: the exceptions that ended calls of it, or why it was kept."""
    raised = tuple(sorted({str(each.get("type")) for each in recording.errors}))
    return (str(recording.event.get("kept")), *raised)


def _keep_shared(steps: list[Step], also_bad: list[Taken]) -> list[Step]:
    """Return the steps that most of the bad ones took; all of them, where no other is known."""
    keys: list[set[StepKey]] = [{step.key for step in each.steps} for each in also_bad]
    shared = [step for step in steps if sum(step.key in each for each in keys) >= _SHARED_BY * len(keys)]
    return shared or steps


def _prefer_raise(steps: list[Step]) -> Step:
    """Return the first step; where the interpreter only comes back to a line that raises, what it raises there."""
    first = steps[0]
    same = [each for each in steps if each.call is first.call and each.before == first.before]
    raising = next((each for each in same if each.what.startswith("raised ")), None)
    return raising if raising is not None and first.what == f"line {first.before}" else first


def _profile(others: list[Taken]) -> dict[ValueKey, Profile]:
    seen: dict[ValueKey, list[Any]] = {}
    for other in others:
        for each in other.values:
            seen.setdefault(each.key, []).append(each.value)
    return {key: Profile(values) for key, values in seen.items()}


def _find_values(
    taken: Taken, profiles: dict[ValueKey, Profile], also_bad: list[Taken]
) -> list[tuple[SeenValue, Difference]]:
    """Return the values that differ from all good ones: kinds before ranges, in the order in which they were seen."""
    bad = _profile(also_bad)
    found: dict[tuple[ValueKey, str], tuple[SeenValue, Difference]] = {}
    for each in taken.values:
        profile = profiles.get(each.key)
        for difference in profile.compare(each.value) if profile is not None else ():
            if difference.weight == MEMBER and each.role == "argument":
                continue
            if difference.weight < KIND and each.key in bad and not _is_shared(profile, bad[each.key]):
                continue
            found.setdefault((each.key, difference.path), (each, difference))
    return sorted(found.values(), key=lambda pair: (-pair[1].weight, _is_input(pair[0]), pair[0].order))


def _is_shared(good: Profile | None, bad: Profile) -> bool:
    """Return whether most other bad ones differ there, too."""
    differing = sum(bool(good.compare(each)) for each in bad.values) if good is not None else 0
    return differing >= _SHARED_BY * len(bad.values)


def _is_input(seen: SeenValue) -> bool:
    """Return whether a value came in from outside: an argument of the handler."""
    return seen.role == "argument" and len(seen.chain) == 1


def _find_led(
    taken: Taken, step: Step, decides: int, profiles: dict[ValueKey, Profile]
) -> list[tuple[SeenValue, Difference]]:
    """Return the values of the step's call that led to it, those first that the deciding line reads."""
    text = " ".join(
        taken.recording.source(step.call.file, line)
        for line in {decides, *([step.line.line] if step.line else ())}
    )
    names = set(_NAME.findall(text))
    found: dict[str, tuple[int, SeenValue, Difference]] = {}
    latest = {step.call.number: step.place}
    call = step.call
    while (
        call.qualname.endswith(">") and call.number in taken.parents
    ):  # a comprehension: the names are its function's
        call, place = taken.parents[call.number]
        latest[call.number] = place
    for each in taken.values:
        if each.place > latest.get(each.call.number, -2) or each.role == "result":
            continue
        is_read = not names.isdisjoint(_NAME.findall(each.name))
        profile = profiles.get(each.key)
        differences = profile.compare(each.value) if profile is not None else []
        if not differences and is_read and profile is not None and _is_other(each.value, profile):
            differences = [Difference(MEMBER, "", each.value, f"good: {profile.describe()}")]
        if differences and (is_read or differences[0].weight >= RANGE):
            found[each.name] = (10 * is_read + differences[0].weight, each, differences[0])
    ranked = sorted(found.values(), key=lambda each: (-each[0], -each[1].order))
    return [(seen, difference) for _, seen, difference in ranked[:_LED_MAX]]


def _is_other(value: Any, profile: Profile) -> bool:
    return isinstance(value, str | int | float) and value not in profile.values


def _trace(taken: Taken, seen: SeenValue, difference: Difference) -> LedThere:
    path = difference.path
    name = f"{seen.name}{'' if not path or path.startswith('[') else '.'}{path}" if seen.name else path
    return LedThere(name, seen, difference, find_origin(taken, seen, difference))


def _find_slow(taken: Taken, others: list[Taken]) -> tuple[SlowLine, ...]:
    """Return the lines that took much longer than in any good one, the longest first."""
    found = []
    for (chain, line), us in taken.longest_us.items():
        good = [other.longest_us[chain, line] for other in others if (chain, line) in other.longest_us]
        if us >= _SLOW_US and us >= _SLOW_TIMES * max(good, default=0):
            file = chain[-1].partition(":")[0]
            found.append(SlowLine(f"{file}:{line}", us, (min(good, default=0), max(good, default=0))))
    return tuple(sorted(found, key=lambda each: -each.us)[:_LED_MAX])


def _took_longer(
    bad: RecordedInvocation, good: Sequence[RecordedInvocation], slow: tuple[SlowLine, ...]
) -> bool:
    took_us, good_us = _us_of(bad), max(map(_us_of, good), default=0)
    return (
        bool(slow)
        and "failure" not in bad.event
        and took_us >= max(2 * good_us, 1)
        and 2 * slow[0].us >= took_us
    )


def _us_of(recording: RecordedInvocation) -> int:
    return sum(call.us for call in recording.calls if not call.thread)


def _find_callers(taken: Taken, step: Step) -> tuple[str, ...]:
    """Return the places that called the step's call, innermost first: `stock.py:56 reserved`."""
    found, number = [], step.call.number
    while number in taken.parents:
        call, index = taken.parents[number]
        found.append(f"{call.file}:{call.lines[index].line} {call.qualname}")
        number = call.number
    return tuple(found)
