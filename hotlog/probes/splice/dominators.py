"""What every way to an instruction passes: the order of a walk, and the dominators in it (Cooper, Harvey and Kennedy)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


def reverse_postorder(start: int, successors: Callable[[int], Iterable[int]]) -> list[int]:
    """Return what can be reached, each before all that it leads to, but for loops."""
    # A depth-first search with a stack of its own, as code can be deeper than Python's recursion limit.
    done: list[int] = []
    seen = {start}
    path = [(start, iter(successors(start)))]
    while path:
        index, following_ones = path[-1]
        for following in following_ones:
            if following not in seen:
                seen.add(following)
                path.append((following, iter(successors(following))))
                break
        else:
            path.pop()
            done.append(index)
    done.reverse()
    return done


def find_dominators(
    order: Sequence[int], rank: Mapping[int, int], befores: Callable[[int], Iterable[int]]
) -> dict[int, int]:
    """Return the immediate dominator of each of them; of the first one itself.

    Args:
        order: in reverse postorder.
        rank: the place of each in it.
        befores: returns what may run before one.
    """
    found = {order[0]: order[0]}
    # Repeat until nothing changes; without loops that are two rounds.
    changed = True
    while changed:
        changed = False
        for index in order[1:]:
            # The nearest common dominator of all that lead here, as far as known in this round.
            new: int | None = None
            for source in befores(index):
                if source in found:
                    new = source if new is None else _meet(new, source, rank, found)
            if new is not None and found.get(index) != new:
                found[index] = new
                changed = True
    return found


def _meet(one: int, other: int, rank: Mapping[int, int], found: Mapping[int, int]) -> int:
    """Walk up from both, always from the one that comes later, until they meet."""
    while one != other:
        while rank[one] > rank[other]:
            one = found[one]
        while rank[other] > rank[one]:
            other = found[other]
    return one
