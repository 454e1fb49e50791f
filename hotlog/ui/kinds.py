"""Which kinds of rules the page can add: those that need nothing but a place, or not even that."""

from __future__ import annotations

from hotlog.errors import RuleError
from hotlog.rules.kinds import DEFAULT, KINDS
from hotlog.rules.model import Rule


def list_line_kinds() -> list[str]:
    """Return the kinds that a line can have, the usual one first."""
    found = [name for name, kind in KINDS.items() if kind.target not in {"none", ""} and _makes_a_rule(name)]
    return sorted(found, key=lambda name: name != DEFAULT)


def list_whole_kinds() -> list[str]:
    """Return the kinds that look at whole invocations."""
    return [
        name for name, kind in KINDS.items() if kind.target in {"none", "optional"} and _makes_a_rule(name)
    ]


def _makes_a_rule(kind: str) -> bool:
    """Return whether a rule of this kind needs no field of its own."""
    at = {"function": "module:function", "statement": "module.py:1"}.get(KINDS[kind].target, "")
    try:
        Rule(at=at, kind=kind)
    except RuleError:
        return False
    return True
