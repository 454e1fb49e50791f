"""What an editor asks for, as breakpoints want it: lines, functions and exception filters."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from hotlog.dap.breakpoints import AskedRule, WantedBreakpoint
from hotlog.errors import HotlogError
from hotlog.rules.kinds import DEFAULT, KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotlog.dap.places import Places
    from hotlog.dap.shown import Shown


def _collect(name: str) -> dict[str, Any]:
    """Return what the kinds of rules say of themselves under a name, by kind."""
    modules = {kind: importlib.import_module(f"hotlog.client.kinds.{kind}") for kind in KINDS}
    return {kind: getattr(module, name) for kind, module in modules.items() if hasattr(module, name)}


_FUNCTION_WORDS: Final[Mapping[str, str]] = _collect("EDITOR_WORD")
_FILTERS: Final = {
    name: (kind, words)
    for kind, filters in _collect("EDITOR_FILTERS").items()
    for name, words in filters.items()
}
EXCEPTION_FILTERS: Final = [
    {
        "filter": name,
        "label": words["label"],
        "description": words["description"],
        "supportsCondition": True,
        "conditionDescription": "An expression over the invocation, such as @event['path'] == '/orders'",
    }
    for name, (_, words) in _FILTERS.items()
]


def ask_lines(
    places: Places, shown: Shown, source: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]
) -> list[WantedBreakpoint]:
    """Return what the breakpoints of a file want; of one whose line is not deployed why it goes nowhere."""
    try:
        file = places.open_source(source) if asked else None
    except HotlogError as fault:
        lines = [shown.line_of(each["line"]) for each in asked]
        return [WantedBreakpoint(None, {"line": line}, refusal=fault.message) for line in lines]
    found = []
    for each in asked:
        line = shown.line_of(each["line"])
        if file is None:
            break
        try:
            mapped = file.to_deployed(line)
        except HotlogError as fault:
            found.append(WantedBreakpoint(None, {"line": line}, refusal=fault.message))
            continue
        if file.differences:
            shown.tell_difference(file)
        message, condition, hits = (
            str(each.get(name) or "") for name in ("logMessage", "condition", "hitCondition")
        )
        at = AskedRule(DEFAULT, f"{mapped.file}:{mapped.line}", message, condition, hits)
        found.append(WantedBreakpoint(at, {"line": mapped.shown}, mapped.note))
    return found


def ask_functions(asked: Sequence[Mapping[str, Any]]) -> list[WantedBreakpoint]:
    """Return what function breakpoints want: `Cart.total` its calls, `trace Cart.total` them line by line."""
    found = []
    for each in asked:
        name = str(each["name"]).strip()
        kind, word = max(
            ((kind, word) for kind, word in _FUNCTION_WORDS.items() if name.startswith(word)),
            key=lambda pair: len(pair[1]),
        )
        condition, hits = (str(each.get(field) or "") for field in ("condition", "hitCondition"))
        found.append(
            WantedBreakpoint(AskedRule(kind, name.removeprefix(word).strip(), "", condition, hits), {})
        )
    return found


def ask_exceptions(asked: Sequence[Mapping[str, Any]]) -> list[WantedBreakpoint]:
    """Return what exception filters want."""
    found = []
    for each in asked:
        name, condition = str(each["filterId"]), str(each.get("condition") or "")
        if name in _FILTERS:
            kind, words = _FILTERS[name]
            fields = tuple(words.get("fields", {}).items())
            found.append(WantedBreakpoint(AskedRule(kind, condition=condition, fields=fields), {}))
        else:
            found.append(
                WantedBreakpoint(
                    None, {}, refusal=f"there is no filter {name}: take {' or '.join(_FILTERS)}."
                )
            )
    return found
