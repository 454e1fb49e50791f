"""The hook that patched code calls at a hit, and hits within hits: what hotlog does at a hit may itself reach a probe.

    patched code ── hook(values) ──> a closed rate? a spent budget? ──> within another hit? ──> `_outcome`, counted

A hit within a hit is counted, and does nothing else. A thread that begins a hit leaves its mark. Whatever interrupts a hook,
or makes two stacks of one thread, may leave that behind, so a mark only says that a hit may be under way: the frames tell.
"""

from __future__ import annotations

from sys import _getframe
from threading import get_ident
from typing import TYPE_CHECKING, TypeVar

from hotlog import __builtins__, internal_errors, limits
from hotlog.expressions.evaluate import HitScope
from hotlog.hits.gates import NO_ROOM
from hotlog.hits.invocation_gate import InvocationGate
from hotlog.hits.outcomes import OVER_BUDGET, REENTRANT
from hotlog.redaction.neighbours import BESIDE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from hotlog.expressions.fast_message import Message
    from hotlog.hits.false_operands import FalseOperands

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


class LineHook(InvocationGate):
    """What of a rule runs as patched code calls it, before any gate is asked.

    Attributes:
        reads: names that its expressions read.
        operands: what the condition compares, as it was when it was false; None without one.
        looks_at_frame: whether it needs the frame whatever its expressions read.
    """

    looks_at_frame = False
    reads: frozenset[str]
    operands: FalseOperands | None
    _calls: frozenset[str]

    def hook(self, passed: tuple[str, ...]) -> Callable[..., None]:  # noqa: C901 -- `hook` is one function: see there
        """Return the function that patched code calls at a hit, with these names' values as arguments.

        A backend that calls it from elsewhere hands over the frame.
        """
        needs_frame = (
            self.looks_at_frame
            or self.rule.snapshot
            or self.rule.stack > 0
            or bool(self._calls)
            or not self.reads <= set(passed)
            or not BESIDE.isdisjoint(map(str.lower, self.reads))  # what the names beside them hide
        )
        busy, clock_ns, context = self._context.busy, self._context.clock_ns, self._context
        tally, counts = self.tally, self.tally.counts
        limited, spent = self.tally.limited.left, self.tally.spent.left
        quick = self._quick(passed)

        @is_hit
        def reach(values: tuple[object, ...], frame: FrameType | None) -> None:
            thread = get_ident()
            if thread in busy and is_within_hit(_getframe(1)):  # the way to one's callers
                counts[REENTRANT] += 1
                return
            try:
                busy.add(thread)
                if frame is None and needs_frame:
                    frame = _getframe(2)  # the caller of the hook
                tally.entered += 1
                context.entered = True
                counts[self._outcome(frame, passed, values, quick)] += 1
            finally:
                busy.discard(thread)

        def hook(*values: object, frame: FrameType | None = None) -> None:
            # `internal_errors.wrap_hook`, written out: a call around this one takes half as long as what a closed rate costs.
            try:
                # First what costs nothing: of a rule without a condition nothing else decides until there is a token again.
                until_ns = self._shut_until_ns
                if not until_ns:
                    reach(values, frame)
                elif self._spent_in is context.invocation:
                    next(spent)
                elif clock_ns() < until_ns and context.spent_ns <= context.open_to_ns:
                    next(limited)
                else:
                    self._shut_until_ns = 0
                    reach(values, frame)
            except (
                RecursionError
            ):  # the application's stack is nearly full: perhaps there is no room to say so
                counts[OVER_BUDGET] += 1
                self.trouble, context.news = NO_ROOM, True
            except BaseException as fault:
                if not internal_errors.takes(fault, self.on_internal_error):
                    raise

        return hook

    def look_hook(self, passed: tuple[str, ...]) -> Callable[..., None]:
        """Return the function that patched code calls, with these names' values, at some of its own false results.

        It reads what the condition compares, and counts nothing.
        """
        busy, context = self._context.busy, self._context

        @is_hit
        def look(*values: object, frame: FrameType | None = None) -> None:
            thread = get_ident()
            if context.spent_ns > limits.INVOCATION_MAX_NS or (
                thread in busy and is_within_hit(_getframe(2))
            ):
                return
            start_ns = context.clock_ns()
            try:
                busy.add(thread)
                scope = HitScope(dict(zip(passed, values, strict=True)), frame or _getframe(2))
                if self.operands is not None:
                    self.operands.look(scope, self._reader.for_hit())
            finally:
                busy.discard(thread)
                context.spent_ns += context.clock_ns() - start_ns

        return internal_errors.wrap_hook(look, self.on_internal_error)

    @is_hit
    def _once(self, work: Callable[..., None], *args: object) -> None:
        """Run a hook's work, unless its hit comes within another hit: then it is only counted."""
        thread, busy = get_ident(), self._context.busy
        if thread in busy and is_within_hit(_getframe(1)):  # the way to one's callers
            self.tally.counts[REENTRANT] += 1
            return
        try:
            busy.add(thread)
            work(*args)
        finally:
            busy.discard(thread)

    def _quick(self, passed: tuple[str, ...]) -> Message | None:  # noqa: ARG002  # for a kind that can
        """Return what makes the message from plain values alone; None where an event needs more."""
        return None

    def _outcome(
        self,
        frame: FrameType | None,
        names: tuple[str, ...],
        values: tuple[object, ...],
        quick: Message | None,
    ) -> str:
        """Return the outcome of a hit that is within no other."""
        raise NotImplementedError
