"""A message that shows no value, or prints what was meant as syntax: what the hole would be."""

from __future__ import annotations

import re
import string
from typing import Final

_CALL: Final = re.compile(r"(?:print|log|logging\.\w+|logger\.\w+|console\.log)\((?P<inside>.*)\);?")
_QUOTED: Final = re.compile(r"[fF](?P<quote>[\"'])(?P<inside>.*)(?P=quote)")
_PERCENT: Final = re.compile(r"%(?:\((?P<name>\w+)\))?[-+ 0-9.]*[sdrifxge]")
_LABEL: Final = re.compile(r"(?P<name>[^\W\d]\w*)\s*[=:]\s*$")
_DOLLAR: Final = re.compile(r"\$(?P<name>[^\W\d]\w*)")
_NAMES: Final = re.compile(r"[^\W\d]\w*(?:\.\w+|\[[^\]]*\])*(?:\s*,\s*[^\W\d]\w*(?:\.\w+|\[[^\]]*\])*)*")


def suggest_holes(message: str) -> str:
    """Return one sentence, where a message has no hole or writes it as another language does; else empty."""
    if quoted := _QUOTED.fullmatch(message):
        return f"f and the quotes are printed as they are: the message is a template already, so write {quoted['inside']}"
    if "${" in message:
        return f"$ is printed as it is: a hole is {{x}}, so write {message.replace('${', '{')}"
    return "" if not message or _has_hole(message) else _without_hole(message)


def _without_hole(message: str) -> str:
    if call := _CALL.fullmatch(message.strip()):
        inside = call["inside"].strip()
        names = [name.strip() for name in inside.split(",")] if _NAMES.fullmatch(inside) else ["name"]
        holes = " ".join(f"{{{name}}}" for name in names)
        return f"{message} is printed as text, since a rule runs no call: to log the value, write {holes}"
    if _PERCENT.search(message):
        return f"% is printed as it is: to log the value, write {_with_holes(message)}"
    if dollar := _DOLLAR.search(message):
        return f"{dollar[0]} is printed as it is: to log the value, write {{{dollar['name']}}}"
    return "the message has no hole, so every line reads the same. A value is written as {name}"


def _has_hole(message: str) -> bool:
    try:
        return any(name is not None for _, name, _, _ in string.Formatter().parse(message))
    except ValueError:
        return True  # a brace that is not closed: that is told as a fault


def _with_holes(message: str) -> str:
    """Return the message with a hole for each `%s`: the name that stands before it, or a word that stands for one."""

    def hole(found: re.Match[str]) -> str:
        label = _LABEL.search(message[: found.start()])
        name = found["name"] or (label["name"] if label else "name")
        return f"{{{name}}}"

    return _PERCENT.sub(hole, message)
