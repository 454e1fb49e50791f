"""The one broad `except`: a fault of hotlog never reaches the application, and an application's never stays here.

While hotlog's code runs in the user's thread, an exception may arrive that is none of hotlog's: a signal handler
raises, another thread delivers one (`PyThreadState_SetAsyncExc`). Swallowing it would break a time-out of the user's.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeVar

from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType

Result = TypeVar("Result")

_HOME = os.path.dirname((lambda: None).__code__.co_filename) + os.sep  # as the frames of hotlog name it
_LIBRARIES = {"boto3", "botocore", "s3transfer", "urllib3", "bytecode", "watchtower"}
_LAYER = {"hotlog_layer", "hotlog_start"}  # the layer's packages by its names, and what imports them
_CALLED = (sys.stdlib_module_names - {"__main__"}) | _LIBRARIES | _LAYER


def contained(
    call: Callable[..., Result],
    on_fault: Callable[[Exception], object],
    *args: object,
    owns: Callable[[Exception], bool] | None = None,
) -> Result | None:
    """Run hotlog's own work within the application; a fault of it ends here.

    Args:
        call: the work.
        on_fault: told of a fault of hotlog's. It must keep no reference to the exception: its traceback holds the
            application's objects.
        args: what `call` is called with.
        owns: whether a fault that was not delivered from outside is to end here; None means `is_own`.

    Returns:
        What `call` returned; None after a fault.

    Raises:
        BaseException: whatever was delivered from outside while the work ran.
    """
    try:
        return call(*args)
    except Exception as fault:
        if is_delivered(fault) or not (owns or is_own)(fault):
            raise
        on_fault(fault)
        return None


def any_fault(_: Exception) -> bool:
    """For `owns`, in a thread of hotlog's own: nobody else is there to be told."""
    return True


def shielded(
    call: Callable[[tuple[Any, ...], Any], object], on_fault: Callable[[Exception], object]
) -> Callable[[tuple[Any, ...], FrameType | None], None]:
    """`contained` for what a hit does, in half the time.

    Args:
        call: the work, from the values that patched code passed and the frame that was handed over, or None.
        on_fault: as for `contained`.
    """

    def shielding(values: tuple[Any, ...], frame: FrameType | None) -> None:
        try:
            call(values, frame)
        except Exception as fault:
            if is_delivered(fault) or not is_own(fault):
                raise
            on_fault(fault)

    return shielding


def is_own(fault: Exception) -> bool:
    """Whether hotlog's own code raised it, or a library it called.

    The frames below the last of hotlog's tell: all of them belong to libraries that hotlog calls, and so does the
    fault's type; or it was delivered from outside.
    """
    frames = _frames(fault)
    last = max((at for at, frame in enumerate(frames) if _is_home(frame)), default=None)
    if last is None or is_delivered(fault):
        return False
    called = [str(frame.tb_frame.f_globals.get("__name__", "")) for frame in frames[last + 1 :]]
    return all(_is_called(name) for name in called) and (
        isinstance(fault, HotlogError) or _is_called(type(fault).__module__)
    )


def is_delivered(fault: Exception) -> bool:
    """Whether it came from outside while hotlog's code, or a library that it called, was running.

    From a signal handler: its frame lies on top of ours like that of a function we called. From another thread: it has
    no frame of its own, no arguments (`PyThreadState_SetAsyncExc` makes it from its class) and no `raise` where it begins.
    """
    frames = _frames(fault)
    handlers = _signal_handlers()
    if any(frame.tb_frame.f_code in handlers for frame in frames):
        return True
    if fault.args or isinstance(fault, _WITHOUT_ARGUMENTS) or not frames:
        return False
    code, at = frames[-1].tb_frame.f_code, frames[-1].tb_lasti
    inside = _is_home(frames[-1]) or _is_called(str(frames[-1].tb_frame.f_globals.get("__name__", "")))
    from opcode import opmap  # cold start: nothing has gone wrong yet

    return inside and code.co_code[at] != opmap["RAISE_VARARGS"]


_WITHOUT_ARGUMENTS = (MemoryError, StopIteration, StopAsyncIteration)  # the interpreter raises these without


def _frames(fault: Exception) -> list[TracebackType]:
    found = []
    at = fault.__traceback__
    while at is not None:
        found.append(at)
        at = at.tb_next
    return found


def _is_home(at: TracebackType) -> bool:
    return at.tb_frame.f_code.co_filename.startswith(_HOME)


def _is_called(module: str) -> bool:
    return module.partition(".")[0] in _CALLED


def _signal_handlers() -> set[CodeType]:
    """The code of the application's signal handlers. Looks, and calls nothing of theirs."""
    signal = sys.modules.get("signal")
    handlers = [signal.getsignal(number) for number in signal.valid_signals()] if signal is not None else []
    codes = set()
    for handler in handlers:
        called = handler
        while type(called) in {MethodType, partial}:
            called = called.__func__ if type(called) is MethodType else called.func
        if callable(called) and type(called) is not FunctionType:
            called = next(
                (vars(cls)["__call__"] for cls in type(called).__mro__ if "__call__" in vars(cls)), None
            )
        if type(called) is FunctionType:
            codes.add(called.__code__)
    return codes


def describe(fault: BaseException) -> str:
    """The fault as text: its type, what it says, and the place in hotlog it came from."""
    place, at = "", fault.__traceback__
    while at is not None:
        name = at.tb_frame.f_code.co_filename
        if name.startswith(_HOME):
            place = f" (hotlog/{name[len(_HOME) :]}:{at.tb_lineno})"
        at = at.tb_next
    if isinstance(fault, HotlogError):
        return fault.message
    return f"{type(fault).__name__}: {fault}{place}"
