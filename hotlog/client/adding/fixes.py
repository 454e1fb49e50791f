"""The way out of a fault as a value: what to write in the place of what was written. A program corrects itself with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog.errors import LocationError

if TYPE_CHECKING:
    from hotlog.client.adding.checked_rule import CheckedRule, Fault

_TRY_LINE: Final = re.compile(r"Try line (\d+)")
_DID_YOU_MEAN: Final = re.compile(r"Did you mean '?([^\s'?]+)'?")
_NAME: Final = re.compile(r"\w+")


def suggest_fix(checked: CheckedRule, fault: Fault) -> tuple[str, str]:
    """Return which field to write anew, and what; two empty texts where nobody knows."""
    asked = fault.text if fault.field == "target" else checked.rule.at
    file = asked.partition(":")[0] if checked.sighting is None else checked.sighting.file
    nearest = fault.error.nearest if isinstance(fault.error, LocationError) else ()
    line = str(nearest[0]) if nearest else ""
    if not line and (found := _TRY_LINE.search(fault.message)):
        line = found[1]
    if line and file:
        return "target", f"{file}:{line}"
    meant = _DID_YOU_MEAN.search(fault.message)
    if meant is None:
        return "", ""
    if fault.field == "target":
        return "target", meant[1]
    wrong = _NAME.match(fault.text, fault.column)
    if wrong is None:
        return "", ""
    return fault.field, f"{fault.text[: wrong.start()]}{meant[1]}{fault.text[wrong.end() :]}"
