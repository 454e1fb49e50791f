"""The way out of a fault as a value: what to write in the place of what was written. A program corrects itself with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotlog.errors import LocationError

if TYPE_CHECKING:
    from hotlog.client.adding.checked_rule import CheckedRule, Fault

_TRY_LINE: Final = re.compile(r"Try line (\d+)")
_DID_YOU_MEAN: Final = re.compile(r"Did you mean '?([^\s'?,]+)'?")
_READS: Final = re.compile(r"It reads: ([\w.]+(?:, [\w.]+)*?)(?:,? …|\.(?:\s|$))")
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
    if fault.field == "message" and (read := _READS.search(fault.message)):
        return _name_inputs(fault, read[1].split(", "))
    meant = _DID_YOU_MEAN.search(fault.message)
    if meant is None:
        return "", ""
    if fault.field == "target":
        return "target", meant[1]
    wrong = _NAME.match(fault.text, fault.column)
    if wrong is None:
        return "", ""
    return fault.field, f"{fault.text[: wrong.start()]}{meant[1]}{fault.text[wrong.end() :]}"


def _name_inputs(fault: Fault, names: list[str]) -> tuple[str, str]:
    """Return the message with what a call reads in the place of the braces that hold the call; nothing where braces stand in braces."""
    text = fault.text
    opened, closed = text.rfind("{", 0, fault.column + 1), text.find("}", fault.column)
    inside = text[opened + 1 : closed]
    if opened < 0 or closed < 0 or "{" in inside or "}" in inside:
        return "", ""
    named = " ".join(f"{name}={{{name}}}" for name in names)
    return "message", f"{text[:opened]}{named}{text[closed + 1 :]}"
