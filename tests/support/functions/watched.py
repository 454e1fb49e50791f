"""The order API, and beside it what became of the code of one of its functions, looked at without hotlog."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import Any

app: Any = importlib.import_module("app")
pricing: Any = importlib.import_module("pricing")

TOTAL = pricing.Cart.total
ORIGINAL = TOTAL.__code__
BYTES = ORIGINAL.co_code


def handler(event: Any, context: object) -> Any:
    if event != "look":
        return app.handler(event, context)
    return {
        "same function": pricing.Cart.total is TOTAL,
        "same code": TOTAL.__code__ is ORIGINAL,
        "same bytes": TOTAL.__code__.co_code == BYTES,
        "traced": sys.gettrace() is not None,
        "threads": threading.active_count(),
        "imported": sorted({name.partition(".")[0] for name in sys.modules} & {"click", "rich"}),
    }
