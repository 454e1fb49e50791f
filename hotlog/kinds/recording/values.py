"""What a recording keeps of values: plain ones at once, all others captured as they are now. No live object stays but plain text.

Texts are looked through for secrets all at once, when the recording is told: until then nothing shows them.
"""

from __future__ import annotations

from sys import getrefcount
from time import thread_time_ns
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, limits
from hotlog.capture.snapshot import Walk
from hotlog.expressions.evaluate import HitScope, evaluate
from hotlog.reading.budget import Budget, Unavailable
from hotlog.reading.classes import ById, inherits
from hotlog.reading.secret_check import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import FrameType

    from hotlog.kinds.recording.operands import PlannedRead
    from hotlog.reading.reader import Reader

_CODE: Final = ById(FunctionType, BuiltinFunctionType, MethodType, ModuleType)
_CONTAINERS: Final = ById(dict, list, set, bytearray)
_VALUE_MAX_NS: Final = limits.RECORD_VALUE_MAX_MS * 1_000_000
_OPTIMIZED: Final = 1  # of `co_flags`: its variables are in no namespace
_HELD_BY_US: Final = (
    4  # references to a frame's variables: the frame's, those of two calls, that of the one that asks
)
_MISSING: Final = object()


class Values:
    """Takes the values of one thread of a recording.

    Args:
        reader: of the rule.

    Attributes:
        hold: takes a short text that has its place already, with that: what holds it, and the place in it.
        room: bytes that are left to the recording.
        spent_ns: what it has cost to capture what is not plain.
    """

    __slots__ = ("_reader", "_seen", "_walk", "hold", "room", "spent_ns")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader.for_hit()
        self._walk = Walk(self._reader)
        self._seen: dict[int, tuple[str, Any]] = {}  # by id, what was captured of it, and under which name
        self.hold = self._walk.held.append
        self.room = limits.RECORD_MAX_BYTES
        self.spent_ns = 0

    def settle(self) -> None:
        """Take the secrets out of all texts that are held."""
        walk = self._walk
        walk.budget = self._renew(limits.RECORD_SETTLE_MAX_MS * 1_000_000)
        walk.settle()
        walk.held.clear()
        self._seen.clear()

    def read(  # noqa: C901 -- it is called for each line: what most values need is written out
        self, reads: Iterable[PlannedRead], frame: FrameType, names: Any, step: dict[str, Any], key: str
    ) -> None:
        """Put values into a step, by name, as far as they can be had without running code.

        Args:
            reads: which.
            frame: whose.
            names: its variables.
            step: gets a dict, if there is anything to put into it.
            key: of that.
        """
        place: dict[str, Any] = {}
        scope: HitScope | None = None
        for text, name, is_global, expression, is_judged, is_base in reads:
            if name:
                try:
                    value = frame.f_globals[name] if is_global else names[name]
                except KeyError:
                    continue
            elif expression is not None:
                if scope is None:
                    scope = HitScope({}, frame)
                    self._reader.budget = self._renew()
                try:
                    value = evaluate(expression, scope, self._reader)
                except Unavailable:
                    continue
            kind = type(value)
            # The most frequent kinds, without a call: `take`, written out.
            if is_judged:
                self.take(place, text, value, names)
            elif kind is int and -SMALL < value < SMALL:
                place[text] = value
                self.room -= 12
            elif not is_base or kind in _CONTAINERS:
                self.take(place, text, value)
        if place:
            step[key] = place

    def take(
        self,
        holder: Any,
        key: Any,
        value: Any,
        beside: Mapping[str, object] | None = None,
        room: int = limits.RECORD_VALUE_MAX_BYTES,
    ) -> bool:
        """Put what is kept of a value into its place; return whether anything is: of what is code, nothing.

        Args:
            holder: a dict or list.
            key: its place there, and its name where that is text.
            value: it.
            beside: the variables around it, where its name, or theirs, may hide it.
            room: bytes that it may take.
        """
        kind = type(value)
        if beside is None:
            if value is None or kind is bool or (kind is int and -SMALL < value < SMALL):
                holder[key] = value
                self.room -= 12
                return True
            if kind is str and len(value) <= limits.STRING_MAX_CHARS and value.isascii():
                holder[key] = value
                self.hold((holder, key, value))
                self.room -= len(value) + 12
                return True
        if kind in _CODE or inherits(kind, type):
            return False
        self._capture(holder, key, value, beside, min(room, max(self.room, 0)))
        return True

    def _capture(
        self, holder: Any, key: Any, value: Any, beside: Mapping[str, object] | None, room: int
    ) -> None:
        walk = self._walk
        budget = walk.budget = self._reader.budget = self._renew()
        start_ns = thread_time_ns()  # another process, or thread, may run meanwhile
        budget.output_bytes = walk.look_at_bytes = room
        walk.above, walk.floor = (), 0
        if beside is None:
            walk.put(holder, key, value)
        else:
            name = str(key).rpartition(".")[2]
            walk.put_judged(holder, key, walk.keys(name), name, value, list(beside.items()))
        if walk.waiting:
            walk.run()
        if walk.long:
            walk.show_long()
            walk.long = []
        self.room -= room - budget.output_bytes + 12
        shown = holder[key]
        if type(shown) is dict or type(shown) is list:
            before = self._seen.get(id(value))
            if before is not None and before[1] == shown and len(shown) > 1:
                holder[key] = {"@same": before[0]}
            else:
                self._seen[id(value)] = str(key), shown
        self.spent_ns += thread_time_ns() - start_ns

    def _renew(self, max_ns: float = _VALUE_MAX_NS) -> Budget:
        return Budget(max_ns)


def release(frame: FrameType, names: Any) -> None:
    """Let go of a frame's variables: on 3.12 a dict that nobody else holds would keep them alive for as long as it runs."""
    if type(names) is dict and frame.f_code.co_flags & _OPTIMIZED and getrefcount(names) <= _HELD_BY_US:
        names.clear()
