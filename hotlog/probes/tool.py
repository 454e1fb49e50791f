"""An id of `sys.monitoring`: taken while something is watched, given back with all that hung on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hotlog.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Callbacks = Mapping[int, Callable[..., Any]]

if sys.version_info >= (3, 12):
    _IDS = (5, 4, 3)  # 0 to 2 are reserved for debuggers, coverage and profilers

    def take(name: str, callbacks: Callbacks) -> int:
        """Take a free id.

        Args:
            name: what it is called while it is taken.
            callbacks: by the kind of event.

        Raises:
            InstallError: `no-tool-id`.
        """
        for tool in _IDS:
            if sys.monitoring.get_tool(tool) is None:
                sys.monitoring.use_tool_id(tool, name)
                for kind, callback in callbacks.items():
                    sys.monitoring.register_callback(tool, kind, callback)
                return tool
        names = ", ".join(str(sys.monitoring.get_tool(tool)) for tool in _IDS)
        raise InstallError("no-tool-id", f"other tools ({names}) have all the free ids of sys.monitoring.")

    def give_back(tool: int, callbacks: Callbacks) -> None:
        """Give the id back; nothing is told any more."""
        sys.monitoring.set_events(tool, 0)
        for kind in callbacks:
            sys.monitoring.register_callback(tool, kind, None)
        sys.monitoring.free_tool_id(tool)
