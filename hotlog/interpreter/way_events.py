"""How the interpreter tells which way an invocation goes through own code: branches, calls, results, exceptions.

`sys.monitoring` (3.12 and later) tells of them. What is seen is a dict, in the order in which it was seen first, by one key for each
kind of thing:

    (code, offset, destination)   a branch that went that way          all numbers; a code object by its id
    (code, name, kind)            an argument, or the result           by what looks at values
    (code, offset, class)         an exception that came up there      `class` after a mark, see `RAISED`, `LEFT`

1. The first call of a code object decides whose it is. Own code gets events of its own; a library's never comes back.
2. A branch is told of until it has gone both ways in this invocation, or so often one way that it will not turn: then it costs
   nothing until the next one. From 3.14 on each way ends by itself.
3. `begin` has those branches told of again. `restart_events` would do that for other tools as well: it is never called.

3.11 has no such events: there `start` refuses.
"""

from __future__ import annotations

import sys
from sys import _getframe
from typing import TYPE_CHECKING, Any, Final, Protocol

from hotlog import __builtins__, internal_errors, limits
from hotlog.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

Key = tuple[int, Any, Any]

RAISED: Final = "raised "
LEFT: Final = "left "


def _is_text(constant: object) -> bool:
    return type(constant) is str


class WayListener(Protocol):
    """Looks at the values that calls of own code hand over."""

    def on_call(self, code: CodeType, frame: FrameType) -> None:
        """Look at the arguments of a call that begins."""

    def on_result(self, code: CodeType, value: object) -> None:
        """Look at what a call returns."""

    def name_of(self, fault: BaseException) -> str:
        """Return the name of an exception's class; empty for one that ends a loop or a task."""


if sys.version_info >= (3, 12):
    from hotlog.interpreter.sysmon_tool import give_back, set_events, set_local_events, take

    _events = sys.monitoring.events
    _DISABLE = sys.monitoring.DISABLE
    if sys.version_info >= (3, 14):
        _BRANCHES: Final = (_events.BRANCH_LEFT, _events.BRANCH_RIGHT)
        _ENDS_EACH_WAY: Final = True
    else:
        _BRANCHES: Final = (_events.BRANCH,)
        _ENDS_EACH_WAY: Final = False
    _LOCAL: Final = sum(_BRANCHES) | _events.PY_RETURN
    _GLOBAL: Final = _events.PY_START | _events.RAISE | _events.PY_UNWIND

    class WayEvents:
        """Sees one invocation after the other; has a tool id only while it does.

        Args:
            listener: looks at values.
            is_own: whether a frame runs the application's own code.

        Attributes:
            seen: of this invocation, in the order in which it was seen first.
            codes: own code objects, by their ids.
        words: the names and texts that stand in them.
        """

        def __init__(self, listener: WayListener, is_own: Callable[[FrameType], bool]) -> None:
            self._listener, self._is_own = listener, is_own
            self.seen: dict[Key, int] = {}
            self.codes: dict[int, CodeType] = {}
            self.words: set[str] = set()
            self._others: dict[int, CodeType] = {}
            self._ended: dict[int, None] = {}  # code of which something is told of no more
            self._gone: set[tuple[int, int]] = set()  # branches that went one way
            self._begun: dict[int, int] = {}  # calls that were looked at, by code
            self._returned: dict[int, int] = {}
            self._tool: int | None = None
            self._callbacks = {
                _events.PY_START: self._make_start_callback(),
                _events.PY_RETURN: internal_errors.wrap_hook(self._on_return, internal_errors.stray),
                _events.RAISE: internal_errors.wrap_hook(self._on_raise, internal_errors.stray),
                _events.PY_UNWIND: internal_errors.wrap_hook(self._on_unwind, internal_errors.stray),
                **dict.fromkeys(_BRANCHES, self._make_branch_callback()),
            }

        def start(self) -> None:
            """See from now on.

            Raises:
                InstallError: `no-tool-id`.
            """
            if self._tool is None:
                self._tool = take("hotlog-suspects", self._callbacks, are_contained=True)
                set_events(self._tool, _GLOBAL)

        def stop(self) -> None:
            """See no more, and leave nothing."""
            tool, self._tool = self._tool, None
            if tool is not None:
                for code in self.codes.values():
                    set_local_events(tool, code, 0)
                give_back(tool, self._callbacks)
            self.begin()
            for each in (self.seen, self.codes, self._others, self.words):
                each.clear()

        def begin(self) -> None:
            """Begin an invocation: all branches are told of again."""
            self.seen.clear()
            if self._tool is not None:
                for key in self._ended:
                    set_local_events(self._tool, self.codes[key], 0)
                    set_local_events(self._tool, self.codes[key], _LOCAL)
            for each in (self._ended, self._gone, self._begun, self._returned):
                each.clear()

        def _meet(self, code: CodeType, frame: FrameType) -> bool:
            """Decide whose code this is; return whether it is own."""
            if not self._is_own(frame) or len(self.codes) >= limits.CODES_KNOWN_MAX:
                if len(self._others) < limits.CODES_KNOWN_MAX:
                    self._others[id(code)] = code
                return False
            self.codes[id(code)] = code
            self.words.update(code.co_names, filter(_is_text, code.co_consts))
            if self._tool is not None:
                set_local_events(self._tool, code, _LOCAL)
            return True

        def _make_start_callback(self) -> Callable[..., Any]:
            """Return the callback for a call that begins, of any code: what most calls need is written out."""
            codes, meet, begun, listener, id_of = self.codes, self._meet, self._begun, self._listener, id
            disable, most = _DISABLE, limits.SUSPECTS_CALLS_LOOKED

            def callback(code: CodeType, _offset: int) -> Any:
                try:
                    number = id_of(code)
                    count = begun.get(number, 0)
                    if count >= most:
                        return None
                    frame = _getframe(1)
                    if number not in codes and not meet(code, frame):
                        return disable
                    begun[number] = count + 1
                    listener.on_call(code, frame)
                except RecursionError:  # the application's stack is full
                    return None
                except BaseException as fault:
                    if not internal_errors.takes(fault, internal_errors.stray):
                        raise
                return None

            return callback

        def _make_branch_callback(self) -> Callable[..., Any]:
            """Return the callback for a branch of own code: as the other."""
            seen, ended, gone, id_of, disable = self.seen, self._ended, self._gone, id, _DISABLE
            most, ends_each_way = limits.SUSPECTS_ONE_WAY_MAX, _ENDS_EACH_WAY

            def callback(code: CodeType, offset: int, destination: int) -> Any:
                try:
                    number = id_of(code)
                    key = (number, offset, destination)
                    count = seen[key] = seen.get(key, 0) + 1
                    if ends_each_way or count >= most:
                        ended[number] = None
                        return disable
                    if count == 1:
                        if (number, offset) in gone:
                            ended[number] = None
                            return disable
                        gone.add((number, offset))
                except RecursionError:
                    return None
                except BaseException as fault:
                    if not internal_errors.takes(fault, internal_errors.stray):
                        raise
                return None

            return callback

        def _on_return(self, code: CodeType, _offset: int, value: object) -> Any:
            count = self._returned[id(code)] = self._returned.get(id(code), 0) + 1
            if count > limits.SUSPECTS_CALLS_LOOKED:
                self._ended[id(code)] = None
                return _DISABLE
            self._listener.on_result(code, value)
            return None

        def _on_raise(self, code: CodeType, offset: int, fault: BaseException) -> None:
            if id(code) in self.codes:
                name = self._listener.name_of(fault)
                if name:
                    self.seen.setdefault((id(code), offset, RAISED + name), 1)

        def _on_unwind(self, code: CodeType, offset: int, fault: BaseException) -> None:
            if id(code) in self.codes:
                name = self._listener.name_of(fault)
                if name:
                    self.seen.setdefault((id(code), offset, LEFT + name), 1)

else:

    class WayEvents:
        """Sees nothing: this interpreter tells of no branch."""

        def __init__(self, _listener: WayListener, _is_own: Callable[[FrameType], bool]) -> None:
            self.seen: dict[Key, int] = {}
            self.codes: dict[int, CodeType] = {}
            self.words: set[str] = set()

        def start(self) -> None:
            """Refuse.

            Raises:
                InstallError: `cannot-monitor`.
            """
            raise InstallError(
                "cannot-monitor",
                "Python 3.11 tells of no branch: `hotlog why` compares whole requests there.",
            )

        def stop(self) -> None:
            """Do nothing: nothing is seen."""

        def begin(self) -> None:
            """Do nothing."""
