"""Hits within hits: what hotlog does at a hit may itself reach a probe; that hit is counted, and does nothing else.

A thread that begins a hit leaves its mark. Whatever interrupts a hook, or makes two stacks of one thread, may leave that
behind, so a mark only says that a hit may be under way: the frames tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hotlog import __builtins__

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

Function = TypeVar("Function", bound="Callable[..., object]")

_hits: list[CodeType] = []


def is_hit(function: Function) -> Function:
    """Mark a function within which a hit runs; closures of the same source share one mark."""
    code: CodeType = function.__code__
    if not any(code is one for one in _hits):
        _hits.append(code)
    return function


def is_within_hit(frame: FrameType | None) -> bool:
    """Return whether a hit is under way in this frame or one of its callers."""
    while frame is not None:
        code = frame.f_code
        for one in _hits:
            if code is one:
                return True
        frame = frame.f_back
    return False
