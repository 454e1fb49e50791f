"""The shim that stands in for the function's handler: finds the real one, wraps it, and hands it to the runtime.

The real handler is looked up by the runtime's own function, so that a module that cannot be imported and a handler
that is not there are reported as they would be without hotlog.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from hotlog_verify import answer_verification

from hotlog import config
from hotlog.runtime import wrap

if TYPE_CHECKING:
    from collections.abc import Callable


# The layer's own copies of the packages hotlog needs: last, so that the function's always win.
_PACKAGES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "hotlog-packages")
if os.path.isdir(_PACKAGES):
    sys.path.append(_PACKAGES)


def _handler(name: str) -> Callable[..., Any]:
    try:
        from awslambdaric.bootstrap import _get_handler
    except ImportError:  # another runtime client, or one that names it otherwise
        module, _, function = name.rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module.replace("/", ".")), function)
        return found
    handler: Callable[..., Any] = _get_handler(name)
    return handler


handler = answer_verification(wrap(_handler(config.read().handler)))
