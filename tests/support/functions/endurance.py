"""A bit of everything, with an answer that can be told beforehand; and what the process holds by now."""

# ruff: noqa: RET504 - a line more to probe

from __future__ import annotations

import contextlib
import functools
import gc
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Cart:
    """Something with methods and a property."""

    def __init__(self, items: list[int]) -> None:
        self.items = items

    @property
    def size(self) -> int:
        count = len(self.items)
        return count

    def total(self) -> int:
        total = 0
        for item in self.items:
            total += item
        return total


def numbers(n: int) -> Iterator[int]:
    for at in range(n % 7 + 1):
        value = at * n
        yield value


def adder(n: int) -> Callable[[int], int]:
    def add(to: int) -> int:
        result = to + n
        return result

    return add


@functools.lru_cache(maxsize=4)
def cached(n: int) -> int:
    square = n * n
    return square


def guarded(n: int) -> str:
    with contextlib.suppress(KeyError):
        if n % 3 == 0:
            raise KeyError(n)
        return "through"
    missed = f"missed {n}"
    return missed


def answer(n: int) -> dict[str, Any]:
    cart = Cart(list(numbers(n)))
    return {
        "total": cart.total(),
        "size": cart.size,
        "added": adder(n)(1),
        "cached": cached(n % 11),
        "guarded": guarded(n),
    }


def held() -> dict[str, int]:
    gc.collect()
    with open("/proc/self/statm") as statm:  # noqa: PTH123  # a descriptor less while it is counted
        resident = int(statm.read().split()[1]) * PAGE_BYTES
    return {
        "resident_bytes": resident,
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
    }


def handler(event: Any, context: Any) -> Any:
    return held() if event == "held" else answer(event)
