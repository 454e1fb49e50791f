"""Which exception is on its way through a frame, on 3.11: its tracer is told where one begins, but not where one goes on.

At the end of a frame the tracer is given None for a call that returns None and for one that raises. The instruction tells
which: a frame that returns stands at its `RETURN_VALUE`. What it raises is found by the instructions that raise without an
event: a `raise` without a value, and `RERAISE`, with which a `with`, a `finally`, and an `except` for other types end.

    exception event ──> in flight ── handled: `sys.exception()` ── raise, RERAISE ──> in flight ──> end of the frame
"""

from __future__ import annotations

from opcode import opmap
from sys import exception
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__
from hotlog.interpreter.live_objects import iter_of_types

if TYPE_CHECKING:
    from types import FrameType

_RETURN: Final = opmap["RETURN_VALUE"]
_YIELD: Final = opmap["YIELD_VALUE"]
_RAISE: Final = opmap["RAISE_VARARGS"]
_RERAISE: Final = opmap["RERAISE"]
_POP_EXCEPT: Final = opmap["POP_EXCEPT"]
_REGROUP: Final = opmap.get("PREP_RERAISE_STAR")  # an instruction of 3.11 alone
# Of `RERAISE`: it stands behind a handler that has been left, and raises what came out of that handler.
_LEFT_HANDLER: Final = 1
# By the interpreter's own accessor: a class of the application's may compute the attribute.
_exceptions_of: Final = vars(BaseExceptionGroup)["exceptions"].__get__


class RaisedInFrame:
    """The exception that is on its way through one frame. Told of each instruction once there has been one.

    Attributes:
        is_raising: the instruction that ran last has raised, and no handler has begun since.
    """

    __slots__ = ("_groups", "_in_flight", "_is_handled", "_kinds", "_new_group", "is_raising")

    def __init__(self) -> None:
        self._in_flight: BaseException | None = None
        self.is_raising = self._is_handled = False
        self._groups: frozenset[int] | None = None  # that were there before an `except*` made one
        self._kinds: set[type] = set()  # that such a group may have
        self._new_group: BaseException | None = None

    def begins(self, fault: BaseException) -> None:
        """Note an exception that the interpreter tells of."""
        self._in_flight, self.is_raising = fault, True

    def goes_on(self, frame: FrameType) -> None:
        """Note an instruction that is about to run: it may raise again what is handled."""
        code, at = frame.f_code.co_code, frame.f_lasti
        # Never by the frame's position: `RERAISE` sets it back to where the exception began, which may be a `yield`.
        self.is_raising = code[at] in {_RAISE, _RERAISE}
        if self._is_handled and not self.is_raising:
            self._in_flight = None  # it shall die as early as without a trace
        self._is_handled = code[at] == _POP_EXCEPT
        if self._groups is not None:
            # No new one: it goes on with what was raised in it last.
            new = _outermost([each for each in iter_of_types(*self._kinds) if id(each) not in self._groups])
            self._new_group = new if new is not None else self._in_flight
            self._groups = None
        if code[at] == _RAISE and code[at + 1] == 0:
            self._in_flight = exception()
        elif code[at] == _RERAISE and code[at + 1] != _LEFT_HANDLER:
            self._in_flight = self._new_group if self._new_group is not None else exception()
            self._new_group = None
        elif code[at] == _REGROUP:
            # What an `except*` leaves is a new group, which no variable holds.
            self._kinds = {ExceptionGroup, BaseExceptionGroup, type(exception())}
            self._groups = frozenset(map(id, iter_of_types(*self._kinds)))

    def leaving(self) -> BaseException | None:
        """Return what leaves the frame. It told of none, so it raised again what its caller handles: a `raise` alone."""
        return self._in_flight if self._in_flight is not None else exception()


def _outermost(groups: list[BaseException]) -> BaseException | None:
    """Return the one group that is in none of the others; None where there is no such one."""
    inner = {id(each) for group in groups for each in _exceptions_of(group)}
    outer = [group for group in groups if id(group) not in inner]
    return outer[0] if len(outer) == 1 else None


def is_returning(frame: FrameType) -> bool:
    """Return whether a frame that ends returns a value."""
    return frame.f_code.co_code[frame.f_lasti] == _RETURN


def is_paused(frame: FrameType, raised: RaisedInFrame) -> bool:
    """Return whether a generator or coroutine hands control back, rather than end by what was thrown into it."""
    return frame.f_code.co_code[frame.f_lasti] == _YIELD and not raised.is_raising
