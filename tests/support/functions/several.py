"""Several handlers in one module, as in a service with one function per route: all wrapped, one of them is run."""

from __future__ import annotations

import hotlog


def work(number: int) -> int:
    doubled = number * 2
    return doubled + 1  # <work>


@hotlog.wrap
def first(event: int, context: object) -> int:
    return work(event)


@hotlog.wrap
def second(event: int, context: object) -> int:
    return -work(event)
