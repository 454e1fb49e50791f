"""A function that knows nothing of hotlog."""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Add up an order."""
    prices = event.get("prices", [])
    total = sum(prices)
    return {"total": total}
