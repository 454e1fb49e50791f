"""Which way through the code separates bad invocations from good ones.

    events of all environments ── merge ──> ways with counts ── rank ──> suspects, best first ── fold ──> consequences

1. The score of a way is Ochiai's: bad ones that came by it / sqrt(all bad ones * all that came by it). It is 1 where all bad ones
   and no good one came by.
2. Among equals the one comes first that the bad ones came by first: what follows a cause is seen together with it.
3. Where that is the kind of a value, the first branch or exception among its equals is the place: a value is handed through many
   calls before it matters. The kind is told with it.
4. What comes behind the first exception that left a function, and what the same invocations came by later, follows from it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.comparing.kind_words import describe_kind
from hotlog.client.showing.lines import object_in, objects_in, text_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hotlog.events import Event

    Place = tuple[Any, ...]

# How much larger the share of bad ones that came by is than that of good ones: of what is called a suspect, and what is listed. A way
# that all take has a high score where many invocations are bad.
SEPARATES: Final = 0.5
_LISTED_FROM: Final = 0.2
_KINDS: Final = ("argument", "result")  # the sorts that are the kind of a value
_HANDLED: Final = ("handled", "not handled")


class Way(NamedTuple):
    """A way through the code, and how many came by.

    Attributes:
        at: file and line.
        qualname: of the function.
        sort: `way`, `raised`, `left`, `argument` or `result`.
        name: of the argument, or the part of the result; of all else empty.
        what: which way it went, the class of the exception, the kind of the value.
        span: where in the source the test stands; None where that is not known.
        good: invocations that came by.
        bad: likewise.
        order: the place of it among all that a bad one came by, on average.
    """

    at: str
    qualname: str
    sort: str
    name: str
    what: str
    span: tuple[int, int, int, int] | None
    good: int
    bad: int
    order: float


class Suspect(NamedTuple):
    """A way that separates bad invocations from good ones.

    Attributes:
        way: the way.
        score: from 0 to 1.
        separates: whether bad ones come by and good ones do not, by and large.
        says: what was so there, in words: `line.quantity < 1 raised TypeError`.
        reads: what to log there to see more.
        follows: how many later ways go with it.
    """

    way: Way
    score: float
    separates: bool
    says: str
    reads: str
    follows: int


class Suspects(NamedTuple):
    """What was found.

    Attributes:
        good: invocations that were counted.
        bad: likewise.
        ranked: best first; not all of them separate well.
        followers: the ways that go with the first suspect, or follow from its exception.
    """

    good: int
    bad: int
    ranked: tuple[Suspect, ...] = ()
    followers: tuple[Suspect, ...] = ()

    @property
    def is_too_few(self) -> bool:
        """Return whether there are too few bad invocations, or good ones, to tell."""
        return min(self.good, self.bad) < desk_limits.SUSPECTS_BAD_MIN

    @property
    def separating(self) -> tuple[Suspect, ...]:
        """Return those that separate well."""
        return tuple(each for each in self.ranked if each.separates)


def rank_suspects(
    events: Iterable[Event], text_of: Callable[[str, tuple[int, int, int, int]], str]
) -> Suspects:
    """Return which ways separate the bad invocations from the good ones.

    Args:
        events: of rules of the kind `suspects`, of any number of environments.
        text_of: returns the source of a span of a file; empty where it is not known.
    """
    good, bad, ways = merge_ways(events)
    scored = [(score_of(way, bad), way) for way in ways if way.bad]
    scored.sort(key=lambda each: (-round(each[0], 3), each[1].order))
    lifts = {id(way): _lift_of(way, good, bad) for _, way in scored}
    found = [each for each in scored if each[1].sort != "left" and lifts[id(each[1])] >= _LISTED_FROM]
    if not found:
        return Suspects(good, bad)
    left = [each for each in scored if each[1].sort == "left" and lifts[id(each[1])] >= SEPARATES]
    fault_order = _find_first_fault(left)
    # What comes behind that exception leads nothing, unless nothing before it separates.
    before = [each for each in found if each[1].order <= fault_order]
    behind = [each for each in found if each[1].order > fault_order]
    if not before or lifts[id(before[0][1])] < SEPARATES:
        before, behind = found, []
    ranked: list[tuple[float, Way]] = []
    followers: dict[int, list[tuple[float, Way]]] = {0: behind}
    for score, way in before:
        leads = next((number for number, each in enumerate(ranked) if _goes_with(way, each[1])), None)
        if leads is None:
            ranked.append((score, way))
        else:
            followers.setdefault(leads, []).append((score, way))

    kind = ranked[0] if ranked[0][1].sort in _KINDS else None
    place = _find_place(ranked[0], followers[0]) if kind is not None else None
    if kind is not None and place is not None:
        ranked[0], followers[0] = place, [kind, *(each for each in followers[0] if each is not place)]

    def tell(score: float, way: Way, follows: int) -> Suspect:
        text = text_of(way.at.rpartition(":")[0], way.span) if way.span is not None else ""
        separates = lifts[id(way)] >= SEPARATES
        return Suspect(way, score, separates, _say(way, text), text or way.name, follows)

    told = [tell(*each, len(followers.get(number, ()))) for number, each in enumerate(ranked)]
    if kind is not None and place is not None:
        led = _say(kind[1], "").replace("its result", f"the result of {kind[1].qualname}")
        if led.rpartition(" was ")[2].lower() != told[0].says.rpartition(" was ")[2].lower():
            told[0] = told[0]._replace(says=f"{told[0].says}, where {led}")
    return Suspects(
        good,
        bad,
        tuple(told[: desk_limits.SUSPECTS_LISTED]),
        tuple(tell(*each, 0) for each in followers.get(0, ())),
    )


def score_of(way: Way, bad: int) -> float:
    """Return how well a way separates, from 0 to 1."""
    came_by = way.good + way.bad
    return way.bad / math.sqrt(bad * came_by) if bad and came_by else 0.0


def _lift_of(way: Way, good: int, bad: int) -> float:
    """Return by how much the share of bad ones that came by is larger than that of good ones."""
    return (way.bad / bad if bad else 0.0) - (way.good / good if good else 0.0)


def merge_ways(events: Iterable[Event]) -> tuple[int, int, list[Way]]:
    """Return how many invocations were good and bad, and the ways of all of them, each once."""
    good = bad = 0
    known: dict[Place, Way] = {}
    for event in events:
        invocations = object_in(event, "invocations")
        good, bad = good + _count_in(invocations, "good"), bad + _count_in(invocations, "bad")
        for function in objects_in(event, "reached"):
            for each in objects_in(function, "ways"):
                place, way = _read_way(function, each)
                before = known.get(place)
                known[place] = way if before is None else _add(before, way)
    return good, bad, list(known.values())


def _read_way(function: Event, each: Event) -> tuple[Place, Way]:
    sort = next((name for name in ("way", "raised", "left", "argument", "result") if name in each), "")
    is_value = sort in {"argument", "result"}
    name = text_in(each, sort) if is_value else ""
    what = text_in(each, "kind" if is_value else sort)
    at, span = text_in(function, "at"), _span_in(each)
    if span is not None:
        at = f"{at.rpartition(':')[0]}:{span[0]}"
    place = (
        text_in(function, "at"),
        text_in(function, "qualname"),
        sort,
        name,
        what,
        None if sort == "left" else span,
    )
    order = each.get("order")
    return place, Way(
        at, text_in(function, "qualname"), sort, name, what, span, _count_in(each, "good"), _count_in(each, "bad"),
        float(order) if isinstance(order, int | float) else 0.0,
    )  # fmt: skip


def _add(one: Way, other: Way) -> Way:
    bad = one.bad + other.bad
    order = (one.order * one.bad + other.order * other.bad) / bad if bad else 0.0
    return one._replace(good=one.good + other.good, bad=bad, order=order)


def _count_in(holder: Event, name: str) -> int:
    found = holder.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def _span_in(each: Event) -> tuple[int, int, int, int] | None:
    found = each.get("span")
    if not isinstance(found, list) or len(found) != 4 or not all(isinstance(number, int) for number in found):  # noqa: PLR2004  # two places
        return None
    return (found[0], found[1], found[2], found[3])


def _find_first_fault(left: Sequence[tuple[float, Way]]) -> float:
    """Return when the first exception left a function that as many bad ones as any saw; what comes later follows from it."""
    return min((way.order for score, way in left if score >= left[0][0] - 0.001), default=math.inf)


def _goes_with(way: Way, first: Way) -> bool:
    """Return whether the same invocations came by both, as far as the counts tell."""
    return (way.good, way.bad) == (first.good, first.bad) and way.order >= first.order


def _find_place(first: tuple[float, Way], followers: Sequence[tuple[float, Way]]) -> tuple[float, Way] | None:
    """Return the first branch, or exception, that exactly the same invocations came by; None where there is none."""
    same = [
        each
        for each in followers
        if each[1].sort in {"way", "raised"}
        and each[1].what not in _HANDLED
        and _goes_with(each[1], first[1])
    ]
    return min(same, key=lambda each: each[1].order, default=None)


def _say(way: Way, text: str) -> str:
    """Return in words what was so."""
    shown = text or "the test here"
    if way.sort == "raised":
        return f"{text or 'the statement'} raised {way.what}"
    if way.sort == "argument":
        return f"{way.name} was {describe_kind(way.what)}"
    if way.sort == "result":
        return (
            f"{'its result' if not way.name else f'{way.name} of its result'} was {describe_kind(way.what)}"
        )
    if way.what in {"next", "end"}:
        return f"the loop over {text or 'this'} {'had another element' if way.what == 'next' else 'came to its end'}"
    if way.what in _HANDLED:
        return f"except {text.removeprefix('except ').rstrip(':')}: {way.what}"
    return f"{shown} was {way.what}"
