"""What every thread, and every task of an event loop, is doing at this moment."""

from __future__ import annotations

import threading
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__
from hotlog.capture.frames import At, stack_of
from hotlog.hits.watchdog import NAME as OWN
from hotlog.interpreter.live_objects import iter_of_types
from hotlog.interpreter.thread_frames import current_frames
from hotlog.namedtuple import NamedTuple
from hotlog.reading.classes import find_loaded
from hotlog.reading.instance_state import instance_dict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType


class Activity(NamedTuple):
    """A thread, or a task that waits, and where it is.

    Attributes:
        kind: `thread` or `task`.
        name: what it is called: of a task, whatever `str` made of the name it was given.
        frames: innermost first.
    """

    kind: str
    name: object
    frames: list[At]


def list_activities(first: int) -> list[Activity]:
    """Return what every thread and task is doing: tasks of the invocation first, then its thread.

    Nobody is stopped for long: a thread that runs Python code stands still only while this one holds the interpreter.

    Args:
        first: the thread of the invocation.
    """
    stacks = current_frames()
    names = {ident: _name_of(thread) for ident, thread in list(threading._active.items())}  # type: ignore[attr-defined]  # noqa: SLF001  # `enumerate` takes a lock that a stuck thread may hold
    threads = [
        Activity("thread", names.get(ident, str(ident)), list(stack_of(stacks[ident])))
        for ident in sorted(stacks, key=lambda ident: ident != first)
        if names.get(ident) != OWN
    ]
    return [*_tasks(threads[0].frames if threads else []), *threads]


def _name_of(thread: object) -> str:
    name = (instance_dict(thread) or {}).get("_name")
    return name if type(name) is str else "?"


def _tasks(stack: list[At]) -> Iterator[Activity]:
    """Yield the waiting tasks of the asyncio loop that runs on this stack, the loop's main task first."""
    runs = [at.frame for at in stack if at.frame.f_code in _codes("run_forever", "run_until_complete")]
    if not runs:
        return
    task_class = find_loaded("asyncio", "Task")
    mains = [frame.f_locals.get("future") for frame in runs]
    tasks = [each for each in iter_of_types(task_class) if not each.done()]
    for task in sorted(tasks, key=lambda task: not any(task is main for main in mains)):
        frames = [At(frame, frame.f_lineno, frame.f_lasti) for frame in _iter_awaited(task.get_coro())]
        if frames:
            yield Activity("task", task.get_name(), frames[::-1])


def _codes(*names: str) -> set[CodeType]:
    loop = find_loaded("asyncio.base_events", "BaseEventLoop")  # another thread may still be importing it
    return {getattr(loop, name).__code__ for name in names} if loop is not None else set()


def _iter_awaited(coroutine: Any) -> Iterator[FrameType]:
    """Yield the frames of a suspended coroutine and of what it awaits; none of one that runs."""
    while True:
        if type(coroutine) is CoroutineType:
            frame, inner, runs = coroutine.cr_frame, coroutine.cr_await, coroutine.cr_running
        elif type(coroutine) is GeneratorType:
            frame, inner, runs = coroutine.gi_frame, coroutine.gi_yieldfrom, coroutine.gi_running
        else:
            return
        if frame is None or runs:
            return
        yield frame
        coroutine = inner
