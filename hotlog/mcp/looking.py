"""`find_functions`, `find_places`, `read_code`: what looks at functions and at their deployed code, and changes nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.code.code_trees import has_blanks
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import count_of
from hotlog.errors import LocationError, StoreError
from hotlog.mcp.answer import ToolText, call, call_add, cut
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.answers import FunctionSummary
    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.code.search import FoundPlace
    from hotlog.mcp.desk import AgentDesk

_LISTED: Final = 40
_CODE_LINES: Final = 40
_NAME: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
_WITH_LINE: Final = re.compile(r"(?P<file>\S+\.py):(?P<line>\d+)")


def find_functions(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return the functions whose name matches; of an exact name also its rules, and why each is silent."""
    query = asked.get("query", "")
    found = _list_functions(desk, query)
    where = desk.client.describe_where()
    lines = [
        "  ".join(
            filter(
                None,
                (
                    each.name,
                    each.runtime,
                    {True: "hotlog is on", False: "no layer: hotlog attach", None: ""}[each.attached],
                    count_of(each.rules, "live rule"),
                    "paused" if each.paused else "",
                ),
            )
        )
        for each in found[:_LISTED]
    ]
    more = f"a longer query: {len(found) - _LISTED} functions are not listed" if len(found) > _LISTED else ""
    verdict = (
        f"{count_of(len(found), 'function')} ({where})." if found or not query else f"{query} ({where})."
    )
    if query and not found and not _NAME.fullmatch(query):
        return ToolText(f"No function is called so ({where}).", next=call("find_functions"), refused=True)
    if not query or (found and not any(each.name == query for each in found)):
        then = call("find_places", function=found[0].name, query="…") if found else ""
        if not query and not found:
            then = 'find_places(function="NAME", query="…") with the name that the function has'
        return ToolText(verdict, tuple(lines), tail=(more,), next=then or "find_functions() lists all")
    try:
        status = desk.client.status(query)
    except StoreError as fault:
        if fault.code != "unknown-function":
            raise
        # Beside a store in files nobody lists functions: one is known by its rules, and its code by its name.
        verdict = f"{query} ({where}): no rule yet, so nothing here says that it runs."
        return ToolText(verdict, next=call("find_places", function=query, query="…"))
    rules = [
        f"  {each.rule.id}  {each.rule.at or 'the handler'}  {describe_rule(each.rule)}  {each.rule.group}: {each.verdict}"
        if isinstance(each.rule, Rule)
        else f"  {each.rule.id}: {each.verdict}"
        for each in status.rules
    ]
    obstacles = [f"  {each}" for each in desk.client.obstacles(query)]
    return ToolText(
        verdict,
        tuple(lines),
        (*obstacles, *rules),
        next=call("find_places", function=query, query="…"),
    )


def _list_functions(desk: AgentDesk, query: str) -> list[FunctionSummary]:
    """Return the functions that match; none where a role for one function may not list them: its name will do."""
    try:
        return desk.client.functions(query)
    except StoreError as fault:
        if fault.code != "denied" or not query:
            raise
        return []


def find_places(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return the lines of the deployed code that a text, a symbol, a pattern or a traceback names."""
    function, query = asked["function"], asked["query"]
    root = desk.settings.source or None
    where = desk.client.describe_where()
    found = list(dict.fromkeys(desk.client.find_frames(function, query, root)))
    what = "of the traceback in the code" if found else "in the deployed code"
    found = found or desk.client.find(function, query, _LISTED, root)
    if not found:
        return ToolText(
            f"Nothing in the deployed code of {function} ({where}) reads so. Its files:",
            data=tuple(desk.client.code(function, root).files()[:_LISTED]),
            next=call("find_places", function=function, query="a word of the source, or re:PATTERN"),
        )
    plain = [place for place in found if not has_blanks(place.file)] or found
    first = next((place for place in plain if place.target), plain[0])
    is_symbol = is_symbol_target(first.target)
    around = first.qualname if is_symbol else str(first.line)
    lines = f"; query re:{re.escape(query)} finds lines that read so" if is_symbol else ""
    return ToolText(
        f"{count_of(len(found), 'place')} {what} of {function} ({where}).",
        data=tuple(map(_describe_place, found)),
        next=f"{call('read_code', function=function, path='…' if has_blanks(first.file) else first.file, around=around)} or add_rules there{lines}",
        more="a longer query finds fewer",
    )


def _describe_place(place: FoundPlace) -> str:
    text = cut(place.text, desk_limits.AGENT_LINE_MAX_CHARS)
    held_by = f"  in {place.qualname}" if place.qualname and not is_symbol_target(place.target) else ""
    why = f"  ({place.why_not})" if place.why_not else ""
    return f"{place.target or f'- {place.file}:{place.line}'}  {text}{held_by}{why}"


def is_symbol_target(target: str) -> bool:
    """Return whether a target names a function, and no line: `pricing:Cart.total`."""
    return ":" in target and not target.rpartition(":")[2].isdecimal()


def read_code(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return deployed source with line numbers; a star marks a line with a rule, a dash one that can have none."""
    function, path = asked["function"], asked["path"]
    code = desk.client.code(function, desk.settings.source or None)
    name, _, behind = path.partition(":")
    file = code.find_file(name)
    text = code.text(file).split("\n")
    middle = min(code.find_line(file, asked.get("around", "") or behind or "1"), len(text))
    lines = asked.get("lines", _CODE_LINES)
    first = max(1, min(middle - lines // 2, len(text) - lines + 1))
    last = min(len(text), first + lines - 1)
    probeable = {each.line for each in code.statements(file)}
    ruled = {
        int(found["line"])
        for rule in desk.rules_of(function)
        if (found := _WITH_LINE.fullmatch(rule.at)) and found["file"] == file
    }
    data = [
        f"{number:>4}{'*' if number in ruled else ' ' if number in probeable else '-'} {text[number - 1]}"
        for number in range(first, last + 1)
    ]
    where = desk.client.describe_where()
    return ToolText(
        f"{file} of {function}, lines {first} to {last} of {len(text)} ({where}). * has a rule, - can have none.",
        data=tuple(data),
        last=_names_at(code, file, middle),
        next=call_add(function, f"{file}:{_nearest(probeable, middle)}"),
        more="fewer lines, or another `around`",
    )


def _names_at(code: FunctionCode, file: str, line: int) -> str:
    """Return which names a rule may read at a line."""
    try:
        names = code.names(file, line)
    except LocationError as fault:
        return fault.message
    parts = [f"names at line {names.line}: {', '.join(names.names) or 'none'}"]
    parts += [f"redacted: {', '.join(names.hidden)}"] if names.hidden else []
    parts += (
        [f"later: {', '.join(f'{name} from line {at}' for name, at in names.later.items())}"]
        if names.later
        else []
    )
    parts += [f"of the module: {', '.join(names.outer)}"] if names.outer else []
    return cut("; ".join(parts), 5 * desk_limits.AGENT_LINE_MAX_CHARS)


def _nearest(lines: set[int], line: int) -> int:
    return min(lines, key=lambda each: abs(each - line), default=line)
