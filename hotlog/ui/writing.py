"""What the page writes: a rule that is checked while one types it, and one change for all else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog.client.adding.fixes import suggest_fix
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape
from hotlog.errors import HotlogError, LocationError, RuleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.client import Client
    from hotlog.ui.desk import PageDesk

_FIELDS: Final = frozenset(
    {"at", "message", "if", "kind", "after", "snapshot", "limit", "per_second", "for_s", "seen"}
)


def check_rule(desk: PageDesk, function: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a rule before it is stored: where it goes, what it may cost, what is wrong."""
    try:
        [checked] = desk.client.check(function, [_read_rule(desk, function, asked)], desk.source)
    except (RuleError, LocationError) as fault:  # a field makes no sense: there is nothing to check yet
        told = {"field": "", "column": 0, "length": 0, "message": escape(fault.message), "code": fault.code}
        return {"goes": "", "slides": "", "captures": "", "cost": "", "notes": [], "faults": [told]}
    return _describe(checked)


def change_rules(writer: Client, desk: PageDesk, function: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Add and remove rules in one write, or pause all; return what is stored and what is gone."""
    name = desk.client.parse_one(function).name
    if "paused" in asked:
        writer.pause(name, paused=asked["paused"] is True)
        done: dict[str, Any] = {}
    else:
        add = [_read_rule(desk, function, each) for each in _list_in(asked, "add")]
        remove = [str(each) for each in _list_in(asked, "remove")]
        stored = writer.change(function if add else name, add, remove, source=desk.source)
        done = {
            "added": [
                {"id": each.rule.id, "does": escape(describe_rule(each.rule)), "at": each.rule.at}
                for each in stored.rules
            ],
            "removed": [str(each.get("id")) for each in stored.removed],
        }
    desk.feed(function).nudge()
    return done


def _list_in(asked: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list of what was asked; empty where it is not there.

    Raises:
        RuleError: `bad-field`, it is no list.
    """
    found = asked.get(name, [])
    if not isinstance(found, list):
        raise RuleError("bad-field", f"`{name}` is a list.")
    return found


def _read_rule(desk: PageDesk, function: str, asked: object) -> dict[str, Any]:
    """Return the keys of a rule as the page has sent them.

    Raises:
        RuleError: `unknown-field`, it has others; `bad-field`, one is neither text, number nor switch.
        LocationError: `source-changed`, whoever has chosen the line has seen another one.
    """
    if not isinstance(asked, dict) or not asked.keys() <= _FIELDS:
        raise RuleError("unknown-field", f"the page sends {', '.join(sorted(_FIELDS))} and nothing else.")
    for name, value in asked.items():
        if isinstance(value, list | dict):
            raise RuleError("bad-field", f"`{name}` is neither text nor a number.")
    if seen := asked.get("seen"):
        desk.code(function).require_same(str(asked.get("at", "")).rpartition(":")[0], str(seen))
    return {name: value for name, value in asked.items() if name != "seen"}


def _describe(checked: CheckedRule) -> dict[str, Any]:
    sighting = checked.sighting
    place = sighting.place if sighting is not None else None
    goes = ""
    if sighting is not None and place is not None:
        where = (
            "at the entry of"
            if place.kind == "entry"
            else f"{'after' if place.after else 'before'} line {place.line}, in"
        )
        goes = f"{where} {place.function}"
    shown, hidden = checked.captured
    captures = f"captures {', '.join(shown)}" if shown else ""
    captures += f"; hidden: {', '.join(hidden)}" if hidden else ""
    return {
        "goes": escape(goes),
        "slides": escape(place.note) if place is not None else "",
        "cost": escape(checked.cost),
        "captures": escape(captures),
        "notes": [escape(each) for each in (*checked.notes, *checked.warnings, *checked.obstacles)],
        "faults": [_describe_fault(checked, at) for at in range(len(checked.faults))],
    }


def _describe_fault(checked: CheckedRule, at: int) -> dict[str, Any]:
    fault = checked.faults[at]
    field, value = suggest_fix(checked, fault)
    return {
        "field": fault.field.removeprefix("--"),
        "column": fault.column,
        "length": len(_word_at(fault.text, fault.column)),
        "message": escape(fault.message),
        "code": fault.code,
        "fix": {"field": field.removeprefix("--"), "value": value} if field else None,
    }


def _word_at(text: str, column: int) -> str:
    """Return the name that begins at a column; one character where none does."""
    end = column
    while end < len(text) and (text[end].isalnum() or text[end] in "_@"):
        end += 1
    return text[column:end] or " "


def describe_error(fault: HotlogError) -> dict[str, Any]:
    """Return what went wrong, as JSON."""
    return {
        "error": escape(fault.message),
        "code": fault.code,
        "notes": [escape(each) for each in getattr(fault, "__notes__", ())],
    }
