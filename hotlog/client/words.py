"""Times and names in a few characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def format_age(later: datetime | None, earlier: datetime | None) -> str:
    """Return the time between two moments, in its largest unit."""
    if later is None or earlier is None:
        return ""
    seconds = max(0, int((later - earlier).total_seconds()))
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"


def shorten_arn(by: str) -> str:
    """Return the last part of an ARN, which is the session's or the user's name."""
    return by.rpartition("/")[2].rpartition(":")[2] if by.startswith("arn:") else by
