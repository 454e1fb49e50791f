"""Lambda's filter of application logs, by its documentation ("Log-level filtering", AWS Lambda Developer Guide).

It works with the JSON log format only. A line that is no JSON object, or has no valid `level`, or no valid RFC 3339
`timestamp`, counts as INFO; lines below the function's level are dropped.
"""

from __future__ import annotations

import json
import re

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def passes(line: str, level: str) -> bool:
    """Whether a line that a function prints reaches its log, with the JSON log format and this level."""
    return LEVELS.index(_level_of(line)) >= LEVELS.index(level)


def _level_of(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return "INFO"
    if not isinstance(found, dict) or not _RFC_3339.fullmatch(str(found.get("timestamp"))):
        return "INFO"
    level = str(found.get("level")).upper()
    return level if level in LEVELS else "INFO"
