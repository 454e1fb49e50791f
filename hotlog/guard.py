"""The one broad `except`: a fault of hotlog never reaches the application, and an application's never stays here.

While hotlog's code runs in the user's thread, an exception may arrive that is none of hotlog's: a signal handler
raises, another thread delivers one (`PyThreadState_SetAsyncExc`). Swallowing it would break a time-out of the user's.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeVar

from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Result = TypeVar("Result")

_HOME = os.path.dirname(os.path.realpath(__file__)) + os.sep
_CALLED = sys.stdlib_module_names | {"boto3", "botocore", "s3transfer", "urllib3", "bytecode", "watchtower"}


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
        owns: whether a fault is to end here; None means `is_own`.

    Returns:
        What `call` returned; None after a fault.

    Raises:
        BaseException: whatever was delivered from outside while the work ran.
    """
    try:
        return call(*args)
    except Exception as fault:
        if not (owns or is_own)(fault):
            raise
        on_fault(fault)
        return None


def is_own(fault: Exception) -> bool:
    """Whether hotlog's own code raised it, or a library it called.

    The last of hotlog's frames tells: either it raised, or it called somebody who did. A signal handler's frame lies
    on top of ours like that of a function we called, but belongs to code that hotlog never calls. An exception from
    another thread has no frame of its own: then only a type that hotlog's code cannot raise gives it away.
    """
    last, called = None, None
    at: TracebackType | None = fault.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename.startswith(_HOME):
            last, called = at, at.tb_next
        at = at.tb_next
    if last is None:
        return False
    if called is not None:
        package = str(called.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        return package in _CALLED
    return isinstance(fault, HotlogError) or type(fault).__module__ == "builtins"


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
