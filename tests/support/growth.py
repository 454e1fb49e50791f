"""Whether a process grows while it does the same again and again."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def count_growth(repeat: Callable[[int], None], first: int, then: int) -> int:
    """How many objects more there are after `then` rounds, once `first` rounds have filled all caches."""
    repeat(first)
    gc.collect()
    before = len(gc.get_objects())
    repeat(then)
    gc.collect()
    return len(gc.get_objects()) - before
