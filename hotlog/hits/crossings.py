"""Exceptions that leave the application's own code for a library: what a framework catches is seen where it begins.

    own code raises ── frame by frame ──> a library's frame: a crossing ── caught there: it stands
                                              └── on to own code further out: it is that code's to handle

An exception is known by its identity and by the place where it crossed, never kept: whoever waits for the end of an object
that its frames hold waits no longer. What a rule wants to show of it is captured as it crosses.

1. It comes to a frame of own code (`on_raise`). Where it crossed before, or is made of one that did, or ends the call of the
   library that one crossed into, that one is back: what own code handles is no error. The variables of a comprehension are
   read here, as they are gone when the frame ends.
2. It leaves a frame of own code (`on_unwind`). If own code called that frame, it goes on there. If an own frame that it has
   passed is still running, as the body of a `with` whose manager is a generator, it has not left own code. Else it
   crosses, and the rules are told.
"""

from __future__ import annotations

import sys
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, Protocol

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.exceptions import CAUSE_OF, CONTEXT_OF, MEMBERS_OF, TRACEBACK_OF
from hotlog.capture.frames import traceback_of
from hotlog.interpreter.comprehensions import names_in_comprehensions
from hotlog.interpreter.raise_events import RaiseEvents
from hotlog.reading.classes import inherits
from hotlog.reading.instance_state import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType, TracebackType

Comprehensions = dict[int, dict[str, object]]  # by the id of a frame, the variables of its comprehensions

_CALLERS_MAX: Final = 1_000
# Protocols of the language that end in an exception: by the class, the functions that may raise it.
_PROTOCOLS: Final[tuple[tuple[type[BaseException], frozenset[str]], ...]] = (
    (AttributeError, frozenset({"__getattr__", "__getattribute__", "__get__", "__delattr__"})),
    (LookupError, frozenset({"__getitem__", "__missing__", "__delitem__"})),
)
_ENDS: Final = (StopIteration, StopAsyncIteration, GeneratorExit)
_FOR_GOOD: Final = -1  # no object has this id


class Crossing:
    """An exception that has left own code for a library.

    Attributes:
        key: what it is known by while it lives: the id of the object; 0 once another has taken that.
        code: what the frame ran that it left.
        offset: of the instruction there.
        into: the library, by the name of its package.
        library_call: the id of the library's frame, what this runs, what called it and where.
        back_as: the id of the exception as which it came back to own code, which has not let it go since; 0: it has not;
            -1: that exception is gone, own code has handled it.
    """

    __slots__ = ("back_as", "code", "into", "key", "library_call", "offset")

    def __init__(self, key: int, frame: FrameType, trace: TracebackType | None) -> None:
        self.key, self.code, self.offset = key, frame.f_code, trace.tb_lasti if trace is not None else -1
        library = frame.f_back
        caller = library.f_back if library is not None else None
        self.into = _package(library)
        self.library_call = (
            id(library),
            library.f_code if library is not None else None,
            caller.f_code if caller is not None else None,
            caller.f_lasti if caller is not None else -1,
        )
        self.back_as = 0


class CrossingListener(Protocol):
    """A rule that is told of crossings."""

    def on_crossing(
        self, crossing: Crossing, frame: FrameType, fault: BaseException, comprehensions: Comprehensions
    ) -> None:
        """Take an exception that leaves own code; its traceback begins with the frame."""

    def on_internal_error(self, fault: BaseException) -> None:
        """Take an error of hotlog's own that the method above raised."""


class Crossings:
    """The crossings of the invocation that runs.

    Args:
        is_own: whether a frame runs the application's own code.
        is_of_other: whether this thread, or its task, has outlived an earlier invocation.

    Attributes:
        found: of this invocation, the first `limits.CROSSINGS_MAX`.
        missed: how many there were beyond.
    """

    def __init__(self, is_own: Callable[[FrameType], bool], is_of_other: Callable[[], object]) -> None:
        self._is_of_other = is_of_other
        self._listeners: tuple[CrossingListener, ...] = ()
        self.found: list[Crossing] = []
        self.missed = 0
        self._runs = False
        self._comprehensions: dict[int, tuple[int, Comprehensions]] = {}  # by thread: of which exception
        self._events = RaiseEvents(self, is_own)

    def join(self, listener: CrossingListener, *, runs: bool) -> None:
        """Tell a rule of crossings, from now on.

        Args:
            listener: the rule.
            runs: an invocation has begun.

        Raises:
            InstallError: `no-tool-id` or `cannot-monitor`.
        """
        self._events.start()
        self._events.forget()
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)
        self._runs |= runs

    def leave(self, listener: CrossingListener) -> None:
        """Tell it no more; the last one takes the events along."""
        self._listeners = tuple(each for each in self._listeners if each is not listener)
        if not self._listeners:
            self._events.stop()
            self.end()

    def begin(self) -> None:
        """Begin an invocation."""
        self.end()
        self._runs = True

    def end(self) -> None:
        """Forget those of the invocation that is over."""
        self._runs = False
        self.found.clear()
        self.missed = 0
        self._comprehensions.clear()

    def find(self, fault: BaseException) -> Crossing | None:
        """Return the crossing of an exception that has come to the handler's end; None where there was none."""
        crossing = self._match(fault)
        return crossing if crossing is not None and _has_passed(TRACEBACK_OF(fault), crossing) else None

    def _match(self, fault: BaseException) -> Crossing | None:
        """Return the latest crossing of what has this identity; None where there is none."""
        return next((each for each in reversed(self.found) if each.key == id(fault)), None)

    def on_raise(self, frame: FrameType, fault: BaseException) -> None:
        """Note what an exception meets as it comes to a frame of own code."""
        if not self._runs:
            return
        trace = TRACEBACK_OF(fault)
        is_new = trace is None or trace.tb_next is None
        if self.found:
            if is_new:  # what had this identity is gone
                self._lose(fault)
            else:
                self._note_return(fault)
        names = names_in_comprehensions(frame.f_code)
        thread, held = get_ident(), None
        if names or thread in self._comprehensions:
            held = self._comprehensions.pop(thread, None)
        if held is not None and not _is_made_of(fault, held[0], is_new=is_new):
            held = None
        if names:
            frames = held[1] if held is not None else {}
            known: Mapping[str, Any] = names_of(frame)
            now = {name: known[name] for name in names if name in known}
            frames[id(frame)] = {**frames.get(id(frame), {}), **now}
            self._comprehensions[thread] = id(fault), frames
        elif held is not None:
            self._comprehensions[thread] = id(fault), held[1]

    def on_unwind(self, frame: FrameType, fault: BaseException) -> None:
        """Tell the rules of an exception that crosses, or note that one goes on."""
        if not self._runs:
            return
        caller = frame.f_back
        known = self._match(fault)
        if (known is None and len(self.found) >= limits.CROSSINGS_MAX) or _is_protocol(fault, frame):
            self.missed += known is None
            return
        trace = TRACEBACK_OF(fault)
        if _is_within(trace, caller) or self._is_of_other():
            return
        self._let_go(fault)
        if known is not None:
            return
        crossing = Crossing(id(fault), frame, trace)
        self.found.append(crossing)
        frames = self._find_comprehensions(fault)
        for each in self._listeners:
            internal_errors.run_contained(
                each.on_crossing, each.on_internal_error, crossing, frame, fault, frames
            )

    def _find_comprehensions(self, fault: BaseException) -> Comprehensions:
        """Return the variables of the comprehensions that an exception, or what it is made of, has passed in this thread.

        Each frame with a comprehension is told of each exception: what is held of one is of the last that came to it.
        """
        _, held = self._comprehensions.get(get_ident(), (0, {}))
        passed = (at.frame for each in _with_chain(fault) for at in traceback_of(each)) if held else ()
        return {
            id(frame): held[id(frame)]
            for frame in passed
            if id(frame) in held and names_in_comprehensions(frame.f_code)
        }

    def _lose(self, fault: BaseException) -> None:
        """Note that a new exception has the identity of an earlier one, which is gone."""
        for each in self.found:
            if each.key == id(fault):
                each.key = 0
            if each.back_as == id(fault):
                each.back_as = _FOR_GOOD

    def _note_return(self, fault: BaseException) -> None:
        """Note that an exception is back in own code, with all that it is made of."""
        for depth, each in enumerate(_with_chain(fault)):
            crossing = self._match(each)
            if crossing is None:
                continue
            trace = TRACEBACK_OF(each)
            if not depth and trace is not None:
                trace = trace.tb_next  # the frame that it comes to
            if _has_passed(trace, crossing):
                crossing.back_as = id(fault)
            else:
                crossing.key = 0
        trace = TRACEBACK_OF(fault)
        if (
            trace is not None
            and trace.tb_next is not None
            and not self._events.is_own(trace.tb_next.tb_frame)
        ):
            self._note_calls(fault, trace)

    def _note_calls(self, fault: BaseException, trace: TracebackType) -> None:
        """Note that an exception ends calls of a library, with all that crossed into them: it may be made of those."""
        inner = trace.tb_next
        for _ in range(_CALLERS_MAX):
            if inner is None:
                return
            frame = inner.tb_frame
            call = id(frame), frame.f_code, trace.tb_frame.f_code, trace.tb_lasti
            for each in self.found:
                if not each.back_as and each.library_call[0] == call[0] and each.library_call == call:
                    each.back_as = id(fault)
            trace, inner = inner, inner.tb_next

    def _let_go(self, fault: BaseException) -> None:
        """Note that own code lets an exception go again, with all that came back as it."""
        for each in self.found:
            if each.back_as == id(fault):
                each.back_as = 0


def _with_chain(fault: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its members, and those that it was made of or that were handled when it was raised."""
    waiting, seen = [fault], {id(fault)}
    while waiting and len(seen) <= limits.CROSSINGS_MAX:
        at = waiting.pop(0)
        yield at
        earlier: tuple[BaseException | None, ...] = CAUSE_OF(at), CONTEXT_OF(at)
        if inherits(type(at), BaseExceptionGroup):
            earlier += MEMBERS_OF(at)[: limits.CROSSINGS_MAX]
        for each in earlier:
            if each is not None and id(each) not in seen:
                seen.add(id(each))
                waiting.append(each)


def _is_made_of(fault: BaseException, key: int, *, is_new: bool) -> bool:
    """Return whether an exception is, unless it is new, or is made of, the one with that identity."""
    chain = _with_chain(fault)
    if is_new:
        next(chain)
    return any(id(each) == key for each in chain)


def _has_passed(trace: TracebackType | None, crossing: Crossing) -> bool:
    """Return whether a traceback leads over the place of a crossing."""
    while trace is not None:
        if trace.tb_frame.f_code is crossing.code and trace.tb_lasti == crossing.offset:
            return True
        trace = trace.tb_next
    return False


def _is_within(trace: TracebackType | None, caller: FrameType | None) -> bool:
    """Return whether a frame that an exception has passed is still running, further out than the one it leaves now."""
    passed = set()
    trace = trace.tb_next if trace is not None else None
    while trace is not None:
        passed.add(id(trace.tb_frame))
        trace = trace.tb_next
    for _ in range(_CALLERS_MAX if passed else 0):
        if caller is None:
            return False
        if id(caller) in passed:
            return True
        caller = caller.f_back
    return False


def _is_protocol(fault: BaseException, frame: FrameType) -> bool:
    """Return whether the exception is how the language ends a loop, a look-up or a task: nothing has gone wrong."""
    cls = type(fault)
    if any(inherits(cls, each) for each in _ENDS):
        return True
    name = frame.f_code.co_name
    if name[:2] == "__" and any(inherits(cls, each) and name in names for each, names in _PROTOCOLS):
        return True
    cancelled = getattr(sys.modules.get("asyncio.exceptions"), "CancelledError", None)
    return cancelled is not None and inherits(cls, cancelled)


def _package(frame: FrameType | None) -> str:
    """Return the package whose code a frame runs; empty where nobody knows."""
    name = frame.f_globals.get("__name__") if frame is not None and type(frame.f_globals) is dict else None
    return name.partition(".")[0] if type(name) is str else ""
