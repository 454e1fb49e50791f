"""An id of `sys.monitoring`: taken while something is watched, given back with all that hung on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, internal_errors
from hotlog.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Callbacks = Mapping[int, Callable[..., Any]]

if sys.version_info >= (3, 12):
    # Called at hits too: they stay what they are, whatever becomes of `sys.monitoring`.
    free_tool_id = sys.monitoring.free_tool_id
    get_tool = sys.monitoring.get_tool
    register_callback = sys.monitoring.register_callback
    set_events = sys.monitoring.set_events
    set_local_events = sys.monitoring.set_local_events
    use_tool_id = sys.monitoring.use_tool_id

    _IDS = (5, 4, 3)  # 0 to 2 are reserved for debuggers, coverage and profilers

    def take(name: str, callbacks: Callbacks, *, are_contained: bool = False) -> int:
        """Take a free id.

        Args:
            name: what it is called while it is taken.
            callbacks: by the kind of event. The frame that an event is told of is `_getframe(2)` for them.
            are_contained: no error of hotlog's leaves them as they are, and that frame is `_getframe(1)`: they are called
                for all code of the process, where a call around each would cost more than they do.

        Raises:
            InstallError: `no-tool-id`.
        """
        for tool in _IDS:
            if get_tool(tool) is None:
                use_tool_id(tool, name)
                try:
                    for kind, callback in callbacks.items():
                        wrapped = (
                            callback
                            if are_contained
                            else internal_errors.wrap_hook(callback, internal_errors.stray)
                        )
                        register_callback(tool, kind, wrapped)
                except BaseException:  # an audit hook of the application's forbids it: there are few ids
                    free_tool_id(tool)
                    raise
                return tool
        names = ", ".join(str(get_tool(tool)) for tool in _IDS)
        raise InstallError("no-tool-id", f"other tools ({names}) have all the free ids of sys.monitoring.")

    def give_back(tool: int, callbacks: Callbacks) -> None:
        """Give the id back, with all its events and callbacks."""
        set_events(tool, 0)
        for kind in callbacks:
            register_callback(tool, kind, None)
        free_tool_id(tool)
