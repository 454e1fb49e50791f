"""Frames that run already: a new code object never reaches them.

They are on the stack of a thread, or suspended: a generator, a coroutine, an async generator.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.interpreter.live_objects import FRAME_OF, iter_generators_of
from hotlog.interpreter.thread_frames import current_frames
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from types import CodeType, FrameType

_SUSPENDS = 0x20 | 0x80 | 0x200  # inspect.CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR


class Running(NamedTuple):
    """A frame that runs already. It is not held: it must die as early as without hotlog.

    Attributes:
        code: what it runs.
        at: offset of the instruction it has come to.
        key: what tells it from other frames that live now.
        thread: the one whose stack it is on; 0 while it is suspended.
        generator: whose frame it is; None for that of an ordinary call.
    """

    code: CodeType
    at: int
    key: int
    thread: int
    generator: weakref.ref[Any] | None


def can_suspend(code: CodeType) -> bool:
    """Return whether the code runs as a generator or coroutine, whose frames can be suspended."""
    return bool(code.co_flags & _SUSPENDS)


def find_running(codes: Collection[CodeType]) -> list[Running]:
    """Return the frames of all threads, and of suspended generators, that run one of these code objects."""
    return [
        Running(
            frame.f_code,
            frame.f_lasti,
            id(frame),
            thread,
            weakref.ref(generator) if generator is not None else None,
        )
        for frame, thread, generator in iter_frames(codes)
    ]


def iter_frames(codes: Collection[CodeType]) -> Iterator[tuple[FrameType, int, object]]:
    """Yield the frames that `find_running` describes, each with its thread and its generator."""
    wanted = {id(code) for code in codes}
    thread_of: dict[int, int] = {}
    for thread, frame in _on_stacks():
        thread_of[id(frame)] = thread
        if id(frame.f_code) in wanted and not can_suspend(frame.f_code):
            yield frame, thread, None
    for generator in iter_generators_of([code for code in codes if can_suspend(code)]):
        its_frame = _frame_of(generator)
        if its_frame is not None:
            yield its_frame, thread_of.get(id(its_frame), 0), generator


def any_left(frames: Iterable[Running]) -> bool:
    """Return whether one of them still runs. Walks stacks only: cheap enough for every safe point."""
    codes = set()
    for each in frames:
        if each.generator is None:
            codes.add(id(each.code))
        elif _frame_of(each.generator()) is not None:
            return True
    return bool(codes) and any(id(frame.f_code) in codes for _, frame in _on_stacks())


def _on_stacks() -> Iterator[tuple[int, FrameType]]:
    top: FrameType | None = None
    frame: FrameType | None = None
    try:
        for thread, top in current_frames().items():
            frame = top
            while frame is not None:
                yield thread, frame
                frame = frame.f_back
    finally:
        # One of the tops is this frame itself. Held by its own variable it would stay until the next collection, and with
        # it all its callers and their variables, the application's among them.
        del top, frame


def _frame_of(candidate: object) -> FrameType | None:
    """Return the frame of a generator or coroutine that has not ended; None for anything else."""
    name = FRAME_OF.get(type(candidate))
    return getattr(candidate, name) if name is not None else None
