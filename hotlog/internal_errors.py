"""The one broad `except`: a fault of hotlog never reaches the application, and an application's never stays here.

While hotlog's code runs in the user's thread, an exception may arrive that is none of hotlog's: a signal handler
raises, another thread delivers one (`PyThreadState_SetAsyncExc`). Swallowing it would break a time-out of the user's.
"""

from __future__ import annotations

import os
import sys
from _signal import getsignal, valid_signals  # type: ignore[import-not-found]  # those of `signal` are Python, and call builtins
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from hotlog import __builtins__, limits
from hotlog.config import CALLED_PACKAGES
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, TracebackType

Result = TypeVar("Result")

_HOME = os.path.dirname((lambda: None).__code__.co_filename) + os.sep  # as the frames of hotlog name it
_LAYER = {"hotlog_layer", "hotlog_start"}  # the layer's packages by its names, and what imports them
_CALLED = (sys.stdlib_module_names - {"__main__"}) | CALLED_PACKAGES | _LAYER


# By the interpreter's own accessors: a class of the application's may refuse to have an attribute set, as frozen
# dataclasses do, or compute it.
traceback_of: Final[Callable[[BaseException], TracebackType | None]] = vars(BaseException)[
    "__traceback__"
].__get__


def leave_out_frame(fault: BaseException) -> None:
    """Take the first entry off a traceback: that of the frame which catches the exception and raises it again.

    A bare `raise` adds no entry for that frame. So the traceback is the one that its caller would have seen.
    """
    entries = traceback_of(fault)
    if entries is not None:
        BaseException.with_traceback(fault, entries.tb_next)


def run_contained(
    call: Callable[..., Result],
    on_fault: Callable[[Exception], object],
    *args: object,
    owns: Callable[[Exception], bool] | None = None,
) -> Result | None:
    """Run hotlog's own work within the application; an error of hotlog never leaves this call.

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
        if not takes(fault, on_fault, owns):
            raise
        return None


def run_isolated(
    call: Callable[..., Result], on_fault: Callable[[BaseException], object], *args: object
) -> Result | None:
    """Run work of hotlog's that stands beside the application's: whatever it raises ends here, unless it was delivered.

    At a safe point the application has nothing to say. Still its code may come to run: a comparison of its own in
    `sys.meta_path`, a module of its own called `ast`, a clock that it has replaced. What that raises would keep the
    handler from running.

    Args:
        call: the work.
        on_fault: as for `run_contained`.
        args: what `call` is called with.
    """
    try:
        return call(*args)
    except BaseException as fault:
        if is_async_exception(fault):
            raise
        on_fault(fault)
        return None


def ask(call: Callable[..., Result], *args: object) -> Result | None:
    """Ask an object of the application's for something; None where it raises, be it `SystemExit` or `CancelledError`.

    The handler did not ask: an answer that ends it would be hotlog's doing.
    """
    try:
        return call(*args)
    except BaseException as fault:
        if is_async_exception(fault):
            raise
        return None


def wrap_hook(
    call: Callable[..., Result], on_fault: Callable[[Exception], object], otherwise: Any = None
) -> Callable[..., Result]:
    """Wrap a hook in `run_contained`, once; inside, the frame of the hook's caller is `_getframe(2)`.

    Args:
        call: the work.
        on_fault: as for `run_contained`.
        otherwise: the result after a fault.
    """

    def shielding(*args: Any, **named: Any) -> Result:
        try:
            return call(*args, **named)
        except Exception as fault:
            if not takes(fault, on_fault):
                raise
            result: Result = otherwise
            return result

    return shielding


_listeners: list[Callable[[Exception], object]] = []


def listen(on_fault: Callable[[Exception], object]) -> None:
    """Report to this listener the errors that belong to no rule, such as those of shared tracers."""
    _listeners.append(on_fault)


def stray(fault: Exception) -> None:
    """Tell the listeners of an error that belongs to no rule; for use as `on_fault`."""
    for on_fault in _listeners:
        on_fault(fault)


def takes(
    fault: Exception,
    on_fault: Callable[[Exception], object],
    owns: Callable[[Exception], bool] | None = None,
) -> bool:
    """Return whether an error ends here: it is hotlog's own, and `on_fault` has it. Else raise it again."""
    if is_async_exception(fault) or not (owns or is_own)(fault):
        return False
    try:
        on_fault(fault)
    except Exception as second:
        if not takes(second, forget, owns):
            raise
    return True


def forget(_: Exception) -> None:
    """Ignore an error of what reports errors: nobody is left to report to."""


def owns_any(_: Exception) -> bool:
    """Own every error, in a thread of hotlog's own, where nobody else could take it; for `owns`."""
    return True


def is_own(fault: Exception) -> bool:
    """Return whether hotlog's own code raised it, or a library it called.

    The frames below the last of hotlog's tell: all of them belong to libraries that hotlog calls, and so does the
    fault's type; or it was delivered from outside.
    """
    frames = _frames(fault)
    last = max((at for at, frame in enumerate(frames) if _is_home(frame)), default=None)
    if last is None or is_async_exception(fault):
        return False
    called = [str(frame.tb_frame.f_globals.get("__name__", "")) for frame in frames[last + 1 :]]
    return all(_is_called(name) for name in called) and (
        isinstance(fault, HotlogError) or _is_called(type(fault).__module__)
    )


def is_async_exception(fault: BaseException) -> bool:
    """Return whether it came from outside while hotlog's code, or a library that it called, was running.

    From a signal handler: its frame lies on top of ours like that of a function we called. From another thread: it has
    no frame of its own, no arguments (`PyThreadState_SetAsyncExc` makes it from its class) and no `raise` where it begins.
    """
    frames = _frames(fault)
    handlers = _signal_handlers()
    if any(frame.tb_frame.f_code in handlers for frame in frames):
        return True
    if not frames:
        return False
    if isinstance(
        fault, SystemExit
    ):  # hotlog never exits: the application's handler of a signal does, such as `sys.exit`
        return _is_home(frames[-1])
    if fault.args or isinstance(fault, _WITHOUT_ARGUMENTS):
        return False
    code, at = frames[-1].tb_frame.f_code, frames[-1].tb_lasti
    inside = _is_home(frames[-1]) or _is_called(str(frames[-1].tb_frame.f_globals.get("__name__", "")))
    return inside and code.co_code[at] != _RAISES


def _raising() -> NoReturn:
    raise StopIteration


_RAISES: Final = _raising.__code__.co_code[
    -2
]  # RAISE_VARARGS: `opcode`, which names it, takes a millisecond to import
_WITHOUT_ARGUMENTS = (MemoryError, StopIteration, StopAsyncIteration)  # the interpreter raises these without


def _frames(fault: BaseException) -> list[TracebackType]:
    found = []
    at = traceback_of(fault)
    while at is not None:
        found.append(at)
        at = at.tb_next
    return found


def _is_home(at: TracebackType) -> bool:
    return at.tb_frame.f_code.co_filename.startswith(_HOME)


def _is_called(module: str) -> bool:
    return module.partition(".")[0] in _CALLED


def _signal_handlers() -> set[CodeType]:
    """Return the code of the application's signal handlers. It only looks: nothing of theirs is called."""
    codes = set()
    for number in valid_signals():
        called: Any = getsignal(number)
        while type(called) in {MethodType, partial}:
            called = called.__func__ if type(called) is MethodType else called.func
        if callable(called) and type(called) is not FunctionType:
            called = next(
                (vars(cls)["__call__"] for cls in type(called).__mro__ if "__call__" in vars(cls)), None
            )
        if type(called) is FunctionType:
            codes.add(called.__code__)
    return codes


class Breaker:
    """Counts hotlog's own faults in one environment; at the last that it bears it opens.

    Args:
        on_open: told of that fault. It must keep no reference to it, and must not raise.

    Attributes:
        is_open: hotlog shall do nothing more, until the rules change.
    """

    def __init__(self, on_open: Callable[[BaseException], object]) -> None:
        self._on_open = on_open
        self.is_open = False
        self._faults = 0

    def note(self, fault: BaseException) -> None:
        """Count one more error."""
        self._faults += 1
        if self._faults >= limits.INTERNAL_FAULTS_MAX and not self.is_open:
            self.is_open = True
            self._on_open(fault)

    def close(self) -> None:
        """Begin anew."""
        self._faults, self.is_open = 0, False


def describe(fault: BaseException) -> str:
    """Return the error as text: its type, its message, and the place in hotlog that it came from."""
    place, at = "", traceback_of(fault)
    while at is not None:
        name = at.tb_frame.f_code.co_filename
        if name.startswith(_HOME):
            place = f" (hotlog/{name[len(_HOME) :]}:{at.tb_lineno})"
        at = at.tb_next
    if isinstance(fault, HotlogError):
        return fault.message
    try:
        words = str(fault)
    except Exception:  # noqa: BLE001  # of a class of the application's, which may do anything
        words = "it does not say what it is"
    return f"{type(fault).__name__}: {words}{place}"
