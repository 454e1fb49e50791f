"""The shim that stands in for the function's handler: finds the real one, wraps it, and hands it to the runtime.

The real handler is looked up by the runtime's own function, so that a module that cannot be imported and a handler
that is not there are reported as they would be without hotlog.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hotlog import config
from hotlog.runtime import wrap

if TYPE_CHECKING:
    from collections.abc import Callable


def _handler(name: str) -> Callable[..., Any]:
    try:
        from awslambdaric.bootstrap import _get_handler
    except ImportError:  # another runtime client, or one that names it otherwise
        module, _, function = name.rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module.replace("/", ".")), function)
        return found
    handler: Callable[..., Any] = _get_handler(name)
    return handler


handler = wrap(_handler(config.read().handler))
