"""The one broad `except`: what goes wrong while hotlog works ends here, and what is delivered meanwhile goes on.

While hotlog's code runs in the user's thread, an exception may arrive that has nothing to do with it: a signal handler raises, a
debugger's tracer does, another thread delivers one (`PyThreadState_SetAsyncExc`). Swallowing it would break a time-out of the
user's. All else ends here, whoever raised it and whatever it is, `SystemExit` too: the application did not ask for what hotlog
does, so neither an audit hook of its own nor a function that it has put in the place of a library's may fail by it.

An exception was delivered where one of these holds. Nothing is asked of it, or of its class: both may be the application's.

1. A frame below ours is one that nobody called. Its code is that of a signal handler. Or it holds the frame that it interrupts as
   an argument, with a number or the name of an event: a signal handler that is one no longer, a tracer, a profiler. Or it holds
   that frame's code, with an offset: a callback of `sys.monitoring`.
2. It has no frame of its own, so there is no `raise` where it begins, and the code there cannot have raised it:
   it begins at an instruction that calls nothing; or it is a KeyboardInterrupt; or it begins in hotlog or a library that it calls,
   and is an exit, is of a class of the application's, or is empty, as the interpreter makes it from its class; or it begins in code
   of the application's that hotlog came to run, such as a sink, and is empty, of a built-in class or one of its own.

What is left to doubt counts as raised: an exit, or an exception with arguments, that another thread delivers to such a sink while it
calls something; an exception of a signal handler that is compiled, and so has no frame.

What was delivered goes on without our frames, as if it had arrived before the statement that the probe stands at.
"""

from __future__ import annotations

import os
import sys
from _signal import getsignal, valid_signals  # type: ignore[import-not-found]  # those of `signal` are Python, and call builtins
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

from hotlog import __builtins__, limits
from hotlog.config import CALLED_PACKAGES
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType

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
    call: Callable[..., Result], on_fault: Callable[[BaseException], object], *args: object
) -> Result | None:
    """Run hotlog's own work within the application, or somebody else's for it; no error leaves this call.

    Args:
        call: the work.
        on_fault: told of what it raised. It must keep no reference to the exception: its traceback holds the
            application's objects.
        args: what `call` is called with.

    Returns:
        What `call` returned; None after a fault.

    Raises:
        BaseException: whatever was delivered from outside while the work ran.
    """
    try:
        return call(*args)
    except RecursionError as fault:
        try:
            takes(fault, on_fault)
        except RecursionError:  # no room for that call
            return None
        return None
    except BaseException as fault:
        if not takes(fault, on_fault):
            raise
        return None


def ask(call: Callable[..., Result], *args: object) -> Result | None:
    """Ask an object of the application's for something; None where it raises."""
    return run_contained(call, forget, *args)


def wrap_hook(
    call: Callable[..., object],
    on_fault: Callable[[BaseException], object],
    otherwise: Any = None,
    *,
    hands_on: bool = False,
) -> Callable[..., Any]:
    """Wrap a hook in `run_contained`, once; inside, the frame of the hook's caller is `_getframe(2)`.

    Args:
        call: the work.
        on_fault: as for `run_contained`.
        otherwise: the result after a fault.
        hands_on: the hook stands in the way of a value, its first argument: that is the result, whatever becomes of it.
    """

    def shielding(*args: Any, **named: Any) -> Any:
        try:
            found = call(*args, **named)
        except RecursionError:
            found = otherwise
            try:
                takes(_NO_ROOM, on_fault)
            except RecursionError:  # not even room for a call that says so
                found = otherwise
        except BaseException as fault:
            if not takes(fault, on_fault):
                raise
            found = otherwise
        return args[0] if hands_on and args else found

    shielding.__dict__["hands_on"] = hands_on
    return shielding


def hands_on(hook: object) -> bool:
    """Return whether a hook stands in the way of a value, and hands it on."""
    return type(hook) is FunctionType and hook.__dict__.get("hands_on") is True


_NO_ROOM: Final = RecursionError("the stack is full")  # without a traceback, whatever the frames were


_listeners: list[Callable[[BaseException], object]] = []


def listen(on_fault: Callable[[BaseException], object]) -> None:
    """Report to this listener the errors that belong to no rule, such as those of shared tracers."""
    _listeners.append(on_fault)


def stray(fault: BaseException) -> None:
    """Tell the listeners of an error that belongs to no rule; for use as `on_fault`."""
    for on_fault in _listeners:
        on_fault(fault)


def takes(fault: BaseException, on_fault: Callable[[BaseException], object]) -> bool:
    """Return whether an error ends here, and `on_fault` has it. Where it was delivered from outside, raise it again."""
    if type(fault) is not RecursionError and _was_delivered(fault):
        return False
    try:
        on_fault(fault)
    except RecursionError:  # no room to say so
        pass
    except BaseException as second:
        if not takes(second, forget):
            raise
    return True


def _was_delivered(fault: BaseException) -> bool:
    """Return whether it was delivered; then it goes on without the frames that it interrupted.

    An audit hook of the application's may forbid to look at frames: then nobody knows.
    """
    try:
        frames = _frames(fault)
        count = _count_interrupted(fault, frames)
        if count is not None:
            BaseException.with_traceback(fault, frames[count] if count < len(frames) else None)
    except BaseException as second:
        try:
            again = is_async_exception(second)
        except BaseException:  # noqa: BLE001  # it forbids that look, too
            again = False
        if again:
            raise
        return False
    return count is not None


def forget(_: BaseException) -> None:
    """Ignore an error of what reports errors: nobody is left to report to."""


def is_async_exception(fault: BaseException) -> bool:
    """Return whether it was delivered while hotlog's code, or what that called, was running: see the top of this module."""
    return _count_interrupted(fault, _frames(fault)) is not None


def _count_interrupted(fault: BaseException, frames: list[TracebackType]) -> int | None:
    """Return how many of an exception's frames ran as it was delivered; None where it was not."""
    if not frames:
        return None
    handlers = _signal_handlers()
    for count, at in enumerate(frames):
        # Of our own frames some still run: a look at their variables would make a cycle that keeps them.
        if at.tb_frame.f_code in handlers or (not _is_home(at) and _is_interruption(at.tb_frame)):
            return count
    return len(frames) if _has_no_frame(fault, frames[-1]) else None


def _is_interruption(frame: FrameType) -> bool:
    """Return whether a frame is that of a signal handler, which gets a number and the frame that it interrupts, or of a tracer."""
    code, interrupted = frame.f_code, frame.f_back
    if interrupted is None:
        return False
    count = code.co_argcount
    known = frame.f_locals
    arguments = [known.get(name) for name in code.co_varnames[:count]]
    if code.co_flags & _HAS_VARARGS:
        more = known.get(code.co_varnames[count + code.co_kwonlyargcount])
        arguments += more if type(more) is tuple else ()
    return any(each is interrupted or each is interrupted.f_code for each in arguments) and any(
        type(each) is int or (type(each) is str and each in _TRACED) for each in arguments
    )


def _has_no_frame(fault: BaseException, last: TracebackType) -> bool:
    """Return whether an exception that begins in this frame was delivered to it."""
    cls = type(fault)
    instruction = last.tb_frame.f_code.co_code[last.tb_lasti]
    if issubclass(cls, _WITHOUT_ARGUMENTS) or instruction == _RAISES:
        return False
    if instruction in _CALLS_NOTHING or issubclass(cls, KeyboardInterrupt):
        return True
    is_exit, is_empty = issubclass(cls, SystemExit), not _args_of(fault)
    module = str(_module_of(cls))
    if _is_home(last) or _is_called(str(last.tb_frame.f_globals.get("__name__", ""))):
        return is_exit or is_empty or not _is_called(module)
    return is_empty and not is_exit and (module == "builtins" or not _is_called(module))


_args_of: Final[Callable[[BaseException], object]] = vars(BaseException)["args"].__get__
_module_of: Final[Callable[[type], object]] = vars(type)["__module__"].__get__
_name_of: Final[Callable[[type], object]] = vars(type)["__name__"].__get__
_HAS_VARARGS: Final = 4  # of `co_flags`: `inspect`, which names it, takes long to import
_TRACED: Final = frozenset("call line return exception opcode c_call c_return c_exception".split())  # noqa: SIM905  # no kinds of rules


def _looping() -> NoReturn:
    while True:
        pass


def _raising() -> NoReturn:
    raise StopIteration


# RAISE_VARARGS, and what an empty loop is made of, such as RESUME and JUMP_BACKWARD; 0 fills up. `opcode`, which names them, takes a
# millisecond to import.
_RAISES: Final = _raising.__code__.co_code[-2]
_CALLS_NOTHING: Final = frozenset(_looping.__code__.co_code[::2]) - {0}
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
    if issubclass(type(fault), HotlogError):
        return cast("HotlogError", fault).message
    words = run_contained(str, forget, fault)  # of a class of the application's, which may do anything
    return f"{_name_of(type(fault))}: {'it does not say what it is' if words is None else words}{place}"
