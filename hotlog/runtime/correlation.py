"""The id that the function's owner joins logs by, read from the payload where `HOTLOG_CORRELATION` says.

headers.x-correlation-id          a key below a key; of headers in any case
Records.0.messageId               a number: an element of a list
detail.order.id | id              the first of several that is there
"""

from __future__ import annotations

from hotlog import __builtins__, limits
from hotlog.redaction.secret_names import is_redacted


def find_correlation(payload: object, paths: str) -> str:
    """Return what stands at the first of these paths that leads to text or a number; empty where none does.

    A path over a name of a secret, such as `headers.authorization`, leads nowhere: the id stands in each event.
    """
    for path in paths.split("|"):
        names = path.strip().split(".")
        found = payload if not any(map(is_redacted, names)) else None
        for name in names:
            found = _step(found, name)
        if type(found) is int:
            found = str(found)
        if type(found) is str and 0 < len(found) <= limits.CONTEXT_FACT_MAX_CHARS:
            return found
    return ""


def _step(value: object, name: str) -> object:
    """Return what a dict holds under a name, in whatever case, or a list at a place; None where there is nothing."""
    if type(value) is list:
        place = (
            int(name)
            if name.isascii() and name.isdigit() and len(name) <= limits.CORRELATION_PLACE_DIGITS
            else -1
        )
        return value[place] if 0 <= place < len(value) else None
    if type(value) is not dict:
        return None
    if name in value:
        return value[name]
    return next(
        (each for key, each in value.items() if type(key) is str and key.lower() == name.lower()), None
    )
